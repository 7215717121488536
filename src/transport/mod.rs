//! `HttpTransport`: the pooled HTTP client at the bottom of the stack, with TLS and proxies.
//!
//! It is a `tower::Service` of `http::Request<Body>` and stands where any other could stand. What
//! it does beyond sending:
//!
//! - **TLS** by rustls with an explicit crypto provider ([`Tls`]), HTTP/1.1 or HTTP/2 as the server
//!   likes (ALPN); plain `http` speaks HTTP/1.1.
//! - **Proxies** that are given or that the environment names ([`Proxy`]): HTTP `CONNECT` and
//!   SOCKS5. A proxy sees host and port, no request over TLS. Plain `http` to this machine goes
//!   past them, and `localhost` with all names below it is this machine, whatever a resolver says.
//! - **A pool** of connections: shared by all clones. As many are kept as were in use at once,
//!   until they have been idle for too long: before firewalls forget them. A connection that the
//!   server closed while it was idle costs no failed call: a request that it may have lost is sent
//!   once more, on a new connection.
//! - **Errors** as [`Failure`]: what kind, in this crate's words, and what to do about it. No text
//!   of a peer's is in them.
//!
//! It never follows a redirect, keeps no cookies and changes no header.
//!
//! ```no_run
//! use slack_audit_logs::{AuditLogsLayer, LogsRequest, Token, transport::{HttpTransport, Tls}};
//! use slack_audit_logs::layers::{AuthorizationLayer, BaseUrlLayer, CollectBodyLayer};
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // GovSlack, from inside a network with its own certificate authority and proxy.
//! const GOV_SLACK: &str = "https://api.slack-gov.com/audit/v1/";
//! let transport = HttpTransport::builder()
//!     .tls(Tls::system().add_root_file("/etc/ssl/corporate-root.pem")?)
//!     .proxy("http://proxy.corp.example:3128")
//!     .build()?;
//! let audit_logs = ServiceBuilder::new()
//!     .layer(AuditLogsLayer)
//!     .layer(BaseUrlLayer::new(GOV_SLACK)?)
//!     .layer(AuthorizationLayer::new(Token::new("xoxp-1")?, GOV_SLACK)?)
//!     .layer(CollectBodyLayer::default())
//!     .service(transport);
//! let response = audit_logs.oneshot(LogsRequest::new().limit(1)).await?;
//! # Ok(()) }
//! ```

mod body;
mod builder;
mod connector;
mod failure;
mod future;
mod proxy;
mod resolver;
mod stream;
mod tls;

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use tower::Service;

use self::connector::Connector;
pub use self::{
    body::TransportBody,
    builder::HttpTransportBuilder,
    future::TransportFuture,
    proxy::Proxy,
    tls::{Tls, TlsVersion},
};
use crate::{
    body::Body,
    error::{Failure, FailureKind, InvalidConfig},
};

/// The pooled HTTP client; see the [module](self). Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct HttpTransport {
    clients: Arc<Clients>,
    /// Whether `https` can be spoken.
    tls: bool,
}

/// hyper-util's clients, over one connector.
struct Clients {
    pooled: Client<Connector, Body>,
    /// Opens a connection for each request, for what a kept one has lost.
    unpooled: Client<Connector, Body>,
}

impl HttpTransport {
    /// A transport with every default: the system's roots, the environment's proxies.
    ///
    /// # Errors
    /// The system has no certificate authorities, or the environment names a proxy that cannot be
    /// used.
    pub fn new() -> Result<Self, InvalidConfig> {
        Self::builder().build()
    }

    /// Begins a transport whose parts are chosen one by one.
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder::new()
    }

    /// A URL that this transport cannot speak to; the error says why without the URL.
    fn check(&self, uri: &Uri) -> Result<(), Failure> {
        let refuse = |message| Err(Failure::new(FailureKind::Refused, message));
        match uri.scheme_str() {
            _ if uri.host().is_none_or(str::is_empty) => {
                refuse("the request's URL is not absolute")
            }
            Some("https") if !self.tls => refuse("the transport was built for plain HTTP only"),
            Some("http" | "https") => Ok(()),
            _ => refuse("the request's URL is neither http nor https"),
        }
    }
}

impl Service<Request<Body>> for HttpTransport {
    type Response = Response<TransportBody>;
    type Error = Failure;
    type Future = TransportFuture;

    /// Always ready: connections are opened as calls need them.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> TransportFuture {
        match self.check(request.uri()) {
            Ok(()) => TransportFuture::sending(&self.clients, request),
            Err(failure) => TransportFuture::failed(failure),
        }
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}
