//! How calls end that do not end well, through the whole client.

use std::time::Duration;

use slack_audit_logs::{
    AuditLogsClient, ErrorCode, FailureKind, LogsRequest, Token,
    fake::{FakeApi, ScriptedResponse},
    retry::RetryPolicy,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::{Instant, sleep},
};
use tower::{BoxError, Layer, service_fn};

use super::{api, builder, client};
use crate::support::over_duplex::over_streams;

#[tokio::test]
async fn refusals_keep_the_whole_response() {
    let api = api();
    let body =
        r#"{"ok":false,"error":"missing_scope","needed":"auditlogs:read","provided":"identify"}"#;
    for status in [200, 403] {
        api.script(
            ScriptedResponse::status(status)
                .header("content-type", "application/json")
                .header("x-slack-req-id", "r1")
                .body(body),
        );
        let error = client(&api)
            .logs(LogsRequest::new().actor("W777"))
            .await
            .expect_err("refused");
        assert!(error.is_auth() && error.is_refused());
        assert_eq!(
            (error.code(), error.needed(), error.provided()),
            (
                Some(&ErrorCode::MissingScope),
                Some("auditlogs:read"),
                Some("identify")
            )
        );
        let response = error.response().expect("the response");
        assert_eq!(
            (response.status().as_u16(), response.body().as_ref()),
            (status, body.as_bytes())
        );
        assert_eq!(response.headers()["x-slack-req-id"], "r1");
        assert_eq!(
            error.url().map(ToString::to_string).as_deref(),
            Some("https://api.slack.com/audit/v1/logs?actor=W777")
        );
        assert_eq!(error.attempts(), 1);
        let text = error.to_string();
        assert!(
            text.contains("GET https://api.slack.com/audit/v1/logs: ")
                && text.contains("after 1 attempt"),
            "{text}"
        );
        assert!(
            text.contains("add the scope auditlogs:read") && !text.contains("W777"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn redirects_are_errors_and_the_token_stays_here() {
    let api = api();
    api.script(ScriptedResponse::status(302).header("location", "https://evil.test/"));
    let error = client(&api)
        .logs(LogsRequest::new())
        .await
        .expect_err("a redirect");
    assert!(error.is_redirect());
    assert!(error.to_string().contains("never followed"), "{error}");
    assert_eq!(api.request_count(), 1);
}

#[tokio::test]
async fn client_errors_are_sent_once() {
    for status in [400, 401, 403, 404] {
        let api = api();
        api.script(ScriptedResponse::status(status));
        let client = builder(&api)
            .retry_policy(RetryPolicy::all_builtin())
            .build()
            .expect("a client");
        let error = client.logs(LogsRequest::new()).await.expect_err("refused");
        assert_eq!(
            (
                error.status().map(|s| s.as_u16()),
                error.attempts(),
                api.request_count()
            ),
            (Some(status), 1, 1)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_bounds_an_attempt_and_the_deadline_the_call() {
    let api = api();
    api.script(
        ScriptedResponse::status(200)
            .delay(Duration::from_secs(3_600))
            .times(9),
    );
    let start = Instant::now();
    let error = builder(&api)
        .timeout(Duration::from_secs(7))
        .build()
        .expect("a client")
        .logs(LogsRequest::new())
        .await
        .expect_err("too slow");
    assert!(error.is_timeout() && !error.is_deadline(), "{error:?}");
    assert_eq!((start.elapsed().as_secs(), error.attempts()), (7, 1));
    assert!(error.to_string().contains("raise the timeout"), "{error}");

    let start = Instant::now();
    let client = builder(&api)
        .timeout(Duration::from_secs(60))
        .deadline(Duration::from_secs(9))
        .build()
        .expect("a client");
    let error = client.logs(LogsRequest::new()).await.expect_err("too slow");
    assert!(error.is_timeout() && error.is_deadline(), "{error:?}");
    assert_eq!(
        (start.elapsed().as_secs(), error.attempts()),
        (9, 1),
        "the record outlives the dropped future"
    );
    assert_eq!(error.url().map(http::Uri::path), Some("/audit/v1/logs"));
}

#[tokio::test(start_paused = true)]
async fn a_byte_a_second_for_ever_meets_the_default_timeout() {
    for begins in [
        "HTTP/1.1 200 OK\r\nx-slow: ",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nFFFFFF\r\n{",
    ] {
        let client = AuditLogsClient::builder()
            .token(FakeApi::TOKEN)
            .retry_policy(RetryPolicy::all_builtin())
            .transport(over_streams(move |mut far: DuplexStream| async move {
                let _ = far.read(&mut [0; 4_096]).await;
                let bytes = begins.bytes().chain(std::iter::repeat(b' '));
                for byte in bytes {
                    if far.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    if byte == b' ' {
                        sleep(Duration::from_secs(1)).await;
                    }
                }
            }))
            .build()
            .expect("a client");
        let start = Instant::now();
        let error = client.logs(LogsRequest::new()).await.expect_err("too slow");
        assert!(error.is_timeout(), "{begins}: {error:?}");
        assert_eq!(error.attempts(), 1, "{begins}");
        assert_eq!(start.elapsed().as_secs(), 30, "{begins}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_covers_a_provider_that_hangs() {
    let client = AuditLogsClient::builder()
        .token_provider(std::future::pending::<Result<Token, BoxError>>)
        .transport(api())
        .timeout(Duration::from_secs(5))
        .build()
        .expect("a client");
    let error = client.logs(LogsRequest::new()).await.expect_err("no token");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.attempts(), 0, "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn a_429_pauses_all_clones_of_the_client() {
    let api = api();
    api.script(ScriptedResponse::status(429).header("retry-after", "20"));
    let client = client(&api);
    let error = client
        .logs(LogsRequest::new())
        .await
        .expect_err("rate limited");
    assert!(error.is_rate_limited());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(20)));
    let start = Instant::now();
    client.clone().actions().await.expect("after the pause");
    assert!(
        (20.0..22.5).contains(&start.elapsed().as_secs_f64()),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn the_body_limit_is_typed_and_not_retried() {
    let api = api();
    let client = builder(&api)
        .max_body_size(1_000)
        .retry_policy(RetryPolicy::all_builtin())
        .build()
        .expect("a client");
    let error = client
        .logs(LogsRequest::new().limit(500))
        .await
        .expect_err("too large");
    assert!(error.is_body_too_large());
    assert_eq!((error.attempts(), api.request_count()), (1, 1));
    assert!(error.to_string().contains("larger bodies"), "{error}");
}

#[tokio::test]
async fn a_failing_transport_is_told_by_kind() {
    let refused = service_fn(|_: http::Request<slack_audit_logs::Body>| async {
        Err::<http::Response<http_body_util::Full<bytes::Bytes>>, _>(std::io::Error::from(
            std::io::ErrorKind::ConnectionRefused,
        ))
    });
    let client = AuditLogsClient::builder()
        .transport(refused)
        .retry_policy(RetryPolicy::none())
        .build()
        .expect("a client");
    let error = client.actions().await.expect_err("refused");
    assert!(error.is_connect());
    assert_eq!(
        (error.failure_kind(), error.attempts()),
        (Some(FailureKind::Connect), 1)
    );
    assert!(std::error::Error::source(&error).is_some());
    let _ = slack_audit_logs::AuditLogsLayer.layer(client);
}
