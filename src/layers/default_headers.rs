//! `DefaultHeadersLayer`: headers that every request gets unless it has them already.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Request,
    header::{ACCEPT, CONTENT_TYPE, USER_AGENT},
};
use tower::{Layer, Service};

use crate::{body::ImpliedContentType, error::InvalidConfig};

/// The user agent without a user's own parts, in the form of the Python SDK's: product, language,
/// system.
const USER_AGENT_BASE: &str = concat!(
    "slack-audit-logs/",
    env!("CARGO_PKG_VERSION"),
    " rust/",
    env!("CARGO_PKG_RUST_VERSION")
);

/// Adds headers to requests that do not have them; see the [order of the stack](crate::layers).
///
/// A header of the request wins over a default of the same name; names compare without case, so
/// nothing is sent twice. The one exception is a `Content-Type` that
/// [`ApiRequest::json`](crate::ApiRequest::json) implied: it gives way to a default.
///
/// The layer starts with `Accept: application/json` and a `User-Agent` that names this crate; both
/// may be replaced.
///
/// ```
/// use slack_audit_logs::{http, layers::DefaultHeadersLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower::BoxError> {
/// let headers = DefaultHeadersLayer::new().user_agent_prefix("my-siem/1.2")?;
/// let service = ServiceBuilder::new().layer(headers).service_fn(
///     |request: http::Request<()>| async move {
///         Ok::<_, std::io::Error>(request.headers().clone())
///     },
/// );
/// let headers = service.oneshot(http::Request::new(())).await?;
/// assert_eq!(headers["accept"], "application/json");
/// assert!(headers["user-agent"].to_str()?.starts_with("my-siem/1.2 slack-audit-logs/"));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct DefaultHeadersLayer {
    headers: HeaderMap,
    prefix: Option<String>,
    suffix: Option<String>,
}

impl Default for DefaultHeadersLayer {
    fn default() -> Self {
        let json = HeaderValue::from_static("application/json");
        Self {
            headers: HeaderMap::from_iter([(ACCEPT, json)]),
            prefix: None,
            suffix: None,
        }
    }
}

impl DefaultHeadersLayer {
    /// `Accept` and `User-Agent` only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a default header, or replaces one. A `User-Agent` given here replaces the whole one.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Puts a product before the user agent: `my-siem/1.2 slack-audit-logs/…`.
    ///
    /// # Errors
    /// It has characters that no header has.
    pub fn user_agent_prefix(mut self, prefix: impl Into<String>) -> Result<Self, InvalidConfig> {
        self.prefix = Some(checked_product(prefix.into())?);
        Ok(self)
    }

    /// Puts a product after the user agent.
    ///
    /// # Errors
    /// It has characters that no header has.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Result<Self, InvalidConfig> {
        self.suffix = Some(checked_product(suffix.into())?);
        Ok(self)
    }

    fn user_agent(&self) -> Option<HeaderValue> {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let base = format!("{USER_AGENT_BASE} {os}/{arch}");
        let parts = [self.prefix.as_deref(), Some(&base), self.suffix.as_deref()];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        HeaderValue::try_from(parts.join(" ")).ok()
    }
}

fn checked_product(product: String) -> Result<String, InvalidConfig> {
    match HeaderValue::from_str(&product) {
        Ok(_) => Ok(product),
        Err(_) => Err(InvalidConfig::new(
            "user agent: it has a line break or another character that no header has",
        )),
    }
}

/// Shows names only: a default header may be a credential.
impl std::fmt::Debug for DefaultHeadersLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DefaultHeadersLayer")
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for DefaultHeadersLayer {
    type Service = DefaultHeaders<S>;

    fn layer(&self, inner: S) -> DefaultHeaders<S> {
        let mut headers = self.headers.clone();
        if !headers.contains_key(USER_AGENT)
            && let Some(user_agent) = self.user_agent()
        {
            headers.insert(USER_AGENT, user_agent);
        }
        DefaultHeaders {
            inner,
            headers: headers.into(),
        }
    }
}

/// The service of [`DefaultHeadersLayer`].
#[derive(Clone)]
pub struct DefaultHeaders<S> {
    inner: S,
    headers: Arc<HeaderMap>,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for DefaultHeaders<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let implied = request.extensions_mut().remove::<ImpliedContentType>();
        let content_type_gives_way = implied.is_some();
        let headers = request.headers_mut();
        for (name, value) in &*self.headers {
            if !headers.contains_key(name) || (content_type_gives_way && name == CONTENT_TYPE) {
                headers.insert(name, value.clone());
            }
        }
        self.inner.call(request)
    }
}

impl<S> std::fmt::Debug for DefaultHeaders<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DefaultHeaders")
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
