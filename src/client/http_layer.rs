//! `Transport` and `HttpLayer`: what a user may put into the client's stack, and a list of layers.

use bytes::Bytes;
use http::{Request, Response};
use tower::{
    BoxError, Layer, Service,
    layer::util::Stack,
    util::{BoxCloneSyncService, BoxCloneSyncServiceLayer, MapErrLayer},
};

use crate::{
    body::Body,
    service::{BoxHttpService, HttpService},
};

/// What a client can send through: any HTTP service whose response bodies can be read.
///
/// It is another name for such a [`tower::Service`], and implemented for all of them.
pub trait Transport:
    Service<
        Request<Body>,
        Response = Response<<Self as Transport>::ResBody>,
        Error: Into<BoxError>,
        Future: Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
    /// The body of its responses.
    type ResBody: http_body::Body<Data: Send, Error: Into<BoxError> + Send> + Send + 'static;
}

impl<S, B> Transport for S
where
    S: Service<
            Request<Body>,
            Response = Response<B>,
            Error: Into<BoxError>,
            Future: Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data: Send, Error: Into<BoxError> + Send> + Send + 'static,
{
    type ResBody = B;
}

/// A layer that fits into the client's stack: any [`Layer`] that makes an [`HttpService`] out of an
/// [`HttpService`].
///
/// It is another name for such a layer, and implemented for all of them whose services are `Clone`,
/// `Send` and `Sync`.
pub trait HttpLayer:
    Layer<
        BoxHttpService,
        Service: HttpService<Future: Send + 'static> + Clone + Send + Sync + 'static,
    > + Send
    + Sync
    + 'static
{
}

impl<L> HttpLayer for L where
    L: Layer<
            BoxHttpService,
            Service: HttpService<Future: Send + 'static> + Clone + Send + Sync + 'static,
        > + Send
        + Sync
        + 'static
{
}

type BoxHttpLayer =
    BoxCloneSyncServiceLayer<BoxHttpService, Request<Body>, Response<Bytes>, BoxError>;

/// Layers with their types erased, outermost first.
#[derive(Clone, Default)]
pub(super) struct HttpLayers(Vec<BoxHttpLayer>);

impl HttpLayers {
    /// Adds a layer inside those before it.
    pub(super) fn push<L: HttpLayer>(&mut self, layer: L) {
        let into_box = <L::Service as Service<Request<Body>>>::Error::into as fn(_) -> _;
        let layer = Stack::new(layer, MapErrLayer::new(into_box));
        self.0.push(BoxCloneSyncServiceLayer::new(layer));
    }

    /// `None` if there are none, so that a stack without them has nothing to erase.
    pub(super) fn into_option(self) -> Option<Self> {
        (!self.0.is_empty()).then_some(self)
    }
}

impl<S> Layer<S> for HttpLayers
where
    S: HttpService<Error = BoxError, Future: Send> + Clone + Send + Sync + 'static,
{
    type Service = BoxHttpService;

    fn layer(&self, inner: S) -> BoxHttpService {
        let innermost = BoxCloneSyncService::new(inner);
        let layers = self.0.iter().rev();
        layers.fold(innermost, |inner, layer| layer.layer(inner))
    }
}
