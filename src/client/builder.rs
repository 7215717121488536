//! `AuditLogsClientBuilder`: what a client is made of.

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue};
use tower::util::Either;

use super::{
    AuditLogsClient,
    http_layer::{HttpLayer, HttpLayers, Transport},
    stack::{Custom, CustomTransport, Stack},
};
use crate::{
    error::{Error, InvalidConfig},
    layers::{
        AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer, DefaultHeadersLayer,
        RateLimitLayer,
    },
    retry::{RetryHandler, RetryLayer, RetryPolicy},
    token::{Token, TokenProvider, TokenSource},
    transport::{HttpTransport, HttpTransportBuilder, Proxy, Tls},
};

/// How long an attempt may take by default: connecting, the head and the body. The Python SDK's
/// default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Builds an [`AuditLogsClient`]. Every value is checked by [`build`](Self::build), which names the
/// first wrong one.
///
/// ```
/// use std::time::Duration;
/// use slack_audit_logs::{
///     AuditLogsClient,
///     retry::{RateLimitErrorRetryHandler, ServerErrorRetryHandler},
/// };
///
/// # fn main() -> Result<(), slack_audit_logs::Error> {
/// let client = AuditLogsClient::builder()
///     .token("xoxp-…".replace('…', "1"))
///     .retry_handler(RateLimitErrorRetryHandler::default())
///     .retry_handler(ServerErrorRetryHandler::default())
///     .timeout(Duration::from_secs(60))
///     .deadline(Duration::from_secs(300))
///     .user_agent_prefix("my-siem/1.2")
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct AuditLogsClientBuilder {
    token: Option<TokenSource>,
    base_url: String,
    plain_http: bool,
    default_headers: DefaultHeadersLayer,
    call_layers: HttpLayers,
    deadline: Option<Duration>,
    policy: RetryPolicy,
    /// What stands in the place of the policy.
    retry_layer: Option<HttpLayers>,
    attempt_layers: HttpLayers,
    rate_limit: Option<RateLimitLayer>,
    timeout: Duration,
    max_body_size: usize,
    transport: Option<CustomTransport>,
    http: Option<HttpTransportBuilder>,
    /// The first value that was wrong.
    invalid: Option<InvalidConfig>,
}

