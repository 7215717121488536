//! The fields of a page beside its entries. Those of entries are walked over by the crate's own
//! tests.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use slack_audit_logs::model::{FromBody, LogsResponse};

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
    assert_eq!(json!(metadata.messages()), json!(["m"]));
    assert_eq!(json!(metadata.warnings()), json!(["w"]));
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
