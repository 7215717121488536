//! The layers of the stack, each usable alone in anybody's `ServiceBuilder`.
//!
//! | from outside in | per | what it does |
//! |---|---|---|
//! | [`BaseUrlLayer`] | call | makes the relative URL absolute and fixes the origin |
//! | [`DefaultHeadersLayer`] | call | user agent, accept, the client's own headers |
//! | [`TraceLayer`] | call | one span |
//! | [`DeadlineLayer`] | call | bounds everything below, waits included |
//! | [`RetryLayer`](crate::retry::RetryLayer) | call | sends again what failed |
//! | [`RateLimitLayer`] | attempt | a permit for each; a 429 pauses all clones |
//! | [`TimeoutLayer`] | attempt | tower's; bounds token, connect, head and body |
//! | [`AuthorizationLayer`] | attempt | the bearer token, only to its origin |
//! | [`AttemptTraceLayer`] | attempt | one child span; counts the attempts |
//! | [`CollectBodyLayer`] | attempt | the whole body as bytes, up to a limit |
//! | [`DecompressionLayer`] | attempt | tower-http's, with all of gzip |
//!
//! [`HttpBodyLayer`] lets layers in that want HTTP bodies, such as most of tower-http's.
//!
//! The order matters: the body is collected inside the retry, so that a body that breaks is a
//! failed attempt; the rate limiter is inside it too, so that every attempt takes a permit; the
//! timeout covers what the authorization waits for.
//!
//! Layers that wait do so in the future that `call` returns and hold the inner service that was
//! polled ready, so that what stands above (timeout, deadline, span) covers the wait, and what
//! stands below (`ConcurrencyLimit`, `Buffer`) keeps its promise.

mod attempt_trace;
mod authorization;
mod base_url;
mod collect_body;
mod deadline;
mod decompression;
mod default_headers;
mod http_body;
mod limiter;
mod rate_limit;
mod trace;

use std::time::Duration;

pub use tower::timeout::TimeoutLayer;

pub use self::{
    attempt_trace::{AttemptTrace, AttemptTraceLayer},
    authorization::AuthorizationLayer,
    base_url::BaseUrlLayer,
    collect_body::{CollectBody, CollectBodyFuture, CollectBodyLayer},
    deadline::{Deadline, DeadlineFuture, DeadlineLayer},
    decompression::{DecompressionLayer, Gunzip, GunzipBody},
    default_headers::{DefaultHeaders, DefaultHeadersLayer},
    http_body::{HttpBodyLayer, WithHttpBody},
    rate_limit::{RateLimit, RateLimitFuture, RateLimitLayer},
    trace::{Trace, TraceFuture, TraceLayer},
};

/// What is further away than this is as good as never, and nearer than what a clock can hold: 34
/// years.
const FAR_FUTURE: Duration = Duration::from_secs(1 << 30);
