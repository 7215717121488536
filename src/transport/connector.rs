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
    failure,
    proxy::{ProxyProtocol, ProxyServer, Rules, connect, socks5},
    resolver::{Resolver, Unresolved},
    stream::{Io, Stream},
};
use crate::{
    error::{Failure, FailureKind},
    url,
};

#[derive(Clone)]
pub(super) struct Connector {
    pub(super) tcp: HttpConnector<Resolver>,
    /// Without it `https` is never asked for.
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) proxies: Arc<Rules>,
    pub(super) timeout: Option<Duration>,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let stream = within(this.timeout, this.open(&destination)).await?;
            Ok(TokioIo::new(stream))
        })
    }
}

async fn within<T>(
    timeout: Option<Duration>,
    opening: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(timeout) = timeout else {
        return opening.await;
    };
    let opened = tokio::time::timeout(timeout, opening).await;
    opened.unwrap_or_else(|_| {
        let message =
            format!("no connection was open within {timeout:?} (DNS, TCP, proxy and TLS together)");
        Err(Failure::new(FailureKind::Connect, message))
    })
}

impl Connector {
    async fn open(&self, destination: &Uri) -> Result<Stream, Failure> {
        let proxy = self.proxies.server_for(destination);
        let proxy =
            proxy.map_err(|invalid| Failure::new(FailureKind::Refused, invalid.to_string()))?;
        let io = match proxy {
            None => self.tcp(destination).await.map_err(failure::of_tcp)?,
            Some(proxy) => self.open_through(proxy, destination).await?,
        };
        let is_https = destination.scheme_str() == Some("https");
        let Some(config) = self.tls.as_ref().filter(|_| is_https) else {
            return Ok(Stream::new(io, false));
        };
        let name = server_name(destination)?;
        let tls = TlsConnector::from(config.clone()).connect(name, io).await;
        let tls = tls.map_err(|error| failure::of_tls(&error))?;
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
    ) -> Result<Box<dyn Io>, Failure> {
        let host = destination.host().unwrap_or_default();
        let port = url::port(destination).unwrap_or(443);
        let local_names = match proxy.protocol {
            ProxyProtocol::Http | ProxyProtocol::Https => {
                let io = self.open_proxy(proxy).await?;
                return connect::open(io, &format!("{host}:{port}"), proxy).await;
            }
            ProxyProtocol::Socks5 { local_names } => local_names,
        };
        let targets = match url::bare_host(host).parse::<IpAddr>() {
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
                // Trying again could lock an account.
                Err(failure) if failure.kind() == FailureKind::ProxyAuth => return Err(failure),
                Err(failure) => refused = Some(failure),
            }
        }
        Err(refused.unwrap_or_else(|| failure::of_tcp(Unresolved::nothing())))
    }

    /// A connection to the proxy itself.
    async fn open_proxy(&self, proxy: &ProxyServer) -> Result<Box<dyn Io>, Failure> {
        let io = self.tcp(&proxy.uri).await.map_err(failure::of_proxy_tcp)?;
        if proxy.protocol != ProxyProtocol::Https {
            return Ok(io);
        }
        let Some(config) = &self.tls else {
            let message = "the transport was built without TLS, which the proxy needs";
            return Err(Failure::new(FailureKind::Proxy, message));
        };
        // CONNECT is spoken as HTTP/1.1, which every proxy knows.
        let tls = TlsConnector::from(config.clone());
        let tls = tls.with_alpn(Vec::new());
        let opened = tls.connect(server_name(&proxy.uri)?, io).await;
        let tls = opened.map_err(|error| failure::of_proxy_tls(&error))?;
        Ok(Box::new(tls))
    }
}

fn server_name(uri: &Uri) -> Result<ServerName<'static>, Failure> {
    let host = uri.host().unwrap_or_default();
    ServerName::try_from(url::bare_host(host).to_owned()).map_err(|_| {
        let message = "the host's name is none that a certificate could be for";
        Failure::new(FailureKind::Refused, message)
    })
}

/// The addresses of a name, found by this machine.
async fn resolve(host: &str) -> Result<Vec<socks5::Target<'static>>, Failure> {
    let name = Name::from_str(host).map_err(failure::of_tcp)?;
    let addresses = Resolver::new().call(name).await.map_err(failure::of_tcp)?;
    let targets = addresses.map(|address| socks5::Target::Address(address.ip()));
    Ok(targets.collect())
}
