//! Known fields whose values are of unexpected types, found on demand.

use std::fmt::{self, Write};

use super::schema::{FieldType, Schema};
use crate::json::{List, Object, Value, ValueKind};

/// A known field whose value has an unexpected type.
#[derive(Clone)]
pub struct Drift<'a> {
    path: String,
    expected: &'static str,
    value: Value<'a>,
}

impl<'a> Drift<'a> {
    /// Where: names joined by dots, places in lists in brackets, such as
    /// `details.attributes[2].name`. It is empty where the entry itself is no object. Only known
    /// names appear in it, never a value.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was expected, such as `string`.
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// What came instead. For an integer that is no whole number, or too large for 64 bits, this is
    /// a number, too.
    pub fn found(&self) -> ValueKind {
        self.value.kind()
    }

    /// The value that came.
    pub fn value(&self) -> Value<'a> {
        self.value
    }
}

/// Shows path and types. The value is left out, so that a log of drift holds no personal data.
impl fmt::Debug for Drift<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drift")
            .field("path", &self.path)
            .field("expected", &self.expected)
            .field("found", &self.found())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Drift<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, expected, found) = (&self.path, self.expected, self.found());
        write!(f, "{path}: expected {expected}, found {found}")
    }
}

pub(crate) fn of<'a>(value: Value<'a>, schema: &'static Schema) -> Vec<Drift<'a>> {
    let mut finder = Finder::default();
    match value {
        Value::Object(object) => finder.object(object, schema),
        other => finder.report("object", other),
    }
    finder.found
}

/// One way along the known fields. The path is written out only where something is found.
#[derive(Default)]
struct Finder<'a> {
    path: Vec<PathItem<'a>>,
    found: Vec<Drift<'a>>,
}

enum PathItem<'a> {
    Field(&'a str),
    Item(usize),
}

impl<'a> Finder<'a> {
    fn object(&mut self, object: Object<'a>, schema: &'static Schema) {
        let mut members = object.iter();
        while let Some((name, value)) = members.next_named() {
            if let Some(expected) = name.key.and_then(|key| schema.field(key)) {
                self.path.push(PathItem::Field(name.text));
                self.value(value, expected);
                self.path.pop();
            }
        }
    }

    fn value(&mut self, value: Value<'a>, expected: &'static FieldType) {
        match (expected, value) {
            (FieldType::ObjectsOrAny(schema), Value::List(list)) => {
                self.objects(list, schema, false);
            }
            (_, Value::Null)
            | (FieldType::Any | FieldType::ObjectsOrAny(_), _)
            | (FieldType::Values, Value::List(_))
            | (
                FieldType::Text
                | FieldType::TextOrInteger
                | FieldType::BooleanOrText
                | FieldType::TextsOrText,
                Value::String(_),
            )
            | (FieldType::Boolean | FieldType::BooleanOrText, Value::Bool(_)) => {}
            (FieldType::TextOrInteger | FieldType::Integer, Value::Number(number))
                if number.as_i64().is_some() => {}
            (FieldType::Object(schema), Value::Object(object)) => self.object(object, schema),
            (FieldType::Texts | FieldType::TextsOrText, Value::List(list)) => {
                self.items(list.values(), &FieldType::Text);
            }
            (FieldType::Objects(schema), Value::List(list)) => self.objects(list, schema, true),
            (expected, other) => self.report(words(expected), other),
        }
    }

    fn items(&mut self, items: impl Iterator<Item = Value<'a>>, expected: &'static FieldType) {
        for (place, item) in items.enumerate() {
            self.path.push(PathItem::Item(place));
            self.value(item, expected);
            self.path.pop();
        }
    }

    /// The items of a list. Where the field may be anything, so may an item.
    fn objects(&mut self, list: List<'a>, schema: &'static Schema, only: bool) {
        for (place, item) in list.values().enumerate() {
            self.path.push(PathItem::Item(place));
            match item {
                Value::Object(object) => self.object(object, schema),
                Value::Null => {}
                other if only => self.report("object", other),
                _ => {}
            }
            self.path.pop();
        }
    }

    #[cold]
    fn report(&mut self, expected: &'static str, value: Value<'a>) {
        let mut path = String::new();
        for step in &self.path {
            match step {
                PathItem::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                PathItem::Item(place) => {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "[{place}]");
                }
            }
        }
        self.found.push(Drift {
            path,
            expected,
            value,
        });
    }
}

fn words(expected: &FieldType) -> &'static str {
    match expected {
        FieldType::Text => "string",
        FieldType::TextOrInteger => "string or integer",
        FieldType::Integer => "integer",
        FieldType::Boolean => "bool",
        FieldType::BooleanOrText => "bool or string",
        FieldType::Any => "anything",
        FieldType::Texts => "list of strings",
        FieldType::Values => "list",
        FieldType::TextsOrText => "list of strings or string",
        FieldType::Object(_) => "object",
        FieldType::Objects(_) | FieldType::ObjectsOrAny(_) => "list of objects",
    }
}
