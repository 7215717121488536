//! What the data promises over 100,000 events.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::*;

fn event(seed: u64, index: u32) -> Value {
    let mut text = String::new();
    write_event(&mut text, seed, 1_700_000_000, catalog().make(seed, index));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let write = |seed| {
        let mut text = String::new();
        (0..200).for_each(|index| {
            write_event(&mut text, seed, 1_700_000_000, catalog().make(seed, index));
        });
        text
    };
    assert_eq!(write(3), write(3));
    assert_ne!(write(3), write(4));
}

/// Collects `object.field` for every object that the list of fields names, by walking along its
/// types.
fn walk(
    object: &'static str,
    value: &Value,
    seen: &mut HashMap<(&'static str, &'static str), HashSet<&'static str>>,
) {
    if let Value::Array(items) = value {
        for item in items {
            walk(object, item, seen);
        }
    }
    for field in schema::fields(object) {
        if let Some(inner) = value.get(field.name) {
            let kind = match inner {
                Value::Null => "null",
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "list",
                Value::Object(_) => "object",
            };
            seen.entry((object, field.name)).or_default().insert(kind);
            descend(&field.shape, inner, seen);
        }
    }
}

fn descend(
    shape: &schema::Shape,
    value: &Value,
    seen: &mut HashMap<(&'static str, &'static str), HashSet<&'static str>>,
) {
    match shape {
        schema::Shape::Object(name) => walk(name, value, seen),
        schema::Shape::Kind(kind) => walk(kind.object(), value, seen),
        schema::Shape::List(inner) => value
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|item| descend(inner, item, seen)),
        schema::Shape::AnyOf(shapes) => shapes.iter().for_each(|shape| descend(shape, value, seen)),
        _ => {}
    }
}

/// Every field of the list that a page's entries may show, as object and field.
fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = include_str!("../../model/facts/fields.tsv").lines();
    let columns = rows
        .filter(|row| !row.starts_with('#'))
        .map(|row| row.split('\t'));
    columns
        .filter_map(|mut columns| columns.next().zip(columns.next()))
        .filter(|(object, _)| !["LogsResponse", "ResponseMetadata"].contains(object))
}

const DRIFT: &[(&str, &str, &[&str])] = &[
    ("Context", "session_id", &["string", "number"]),
    ("Details", "reason", &["string", "list"]),
    ("Details", "action_timestamp", &["string", "number"]),
    (
        "Details",
        "new_value",
        &["string", "list", "object", "bool"],
    ),
    ("Details", "succeeded_users", &["string", "list"]),
    ("Details", "who_can_post", &["object", "list"]),
    ("Entry", "details", &["object", "list"]),
];

#[test]
fn a_hundred_thousand_events_show_every_known_field_action_and_drift() {
    let mut seen = HashMap::new();
    let mut actions = HashSet::new();
    let mut missing = Vec::new();
    // Mostly fewer will do; parsing all of them would only take time.
    for chunk in 0..10 {
        for index in chunk * 10_000..(chunk + 1) * 10_000 {
            let event = event(42, index);
            walk("Entry", &event, &mut seen);
            actions.insert(event["action"].as_str().unwrap().to_owned());
            let kind = event["entity"]["type"].as_str().unwrap();
            assert!(event["entity"][kind].is_object(), "{event}");
        }
        missing = known()
            .filter(|field| !seen.contains_key(field))
            .map(|field| format!("{field:?}"))
            .collect();
        missing.extend(DRIFT.iter().flat_map(|(object, field, kinds)| {
            let of = seen.get(&(*object, *field));
            let never = kinds
                .iter()
                .filter(move |kind| !of.is_some_and(|of| of.contains(*kind)));
            never.map(move |kind| format!("{object}.{field} as {kind}"))
        }));
        if actions.len() < 700 {
            missing.push(format!("actions: only {}", actions.len()));
        }
        if missing.is_empty() {
            return;
        }
    }
    panic!("never written: {missing:?}");
}

#[test]
fn ids_are_distinct() {
    let id = |index| {
        let mut id = String::new();
        event_id(42, index, &mut id);
        id
    };
    assert_eq!((0..100_000).map(id).collect::<HashSet<_>>().len(), 100_000);
}

#[test]
fn text_beyond_ascii_comes_plain_and_escaped() {
    let mut text = String::new();
    (0..5_000).for_each(|index| write_event(&mut text, 1, 1_700_000_000, catalog().make(1, index)));
    for needle in ["\\u00", "\\ud83d\\ude80", "\\/", "🚀", "\\\"", "é"] {
        assert!(text.contains(needle), "{needle}");
    }
}
