//! `AuditLogs<S>`: the typed endpoint service over any HTTP service, its layer, and `HttpService`,
//! which says what such a service is.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Method, Request, Response};
use pin_project_lite::pin_project;
use tower::{
    BoxError, Layer, Service, ServiceExt,
    util::{BoxCloneSyncService, Oneshot},
};

use crate::{
    body::Body,
    call_record::CallRecord,
    endpoint::{ActionsRequest, ApiRequest, Endpoint, LogsRequest, SchemasRequest},
    error::{Error, Failure},
    response::AuditLogsResponse,
};

/// An HTTP service that responds with bytes: what [`AuditLogs`] stands on.
///
/// It is another name for [`tower::Service`] with these types, and implemented for all of them, so
/// nobody else can implement it.
pub trait HttpService:
    Service<Request<Body>, Response = Response<Bytes>, Error: Into<BoxError>>
{
}

impl<S> HttpService for S where
    S: Service<Request<Body>, Response = Response<Bytes>, Error: Into<BoxError>>
{
}

/// Any [`HttpService`], with its type erased: what the layers of a client's builder wrap.
pub type BoxHttpService = BoxCloneSyncService<Request<Body>, Response<Bytes>, BoxError>;

/// A whole stack, with its type erased.
///
/// Its error is this crate's own rather than a [`BoxError`], of which the compiler cannot see in
/// async blocks that it turns into itself ("implementation of `From` is not general enough"): so
/// streams and collectors over it can be spawned.
pub type ClientService = BoxCloneSyncService<Request<Body>, Response<Bytes>, Failure>;

/// The Audit Logs API over an HTTP service: a `tower::Service` for every [`Endpoint`].
///
/// It turns a typed request into an HTTP request, puts a [`CallRecord`] into its extensions, and
/// turns the HTTP response into an [`AuditLogsResponse`] or an [`Error`]. Everything between, from
/// the base URL to the transport, is the inner service's.
///
/// ```
/// use bytes::Bytes;
/// use slack_audit_logs::{AuditLogs, Body, LogsRequest, http};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), slack_audit_logs::Error> {
/// let http = tower::service_fn(|request: http::Request<Body>| async move {
///     assert_eq!(request.uri(), "/logs?limit=1");
///     Ok::<_, std::io::Error>(http::Response::new(Bytes::from_static(br#"{"entries":[]}"#)))
/// });
/// let response = AuditLogs::new(http).logs(LogsRequest::new().limit(1)).await?;
/// assert!(response.typed_body()?.entries.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditLogs<S> {
    inner: S,
}

impl<S> AuditLogs<S> {
    /// The API over an HTTP service.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }

    /// The HTTP service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The HTTP service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: HttpService + Clone> AuditLogs<S> {
    /// Asks `/logs` for a page of events.
    pub fn logs(&self, request: LogsRequest) -> Call<S, LogsRequest> {
        self.send(request)
    }

    /// Asks `/schemas` for the kinds of object. Needs no token.
    pub fn schemas(&self) -> Call<S, SchemasRequest> {
        self.send(SchemasRequest::new())
    }

    /// Asks `/actions` for the names of all actions. Needs no token.
    pub fn actions(&self) -> Call<S, ActionsRequest> {
        self.send(ActionsRequest::new())
    }

    /// Makes any call.
    pub fn api_call(&self, request: ApiRequest) -> Call<S, ApiRequest> {
        self.send(request)
    }

    /// Sends any [`Endpoint`] on a clone of this service.
    pub fn send<E: Endpoint>(&self, request: E) -> Call<S, E> {
        self.clone().oneshot(request)
    }
}

/// A call on a clone of an [`AuditLogs`]: waits until it is ready, then for its response. It
/// borrows nothing, so it can be spawned.
pub type Call<S, E> = Oneshot<AuditLogs<S>, E>;

