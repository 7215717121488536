//! The head of a response that is no success is never lost, whatever becomes of its body; and what
//! such responses say is told without their text.

use std::{
    error::Error as _,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use slack_audit_logs::{
    AuditLogs, AuditLogsClient, AuditLogsClientBuilder, Body, Error, FailureKind, LogsRequest,
    retry::{
        FixedValueRetryIntervalCalculator, NoJitter, RateLimitErrorRetryHandler,
        ServerErrorRetryHandler,
    },
};
use tokio::time::Instant;
use tower::service_fn;

type Streamed = UnsyncBoxBody<Bytes, io::Error>;

/// Bodies that never come whole.
const BROKEN: [&str; 4] = ["cut", "too large", "stalled", "not gzip"];

fn broken(how: &str) -> Streamed {
    let data = stream::iter([Ok(Frame::data(Bytes::from_static(b"{\"ok\":false,")))]);
    let reset = || Err(io::Error::from(io::ErrorKind::ConnectionReset));
    match how {
        "cut" => StreamBody::new(data.chain(stream::iter([reset()]))).boxed_unsync(),
        "stalled" => StreamBody::new(data.chain(stream::pending())).boxed_unsync(),
        "too large" => whole(&" ".repeat(10_000)),
        _ => whole("no gzip"),
    }
}

fn whole(body: &str) -> Streamed {
    Full::new(Bytes::copy_from_slice(body.as_bytes()))
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A client whose first response has this status and a body that is broken, and whose others are
/// empty pages.
fn client(status: u16, how: &'static str) -> AuditLogsClientBuilder {
    let count = Arc::new(AtomicUsize::new(0));
    let transport = service_fn(move |_: Request<Body>| {
        let first = count.fetch_add(1, Ordering::Relaxed) == 0;
        let mut response = Response::new(whole("{\"entries\":[]}"));
        if first {
            response = Response::new(broken(how));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            let headers = response.headers_mut();
            headers.insert("retry-after", "30".parse().expect("a value"));
            if how == "not gzip" {
                headers.insert("content-encoding", "gzip".parse().expect("a value"));
            }
        }
        async { Ok::<_, io::Error>(response) }
    });
    AuditLogsClient::builder()
        .token("xoxp-1")
        .max_body_size(1_000)
        .retry_handlers([])
        .transport(transport)
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_whole_body_is_a_429() {
    for how in BROKEN {
        let client = client(429, how).build().expect("a client");
        let error = client.logs(LogsRequest::new()).await.expect_err(how);
        assert!(
            error.is_rate_limited() && error.is_refused(),
            "{how}: {error}"
        );
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)), "{how}");
        assert!(error.response().is_some_and(|r| r.body().is_empty()));
        let start = Instant::now();
        client.logs(LogsRequest::new()).await.expect("a page");
        assert!(start.elapsed() >= Duration::from_secs(30), "{how}: a pause");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_tried_again_as_its_head_says() {
    for how in BROKEN {
        for status in [429, 500, 503] {
            let soon = FixedValueRetryIntervalCalculator::new(Duration::from_secs(1));
            let client = client(status, how)
                .rate_limit(None)
                .retry_handler(RateLimitErrorRetryHandler::new(1).with_jitter(NoJitter))
                .retry_handler(ServerErrorRetryHandler::new(1).with_interval_calculator(soon))
                .build()
                .expect("a client");
            let start = Instant::now();
            let response = client.logs(LogsRequest::new()).await.expect(how);
            assert_eq!(response.attempts(), 2);
            let waited = start.elapsed().as_secs();
            assert!((30..=35).contains(&waited), "{how}, {status}: {waited} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_without_a_whole_body_is_a_failure() {
    for how in BROKEN {
        let client = client(200, how).build().expect("a client");
        let error = client.logs(LogsRequest::new()).await.expect_err(how);
        assert!(error.status().is_none(), "{how}: {error}");
        assert!(
            error.is_incomplete() || error.is_body_too_large() || error.is_timeout(),
            "{how}: {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_the_rate_limit_would_hold_past_the_deadline_is_not_slept_for() {
    let client = client(429, "cut")
        .retry_handler(RateLimitErrorRetryHandler::new(1).with_jitter(NoJitter))
        .deadline(Duration::from_secs(31))
        .build()
        .expect("a client");
    let start = Instant::now();
    let error = client.logs(LogsRequest::new()).await.expect_err("too late");
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
    assert!(error.is_rate_limited() && error.is_deadline(), "{error}");
    assert!(error.retry_after() >= Some(Duration::from_secs(31)));
}

/// A client whose every response is this one.
fn answers(status: u16, body: &'static str) -> AuditLogsClient {
    let transport = service_fn(move |_: Request<Body>| async move {
        let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        Ok::<_, io::Error>(response)
    });
    AuditLogsClient::builder()
        .token("xoxp-CANARY-1")
        .transport(transport)
        .build()
        .expect("a client")
}

async fn error_of(status: u16, body: &'static str) -> Error {
    let result = answers(status, body).logs(LogsRequest::new()).await;
    result.expect_err("an error")
}

#[tokio::test]
async fn no_text_of_the_other_side_passes_unless_it_is_a_name() {
    for body in [
        r#"{"ok":false,"error":"xoxp-CANARY-1"}"#,
        r#"{"ok":false,"error":"CANARY"}"#,
        r#"{"ok":false,"error":"eG94cC1DQU5BUlktMQ"}"#,
        r#"{"ok":false,"error":"786f78702d43414e4152592d31"}"#,
        r#"{"ok":false,"error":"xoxp%2DCANARY%2D1"}"#,
        r#"{"ok":false,"error":"missing_scope","needed":"xoxp-CANARY-1","provided":"CANARY"}"#,
        "\u{feff}{\"secret\":\"CANARY\"}",
        ")]}'\n{\"secret\":\"CANARY\"}",
        "CANARY in plain text",
        "<html><body>CANARY</body></html>",
        "<html><title>xoxp-CANARY-1</title>",
        "<html><title>You sent: eG94cC1DQU5BUlktMQ==</title>",
        "<?xml version=\"1.0\"?><a>CANARY</a>",
    ] {
        for status in [200, 401, 500] {
            let error = error_of(status, body).await;
            let mut text = format!("{error} {error:?} {error:#?}");
            let mut source = error.source();
            while let Some(cause) = source {
                text = format!("{text}{cause} {cause:?}");
                source = cause.source();
            }
            let bare = text
                .to_lowercase()
                .replace(|c: char| !c.is_ascii_alphanumeric(), "");
            for secret in ["canary", "eg94cc1dqu5buly", "786f78702d43"] {
                assert!(!bare.contains(secret), "{status} {body}: {text}");
            }
        }
    }
    let error = error_of(502, "<html><head><title>502 Bad Gateway</title>").await;
    assert!(error.to_string().contains("502 Bad Gateway"), "{error}");
}

#[tokio::test]
async fn a_bare_stack_counts_the_attempt_that_was_answered() {
    for status in [200, 404, 500] {
        let service = service_fn(move |_: Request<Body>| async move {
            let mut response = Response::new(Bytes::from_static(b"nothing"));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            Ok::<_, io::Error>(response)
        });
        let call = AuditLogs::new(service).logs(LogsRequest::new());
        assert_eq!(call.await.expect_err("no page").attempts(), 1);
    }
    let service = service_fn(|_: Request<Body>| async {
        Err::<Response<Bytes>, _>(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    let call = AuditLogs::new(service).logs(LogsRequest::new());
    let error = call.await.expect_err("reset");
    assert_eq!(
        (error.failure_kind(), error.attempts()),
        (Some(FailureKind::Closed), 1)
    );
}

#[tokio::test]
async fn a_part_is_no_page_and_nothing_new_is_no_redirect() {
    for status in [206, 304] {
        let error = error_of(status, r#"{"entries":[]}"#).await;
        assert!(error.is_refused() && !error.is_redirect(), "{error}");
    }
    assert!(error_of(302, "").await.is_redirect());
}

#[tokio::test]
async fn compressed_data_that_ends_early_is_a_broken_body() {
    // "hello" in each encoding, without its end.
    let samples: [(&str, &[u8]); 3] = [
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH"),
        ("br", b"\x0b\x02\x80hel"),
        ("zstd", b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0hel"),
    ];
    for (encoding, data) in samples {
        if cfg!(not(all(feature = "brotli", feature = "zstd"))) && encoding != "gzip" {
            continue;
        }
        let transport = service_fn(move |_: Request<Body>| async move {
            Response::builder()
                .header("content-encoding", encoding)
                .body(Full::new(Bytes::from_static(data)))
        });
        let client = AuditLogsClient::builder()
            .token("xoxp-1")
            .retry_handlers([])
            .transport(transport)
            .build()
            .expect("a client");
        let error = client.logs(LogsRequest::new()).await.expect_err("cut");
        assert_eq!(
            error.failure_kind(),
            Some(FailureKind::Body),
            "{encoding}: {error:?}"
        );
    }
}
