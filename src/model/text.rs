//! Bytes to text: shared where they are sound, repaired and remembered where they are not.

use bytes::Bytes;
use bytestring::ByteString;

/// A body as text, and where it had to be repaired.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repaired {
    pub(crate) text: ByteString,
    /// Offsets of the replacement characters that stand for invalid bytes, in order.
    marks: Vec<usize>,
}

impl Repaired {
    /// Takes over the bytes as they are, or a copy in which U+FFFD stands for what is no UTF-8.
    pub(crate) fn new(body: &Bytes) -> Self {
        match ByteString::try_from(body.clone()) {
            Ok(text) => Self {
                text,
                marks: Vec::new(),
            },
            Err(_) => Self::repair(body),
        }
    }

    #[cold]
    fn repair(body: &Bytes) -> Self {
        let (mut text, mut marks) = (String::with_capacity(body.len()), Vec::new());
        for chunk in body.utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                marks.push(text.len());
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Self {
            text: text.into(),
            marks,
        }
    }

    /// True where anything was repaired.
    pub(crate) fn any(&self) -> bool {
        !self.marks.is_empty()
    }

    /// True where something in this part was repaired.
    #[inline]
    pub(crate) fn within(&self, start: usize, end: usize) -> bool {
        let first = self.marks.partition_point(|mark| *mark < start);
        self.marks.get(first).is_some_and(|mark| *mark < end)
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
