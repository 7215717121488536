//! `EntryId`: a short name for an entry, by which it is recognised when it comes again.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::model::RawEntry;

/// The first 128 bits of the SHA-256 of an entry's id; of its line of ndjson where it has no id, is
/// no valid JSON, or has an id in which invalid bytes were replaced (several could look like one).
///
/// It is the same for an entry that comes from Slack and for its line that is read back.
///
/// A cryptographic hash, because parts of an entry (a user agent, a file name) are written by the
/// very people that an audit log watches: nobody can make an event that passes for another one.
/// With a billion ids remembered the chance of any two being equal by accident is below 10⁻²⁰.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(u128);

impl EntryId {
    /// The id of an entry.
    pub fn of(entry: &RawEntry) -> Self {
        // What is no JSON is a string in ndjson, and has no id of its own when it is read back.
        match entry.id().filter(|_| entry.is_json()) {
            Some(id) if !id.is_empty() && !id.contains(char::REPLACEMENT_CHARACTER) => {
                Self::hash(b"id:", id.as_bytes())
            }
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
        let first = digest.first_chunk().copied().unwrap_or_default();
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
    use crate::model::RawPage;

    #[test]
    fn the_hash_is_the_beginning_of_sha256() {
        // FIPS 180-4's example: SHA-256 of "abc".
        assert_eq!(
            EntryId::hash(b"a", b"bc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223"
        );
        assert_ne!(EntryId::hash(b"id:", b"x"), EntryId::hash(b"json:", b"x"));
    }

    fn of_page(entry: &[u8]) -> RawEntry {
        let page = [b"{\"entries\":[", entry, b"]}"].concat();
        let page = RawPage::parse(page.into()).expect("a page");
        let [entry] = page.entries() else {
            panic!("{page:?}")
        };
        entry.clone()
    }

    #[test]
    fn an_entry_is_the_same_once_it_is_ndjson() {
        let entries: [&[u8]; 16] = [
            b"{\n  \"action\": \"user_login\"\r\n}",
            b"{\r\n \"id\": \"a\" }",
            br#"{"id":"a","note":NaN}"#,
            br#"{"id":"a","note":"\q"}"#,
            br#"{"id":"a","note":01}"#,
            br#"{"note":01,"id":"a"}"#,
            br#"{"id":"a\ud800"}"#,
            br#"{"id":"","note":1}"#,
            br#"{"id":null}"#,
            br#"{"id":5}"#,
            br#""{\"id\":\"a\"}""#,
            b"5",
            b"{\"id\":\"a\",\"note\":\"\x1b\"}",
            b"{\"id\":\"a\x1b\"}",
            b"{\"id\":\"a\",\"note\":\"a\nb\tc\"}",
            b"{\"id\":\"a\xf8\"}",
        ];
        for entry in entries {
            let entry = of_page(entry);
            let mut line = Vec::new();
            entry.append_ndjson(&mut line);
            let read_back = RawEntry::from_json(line.trim_ascii_end().to_vec());
            assert_eq!(EntryId::of(&entry), EntryId::of(&read_back), "{line:?}");
        }
    }

    #[test]
    fn ids_that_were_repaired_into_one_are_told_apart_by_the_rest() {
        let one = of_page(b"{\"id\":\"a\xf8\",\"date_create\":1}");
        let other = of_page(b"{\"id\":\"a\xf9\",\"date_create\":2}");
        assert_eq!(one.id(), other.id());
        assert_ne!(EntryId::of(&one), EntryId::of(&other));
    }

    #[test]
    fn entries_with_empty_ids_are_told_apart_by_the_rest() {
        let [one, other] =
            [1, 2].map(|date| of_page(format!(r#"{{"id":"","date_create":{date}}}"#).as_bytes()));
        assert_ne!(EntryId::of(&one), EntryId::of(&other));
    }
}