impl<S: HttpService, E: Endpoint> Service<E> for AuditLogs<S> {
    type Response = AuditLogsResponse<E::Response>;
    type Error = Error;
    type Future = ResponseFuture<S, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let ready = self.inner.poll_ready(cx);
        ready.map_err(|error| Error::from_service(error.into()))
    }

    fn call(&mut self, request: E) -> Self::Future {
        let mut request = match request.into_request() {
            Ok(request) => request,
            Err(error) => {
                let error = Some(Error::invalid_request(&error));
                return ResponseFuture::new(CallState::Invalid { error });
            }
        };
        let method = request.method().clone();
        let url = request.uri().clone();
        let record = CallRecord::ensure(&mut request).clone();
        record.set_url(url);
        ResponseFuture::new(CallState::Sent {
            future: self.inner.call(request),
            method,
            record,
        })
    }
}

/// An [`AuditLogs`] that is a service of one endpoint only; made by [`AuditLogs::endpoint`].
///
/// `AuditLogs` serves every endpoint, so where nothing names one (`poll_ready`, `ready`, `map_err`)
/// the compiler cannot know which is meant. Here it can:
///
/// ```
/// use slack_audit_logs::{AuditLogs, Body, Error, LogsRequest, http};
/// use tower::{Service, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// # let http = tower::service_fn(|_: http::Request<Body>| async {
/// #     Ok::<_, std::io::Error>(http::Response::new(r#"{"entries":[]}"#.into()))
/// # });
/// let mut logs = AuditLogs::new(http).endpoint::<LogsRequest>();
/// let page = logs.ready().await?.call(LogsRequest::new()).await?;
/// let pages = logs.map_response(|page| page.typed_body());
/// # let _ = (page, pages);
/// # Ok(()) }
/// ```
///
/// `ServiceExt::<LogsRequest>::ready(&mut audit_logs)` does it for a single call.
pub struct EndpointService<S, E> {
    inner: AuditLogs<S>,
    endpoint: PhantomData<fn(E)>,
}

impl<S> AuditLogs<S> {
    /// This service for one endpoint only, for combinators that cannot know which is meant.
    pub fn endpoint<E: Endpoint>(self) -> EndpointService<S, E> {
        EndpointService {
            inner: self,
            endpoint: PhantomData,
        }
    }
}

impl<S: HttpService, E: Endpoint> Service<E> for EndpointService<S, E> {
    type Response = AuditLogsResponse<E::Response>;
    type Error = Error;
    type Future = ResponseFuture<S, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Service::<E>::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, request: E) -> Self::Future {
        self.inner.call(request)
    }
}

impl<S: Clone, E> Clone for EndpointService<S, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            endpoint: PhantomData,
        }
    }
}

impl<S, E> fmt::Debug for EndpointService<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointService").finish_non_exhaustive()
    }
}

pin_project! {
    /// The future of a call on [`AuditLogs`].
    ///
    /// It is named by the service and the endpoint rather than by the service's future, so that
    /// calls can be awaited in spawned blocks whatever stands in the stack: the compiler cannot
    /// see that a boxed future or error in a type is `Send` there ("higher-ranked lifetime error").
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, E>
    where
        S: HttpService,
    {
        #[pin]
        state: CallState<S::Future>,
        endpoint: PhantomData<fn() -> E>,
    }
}

pin_project! {
    #[project = CallStateProj]
    enum CallState<F> {
        Invalid { error: Option<Error> },
        Sent { #[pin] future: F, method: Method, record: CallRecord },
    }
}

impl<S: HttpService, E> ResponseFuture<S, E> {
    fn new(state: CallState<S::Future>) -> Self {
        Self {
            state,
            endpoint: PhantomData,
        }
    }
}

impl<S: HttpService, E: Endpoint> Future for ResponseFuture<S, E> {
    type Output = Result<AuditLogsResponse<E::Response>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            CallStateProj::Invalid { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
            CallStateProj::Sent {
                future,
                method,
                record,
            } => {
                let method = method.clone();
                Poll::Ready(match ready!(future.poll(cx)) {
                    Ok(response) => AuditLogsResponse::from_call(response, method, record),
                    Err(error) => Err(Error::from_service(error.into()).of_call(method, record)),
                })
            }
        }
    }
}

impl<S: HttpService, E> fmt::Debug for ResponseFuture<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// Wraps an HTTP service into [`AuditLogs`]: the outermost layer of a stack.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditLogsLayer;

impl<S> Layer<S> for AuditLogsLayer {
    type Service = AuditLogs<S>;

    fn layer(&self, inner: S) -> AuditLogs<S> {
        AuditLogs::new(inner)
    }
}
