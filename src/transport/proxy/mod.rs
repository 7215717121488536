//! `Proxy`: through which server connections are opened, and for which hosts.

mod environment;
pub(super) mod handshake;
mod no_proxy;
mod server;

use std::{fmt, sync::Arc};

use http::Uri;

use self::no_proxy::NoProxy;
pub(super) use self::{
    environment::Environment,
    server::{Kind, Server},
};
use crate::{error::InvalidConfig, url::is_loopback};

/// A proxy for all connections, in place of those that the environment names.
///
/// | URL | how it is spoken to |
/// |---|---|
/// | `http://host:port`, `host:port` | HTTP `CONNECT`; port 80 if none is named |
/// | `https://host:port` | the same inside TLS with the proxy, with the transport's own TLS settings; port 443 |
/// | `socks5://host:port` | SOCKS5 (RFC 1928); this machine resolves names; port 1080 |
/// | `socks5h://host:port` | SOCKS5; the proxy resolves names |
///
/// Credentials stand before the host, percent-encoded: `http://user:p%40ss@host:3128`. They go to
/// the proxy only (as `Proxy-Authorization: Basic`, or by RFC 1929), and are never shown. Also
/// plain `http` goes through `CONNECT`, so a proxy never sees a request, its token or its answer.
///
/// The URL is checked when the transport is built. An empty one counts as not given.
///
/// # The environment
///
/// Without a `Proxy` these variables are read when the transport is built, as curl reads them:
///
/// - `https_proxy`, `HTTPS_PROXY` for `https` URLs; `http_proxy`, `HTTP_PROXY` for `http` URLs;
///   `all_proxy`, `ALL_PROXY` for either. The first that is not blank counts. `HTTP_PROXY` is
///   ignored where `REQUEST_METHOD` is set: in a CGI program it may come from a request's header.
/// - `no_proxy`, `NO_PROXY`: hosts to reach directly, separated by commas. `example.com` and
///   `.example.com` stand for that host and all below it, addresses and networks (`10.0.0.0/8`,
///   `fd00::/8`) for hosts written as addresses; a single `*` for all hosts. `*` has no meaning
///   within a list.
/// - The loopback (`localhost`, `127.0.0.0/8`, `::1`) is always reached directly.
///
/// A variable with a value that cannot be used is an error, never a reason to go without the proxy.
#[derive(Clone)]
pub struct Proxy {
    url: String,
    except: String,
}

impl Proxy {
    /// Uses this proxy for all hosts; neither `NO_PROXY` nor the exception for the loopback apply
    /// to it.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            except: String::new(),
        }
    }

    /// Reaches these hosts directly, written as in `NO_PROXY`.
    pub fn except(mut self, hosts: impl Into<String>) -> Self {
        self.except = hosts.into();
        self
    }

    /// The rules, or none if the URL is blank.
    pub(super) fn rules(&self) -> Result<Option<Rules>, InvalidConfig> {
        let server = Server::parse("proxy", &self.url)?.map(Arc::new);
        Ok(server.map(|server| Rules {
            http: Some(server.clone()),
            https: Some(server),
            except: NoProxy::parse(&self.except),
            except_loopback: false,
        }))
    }
}

impl From<&str> for Proxy {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<String> for Proxy {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

/// Shows nothing of the URL, which may hold credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("except", &self.except)
            .finish_non_exhaustive()
    }
}

/// Which connections go through which proxy.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    http: Option<Arc<Server>>,
    https: Option<Arc<Server>>,
    except: NoProxy,
    except_loopback: bool,
}

impl Rules {
    /// The proxy for a destination, or none.
    pub(super) fn server_for(&self, destination: &Uri) -> Option<&Arc<Server>> {
        let server = match destination.scheme_str() {
            Some("http") => self.http.as_ref(),
            _ => self.https.as_ref(),
        }?;
        let host = destination.host()?;
        let direct = (self.except_loopback && is_loopback(host)) || self.except.contains(host);
        (!direct).then_some(server)
    }

    /// Whether TLS is needed for a proxy.
    pub(super) fn names_https_proxy(&self) -> bool {
        [&self.http, &self.https]
            .into_iter()
            .flatten()
            .any(|server| server.kind() == Kind::Https)
    }
}
