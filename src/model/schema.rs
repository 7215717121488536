//! What a typed view is made of: the type of each field, and the macro that makes a view of a list
//! of fields.

use std::fmt;

use crate::json::{Members, Name, Object, Value};

/// The type of a known field.
#[derive(Debug)]
pub(crate) enum FieldType {
    Text,
    TextOrInteger,
    Integer,
    Boolean,
    BooleanOrText,
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
pub(crate) struct Schema {
    /// The view's name.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [(u16, FieldType)],
}

impl Schema {
    /// True where one of the fields has this name.
    fn knows(&self, name: Name<'_>) -> bool {
        name.key.is_some_and(|key| self.field(key).is_some())
    }

    pub(crate) fn field(&self, key: u16) -> Option<&'static FieldType> {
        self.fields
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, field)| field)
    }
}

/// How a view is shown: its name, the known fields that are there, and how many others.
pub(crate) fn debug(
    f: &mut std::fmt::Formatter<'_>,
    object: Object<'_>,
    schema: &Schema,
) -> std::fmt::Result {
    let mut fields = f.debug_struct(schema.name);
    let (mut members, mut others) = (object.iter(), 0_usize);
    while let Some((name, value)) = members.next_named() {
        if schema.knows(name) {
            fields.field(name.text, &value);
        } else {
            others += 1;
        }
    }
    if others > 0 {
        fields.field("unknown_fields", &others);
    }
    fields.finish()
}

/// The members of an object that have no method of their own, in the order they came.
#[derive(Clone)]
pub struct UnknownFields<'a> {
    members: Option<Members<'a>>,
    schema: &'static Schema,
}

/// Shows neither names nor values: they are the other side's.
impl fmt::Debug for UnknownFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownFields").finish_non_exhaustive()
    }
}

impl<'a> UnknownFields<'a> {
    pub(crate) fn new(object: Option<Object<'a>>, schema: &'static Schema) -> Self {
        Self {
            members: object.map(Object::iter),
            schema,
        }
    }
}

impl<'a> Iterator for UnknownFields<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (name, value) = self.members.as_mut()?.next_named()?;
            if !self.schema.knows(name) {
                return Some((name.text, value));
            }
        }
    }
}

/// Makes the views, and [`FIELDS`](super::objects::FIELDS), the names of all their fields. A field
/// is `method "wire_name": Type;`, the type being one of [`FieldType`].
macro_rules! objects {
    ($($(#[$about:meta])* $vis:vis $name:ident {
        $($method:ident $wire:literal: $type:ident $($item:ident)?;)*
    })*) => {
        const NAMES: &[&str] = &[$($($wire,)*)*];

        /// The names of all known fields, which are numbers on a tape.
        pub(crate) static FIELDS: $crate::json::Names = $crate::json::Names::new(NAMES);

        $(
            $(#[$about])*
            #[derive(Clone, Copy, PartialEq, Eq)]
            $vis struct $name<'a>($crate::json::Object<'a>);

            // The views of whole bodies and entries are the crate's own, and not all they have is
            // needed.
            #[allow(dead_code, unreachable_pub)]
            impl<'a> $name<'a> {
                pub(crate) const SCHEMA: &'static $crate::model::schema::Schema =
                    &$crate::model::schema::Schema {
                        name: stringify!($name),
                        fields: &[$((
                            $crate::json::place(NAMES, $wire),
                            $crate::model::schema::FieldType::$type $(($item::SCHEMA))?,
                        ),)*],
                    };

                $(
                    #[doc = concat!("`", $wire, "`, ")]
                    #[doc = concat!($crate::model::schema::words!($type $($item)?), ".")]
                    #[inline]
                    pub fn $method(
                        self,
                    ) -> Option<$crate::model::schema::view!('a $type $($item)?)> {
                        const KEY: u16 = $crate::json::place(NAMES, $wire);
                        self.0.field(KEY)
                    }
                )*

                /// The fields this crate does not know, in the order they came.
                pub fn unknown_fields(self) -> $crate::model::UnknownFields<'a> {
                    $crate::model::UnknownFields::new(Some(self.0), Self::SCHEMA)
                }

                /// Every field as it came, known or not.
                pub fn as_object(self) -> $crate::json::Object<'a> {
                    self.0
                }

                /// The object as a type of your own: see
                /// [`Object::deserialize`]($crate::model::Object::deserialize).
                pub fn deserialize<T: serde::Deserialize<'a>>(
                    self,
                ) -> Result<T, $crate::json::DecodeError> {
                    self.0.deserialize()
                }
            }

            impl<'a> $crate::json::FromValue<'a> for $name<'a> {
                #[inline]
                fn from_value(value: $crate::json::Value<'a>) -> Option<Self> {
                    value.as_object().map(Self)
                }
            }

            /// Tells which known fields are filled, never with what.
            impl std::fmt::Debug for $name<'_> {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    $crate::model::schema::debug(f, self.0, Self::SCHEMA)
                }
            }

            impl serde::Serialize for $name<'_> {
                fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    self.0.serialize(to)
                }
            }
        )*

        /// Every view by name, with its schema and with what its methods read.
        #[cfg(test)]
        pub(crate) const VIEWS: &[$crate::model::schema::View] = &[$($crate::model::schema::View {
            schema: $name::SCHEMA,
            fields: &[$((stringify!($method), $wire, |object| {
                let value = $name(object).$method();
                $crate::model::schema::read!(value, $type $($item)?)
            }),)*],
        },)*];
    };
}
pub(crate) use objects;

