//! The embedded API itself: it keeps the rules of Slack's reference, and breaks them only as
//! scripted.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod hostile;
mod rules;
mod samples;
mod script;
mod sockets;
mod wire;

use std::collections::HashSet;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use serde_json::Value;
use slack_audit_logs::fake::{FakeApi, FakeApiBuilder, FakeBody};
use tower::ServiceExt;

/// 2023-11-14T22:13:20Z.
pub(super) const NOW: i64 = 1_700_000_000;

pub(super) fn request(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("https://api.slack.com/audit/v1/{path}"))
        .header("authorization", format!("Bearer {}", FakeApi::TOKEN))
        .body(Empty::new())
        .unwrap()
}

pub(super) async fn get(api: &FakeApi, path: &str) -> Response<FakeBody> {
    api.clone().oneshot(request(path)).await.unwrap()
}

pub(super) async fn json(response: Response<FakeBody>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

pub(super) async fn page(api: &FakeApi, query: &str) -> Value {
    let response = get(api, &format!("logs?{query}")).await;
    assert_eq!(response.status(), StatusCode::OK, "{query}");
    json(response).await
}

pub(super) fn entries(page: &Value) -> &[Value] {
    page["entries"].as_array().unwrap()
}

pub(super) fn cursor(page: &Value) -> Option<String> {
    let cursor = page["response_metadata"]["next_cursor"].as_str().unwrap();
    let encoded = percent_encoding::utf8_percent_encode(cursor, percent_encoding::NON_ALPHANUMERIC);
    (!cursor.is_empty()).then(|| encoded.to_string())
}

/// All entries of a chain in the order in which they came, and the sizes of its pages.
pub(super) async fn drain(api: &FakeApi, query: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut all, mut sizes, mut next) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = page(api, &format!("{query}{next}")).await;
        sizes.push(entries(&page).len());
        all.extend_from_slice(entries(&page));
        assert!(sizes.len() < 10_000, "endless");
        match cursor(&page) {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return (all, sizes),
        }
    }
}

pub(super) fn ids(entries: &[Value]) -> HashSet<&str> {
    entries
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect()
}

pub(super) fn quiet() -> FakeApiBuilder {
    FakeApi::builder().start_time(NOW).without_rate_limit()
}

pub(super) async fn error(api: &FakeApi, path: &str) -> (u16, String) {
    let response = get(api, path).await;
    let status = response.status().as_u16();
    let body = json(response).await;
    assert_eq!(body["ok"], Value::Bool(false));
    (status, body["error"].as_str().unwrap().to_owned())
}
