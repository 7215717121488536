//! What is promised of types, checked by the compiler.

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response};
use slack_audit_logs::{
    ActionsRequest, ApiRequest, AuditLogs, AuditLogsClient, AuditLogsClientBuilder, AuditLogsLayer,
    AuditLogsResponse, Body, CallRecord, ClientService, Error, ErrorCode, Failure, InvalidConfig,
    InvalidRequest, LogsRequest, SchemasRequest, Token,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer,
        DecompressionLayer, DefaultHeadersLayer, RateLimitLayer, TimeoutLayer, TraceLayer,
    },
    model::{ActionsResponse, LogsResponse, SchemasResponse},
    retry::{RetryHandler, RetryLayer, RetryPolicy},
    transport::HttpTransport,
};
use tower::{BoxError, Service, ServiceExt};

fn send<T: Send>() {}
fn spawnable<T: Send + 'static>(future: T) -> T {
    future
}
fn shared<T: Send + Sync + 'static>() {}
fn cloned<T: Clone + Send + Sync + 'static>() {}
fn error<T: std::error::Error + Send + Sync + 'static>() {}

#[test]
fn services_and_layers_are_send_sync_and_clone() {
    cloned::<AuditLogsClient>();
    cloned::<AuditLogs<ClientService>>();
    cloned::<HttpTransport>();
    cloned::<RetryPolicy>();
    cloned::<AuditLogsLayer>();
    cloned::<BaseUrlLayer>();
    cloned::<DefaultHeadersLayer>();
    cloned::<TraceLayer>();
    cloned::<DeadlineLayer>();
    cloned::<RetryLayer<RetryPolicy>>();
    cloned::<RateLimitLayer>();
    cloned::<TimeoutLayer>();
    cloned::<AuthorizationLayer>();
    cloned::<AttemptTraceLayer>();
    cloned::<CollectBodyLayer>();
    cloned::<DecompressionLayer>();
    send::<AuditLogsClientBuilder>();
}

#[test]
fn requests_responses_and_errors_are_send_and_sync() {
    cloned::<LogsRequest>();
    cloned::<SchemasRequest>();
    cloned::<ActionsRequest>();
    cloned::<ApiRequest>();
    cloned::<AuditLogsResponse<LogsResponse>>();
    cloned::<AuditLogsResponse<SchemasResponse>>();
    cloned::<AuditLogsResponse<ActionsResponse>>();
    cloned::<Body>();
    cloned::<CallRecord>();
    cloned::<Token>();
    cloned::<ErrorCode>();
    shared::<std::sync::Arc<dyn RetryHandler>>();
    error::<Error>();
    error::<Failure>();
    error::<InvalidRequest>();
    error::<InvalidConfig>();
}

/// Futures can be spawned.
#[test]
fn futures_are_send() {
    fn of<S>(_: &S)
    where
        S: Service<LogsRequest>
            + Service<SchemasRequest>
            + Service<ActionsRequest>
            + Service<ApiRequest>,
        <S as Service<LogsRequest>>::Future: Send + 'static,
        <S as Service<SchemasRequest>>::Future: Send + 'static,
        <S as Service<ActionsRequest>>::Future: Send + 'static,
        <S as Service<ApiRequest>>::Future: Send + 'static,
    {
    }
    let client = AuditLogsClient::builder()
        .transport(tower::service_fn(|_: Request<Body>| async {
            Err::<Response<http_body_util::Full<Bytes>>, BoxError>("unused".into())
        }))
        .build()
        .expect("a client without a token");
    of(&client);
    // In async blocks the compiler checks harder than for the futures alone.
    let clone = client.clone();
    drop(spawnable(async move {
        let _ = clone.logs(LogsRequest::new()).await;
        let _ = clone.schemas().await;
        let _ = clone.actions().await;
        let _ = clone.api_call(ApiRequest::get("logs")).await;
        let _ = clone.clone().oneshot(LogsRequest::new()).await;
    }));
    drop(spawnable(async move {
        let _ = client.pages(LogsRequest::new()).next().await;
        let _ = client.entries(LogsRequest::new()).next().await;
        let _ = client.raw_entries(LogsRequest::new()).next().await;
    }));
}
