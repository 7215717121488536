//! Bytes to text: shared where they are valid, repaired and remembered where they are not.

use bytes::Bytes;
use bytestring::ByteString;

use super::error::{Reason, ScanFault};

/// A body as text, and where it had to be repaired.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repaired {
    pub(crate) text: ByteString,
    /// Offsets of the replacement characters that stand for invalid bytes, in order.
    repairs: Vec<usize>,
}

/// A body with more invalid places than this is no text, and costs more than it is worth.
const MAX_REPAIRS: usize = 64 * 1024;

impl Repaired {
    /// Takes over the bytes as they are, or a copy in which U+FFFD stands for what is no UTF-8. A
    /// body that is mostly none is an error.
    pub(crate) fn new(body: &Bytes) -> Result<Self, ScanFault> {
        match ByteString::try_from(body.clone()) {
            Ok(text) => Ok(text.into()),
            Err(_) => Self::repair(body),
        }
    }

    /// The same of whatever it is, all of it repaired where it is mostly no UTF-8.
    pub(crate) fn always(body: &Bytes) -> Self {
        Self::new(body).unwrap_or_else(|_| Self {
            text: String::from_utf8_lossy(body).into_owned().into(),
            repairs: vec![0],
        })
    }

    #[cold]
    fn repair(body: &Bytes) -> Result<Self, ScanFault> {
        let invalid = |chunk: &std::str::Utf8Chunk<'_>| !chunk.invalid().is_empty();
        let count = body
            .utf8_chunks()
            .filter(invalid)
            .take(MAX_REPAIRS + 1)
            .count();
        if count > MAX_REPAIRS {
            return Err(ScanFault::new(Reason::UTF8, 0));
        }
        let length = body.len() + count * char::REPLACEMENT_CHARACTER.len_utf8();
        let (mut text, mut repairs) = (String::with_capacity(length), Vec::with_capacity(count));
        for chunk in body.utf8_chunks() {
            text.push_str(chunk.valid());
            if invalid(&chunk) {
                repairs.push(text.len());
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(Self {
            text: text.into(),
            repairs,
        })
    }

    /// True where anything was repaired.
    pub(crate) fn any(&self) -> bool {
        !self.repairs.is_empty()
    }

    /// True where something in this part was repaired.
    #[inline]
    pub(crate) fn within(&self, start: usize, end: usize) -> bool {
        let first = self.repairs.partition_point(|at| *at < start);
        self.repairs.get(first).is_some_and(|at| *at < end)
    }

    /// A part that shares this text's memory.
    #[inline]
    pub(crate) fn slice(&self, start: usize, end: usize) -> ByteString {
        self.text
            .get(start..end)
            .map(|part| self.text.slice_ref(part))
            .unwrap_or_default()
    }
}

/// Text that is valid as it is.
impl From<ByteString> for Repaired {
    fn from(text: ByteString) -> Self {
        Self {
            text,
            repairs: Vec::new(),
        }
    }
}
