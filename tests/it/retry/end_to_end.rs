//! Every built-in handler through the whole client, hyper and sockets: it really runs.

use std::{net::Ipv4Addr, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use slack_audit_logs::{
    AuditLogsClient, AuditLogsClientBuilder, Body, LogsRequest,
    fake::{FakeApi, FakeServer, ScriptedResponse, WireFault},
    retry::{
        ConnectionErrorRetryHandler, FixedValueRetryIntervalCalculator, NoJitter,
        RateLimitErrorRetryHandler, RetryLayer, RetryPolicy, ServerErrorRetryHandler,
    },
};
use tokio::{net::TcpListener, time::Instant};
use tower::{BoxError, retry::Policy};

use crate::support::{
    over_duplex::over_duplex,
    script::{BREAKING, quarter},
};

/// No time between attempts: over sockets the clock is real.
const AT_ONCE: FixedValueRetryIntervalCalculator =
    FixedValueRetryIntervalCalculator::new(Duration::ZERO);

/// All built-in handlers, without waits.
fn eager(max_retry_count: u32) -> RetryPolicy {
    RetryPolicy::none()
        .handler(
            ConnectionErrorRetryHandler::new(max_retry_count).with_interval_calculator(AT_ONCE),
        )
        .handler(
            RateLimitErrorRetryHandler::new(max_retry_count)
                .with_interval_calculator(AT_ONCE)
                .with_jitter(NoJitter),
        )
        .handler(ServerErrorRetryHandler::new(max_retry_count).with_interval_calculator(AT_ONCE))
}

fn api() -> FakeApi {
    FakeApi::builder()
        .entries(500)
        .exact_pages()
        .without_rate_limit()
        .build()
}

fn builder() -> AuditLogsClientBuilder {
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .rate_limit(None)
}

/// An API on a socket, and its client.
async fn served(api: &FakeApi, policy: RetryPolicy) -> (AuditLogsClient, FakeServer) {
    let server = api.serve().await.expect("a port");
    let client = builder()
        .base_url(server.base_url())
        .no_proxy()
        .retry_policy(policy)
        .build()
        .expect("a client");
    (client, server)
}

/// An API over streams in memory, so that the paused clock rules, and what its client is built
/// from.
fn streamed(api: &FakeApi) -> AuditLogsClientBuilder {
    builder().transport(over_duplex(api))
}

fn page() -> LogsRequest {
    LogsRequest::new().limit(100)
}

#[tokio::test]
async fn connection_errors_before_in_and_after_the_head_are_retried() {
    for fault in BREAKING {
        let api = api();
        api.script(ScriptedResponse::fault(fault));
        let (client, _server) = served(
            &api,
            RetryPolicy::none()
                .handler(ConnectionErrorRetryHandler::default().with_interval_calculator(AT_ONCE)),
        )
        .await;
        let response = client.logs(page()).await.expect("the second attempt");
        assert_eq!(api.faults_fired(), [fault]);
        assert_eq!(
            (response.attempts(), api.request_count()),
            (2, 2),
            "{fault:?}"
        );
        let entries = response.typed_body().expect("a page").entries.len();
        assert_eq!(entries, 100, "{fault:?}: a whole page");
    }
}

#[tokio::test]
async fn connection_errors_for_ever_end_in_the_last_error() {
    for fault in BREAKING {
        let api = api();
        api.script(ScriptedResponse::fault(fault).forever());
        let (client, _server) = served(&api, eager(2)).await;
        let error = client.logs(page()).await.expect_err("never a partial page");
        assert_eq!(api.faults_fired(), [fault; 3]);
        assert_eq!((error.attempts(), api.request_count()), (3, 3), "{fault:?}");
        assert!(error.is_incomplete(), "{fault:?}: {error:?}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(FakeApi::TOKEN), "{shown}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_retried() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let client = builder()
        .base_url(url)
        .no_proxy()
        .retry_policy(eager(3))
        .build()
        .expect("a client");
    let error = client.logs(page()).await.expect_err("nobody listens");
    assert!(error.is_connect(), "{error:?}");
    assert_eq!(error.attempts(), 4);
}

#[tokio::test]
async fn rate_limit_and_server_errors_are_retried() {
    for (answer, handler) in [
        (ScriptedResponse::rate_limited(0), "rate limit"),
        (ScriptedResponse::status(500), "server error"),
        (ScriptedResponse::status(503), "server error"),
        (
            ScriptedResponse::slack_error(500, "internal_error"),
            "server error",
        ),
    ] {
        let api = api();
        api.script(answer);
        let (client, _server) = served(&api, eager(1)).await;
        let response = client.logs(page()).await.expect(handler);
        assert_eq!(
            (response.attempts(), api.request_count()),
            (2, 2),
            "{handler}"
        );
        assert_eq!(response.typed_body().expect("a page").entries.len(), 100);
    }
}

#[tokio::test]
async fn sound_http_with_broken_json_and_refusals_are_not_retried() {
    let broken = ScriptedResponse::status(200).body(r#"{"entries":[{"id":"#);
    for (answer, decode) in [
        (broken, true),
        (ScriptedResponse::slack_error(400, "invalid_cursor"), false),
        (
            ScriptedResponse::slack_error(401, "invalid_authentication"),
            false,
        ),
        (
            ScriptedResponse::slack_error(403, "user_not_authorized"),
            false,
        ),
        (ScriptedResponse::status(404), false),
        (ScriptedResponse::slack_error(200, "missing_scope"), false),
    ] {
        let api = api();
        api.script(answer);
        let (client, _server) = served(&api, eager(3)).await;
        let error = match client.logs(page()).await {
            Ok(response) => response.typed_body().expect_err("broken"),
            Err(error) => error,
        };
        assert_eq!(
            (error.is_decode(), error.is_refused()),
            (decode, !decode),
            "{error:?}"
        );
        assert_eq!((error.attempts(), api.request_count()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_is_waited_for_over_http() {
    let api = api();
    api.script(ScriptedResponse::rate_limited(30).times(2));
    let client = streamed(&api)
        .retry_handler(RateLimitErrorRetryHandler::new(2).with_jitter(quarter()))
        .build()
        .expect("a client");
    let start = Instant::now();
    let response = client.logs(page()).await.expect("the third attempt");
    assert_eq!((response.attempts(), api.request_count()), (3, 3));
    assert_eq!(start.elapsed(), Duration::from_millis(60_500));
}

#[tokio::test(start_paused = true)]
async fn all_builtin_wait_as_documented_over_http() {
    let api = api();
    api.script(ScriptedResponse::status(503));
    let client = streamed(&api)
        .retry_policy(RetryPolicy::all_builtin())
        .build()
        .expect("a client");
    let start = Instant::now();
    let response = client.logs(page()).await.expect("the second attempt");
    assert_eq!(response.attempts(), 2);
    let wait = start.elapsed();
    assert!(
        wait >= Duration::from_millis(500) && wait <= Duration::from_millis(1_510),
        "{wait:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn silence_times_out_and_is_retried_by_choice() {
    for fault in [
        WireFault::Silence,
        WireFault::SilenceAfterHead,
        WireFault::Drip(Duration::from_secs(1)),
    ] {
        for (timeouts, attempts) in [(false, 1), (true, 3)] {
            let api = api();
            api.script(ScriptedResponse::fault(fault).forever());
            let handler = ConnectionErrorRetryHandler::new(2)
                .with_interval_calculator(AT_ONCE)
                .with_timeouts(timeouts);
            let client = streamed(&api)
                .timeout(Duration::from_secs(10))
                .retry_policy(RetryPolicy::none().handler(handler))
                .build()
                .expect("a client");
            let start = Instant::now();
            let error = client.logs(page()).await.expect_err("no answer");
            assert!(error.is_timeout(), "{fault:?}: {error:?}");
            assert_eq!(error.attempts(), attempts, "{fault:?}");
            let elapsed = start.elapsed();
            let expected = Duration::from_secs(10) * attempts;
            assert!(
                elapsed >= expected && elapsed < expected + Duration::from_millis(50),
                "{fault:?}: {elapsed:?}"
            );
            assert_eq!(api.faults_fired().len(), attempts as usize);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_past_the_deadline_is_refused_over_http() {
    let api = api();
    api.script(ScriptedResponse::rate_limited(30).forever());
    let client = streamed(&api)
        .deadline(Duration::from_secs(20))
        .retry_policy(RetryPolicy::all_builtin())
        .build()
        .expect("a client");
    let start = Instant::now();
    let error = client.logs(page()).await.expect_err("refused");
    assert!(error.is_rate_limited() && error.is_deadline(), "{error:?}");
    assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
    assert!(
        error
            .retry_after()
            .is_some_and(|wait| wait >= Duration::from_secs(30))
    );
    assert_eq!((error.attempts(), start.elapsed()), (1, Duration::ZERO));
}

/// A user's own policy: up to three requests, whatever happened.
#[derive(Clone)]
struct ThreeTimes(u32);

impl Policy<Request<Body>, Response<Bytes>, BoxError> for ThreeTimes {
    type Future = std::future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<Bytes>, BoxError>,
    ) -> Option<Self::Future> {
        self.0 += 1;
        let good = matches!(result, Ok(response) if response.status().is_success());
        (!good && self.0 < 3).then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

#[tokio::test]
async fn a_swapped_in_policy_still_yields_attempts_and_url() {
    let api = api();
    let server = api.serve().await.expect("a port");
    let client = builder()
        .base_url(server.base_url())
        .no_proxy()
        .retry_layer(RetryLayer::new(ThreeTimes(0)))
        .build()
        .expect("a client");
    let url = format!("{}logs?limit=100", server.base_url());

    api.script(ScriptedResponse::status(502));
    api.script(ScriptedResponse::fault(WireFault::ResetInBody));
    let response = client.logs(page()).await.expect("the third attempt");
    assert_eq!(
        (response.attempts(), response.url().to_string()),
        (3, url.clone())
    );

    api.script(ScriptedResponse::status(502).times(3));
    let error = client.logs(page()).await.expect_err("the third 502");
    assert_eq!(error.attempts(), 3);
    assert_eq!(error.url().map(ToString::to_string), Some(url));
    assert_eq!(error.status(), Some(StatusCode::BAD_GATEWAY));
    assert_eq!(api.request_count(), 6);
}

#[tokio::test]
async fn the_builder_appends_replaces_and_replaces_all() {
    for (client, requests) in [
        // The default, and one more behind it.
        (builder(), 1),
        (
            builder()
                .retry_handler(ServerErrorRetryHandler::new(2).with_interval_calculator(AT_ONCE)),
            3,
        ),
        (builder().retry_policy(eager(4)).retry_handlers([]), 1),
        (builder().retry_policy(eager(4)), 5),
        (
            builder().retry_layer(tower::layer::util::Identity::new()),
            1,
        ),
    ] {
        let api = api();
        api.script(ScriptedResponse::status(503).forever());
        let client = client.transport(api.clone()).build().expect("a client");
        let error = client.logs(page()).await.expect_err("503 for ever");
        assert_eq!(
            (error.attempts(), api.request_count()),
            (requests, requests as usize)
        );
    }
}
