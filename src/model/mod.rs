//! The model: pages, entries, actions and schemas as JSON.
//!
//! Two ways to read a page of `/logs`, both in one pass over its bytes, and neither loses an entry:
//!
//! | | for | an entry is |
//! |---|---|---|
//! | [`RawPage`] | forwarding | its exact bytes, with id, date and action |
//! | [`LogsResponse`] | looking inside | the same bytes, with a typed view of every known field |
//!
//! A typed [`Entry`] owns its text, shared with the page it came in, and a small index. [`Actor`],
//! [`Entity`], [`Context`], [`Details`] and all other objects are views into it: `Copy`, no strings
//! copied (but for those with escapes, once), and nothing to lose, since unknown fields and fields
//! of unexpected types are still in the text. A view lives as long as its entry; clone the entry to
//! keep it.
//!
//! `Debug` of all of them is short and says nothing of what they hold: id, date and action of an
//! entry, the names of the fields that an object has, kind and size of a value. `Display` of a
//! value, and serde, give the JSON.
//!
//! Memory is bounded by the body. A page of n bytes needs less than 3 n + 16 MiB, n included,
//! whatever it says: more than 30,000 entries, or more than 65,536 invalid bytes, are an error, and
//! an entry with more values than are worth an index is kept as it is, without a typed view. Only
//! [`serde_json::Value`] has no such bound.
//!
//! Slack changes types now and then. A known field with an unexpected type is none, everything else
//! stays typed, and [`Entry::drift`] tells path and value. Numbers are never rounded: an integer
//! that does not fit is drift, and its digits are in the value.

pub mod action;
mod catalog;
mod drift;
mod drift_stats;
mod entity_kind;
mod entry;
mod lists;
mod logs;
mod objects;
mod page;
mod raw;
mod schema;
mod times;

use bytes::Bytes;

pub use self::{
    catalog::{ActionsResponse, ObjectSchema, SchemasResponse},
    drift::Drift,
    drift_stats::{DriftCount, DriftStats},
    entity_kind::EntityKind,
    entry::Entry,
    lists::{ListOr, StringList},
    logs::LogsResponse,
    objects::*,
    raw::{RawEntry, RawPage},
    schema::UnknownFields,
};
use crate::json;
pub use crate::json::{
    Category, DecodeError, FromValue, Items, List, Members, Number, Object, Value, ValueKind,
};

/// What the body of a response can be read as.
///
/// ```
/// use slack_audit_logs::model::{DecodeError, FromBody, RawPage};
///
/// fn count(body: &bytes::Bytes) -> Result<usize, DecodeError> {
///     Ok(RawPage::from_body(body)?.entries().len())
/// }
/// assert_eq!(count(&br#"{"entries":[{},{}]}"#[..].into()), Ok(2));
/// ```
pub trait FromBody: Sized {
    /// Reads a whole body. The bytes may be shared, never changed.
    fn from_body(body: &Bytes) -> Result<Self, DecodeError>;
}

impl FromBody for RawPage {
    fn from_body(body: &Bytes) -> Result<Self, DecodeError> {
        Self::parse(body.clone())
    }
}

/// Any JSON, as far as [`serde_json::Value`] can hold it: integers beyond 64 bits become floats,
/// and what has no finite float, or is nested deeper than 127 levels, is an error.
impl FromBody for serde_json::Value {
    fn from_body(body: &Bytes) -> Result<Self, DecodeError> {
        json::any_value(
            &json::Repaired::new(body)
                .map_err(|fault| fault.locate(body))?
                .text,
        )
    }
}