impl AuditLogsClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            token: None,
            base_url: BaseUrlLayer::SLACK.to_owned(),
            plain_http: false,
            default_headers: DefaultHeadersLayer::new(),
            call_layers: HttpLayers::default(),
            deadline: None,
            policy: RetryPolicy::default(),
            retry_layer: None,
            attempt_layers: HttpLayers::default(),
            rate_limit: Some(RateLimitLayer::default()),
            timeout: DEFAULT_TIMEOUT,
            max_body_size: CollectBodyLayer::DEFAULT_LIMIT,
            transport: None,
            http: None,
            invalid: None,
        }
    }

    /// Keeps the first wrong value for `build`.
    fn checked<T>(
        mut self,
        value: Result<T, InvalidConfig>,
        set: impl FnOnce(&mut Self, T),
    ) -> Self {
        match value {
            Ok(value) => set(&mut self, value),
            Err(error) => self.invalid = self.invalid.or(Some(error)),
        }
        self
    }

    /// The bearer token. Without one, and without a provider, no `Authorization` is sent:
    /// `/schemas` and `/actions` need none.
    pub fn token(self, token: impl AsRef<str>) -> Self {
        self.checked(Token::new(token), |this, token| {
            this.token = Some(TokenSource::Held(token));
        })
    }

    /// Asks for the token before every attempt: for tokens that rotate or come from a vault.
    pub fn token_provider(mut self, provider: impl TokenProvider + 'static) -> Self {
        self.token = Some(TokenSource::Provider(Arc::new(provider)));
        self
    }

    /// The base URL, with or without a slash at its end; [`BaseUrlLayer::SLACK`] by default.
    /// GovSlack's is `https://api.slack-gov.com/audit/v1/`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Sends the token over plain HTTP to another machine, too, where whoever is on the way can
    /// read it. Loopback needs no permission.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// How long one attempt may take, from asking for its token to the last byte of its body: 30 s
    /// by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a whole call may take, all attempts and waits included: not bounded by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// A header of every request that does not have it itself.
    pub fn default_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.default_headers = self.default_headers.header(name, value);
        self
    }

    /// Puts a product before the user agent, such as `my-siem/1.2`.
    pub fn user_agent_prefix(self, prefix: impl Into<String>) -> Self {
        let headers = self.default_headers.clone().user_agent_prefix(prefix);
        self.checked(headers, |this, headers| this.default_headers = headers)
    }

    /// Puts a product after the user agent.
    pub fn user_agent_suffix(self, suffix: impl Into<String>) -> Self {
        let headers = self.default_headers.clone().user_agent_suffix(suffix);
        self.checked(headers, |this, headers| this.default_headers = headers)
    }

    /// Adds a retry handler behind those that are there: by default connection errors are retried
    /// once.
    ///
    /// After [`retry_layer`](Self::retry_layer) it begins a policy anew.
    pub fn retry_handler(self, handler: impl RetryHandler + 'static) -> Self {
        let policy = self.policy.clone().handler(handler);
        self.retry_policy(policy)
    }

    /// Replaces all retry handlers; an empty list retries nothing.
    pub fn retry_handlers(self, handlers: impl IntoIterator<Item = Arc<dyn RetryHandler>>) -> Self {
        let policy = self.policy.clone().handlers(handlers);
        self.retry_policy(policy)
    }

    /// Replaces the retry policy.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self.retry_layer = None;
        self
    }

    /// Puts any layer in the place of the retry: `tower::retry::RetryLayer` with a policy of one's
    /// own, or `tower::layer::util::Identity`.
    pub fn retry_layer(mut self, layer: impl HttpLayer) -> Self {
        self.policy = RetryPolicy::default();
        self.retry_layer = Some(HttpLayers::of(layer));
        self
    }

    /// Paces requests otherwise than by Slack's Tier 3, or, with `None`, not at all. Clones of one
    /// layer share one limit, also over several clients.
    pub fn rate_limit(mut self, rate_limit: impl Into<Option<RateLimitLayer>>) -> Self {
        self.rate_limit = rate_limit.into();
        self
    }

    /// How many bytes a body may have after decompression: 64 MiB by default.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.max_body_size = bytes;
        self
    }

    /// Adds a layer around each call, just inside the base URL; a later one is inside the earlier
    /// ones.
    pub fn layer(mut self, layer: impl HttpLayer) -> Self {
        self.call_layers.push(layer);
        self
    }

    /// Adds a layer around each attempt, just below the retry; a later one is inside the earlier
    /// ones.
    pub fn attempt_layer(mut self, layer: impl HttpLayer) -> Self {
        self.attempt_layers.push(layer);
        self
    }

    /// Sends through this proxy instead of those that the environment names: see
    /// [`HttpTransportBuilder::proxy`].
    pub fn proxy(self, proxy: impl Into<Proxy>) -> Self {
        self.http(|http| http.proxy(proxy))
    }

    /// Sends through no proxy, whatever the environment says.
    pub fn no_proxy(self) -> Self {
        self.http(HttpTransportBuilder::no_proxy)
    }

    /// How TLS decides whom to trust: see [`Tls`].
    pub fn tls(self, tls: Tls) -> Self {
        self.http(|http| http.tls(tls))
    }

    fn http(mut self, change: impl FnOnce(HttpTransportBuilder) -> HttpTransportBuilder) -> Self {
        let http = self.http.take().unwrap_or_else(HttpTransport::builder);
        self.http = Some(change(http));
        self
    }

    /// Sends through any HTTP service instead of the crate's own transport, such as the embedded
    /// API or an
    /// [`HttpTransport`] with settings of its own. Proxy and TLS are its affair then.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        let custom = |max_body_size| Custom::new(transport, max_body_size);
        self.transport = Some(Box::new(custom));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// A value was wrong: see [`Error::is_build`]. The error names the value and what to change,
    /// never a secret.
    pub fn build(self) -> Result<AuditLogsClient, Error> {
        if let Some(invalid) = self.invalid {
            return Err(invalid.into());
        }
        if self.timeout.is_zero() || self.deadline.is_some_and(|deadline| deadline.is_zero()) {
            return Err(InvalidConfig::new(
                "timeout, deadline: a call cannot be done in no time; give more than zero",
            )
            .into());
        }
        let base_url = BaseUrlLayer::new(&self.base_url)?;
        let authorization = self
            .token
            .map(|source| AuthorizationLayer::from_source(source, &self.base_url, self.plain_http));
        let transport = match (self.transport, self.http) {
            (Some(_), Some(_)) => {
                return Err(InvalidConfig::new(
                    "transport: proxy and TLS are settings of the crate's own transport; set them \
                     on yours",
                )
                .into());
            }
            (Some(transport), None) => Either::Right(transport),
            (None, http) => {
                let mut http = http.unwrap_or_else(HttpTransport::builder);
                // Redirects are never followed, so a client of this machine needs no TLS, and no
                // time to load certificates.
                if base_url.is_plain_loopback() {
                    http = http.plain_http_only();
                }
                Either::Left(http.build()?)
            }
        };
        let stack = Stack {
            base_url,
            call_layers: self.call_layers,
            default_headers: self.default_headers,
            deadline: self.deadline.map(DeadlineLayer::new),
            retry: match self.retry_layer {
                Some(layer) => Either::Right(layer),
                None => Either::Left(RetryLayer::new(self.policy)),
            },
            attempt_layers: self.attempt_layers,
            rate_limit: self.rate_limit,
            timeout: self.timeout,
            authorization: authorization.transpose()?,
            max_body_size: self.max_body_size,
            transport,
        };
        Ok(AuditLogsClient {
            service: stack.assemble(),
        })
    }
}

/// Shows what is set, and no secret.
impl fmt::Debug for AuditLogsClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLogsClientBuilder")
            .field("token", &self.token)
            .field("default_headers", &self.default_headers)
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .field("rate_limit", &self.rate_limit)
            .field("max_body_size", &self.max_body_size)
            .finish_non_exhaustive()
    }
}
