//! The default stack, in one function.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use tower::{
    BoxError, Service, ServiceBuilder,
    util::{BoxCloneSyncService, Either, MapErrLayer},
};

use super::{AuditLogsClientBuilder, http_layer::Transport};
use crate::{
    body::Body,
    error::Failure,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer,
        DecompressionLayer, TimeoutLayer, TraceLayer,
    },
    retry::RetryLayer,
    service::{AuditLogs, AuditLogsLayer, BoxHttpService, ClientService, HttpService},
    transport::HttpTransport,
};

/// A user's transport with its type erased, once its bodies can be collected up to a limit.
pub(super) type CustomTransport = Box<dyn FnOnce(usize) -> Custom + Send + Sync>;

/// A user's transport with its type erased. Layers clone it several times a call, so a clone is
/// made when it is polled, and not before.
pub(super) struct Custom {
    template: Arc<BoxHttpService>,
    instance: Option<BoxHttpService>,
}

impl Custom {
    pub(super) fn new(transport: impl Transport, max_body_size: usize) -> Self {
        let transport = BoxCloneSyncService::new(collected(transport, max_body_size));
        Self {
            template: Arc::new(transport),
            instance: None,
        }
    }

    fn instance(&mut self) -> &mut BoxHttpService {
        let template = &*self.template;
        self.instance.get_or_insert_with(|| template.clone())
    }
}

impl Clone for Custom {
    fn clone(&self) -> Self {
        Self {
            template: Arc::clone(&self.template),
            instance: None,
        }
    }
}

impl Service<Request<Body>> for Custom {
    type Response = Response<Bytes>;
    type Error = BoxError;
    type Future = <BoxHttpService as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.instance().poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.instance().call(request)
    }
}

/// Stacks the layers. What stands above the retry runs once per call, what stands below once per
/// attempt.
///
/// Types are erased once, at the top; below it only where the user has put something.
pub(super) fn assemble(
    builder: AuditLogsClientBuilder,
    base_url: BaseUrlLayer,
    authorization: Option<AuthorizationLayer>,
    transport: Either<HttpTransport, CustomTransport>,
) -> AuditLogs<ClientService> {
    let retry = match builder.retry_layer {
        Some(layer) => Either::Right(layer),
        None => Either::Left(RetryLayer::new(builder.policy)),
    };
    let max_body_size = builder.max_body_size;
    ServiceBuilder::new()
        // Typed requests in, typed responses and errors out; begins the call's record.
        .layer(AuditLogsLayer)
        // One type for every client, and one error.
        .layer(BoxCloneSyncService::layer())
        .layer(MapErrLayer::new(Failure::from))
        // First, as everything below wants to know where the request goes.
        .layer(base_url)
        // The user's own, per call: they see absolute URLs, and may change whatever the layers
        // below add to.
        .option_layer(builder.call_layers.into_option())
        // Once per call, so that every attempt is the same request.
        .layer(builder.default_headers)
        // Around the deadline, so that the span tells of it, too.
        .layer(TraceLayer::new())
        // Around the retry, so that it bounds all attempts and the waits between them.
        .option_layer(builder.deadline.map(DeadlineLayer::new))
        // Decides over whole responses: everything that can break is below.
        .layer(retry)
        // The user's own, per attempt: fault injection, signatures, metrics.
        .option_layer(builder.attempt_layers.into_option())
        // Inside the retry, so that every attempt takes a permit; outside the timeout, so that
        // a wait costs no attempt its time.
        .option_layer(builder.rate_limit)
        // Bounds token, connect, head and body of one attempt.
        .layer(TimeoutLayer::new(builder.timeout))
        // Per attempt, so that a rotated token is used at once; below the retry, so that no
        // policy sees it.
        .option_layer(authorization)
        // Around the body's collection, so that an attempt lasts to its last byte.
        .layer(AttemptTraceLayer::new())
        // Sends it.
        .service(match transport {
            Either::Left(http) => Either::Left(collected(http, max_body_size)),
            Either::Right(custom) => Either::Right(custom(max_body_size)),
        })
}

/// A transport whose bodies come whole.
fn collected(
    transport: impl Transport,
    max_body_size: usize,
) -> impl HttpService<Error = BoxError, Future: Send + 'static> + Clone + Send + Sync + 'static {
    ServiceBuilder::new()
        // Above the decompression, so that the limit counts what a small body may become.
        .layer(CollectBodyLayer::new(max_body_size))
        // Asks for compression and takes it away.
        .layer(DecompressionLayer::new())
        .service(transport)
}
