//! The list of known fields as a tree that says which values to write.

use std::{collections::HashMap, sync::LazyLock};

use super::objects::Kind;
use super::text::Text;

const FIELDS: &str = include_str!("../../model/facts/fields.tsv");

/// What a value may be.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Text(Text),
    Int,
    Time,
    Bool,
    List(Box<Shape>),
    Object(&'static str),
    /// An object whose fields nobody documented.
    Free,
    /// Types that drift: any of these has been seen.
    AnyOf(Vec<Shape>),
    /// One string that holds a JSON list.
    JsonText,
    Kind(Kind),
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The name as it is written: quoted and with its colon.
    pub(crate) key: String,
    pub(crate) shape: Shape,
}

/// Every object of the list with its fields, in the list's order.
pub(crate) struct Schema {
    objects: HashMap<&'static str, Vec<Field>>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut objects: HashMap<&'static str, Vec<Field>> = HashMap::new();
    for (object, name, types) in rows() {
        objects.entry(object).or_default().push(Field {
            name,
            key: format!("\"{name}\":"),
            shape: shape(object, name, types),
        });
    }
    Schema { objects }
});

pub(crate) fn fields(object: &str) -> &'static [Field] {
    SCHEMA.objects.get(object).map_or(&[], Vec::as_slice)
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    FIELDS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some((columns.next()?, columns.next()?, columns.next()?))
        })
}

fn shape(object: &'static str, field: &'static str, types: &'static str) -> Shape {
    if object == "Entity"
        && let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.key() == field)
    {
        return Shape::Kind(kind);
    }
    let mut seen: Vec<Shape> = types
        .split(" | ")
        .flat_map(|part| part.split(", or "))
        .flat_map(|part| part.split(", "))
        .map(|part| single(object, field, part.trim()))
        .collect();
    if matches!(field, "new_value" | "previous_value") {
        // Booleans have been reported here beside what the list of fields says.
        seen.push(Shape::Bool);
    }
    match (seen.len(), seen.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            seen.push(last);
            Shape::AnyOf(seen)
        }
        (_, None) => Shape::Free,
    }
}

fn single(object: &'static str, field: &'static str, name: &'static str) -> Shape {
    if let Some(inner) = name.strip_prefix("list of ") {
        return Shape::List(Box::new(single(object, field, inner)));
    }
    match name {
        "string" => Shape::Text(Text::of(object, field)),
        "int" if is_time(field) => Shape::Time,
        "int" => Shape::Int,
        "bool" => Shape::Bool,
        "object" | "any JSON" => Shape::Free,
        "one string holding a JSON list" => Shape::JsonText,
        other => Shape::Object(other),
    }
}

fn is_time(field: &str) -> bool {
    ["_start", "_end", "_on", "_updated", "_timestamp"]
        .iter()
        .any(|end| field.ends_with(end))
        || field.starts_with("date_")
}

/// The body of `/schemas`: each kind of object with the types of its fields.
pub(crate) fn schemas_json() -> serde_json::Value {
    let schemas: Vec<_> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let fields: serde_json::Map<_, _> = rows()
                .filter(|(object, ..)| *object == kind.object())
                .map(|(_, field, types)| (field.to_owned(), plain_type(types).into()))
                .collect();
            serde_json::json!({ "type": kind.key(), kind.key(): fields })
        })
        .collect();
    serde_json::json!({ "schemas": schemas })
}

/// Slack's own spelling of a type in `/schemas`.
fn plain_type(types: &str) -> &'static str {
    match types {
        "bool" => "boolean",
        "int" => "integer",
        list if list.starts_with("list of") => "array",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_becomes_a_shape_that_is_known() {
        assert!(rows().count() > 300);
        for (object, name, _) in rows() {
            let field = fields(object)
                .iter()
                .find(|field| field.name == name)
                .expect("a field per row");
            check(&field.shape);
        }
    }

    fn check(shape: &Shape) {
        match shape {
            Shape::Object(name) => assert!(!fields(name).is_empty(), "no fields for {name}"),
            Shape::List(inner) => check(inner),
            Shape::AnyOf(shapes) => shapes.iter().for_each(check),
            _ => {}
        }
    }

    #[test]
    fn every_entity_type_of_the_list_has_a_kind() {
        for field in fields("Entity").iter().filter(|field| field.name != "type") {
            assert!(matches!(field.shape, Shape::Kind(_)), "{}", field.name);
        }
        assert_eq!(fields("Entity").len(), Kind::ALL.len() + 1);
    }

    #[test]
    fn drifting_types_are_alternatives() {
        let of = |name| {
            fields("Details")
                .iter()
                .find(|field| field.name == name)
                .map(|field| field.shape.clone())
        };
        assert!(matches!(of("new_value"), Some(Shape::AnyOf(shapes)) if shapes.len() == 4));
        assert!(matches!(of("succeeded_users"), Some(Shape::AnyOf(shapes)) if shapes.len() == 2));
        assert!(matches!(of("duration"), Some(Shape::Int)));
    }
}
