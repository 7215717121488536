//! One typed audit event: its exact bytes, and typed views into them.

use std::{
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    time::SystemTime,
};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    action::Action,
    drift::{self, Drift},
    objects::{Actor, Context, Details, Entity, EntryFields, FIELDS},
    raw::RawEntry,
    schema::UnknownFields,
    times::system_time,
};
use crate::json::{
    self, DecodeError, FromValue, Object, ScanFault, Scanner, Skip, Tag, Tape, Value,
};

/// An audit event.
///
/// An entry **is** its bytes, [`json`](Self::json), with an index beside them: the methods are
/// typed views of that text, so nothing that Slack sent can get lost on the way, and serialising
/// gives equal JSON.
///
/// - A field of an unexpected type fails nothing. Its method gives none, the others still work, and
///   [`drift`](Self::drift) lists path and value.
/// - What is no valid JSON on its own (a string with a lone surrogate, a bad number, nesting deeper
///   than 127 levels) is still an entry in its place: [`degraded`](Self::degraded) says why, id,
///   date and action are there where they could be read, and so are the bytes.
///
/// `Debug` shows id, date, action and length, never what an entry says.
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
    /// Of a degraded entry the tape has id, date and action, as far as they could be read.
    tape: Tape,
    degraded: Option<ScanFault>,
    repaired: bool,
}

impl Entry {
    /// Reads one entry on its own, such as a line of an ndjson file. Never fails: see
    /// [`degraded`](Self::degraded).
    pub fn from_json(json: impl Into<Bytes>) -> Self {
        RawEntry::from_json(json).parse()
    }

    pub(super) fn typed(tape: Tape, repaired: bool) -> Self {
        Self {
            tape,
            degraded: None,
            repaired,
        }
    }

    /// An entry that cannot be typed. The fault counts from its first byte.
    #[cold]
    pub(super) fn broken(raw: &RawEntry, fault: ScanFault) -> Self {
        let date = raw.date_create().map(|date| date.to_string());
        let known = [
            ("id", Tag::String, raw.id()),
            ("date_create", Tag::Number, date.as_deref()),
            ("action", Tag::String, raw.action()),
        ];
        Self {
            tape: json::outline(raw.text(), &FIELDS, &known),
            degraded: Some(fault),
            repaired: raw.is_repaired(),
        }
    }

    /// The id. Unique, and the only safe key for removing duplicates.
    pub fn id(&self) -> Option<&str> {
        self.fields()?.id()
    }

    /// When it happened, in Unix seconds.
    pub fn date_create(&self) -> Option<i64> {
        self.fields()?.date_create()
    }

    /// When it happened.
    pub fn time(&self) -> Option<SystemTime> {
        self.date_create().and_then(system_time)
    }

    /// What happened.
    pub fn action(&self) -> Option<Action> {
        self.fields()?.action().map(Action::from)
    }

