//! `Resolver`: the system's name resolution, but for names of this machine.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

use crate::url;

/// `getaddrinfo` on a thread for blocking work, as hyper-util does it.
#[derive(Clone, Debug)]
pub(super) struct Resolver(GaiResolver);

/// A name that could not be resolved. hyper-util's own error does not tell this from a refused
/// connection.
#[derive(Debug, thiserror::Error)]
#[error("no address was found: {0}")]
pub(super) struct Unresolved(#[source] io::Error);

impl Unresolved {
    pub(super) fn nothing() -> Self {
        Self(io::ErrorKind::NotFound.into())
    }
}

impl Resolver {
    pub(super) fn new() -> Self {
        Self(GaiResolver::new())
    }
}

type Addresses = std::vec::IntoIter<SocketAddr>;

impl Service<Name> for Resolver {
    type Response = Addresses;
    type Error = Unresolved;
    type Future = Pin<Box<dyn Future<Output = Result<Addresses, Unresolved>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        self.0.poll_ready(cx).map_err(Unresolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        // A token goes to such names in clear, and only because they are this machine: nobody else
        // is asked where they are (RFC 6761, section 6.3).
        if url::is_loopback(name.as_str()) {
            let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            let addresses = loopback.map(|address| SocketAddr::new(address, 0)).to_vec();
            return Box::pin(async move { Ok(addresses.into_iter()) });
        }
        let resolving = self.0.call(name);
        Box::pin(async move {
            let addresses: Vec<_> = resolving.await.map_err(Unresolved)?.collect();
            if addresses.is_empty() {
                return Err(Unresolved::nothing());
            }
            Ok(addresses.into_iter())
        })
    }
}
