//! What is said to a proxy before the connection through it is open.

use std::io;

use http::Uri;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use tower::{Service, service_fn};

use super::server::{Kind, Server};
use crate::{
    error::FailureKind,
    transport::{failure::ConnectFailure, stream::Way},
};

/// Asks a proxy, to which `way` is open, to open the way to `destination`, whose port must be
/// written out.
pub(in crate::transport) async fn open(
    way: Way,
    server: &Server,
    destination: Uri,
) -> Result<Way, ConnectFailure> {
    // The proxy is connected already, so that its connect errors keep their sources, which
    // hyper-util's SOCKS errors drop.
    let mut way = Some(way);
    let connected = service_fn(move |_: Uri| {
        let way = way
            .take()
            .ok_or_else(|| io::Error::other("asked to connect twice"));
        async move { way }
    });
    let proxy = server.uri().clone();
    match server.kind() {
        Kind::Http | Kind::Https => {
            let mut tunnel = Tunnel::new(proxy, connected);
            if let Some(authorization) = server.authorization() {
                tunnel = tunnel.with_auth(authorization);
            }
            tunnel.call(destination).await.map_err(|error| {
                ConnectFailure::new(
                    FailureKind::Proxy,
                    "CONNECT at the proxy",
                    "the proxy did not open the way to the host",
                )
                .with_source(error)
            })
        }
        Kind::Socks5 { .. } => {
            let mut socks = SocksV5::new(proxy, connected);
            if let Some((user, password)) = server.user_and_password() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            socks.call(destination).await.map_err(|error| {
                ConnectFailure::new(
                    FailureKind::Proxy,
                    "SOCKS5 at the proxy",
                    "the proxy did not open the way to the host",
                )
                .with_source(error)
            })
        }
    }
}
