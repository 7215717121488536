//! What `/schemas` and `/actions` answer: the kinds of object, and the names of the actions.

use std::fmt;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::FromBody;
use super::error::{DecodeError, Fault, Why};
use super::from_value::FromValue;
use super::objects::{Schema, Shape, UnknownFields, key};
use super::tape::{self, Tape};
use super::text::Repaired;
use super::value::{List, Object, Value};

const SCHEMAS: &Schema = &Schema(&[
    (key("schemas"), Shape::Values),
    (key("ok"), Shape::Boolean),
    (key("error"), Shape::Text),
    (key("needed"), Shape::Text),
    (key("provided"), Shape::Text),
    (key("warning"), Shape::Text),
]);
const ACTIONS: &Schema = &Schema(&[
    (key("actions"), Shape::Any),
    (key("ok"), Shape::Boolean),
    (key("error"), Shape::Text),
    (key("needed"), Shape::Text),
    (key("provided"), Shape::Text),
    (key("warning"), Shape::Text),
]);

/// The answer of `/schemas`: the kinds of object that entries speak of.
///
/// ```
/// use slack_audit_logs::model::{FromBody, SchemasResponse};
///
/// let body = br#"{"schemas":[{"type":"workspace","workspace":{"id":"string","name":"string"}}]}"#;
/// let response = SchemasResponse::from_body(&body[..].into())?;
/// let schema = response.schemas().next().unwrap();
/// assert_eq!(schema.type_name(), Some("workspace"));
/// assert_eq!(schema.fields().collect::<Vec<_>>(), [("id", "string"), ("name", "string")]);
/// # Ok::<(), slack_audit_logs::model::DecodeError>(())
/// ```
#[derive(Clone)]
pub struct SchemasResponse {
    tape: Tape,
}

/// The answer of `/actions`: action names by category. Categories are open like the names.
///
/// ```
/// use slack_audit_logs::model::{ActionsResponse, FromBody};
///
/// let body = br#"{"actions":{"user":["user_login","user_logout"],"teleport":["beamed_up"]}}"#;
/// let response = ActionsResponse::from_body(&body[..].into())?;
/// assert_eq!(response.category("user").unwrap().iter().next(), Some("user_login"));
/// assert_eq!(response.categories().count(), 2);
/// # Ok::<(), slack_audit_logs::model::DecodeError>(())
/// ```
#[derive(Clone)]
pub struct ActionsResponse {
    tape: Tape,
}

/// A body that is one object.
fn object_body(body: &Bytes) -> Result<Tape, DecodeError> {
    let text = Repaired::new(body).text;
    let tape = tape::parse(&text).map_err(|fault| fault.locate(body))?;
    let is_object = tape
        .root()
        .is_some_and(|root| matches!(Value::new(root), Value::Object(_)));
    if is_object {
        Ok(tape)
    } else {
        Err(Fault::new(Why::Object, 0).locate(body))
    }
}

macro_rules! response {
    ($name:ident, $schema:ident) => {
        impl $name {
            /// `ok`: usually absent on success.
            pub fn ok(&self) -> Option<bool> {
                self.field(const { key("ok") })
            }

            /// `error`: the code of a failure.
            pub fn error(&self) -> Option<&str> {
                self.field(const { key("error") })
            }

            /// `needed`: the scope that the token lacks.
            pub fn needed(&self) -> Option<&str> {
                self.field(const { key("needed") })
            }

            /// `provided`: the scopes that the token has.
            pub fn provided(&self) -> Option<&str> {
                self.field(const { key("provided") })
            }

            /// `warning`.
            pub fn warning(&self) -> Option<&str> {
                self.field(const { key("warning") })
            }

            /// The fields this crate does not know.
            pub fn unknown_fields(&self) -> UnknownFields<'_> {
                UnknownFields::new(self.as_object(), $schema)
            }

            /// Every field as it came; none cannot happen for a response that was read.
            pub fn as_object(&self) -> Option<Object<'_>> {
                Value::new(self.tape.root()?).as_object()
            }

            fn field<'a, T: FromValue<'a>>(&'a self, key: u16) -> Option<T> {
                self.as_object()?.field(key)
            }
        }

        impl FromBody for $name {
            fn from_body(body: &Bytes) -> Result<Self, DecodeError> {
                object_body(body).map(|tape| Self { tape })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name))
                    .field(&self.as_object())
                    .finish()
            }
        }

        /// JSON equal to what came.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.as_object().serialize(serializer)
            }
        }
    };
}

response!(SchemasResponse, SCHEMAS);
response!(ActionsResponse, ACTIONS);

impl SchemasResponse {
    /// The kinds of object. An item that is no object is left out here; `as_object` still has it.
    pub fn schemas(&self) -> impl Iterator<Item = ObjectSchema<'_>> {
        let list: Option<List<'_, ObjectSchema<'_>>> = self.field(const { key("schemas") });
        list.into_iter().flat_map(List::iter)
    }
}

/// One kind of object, as `/schemas` describes it.
#[derive(Debug, Clone, Copy)]
pub struct ObjectSchema<'a>(Object<'a>);

impl<'a> ObjectSchema<'a> {
    /// The kind's name, such as `workspace`.
    pub fn type_name(self) -> Option<&'a str> {
        self.0.field(const { key("type") })
    }

    /// The kind's fields with the names of their types.
    pub fn fields(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let object = self
            .type_name()
            .and_then(|name| self.0.get(name))
            .and_then(Value::as_object);
        object
            .into_iter()
            .flat_map(Object::iter)
            .filter_map(|(name, value)| Some((name, value.as_str()?)))
    }

    /// The description as it came.
    pub fn as_object(self) -> Object<'a> {
        self.0
    }
}

impl<'a> FromValue<'a> for ObjectSchema<'a> {
    fn from_value(value: Value<'a>) -> Option<Self> {
        value.as_object().map(Self)
    }
}

impl ActionsResponse {
    /// The categories with their action names, in the order they came.
    pub fn categories(&self) -> impl Iterator<Item = (&str, List<'_, &str>)> {
        let object: Option<Object<'_>> = self.field(const { key("actions") });
        let members = object.into_iter().flat_map(Object::iter);
        members.filter_map(|(name, value)| Some((name, value.as_list()?.read_as())))
    }

    /// The action names of one category.
    pub fn category(&self, name: &str) -> Option<List<'_, &str>> {
        self.categories()
            .filter(|(category, _)| *category == name)
            .last()
            .map(|(_, names)| names)
    }
}
