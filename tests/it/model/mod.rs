//! The model: no page loses an entry, whatever stands in one of them, and nothing is rounded or
//! renamed.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]

mod broken;
mod catalog;
mod fields;
mod pages;
mod properties;
mod serde_forms;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use slack_audit_logs::model::{
    ActionsResponse, Category, DecodeError, DriftStats, EntityKind, Entry, FromBody, LogsResponse,
    ObjectSchema, RawEntry, RawPage, SchemasResponse, Value, ValueKind,
    action::{self, Action},
};

const ACTIONS: &str = include_str!("../../fixtures/actions.tsv");
const CANARY: &str = "xoxp-CANARY-4711";

fn good(number: usize) -> String {
    format!(
        r#"{{"id":"e{number}","date_create":{},"action":"user_login","actor":{{"type":"user","user":{{"id":"W{number}"}}}},"details":{{}}}}"#,
        1_521_214_343 - number
    )
}

/// 100 entries, the 37th being this one.
fn page_with(broken: &[u8]) -> Bytes {
    let mut page = br#"{"entries":["#.to_vec();
    for number in 1..=100 {
        if number > 1 {
            page.push(b',');
        }
        if number == 37 {
            page.extend_from_slice(broken);
        } else {
            page.extend_from_slice(good(number).as_bytes());
        }
    }
    page.extend_from_slice(br#"],"response_metadata":{"next_cursor":"bmV4dA=="}}"#);
    page.into()
}

fn check_neighbours(page: &LogsResponse) {
    assert_eq!(page.entries.len(), 100);
    assert_eq!(page.next_cursor(), Some("bmV4dA=="));
    for (place, entry) in page.iter().enumerate().filter(|(place, _)| *place != 36) {
        let id = format!("e{}", place + 1);
        assert_eq!(entry.id(), Some(&*id));
        assert!(!entry.is_degraded() && entry.drift().is_empty() && !entry.is_repaired());
    }
}

fn nested(depth: usize) -> String {
    format!(
        r#"{{"id":"e37","deep":{}{}}}"#,
        "[".repeat(depth - 1),
        "]".repeat(depth - 1)
    )
}
