//! Entries and pages in serde's forms, and in types of a user's own.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::*;

#[derive(Deserialize, Serialize)]
struct Flat {
    host: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Tagged {
    Event(Entry),
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Entry(RawEntry),
}

#[derive(Deserialize)]
struct Exact {
    entry: Entry,
    raw: RawEntry,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Own<'a> {
    #[serde(borrow)]
    channels: Vec<&'a str>,
}

#[test]
fn entries_stand_in_any_form_of_serde() {
    let json = json!({"host": "h", "id": "a1", "action": "user_login", "details": {"x": [1]}});
    let flat: Flat = serde_json::from_value(json.clone()).unwrap();
    assert_eq!((flat.host.as_str(), flat.entry.id()), ("h", Some("a1")));
    assert_eq!(serde_json::to_value(&flat).unwrap(), json);
    let flat: Flat = serde_json::from_str(&json.to_string()).unwrap();
    assert_eq!(flat.entry.action(), Some(action::user::USER_LOGIN));

    let json = json!({"kind": "event", "id": "a1"});
    let Tagged::Event(entry) = serde_json::from_str(&json.to_string()).unwrap();
    assert_eq!(entry.id(), Some("a1"));
    assert_eq!(serde_json::to_value(Tagged::Event(entry)).unwrap(), json);

    match serde_json::from_str(r#"{"id":"a1"}"#).unwrap() {
        Untagged::Entry(entry) => assert_eq!(entry.id(), Some("a1")),
        Untagged::Number(number) => panic!("{number}"),
    }

    // Straight from `serde_json`, every byte is kept.
    let odd = r#"{ "id":"\u0061" , "n":1.10, "big":184467440737095516160 }"#;
    let exact: Exact = serde_json::from_str(&format!(r#"{{"entry":{odd},"raw":{odd}}}"#)).unwrap();
    assert_eq!(exact.entry.json(), odd.as_bytes());
    assert_eq!(exact.raw.as_str(), odd);
    assert_eq!(serde_json::to_string(&exact.raw).unwrap(), odd);
}

#[test]
fn one_bad_entry_fails_no_tree() {
    let body = br#"{"entries":[{"id":"a"},{"id":"\ud800"},{"n":1e400},{"n":01}],"new":1}"#;
    let page = LogsResponse::from_body(&body[..].into()).unwrap();
    let tree = serde_json::to_value(&page).unwrap();
    assert_eq!(
        tree,
        json!({
            "entries": [{"id": "a"}, r#"{"id":"\ud800"}"#, {"n": "1e400"}, r#"{"n":01}"#],
            "new": 1,
        })
    );
    // Into text they go as they are, where that is JSON.
    let text = serde_json::to_string(&page).unwrap();
    assert!(
        text.contains(r#",{"id":"\ud800"},{"n":1e400},"{\"n\":01}"]"#),
        "{text}"
    );
    let again: LogsResponse = serde_json::from_str(&text).unwrap();
    assert_eq!(again.entries.len(), 4);
    let raw: RawPage = serde_json::from_str(&text).unwrap();
    assert_eq!(raw[0].json(), page[0].json());
}

#[test]
fn entries_are_made_of_values_and_strings_and_read_as_own_types() {
    let entry = Entry::from(json!({"id": "a1", "details": {"channels": ["C1", "C2"], "n": 7}}));
    assert_eq!(
        entry,
        r#"{"details":{"channels":["C1","C2"],"n":7},"id":"a1"}"#
            .parse()
            .unwrap()
    );
    assert!("{".parse::<Entry>().unwrap_err().is_eof());
    assert_eq!(HashSet::from([entry.clone(), entry.clone()]).len(), 1);
    assert_eq!(HashSet::from([entry.to_raw(), entry.to_raw()]).len(), 1);

    let details = entry.details().unwrap();
    let channels = details.channels().unwrap();
    assert!(channels.contains(&"C2") && !channels.contains(&"C3"));
    assert_eq!(channels.into_iter().collect::<Vec<_>>(), ["C1", "C2"]);
    assert_eq!(entry.pointer("/details/channels/1").unwrap(), "C2");
    for missing in [
        "/details/channels/01",
        "/details/channels/-",
        "details",
        "/x",
    ] {
        assert_eq!(entry.pointer(missing), None, "{missing}");
    }
    let odd = Entry::from_json(r#"{"a/b":{"~":[{}]}}"#);
    assert_eq!(odd.pointer("/a~1b/~0/0").unwrap().kind(), ValueKind::Object);

    let own: Own<'_> = details.deserialize().unwrap();
    assert_eq!(own.channels, ["C1", "C2"]);
    let number: u8 = entry.pointer("/details/n").unwrap().deserialize().unwrap();
    assert_eq!(number, 7);
    let secret = Entry::from(json!({"details": {"channels": CANARY}}));
    let error = secret
        .details()
        .unwrap()
        .deserialize::<Own<'_>>()
        .unwrap_err();
    assert_eq!(error.category(), Category::Data);
    assert!(!format!("{error} {error:?}").contains("CANARY"));
}

#[test]
fn values_are_equal_if_they_say_the_same() {
    let equal = |a: &str, b: &str| {
        Entry::from_json(a.to_owned()).value() == Entry::from_json(b.to_owned()).value()
    };
    assert!(equal(
        r#"{"a":1,"b":[true,null]}"#,
        r#" { "b" : [true, null], "\u0061":1 }"#
    ));
    assert!(equal(r#"{"a":1,"a":2}"#, r#"{"a":2}"#));
    for other in [
        r#"{"a":1,"b":[true]}"#,
        r#"{"a":1.0,"b":[true,null]}"#,
        "[]",
        "null",
    ] {
        assert!(!equal(r#"{"a":1,"b":[true,null]}"#, other), "{other}");
    }
}

#[test]
fn a_detached_entry_keeps_only_its_own_bytes() {
    let body = page_with(good(37).as_bytes());
    let page = RawPage::parse(body.clone()).unwrap();
    let within = body.as_ptr_range();
    let entry = &page[36];
    assert!(within.contains(&entry.json().as_ptr()));
    let (raw, typed) = (entry.detach(), entry.parse().detach());
    assert!(!within.contains(&raw.json().as_ptr()) && !within.contains(&typed.json().as_ptr()));
    assert_eq!(
        (&raw, raw.id(), raw.action()),
        (entry, entry.id(), entry.action())
    );
    assert_eq!(typed, entry.parse());
    assert_eq!(typed.actor().unwrap().user().unwrap().id(), Some("W37"));
}

#[test]
fn debug_is_short_and_says_nothing_of_the_content() {
    let entry = format!(
        r#"{{"id":"a1","action":"user_login","actor":{{"user":{{"email":"{CANARY}","{CANARY}":1}}}},"details":{{"name":"{CANARY}","new_value":{{"{CANARY}":["{CANARY}",4711]}}}}}}"#
    );
    let body = Bytes::from(format!(
        r#"{{"entries":[{entry}],"warning":"{CANARY}","{CANARY}":"x"}}"#
    ));
    let page = LogsResponse::from_body(&body).unwrap();
    let raw = RawPage::parse(body).unwrap();
    let entry = &page[0];
    let details = entry.details().unwrap();
    let other: Bytes = format!(r#"{{"schemas":["{CANARY}"],"actions":{{"{CANARY}":[]}}}}"#).into();
    for shown in [
        format!("{page:?}"),
        format!("{raw:?}"),
        format!("{entry:?}"),
        format!("{:?}", raw[0]),
        format!("{:?}", entry.value()),
        format!("{:?}", entry.as_object()),
        format!("{:?}", entry.actor().unwrap().user()),
        format!("{details:?}"),
        format!("{:?} {:?}", details.name(), details.new_value()).replace(CANARY, "own"),
        format!("{:?}", entry.unknown_fields()),
        format!("{:?}", details.unknown_fields()),
        format!("{:?}", page.response_metadata()),
        format!("{:?}", SchemasResponse::from_body(&other)),
        format!("{:?}", ActionsResponse::from_body(&other)),
    ] {
        assert!(
            !shown.contains("CANARY") && !shown.contains("4711"),
            "{shown}"
        );
        assert!(shown.len() < 200 && !shown.contains("nodes"), "{shown}");
    }
    assert_eq!(
        format!("{entry:?}"),
        format!(
            r#"Entry {{ id: Some("a1"), date_create: None, action: Some("user_login"), bytes: {}, .. }}"#,
            entry.json().len()
        )
    );
    assert_eq!(
        format!("{details:?}"),
        "Details { name: string of 16 bytes, new_value: object of 1 }"
    );
}

#[test]
fn what_is_no_json_is_one_string_on_its_line() {
    // A raw line break inside a string: without it, the text would be other, valid JSON.
    let broken = "{\"id\":\"a\nb\"}";
    let body = page_with(broken.as_bytes());
    let page = RawPage::parse(body.clone()).unwrap();
    assert!(!page[36].is_json());
    let mut line = Vec::new();
    page[36].write_ndjson(&mut line).unwrap();
    assert_eq!(line, b"\"{\\\"id\\\":\\\"a\\nb\\\"}\"\n");
    assert_eq!(serde_json::from_slice::<String>(&line).unwrap(), broken);

    // What was repaired says so in every form.
    let body = page_with(b"{\"id\":\"a\xffb\"}");
    let page = LogsResponse::from_body(&body).unwrap();
    assert!(page[36].is_repaired() && page[36].to_raw().is_repaired());
    assert!(page[36].to_raw().parse().is_repaired() && !page[35].to_raw().is_repaired());
    // Form feed is whitespace in ASCII, and none in JSON.
    assert_eq!(RawEntry::from_json("1\x0c \n").as_str(), "1\x0c");
}
