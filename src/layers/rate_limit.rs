//! `RateLimitLayer`: no more calls than Slack allows, over all clones.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tokio::time::Instant;
use tower::{BoxError, Layer, Service};

use super::limiter::{Limiter, Ticket};
use crate::{call_record::CallRecord, retry_after};

/// Paces requests; see the [order of the stack](crate::layers). All services that one layer makes,
/// and all their clones, share one limit.
///
/// Slack's Tier 3 is "50+ per minute" with sporadic bursts, shared by the whole organization. The
/// layer lets at most `50·t/60 + 5` requests pass in any `t` seconds, first come first served. A
/// response with status 429 pauses everybody until its `Retry-After`, and the burst starts empty
/// then.
///
/// A request that its caller does not poll holds up nobody: whoever lets its turn pass unused keeps
/// its place before those that came later, and they do not wait for it.
///
/// It refuses at once, with the wait in the error
/// ([`FailureKind::WaitRefused`](crate::FailureKind::WaitRefused)), what would wait past the call's
/// deadline (the [`CallRecord`] has it) or for a pause longer than the cap of five minutes. It
/// notes in the record how long attempts waited, and when the next permit comes, so that a retry
/// policy above does not wait for an attempt that would come too late.
///
/// In the default stack it stands inside the retry, so that every attempt takes a permit, and
/// outside the timeout, so that a wait costs no attempt its time.
///
/// ```
/// use slack_audit_logs::{http, layers::RateLimitLayer};
/// use tokio::time::{Duration, Instant};
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), tower::BoxError> {
/// let mut service = ServiceBuilder::new()
///     .layer(RateLimitLayer::per_minute(50).burst(5))
///     .service_fn(|_: http::Request<()>| async {
///         Ok::<_, std::io::Error>(http::Response::new(()))
///     });
/// let start = Instant::now();
/// for _ in 0..6 {
///     service.ready().await?.call(http::Request::new(())).await?;
/// }
/// assert_eq!(start.elapsed().as_millis() / 100, 12); // the sixth waited 1.2 s
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RateLimitLayer {
    limits: Limits,
    limiter: Arc<Limiter>,
}

/// What the limiter keeps to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) per_minute: u32,
    pub(super) burst: u32,
    pub(super) max_pause: Duration,
}

impl RateLimitLayer {
    /// Slack's Tier 3 (Slack's reference, "Rate limits"): 50 calls a minute.
    pub const TIER_3_PER_MINUTE: u32 = 50;
    /// "Sporadic bursts" are allowed, how large is not documented: this many calls may come at
    /// once.
    pub const DEFAULT_BURST: u32 = 5;
    /// The longest pause after a 429 that is waited for.
    pub const DEFAULT_MAX_PAUSE: Duration = Duration::from_secs(300);

    /// This many requests a minute in the long run; 0 counts as 1.
    pub fn per_minute(requests: u32) -> Self {
        Self::with(Limits {
            per_minute: requests.max(1),
            burst: Self::DEFAULT_BURST,
            max_pause: Self::DEFAULT_MAX_PAUSE,
        })
    }

    /// The same limit with this many requests at once after a rest; 0 counts as 1.
    pub fn burst(self, requests: u32) -> Self {
        Self::with(Limits {
            burst: requests.max(1),
            ..self.limits
        })
    }

    /// The same limit with another cap on the pause after a 429.
    pub fn max_pause(self, max_pause: Duration) -> Self {
        Self::with(Limits {
            max_pause,
            ..self.limits
        })
    }

    fn with(limits: Limits) -> Self {
        Self {
            limits,
            limiter: Arc::new(Limiter::new(limits)),
        }
    }
}

/// Tier 3.
impl Default for RateLimitLayer {
    fn default() -> Self {
        Self::per_minute(Self::TIER_3_PER_MINUTE)
    }
}

impl fmt::Debug for RateLimitLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitLayer")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, inner: S) -> RateLimit<S> {
        RateLimit {
            inner,
            limiter: Arc::clone(&self.limiter),
        }
    }
}

/// The service of [`RateLimitLayer`].
#[derive(Clone)]
pub struct RateLimit<S> {
    inner: S,
    limiter: Arc<Limiter>,
}

impl<S: fmt::Debug> fmt::Debug for RateLimit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<S, B, ResBody> Service<Request<B>> for RateLimit<S>
where
    S: Service<Request<B>, Response = Response<ResBody>, Error: Into<BoxError>> + Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = RateLimitFuture<S, Request<B>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let record = CallRecord::of(&request).cloned();
        let deadline = record.as_ref().and_then(CallRecord::deadline);
        let clone = self.inner.clone();
        RateLimitFuture {
            state: RateLimitState::Waiting {
                ticket: Ticket::new(&self.limiter, deadline),
                since: Instant::now(),
                request: Some(request),
                // The one that was polled ready.
                inner: std::mem::replace(&mut self.inner, clone),
            },
            limiter: Arc::clone(&self.limiter),
            record,
        }
    }
}

pin_project! {
    /// The response of [`RateLimit`].
    #[must_use = "futures do nothing unless polled"]
    pub struct RateLimitFuture<S, R>
    where
        S: Service<R>,
    {
        #[pin]
        state: RateLimitState<S, S::Future, R>,
        limiter: Arc<Limiter>,
        record: Option<CallRecord>,
    }
}

pin_project! {
    #[project = RateLimitStateProj]
    enum RateLimitState<S, F, R> {
        Waiting { #[pin] ticket: Ticket, since: Instant, request: Option<R>, inner: S },
        Called { #[pin] future: F },
    }
}

impl<S, R, B> Future for RateLimitFuture<S, R>
where
    S: Service<R, Response = Response<B>, Error: Into<BoxError>>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let result = loop {
            let future = match this.state.as_mut().project() {
                RateLimitStateProj::Waiting {
                    ticket,
                    since,
                    request,
                    inner,
                } => {
                    ready!(ticket.poll(cx))?;
                    if let Some(record) = this.record {
                        record.add_wait(since.elapsed());
                    }
                    match request.take() {
                        Some(request) => inner.call(request),
                        None => return Poll::Pending,
                    }
                }
                RateLimitStateProj::Called { future } => break ready!(future.poll(cx)),
            };
            this.state.set(RateLimitState::Called { future });
        };
        if let Ok(response) = &result
            && response.status() == StatusCode::TOO_MANY_REQUESTS
        {
            let retry_after = retry_after::from_headers(response.headers());
            this.limiter.pause(retry_after);
        }
        if let Some(record) = this.record
            && record.deadline().is_some()
        {
            record.set_next_permit(this.limiter.next_permit());
        }
        Poll::Ready(result.map_err(Into::into))
    }
}

impl<S: Service<R>, R> fmt::Debug for RateLimitFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = matches!(self.state, RateLimitState::Waiting { .. });
        f.debug_struct("RateLimitFuture")
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}
