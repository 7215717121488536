//! One typed audit event: its exact bytes, and typed views into them.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use bytestring::ByteString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::action::Action;
use super::drift::{self, Drift};
use super::error::{DecodeError, Fault};
use super::from_value::FromValue;
use super::objects::{Actor, Context, Details, Entity, Schema, Shape, UnknownFields, key};
use super::page::Reader;
use super::raw::RawEntry;
use super::scan::Scanner;
use super::ser;
use super::tape::{self, Builder, Tape};
use super::text::Repaired;
use super::value::{Object, Value};

/// The fields of an entry.
pub(crate) const SCHEMA: &Schema = &Schema(&[
    (key("id"), Shape::Text),
    (key("date_create"), Shape::Integer),
    (key("action"), Shape::Text),
    (key("actor"), Shape::Object(Actor::SCHEMA)),
    (key("entity"), Shape::Object(Entity::SCHEMA)),
    (key("context"), Shape::Object(Context::SCHEMA)),
    (key("details"), Shape::Object(Details::SCHEMA)),
]);

/// An audit event.
///
/// An entry **is** its bytes, [`json`](Self::json), with an index beside them: the methods are
/// typed views of that text, so nothing that Slack sent can get lost on the way, and serialising
/// gives equal JSON.
///
/// - A field of an unexpected type fails nothing. Its method gives none, the others still work, and
///   [`drift`](Self::drift) lists path and value.
/// - What is no sound JSON on its own (a string with a lone surrogate, a bad number, nesting deeper
///   than 127 levels) is still an entry in its place: [`degraded`](Self::degraded) says why, id,
///   date and action are there where they could be read, and so are the bytes.
///
/// ```
/// use slack_audit_logs::model::{action, Entry};
///
/// let entry = Entry::from_json(
///     r#"{"id":"a1","date_create":1521214343,"action":"user_login",
///         "actor":{"type":"user","user":{"id":"W1","email":"bird@slack.com"}},
///         "context":{"session_id":4711},"details":{"duration":"long"}}"#,
/// );
/// assert_eq!(entry.action(), Some(action::user::USER_LOGIN));
/// assert_eq!(entry.actor().and_then(|actor| actor.user()?.email()), Some("bird@slack.com"));
/// assert_eq!(entry.context().and_then(|context| context.session_id()), Some("4711"));
/// // `duration` is an integer for all we knew:
/// let drift = entry.drift();
/// assert_eq!(drift[0].path(), "details.duration");
/// assert_eq!(drift[0].value().as_str(), Some("long"));
/// ```
#[derive(Clone)]
pub struct Entry {
    tape: Tape,
    degraded: bool,
    repaired: bool,
}

impl Entry {
    /// Reads one entry on its own, such as a line of an ndjson file. Never fails: see
    /// [`degraded`](Self::degraded).
    pub fn from_json(json: impl Into<Bytes>) -> Self {
        RawEntry::from_json(json).parse()
    }

    pub(crate) fn new(text: ByteString, repaired: bool) -> Self {
        match tape::parse(&text) {
            Ok(tape) => Self {
                tape,
                degraded: false,
                repaired,
            },
            Err(_) => Self {
                tape: outline(text),
                degraded: true,
                repaired,
            },
        }
    }

    /// The id. Unique, and the only safe key for removing duplicates.
    pub fn id(&self) -> Option<&str> {
        self.field(const { key("id") })
    }

    /// When it happened, in Unix seconds.
    pub fn date_create(&self) -> Option<i64> {
        self.field(const { key("date_create") })
    }

    /// When it happened.
    pub fn time(&self) -> Option<SystemTime> {
        self.date_create().and_then(system_time)
    }

    /// What happened.
    pub fn action(&self) -> Option<Action> {
        self.field(const { key("action") }).map(Action::intern)
    }

