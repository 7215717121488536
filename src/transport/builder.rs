//! `HttpTransportBuilder`: what a transport is made of.

use std::{fmt, sync::Arc, time::Duration};

use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use super::{
    Clients, HttpTransport,
    connector::Connector,
    proxy::{self, Proxy, Rules},
    resolver::Resolver,
    tls::Tls,
};
use crate::error::InvalidConfig;

/// How long opening a connection may take: long enough for a lost packet or two (TCP repeats its
/// first after 1, 3 and 7 s, RFC 6298), and a third of an attempt's default 30 s, so that a retry
/// within a deadline still can reach another address.
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may be idle in the pool: above the 30 s between two rounds of a collector,
/// so that it keeps its connection, and below the 60 s after which load balancers commonly close
/// one (AWS's default).
const DEFAULT_POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// When TCP asks whether an idle peer is still there: often enough for the 350 s of AWS's and the
/// 240 s of Azure's address translation.
const DEFAULT_TCP_KEEPALIVE: Duration = Duration::from_secs(60);

/// HTTP/2: a peer that is silent so long while a response is awaited is asked whether it is there,
/// and taken for gone if it says nothing for as long again. Both together stay below an attempt's
/// default 30 s, as otherwise each retry would go to the same dead connection.
const HTTP2_KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Idle connections kept to one host: more than any sensible number of calls at once. Whatever a
/// burst or dropped calls leave beyond is closed.
const MAX_IDLE_PER_HOST: usize = 256;

/// Builds an [`HttpTransport`]. Every value is checked by [`build`](Self::build).
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct HttpTransportBuilder {
    tls: Tls,
    plain_http_only: bool,
    proxy: ProxyChoice,
    connect_timeout: Option<Duration>,
    pool_idle_timeout: Option<Duration>,
    tcp_keepalive: Option<Duration>,
}

#[derive(Clone, Debug)]
enum ProxyChoice {
    Environment,
    Given(Proxy),
    None,
}

impl HttpTransportBuilder {
    pub(super) fn new() -> Self {
        Self {
            tls: Tls::default(),
            plain_http_only: false,
            proxy: ProxyChoice::Environment,
            connect_timeout: Some(DEFAULT_CONNECT_TIMEOUT),
            pool_idle_timeout: Some(DEFAULT_POOL_IDLE_TIMEOUT),
            tcp_keepalive: Some(DEFAULT_TCP_KEEPALIVE),
        }
    }

    /// Roots, client certificate and lowest version of TLS; [`Tls::system`] by default.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Leaves TLS out: requests to `https` are refused, and no certificates are loaded, which saves
    /// some milliseconds.
    ///
    /// For servers on this machine, such as the embedded API. They are reached past all proxies, so
    /// a variable that names an unusable proxy is an error only once a request would need it.
    pub fn plain_http_only(mut self) -> Self {
        self.plain_http_only = true;
        self
    }

    /// Uses this proxy for all connections instead of those that the environment names: see
    /// [`Proxy`]. A blank URL counts as not given.
    pub fn proxy(mut self, proxy: impl Into<Proxy>) -> Self {
        self.proxy = ProxyChoice::Given(proxy.into());
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::None;
        self
    }

    /// How long opening a connection may take, with DNS, TCP, proxy and TLS together; 10 s by
    /// default, `None` for no bound.
    ///
    /// An attempt's own timeout counts as well.
    pub fn connect_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = timeout.into();
        self
    }

    /// How long a connection may be idle before it is closed; 50 s by default, `None` for ever.
    ///
    /// That is above the collector's interval of 30 s and below the 60 s after which load balancers
    /// commonly close one. Until then as many are kept as were in use at once, 256 at most.
    /// [`Duration::ZERO`] turns the pool off: each request opens its own connection.
    pub fn pool_idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.pool_idle_timeout = timeout.into();
        self
    }

    /// When TCP first asks whether an idle peer is still there; after 60 s by default, `None` for
    /// never.
    pub fn tcp_keepalive(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.tcp_keepalive = after.into();
        self
    }

    /// Builds the transport, reading the environment's proxies and the system's roots where they
    /// are wanted.
    ///
    /// # Errors
    /// A proxy's URL, given or in the environment, cannot be used; the TLS settings cannot be used;
    /// the system has no roots.
    pub fn build(self) -> Result<HttpTransport, InvalidConfig> {
        let given = match &self.proxy {
            ProxyChoice::None => Some(Rules::default()),
            ProxyChoice::Environment => None,
            ProxyChoice::Given(proxy) => proxy.rules()?,
        };
        let rules = match given {
            Some(rules) => rules,
            None if self.plain_http_only => proxy::environment(),
            None => proxy::environment().checked()?,
        };
        let tls = if self.plain_http_only && !rules.names_https_proxy() {
            None
        } else {
            Some(self.tls.build()?)
        };
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(self.connect_timeout);
        tcp.set_keepalive(self.tcp_keepalive);
        let connector = Connector {
            tcp,
            tls,
            proxies: Arc::new(rules),
            timeout: self.connect_timeout,
        };

        let mut client = Client::builder(TokioExecutor::new());
        client
            .timer(TokioTimer::new())
            // Without a timer idle connections would never expire.
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.pool_idle_timeout)
            .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
            .retry_canceled_requests(true)
            .http2_keep_alive_interval(HTTP2_KEEP_ALIVE)
            .http2_keep_alive_timeout(HTTP2_KEEP_ALIVE);
        let mut unpooled = client.clone();
        unpooled.pool_max_idle_per_host(0);
        let unpooled = unpooled.build(connector.clone());
        let pooled = match self.pool_idle_timeout {
            Some(Duration::ZERO) => unpooled.clone(),
            // What was in use at once is kept until it has been idle for too long.
            _ => client.build(connector),
        };
        Ok(HttpTransport {
            clients: Arc::new(Clients { pooled, unpooled }),
            tls: !self.plain_http_only,
        })
    }
}

impl fmt::Debug for HttpTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransportBuilder")
            .field("tls", &self.tls)
            .field("proxy", &self.proxy)
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .finish_non_exhaustive()
    }
}
