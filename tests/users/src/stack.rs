//! A client, and the same stack by hand, over a transport that answers every call with one event.

use std::{convert::Infallible, future, time::Duration};

use slack_audit_logs::{
    AuditLogs, AuditLogsClient, AuditLogsLayer, AuditLogsResponse, Body, HttpService, Token, http,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer,
        DecompressionLayer, DefaultHeadersLayer, RateLimitLayer, TimeoutLayer, TraceLayer,
    },
    model::LogsResponse,
    retry::{RetryLayer, RetryPolicy},
    tower::{Service, ServiceBuilder, service_fn},
};

pub(crate) type Page = AuditLogsResponse<LogsResponse>;

pub(crate) const PAGE: &str = r#"{"entries":[{"id":"e1","action":"user_login"}]}"#;

const BASE: &str = "https://api.slack.com/audit/v1/";

/// Answers at once.
pub(crate) fn transport() -> impl Service<
    http::Request<Body>,
    Response = http::Response<Body>,
    Error = Infallible,
    Future: Send + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    service_fn(|_: http::Request<Body>| future::ready(Ok(http::Response::new(PAGE.into()))))
}

pub(crate) fn client() -> AuditLogsClient {
    AuditLogsClient::builder()
        .rate_limit(None)
        .transport(transport())
        .build()
        .expect("a client")
}

pub(crate) fn by_hand()
-> AuditLogs<impl HttpService<Future: Send + 'static> + Clone + Send + Sync + 'static> {
    let token = || async { Ok(Token::new("xoxp-1")?) };
    ServiceBuilder::new()
        .layer(AuditLogsLayer)
        .layer(BaseUrlLayer::new(BASE).expect("valid"))
        .layer(DefaultHeadersLayer::new())
        .layer(TraceLayer::new())
        .layer(DeadlineLayer::new(Duration::from_secs(90)))
        .layer(RetryLayer::new(RetryPolicy::all_builtin_with(2)))
        .layer(RateLimitLayer::default().burst(100))
        .layer(TimeoutLayer::new(Duration::from_secs(9)))
        .layer(AuthorizationLayer::provider(token, BASE).expect("https"))
        .layer(AttemptTraceLayer::new())
        .layer(CollectBodyLayer::default())
        .layer(DecompressionLayer::new())
        .service(transport())
}
