//! Entries that are broken or drifted, numbers that do not fit, bytes that are no UTF-8: nothing is
//! lost.

use super::*;

#[test]
fn a_broken_entry_stays_raw_among_99_typed_ones() {
    for (broken, why, id) in [
        (
            r#"{"id":"e37","action":"a\ud800b"}"#.to_owned(),
            Category::Syntax,
            Some("e37"),
        ),
        (
            r#"{"id":"e37","\udc00":1}"#.to_owned(),
            Category::Syntax,
            Some("e37"),
        ),
        (
            r#"{"id":"\ud800\ud800"}"#.to_owned(),
            Category::Syntax,
            None,
        ),
        (nested(128), Category::Depth, Some("e37")),
        (nested(100_000), Category::Depth, Some("e37")),
        (
            r#"{"id":"e37","n":NaN}"#.to_owned(),
            Category::Syntax,
            Some("e37"),
        ),
        (
            r#"{"id":"e37","n":01,"s":"]}\"{"}"#.to_owned(),
            Category::Syntax,
            Some("e37"),
        ),
        (
            r#"{"id":"e37","a":[1,]}"#.to_owned(),
            Category::Syntax,
            Some("e37"),
        ),
        (
            r#"{"id":"e37","s":"\x41"}"#.to_owned(),
            Category::Syntax,
            Some("e37"),
        ),
        (
            "{\"id\":\"e37\",\"s\":\"a\tb\"}".to_owned(),
            Category::Syntax,
            Some("e37"),
        ),
        (r#"{id:"e37"}"#.to_owned(), Category::Syntax, None),
        ("undefined".to_owned(), Category::Syntax, None),
    ] {
        let body = page_with(broken.as_bytes());
        let page = LogsResponse::from_body(&body).unwrap();
        check_neighbours(&page);
        let entry = &page.entries[36];
        assert_eq!(
            entry.degraded().map(|error| error.category()),
            Some(why),
            "{broken:.60}"
        );
        assert_eq!(entry.json(), broken.as_bytes(), "{broken:.60}");
        assert_eq!(entry.id(), id, "{broken:.60}");
        assert!(entry.value().is_none() && entry.drift().is_empty());
        assert_eq!(page.iter().filter(|entry| entry.is_degraded()).count(), 1);

        let raw = RawPage::parse(body).unwrap();
        assert_eq!(raw.entries().len(), 100);
        assert_eq!(raw.entries()[36].json(), broken.as_bytes());
        assert_eq!(
            (raw.entries()[36].id(), raw.entries()[37].id()),
            (id, Some("e38"))
        );
        // What it serialises to still holds the text.
        let line = serde_json::to_string(entry).unwrap();
        let text = serde_json::from_str::<String>(&line).unwrap_or(line);
        assert_eq!(text, broken, "{broken:.60}");
    }
}

#[test]
fn drifted_entries_stay_typed_elsewhere() {
    for (odd, drift) in [
        (
            json!({"id": "e37", "actor": [1], "action": "user_login"}),
            vec!["actor"],
        ),
        (
            json!({"id": "e37", "actor": {"user": {"id": {"a": 1}}}, "action": "user_login"}),
            vec!["actor.user.id"],
        ),
        (
            json!({"id": "e37", "date_create": "soon", "action": "user_login"}),
            vec!["date_create"],
        ),
        (
            json!({"id": "e37", "entity": {"type": "spaceship", "spaceship": {"id": "S1"}}, "action": "user_login"}),
            vec![],
        ),
        (
            json!({"id": "e37", "details": {"channels": ["C1", 2, null, {}]}, "action": "user_login"}),
            vec!["details.channels[1]", "details.channels[3]"],
        ),
        (
            json!({"id": "e37", "details": [], "context": "none", "action": "user_login"}),
            vec!["details", "context"],
        ),
    ] {
        let page = LogsResponse::from_body(&page_with(odd.to_string().as_bytes())).unwrap();
        check_neighbours(&page);
        let entry = &page.entries[36];
        assert!(!entry.is_degraded());
        assert_eq!(
            (entry.id(), entry.action()),
            (Some("e37"), Some(action::user::USER_LOGIN))
        );
        assert_eq!(serde_json::to_value(entry).unwrap(), odd);
        let mut paths: Vec<_> = entry
            .drift()
            .iter()
            .map(|drift| drift.path().to_owned())
            .collect();
        let mut expected = drift.clone();
        paths.sort();
        expected.sort_unstable();
        assert_eq!(paths, expected, "{odd}");
    }
    for (odd, kind) in [
        ("42", ValueKind::Number),
        ("null", ValueKind::Null),
        ("[1]", ValueKind::List),
        (r#""x""#, ValueKind::String),
    ] {
        let page = LogsResponse::from_body(&page_with(odd.as_bytes())).unwrap();
        check_neighbours(&page);
        assert_eq!(page.entries[36].json(), odd.as_bytes());
        let drift = page.entries[36].drift();
        assert_eq!(
            (drift[0].path(), drift[0].found(), drift.len()),
            ("", kind, 1)
        );
        assert_eq!(serde_json::to_string(&page.entries[36]).unwrap(), odd);
    }
    let unknown = Entry::from_json(
        r#"{"action":"teleported","entity":{"type":"spaceship","spaceship":{"id":"S1","name":"N"}}}"#,
    );
    let entity = unknown.entity().unwrap();
    assert_eq!(
        (entity.kind(), entity.id(), entity.name()),
        (Some(EntityKind::Other("spaceship")), Some("S1"), Some("N"))
    );
    assert_eq!(unknown.action().unwrap(), "teleported");
}

#[test]
fn numbers_are_exact_or_drift() {
    for (written, read, drifts) in [
        ("1521214343", Some(1_521_214_343), false),
        ("9007199254740993", Some(9_007_199_254_740_993), false),
        ("-9223372036854775808", Some(i64::MIN), false),
        ("18446744073709551616", None, true),
        ("1.0", Some(1), true),
        ("\"1\"", Some(1), true),
        ("1.5", None, true),
        ("1e400", None, true),
        ("1e3", None, true),
        ("\"+1\"", None, true),
        ("true", None, true),
        ("null", None, false),
    ] {
        let json = format!(r#"{{"date_create":{written},"details":{{"duration":{written}}}}}"#);
        let entry = Entry::from_json(json.clone());
        assert_eq!(entry.date_create(), read, "{written}");
        assert_eq!(entry.details().unwrap().duration(), read, "{written}");
        assert_eq!(entry.to_raw().date_create(), read, "{written}");
        let drift: Vec<String> = entry
            .drift()
            .iter()
            .map(|drift| drift.value().to_string())
            .collect();
        assert_eq!(
            drift,
            vec![written.to_owned(); if drifts { 2 } else { 0 }],
            "{written}"
        );
        assert_eq!(
            serde_json::to_string(&entry).unwrap(),
            json,
            "every digit comes back"
        );
    }
    let entry = Entry::from_json(
        r#"{"id":18446744073709551617,"context":{"session_id":184467440737095516170}}"#,
    );
    assert_eq!(entry.id(), Some("18446744073709551617"));
    assert_eq!(
        entry.context().unwrap().session_id(),
        Some("184467440737095516170")
    );
}

#[test]
fn invalid_utf8_is_repaired_and_flagged_where_it_was() {
    let body = page_with(b"{\"id\":\"e37\",\"action\":\"a\xffb\"}");
    let page = LogsResponse::from_body(&body).unwrap();
    check_neighbours(&page);
    assert!(
        page.is_repaired() && page.entries[36].is_repaired() && !page.entries[36].is_degraded()
    );
    assert_eq!(page.entries[36].action().unwrap(), "a\u{fffd}b");
    let raw = RawPage::parse(body).unwrap();
    assert!(raw.is_repaired());
    let flags: Vec<usize> = raw
        .iter()
        .enumerate()
        .filter(|(_, e)| e.is_repaired())
        .map(|(place, _)| place)
        .collect();
    assert_eq!(flags, [36]);
    assert!(
        !RawPage::parse(page_with("{\"a\":\"\u{fffd}\"}".as_bytes()))
            .unwrap()
            .is_repaired()
    );
}
