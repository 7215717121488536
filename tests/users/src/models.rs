//! Entries, pages and values as a user of serde and of the standard traits types them.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use slack_audit_logs::model::{Entry, LogsResponse, RawEntry, RawPage, Value, action};

const EVENT: &str = r#"{"id":"e1","date_create":1521214343,"action":"user_login","actor":{"type":"user","user":{"id":"W1","email":"bird@slack.com"}},"details":{"type":"fast","duration":86400,"reason":["asn","ip_address"],"new_value":{"a/b":[1,2]}}}"#;

fn entry() -> Entry {
    EVENT.parse().expect("an entry")
}

#[test]
fn inside_flatten() {
    #[derive(Serialize, Deserialize)]
    struct Tagged<E> {
        tenant: String,
        #[serde(flatten)]
        entry: E,
    }
    let wrapped = Tagged {
        tenant: "t".into(),
        entry: entry(),
    };
    let json = serde_json::to_string(&wrapped).expect("JSON");
    assert_eq!(json, format!(r#"{{"tenant":"t",{}"#, &EVENT[1..]));
    let back: Tagged<Entry> = serde_json::from_str(&json).expect("readable");
    assert_eq!(back.entry.id(), Some("e1"));
    let back: Tagged<RawEntry> = serde_json::from_str(&json).expect("readable");
    assert_eq!(
        (back.tenant.as_str(), back.entry.action()),
        ("t", Some("user_login"))
    );
    let json = serde_json::to_value(&back).expect("JSON");
    assert_eq!(json["actor"]["user"]["id"], "W1");
}

#[test]
fn inside_enums() {
    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Internally {
        Audit(Entry),
        Raw(RawEntry),
    }
    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind", content = "event")]
    enum Adjacently {
        Audit(Entry),
        Raw(RawEntry),
    }
    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u64),
        Audit(Entry),
    }
    for kind in ["audit", "raw"] {
        let json = format!(r#"{{"kind":"{kind}",{}"#, &EVENT[1..]);
        let event: Internally = serde_json::from_str(&json).expect("readable");
        let back = serde_json::to_value(&event).expect("JSON");
        let id = match event {
            Internally::Audit(entry) => entry.id().map(str::to_owned),
            Internally::Raw(entry) => entry.id().map(str::to_owned),
        };
        assert_eq!((id.as_deref(), &back["kind"]), (Some("e1"), &json!(kind)));
        assert_eq!(back["details"]["duration"], 86400);
    }
    for kind in ["Audit", "Raw"] {
        let json = format!(r#"{{"kind":"{kind}","event":{EVENT}}}"#);
        let event: Adjacently = serde_json::from_str(&json).expect("readable");
        assert_eq!(serde_json::to_string(&event).expect("JSON"), json);
    }
    let events: Vec<Untagged> = serde_json::from_str(&format!("[7,{EVENT}]")).expect("readable");
    let [Untagged::Number(7), Untagged::Audit(entry)] = &events[..] else {
        panic!("taken for something else");
    };
    assert_eq!(entry.action(), Some(action::user::USER_LOGIN));
    assert_eq!(serde_json::to_value(&events).expect("JSON")[1]["id"], "e1");
}

#[test]
fn serde_of_raw_entries_and_pages() {
    let raw = RawEntry::from_json(EVENT);
    assert_eq!(serde_json::to_string(&raw).expect("JSON"), EVENT);
    assert_eq!(
        serde_json::from_str::<RawEntry>(EVENT).expect("readable"),
        raw
    );
    let body = format!(r#"{{"entries":[{EVENT}],"response_metadata":{{"next_cursor":"c"}}}}"#);
    let page: LogsResponse = serde_json::from_str(&body).expect("a page");
    assert_eq!(serde_json::to_string(&page).expect("JSON"), body);
    let raw: RawPage = serde_json::from_str(&body).expect("a page");
    assert_eq!((raw[0].id(), raw.next_cursor()), (Some("e1"), Some("c")));
    let page: LogsResponse = serde_json::from_value(json!({"entries": [entry()]})).expect("a page");
    assert_eq!(page[0].id(), Some("e1"));
}

#[test]
fn details_of_a_users_own_struct() {
    #[derive(Deserialize)]
    struct Session {
        duration: u64,
        reason: Vec<String>,
    }
    let entry = entry();
    let details = entry.details().expect("details");
    let session: Session = details.deserialize::<Session>().expect("readable");
    assert_eq!((session.duration, session.reason.len()), (86_400, 2));
    let event = entry.deserialize::<BTreeMap<String, serde_json::Value>>();
    assert_eq!(event.expect("readable")["id"], "e1");
    let user = entry.pointer("/actor/user").expect("a user");
    let user: BTreeMap<String, String> = user.deserialize().expect("readable");
    assert_eq!(user["email"], "bird@slack.com");
}

#[test]
fn values_lists_and_objects() {
    let (entry, other) = (entry(), entry());
    let details = entry.details().expect("details");
    assert_eq!(entry.value(), other.value());
    assert_eq!(
        entry
            .pointer("/details/new_value/a~1b/1")
            .and_then(Value::as_i64),
        Some(2)
    );
    assert_eq!(entry.pointer("/actor/user/id").expect("there"), "W1");
    assert_eq!(entry.pointer("/actor/nobody"), None);
    let list = entry
        .pointer("/details/reason")
        .and_then(Value::as_list)
        .expect("a list");
    assert!(list.contains(&"asn") && !list.contains(&"user_agent"));
    assert_eq!(
        list.into_iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>(),
        ["asn", "ip_address"]
    );
    assert_eq!(list.get(0).expect("there"), "asn");
    let object = details.as_object();
    assert!(object.contains("duration") && object.get("type").is_some_and(|kind| kind == "fast"));
    assert_eq!(object.into_iter().count(), 4);
    let names: Vec<_> = entry
        .as_object()
        .expect("an object")
        .iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["id", "date_create", "action", "actor", "details"]);
}

#[test]
fn pages_are_collections() {
    let page = format!(r#"{{"entries":[{EVENT},{{"id":"e2"}}]}}"#);
    let page: LogsResponse = serde_json::from_str(&page).expect("a page");
    assert_eq!(page[1].id(), Some("e2"));
    assert_eq!(
        page.iter().filter_map(Entry::id).collect::<Vec<_>>(),
        ["e1", "e2"]
    );
    for entry in &page {
        assert!(entry.id().is_some());
    }
    let set: HashSet<Entry> = page.into_iter().collect();
    assert!(set.contains(&entry()));
    let raw: HashSet<RawEntry> = [RawEntry::from_json(EVENT), RawEntry::from_json(EVENT)].into();
    assert_eq!(raw.len(), 1);
}

/// A test entry is `json!`, or text.
#[test]
fn entries_for_tests() {
    let entry = Entry::from(json!({"id": "e1", "action": "user_login"}));
    assert_eq!(entry.action(), Some(action::user::USER_LOGIN));
    let raw = RawEntry::from(json!({"id": "e1", "date_create": 7}));
    assert_eq!((raw.id(), raw.date_create()), (Some("e1"), Some(7)));
    assert!("{".parse::<Entry>().is_err());
}

/// Out of a page of any size, an entry that is kept keeps only its own bytes.
#[test]
fn an_entry_alone() {
    let body = format!(
        r#"{{"entries":[{EVENT},{{"id":"{}"}}]}}"#,
        "x".repeat(10_000)
    );
    let page = RawPage::parse(body.into()).expect("a page");
    let raw = page[0].detach();
    let entry = raw.parse().detach();
    drop(page);
    assert!(raw.json().is_unique() || entry.json().is_unique());
    assert_eq!(entry.id(), Some("e1"));
}

#[test]
fn one_bad_entry_does_not_fail_its_page() {
    let page = LogsResponse::parse(&r#"{"entries":[{"id":"\ud800"},{"id":"e2"}]}"#.into());
    let page = page.expect("a page");
    let value = serde_json::to_value(&page).expect("JSON");
    assert_eq!(value["entries"][0], r#"{"id":"\ud800"}"#);
    assert_eq!(value["entries"][1]["id"], "e2");
    let raw: Vec<_> = page.iter().map(Entry::to_raw).collect();
    assert_eq!(serde_json::to_value(raw).expect("JSON")[1]["id"], "e2");
}
