//! `Connector`: opens connections: DNS and TCP, a proxy where the rules name one, TLS for `https`.

use std::{
    future::Future,
    pin::Pin,
    str::FromStr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{HttpConnector, dns::Name};
use rustls::ClientConfig;
use tower::{BoxError, Service};

use super::{
    failure::ConnectFailure,
    proxy::{Kind, Rules, Server, handshake},
    resolver::Resolver,
    stream::{Stream, Way},
};
use crate::{error::FailureKind, url};

/// Opens connections for the pool.
#[derive(Clone)]
pub(super) struct Connector {
    way: WayConnector,
    https: Option<HttpsConnector<WayConnector>>,
    timeout: Option<Duration>,
}

impl Connector {
    /// Without a TLS configuration `https` is never asked for.
    pub(super) fn new(
        tcp: HttpConnector<Resolver>,
        tls: Option<Arc<ClientConfig>>,
        rules: Rules,
        timeout: Option<Duration>,
    ) -> Self {
        let proxy_tls = tls
            .as_deref()
            .filter(|_| rules.names_https_proxy())
            .map(|tls| {
                let mut tls = tls.clone();
                // CONNECT is spoken as HTTP/1.1, which every proxy knows.
                tls.alpn_protocols.clear();
                HttpsConnector::from((tcp.clone(), tls))
            });
        let way = WayConnector {
            tcp,
            proxy_tls,
            rules: Arc::new(rules),
        };
        let https = tls.map(|tls| HttpsConnector::from((way.clone(), tls)));
        Self {
            way,
            https,
            timeout,
        }
    }
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T, ConnectFailure>> + Send>>;

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectFailure;
    type Future = BoxFuture<Stream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let opening: BoxFuture<MaybeHttpsStream<Way>> = if let Some(https) = &mut self.https {
            let opening = https.call(destination);
            Box::pin(async move {
                opening.await.map_err(|error| {
                    error
                        .downcast::<ConnectFailure>()
                        .map_or_else(ConnectFailure::tls, |failure| *failure)
                })
            })
        } else {
            let opening = self.way.call(destination);
            Box::pin(async move { opening.await.map(MaybeHttpsStream::Http) })
        };
        let timeout = self.timeout;
        Box::pin(async move {
            let opened = match timeout {
                None => opening.await,
                Some(timeout) => tokio::time::timeout(timeout, opening).await.unwrap_or_else(|elapsed| {
                    let message = format!("no connection was open within {timeout:?} (DNS, TCP, proxy and TLS together)");
                    Err(ConnectFailure::new(FailureKind::Connect, "timeout", message).with_source(elapsed))
                }),
            };
            opened.map(Stream::new)
        })
    }
}

/// Opens the way to a host: TCP, or through a proxy.
#[derive(Clone)]
struct WayConnector {
    tcp: HttpConnector<Resolver>,
    /// For proxies that are spoken to by TLS.
    proxy_tls: Option<HttpsConnector<HttpConnector<Resolver>>>,
    rules: Arc<Rules>,
}

impl Service<Uri> for WayConnector {
    type Response = Way;
    type Error = ConnectFailure;
    type Future = BoxFuture<Way>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let Some(server) = self.rules.server_for(&destination).cloned() else {
            let opening = self.tcp.call(destination);
            return Box::pin(async move {
                opening
                    .await
                    .map(MaybeHttpsStream::Http)
                    .map_err(ConnectFailure::tcp)
            });
        };
        let mut this = self.clone();
        Box::pin(async move {
            let destination = with_port(&destination)?;
            let destination = match server.kind() {
                Kind::Socks5 { local_names: true } => resolved(destination).await?,
                _ => destination,
            };
            let way = this.open_proxy(&server).await?;
            handshake::open(way, &server, destination).await
        })
    }
}

impl WayConnector {
    async fn open_proxy(&mut self, server: &Server) -> Result<Way, ConnectFailure> {
        match (server.kind(), &mut self.proxy_tls) {
            (Kind::Https, Some(tls)) => tls
                .call(server.uri().clone())
                .await
                .map_err(ConnectFailure::proxy_tls),
            (Kind::Https, None) => Err(ConnectFailure::new(
                FailureKind::Proxy,
                "TLS with the proxy",
                "the transport was built without TLS, which the proxy needs",
            )),
            _ => self
                .tcp
                .call(server.uri().clone())
                .await
                .map(MaybeHttpsStream::Http)
                .map_err(ConnectFailure::proxy_tcp),
        }
    }
}

/// A destination whose port is written out: proxies are told host and port.
fn with_port(destination: &Uri) -> Result<Uri, ConnectFailure> {
    let port = url::port(destination).unwrap_or(443);
    let host = destination.host().unwrap_or_default();
    host_and_port(&format!("{host}:{port}"))
}

/// A destination whose host is an address, found by this machine.
async fn resolved(destination: Uri) -> Result<Uri, ConnectFailure> {
    let host = destination.host().unwrap_or_default();
    if host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok() {
        return Ok(destination);
    }
    let name = Name::from_str(host).map_err(ConnectFailure::tcp)?;
    let mut addresses = Resolver::new()
        .call(name)
        .await
        .map_err(ConnectFailure::tcp)?;
    match (addresses.next(), destination.port_u16()) {
        (Some(mut address), Some(port)) => {
            address.set_port(port);
            host_and_port(&address.to_string())
        }
        _ => Ok(destination),
    }
}

fn host_and_port(authority: &str) -> Result<Uri, ConnectFailure> {
    Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query("/")
        .build()
        .map_err(|error| {
            ConnectFailure::new(
                FailureKind::Refused,
                "URL",
                "the host cannot be named to a proxy",
            )
            .with_source(BoxError::from(error))
        })
}
