//! Any JSON value, as a view into the text it stands in, and what a value can be read as.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::de::{Deserialize, DeserializeOwned};

use super::{
    error::DecodeError,
    tape::{Children, Cursor, Name, Tag},
};

/// What a JSON value is.
// Not `non_exhaustive`, like `Value`: JSON has these kinds and will have no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number of any size.
    Number,
    /// A string.
    String,
    /// A list.
    List,
    /// An object.
    Object,
}

impl ValueKind {
    /// The kind in one lower-case word, such as `list`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Number => "number",
            Self::String => "string",
            Self::List => "list",
            Self::Object => "object",
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Any JSON value, where it stands in an entry.
///
/// `Display` and `Serialize` give its JSON; `serde_json::to_value` makes it independent of the
/// entry. `Debug` tells what it is and how large, never what it says. Two values are equal if they
/// say the same: members of objects in any order, numbers as they were written.
///
/// ```
/// use slack_audit_logs::model::{Entry, Value};
///
/// let entry = Entry::from_json(r#"{"details":{"new_value":["C1",{"a":2}]}}"#);
/// let value = entry.details().and_then(|details| details.new_value()).unwrap();
/// match value {
///     Value::List(list) => assert_eq!(list.len(), 2),
///     other => panic!("{other:?}"),
/// }
/// assert_eq!(value.pointer("/1/a").and_then(Value::as_i64), Some(2));
/// assert_eq!(value.pointer("/0").unwrap(), "C1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as exact as it was written.
    Number(Number<'a>),
    /// A string.
    String(&'a str),
    /// A list.
    List(List<'a>),
    /// An object.
    Object(Object<'a>),
}

impl<'a> Value<'a> {
    #[inline]
    pub(crate) fn new(cursor: Cursor<'a>) -> Self {
        match cursor.tag() {
            Tag::Null => Self::Null,
            Tag::True => Self::Bool(true),
            Tag::False => Self::Bool(false),
            Tag::Number => Self::Number(Number(cursor.text())),
            Tag::String | Tag::Name => Self::String(cursor.text()),
            Tag::List => Self::List(List {
                cursor,
                items: PhantomData,
            }),
            Tag::Object => Self::Object(Object { cursor }),
        }
    }

    /// What it is.
    pub fn kind(self) -> ValueKind {
        match self {
            Self::Null => ValueKind::Null,
            Self::Bool(_) => ValueKind::Bool,
            Self::Number(_) => ValueKind::Number,
            Self::String(_) => ValueKind::String,
            Self::List(_) => ValueKind::List,
            Self::Object(_) => ValueKind::Object,
        }
    }

    /// The string, if it is one.
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one and fits.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(self) -> Option<List<'a>> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(self) -> Option<Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// A member of an object; none where it is missing, or this is no object.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.as_object()?.get(name)
    }

    /// The value at a JSON pointer (RFC 6901), such as `/channels/0/id`; the empty one is this
    /// value itself.
    pub fn pointer(self, pointer: &str) -> Option<Value<'a>> {
        if pointer.is_empty() {
            return Some(self);
        }
        let mut at = self;
        for step in pointer.strip_prefix('/')?.split('/') {
            let name = step.replace("~1", "/").replace("~0", "~");
            at = match at {
                Self::Object(object) => object.get(&name)?,
                Self::List(list) if step == "0" || !step.starts_with(['0', '+']) => {
                    list.get(step.parse().ok()?)?
                }
                _ => return None,
            };
        }
        Some(at)
    }

    /// The value as a type of your own.
    pub fn deserialize<T: DeserializeOwned>(self) -> Result<T, DecodeError> {
        Ok(serde_json::from_str(&self.to_string())?)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => f.write_str(self.kind().as_str()),
            Self::String(text) => write!(f, "string of {} bytes", text.len()),
            Self::List(list) => list.fmt(f),
            Self::Object(object) => object.fmt(f),
        }
    }
}

impl PartialEq<str> for Value<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

/// A JSON number, kept as the text it came as: nothing is rounded unless you ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    /// The number as it was written, such as `18446744073709551616` or `1e400`.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The integer, if it is written as one and fits.
    pub fn as_i64(self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The integer, if it is written as one and fits.
    pub fn as_u64(self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The nearest floating-point number, if there is a finite one. This may round.
    pub fn as_f64(self) -> Option<f64> {
        self.0.parse().ok().filter(|value: &f64| value.is_finite())
    }
}

impl fmt::Debug for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("number")
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// A list whose items are read as `T`.
///
/// An item that is no `T` is left out by [`iter`](Self::iter), but never lost:
/// [`values`](Self::values) gives every item, and the entry lists the odd ones as drift.
pub struct List<'a, T = Value<'a>> {
    cursor: Cursor<'a>,
    items: PhantomData<fn() -> T>,
}

impl<'a, T> List<'a, T> {
    /// Every item, whatever it is.
    pub fn values(self) -> Items<'a> {
        Items {
            children: self.cursor.children(),
            items: PhantomData,
        }
    }

    /// The item at this place, from 0, whatever it is.
    pub fn get(self, place: usize) -> Option<Value<'a>> {
        self.values().nth(place)
    }

