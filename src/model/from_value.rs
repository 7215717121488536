//! What the typed views read a JSON value as.

use super::value::{List, Object, Value};

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

/// A list of strings, or one string that holds such a list as JSON: Slack sends both in some
/// fields.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum StringList<'a> {
    /// A list.
    List(List<'a, &'a str>),
    /// One string.
    Text(&'a str),
}

impl StringList<'_> {
    /// The strings, from either form; none where the one string holds no JSON list of strings.
    pub fn to_vec(self) -> Option<Vec<String>> {
        match self {
            Self::List(list) => Some(list.iter().map(str::to_owned).collect()),
            Self::Text(text) => serde_json::from_str(text).ok(),
        }
    }
}

impl<'a> FromValue<'a> for StringList<'a> {
    fn from_value(value: Value<'a>) -> Option<Self> {
        match value {
            Value::List(list) => Some(Self::List(list.read_as())),
            other => FromValue::from_value(other).map(Self::Text),
        }
    }
}

/// A list of `T`, or whatever else Slack sends there.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum ListOr<'a, T> {
    /// A list.
    List(List<'a, T>),
    /// Something else.
    Other(Value<'a>),
}

impl<'a, T> FromValue<'a> for ListOr<'a, T> {
    fn from_value(value: Value<'a>) -> Option<Self> {
        Some(match value {
            Value::List(list) => Self::List(list.read_as()),
            other => Self::Other(other),
        })
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
