//! The objects of an audit log, as typed views into the entry they belong to.
//!
//! Each has a method for every known field, [`unknown_fields`](Details::unknown_fields) for all
//! others, and
//! [`as_object`](Details::as_object) for all of them as they came. Every field may be absent or null, which
//! is the same: none. A field of an unexpected type is none, too; its value stands in
//! [`Entry::drift`](super::Entry::drift), and [`Object::get`](super::Object::get) gives it at any time.
//!
//! A field named `type` on the wire is called `type_name` here.

mod details;
mod entity;
mod entity_kind;
mod event;
mod parts;
mod rules;
mod times;

pub use details::*;
pub use entity::*;
pub use entity_kind::EntityKind;
pub use event::*;
pub use parts::*;
pub use rules::*;

use super::keys;
use super::tape::{Children, Name};
use super::value::{Object, Value};

/// The type of a known field.
#[derive(Debug)]
pub(crate) enum Shape {
    Text,
    TextOrInteger,
    Integer,
    Boolean,
    Any,
    Texts,
    Values,
    TextsOrText,
    Object(&'static Schema),
    Objects(&'static Schema),
    ObjectsOrAny(&'static Schema),
}

/// The known fields of an object.
#[derive(Debug)]
pub(crate) struct Schema(pub(crate) &'static [(u16, Shape)]);

impl Schema {
    pub(crate) fn shape(&self, key: u16) -> Option<&'static Shape> {
        self.0
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, shape)| shape)
    }
}

/// The number of a known field's name. An unknown one is an error of the build.
pub(crate) const fn key(name: &str) -> u16 {
    let mut place = 0;
    loop {
        if equal(keys::NAMES[place].as_bytes(), name.as_bytes()) {
            // There are a few hundred names.
            #[allow(clippy::cast_possible_truncation)]
            return place as u16;
        }
        place += 1;
    }
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The members of an object that have no method of their own, in the order they came.
#[derive(Debug, Clone)]
pub struct UnknownFields<'a> {
    members: Option<Children<'a>>,
    schema: &'static Schema,
}

impl<'a> UnknownFields<'a> {
    pub(crate) fn new(object: Option<Object<'a>>, schema: &'static Schema) -> Self {
        Self {
            members: object.map(Object::members),
            schema,
        }
    }
}

impl<'a> Iterator for UnknownFields<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let schema = self.schema;
        let (name, value) = self.members.as_mut()?.find(|(name, _)| match name {
            Name::Known(key) => schema.shape(*key).is_none(),
            Name::Other(_) => true,
        })?;
        Some((name.text(), Value::new(value)))
    }
}

/// Makes the views. A field is `method "wire_name": type;`, the types being the words of [`Shape`].
macro_rules! objects {
    ($($(#[$about:meta])* $name:ident { $($method:ident $wire:literal: $shape:ident $($item:ident)?;)* })*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy)]
        pub struct $name<'a>($crate::model::Object<'a>);

        impl<'a> $name<'a> {
            pub(crate) const SCHEMA: &'static $crate::model::objects::Schema = &$crate::model::objects::Schema(&[
                $(($crate::model::objects::key($wire), $crate::model::objects::shape!($shape $($item)?)),)*
            ]);

            $(
                #[doc = concat!("`", $wire, "`, ", $crate::model::objects::words!($shape $($item)?), ".")]
                #[inline]
                pub fn $method(self) -> Option<$crate::model::objects::view!('a $shape $($item)?)> {
                    const KEY: u16 = $crate::model::objects::key($wire);
                    self.0.field(KEY)
                }
            )*

            /// The fields this crate does not know, in the order they came.
            pub fn unknown_fields(self) -> $crate::model::UnknownFields<'a> {
                $crate::model::UnknownFields::new(Some(self.0), Self::SCHEMA)
            }

            /// Every field as it came, known or not.
            pub fn as_object(self) -> $crate::model::Object<'a> {
                self.0
            }
        }

        impl<'a> $crate::model::FromValue<'a> for $name<'a> {
            #[inline]
            fn from_value(value: $crate::model::Value<'a>) -> Option<Self> {
                value.as_object().map(Self)
            }
        }

        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))?;
                f.write_str(" ")?;
                self.0.fmt(f)
            }
        }

        impl serde::Serialize for $name<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }
    )*};
}
use objects;

/// The [`Shape`] of a type in [`objects!`].
macro_rules! shape {
    (text) => {
        $crate::model::objects::Shape::Text
    };
    (text_or_integer) => {
        $crate::model::objects::Shape::TextOrInteger
    };
    (integer) => {
        $crate::model::objects::Shape::Integer
    };
    (boolean) => {
        $crate::model::objects::Shape::Boolean
    };
    (any) => {
        $crate::model::objects::Shape::Any
    };
    (texts) => {
        $crate::model::objects::Shape::Texts
    };
    (values) => {
        $crate::model::objects::Shape::Values
    };
    (texts_or_text) => {
        $crate::model::objects::Shape::TextsOrText
    };
    (object $item:ident) => {
        $crate::model::objects::Shape::Object($item::SCHEMA)
    };
    (objects $item:ident) => {
        $crate::model::objects::Shape::Objects($item::SCHEMA)
    };
    (objects_or_any $item:ident) => {
        $crate::model::objects::Shape::ObjectsOrAny($item::SCHEMA)
    };
}
pub(crate) use shape;

/// What a method of [`objects!`] returns.
macro_rules! view {
    ($a:lifetime text) => { &$a str };
    ($a:lifetime text_or_integer) => { &$a str };
    ($a:lifetime integer) => { i64 };
    ($a:lifetime boolean) => { bool };
    ($a:lifetime any) => { $crate::model::Value<$a> };
    ($a:lifetime texts) => { $crate::model::List<$a, &$a str> };
    ($a:lifetime values) => { $crate::model::List<$a> };
    ($a:lifetime texts_or_text) => { $crate::model::StringList<$a> };
    ($a:lifetime object $item:ident) => { $item<$a> };
    ($a:lifetime objects $item:ident) => { $crate::model::List<$a, $item<$a>> };
    ($a:lifetime objects_or_any $item:ident) => { $crate::model::ListOr<$a, $item<$a>> };
}
pub(crate) use view;

/// The same in words, for the documentation.
macro_rules! words {
    (text) => {
        "a string"
    };
    (text_or_integer) => {
        "a string, also where Slack sends it as a number"
    };
    (integer) => {
        "an integer"
    };
    (boolean) => {
        "`true` or `false`"
    };
    (any) => {
        "of several types"
    };
    (texts) => {
        "a list of strings"
    };
    (values) => {
        "a list of anything"
    };
    (texts_or_text) => {
        "a list of strings, or one string that holds one"
    };
    (object $item:ident) => {
        concat!("an object: [`", stringify!($item), "`]")
    };
    (objects $item:ident) => {
        concat!("a list of [`", stringify!($item), "`]")
    };
    (objects_or_any $item:ident) => {
        concat!("a list of [`", stringify!($item), "`], or something else")
    };
}
pub(crate) use words;
