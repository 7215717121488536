//! What `/schemas` and `/actions` respond with: the kinds of object, and the names of the actions.

use std::fmt;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::{
    FromBody,
    objects::{ActionsFields, FIELDS, SchemaFields, SchemasFields},
    page::{self, outcome_fields},
    schema::UnknownFields,
};
use crate::json::{
    self, Category, DecodeError, FromValue, List, Object, Reason, ScanFault, Tape, Value, ValueKind,
};

const NO_CATALOG: &Reason = &Reason::new(
    Category::Data,
    "expected a list of `schemas` or an object of `actions`",
);

/// The response of `/schemas`: the kinds of object that entries speak of.
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

/// The response of `/actions`: action names by category. Categories are open like the names.
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

/// A body that is one object, has a member of this name and kind, and does not say that it failed.
fn object_body(body: &Bytes, name: &str, kind: ValueKind) -> Result<Tape, DecodeError> {
    let text = page::text(body)?.text;
    let locate = |fault: ScanFault| fault.locate(text.as_bytes());
    let tape = json::parse(&text, &FIELDS).map_err(locate)?;
    let object = tape.root().and_then(|root| Value::new(root).as_object());
    let object = object.ok_or_else(|| locate(ScanFault::new(Reason::OBJECT, 0)))?;
    page::check_success(object).map_err(locate)?;
    if object.get(name).map(Value::kind) != Some(kind) {
        return Err(locate(ScanFault::new(NO_CATALOG, 0)));
    }
    Ok(tape)
}

macro_rules! response {
    ($name:ident, $fields:ident, $member:literal, $kind:ident) => {
        outcome_fields!($name);

        impl $name {
            /// The fields this crate does not know.
            pub fn unknown_fields(&self) -> UnknownFields<'_> {
                UnknownFields::new(self.as_object(), $fields::SCHEMA)
            }

            /// Every field as it came; none cannot happen for a response that was read.
            pub fn as_object(&self) -> Option<Object<'_>> {
                Value::new(self.tape.root()?).as_object()
            }

            fn fields(&self) -> Option<$fields<'_>> {
                $fields::from_value(Value::Object(self.as_object()?))
            }
        }

        impl FromBody for $name {
            fn from_body(body: &Bytes) -> Result<Self, DecodeError> {
                object_body(body, $member, ValueKind::$kind).map(|tape| Self { tape })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name))
                    .field(&self.fields())
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

response!(SchemasResponse, SchemasFields, "schemas", List);
response!(ActionsResponse, ActionsFields, "actions", Object);

impl SchemasResponse {
    /// The kinds of object. An item that is no object is left out here; `as_object` still has it.
    pub fn schemas(&self) -> impl Iterator<Item = ObjectSchema<'_>> {
        let list = self.fields().and_then(SchemasFields::schemas);
        list.into_iter()
            .flat_map(|list| list.read_as::<ObjectSchema<'_>>())
    }
}

/// One kind of object, as `/schemas` describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectSchema<'a>(SchemaFields<'a>);

impl<'a> ObjectSchema<'a> {
    /// The kind's name, such as `workspace`.
    pub fn type_name(self) -> Option<&'a str> {
        self.0.type_name()
    }

    /// The kind's fields with the names of their types.
    pub fn fields(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let object = self
            .type_name()
            .and_then(|name| self.as_object().get(name))
            .and_then(Value::as_object);
        object
            .into_iter()
            .flat_map(Object::iter)
            .filter_map(|(name, value)| Some((name, value.as_str()?)))
    }

    /// The description as it came.
    pub fn as_object(self) -> Object<'a> {
        self.0.as_object()
    }
}

impl<'a> FromValue<'a> for ObjectSchema<'a> {
    fn from_value(value: Value<'a>) -> Option<Self> {
        SchemaFields::from_value(value).map(Self)
    }
}

impl ActionsResponse {
    /// The categories with their action names, in the order they came.
    pub fn categories(&self) -> impl Iterator<Item = (&str, List<'_, &str>)> {
        let object = self
            .fields()
            .and_then(|fields| fields.actions()?.as_object());
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