    /// Who did it.
    pub fn actor(&self) -> Option<Actor<'_>> {
        self.fields()?.actor()
    }

    /// What was acted upon.
    pub fn entity(&self) -> Option<Entity<'_>> {
        self.fields()?.entity()
    }

    /// Where the action came from.
    pub fn context(&self) -> Option<Context<'_>> {
        self.fields()?.context()
    }

    /// What else is known about it.
    pub fn details(&self) -> Option<Details<'_>> {
        self.fields()?.details()
    }

    /// The fields this crate does not know.
    pub fn unknown_fields(&self) -> UnknownFields<'_> {
        UnknownFields::new(self.as_object(), EntryFields::SCHEMA)
    }

    /// Every field as it came, known or not; none where the entry is no object.
    pub fn as_object(&self) -> Option<Object<'_>> {
        self.value()?.as_object()
    }

    /// The whole entry as a JSON value; none where it is [degraded](Self::degraded).
    pub fn value(&self) -> Option<Value<'_>> {
        self.root().filter(|_| self.degraded.is_none())
    }

    /// The exact bytes, from the first brace to the last. They are there for every entry.
    pub fn json(&self) -> &Bytes {
        self.tape.text().as_bytes()
    }

    /// The same as a raw entry.
    pub fn to_raw(&self) -> RawEntry {
        RawEntry::from_text(self.tape.text().clone(), self.repaired)
    }

    /// The same entry with a copy of its bytes, which keeps no page alive.
    pub fn detach(&self) -> Self {
        let mut entry = self.clone();
        entry.tape.detach();
        entry
    }

    /// The value at a JSON pointer, such as `/actor/user/id`: see [`Value::pointer`].
    pub fn pointer(&self, pointer: &str) -> Option<Value<'_>> {
        self.value()?.pointer(pointer)
    }

    /// The entry as a type of your own. What is no valid JSON is an error, as in
    /// [`degraded`](Self::degraded).
    pub fn deserialize<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        Ok(serde_json::from_slice(self.json())?)
    }

    /// Every known field whose value has an unexpected type, with path and value; empty for most
    /// entries.
    ///
    /// It reads the entry when you call it. An entry that is never asked pays nothing.
    pub fn drift(&self) -> Vec<Drift<'_>> {
        self.value()
            .map(|value| drift::of(value, EntryFields::SCHEMA))
            .unwrap_or_default()
    }

    /// Why this entry could not be typed, if it could not: it is no valid JSON on its own, or more
    /// than the model follows. The position counts from the entry's first byte.
    pub fn degraded(&self) -> Option<DecodeError> {
        Some(self.degraded?.locate(self.json()))
    }

    /// True where this entry could not be typed.
    pub fn is_degraded(&self) -> bool {
        self.degraded.is_some()
    }

    /// True where the body was no UTF-8 inside this entry: U+FFFD stands for the invalid bytes.
    pub fn is_repaired(&self) -> bool {
        self.repaired
    }

    fn root(&self) -> Option<Value<'_>> {
        self.tape.root().map(Value::new)
    }

    fn fields(&self) -> Option<EntryFields<'_>> {
        EntryFields::from_value(self.root()?)
    }
}

impl RawEntry {
    /// The typed entry. Never fails: what cannot be typed is still an [`Entry`] with its bytes, see
    /// [`Entry::degraded`].
    pub fn parse(&self) -> Entry {
        let text = self.text();
        match json::parse(text, &FIELDS) {
            Ok(tape) => Entry::typed(tape, self.is_repaired()),
            // Why it is no JSON at all says more than why it could not be typed.
            Err(fault) => {
                let mut scanner = Scanner::new(text.as_bytes());
                let skipped = scanner.value(&mut Skip).and_then(|()| scanner.finish());
                Entry::broken(self, skipped.err().unwrap_or(fault))
            }
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id())
            .field("date_create", &self.date_create())
            .field("action", &self.fields().and_then(EntryFields::action))
            .field("bytes", &self.json().len())
            .finish_non_exhaustive()
    }
}

/// Two entries are equal if their bytes are.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.tape.text() == other.tape.text()
    }
}

impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tape.text().hash(state);
    }
}

impl From<RawEntry> for Entry {
    fn from(raw: RawEntry) -> Self {
        raw.parse()
    }
}

/// As good as [`Entry::from_json`] of its text.
///
/// ```
/// use serde_json::json;
/// use slack_audit_logs::model::{action, Entry};
///
/// let entry = Entry::from(json!({"id": "a1", "action": "user_login"}));
/// assert_eq!(entry.action(), Some(action::user::USER_LOGIN));
/// ```
impl From<serde_json::Value> for Entry {
    fn from(value: serde_json::Value) -> Self {
        Self::from_json(value.to_string())
    }
}

/// Unlike [`Entry::from_json`], it fails where the entry would be [degraded](Entry::degraded).
impl FromStr for Entry {
    type Err = DecodeError;

    fn from_str(json: &str) -> Result<Self, DecodeError> {
        let entry = Self::from_json(json.to_owned());
        match entry.degraded() {
            Some(error) => Err(error),
            None => Ok(entry),
        }
    }
}

/// JSON equal to what came: same members in the same order, same values, exact numbers.
///
/// A [degraded](Entry::degraded) entry is its text where that is JSON in itself (too deep, or a
/// lone surrogate) and the output can hold it, and one string that holds its text elsewhere.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value() {
            Some(value) => value.serialize(serializer),
            None => json::raw(self.tape.text(), serializer),
        }
    }
}

/// From `serde_json` an entry has its exact bytes. From other formats, and inside
/// `#[serde(flatten)]`, tagged and untagged enums, which take values apart before they ask for an
/// entry, it is written anew: with the same values, but for numbers beyond 64 bits.
impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(RawEntry::deserialize(deserializer)?.parse())
    }
}

/// As [`Entry`].
impl<'de> Deserialize<'de> for RawEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_json(json::text_of(deserializer)?))
    }
}