/// A view as tests walk over it.
#[cfg(test)]
pub(crate) struct View {
    pub(crate) schema: &'static Schema,
    /// Method, wire name, and what the method reads in an object, as JSON.
    pub(crate) fields: &'static [(&'static str, &'static str, Probe)],
}

#[cfg(test)]
pub(crate) type Probe = fn(Object<'_>) -> serde_json::Value;

/// What a method of [`objects!`] returns.
macro_rules! view {
    ($a:lifetime Text) => { &$a str };
    ($a:lifetime TextOrInteger) => { &$a str };
    ($a:lifetime Integer) => { i64 };
    ($a:lifetime Boolean) => { bool };
    ($a:lifetime BooleanOrText) => { $crate::json::Value<$a> };
    ($a:lifetime Any) => { $crate::json::Value<$a> };
    ($a:lifetime Texts) => { $crate::json::List<$a, &$a str> };
    ($a:lifetime Values) => { $crate::json::List<$a> };
    ($a:lifetime TextsOrText) => { $crate::model::StringList<$a> };
    ($a:lifetime Object $item:ident) => { $item<$a> };
    ($a:lifetime Objects $item:ident) => { $crate::json::List<$a, $item<$a>> };
    ($a:lifetime ObjectsOrAny $item:ident) => { $crate::model::ListOr<$a, $item<$a>> };
}
pub(crate) use view;

/// The same in words, for the documentation.
macro_rules! words {
    (Text) => {
        "a string"
    };
    (TextOrInteger) => {
        "a string, also where Slack sends it as a number"
    };
    (Integer) => {
        "an integer"
    };
    (Boolean) => {
        "`true` or `false`"
    };
    (BooleanOrText) => {
        "`true`, `false` or a string"
    };
    (Any) => {
        "of several types"
    };
    (Texts) => {
        "a list of strings"
    };
    (Values) => {
        "a list of anything"
    };
    (TextsOrText) => {
        "a list of strings, or one string that holds one"
    };
    (Object $item:ident) => {
        concat!("an object: [`", stringify!($item), "`]")
    };
    (Objects $item:ident) => {
        concat!("a list of [`", stringify!($item), "`]")
    };
    (ObjectsOrAny $item:ident) => {
        concat!("a list of [`", stringify!($item), "`], or something else")
    };
}
pub(crate) use words;

/// What a view's method read, as JSON: of lists only the items that were read.
#[cfg(test)]
macro_rules! read {
    ($value:ident, Texts) => {
        $crate::model::schema::items!($value)
    };
    ($value:ident, Values) => {
        $crate::model::schema::items!($value)
    };
    ($value:ident, Objects $item:ident) => {
        $crate::model::schema::items!($value)
    };
    ($value:ident, TextsOrText) => {
        serde_json::json!($value.map(|list| list.to_vec()))
    };
    ($value:ident, ObjectsOrAny $item:ident) => {
        match $value {
            Some($crate::model::ListOr::List(list)) => serde_json::json!(Vec::from_iter(list)),
            Some($crate::model::ListOr::Other(value)) => serde_json::json!(value),
            None => serde_json::Value::Null,
        }
    };
    ($value:ident, $type:ident $($item:ident)?) => {
        serde_json::json!($value)
    };
}
#[cfg(test)]
pub(crate) use read;

#[cfg(test)]
macro_rules! items {
    ($value:ident) => {
        serde_json::json!($value.map(Vec::from_iter))
    };
}
#[cfg(test)]
pub(crate) use items;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value as Json, json};

    use super::{FieldType, UnknownFields, View};
    use crate::{
        json::{Object, Value},
        model::{Entry, objects::VIEWS},
    };

    const FACTS: &str = include_str!("../../tests/fixtures/fields.tsv");

    /// The list of facts: object, field, types.
    fn facts() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        FACTS.lines().filter_map(|line| {
            let mut columns = line.split('\t');
            (!line.starts_with('#')).then_some((columns.next()?, columns.next()?, columns.next()?))
        })
    }

    fn view(object: &str) -> &'static View {
        let name = match object {
            "Entry" => "EntryFields",
            "LogsResponse" => "PageFields",
            other => other,
        };
        let found = VIEWS.iter().find(|view| view.schema.name == name);
        found.unwrap_or_else(|| panic!("no view for {object}"))
    }

    /// How the list of facts calls a field's type.
    fn types(field: &FieldType) -> Vec<String> {
        match field {
            FieldType::Text => vec!["string".into()],
            FieldType::TextOrInteger => vec!["string | int".into()],
            FieldType::Integer => vec!["int".into()],
            FieldType::Boolean => vec!["bool".into()],
            FieldType::BooleanOrText => vec!["bool | string".into()],
            FieldType::Any => vec![
                "any JSON".into(),
                "string, list of string, or object".into(),
                "string | list of string | any JSON".into(),
            ],
            FieldType::Texts => vec!["list of string".into()],
            FieldType::Values => vec!["list of any JSON".into()],
            FieldType::TextsOrText => {
                vec!["list of string, or one string holding a JSON list".into()]
            }
            FieldType::Object(schema) => vec![schema.name.into()],
            FieldType::Objects(schema) => vec![format!("list of {}", schema.name)],
            FieldType::ObjectsOrAny(schema) => {
                vec![format!("list of {} | any JSON", schema.name)]
            }
        }
    }

    #[test]
    fn the_views_have_the_fields_of_the_list_of_facts_and_no_others() {
        let mut listed = BTreeSet::new();
        for (object, field, written) in facts() {
            // The one field that is no view.
            if (object, field) == ("LogsResponse", "entries") {
                continue;
            }
            let view = view(object);
            let place = view.fields.iter().position(|(_, wire, _)| *wire == field);
            let place = place.unwrap_or_else(|| panic!("{object} lacks {field}"));
            let (_, field_type) = &view.schema.fields[place];
            let known = types(field_type);
            assert!(
                known.iter().any(|known| known == written),
                "{object}.{field}: {known:?}"
            );
            listed.insert((view.schema.name, field));
        }
        for view in VIEWS {
            // These two endpoints are not on the list.
            if ["SchemasFields", "ActionsFields", "SchemaFields"].contains(&view.schema.name) {
                continue;
            }
            for (_, wire, _) in view.fields {
                assert!(
                    listed.contains(&(view.schema.name, *wire)),
                    "{}.{wire} is no fact",
                    view.schema.name
                );
            }
        }
    }

    /// The pointer of the first place where each view is found in an entry.
    fn homes() -> BTreeMap<&'static str, String> {
        let mut homes = BTreeMap::from([("EntryFields", String::new())]);
        let mut next = vec![view("Entry")];
        while let Some(outer) = next.pop() {
            for ((_, field_type), (_, wire, _)) in outer.schema.fields.iter().zip(outer.fields) {
                let (schema, place) = match field_type {
                    FieldType::Object(schema) => (schema, ""),
                    FieldType::Objects(schema) | FieldType::ObjectsOrAny(schema) => (schema, "/0"),
                    _ => continue,
                };
                if !homes.contains_key(schema.name) {
                    let home = format!("{}/{wire}{place}", homes[outer.schema.name]);
                    homes.insert(schema.name, home);
                    next.push(view(schema.name));
                }
            }
        }
        homes
    }

    /// The entry that holds `value` at a pointer such as `/details/attributes/0/items/type`.
    fn entry_with(pointer: &str, value: &Json) -> Json {
        let steps = pointer.rsplit('/').filter(|step| !step.is_empty());
        steps.fold(value.clone(), |inner, step| match step {
            "0" => json!([inner]),
            name => json!({ name: inner }),
        })
    }

    /// Values of a type with what they are read as, and one that is of no such type.
    fn samples(field: &FieldType) -> (Vec<(Json, Json)>, Option<Json>) {
        let same = |values: &[Json]| {
            let twice = |value: &Json| (value.clone(), value.clone());
            values.iter().map(twice).collect()
        };
        let unheard = json!({"unheard_of": 1});
        let anything = [json!("a"), json!(["a"]), json!({"a": 1}), json!(true)];
        match field {
            FieldType::Text => (same(&[json!("text")]), Some(json!({"not": "text"}))),
            FieldType::TextOrInteger => {
                let samples = [("4711".into(), "4711".into()), (4711.into(), "4711".into())];
                (samples.into(), Some(json!(false)))
            }
            FieldType::Integer => (
                same(&[json!(9_007_199_254_740_993_i64)]),
                Some(json!(["x"])),
            ),
            FieldType::Boolean => (same(&[json!(true)]), Some(json!("yes"))),
            FieldType::BooleanOrText => (same(&[json!(true), json!("ALLOWED")]), None),
            FieldType::Any => (same(&anything), None),
            FieldType::Texts => (same(&[json!(["a", "b"])]), Some(json!("a"))),
            FieldType::Values => (same(&[json!(["a", 1, {}])]), Some(json!("a"))),
            FieldType::TextsOrText => {
                let list = json!(["a", "b"]);
                let samples = [
                    (list.clone(), list.clone()),
                    (list.to_string().into(), list),
                ];
                (samples.into(), Some(json!(true)))
            }
            FieldType::Object(_) => (same(&[unheard]), Some(json!(["turned list"]))),
            FieldType::Objects(_) => (same(&[json!([unheard])]), Some(json!({}))),
            FieldType::ObjectsOrAny(_) => (same(&[json!([unheard]), json!("a")]), None),
        }
    }

    fn object<'a>(entry: &'a Entry, pointer: &str) -> Object<'a> {
        let value = entry.value().expect("valid").pointer(pointer);
        value.and_then(Value::as_object).expect("an object")
    }

    #[test]
    fn every_field_is_read_or_drifts() {
        let mut walked = 0;
        for (name, home) in homes() {
            let view = view(name);
            for ((_, field_type), (method, wire, probe)) in
                view.schema.fields.iter().zip(view.fields)
            {
                let pointer = format!("{home}/{wire}");
                let path = pointer
                    .trim_start_matches('/')
                    .replace("/0", "[0]")
                    .replace('/', ".");
                let read = |value: &Json| {
                    let json = entry_with(&pointer, value);
                    let entry = Entry::from_json(json.to_string());
                    assert_eq!(json!(entry), json, "round trip of {path}");
                    let drift = entry.drift().into_iter();
                    let drift: Vec<_> = drift
                        .map(|d| (d.path().to_owned(), json!(d.value())))
                        .collect();
                    (probe(object(&entry, &home)), drift)
                };
                let (samples, other) = samples(field_type);
                for (sample, expected) in samples {
                    assert_eq!(read(&sample), (expected, vec![]), "{path} is {method}()");
                }
                if let Some(other) = other {
                    let drift = vec![(path.clone(), other.clone())];
                    assert_eq!(read(&other), (Json::Null, drift), "{path} as {other}");
                }
                assert_eq!(read(&Json::Null), (Json::Null, vec![]), "{path} as null");
                let none = Entry::from_json(entry_with(&home, &json!({})).to_string());
                assert_eq!(probe(object(&none, &home)), Json::Null, "{path} is absent");
                walked += 1;
            }
        }
        // The page's own rows are tested with pages.
        let of_pages =
            facts().filter(|(object, ..)| ["LogsResponse", "ResponseMetadata"].contains(object));
        assert_eq!(walked, facts().count() - of_pages.count());
    }

    #[test]
    fn every_object_keeps_unknown_fields() {
        for (name, home) in homes() {
            let view = view(name);
            // `ua` is known, but only to a context.
            let other = if name == "Context" {
                "attributes"
            } else {
                "ua"
            };
            let fields = json!({"unheard_of": {"a": [1]}, other: "known elsewhere"});
            let entry = Entry::from_json(entry_with(&home, &fields).to_string());
            let unknown = UnknownFields::new(Some(object(&entry, &home)), view.schema);
            let unknown: Json = unknown
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect();
            assert_eq!(unknown, fields, "{name}");
        }
    }
}
