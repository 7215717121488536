//! The default stack, in one function.

use std::time::Duration;

use tower::{
    ServiceBuilder,
    util::{BoxCloneSyncService, MapErrLayer},
};

use super::erased::{ClientService, Layers, Transport};
use crate::{
    error::Failure,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer,
        DecompressionLayer, DefaultHeadersLayer, RateLimitLayer, TimeoutLayer, TraceLayer,
    },
    service::{AuditLogs, AuditLogsLayer},
};

/// The parts of the stack, from outside in.
pub(super) struct Stack {
    pub(super) base_url: BaseUrlLayer,
    pub(super) call_layers: Layers,
    pub(super) default_headers: DefaultHeadersLayer,
    pub(super) deadline: Option<DeadlineLayer>,
    pub(super) retry: Layers,
    pub(super) attempt_layers: Layers,
    pub(super) rate_limit: Option<RateLimitLayer>,
    pub(super) timeout: Duration,
    pub(super) authorization: Option<AuthorizationLayer>,
    pub(super) max_body_size: usize,
    pub(super) transport: Transport,
}

impl Stack {
    /// Stacks the layers. What stands above the retry runs once per call, what stands below once
    /// per attempt.
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
            .layer(self.call_layers)
            // Once per call, so that every attempt is the same request.
            .layer(self.default_headers)
            // Around the deadline, so that the span tells of it, too.
            .layer(TraceLayer::new())
            // Around the retry, so that it bounds all attempts and the waits between them.
            .option_layer(self.deadline)
            // Decides over whole responses: everything that can break is below.
            .layer(self.retry)
            // The user's own, per attempt: fault injection, signatures, metrics.
            .layer(self.attempt_layers)
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
            // Above the decompression, so that the limit counts what a small body may become.
            .layer(CollectBodyLayer::new(self.max_body_size))
            // Asks for compression and takes it away.
            .layer(DecompressionLayer::new())
            // Sends it.
            .service(self.transport)
    }
}
