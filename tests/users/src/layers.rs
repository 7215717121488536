//! Layers of others inside the stack, spans for OpenTelemetry, and other schemes of authorization.

use std::{future, sync::Arc, time::Duration};

use slack_audit_logs::{
    AuditLogs, AuditLogsClient, Body, LogsRequest, Token,
    bytes::Bytes,
    http,
    layers::{AuthorizationLayer, HttpBodyLayer},
    tower::{
        BoxError, ServiceBuilder, ServiceExt,
        limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer},
        service_fn,
        util::{MapFutureLayer, MapRequestLayer, MapResponseLayer},
    },
};
use tower_http::{catch_panic::CatchPanicLayer, metrics::InFlightRequestsLayer, trace::TraceLayer};

use crate::stack::{PAGE, transport};

#[tokio::test]
async fn layers_of_tower_http_in_every_slot() {
    let (in_flight, counter) = InFlightRequestsLayer::pair();
    let client = AuditLogsClient::builder()
        .rate_limit(None)
        .layer(HttpBodyLayer::new(TraceLayer::new_for_http()))
        .layer(HttpBodyLayer::new(in_flight))
        .attempt_layer(HttpBodyLayer::new(CatchPanicLayer::new()))
        .transport(transport())
        .build()
        .expect("a client");
    let calls = (0..3).map(|_| client.logs(LogsRequest::new()));
    for page in futures_util::future::join_all(calls).await {
        assert_eq!(page.expect("a page").raw_body(), PAGE);
    }
    drop(counter);
}

#[tokio::test]
async fn layers_of_tower_in_every_slot() {
    let client = AuditLogsClient::builder()
        .rate_limit(None)
        .layer(ConcurrencyLimitLayer::new(4))
        .layer(MapRequestLayer::new(|mut request: http::Request<Body>| {
            request.headers_mut().insert("x-request-id", 7.into());
            request
        }))
        .attempt_layer(GlobalConcurrencyLimitLayer::new(4))
        .attempt_layer(MapResponseLayer::new(|response: http::Response<Bytes>| {
            response.map(|_| "{}".into())
        }))
        .attempt_layer(MapFutureLayer::new(|future| future))
        .transport(transport())
        .build()
        .expect("a client");
    let page = client.logs(LogsRequest::new()).await.expect("a page");
    assert_eq!(page.raw_body(), "{}");
}

/// A handler that panics is one failed attempt.
#[tokio::test]
async fn a_transport_that_panics() {
    let transport = service_fn(|_: http::Request<Body>| async {
        assert!(future::ready(false).await, "scripted");
        Ok::<_, BoxError>(http::Response::new(Body::empty()))
    });
    let client = AuditLogsClient::builder()
        .attempt_layer(HttpBodyLayer::new(CatchPanicLayer::new()))
        .transport(transport)
        .build()
        .expect("a client");
    let error = client.logs(LogsRequest::new()).await.expect_err("a panic");
    assert!(error.is_server_error(), "{error}");
}

#[tokio::test]
async fn by_hand_around_any_http_service() {
    let http = ServiceBuilder::new()
        .layer(HttpBodyLayer::new(TraceLayer::new_for_http()))
        .map_response(|response: http::Response<Body>| response.map(|_| Bytes::from(PAGE)))
        .service(transport());
    let page = AuditLogs::new(http).logs(LogsRequest::new()).await;
    assert_eq!(page.expect("a page").raw_body(), PAGE);
}

/// The same layer before other services than Slack's.
#[tokio::test]
async fn other_schemes_for_other_services() {
    const COLLECTOR: &str = "https://siem.example.com:8088/";
    for (token, header) in [
        (Token::with_scheme("Splunk", "abc"), "Splunk abc"),
        (Token::basic("me", "secret"), "Basic bWU6c2VjcmV0"),
        (Token::new("xoxp-1"), "Bearer xoxp-1"),
    ] {
        let layer = AuthorizationLayer::new(token.expect("valid"), COLLECTOR).expect("https");
        let service = ServiceBuilder::new().layer(layer).service_fn(
            |request: http::Request<Body>| async move {
                Ok::<_, BoxError>(request.headers()["authorization"].clone())
            },
        );
        let request = http::Request::post(COLLECTOR).body(Body::from("{}"));
        let sent = service.oneshot(request.expect("valid")).await;
        assert_eq!(sent.expect("a header"), header);
    }
}

/// Spans as OpenTelemetry's conventions want them, seen through tracing's own subscriber.
#[tokio::test]
async fn spans_of_a_call_and_its_attempts() {
    use std::sync::Mutex;
    use tracing_subscriber::{fmt::format::FmtSpan, prelude::*};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("whole").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let log = Log::default();
    let writer = log.clone();
    let spans = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(move || writer.clone());
    let _guard = tracing_subscriber::registry().with(spans).set_default();

    let client = AuditLogsClient::builder()
        .base_url("https://[::1]/")
        .retry_policy(slack_audit_logs::retry::RetryPolicy::all_builtin())
        .transport(fails_once())
        .build()
        .expect("a client");
    client.logs(LogsRequest::new()).await.expect("a page");

    let log = log.0.lock().expect("whole").clone();
    let log = String::from_utf8(log).expect("text");
    let closed: Vec<_> = log.lines().filter(|line| line.contains("close")).collect();
    let [first, second, call] = closed[..] else {
        panic!("{log}");
    };
    assert!(call.contains(r#"slack_audit_logs.call{otel.name=GET otel.kind="internal""#));
    assert!(call.contains(r#"server.address="::1""#), "{call}");
    assert!(call.contains("slack_audit_logs.attempts=2"), "{call}");
    assert!(first.contains(r#"slack_audit_logs.attempt{otel.name=GET otel.kind="client""#));
    assert!(!first.contains("http.request.resend_count"), "{first}");
    assert!(second.contains("http.request.resend_count=1"), "{second}");
}

/// 503 at first.
fn fails_once() -> impl slack_audit_logs::tower::Service<
    http::Request<Body>,
    Response = http::Response<Body>,
    Error = BoxError,
    Future: Send + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    use std::sync::atomic::{AtomicBool, Ordering};
    let failed = Arc::new(AtomicBool::new(false));
    service_fn(move |_: http::Request<Body>| {
        let mut response = http::Response::new(Body::from(PAGE));
        if !failed.swap(true, Ordering::Relaxed) {
            *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
            response.headers_mut().insert("retry-after", 0.into());
        }
        future::ready(Ok(response))
    })
}

/// Any service of batches is a destination, with whatever layers around it.
#[test]
fn a_stack_of_layers_as_a_destination() {
    use slack_audit_logs::collect::{
        Follow,
        destination::{self, Batch},
    };

    let service = ServiceBuilder::new()
        .timeout(Duration::from_secs(9))
        .map_request(|batch: Batch| batch)
        .service_fn(|_: Batch| async { Ok::<_, BoxError>(()) });
    let destination = destination::Service::in_memory(service);
    let audit_logs = crate::stack::client().into_service();
    let follow = Follow::builder(audit_logs, destination)
        .since(1_700_000_000)
        .build();
    assert!(follow.is_ok());
}
