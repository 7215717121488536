//! Layers and services with their types erased, so that a client has one type whatever it is made
//! of.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use pin_project_lite::pin_project;
use tower::{BoxError, Layer, Service, ServiceExt, util::BoxCloneSyncService};

use crate::{body::Body, error::Failure};

/// An HTTP service of the client's stack, with its type erased: what the layers given to
/// [`AuditLogsClientBuilder`](crate::AuditLogsClientBuilder) wrap.
pub type HttpService = BoxCloneSyncService<Request<Body>, Response<Bytes>, BoxError>;

/// The whole stack of a client, with its type erased.
///
/// Its error is this crate's own rather than a [`BoxError`], of which the compiler cannot see in
/// async blocks that it turns into itself ("implementation of `From` is not general enough"): so
/// streams and collectors over a client can be spawned.
pub type ClientService = BoxCloneSyncService<Request<Body>, Response<Bytes>, Failure>;

/// A transport with its type erased.
pub(super) type Transport =
    BoxCloneSyncService<Request<Body>, Response<UnsyncBoxBody<Bytes, BoxError>>, BoxError>;

/// Erases a transport.
pub(super) fn transport<S, B>(service: S) -> Transport
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Error: Into<BoxError>,
{
    let service = service
        .map_err(Into::into)
        .map_response(|response: Response<B>| {
            response.map(|body| InBytes { body }.map_err(Into::into).boxed_unsync())
        });
    BoxCloneSyncService::new(service)
}

pin_project! {
    /// A body with its data as [`Bytes`]. http-body-util's `MapFrame` would do, but forgets the
    /// length, by which a body over the limit is refused early.
    struct InBytes<B> {
        #[pin]
        body: B,
    }
}

impl<B: http_body::Body> http_body::Body for InBytes<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = self.project().body.poll_frame(cx);
        frame.map_ok(|frame| frame.map_data(|mut data| data.copy_to_bytes(data.remaining())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A layer that fits into the client's stack: any [`Layer`] that makes an HTTP service out of an
/// HTTP service.
///
/// It is implemented for all of them: services of `http::Request<Body>` and `http::Response<Bytes>`
/// that are `Clone`, `Send` and `Sync`, with any error that turns into a [`BoxError`].
pub trait HttpLayer: Send + Sync + 'static {
    /// Wraps a service.
    fn wrap(&self, inner: HttpService) -> HttpService;
}

impl<L> HttpLayer for L
where
    L: Layer<HttpService> + Send + Sync + 'static,
    L::Service: Service<Request<Body>, Response = Response<Bytes>> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
    <L::Service as Service<Request<Body>>>::Future: Send + 'static,
{
    fn wrap(&self, inner: HttpService) -> HttpService {
        BoxCloneSyncService::new(self.layer(inner).map_err(Into::into))
    }
}

/// Layers with their types erased, outermost first.
#[derive(Clone, Default)]
pub(super) struct Layers(Vec<Arc<dyn HttpLayer>>);

impl Layers {
    pub(super) fn of(layer: impl HttpLayer) -> Self {
        Self(vec![Arc::new(layer)])
    }

    /// Adds a layer inside those before it.
    pub(super) fn push(&mut self, layer: impl HttpLayer) {
        self.0.push(Arc::new(layer));
    }
}

impl<S> Layer<S> for Layers
where
    S: Service<Request<Body>, Response = Response<Bytes>, Error = BoxError>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
{
    type Service = HttpService;

    fn layer(&self, inner: S) -> HttpService {
        self.0
            .iter()
            .rev()
            .fold(BoxCloneSyncService::new(inner), |inner, layer| {
                layer.wrap(inner)
            })
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers", self.0.len())
    }
}
