//! A page of `/logs` with typed entries.

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::Error as _,
    ser::{Serialize, SerializeMap, Serializer},
};

use super::{
    FromBody,
    drift::Drift,
    drift_stats,
    entry::Entry,
    objects::{FIELDS, ResponseMetadata},
    page::{self, Broken, Head, Reader, page_head},
    raw::RawEntry,
    schema::UnknownFields,
};
use crate::json::{self, Builder, Category, DecodeError, Object, Repaired, ScanFault, Scanner};

/// A page of `/logs`.
///
/// Every entry that Slack sent is in it, in order. An entry that cannot be typed is there all the
/// same, see [`Entry::degraded`].
///
/// ```
/// use slack_audit_logs::model::{FromBody, LogsResponse};
///
/// let body = br#"{"entries":[{"id":"a1","action":"user_login"},{"id":"\ud800"}],
///                 "response_metadata":{"next_cursor":""}}"#;
/// let page = LogsResponse::from_body(&body[..].into())?;
/// assert_eq!(page.entries.len(), 2);
/// assert!(page.entries[1].is_degraded());
/// assert_eq!(page.next_cursor(), None);
/// # Ok::<(), slack_audit_logs::model::DecodeError>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct LogsResponse {
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    head: Head,
}

impl LogsResponse {
    /// Reads a page. Fails on what is no page at all, as [`RawPage::parse`](super::RawPage::parse)
    /// does.
    pub fn parse(body: &Bytes) -> Result<Self, DecodeError> {
        let page = page::text(body)?;
        let (entries, head) = page::read(&page, &mut TypedReader::new(body.len()))?;
        drift_stats::trace(&entries);
        Ok(Self { entries, head })
    }
}

page_head!(LogsResponse, Entry);

impl FromBody for LogsResponse {
    fn from_body(body: &Bytes) -> Result<Self, DecodeError> {
        Self::parse(body)
    }
}

/// JSON equal to what came, with `entries` first.
impl Serialize for LogsResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("entries", &self.entries)?;
        for (name, value) in self.head.object().into_iter().flat_map(Object::iter) {
            members.serialize_entry(name, &value)?;
        }
        members.end()
    }
}

/// As [`LogsResponse::parse`].
impl<'de> Deserialize<'de> for LogsResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = json::text_of(deserializer)?;
        Self::parse(&body.into()).map_err(D::Error::custom)
    }
}

/// Reads the entries of a page, with one set of buffers for all.
struct TypedReader {
    builder: Builder,
    /// How many values may still be indexed.
    left: usize,
}

impl TypedReader {
    /// A value costs 12 bytes, whatever it says. Pages of audit events have one for each 15 to 20
    /// bytes of text; a page of nothing but digits and commas must not need six times its length.
    fn new(length: usize) -> Self {
        Self {
            builder: Builder::new(&FIELDS),
            left: 256 * 1024 + length / 10,
        }
    }
}

impl Reader for TypedReader {
    type Entry = Entry;

    #[inline]
    fn read(&mut self, scanner: &mut Scanner<'_>, page: &Repaired) -> Result<Entry, ScanFault> {
        scanner.peek()?;
        let start = scanner.at();
        self.builder.begin(start);
        self.builder.limit(self.left);
        scanner.value(&mut self.builder)?;
        self.left -= self.builder.len();
        let end = scanner.at();
        let tape = self.builder.finish(page.slice(start, end));
        Ok(Entry::typed(tape, page.within(start, end)))
    }

    fn degrade(&mut self, broken: Broken, page: &Repaired) -> Entry {
        let Broken {
            start, end, fault, ..
        } = broken;
        let raw = RawEntry::from_text(page.slice(start, end), page.within(start, end));
        if fault.category() == Category::Size {
            // On its own it may well be readable: it is the page that has too much.
            let at = fault.at.saturating_sub(start);
            return Entry::broken(&raw, ScanFault { at, ..fault });
        }
        raw.parse()
    }
}
