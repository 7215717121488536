//! `HttpBodyLayer`: lets layers into the stack that want HTTP bodies, such as tower-http's.

use bytes::Bytes;
use http::Response;
use tower::{Layer, util::MapResponse};

use super::collect_body::{CollectBody, CollectBodyLayer};
use crate::body::Body;

/// Lets a layer in that wants HTTP bodies; see the [order of the stack](crate::layers).
///
/// The stack's services respond with [`Bytes`]: a retry decides over whole responses. Layers that
/// wrap a response's body (`TraceLayer`, `CatchPanicLayer`, `InFlightRequestsLayer` of
/// tower-http) want an [`http_body::Body`], and may give another one back. This layer gives them
/// one, and collects what they make of it.
///
/// ```
/// use slack_audit_logs::{AuditLogs, Body, LogsRequest, http, layers::HttpBodyLayer};
/// use tower::ServiceBuilder;
/// use tower_http::trace::TraceLayer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), slack_audit_logs::Error> {
/// let http = ServiceBuilder::new()
///     .layer(HttpBodyLayer::new(TraceLayer::new_for_http()))
///     .service_fn(|_: http::Request<Body>| async {
///         Ok::<_, std::io::Error>(http::Response::new(r#"{"entries":[]}"#.into()))
///     });
/// let response = AuditLogs::new(http).logs(LogsRequest::new()).await?;
/// assert!(response.typed_body()?.entries.is_empty());
/// # Ok(()) }
/// ```
///
/// With a client it goes into `AuditLogsClientBuilder::layer` or `attempt_layer`.
#[derive(Clone, Copy, Debug)]
pub struct HttpBodyLayer<L> {
    layer: L,
}

impl<L> HttpBodyLayer<L> {
    /// The layer between services that respond with bytes.
    pub const fn new(layer: L) -> Self {
        Self { layer }
    }
}

/// A service whose bytes are an HTTP body: what an adapted layer wraps.
pub type WithHttpBody<S> = MapResponse<S, fn(Response<Bytes>) -> Response<Body>>;

impl<S, L: Layer<WithHttpBody<S>>> Layer<S> for HttpBodyLayer<L> {
    type Service = CollectBody<L::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        let with_body = MapResponse::new(inner, as_http_body as fn(_) -> _);
        // It was within the limit when it came.
        CollectBodyLayer::new(usize::MAX).layer(self.layer.layer(with_body))
    }
}

fn as_http_body(response: Response<Bytes>) -> Response<Body> {
    response.map(Body::from)
}
