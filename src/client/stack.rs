//! The default stack, in one function.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tower::{
    BoxError, Service, ServiceBuilder,
    util::{BoxCloneSyncService, Either, MapErrLayer},
};

use super::http_layer::{HttpLayers, Transport};
use crate::{
    body::Body,
    error::Failure,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer,
        DecompressionLayer, DefaultHeadersLayer, RateLimitLayer, TimeoutLayer, TraceLayer,
    },
    retry::{RetryLayer, RetryPolicy},
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

/// The parts of the stack, from outside in.
pub(super) struct Stack {
    pub(super) base_url: BaseUrlLayer,
    pub(super) call_layers: HttpLayers,
    pub(super) default_headers: DefaultHeadersLayer,
    pub(super) deadline: Option<DeadlineLayer>,
    pub(super) retry: Either<RetryLayer<RetryPolicy>, HttpLayers>,
    pub(super) attempt_layers: HttpLayers,
    pub(super) rate_limit: Option<RateLimitLayer>,
    pub(super) timeout: Duration,
    pub(super) authorization: Option<AuthorizationLayer>,
    pub(super) transport: Either<HttpTransport, CustomTransport>,
    pub(super) max_body_size: usize,
}

impl Stack {
    /// Stacks the layers. What stands above the retry runs once per call, what stands below once
    /// per attempt.
    ///
    /// Types are erased once, at the top; below it only where the user has put something.
    pub(super) fn assemble(self) -> AuditLogs<ClientService> {
        ServiceBuilder::new()
            // Typed requests in, typed responses and errors out; begins the call's record.
            .layer(AuditLogsLayer)
            // One type for every client, and one error.
            .layer(BoxCloneSyncService::layer())
            .layer(MapErrLayer::new(Failure::from))
            // First, as everything below wants to know where the request goes.
            .layer(self.base_url)
            // The user's own, per call: they see absolute URLs, and may change whatever the layers
            // below add to.
            .option_layer(self.call_layers.into_option())
            // Once per call, so that every attempt is the same request.
            .layer(self.default_headers)
            // Around the deadline, so that the span tells of it, too.
            .layer(TraceLayer::new())
            // Around the retry, so that it bounds all attempts and the waits between them.
            .option_layer(self.deadline)
            // Decides over whole responses: everything that can break is below.
            .layer(self.retry)
            // The user's own, per attempt: fault injection, signatures, metrics.
            .option_layer(self.attempt_layers.into_option())
            // Inside the retry, so that every attempt takes a permit; outside the timeout, so that
            // a wait costs no attempt its time.
            .option_layer(self.rate_limit)
            // Bounds token, connect, head and body of one attempt.
            .layer(TimeoutLayer::new(self.timeout))
            // Per attempt, so that a rotated token is used at once; below the retry, so that no
            // policy sees it.
            .option_layer(self.authorization)
            // Around the body's collection, so that an attempt lasts to its last byte.
            .layer(AttemptTraceLayer::new())
            // Sends it.
            .service(match self.transport {
                Either::Left(http) => Either::Left(collected(http, self.max_body_size)),
                Either::Right(custom) => Either::Right(custom(self.max_body_size)),
            })
    }
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
