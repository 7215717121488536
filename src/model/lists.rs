//! Lists that Slack sends in several forms.

use crate::json::{FromValue, List, Value};

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
