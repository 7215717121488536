//! Any JSON value of an entry, as a view into the entry's own bytes.

use std::fmt;
use std::marker::PhantomData;

use super::from_value::FromValue;
use super::tape::{Children, Cursor, KEYS, Tag};

/// What a JSON value is.
// Not `non_exhaustive`, like `Value`: JSON has these kinds and will have no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
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

impl Kind {
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

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Any JSON value, where it stands in an entry.
///
/// `Display` and `Serialize` give its JSON; `serde_json::to_value` makes it independent of the
/// entry.
///
/// ```
/// use slack_audit_logs::model::{Entry, Value};
///
/// let entry = Entry::from_json(r#"{"details":{"new_value":["C1",2]}}"#);
/// match entry.details().and_then(|details| details.new_value()) {
///     Some(Value::List(list)) => assert_eq!(list.values().count(), 2),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Copy)]
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
    pub fn kind(self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
            Self::List(_) => Kind::List,
            Self::Object(_) => Kind::Object,
        }
    }

    /// The string, if it is one.
    pub fn as_str(self) -> Option<&'a str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The integer, if it is one and fits.
    pub fn as_i64(self) -> Option<i64> {
        if let Self::Number(number) = self {
            number.as_i64()
        } else {
            None
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        if let Self::Bool(value) = self {
            Some(value)
        } else {
            None
        }
    }

    /// The list, if it is one.
    pub fn as_list(self) -> Option<List<'a>> {
        if let Self::List(list) = self {
            Some(list)
        } else {
            None
        }
    }

    /// The object, if it is one.
    pub fn as_object(self) -> Option<Object<'a>> {
        if let Self::Object(object) = self {
            Some(object)
        } else {
            None
        }
    }

    /// A member of an object; none where it is missing, or this is no object.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.as_object()?.get(name)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => text.fmt(f),
            Self::List(list) => list.fmt(f),
            Self::Object(object) => object.fmt(f),
        }
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
        f.write_str(self.0)
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
    pub fn values(self) -> impl Iterator<Item = Value<'a>> + Clone {
        self.cursor.children().map(|(_, value)| Value::new(value))
    }

    /// How many items there are, whatever they are.
    pub fn len(self) -> usize {
        self.cursor.children().count()
    }

    /// True where there are none.
    pub fn is_empty(self) -> bool {
        self.cursor.children().next().is_none()
    }

    pub(crate) fn read_as<U>(self) -> List<'a, U> {
        List {
            cursor: self.cursor,
            items: PhantomData,
        }
    }
}

impl<'a, T: FromValue<'a>> List<'a, T> {
    /// The items that are what they should be.
    pub fn iter(self) -> impl Iterator<Item = T> {
        self.values().filter_map(T::from_value)
    }
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

impl<T> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
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
        match KEYS.find(name.as_bytes()) {
            Some(key) => self.cursor.children().find(key).map(Value::new),
            None => self
                .iter()
                .filter(|(other, _)| *other == name)
                .last()
                .map(|(_, value)| value),
        }
    }

    /// The members in the order they came; a name that comes twice is there twice.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Value<'a>)> + Clone {
        self.members()
            .map(|(name, value)| (name.text(), Value::new(value)))
    }

    /// How many members there are.
    pub fn len(self) -> usize {
        self.members().count()
    }

    /// True where there are none.
    pub fn is_empty(self) -> bool {
        self.members().next().is_none()
    }

    pub(crate) fn members(self) -> Children<'a> {
        self.cursor.children()
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
        f.debug_map().entries(self.iter()).finish()
    }
}
