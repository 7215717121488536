//! A canary token, and personal data, against everything that shows or logs anything.

use std::error::Error as _;

use http::{HeaderValue, header};
use slack_audit_logs::{
    ApiRequest, AuditLogsClient, LogsRequest, Token,
    fake::{FakeApi, ScriptedResponse},
    layers::AuthorizationLayer,
    retry::RetryPolicy,
};

use crate::support::capture::Capture;

const CANARY: &str = "xoxp-CANARY-7777777777";

fn assert_clean(text: &str) {
    assert!(!text.contains("CANARY"), "a secret in: {text}");
    assert!(!text.contains("WPERSON"), "a query value in: {text}");
}

fn chain(error: &slack_audit_logs::Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text} {error} {error:?} {error:#?}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn over_http_nothing_tells_the_token_at_any_level() {
    let capture = Capture::start();
    let api = FakeApi::builder().entries(50).token(CANARY).build();
    let server = api.serve().await.expect("loopback");
    let builder = AuditLogsClient::builder()
        .token(CANARY)
        .base_url(server.base_url())
        .default_header(header::COOKIE, HeaderValue::from_static("d=xoxd-CANARY"))
        .retry_policy(RetryPolicy::all_builtin());
    assert_clean(&format!("{builder:?} {builder:#?}"));
    let client = builder.build().expect("a client");
    assert_clean(&format!("{client:?} {:?}", client.service()));

    let response = client
        .logs(LogsRequest::new().actor("WPERSON").limit(5))
        .await
        .expect("a page");
    assert_clean(&format!("{response:?}"));
    api.script(ScriptedResponse::status(503).times(2));
    assert_clean(&chain(
        &client
            .logs(LogsRequest::new().actor("WPERSON"))
            .await
            .expect_err("503"),
    ));
    api.script(
        ScriptedResponse::status(200)
            .body("<html>the proxy saw Authorization: Bearer xoxp-CANARY-1"),
    );
    assert_clean(&chain(
        &client
            .logs(LogsRequest::new().actor("WPERSON"))
            .await
            .expect_err("HTML"),
    ));
    api.script(
        ScriptedResponse::status(200)
            .body(r#"{"entries":[{"id":["xoxp-CANARY"]}], "response_metadata":"xoxp-CANARY" "#),
    );
    let response = client
        .logs(LogsRequest::new().actor("WPERSON"))
        .await
        .expect("JSON, as far as one can see");
    assert_clean(&chain(&response.typed_body().expect_err("cut off")));
    assert_clean(&chain(&response.body().expect_err("cut off")));
    drop(server);
    let text = capture.text();
    assert!(
        text.contains("slack_audit_logs.call") && text.contains("slack_audit_logs.attempt"),
        "it was captured: {text}"
    );
    assert_clean(&text);
}

#[test]
fn no_request_layer_or_token_shows_its_values() {
    let token = Token::new(CANARY).expect("a token");
    assert_clean(&format!("{token:?}"));
    assert_clean(&format!(
        "{:?}",
        AuthorizationLayer::new(token, "https://api.slack.com/")
    ));
    let request = LogsRequest::new()
        .actor("WPERSON")
        .entity("WPERSON")
        .cursor("CANARY")
        .query("x", "CANARY")
        .header(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer xoxp-CANARY"),
        );
    assert_clean(&format!("{request:?}"));
    assert_clean(&format!(
        "{:?}",
        ApiRequest::get("logs").query("x", "CANARY").json(&"CANARY")
    ));
}
