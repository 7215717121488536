//! `EntryId`: a short name for an entry, by which it is recognised when it comes again.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::model::RawEntry;

/// The first 128 bits of the SHA-256 of an entry's id; of its bytes, where it has no id.
///
/// A cryptographic hash, because parts of an entry (a user agent, a file name) are written by the
/// very people that an audit log watches: nobody can make an event that passes for another one.
/// With a billion ids remembered the chance of any two being equal by accident is below 10⁻²⁰.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(u128);

impl EntryId {
    /// The id of an entry.
    pub fn of(entry: &RawEntry) -> Self {
        match entry.id() {
            Some(id) if !id.is_empty() => Self::hash(b"id:", id.as_bytes()),
            // As it stands in ndjson, so that what is read back from there has the same id.
            _ => {
                let mut line = Vec::with_capacity(entry.json().len() + 1);
                entry.append_ndjson(&mut line);
                Self::hash(b"json:", line.trim_ascii_end())
            }
        }
    }

    /// The kind keeps an id apart from an entry whose bytes spell it.
    pub(crate) fn hash(kind: &[u8], bytes: &[u8]) -> Self {
        let digest = Sha256::new_with_prefix(kind).chain_update(bytes).finalize();
        let mut first = [0; 16];
        for (to, from) in first.iter_mut().zip(digest.iter()) {
            *to = *from;
        }
        Self(u128::from_be_bytes(first))
    }

    /// The id as a number.
    pub fn as_u128(self) -> u128 {
        self.0
    }
}

impl From<u128> for EntryId {
    fn from(id: u128) -> Self {
        Self(id)
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_beginning_of_sha256() {
        // FIPS 180-4's example: SHA-256 of "abc".
        assert_eq!(
            EntryId::hash(b"a", b"bc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223"
        );
        assert_ne!(EntryId::hash(b"id:", b"x"), EntryId::hash(b"json:", b"x"));
    }

    #[test]
    fn an_entry_without_an_id_is_the_same_once_it_is_ndjson() {
        let entry = RawEntry::from_json("{\n  \"action\": \"user_login\"\r\n}");
        let mut line = Vec::new();
        entry.append_ndjson(&mut line);
        let read_back = RawEntry::from_json(line);
        assert_ne!(entry.json(), read_back.json());
        assert_eq!(EntryId::of(&entry), EntryId::of(&read_back));
    }
}
