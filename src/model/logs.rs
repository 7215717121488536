//! A page of `/logs` with typed entries.

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::FromBody;
use super::drift::{self, Drift};
use super::entry::{Entry, TypedReader};
use super::error::DecodeError;
use super::objects::{ResponseMetadata, UnknownFields, key};
use super::page::{self, Head, page_head};
use super::text::Repaired;
use super::value::Object;

/// A page of `/logs`.
///
/// Every entry that Slack sent is in it, in order. An entry that cannot be typed is there all the
/// same, see
/// [`Entry::degraded`].
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
#[derive(Debug, Clone, Default)]
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
        let page = Repaired::new(body);
        let (entries, head) = page::read(&page, &mut TypedReader::default())?;
        drift::trace(&entries);
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