    /// How many items there are, whatever they are.
    pub fn len(self) -> usize {
        self.cursor.children().count()
    }

    /// True where there are none.
    pub fn is_empty(self) -> bool {
        self.cursor.children().next().is_none()
    }

    /// The list as a type of your own, such as a `Vec`.
    pub fn deserialize<U: Deserialize<'a>>(self) -> Result<U, DecodeError> {
        deserialize(self.cursor)
    }

    /// The same list with its items read as `U`.
    pub(crate) fn read_as<U>(self) -> List<'a, U> {
        List {
            cursor: self.cursor,
            items: PhantomData,
        }
    }
}

impl<'a, T: FromValue<'a>> List<'a, T> {
    /// The items that are what they should be.
    pub fn iter(self) -> Items<'a, T> {
        Items {
            children: self.cursor.children(),
            items: PhantomData,
        }
    }

    /// True where one of the items is this one, as in `contains(&"C1")`.
    pub fn contains<U>(self, item: &U) -> bool
    where
        T: PartialEq<U>,
    {
        self.iter().any(|other| other == *item)
    }
}

/// Where a container stands, its text goes on with what follows it, which a reader leaves alone.
fn deserialize<'a, T: Deserialize<'a>>(container: Cursor<'a>) -> Result<T, DecodeError> {
    let mut reader = serde_json::Deserializer::from_str(container.rest());
    Ok(T::deserialize(&mut reader)?)
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

impl<T> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "list of {}", self.len())
    }
}

/// Equal items in the same order, whatever they are read as.
impl<T, U> PartialEq<List<'_, U>> for List<'_, T> {
    fn eq(&self, other: &List<'_, U>) -> bool {
        self.values().eq(other.values())
    }
}

impl<T> Eq for List<'_, T> {}

impl<'a, T: FromValue<'a>> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = Items<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The items of a [`List`].
#[derive(Debug)]
pub struct Items<'a, T = Value<'a>> {
    children: Children<'a>,
    items: PhantomData<fn() -> T>,
}

impl<T> Clone for Items<'_, T> {
    fn clone(&self) -> Self {
        Self {
            children: self.children.clone(),
            items: PhantomData,
        }
    }
}

impl<'a, T: FromValue<'a>> Iterator for Items<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.children
            .find_map(|(_, value)| T::from_value(Value::new(value)))
    }
}

