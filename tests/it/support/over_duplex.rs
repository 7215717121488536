//! Real HTTP over `tokio::io::duplex`, to the embedded API or any server: waits are real to the
//! code and free to the test, under a paused clock.

use std::future::Future;

use http::{Request, Response};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use slack_audit_logs::{Body, fake::FakeApi};
use tokio::io::DuplexStream;
use tower::{BoxError, Service};

/// A transport that opens a connection to the API for each request, and closes it with the
/// response.
pub fn over_duplex(
    api: &FakeApi,
) -> impl Service<
    Request<Body>,
    Response = Response<Incoming>,
    Error = BoxError,
    Future: Future<Output = Result<Response<Incoming>, BoxError>> + Send + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    let api = api.clone();
    over_streams(move |far| {
        let api = api.clone();
        async move { api.serve_connection(far).await }
    })
}

/// The same to a server that gets the far end of each connection.
pub fn over_streams<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(DuplexStream) -> F + Clone + Send + Sync + 'static,
) -> impl Service<
    Request<Body>,
    Response = Response<Incoming>,
    Error = BoxError,
    Future: Future<Output = Result<Response<Incoming>, BoxError>> + Send + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    tower::service_fn(move |mut request: Request<Body>| {
        let serve = serve.clone();
        async move {
            let (near, far) = tokio::io::duplex(64 * 1024);
            tokio::spawn(serve(far));
            let (mut sender, connection) = http1::handshake(TokioIo::new(near)).await?;
            tokio::spawn(connection);
            // What hyper's pooled client would do: the origin goes into the Host header.
            if let Some(authority) = request.uri().authority() {
                let host = authority.as_str().parse()?;
                request.headers_mut().insert(http::header::HOST, host);
            }
            let path = request
                .uri()
                .path_and_query()
                .map_or("/", |path| path.as_str());
            *request.uri_mut() = path.parse()?;
            Ok(sender.send_request(request).await?)
        }
    })
}
