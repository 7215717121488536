//! `DeadlineLayer`: a bound over a whole call, with all its attempts and waits.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::Request;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, Timeout, sleep, timeout_at};
use tower::{BoxError, Layer, Service};

use super::FAR_FUTURE;
use crate::{
    call_record::CallRecord,
    error::{Failure, FailureKind},
};

/// Bounds each call in time; see the [order of the stack](crate::layers).
///
/// [`TimeoutLayer`](super::TimeoutLayer) bounds one attempt; this bounds everything below it, the
/// wait for readiness included: who waits for the service to be ready has that much less time for
/// the call, and who waits longer than the allowance is told that it is ready, and the call fails
/// at once. The deadline also stands in the [`CallRecord`], so that the retry policy and the rate
/// limiter refuse a wait past it at once instead of beginning it.
///
/// ```
/// use std::time::Duration;
/// use slack_audit_logs::{FailureKind, http, layers::DeadlineLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), tower::BoxError> {
/// let service = ServiceBuilder::new()
///     .layer(DeadlineLayer::new(Duration::from_secs(90)))
///     .service_fn(|_: http::Request<()>| std::future::pending::<Result<(), std::io::Error>>());
/// let error = service.oneshot(http::Request::new(())).await.unwrap_err();
/// assert_eq!(FailureKind::of(&*error), FailureKind::Deadline);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer {
    allowance: Duration,
}

impl DeadlineLayer {
    /// Calls may take this long, counted from the wait for readiness on.
    pub const fn new(allowance: Duration) -> Self {
        Self { allowance }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline {
            inner,
            allowance: self.allowance.min(FAR_FUTURE),
            wait: ReadyWait::None,
        }
    }
}

/// The service of [`DeadlineLayer`].
#[derive(Debug)]
pub struct Deadline<S> {
    inner: S,
    allowance: Duration,
    wait: ReadyWait,
}

/// The wait of the next call's caller for the service to be ready.
#[derive(Debug)]
enum ReadyWait {
    None,
    Waiting(Pin<Box<Sleep>>),
    /// It is over, and leaves the call so much time. The time until the call is no wait.
    Over(Duration),
    /// It took all the time there was.
    Passed,
}

/// A clone has not waited for anything.
impl<S: Clone> Clone for Deadline<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            allowance: self.allowance,
            wait: ReadyWait::None,
        }
    }
}

impl<S, B> Service<Request<B>> for Deadline<S>
where
    S: Service<Request<B>, Error: Into<BoxError>>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = DeadlineFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if matches!(self.wait, ReadyWait::Passed) {
            return Poll::Ready(Ok(()));
        }
        if let Poll::Ready(ready) = self.inner.poll_ready(cx) {
            if let ReadyWait::Waiting(sleep) = &self.wait {
                let left = sleep.deadline().saturating_duration_since(Instant::now());
                self.wait = ReadyWait::Over(left);
            }
            return Poll::Ready(ready.map_err(Into::into));
        }
        loop {
            let left = match &mut self.wait {
                ReadyWait::Waiting(sleep) => {
                    ready!(sleep.as_mut().poll(cx));
                    // Ready to fail: an error here would say that the service is of no more use.
                    self.wait = ReadyWait::Passed;
                    return Poll::Ready(Ok(()));
                }
                ReadyWait::Over(left) => *left,
                ReadyWait::None | ReadyWait::Passed => self.allowance,
            };
            self.wait = ReadyWait::Waiting(Box::pin(sleep(left)));
        }
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let left = match std::mem::replace(&mut self.wait, ReadyWait::None) {
            ReadyWait::None | ReadyWait::Waiting(_) => self.allowance,
            ReadyWait::Over(left) => left,
            ReadyWait::Passed => return DeadlineFuture { call: None },
        };
        let deadline = Instant::now() + left;
        CallRecord::ensure(&mut request).set_deadline(deadline);
        let call = timeout_at(deadline, self.inner.call(request));
        DeadlineFuture { call: Some(call) }
    }
}

pin_project! {
    /// The response of [`Deadline`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct DeadlineFuture<F> {
        // None where the deadline passed before the call.
        #[pin]
        call: Option<Timeout<F>>,
    }
}

impl<F, T, E> Future for DeadlineFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(call) = self.project().call.as_pin_mut()
            && let Ok(result) = ready!(call.poll(cx))
        {
            return Poll::Ready(result.map_err(Into::into));
        }
        let passed = Failure::new(FailureKind::Deadline, "the call's deadline passed");
        Poll::Ready(Err(passed.into()))
    }
}
