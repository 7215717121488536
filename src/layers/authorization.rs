//! `AuthorizationLayer`: the bearer token, sent only to the origin it is for.
//!
//! The token is held, or a [`TokenProvider`] is asked for it before every attempt. A request to
//! another origin passes without it, and a request that has its own `Authorization` keeps that.
//! Plain HTTP to another machine is refused when the layer is built, as anybody on the way could
//! read the token; [`allow_plain_http`](AuthorizationLayer::allow_plain_http) is for those who know
//! better.
//!
//! ```
//! use slack_audit_logs::{Token, http, layers::AuthorizationLayer};
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower::BoxError> {
//! let layer = AuthorizationLayer::new(Token::new("xoxp-1")?, "https://api.slack.com/audit/v1/")?;
//! let service = ServiceBuilder::new().layer(layer).service_fn(
//!     |request: http::Request<()>| async move { Ok::<_, std::io::Error>(request.headers().get("authorization").cloned()) },
//! );
//! let to = |url: &'static str| http::Request::get(url).body(());
//! assert_eq!(service.clone().oneshot(to("https://api.slack.com/audit/v1/logs")?).await?.unwrap(), "Bearer xoxp-1");
//! assert_eq!(service.oneshot(to("https://elsewhere.test/")?).await?, None);
//! # Ok(()) }
//! ```

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, header::AUTHORIZATION};
use tower::{BoxError, Layer, Service};

use super::future::ResponseFuture;
use crate::{
    error::{Failure, FailureKind, InvalidConfig},
    token::{Token, TokenProvider, TokenSource},
    url::{Origin, parse_base_url},
};

/// Adds the bearer token to requests to one origin; see the [order of the stack](crate::layers).
#[derive(Clone, Debug)]
pub struct AuthorizationLayer {
    source: TokenSource,
    origin: Origin,
}

impl AuthorizationLayer {
    /// Sends a token to the origin of a base URL.
    ///
    /// # Errors
    /// The URL is none, or plain HTTP to another machine.
    pub fn new(token: Token, base_url: impl AsRef<str>) -> Result<Self, InvalidConfig> {
        Self::from_source(TokenSource::Held(token), base_url.as_ref(), false)
    }

    /// Sends what a provider gives to the origin of a base URL.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn provider(
        provider: impl TokenProvider + 'static,
        base_url: impl AsRef<str>,
    ) -> Result<Self, InvalidConfig> {
        Self::from_source(
            TokenSource::Provider(Arc::new(provider)),
            base_url.as_ref(),
            false,
        )
    }

    /// Like [`new`](Self::new), but takes plain HTTP to any machine: whoever is on the way can read
    /// the token.
    ///
    /// # Errors
    /// The URL is none.
    pub fn allow_plain_http(
        token: Token,
        base_url: impl AsRef<str>,
    ) -> Result<Self, InvalidConfig> {
        Self::from_source(TokenSource::Held(token), base_url.as_ref(), true)
    }

    pub(crate) fn from_source(
        source: TokenSource,
        base_url: &str,
        plain_http: bool,
    ) -> Result<Self, InvalidConfig> {
        // parse_base_url has checked that there is an origin.
        let origin = Origin::of(&parse_base_url(base_url)?)
            .ok_or_else(|| InvalidConfig::new("base URL: it has no host"))?;
        if origin.is_exposed() && !plain_http {
            return Err(InvalidConfig::new(
                "base URL: a token is not sent over plain http to another machine; use https, or allow plain http if the way is safe",
            ));
        }
        Ok(Self { source, origin })
    }
}

impl<S> Layer<S> for AuthorizationLayer {
    type Service = Authorization<S>;

    fn layer(&self, inner: S) -> Authorization<S> {
        Authorization {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`AuthorizationLayer`].
#[derive(Clone, Debug)]
pub struct Authorization<S> {
    inner: S,
    layer: AuthorizationLayer,
}

impl<S, B> Service<Request<B>> for Authorization<S>
where
    S: Service<Request<B>> + Clone,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, Request<B>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(own) = request.headers_mut().get_mut(AUTHORIZATION) {
            own.set_sensitive(true);
            return ResponseFuture::called(self.inner.call(request));
        }
        if Origin::of(request.uri()).as_ref() != Some(&self.layer.origin) {
            tracing::debug!("no token for a request to another origin");
            return ResponseFuture::called(self.inner.call(request));
        }
        match &self.layer.source {
            TokenSource::Held(token) => {
                request
                    .headers_mut()
                    .insert(AUTHORIZATION, token.to_header_value());
                ResponseFuture::called(self.inner.call(request))
            }
            TokenSource::Provider(provider) => {
                let token = provider.token();
                ResponseFuture::after(
                    &mut self.inner,
                    Box::pin(async move {
                        let token = token.await.map_err(|error| {
                            Failure::new(FailureKind::Token, "the token provider failed")
                                .with_source(error)
                        })?;
                        request
                            .headers_mut()
                            .insert(AUTHORIZATION, token.to_header_value());
                        Ok(request)
                    }),
                )
            }
        }
    }
}
