//! Every layer keeps `tower::Service`'s readiness contract: it passes over `ConcurrencyLimit` and
//! `Buffer`, which panic or fail when an instance is called that was not polled ready.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use slack_audit_logs::{
    AuditLogsLayer, Body, LogsRequest, Token,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer,
        DecompressionLayer, DefaultHeadersLayer, RateLimitLayer, TimeoutLayer, TraceLayer,
    },
    retry::{RetryLayer, RetryPolicy},
};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};

const BASE: &str = "https://api.slack.com/audit/v1/";

type Whole = BoxCloneSyncService<Request<Body>, Response<Bytes>, BoxError>;
type Streamed = BoxCloneSyncService<Request<Body>, Response<Full<Bytes>>, BoxError>;

fn whole() -> Vec<Whole> {
    let answer = || {
        tower::service_fn(|_: Request<Body>| async {
            Ok::<_, BoxError>(Response::new(Bytes::from("{}")))
        })
    };
    vec![
        BoxCloneSyncService::new(ServiceBuilder::new().concurrency_limit(1).service(answer())),
        BoxCloneSyncService::new(ServiceBuilder::new().buffer(1).service(answer())),
        BoxCloneSyncService::new(
            ServiceBuilder::new()
                .buffer(1)
                .concurrency_limit(1)
                .service(answer()),
        ),
    ]
}

fn streamed() -> Vec<Streamed> {
    let body = |response: Response<Bytes>| response.map(Full::new);
    whole()
        .into_iter()
        .map(|service| BoxCloneSyncService::new(service.map_response(body)))
        .collect()
}

/// Drives twenty calls on clones at once, then twenty on one instance.
async fn drive<S, B>(service: S)
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    let request = || {
        Request::get(format!("{BASE}logs"))
            .body(Body::empty())
            .expect("valid")
    };
    let calls: Vec<_> = (0..20)
        .map(|_| tokio::spawn(service.clone().oneshot(request())))
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("a response");
    }
    let mut one = service;
    for _ in 0..20 {
        one.ready()
            .await
            .expect("ready")
            .call(request())
            .await
            .expect("a response");
    }
}

macro_rules! keeps_the_contract {
    ($($name:ident: $layer:expr, over $inner:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            for inner in $inner() {
                drive($layer.layer(inner)).await;
            }
        }
    )+};
}

keeps_the_contract! {
    base_url: BaseUrlLayer::new(BASE).expect("valid"), over whole;
    default_headers: DefaultHeadersLayer::new(), over whole;
    trace: TraceLayer::new(), over whole;
    deadline: DeadlineLayer::new(Duration::from_secs(9)), over whole;
    retry: RetryLayer::new(RetryPolicy::default()), over whole;
    rate_limit: RateLimitLayer::default(), over whole;
    timeout: TimeoutLayer::new(Duration::from_secs(9)), over whole;
    authorization_held: AuthorizationLayer::new(Token::new("xoxp-1").expect("valid"), BASE).expect("https"), over whole;
    authorization_provided: AuthorizationLayer::provider(slow_token, BASE).expect("https"), over whole;
    attempt_trace: AttemptTraceLayer::new(), over whole;
    collect_body: CollectBodyLayer::default(), over streamed;
    decompression: DecompressionLayer::new(), over streamed;
}

async fn slow_token() -> Result<Token, BoxError> {
    tokio::time::sleep(Duration::from_millis(10)).await;
    Ok(Token::new("xoxp-1")?)
}

#[tokio::test(start_paused = true)]
async fn the_whole_stack() {
    for inner in streamed() {
        let stack = ServiceBuilder::new()
            .layer(BaseUrlLayer::new(BASE).expect("valid"))
            .layer(DefaultHeadersLayer::new())
            .layer(TraceLayer::new())
            .layer(DeadlineLayer::new(Duration::from_secs(900)))
            .layer(RetryLayer::new(RetryPolicy::default()))
            .layer(RateLimitLayer::default())
            .layer(TimeoutLayer::new(Duration::from_secs(9)))
            .layer(AuthorizationLayer::provider(slow_token, BASE).expect("https"))
            .layer(AttemptTraceLayer::new())
            .layer(CollectBodyLayer::default())
            .layer(DecompressionLayer::new())
            .service(inner);
        drive(stack).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_service() {
    for inner in whole() {
        let audit_logs = AuditLogsLayer.layer(inner);
        let calls: Vec<_> = (0..20)
            .map(|_| tokio::spawn(audit_logs.clone().oneshot(LogsRequest::new())))
            .collect();
        for call in calls {
            let error = call.await.expect("no panic").map(|_| ());
            error.expect("a response");
        }
    }
}
