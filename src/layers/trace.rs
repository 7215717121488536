//! `TraceLayer`: one `tracing` span per call.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::{BoxError, Layer, Service};
use tracing::{
    Span,
    field::Empty,
    instrument::{Instrument, Instrumented},
};

use crate::{
    call_record::{CallRecord, Outcome},
    error::FailureKind,
    url,
};

/// One span per call; see the [order of the stack](crate::layers).
///
/// The span is named `slack_audit_logs.call`, at level INFO and of kind `internal`, as each attempt
/// below it is a client span of its own. Its fields are named as in OpenTelemetry's HTTP
/// conventions (1.27: `http.request.method`, `server.address`, `server.port`, `url.scheme`,
/// `url.path`, `http.response.status_code`, `error.type`), beside `otel.kind` and
/// `otel.status_code` for bridges, and `slack_audit_logs.attempts`. It holds no query, no header
/// and no body, so neither secrets nor personal data. The retry policy's events lie inside it, and
/// so do the spans of [`AttemptTraceLayer`](super::AttemptTraceLayer).
///
/// The conventions' `url.full` is left out: it would carry the query.
///
/// ```
/// use slack_audit_logs::{http, layers::TraceLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower::BoxError> {
/// let trace = TraceLayer::new();
/// let service = ServiceBuilder::new().layer(trace).service_fn(|_: http::Request<()>| async {
///     tracing::info!("inside the span");
///     Ok::<_, std::io::Error>(http::Response::new(()))
/// });
/// service.oneshot(http::Request::get("https://api.slack.com/audit/v1/logs").body(())?).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceLayer;

impl TraceLayer {
    /// The layer; it has nothing to set.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner }
    }
}

/// The service of [`TraceLayer`].
#[derive(Clone, Copy, Debug)]
pub struct Trace<S> {
    inner: S,
}

impl<S, B, ResBody> Service<Request<B>> for Trace<S>
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
        let span = tracing::info_span!(
            "slack_audit_logs.call",
            otel.name = %request.method(),
            otel.kind = "internal",
            otel.status_code = Empty,
            http.request.method = %request.method(),
            server.address = request.uri().host().map(url::bare_host),
            server.port = url::port(request.uri()),
            url.scheme = request.uri().scheme_str(),
            url.path = request.uri().path(),
            http.response.status_code = Empty,
            error.type = Empty,
            slack_audit_logs.attempts = Empty,
        );
        let record = CallRecord::ensure(&mut request).clone();
        let future = span.in_scope(|| self.inner.call(request));
        TraceFuture {
            future: future.instrument(span),
            record,
            kind: SpanKind::Call,
        }
    }
}

pin_project! {
    /// The response of [`Trace`](super::Trace) and [`AttemptTrace`](super::AttemptTrace).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TraceFuture<F> {
        #[pin]
        pub(super) future: Instrumented<F>,
        pub(super) record: CallRecord,
        pub(super) kind: SpanKind,
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum SpanKind {
    /// A call, whose attempts it counts.
    Call,
    /// An attempt, whose outcome is noted.
    Attempt,
}

impl<F, B, E> Future for TraceFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let result = ready!(this.future.as_mut().poll(cx)).map_err(Into::into);
        let span = this.future.span();
        let outcome = match &result {
            Ok(response) => Ok(response.status()),
            Err(error) => Err(FailureKind::of(&**error)),
        };
        record_outcome(span, outcome);
        match this.kind {
            SpanKind::Call => {
                span.record("slack_audit_logs.attempts", this.record.attempts());
            }
            SpanKind::Attempt => this.record.add_outcome(outcome),
        }
        Poll::Ready(result)
    }
}

fn record_outcome(span: &Span, outcome: Outcome) {
    let error = match &outcome {
        Ok(status) => {
            span.record("http.response.status_code", status.as_u16());
            (!status.is_success()).then(|| status.as_str())
        }
        Err(kind) => Some(kind.name()),
    };
    if let Some(error) = error {
        span.record("error.type", error);
        span.record("otel.status_code", "ERROR");
    }
}
