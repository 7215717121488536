//! `ResponseFuture`: the future of the layers that may fail or wait before they call the inner
//! service.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::future::BoxFuture;
use pin_project_lite::pin_project;
use tower::{BoxError, Service};

pin_project! {
    /// The response of a layer that calls the inner service at once, after a wait, or not at all.
    ///
    /// While it waits it holds the inner service that was polled ready; dropping it gives that
    /// back.
    pub struct ResponseFuture<S, R>
    where
        S: Service<R>,
    {
        #[pin]
        state: State<S, R>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, R>
    where
        S: Service<R>,
    {
        Waiting { request: BoxFuture<'static, Result<R, BoxError>>, ready: S },
        Called { #[pin] future: S::Future },
        Failed { error: Option<BoxError> },
    }
}

impl<S: Service<R>, R> ResponseFuture<S, R> {
    /// The inner service was called.
    pub(super) fn called(future: S::Future) -> Self {
        Self {
            state: State::Called { future },
        }
    }

    /// The inner service is not called.
    pub(super) fn failed(error: impl Into<BoxError>) -> Self {
        Self {
            state: State::Failed {
                error: Some(error.into()),
            },
        }
    }

    /// Calls `inner`, which was polled ready, with the request that a future makes; a clone takes
    /// its place in the caller.
    pub(super) fn after(inner: &mut S, request: BoxFuture<'static, Result<R, BoxError>>) -> Self
    where
        S: Clone,
    {
        let clone = inner.clone();
        Self {
            state: State::Waiting {
                request,
                ready: std::mem::replace(inner, clone),
            },
        }
    }
}

impl<S, R> Future for ResponseFuture<S, R>
where
    S: Service<R>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Waiting { request, ready } => match ready!(request.as_mut().poll(cx)) {
                    Ok(request) => State::Called {
                        future: ready.call(request),
                    },
                    Err(error) => State::Failed { error: Some(error) },
                },
                StateProj::Called { future } => return future.poll(cx).map_err(Into::into),
                // Polled again after it was done, which no caller does: pending is as good as any
                // answer.
                StateProj::Failed { error } => {
                    return error
                        .take()
                        .map_or(Poll::Pending, |error| Poll::Ready(Err(error)));
                }
            };
            state.set(next);
        }
    }
}

impl<S: Service<R>, R> fmt::Debug for ResponseFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Waiting { .. } => "waiting",
            State::Called { .. } => "called",
            State::Failed { .. } => "failed",
        };
        f.debug_struct("ResponseFuture")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
