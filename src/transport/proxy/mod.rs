//! `Proxy`: through which server connections are opened, and for which hosts.

pub(super) mod connect;
mod environment;
mod no_proxy;
mod server;
pub(super) mod socks5;

use std::{env, fmt, sync::Arc};

use http::Uri;

use self::no_proxy::NoProxy;
pub(super) use self::server::{ProxyProtocol, ProxyServer};
use crate::{error::InvalidConfig, url::is_loopback};

/// A proxy for all connections, in place of those that the environment names.
///
/// | URL | how it is spoken to |
/// |---|---|
/// | `http://host:port`, `host:port` | HTTP `CONNECT`; port 80 if none is named |
/// | `https://host:port` | the same inside TLS, with the transport's TLS settings; port 443 |
/// | `socks5://host:port` | SOCKS5 (RFC 1928); this machine resolves names; port 1080 |
/// | `socks5h://host:port` | SOCKS5; the proxy resolves names |
///
/// Credentials stand before the host, percent-encoded: `http://user:p%40ss@host:3128`. They go to
/// the proxy only (as `Proxy-Authorization: Basic`, or by RFC 1929), and are never shown. If it
/// refuses them, that is [`ProxyAuth`](crate::FailureKind::ProxyAuth) and not tried again.
///
/// Plain `http` goes through `CONNECT` as well. What is sent inside `https` no proxy can read; what
/// is sent by plain `http` it can, as everybody on the way. So plain `http` to the loopback
/// (`localhost` and names below it, `127.0.0.0/8`, `::1`) never goes through a proxy.
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
/// - The loopback is always reached directly.
///
/// A variable with a value that cannot be used is an error, never a reason to go without the proxy.
#[derive(Clone)]
pub struct Proxy {
    url: String,
    except: String,
}

impl Proxy {
    /// Uses this proxy for all hosts, whatever `NO_PROXY` says; of the loopback for `https` only.
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
        let server = ProxyServer::parse("proxy", &self.url)?.map(Arc::new);
        Ok(server.map(|server| Rules {
            http: Ok(Some(server.clone())),
            https: Ok(Some(server)),
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

/// The rules that the process's environment makes.
pub(super) fn environment() -> Rules {
    environment::rules(&|name| env::var_os(name))
}

/// The proxy for a scheme, or none, or why the one that is named cannot be used.
type Choice = Result<Option<Arc<ProxyServer>>, InvalidConfig>;

/// Which connections go through which proxy.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    http: Choice,
    https: Choice,
    except: NoProxy,
    except_loopback: bool,
}

/// No proxy.
impl Default for Rules {
    fn default() -> Self {
        Self {
            http: Ok(None),
            https: Ok(None),
            except: NoProxy::default(),
            except_loopback: true,
        }
    }
}

impl Rules {
    /// Rules that cannot be followed, and why.
    fn invalid(why: InvalidConfig) -> Self {
        Self {
            http: Err(why.clone()),
            https: Err(why),
            ..Self::default()
        }
    }

    /// The rules, if all their proxies can be used.
    pub(super) fn checked(self) -> Result<Self, InvalidConfig> {
        for choice in [&self.http, &self.https] {
            choice.as_ref().map_err(InvalidConfig::clone)?;
        }
        Ok(self)
    }

    /// The proxy for a destination, or none; an error if the one that is named cannot be used.
    pub(super) fn server_for(
        &self,
        destination: &Uri,
    ) -> Result<Option<&ProxyServer>, &InvalidConfig> {
        let is_http = destination.scheme_str() == Some("http");
        let host = destination.host().unwrap_or_default();
        // A proxy could read plain HTTP, and what is for this machine is none of its business.
        let is_local = (is_http || self.except_loopback) && is_loopback(host);
        if is_local || self.except.contains(host) {
            return Ok(None);
        }
        let choice = if is_http { &self.http } else { &self.https };
        choice.as_ref().map(Option::as_deref)
    }

    /// Whether TLS is needed for a proxy.
    pub(super) fn names_https_proxy(&self) -> bool {
        let mut servers = [&self.http, &self.https].into_iter().flatten().flatten();
        servers.any(|server| server.protocol == ProxyProtocol::Https)
    }
}