    /// Who did it.
    pub fn actor(&self) -> Option<Actor<'_>> {
        self.field(const { key("actor") })
    }

    /// What was acted upon.
    pub fn entity(&self) -> Option<Entity<'_>> {
        self.field(const { key("entity") })
    }

    /// Where the action came from.
    pub fn context(&self) -> Option<Context<'_>> {
        self.field(const { key("context") })
    }

    /// What else is known about it.
    pub fn details(&self) -> Option<Details<'_>> {
        self.field(const { key("details") })
    }

    /// The fields this crate does not know.
    pub fn unknown_fields(&self) -> UnknownFields<'_> {
        UnknownFields::new(self.as_object(), SCHEMA)
    }

    /// Every field as it came, known or not; none where the entry is no object.
    pub fn as_object(&self) -> Option<Object<'_>> {
        self.value()?.as_object()
    }

    /// The whole entry as a JSON value; none where it is [degraded](Self::degraded).
    pub fn value(&self) -> Option<Value<'_>> {
        self.root().filter(|_| !self.degraded)
    }

    /// The exact bytes, from the first brace to the last. They are there for every entry.
    pub fn json(&self) -> &Bytes {
        self.tape.text().as_bytes()
    }

    /// The same as a raw entry.
    pub fn to_raw(&self) -> RawEntry {
        RawEntry::from_json(self.json().clone())
    }

    /// Every known field whose value has an unexpected type, with path and value; empty for most
    /// entries.
    ///
    /// It walks over the entry when you call it. An entry that is never asked pays nothing.
    pub fn drift(&self) -> Vec<Drift<'_>> {
        self.value()
            .map(|value| drift::of(value, SCHEMA))
            .unwrap_or_default()
    }

    /// Why this entry could not be typed, if it could not: it is no sound JSON on its own. The
    /// position counts from the entry's first byte.
    pub fn degraded(&self) -> Option<DecodeError> {
        let fault = self
            .degraded
            .then(|| tape::parse(self.tape.text()).err())??;
        Some(fault.locate(self.json()))
    }

    /// True where this entry could not be typed.
    pub fn is_degraded(&self) -> bool {
        self.degraded
    }

    /// True where the body was no UTF-8 inside this entry: U+FFFD stands for the invalid bytes.
    pub fn is_repaired(&self) -> bool {
        self.repaired
    }

    fn root(&self) -> Option<Value<'_>> {
        self.tape.root().map(Value::new)
    }

    fn field<'a, T: FromValue<'a>>(&'a self, key: u16) -> Option<T> {
        self.root()?.as_object()?.field(key)
    }
}

/// The tape of an entry that has none of its own: id, date and action, as far as they can be told.
#[cold]
fn outline(text: ByteString) -> Tape {
    let raw = RawEntry::from_json(text.as_bytes().clone());
    let known = serde_json::json!({
        "id": raw.id(),
        "date_create": raw.date_create(),
        "action": raw.action(),
    });
    tape::of_fields(text, &known)
}

/// Unix seconds as a time; none where the platform's clock does not reach that far.
pub(super) fn system_time(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

/// Reads the entries of a page, with one set of buffers for all.
#[derive(Debug, Default)]
pub(crate) struct TypedReader {
    builder: Builder,
}

impl Reader for TypedReader {
    type Entry = Entry;

    #[inline]
    fn read(&mut self, scanner: &mut Scanner<'_>, page: &Repaired) -> Result<Entry, Fault> {
        scanner.peek()?;
        let start = scanner.at();
        self.builder.begin(start);
        scanner.value(&mut self.builder)?;
        let end = scanner.at();
        let tape = self.builder.finish(page.slice(start, end));
        Ok(Entry {
            tape,
            degraded: false,
            repaired: page.within(start, end),
        })
    }

    fn degrade(&mut self, start: usize, end: usize, _is_json: bool, page: &Repaired) -> Entry {
        Entry {
            tape: outline(page.slice(start, end)),
            degraded: true,
            repaired: page.within(start, end),
        }
    }
}

/// Shows the JSON, values included.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => f.debug_tuple("Entry").field(&value).finish(),
            None => f.debug_tuple("Entry").field(&self.tape.text()).finish(),
        }
    }
}

/// Two entries are equal if their bytes are.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.tape.text() == other.tape.text()
    }
}

impl Eq for Entry {}

/// JSON equal to what came: same members in the same order, same values, exact numbers.
///
/// A [degraded](Entry::degraded) entry keeps its text in `serde_json`'s output where that is JSON
/// in itself (too deep, or a lone surrogate), and is one string that holds its text where it is
/// none.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(value) = self.value() {
            return value.serialize(serializer);
        }
        let text: &str = self.tape.text();
        if serde_json::from_str::<&RawValue>(text).is_ok() {
            ser::raw(text, serializer)
        } else {
            serializer.serialize_str(text)
        }
    }
}

/// From `serde_json` only: an entry is its exact bytes, which other formats do not have.
impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: Box<RawValue> = Deserialize::deserialize(deserializer)?;
        let text: Box<str> = raw.into();
        Ok(Self::new(text.into(), false))
    }
}
