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

/// Collects `object.field` for every object that the list of fields names, by walking along its types.
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

#[test]
fn a_hundred_thousand_events_show_every_known_field_action_and_drift() {
    let mut seen = HashMap::new();
    let mut actions = HashSet::new();
    let mut ids = HashSet::new();
    for index in 0..100_000 {
        let event = event(42, index);
        walk("Entry", &event, &mut seen);
        actions.insert(event["action"].as_str().unwrap().to_owned());
        ids.insert(event["id"].as_str().unwrap().to_owned());
        let kind = event["entity"]["type"].as_str().unwrap();
        assert!(event["entity"][kind].is_object(), "{event}");
    }
    assert_eq!(ids.len(), 100_000);
    assert!(actions.len() > 700, "{}", actions.len());

    let page_objects = ["LogsResponse", "ResponseMetadata"];
    let missing: Vec<String> = include_str!("../../model/facts/fields.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .filter(|(object, _)| !page_objects.contains(object))
        .map(|(object, rest)| (object, rest.split('\t').next().unwrap()))
        .filter(|(object, field)| !seen.keys().any(|(o, f)| o == object && f == field))
        .map(|(object, field)| format!("{object}.{field}"))
        .collect();
    assert!(missing.is_empty(), "never written: {missing:?}");

    for (object, field, kinds) in [
        ("Context", "session_id", ["string", "number"].as_slice()),
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
    ] {
        for kind in kinds {
            assert!(
                seen[&(object, field)].contains(kind),
                "{object}.{field} was never a {kind}"
            );
        }
    }
}

#[test]
fn text_beyond_ascii_comes_plain_and_escaped() {
    let mut text = String::new();
    (0..5_000).for_each(|index| write_event(&mut text, 1, 1_700_000_000, catalog().make(1, index)));
    for needle in ["\\u00", "\\ud83d\\ude80", "\\/", "🚀", "\\\"", "é"] {
        assert!(text.contains(needle), "{needle}");
    }
}