/// A JSON object: its members in the order they came.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Object<'a> {
    /// A member's value, `null` included. Of a name that comes twice, the last one counts, as it
    /// does for `serde_json` and most other readers.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        match self.cursor.names().find(name.as_bytes()) {
            Some(key) => self.cursor.children().find(key).map(Value::new),
            None => self
                .iter()
                .filter(|(other, _)| *other == name)
                .last()
                .map(|(_, value)| value),
        }
    }

    /// The members in the order they came; a name that comes twice is there twice.
    pub fn iter(self) -> Members<'a> {
        Members(self.cursor.children())
    }

    /// True where a member has this name.
    pub fn contains(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many members there are.
    pub fn len(self) -> usize {
        self.cursor.children().count()
    }

    /// True where there are none.
    pub fn is_empty(self) -> bool {
        self.cursor.children().next().is_none()
    }

    /// The object as a type of your own. Places in an error count from the object's first byte.
    ///
    /// ```
    /// use slack_audit_logs::model::Entry;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Anomaly<'a> {
    ///     #[serde(borrow)]
    ///     reason: Vec<&'a str>,
    /// }
    /// let entry = Entry::from_json(r#"{"details":{"reason":["asn","ip_address"]}}"#);
    /// let anomaly: Anomaly<'_> = entry.details().unwrap().as_object().deserialize()?;
    /// assert_eq!(anomaly.reason, ["asn", "ip_address"]);
    /// # Ok::<(), slack_audit_logs::model::DecodeError>(())
    /// ```
    pub fn deserialize<T: Deserialize<'a>>(self) -> Result<T, DecodeError> {
        deserialize(self.cursor)
    }

    /// A known field as `T`; none where it is absent, null, or something else.
    #[inline]
    pub(crate) fn field<T: FromValue<'a>>(self, key: u16) -> Option<T> {
        match Value::new(self.cursor.children().find(key)?) {
            Value::Null => None,
            value => T::from_value(value),
        }
    }
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object of {}", self.len())
    }
}

/// Equal values under the same names, in any order; of a name that comes twice the last one counts.
impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().collect::<BTreeMap<_, _>>() == other.iter().collect::<BTreeMap<_, _>>()
    }
}

impl Eq for Object<'_> {}

impl<'a> IntoIterator for Object<'a> {
    type Item = (&'a str, Value<'a>);
    type IntoIter = Members<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The members of an [`Object`].
#[derive(Debug, Clone)]
pub struct Members<'a>(Children<'a>);

impl<'a> Members<'a> {
    /// The next member, with the number of its name.
    pub(crate) fn next_named(&mut self) -> Option<(Name<'a>, Value<'a>)> {
        let (name, value) = self.0.next()?;
        Some((name, Value::new(value)))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.next_named()?;
        Some((name.text, value))
    }
}

/// What a JSON value can be read as.
pub trait FromValue<'a>: Sized {
    /// The value as `Self`, or none where it is something else.
    fn from_value(value: Value<'a>) -> Option<Self>;
}

impl<'a> FromValue<'a> for Value<'a> {
    fn from_value(value: Value<'a>) -> Option<Self> {
        Some(value)
    }
}

/// A string; or a number's digits, since Slack sends some ids either way.
impl<'a> FromValue<'a> for &'a str {
    #[inline]
    fn from_value(value: Value<'a>) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.as_str()),
            _ => None,
        }
    }
}

impl FromValue<'_> for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        value.as_bool()
    }
}

/// An integer that fits; also where it is written as a string or with zeros behind a point, since
/// both are exact. Never a rounded value.
impl FromValue<'_> for i64 {
    #[inline]
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Number(number) => exact_integer(number.as_str()),
            Value::String(text) => exact_integer(text),
            _ => None,
        }
    }
}

impl<'a, T> FromValue<'a> for List<'a, T> {
    fn from_value(value: Value<'a>) -> Option<Self> {
        value.as_list().map(List::read_as)
    }
}

impl<'a> FromValue<'a> for Object<'a> {
    fn from_value(value: Value<'a>) -> Option<Self> {
        value.as_object()
    }
}

/// The integer that `text` writes exactly: `12`, `-1`, `12.0`, but neither `1.5` nor 2^64 nor
/// `1e3`.
#[inline]
pub(crate) fn exact_integer(text: &str) -> Option<i64> {
    if text.starts_with('+') {
        return None;
    }
    text.parse().ok().or_else(|| with_zeros(text))
}

/// `12.00`, and nothing else that is no plain integer.
#[cold]
fn with_zeros(text: &str) -> Option<i64> {
    let (whole, zeros) = text.split_once('.')?;
    let plain = !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0');
    if plain { whole.parse().ok() } else { None }
}
