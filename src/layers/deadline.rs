//! `DeadlineLayer`: a bound over a whole call, with all its attempts and waits.
//!
//! [`TimeoutLayer`](super::TimeoutLayer) bounds one attempt; this bounds everything below it. The deadline also stands in the
//! [`CallRecord`], so that the retry policy and the rate limiter refuse a wait past it at once instead of beginning it.
//!
//! ```
//! use std::time::Duration;
//! use slack_audit_logs::{FailureKind, http, layers::DeadlineLayer};
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), tower::BoxError> {
//! let service = ServiceBuilder::new().layer(DeadlineLayer::new(Duration::from_secs(90))).service_fn(
//!     |_: http::Request<()>| std::future::pending::<Result<(), std::io::Error>>(),
//! );
//! let error = service.oneshot(http::Request::new(())).await.unwrap_err();
//! assert_eq!(FailureKind::of(&*error), FailureKind::Deadline);
//! # Ok(()) }
//! ```

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::Request;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower::{BoxError, Layer, Service};

use crate::{
    call_record::CallRecord,
    error::{Failure, FailureKind},
};

/// A deadline further away than this is as good as none, and nearer than what a clock can hold: 30
/// years, as tokio has it.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Bounds each call in time; see the [order of the stack](crate::layers).
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer {
    allowance: Duration,
}

impl DeadlineLayer {
    /// Calls may take this long, counted from `call`.
    pub const fn new(allowance: Duration) -> Self {
        Self { allowance }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline {
            inner,
            allowance: self.allowance,
        }
    }
}

/// The service of [`DeadlineLayer`].
#[derive(Clone, Copy, Debug)]
pub struct Deadline<S> {
    inner: S,
    allowance: Duration,
}

impl<S, B> Service<Request<B>> for Deadline<S>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = DeadlineFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let deadline = Instant::now() + self.allowance.min(FAR_FUTURE);
        CallRecord::ensure(&mut request).set_deadline(deadline);
        DeadlineFuture {
            future: self.inner.call(request),
            sleep: sleep_until(deadline),
        }
    }
}

pin_project! {
    /// The response of [`Deadline`].
    #[derive(Debug)]
    pub struct DeadlineFuture<F> {
        #[pin]
        future: F,
        #[pin]
        sleep: Sleep,
    }
}

impl<F, T, E> Future for DeadlineFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(result) = this.future.poll(cx) {
            return Poll::Ready(result.map_err(Into::into));
        }
        this.sleep
            .poll(cx)
            .map(|()| Err(Failure::new(FailureKind::Deadline, "the call's deadline passed").into()))
    }
}
