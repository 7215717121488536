//! `Resolver`: the system's name resolution, with an error that says what it is.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

/// `getaddrinfo` on a thread for blocking work, as hyper-util does it.
#[derive(Clone, Debug)]
pub(super) struct Resolver(GaiResolver);

/// A name that could not be resolved. hyper-util's own error does not tell this from a refused
/// connection.
#[derive(Debug, thiserror::Error)]
#[error("no address was found")]
pub(crate) struct Unresolved(#[source] io::Error);

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
        let resolving = self.0.call(name);
        Box::pin(async move {
            let addresses: Vec<_> = resolving.await.map_err(Unresolved)?.collect();
            if addresses.is_empty() {
                return Err(Unresolved(io::ErrorKind::NotFound.into()));
            }
            Ok(addresses.into_iter())
        })
    }
}
