//! Retrying failed attempts: handlers decide, the policy waits.
//!
//! The parts are those of Slack's Python SDK. A [`RetryHandler`] says whether an [`Attempt`] is to
//! be made again and how long to wait before it, mostly with a
//! [`RetryIntervalCalculator`] and its [`Jitter`]; a [`RetryState`] remembers one call. [`RetryPolicy`]
//! holds the handlers in order and is a
//! [`tower::retry::Policy`]; [`RetryLayer`] is tower's own, so any other policy can take its place.
//!
//! | handler | tries again after | waits |
//! |---|---|---|
//! | [`ConnectionErrorRetryHandler`] | no connection, a reset, a broken body; timeouts by choice | 0.5 s × 2ⁿ + up to 1 s |
//! | [`RateLimitErrorRetryHandler`] | status 429 | its `Retry-After`, or 1 s, + up to 1 s |
//! | [`ServerErrorRetryHandler`] | status 500 or 503 | as the first, or its `Retry-After` if that is longer |
//!
//! # How attempts are counted
//! All handlers of a call share one count, [`RetryState::current_attempt`], from 0. Each handler's
//! [`max_retry_count`](RetryHandler::max_retry_count) is compared with it before the handler is
//! asked. So a server error handler and a rate limit handler with one retry each make, together,
//! one retry: on 503, 429, 200 the call ends with the 429. Give the handlers the counts that they
//! need.
//!
//! # What the policy sees to
//! - The first handler in order that says yes decides.
//! - It sleeps the wait itself. One over the cap ([`RetryPolicy::max_wait`]) or past the call's
//!   deadline is not begun: the call fails at once with
//!   [`FailureKind::WaitRefused`](crate::FailureKind::WaitRefused), the wait, and the response or
//!   error that asked for it.
//! - When the attempts are used up there is no more sleep, and the last response or error is the
//!   caller's, untouched.
//! - Only safe methods (GET, HEAD, OPTIONS, TRACE) are sent again, unless the request surely never
//!   left or
//!   [`retry_unsafe_methods`](RetryPolicy::retry_unsafe_methods) allows it.
//! - Never more than [`MAX_REQUESTS`](RetryPolicy::MAX_REQUESTS) requests per call.
//! - Every retry is a `tracing` event at level WARN, every giving up one at DEBUG: handler, status
//!   or kind of error, attempt, wait; no URL, header or body.
//!
//! It needs tokio's timer. A body counts as part of its attempt only if it is collected below the
//! retry: see the [order of the stack](crate::layers).
//!
//! ```
//! use std::{sync::atomic::{AtomicU32, Ordering}, time::Duration};
//! use bytes::Bytes;
//! use slack_audit_logs::{Body, http};
//! use slack_audit_logs::retry::{
//!     FixedValueRetryIntervalCalculator, RetryLayer, RetryPolicy, ServerErrorRetryHandler,
//! };
//! use tower::{BoxError, ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let interval = FixedValueRetryIntervalCalculator::new(Duration::from_secs(3));
//! let policy = RetryPolicy::default()
//!     .handler(ServerErrorRetryHandler::new(2).with_interval_calculator(interval));
//! let requests = AtomicU32::new(0);
//! let service = ServiceBuilder::new()
//!     .layer(RetryLayer::new(policy))
//!     .service_fn(|_: http::Request<Body>| {
//!         let status = if requests.fetch_add(1, Ordering::Relaxed) < 2 { 503 } else { 200 };
//!         let response = http::Response::builder().status(status).body(Bytes::new());
//!         async move { Ok::<_, BoxError>(response?) }
//!     });
//! let response = service.oneshot(http::Request::new(Body::empty())).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(()) }
//! ```

mod attempt;
mod builtin;
mod handler;
mod interval;
mod jitter;
mod policy;
mod state;

pub use tower::retry::RetryLayer;

pub use self::{
    attempt::Attempt,
    builtin::{ConnectionErrorRetryHandler, RateLimitErrorRetryHandler, ServerErrorRetryHandler},
    handler::RetryHandler,
    interval::{
        BackoffRetryIntervalCalculator, FixedValueRetryIntervalCalculator, RetryIntervalCalculator,
    },
    jitter::{EqualJitter, FullJitter, Jitter, NoJitter, RandomJitter, RandomSource},
    policy::{RetryFuture, RetryPolicy},
    state::RetryState,
};
