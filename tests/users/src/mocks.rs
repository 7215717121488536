//! Mocks of tower-test: typed requests and pages, or HTTP.

use slack_audit_logs::{
    ActionsRequest, ApiRequest, AuditLogs, AuditLogsResponse, Body, Error, ErrorCode, Failure,
    FailureKind, LogsRequest, SchemasRequest, UnixSeconds,
    bytes::Bytes,
    http,
    model::{DecodeError, LogsResponse},
    tower::ServiceExt,
};
use tower_test::{assert_request_eq, mock, mock::Mock};

use crate::stack::Page;

#[tokio::test]
async fn a_mock_of_typed_requests_and_pages() {
    let (logs, mut handle) = mock::pair::<LogsRequest, Page>();
    let _: &Mock<LogsRequest, AuditLogsResponse<LogsResponse>> = &logs;
    let page = tokio::spawn(logs.oneshot(LogsRequest::new().limit(7)));
    let entries = [
        serde_json::json!({"id": "1"}),
        serde_json::json!({"id": "2"}),
    ];
    let response = AuditLogsResponse::from_entries(entries, Some("next")).expect("valid");
    assert_request_eq!(handle, LogsRequest::new().limit(7)).send_response(response);
    let page = page.await.expect("no panic").expect("a page").typed_body();
    let page = page.expect("readable");
    assert_eq!((page.entries.len(), page.next_cursor()), (2, Some("next")));
}

#[tokio::test]
async fn a_mock_of_any_call() {
    let (api, mut handle) = mock::pair::<ApiRequest, AuditLogsResponse<serde_json::Value>>();
    let request = || ApiRequest::post("x").query("a", 1).json(&[1]);
    let response = tokio::spawn(api.oneshot(request()));
    let http = http::Response::new(Bytes::from(r#"{"ok":true}"#));
    let answer = AuditLogsResponse::from_http(http).expect("a success");
    assert_request_eq!(handle, request()).send_response(answer);
    let response = response.await.expect("no panic").expect("a response");
    assert_eq!(response.body().expect("JSON")["ok"], true);
}

#[tokio::test]
async fn a_mock_of_http() {
    let (http, mut handle) = mock::pair::<http::Request<Body>, http::Response<Bytes>>();
    let audit_logs = AuditLogs::new(http);
    let page = tokio::spawn(audit_logs.logs(LogsRequest::new().limit(7)));
    let (request, respond) = handle.next_request().await.expect("a request");
    assert_eq!(
        (request.uri().path(), request.body()),
        ("/logs", &Body::empty())
    );
    respond.send_response(http::Response::new(r#"{"entries":[]}"#.into()));
    assert_eq!(page.await.expect("no panic").expect("a page").attempts(), 1);
}

#[test]
fn requests_are_compared_and_read() {
    let request = LogsRequest::new()
        .oldest(1_u64)
        .action("user_login")
        .actor("W1");
    assert_eq!(request, request.clone());
    assert_ne!(request, LogsRequest::new());
    assert_eq!(request.get_oldest(), Some(UnixSeconds(1)));
    assert_eq!(request.get_actions(), ["user_login"]);
    assert_eq!(request.get_actor(), Some("W1"));
    assert_eq!(SchemasRequest::new(), SchemasRequest::new());
    assert_ne!(ActionsRequest::new(), ActionsRequest::new().query("a", 1));
    assert_ne!(ApiRequest::get("logs"), ApiRequest::post("logs"));
}

#[test]
fn errors_of_every_kind() {
    let timeout = Error::from(Failure::new(FailureKind::Timeout, "scripted"));
    assert!(timeout.is_timeout());
    let refusal = Error::refusal(http::StatusCode::FORBIDDEN, ErrorCode::MissingScope);
    assert!(refusal.is_auth() && refusal.status() == Some(http::StatusCode::FORBIDDEN));
    let limited = Error::refusal(http::StatusCode::TOO_MANY_REQUESTS, "ratelimited");
    assert!(limited.is_rate_limited());
    let gateway = http::Response::new(Bytes::from("<html>"));
    let decode = AuditLogsResponse::<LogsResponse>::from_http(gateway).expect_err("no page");
    assert!(decode.is_decode());
    let serde = serde_json::from_str::<Vec<u8>>("[").expect_err("no list");
    assert!(DecodeError::from(serde).is_eof());
}
