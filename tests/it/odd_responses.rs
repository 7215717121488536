//! Responses that are not what they seem: JSON that is not a page, and errors whose body breaks.

use std::time::Duration;

use futures_util::StreamExt;
use slack_audit_logs::{
    AuditLogsClient, LogsRequest,
    fake::{FakeApi, ScriptedResponse, WireFault},
    retry::RetryPolicy,
};
use tokio::time::Instant;

fn api() -> FakeApi {
    FakeApi::builder()
        .entries(30)
        .exact_pages()
        .without_rate_limit()
        .build()
}

fn client(api: &FakeApi, policy: RetryPolicy) -> AuditLogsClient {
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api.clone())
        .retry_policy(policy)
        .max_body_size(1 << 20)
        .build()
        .expect("a client")
}

#[tokio::test(start_paused = true)]
async fn json_that_is_not_a_page_is_never_the_end_of_a_stream() {
    for body in [
        &b"{}"[..],
        br#"{"ok":true}"#,
        br#"{"message":"please log in"}"#,
        br#"{"entries":null}"#,
        br#"{"entries":{}}"#,
        br#"{"response_metadata":{"next_cursor":""}}"#,
        b"null",
        b"[]",
        br#"{"ok":false}"#,
        br#"{"ok":false,"error":null}"#,
        br#"{"ok":false,"error":"\ud800"}"#,
        b"{\"ok\":false,\"error\":\"\xff\"}",
        br#"{"ok":true,"ok":false,"error":"internal_error"}"#,
        br#"{"ok":false,"error":"internal_error","entries":[]}"#,
    ] {
        let shown = String::from_utf8_lossy(body);
        let api = api();
        let page = ScriptedResponse::status(200)
            .header("content-type", "application/json")
            .body(body);
        api.script(page.nth(2));
        let client = client(&api, RetryPolicy::none());
        let mut entries = client.entries(LogsRequest::new().limit(10));
        for _ in 0..10 {
            assert!(matches!(entries.next().await, Some(Ok(_))), "{shown}");
        }
        let error = entries.next().await.expect("not the end");
        let error = error.expect_err("not a page");
        assert!(error.is_decode() || error.is_refused(), "{shown}: {error}");
        // Where it stood it goes on.
        let rest: Vec<_> = entries.collect().await;
        assert_eq!(rest.len(), 20, "{shown}");
        assert!(rest.iter().all(Result::is_ok), "{shown}");
    }
}

const BROKEN_BODIES: [WireFault; 7] = [
    WireFault::CloseInBody,
    WireFault::ResetInBody,
    WireFault::BadChunk,
    WireFault::BadGzip,
    WireFault::CutGzip,
    WireFault::GzipBomb(64 << 20),
    WireFault::LongLength(1 << 40),
];

#[tokio::test(start_paused = true)]
async fn the_head_of_a_429_counts_whatever_its_body_does() {
    for fault in BROKEN_BODIES {
        let api = api();
        api.script(ScriptedResponse::rate_limited(30).with_fault(fault));
        let error = client(&api, RetryPolicy::none())
            .logs(LogsRequest::new())
            .await
            .expect_err("a 429");
        assert!(error.is_rate_limited(), "{fault:?}: {error}");
        assert_eq!(
            (
                error.status().map(|status| status.as_u16()),
                error.retry_after()
            ),
            (Some(429), Some(Duration::from_secs(30))),
            "{fault:?}"
        );

        let api = self::api();
        api.script(ScriptedResponse::rate_limited(30).with_fault(fault));
        let started = Instant::now();
        let response = client(&api, RetryPolicy::all_builtin())
            .logs(LogsRequest::new())
            .await
            .unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(response.attempts(), 2, "{fault:?}");
        assert!(started.elapsed() >= Duration::from_secs(30), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_server_error_counts_whatever_its_body_does() {
    for fault in BROKEN_BODIES {
        for status in [500, 503] {
            let api = api();
            let body = format!("<html><title>{status}</title></html>");
            let broken = ScriptedResponse::status(status).body(body);
            api.script(broken.with_fault(fault).forever());
            let error = client(&api, RetryPolicy::all_builtin())
                .logs(LogsRequest::new())
                .await
                .expect_err("for ever");
            let seen = (
                error.status().map(|status| status.as_u16()),
                error.attempts(),
            );
            assert_eq!(seen, (Some(status), 2), "{fault:?}: {error}");
            assert!(error.is_server_error(), "{fault:?}: {error}");
        }
    }
}
