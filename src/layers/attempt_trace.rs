//! `AttemptTraceLayer`: one `tracing` span per attempt, and the count of attempts.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower::{BoxError, Layer, Service};
use tracing::{field::Empty, instrument::Instrument};

use super::trace::{SpanKind, TraceFuture};
use crate::{call_record::CallRecord, url};

/// One span per attempt; see the [order of the stack](crate::layers).
///
/// The span is named `slack_audit_logs.attempt`, at level DEBUG and of kind `client`, a child of
/// the call's. Beside the fields of [`TraceLayer`](super::TraceLayer) it has, from the second
/// attempt on, `http.request.resend_count`. The layer also counts the attempt in the
/// [`CallRecord`], which is what `attempts()` of responses and errors tells, whatever retry policy
/// is in the stack, and notes there how it ended. It stands right above the body's collection, so
/// the span covers the time to the last byte.
///
/// ```
/// use slack_audit_logs::{CallRecord, http, layers::AttemptTraceLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower::BoxError> {
/// let service = ServiceBuilder::new()
///     .layer(AttemptTraceLayer::new())
///     .service_fn(|request: http::Request<()>| async move {
///         assert_eq!(CallRecord::of(&request).unwrap().attempts(), 1);
///         Ok::<_, std::io::Error>(http::Response::new(()))
///     });
/// service.oneshot(http::Request::new(())).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AttemptTraceLayer;

impl AttemptTraceLayer {
    /// The layer; it has nothing to set.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for AttemptTraceLayer {
    type Service = AttemptTrace<S>;

    fn layer(&self, inner: S) -> AttemptTrace<S> {
        AttemptTrace { inner }
    }
}

/// The service of [`AttemptTraceLayer`].
#[derive(Clone, Copy, Debug)]
pub struct AttemptTrace<S> {
    inner: S,
}

impl<S, B, ResBody> Service<Request<B>> for AttemptTrace<S>
where
    S: Service<Request<B>, Response = Response<ResBody>, Error: Into<BoxError>>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = TraceFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let record = CallRecord::ensure(&mut request).clone();
        let attempt = record.begin_attempt();
        let span = tracing::debug_span!(
            "slack_audit_logs.attempt",
            otel.name = %request.method(),
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = %request.method(),
            http.request.resend_count = Empty,
            server.address = request.uri().host().map(url::bare_host),
            server.port = url::port(request.uri()),
            http.response.status_code = Empty,
            error.type = Empty,
        );
        if attempt > 1 {
            span.record("http.request.resend_count", attempt - 1);
        }
        let future = span.in_scope(|| self.inner.call(request));
        TraceFuture {
            future: future.instrument(span),
            record,
            kind: SpanKind::Attempt,
        }
    }
}
