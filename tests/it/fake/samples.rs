//! The made-up events show every field, every action and every change of type that is known of
//! Slack's.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{cursor, entries, page, quiet};

/// Field and the types that its value may have, by object.
type Fields = HashMap<&'static str, Vec<(&'static str, &'static str)>>;

/// Every field that a page's entries may show.
fn fields() -> Fields {
    let mut fields = Fields::new();
    let rows = include_str!("../../fixtures/fields.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some((columns.next()?, columns.next()?, columns.next()?))
        })
        .filter(|(object, ..)| !["LogsResponse", "ResponseMetadata"].contains(object));
    for (object, field, types) in rows {
        fields.entry(object).or_default().push((field, types));
    }
    fields
}

type Seen = HashMap<(&'static str, &'static str), HashSet<&'static str>>;

/// Notes the fields of an object of this type, and of those inside it.
fn walk(fields: &Fields, object: &str, value: &Value, seen: &mut Seen) {
    let Some((object, known)) = fields.get_key_value(object) else {
        return;
    };
    for (field, types) in known {
        let Some(inner) = value.get(*field) else {
            continue;
        };
        let kind = match inner {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "list",
            Value::Object(_) => "object",
        };
        seen.entry((*object, *field)).or_default().insert(kind);
        for of_type in types.split([',', '|']) {
            let name = of_type.trim().trim_start_matches("list of ");
            match inner {
                Value::Array(items) => items.iter().for_each(|item| walk(fields, name, item, seen)),
                inner => walk(fields, name, inner, seen),
            }
        }
    }
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
    ("Details", "is_allowed", &["string", "bool"]),
    ("AccountTypeRole", "id", &["number"]),
    ("Entry", "details", &["object", "list"]),
];

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_events_show_every_known_field_action_and_drift() {
    let fields = fields();
    assert!(fields.values().map(Vec::len).sum::<usize>() > 300);
    let api = quiet().entries(100_000).build();
    let (mut seen, mut actions) = (Seen::new(), HashSet::new());
    let (mut next, mut missing) = (String::new(), Vec::new());
    // Mostly fewer will do; parsing all of them would only take time.
    for _ in 0..10 {
        let page = page(&api, &format!("limit=9999{next}")).await;
        for event in entries(&page) {
            walk(&fields, "Entry", event, &mut seen);
            actions.insert(event["action"].as_str().unwrap().to_owned());
            let kind = event["entity"]["type"].as_str().unwrap();
            assert!(event["entity"][kind].is_object(), "{event}");
        }
        missing.clear();
        for (object, known) in &fields {
            let never = known
                .iter()
                .filter(|(field, _)| !seen.contains_key(&(*object, *field)));
            missing.extend(never.map(|(field, _)| format!("{object}.{field}")));
        }
        for (object, field, kinds) in DRIFT {
            let of = seen.get(&(*object, *field));
            let never = kinds
                .iter()
                .filter(|kind| !of.is_some_and(|of| of.contains(*kind)));
            missing.extend(never.map(|kind| format!("{object}.{field} as {kind}")));
        }
        if actions.len() < 700 {
            missing.push(format!("actions: only {}", actions.len()));
        }
        if missing.is_empty() {
            return;
        }
        next = cursor(&page).map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
    }
    panic!("never written: {missing:?}");
}
