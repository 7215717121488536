//! `Connector`: opens connections: DNS and TCP, a proxy where the rules name one, TLS for `https`.

use std::{
    future::Future,
    net::IpAddr,
    pin::Pin,
    str::FromStr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::TokioIo,
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio_rustls::TlsConnector;
use tower::{BoxError, Service};

use super::{
    failure::ConnectFailure,
    proxy::{ProxyProtocol, ProxyServer, Rules, connect, socks5},
    resolver::{Resolver, Unresolved},
    stream::{Io, Stream},
};
use crate::{error::FailureKind, url};

/// Opens connections for the pool.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<Resolver>,
    /// Without it `https` is never asked for.
    tls: Option<Arc<ClientConfig>>,
    proxies: Arc<Rules>,
    timeout: Option<Duration>,
}

impl Connector {
    pub(super) fn new(
        tcp: HttpConnector<Resolver>,
        tls: Option<Arc<ClientConfig>>,
        proxies: Rules,
        timeout: Option<Duration>,
    ) -> Self {
        Self {
            tcp,
            tls,
            proxies: Arc::new(proxies),
            timeout,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectFailure;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, ConnectFailure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            within(this.timeout, this.open(&destination))
                .await
                .map(TokioIo::new)
        })
    }
}

/// Bounds what opens a connection.
async fn within<T>(
    timeout: Option<Duration>,
    opening: impl Future<Output = Result<T, ConnectFailure>>,
) -> Result<T, ConnectFailure> {
    let Some(timeout) = timeout else {
        return opening.await;
    };
    tokio::time::timeout(timeout, opening)
        .await
        .unwrap_or_else(|_| {
            let message = format!(
                "no connection was open within {timeout:?} (DNS, TCP, proxy and TLS together)"
            );
            Err(ConnectFailure::new(FailureKind::Connect, message))
        })
}

impl Connector {
    async fn open(&self, destination: &Uri) -> Result<Stream, ConnectFailure> {
        let proxy = self
            .proxies
            .server_for(destination)
            .map_err(|invalid| ConnectFailure::new(FailureKind::Refused, invalid.to_string()))?;
        let io = match proxy {
            None => self.tcp(destination).await.map_err(ConnectFailure::tcp)?,
            Some(proxy) => self.open_through(proxy, destination).await?,
        };
        let Some(config) = self.tls.as_ref().filter(|_| is_https(destination)) else {
            return Ok(Stream::new(io, false));
        };
        let name = server_name(destination)?;
        let tls = TlsConnector::from(config.clone()).connect(name, io).await;
        let tls = tls.map_err(|error| ConnectFailure::tls(&error))?;
        let http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Stream::new(Box::new(tls), http2))
    }

    async fn tcp(&self, destination: &Uri) -> Result<Box<dyn Io>, BoxError> {
        let opened = self.tcp.clone().call(destination.clone()).await;
        Ok(Box::new(opened?.into_inner()))
    }

    async fn open_through(
        &self,
        proxy: &ProxyServer,
        destination: &Uri,
    ) -> Result<Box<dyn Io>, ConnectFailure> {
        let (host, port) = host_and_port(destination);
        let local_names = match proxy.protocol() {
            ProxyProtocol::Http | ProxyProtocol::Https => {
                let io = self.open_proxy(proxy).await?;
                return connect::open(io, &format!("{host}:{port}"), proxy).await;
            }
            ProxyProtocol::Socks5 { local_names } => local_names,
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let targets = match bare.parse::<IpAddr>() {
            Ok(address) => vec![socks5::Target::Address(address)],
            Err(_) if local_names => resolve(host).await?,
            Err(_) => vec![socks5::Target::Name(host)],
        };
        // Each address has its share of the time, as with TCP, so that a dead one costs no more.
        let share = self.timeout.zip(u32::try_from(targets.len()).ok());
        let share = share.map(|(timeout, count)| timeout / count.max(1));
        let mut refused = None;
        for target in targets {
            let mut io = self.open_proxy(proxy).await?;
            match within(share, socks5::open(&mut io, target, port, proxy)).await {
                Ok(()) => return Ok(io),
                Err(failure) if failure.is_about_credentials() => return Err(failure),
                Err(failure) => refused = Some(failure),
            }
        }
        Err(refused.unwrap_or_else(|| ConnectFailure::tcp(Unresolved::nothing())))
    }

    /// A connection to the proxy itself.
    async fn open_proxy(&self, proxy: &ProxyServer) -> Result<Box<dyn Io>, ConnectFailure> {
        let io = self
            .tcp(proxy.uri())
            .await
            .map_err(ConnectFailure::proxy_tcp)?;
        if proxy.protocol() != ProxyProtocol::Https {
            return Ok(io);
        }
        let Some(config) = &self.tls else {
            return Err(ConnectFailure::new(
                FailureKind::Proxy,
                "the transport was built without TLS, which the proxy needs",
            ));
        };
        // CONNECT is spoken as HTTP/1.1, which every proxy knows.
        let tls = TlsConnector::from(config.clone());
        let opening = tls
            .with_alpn(Vec::new())
            .connect(server_name(proxy.uri())?, io);
        Ok(Box::new(
            opening
                .await
                .map_err(|error| ConnectFailure::proxy_tls(&error))?,
        ))
    }
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

fn host_and_port(uri: &Uri) -> (&str, u16) {
    (
        uri.host().unwrap_or_default(),
        url::port(uri).unwrap_or(443),
    )
}

fn server_name(uri: &Uri) -> Result<ServerName<'static>, ConnectFailure> {
    let host = uri.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare.to_owned()).map_err(|_| {
        let message = "the host's name is none that a certificate could be for";
        ConnectFailure::new(FailureKind::Refused, message)
    })
}

/// The addresses of a name, found by this machine.
async fn resolve(host: &str) -> Result<Vec<socks5::Target<'static>>, ConnectFailure> {
    let name = Name::from_str(host).map_err(ConnectFailure::tcp)?;
    let addresses = Resolver::new()
        .call(name)
        .await
        .map_err(ConnectFailure::tcp)?;
    Ok(addresses
        .map(|address| socks5::Target::Address(address.ip()))
        .collect())
}
