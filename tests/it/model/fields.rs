//! The model against the list of known fields: every row, in every form.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use slack_audit_logs::model::{Entry, FromBody, LogsResponse};

use crate::support::model::items;
use crate::support::model_probes::{PROBES, Probe, home, unknown};

const FIELDS: &str = include_str!("../../../src/model/facts/fields.tsv");

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    FIELDS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut columns = line.split('\t');
            (
                columns.next().unwrap(),
                columns.next().unwrap(),
                columns.next().unwrap(),
            )
        })
}

/// A value of the type that a row names, and one that is no such value.
fn samples(types: &str) -> Vec<(Json, Option<Json>)> {
    match types {
        "string" => vec![(json!("text"), Some(json!({"not": "text"})))],
        "int" => vec![(json!(9_007_199_254_740_993_i64), Some(json!(["x"])))],
        "bool" => vec![(json!(true), Some(json!("yes")))],
        "string | int" => vec![(json!("4711"), Some(json!(false))), (json!(4711), None)],
        "any JSON" | "string, list of string, or object" | "string | list of string | any JSON" => {
            vec![
                (json!("a"), None),
                (json!(["a"]), None),
                (json!({"a": 1}), None),
                (json!(true), None),
            ]
        }
        "list of string" => vec![(json!(["a", "b"]), Some(json!("a")))],
        "list of any JSON" => vec![(json!(["a", 1, {}]), Some(json!("a")))],
        "list of string, or one string holding a JSON list" => {
            vec![
                (json!(["a", "b"]), Some(json!(true))),
                (json!("[\"a\",\"b\"]"), None),
            ]
        }
        "list of Permission | any JSON" => {
            vec![
                (json!([{"scopes": ["a"], "new": 1}]), None),
                (json!("a"), None),
            ]
        }
        object if object.starts_with("list of ") => {
            vec![(json!([{"unheard_of": 1}]), Some(json!({})))]
        }
        _ => vec![(json!({"unheard_of": 1}), Some(json!(["turned list"])))],
    }
}

/// The entry that holds `value` at a path such as `details.attributes[].items.type`.
fn entry_with(path: &str, value: &Json) -> Json {
    path.rsplit('.')
        .fold(value.clone(), |inner, step| match step.strip_suffix("[]") {
            Some(list) => json!({ list: [inner] }),
            None => json!({ step: inner }),
        })
}

#[test]
fn every_row_is_reachable_and_drift_proof() {
    let table: BTreeMap<(&str, &str), Probe> = PROBES
        .iter()
        .map(|(object, field, probe)| ((*object, *field), *probe))
        .collect();
    let mut walked = 0;
    for (object, field, types) in rows() {
        let Some(home) = home(object) else { continue };
        let probe = table
            .get(&(object, field))
            .unwrap_or_else(|| panic!("no probe for {object}.{field}"));
        let path = if home.is_empty() {
            field.to_owned()
        } else {
            format!("{home}.{field}")
        };
        let read = |value: &Json| {
            let json = entry_with(&path, value);
            let entry = Entry::from_json(json.to_string());
            assert_eq!(
                serde_json::to_value(&entry).unwrap(),
                json,
                "round trip of {path}"
            );
            let drift: Vec<_> = entry
                .drift()
                .iter()
                .map(|d| (d.path().to_owned(), d.value().to_string()))
                .collect();
            (probe(&entry), drift)
        };
        for (sample, other) in samples(types) {
            let (value, drift) = read(&sample);
            let expected = match (types, &sample) {
                ("string | int", Json::Number(number)) => json!(number.to_string()),
                ("list of string, or one string holding a JSON list", Json::String(text)) => {
                    serde_json::from_str(text).unwrap()
                }
                _ => sample.clone(),
            };
            assert_eq!(value, expected, "{path} as {types}");
            assert_eq!(drift, [], "{path} as {types}");
            if let Some(other) = other {
                let (value, drift) = read(&other);
                assert_eq!(value, Json::Null, "{path} as {other}");
                assert_eq!(
                    drift,
                    [(path.replace("[]", "[0]"), other.to_string())],
                    "{path} as {other}"
                );
            }
        }
        assert_eq!(read(&Json::Null), (Json::Null, vec![]), "{path} as null");
        assert_eq!(
            probe(&Entry::from_json(
                entry_with(&path, &json!(1))
                    .to_string()
                    .replace(field, "absent")
            )),
            Json::Null
        );
        walked += 1;
    }
    // All but the rows of the page itself, which stand in the next test.
    assert_eq!(walked, rows().count() - 10);
}

#[test]
fn every_row_of_the_page_is_reachable() {
    let body = json!({
        "entries": [{"id": "a"}],
        "response_metadata": {"next_cursor": "c=", "messages": ["m"], "warnings": ["w"], "new": 1},
        "ok": true, "error": "e", "needed": "n", "provided": "p", "warning": "w", "unheard_of": [1],
    });
    let page = LogsResponse::from_body(&body.to_string().into()).unwrap();
    assert_eq!(page.entries.len(), 1);
    assert_eq!(
        (page.ok(), page.error(), page.needed()),
        (Some(true), Some("e"), Some("n"))
    );
    assert_eq!(
        (page.provided(), page.warning(), page.next_cursor()),
        (Some("p"), Some("w"), Some("c="))
    );
    let metadata = page.response_metadata().unwrap();
    assert_eq!(items(metadata.messages()), json!(["m"]));
    assert_eq!(items(metadata.warnings()), json!(["w"]));
    assert_eq!(
        metadata
            .unknown_fields()
            .map(|(name, _)| name)
            .collect::<Vec<_>>(),
        ["new"]
    );
    assert_eq!(
        page.unknown_fields()
            .map(|(name, _)| name)
            .collect::<Vec<_>>(),
        ["unheard_of"]
    );
    assert_eq!(serde_json::to_value(&page).unwrap(), body);
    assert!(page.drift().is_empty());

    let odd = br#"{"entries":[{}],"ok":"yes","error":{"a":1},"needed":null,"response_metadata":{"messages":"m"}}"#;
    let page = LogsResponse::from_body(&odd[..].into()).unwrap();
    assert_eq!((page.ok(), page.error(), page.needed()), (None, None, None));
    let paths: Vec<_> = page
        .drift()
        .iter()
        .map(|drift| drift.path().to_owned())
        .collect();
    assert_eq!(paths, ["ok", "error", "response_metadata.messages"]);
}

#[test]
fn every_object_keeps_unknown_fields() {
    let mut objects: Vec<&str> = rows().map(|(object, ..)| object).collect();
    objects.dedup();
    for object in objects {
        // `ResponseMetadata` and `LogsResponse` are above.
        let Some(home) = home(object) else { continue };
        // `ua` is known, but only to a context.
        let other = if object == "Context" {
            "attributes"
        } else {
            "ua"
        };
        let fields = json!({"unheard_of": {"a": [1]}, other: "known elsewhere"});
        let json = if home.is_empty() {
            fields.clone()
        } else {
            entry_with(home, &fields)
        };
        let entry = Entry::from_json(json.to_string());
        assert_eq!(unknown(object, &entry), fields, "{object}");
    }
}
