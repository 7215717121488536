//! What a tower user types just compiles, in spawned blocks too.

use std::{convert::Infallible, future, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::Full;
use slack_audit_logs::{
    AuditLogs, AuditLogsClient, AuditLogsLayer, AuditLogsResponse, Body, Error, Failure,
    FailureKind, LogsRequest, SchemasRequest, Token,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer,
        DecompressionLayer, DefaultHeadersLayer, HttpBodyLayer, RateLimitLayer, TimeoutLayer,
        TraceLayer,
    },
    model::LogsResponse,
    retry::{RetryLayer, RetryPolicy},
};
use tower::{
    BoxError, Service, ServiceBuilder, ServiceExt,
    balance::p2c::Balance,
    buffer::Buffer,
    discover::ServiceList,
    hedge::{self, Hedge},
    limit::{ConcurrencyLimit, RateLimit, rate::Rate},
    load::Constant,
    load_shed::LoadShed,
    retry::{Policy, Retry},
    steer::Steer,
    timeout::Timeout,
};

type Page = AuditLogsResponse<LogsResponse>;

/// A page over the wire.
fn transport() -> impl Service<
    Request<Body>,
    Response = Response<Full<Bytes>>,
    Error = Infallible,
    Future: Send + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    tower::service_fn(|_: Request<Body>| {
        future::ready(Ok(Response::new(Full::from(r#"{"entries":[]}"#))))
    })
}

fn client() -> AuditLogsClient {
    AuditLogsClient::builder()
        .rate_limit(None)
        .transport(transport())
        .build()
        .expect("a client")
}

#[derive(Clone)]
struct Never;

impl Policy<LogsRequest, Page, Error> for Never {
    type Future = future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut LogsRequest,
        _: &mut Result<Page, Error>,
    ) -> Option<future::Ready<()>> {
        None
    }

    fn clone_request(&mut self, request: &LogsRequest) -> Option<LogsRequest> {
        Some(request.clone())
    }
}

impl hedge::Policy<LogsRequest> for Never {
    fn clone_request(&self, request: &LogsRequest) -> Option<LogsRequest> {
        Some(request.clone())
    }

    fn can_retry(&self, _: &LogsRequest) -> bool {
        true
    }
}

/// Calls it in a spawned block, where the compiler must see that everything is `Send`.
macro_rules! spawned {
    ($service:expr) => {{
        let service = $service;
        let page: Page = tokio::spawn(async move { service.oneshot(LogsRequest::new()).await })
            .await
            .expect("no panic")
            .expect("a page");
        assert_eq!(page.status(), 200);
    }};
}

/// Each of tower's services around a service of `/logs`.
macro_rules! around {
    ($logs:expr) => {{
        let logs = $logs;
        let second = Duration::from_secs(1);
        spawned!(logs.clone());
        spawned!(Buffer::new(logs.clone(), 4));
        spawned!(ConcurrencyLimit::new(logs.clone(), 4));
        spawned!(LoadShed::new(logs.clone()));
        spawned!(RateLimit::new(logs.clone(), Rate::new(9, second)));
        spawned!(Timeout::new(logs.clone(), second));
        spawned!(Retry::new(Never, logs.clone()));
        spawned!(Hedge::new(logs.clone(), Never, 9, 0.9, second));
        spawned!(Steer::new(vec![logs.clone()], |_: &LogsRequest, _: &[_]| 0));
        spawned!(
            logs.clone()
                .map_request(|request: LogsRequest| request.limit(9))
        );
        let constant = Constant::new(logs.clone(), 1);
        spawned!(Balance::new(ServiceList::new::<LogsRequest>(vec![
            constant
        ])));
        spawned!(logs.clone().map_err(|error: Error| BoxError::from(error)));
        spawned!(logs.clone().map_response(|page: Page| page));
        spawned!(
            logs.clone()
                .and_then(|page: Page| future::ready(Ok::<_, Error>(page)))
        );
        spawned!(logs.clone().boxed_clone());
        spawned!(logs.boxed());
    }};
}

#[tokio::test]
async fn around_the_client() {
    around!(client().endpoint::<LogsRequest>());
}

#[tokio::test]
async fn around_a_stack_by_hand() {
    const BASE: &str = "https://api.slack.com/audit/v1/";
    let provider = || async { Ok(Token::new("xoxp-1")?) };
    let audit_logs = ServiceBuilder::new()
        .layer(AuditLogsLayer)
        .layer(BaseUrlLayer::new(BASE).expect("valid"))
        .layer(DefaultHeadersLayer::new())
        .layer(TraceLayer::new())
        .layer(DeadlineLayer::new(Duration::from_secs(90)))
        .layer(RetryLayer::new(RetryPolicy::all_builtin_with(2)))
        .layer(RateLimitLayer::default().burst(100))
        .layer(TimeoutLayer::new(Duration::from_secs(9)))
        .layer(AuthorizationLayer::provider(provider, BASE).expect("https"))
        .layer(AttemptTraceLayer::new())
        .layer(CollectBodyLayer::default())
        .layer(DecompressionLayer::new())
        .service(transport());
    around!(audit_logs.endpoint::<LogsRequest>());
}

#[tokio::test]
async fn ready_call_and_combinators_without_a_type_in_sight() {
    let mut logs = client().endpoint::<LogsRequest>();
    let page = logs.ready().await.expect("ready").call(LogsRequest::new());
    assert_eq!(page.await.expect("a page").status(), 200);
    let mut client = client();
    let ready = ServiceExt::<LogsRequest>::ready(&mut client).await;
    ready
        .expect("ready")
        .call(LogsRequest::new())
        .await
        .expect("a page");
    // Every endpoint at once, in one task.
    let both = tokio::spawn(async move {
        let audit_logs: AuditLogs<_> = client.into_service();
        let page = audit_logs.clone().oneshot(LogsRequest::new()).await;
        (
            page.is_ok(),
            audit_logs.oneshot(SchemasRequest::new()).await.is_ok(),
        )
    });
    assert_eq!(both.await.expect("no panic"), (true, true));
}

#[tokio::test]
async fn layers_of_tower_http_in_every_slot() {
    use tower_http::{
        catch_panic::CatchPanicLayer, metrics::InFlightRequestsLayer,
        trace::TraceLayer as HttpTraceLayer,
    };
    let (in_flight, _counter) = InFlightRequestsLayer::pair();
    let client = AuditLogsClient::builder()
        .layer(HttpBodyLayer::new(HttpTraceLayer::new_for_http()))
        .layer(HttpBodyLayer::new(in_flight))
        .attempt_layer(HttpBodyLayer::new(CatchPanicLayer::new()))
        .transport(transport())
        .build()
        .expect("a client");
    let calls = (0..3).map(|_| client.logs(LogsRequest::new()));
    for page in futures_util::future::join_all(calls).await {
        assert_eq!(page.expect("a page").raw_body(), r#"{"entries":[]}"#);
    }
}

#[tokio::test]
async fn errors_of_a_users_own_making() {
    let error = Error::from(Failure::new(FailureKind::Timeout, "scripted"));
    assert!(error.is_timeout() && format!("{error:?}").contains("because: scripted"));
    let mut logs = tower::service_fn(|_: LogsRequest| {
        future::ready(Err::<Page, _>(Error::from(Failure::new(
            FailureKind::Connect,
            "scripted",
        ))))
    });
    let error = logs.call(LogsRequest::new()).now_or_never();
    assert!(error.expect("ready").expect_err("scripted").is_connect());
}
