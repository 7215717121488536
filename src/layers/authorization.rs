//! `AuthorizationLayer`: the bearer token, sent only to the origin it is for.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use futures_util::future::{BoxFuture, Either};
use http::{HeaderValue, Request, header::AUTHORIZATION};
use tower::{
    BoxError, Layer,
    filter::{AsyncFilter, AsyncPredicate},
};

use crate::{
    call_record::CallRecord,
    error::{Failure, FailureKind, InvalidConfig},
    token::{Token, TokenProvider, TokenSource},
    url::{Origin, parse_base_url},
};

/// Adds the bearer token to requests to one origin; see the [order of the stack](crate::layers).
///
/// It is the [`AsyncPredicate`] of a tower [`AsyncFilter`], which holds the inner service that was
/// polled ready while a provider is asked.
///
/// The token is held, or a [`TokenProvider`] is asked for it before every attempt. A request to
/// another origin passes without it, and a request that has its own `Authorization` keeps that.
/// Plain HTTP to another machine is refused when the layer is built, as anybody on the way could
/// read the token; [`allow_plain_http`](AuthorizationLayer::allow_plain_http) is for those who know
/// better.
///
/// Other services than Slack's, which a collector may write to, want other schemes than `Bearer`:
/// see [`Token::with_scheme`].
///
/// ```
/// use slack_audit_logs::{Token, http, layers::AuthorizationLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower::BoxError> {
/// const BASE: &str = "https://api.slack.com/audit/v1/";
/// let service = ServiceBuilder::new()
///     .layer(AuthorizationLayer::new(Token::new("xoxp-1")?, BASE)?)
///     .service_fn(|request: http::Request<()>| async move {
///         Ok::<_, std::io::Error>(request.headers().get("authorization").cloned())
///     });
/// let to = |url: &str| http::Request::get(url).body(());
/// let here = service.clone().oneshot(to("https://api.slack.com/audit/v1/logs")?).await?;
/// assert_eq!(here.unwrap(), "Bearer xoxp-1");
/// assert_eq!(service.oneshot(to("https://elsewhere.test/")?).await?, None);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AuthorizationLayer {
    source: TokenSource,
    origin: Origin,
}

impl AuthorizationLayer {
    /// Sends a token to the origin of a base URL.
    ///
    /// # Errors
    /// The URL is not valid, or is plain HTTP to another machine.
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
        let source = TokenSource::Provider(Arc::new(provider));
        Self::from_source(source, base_url.as_ref(), false)
    }

    /// Like [`new`](Self::new), but takes plain HTTP to any machine: whoever is on the way can read
    /// the token.
    ///
    /// # Errors
    /// The URL is not valid.
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
        let (_, origin) = parse_base_url(base_url).map_err(InvalidConfig::new)?;
        if origin.is_exposed() && !plain_http {
            return Err(InvalidConfig::new(
                "base URL: a token is not sent over plain http to another machine; use https, or \
                 allow plain http if the way is safe",
            ));
        }
        Ok(Self { source, origin })
    }
}

impl<B: Send + 'static> AsyncPredicate<Request<B>> for AuthorizationLayer {
    type Future = Either<
        Ready<Result<Request<B>, BoxError>>,
        BoxFuture<'static, Result<Request<B>, BoxError>>,
    >;
    type Request = Request<B>;

    fn check(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(own) = request.headers_mut().get_mut(AUTHORIZATION) {
            own.set_sensitive(true);
            let own = own.clone();
            return Either::Left(ready(Ok(with_credentials(request, own))));
        }
        if !self.origin.is_of(request.uri()) {
            tracing::debug!("no token for a request to another origin");
            return Either::Left(ready(Ok(request)));
        }
        match &self.source {
            TokenSource::Held(token) => {
                let token = token.to_header_value();
                Either::Left(ready(Ok(with_credentials(request, token))))
            }
            TokenSource::Provider(provider) => {
                let token = provider.token();
                Either::Right(Box::pin(async move {
                    let token = token.await.map_err(|error| {
                        let failure = Failure::new(FailureKind::Token, "the token provider failed");
                        failure.with_source(error)
                    })?;
                    Ok(with_credentials(request, token.to_header_value()))
                }))
            }
        }
    }
}

/// Adds the header, and notes it so that no error shows it if the server echoes it.
fn with_credentials<B>(mut request: Request<B>, value: HeaderValue) -> Request<B> {
    if let Some(record) = CallRecord::of(&request) {
        record.set_credentials(value.clone());
    }
    request.headers_mut().insert(AUTHORIZATION, value);
    request
}

impl<S> Layer<S> for AuthorizationLayer {
    type Service = AsyncFilter<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        AsyncFilter::new(inner, self.clone())
    }
}
