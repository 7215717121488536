//! `Token` and `TokenProvider`: what a request is authorized with.

use std::{fmt, future::Future, sync::Arc};

use futures_util::future::BoxFuture;
use http::HeaderValue;
use tower::BoxError;

use crate::error::InvalidConfig;

/// A bearer token: for the Audit Logs API a user token (`xoxp-…`) with the scope `auditlogs:read`.
///
/// It has no `Display`, and `Debug` hides it. Its header value is marked as sensitive, so that
/// HTTP/2 keeps it out of its compression tables.
#[derive(Clone)]
pub struct Token(HeaderValue);

impl Token {
    /// Checks and takes a token; white space around it, as a file leaves it, is dropped.
    ///
    /// # Errors
    /// The token is empty or has characters that no token has. The error never shows it.
    pub fn new(token: impl AsRef<str>) -> Result<Self, InvalidConfig> {
        let token = token.as_ref().trim_matches([' ', '\t', '\r', '\n']);
        if token.is_empty() {
            return Err(InvalidConfig::new(
                "token: it is empty; give a user token (xoxp-…) of an organization owner",
            ));
        }
        // RFC 6750, section 2.1: a bearer token has no spaces and no control characters, and is
        // ASCII.
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidConfig::new(
                "token: it has a space, a line break or another character that no token has",
            ));
        }
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| InvalidConfig::new("token: it does not fit into a header"))?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The value of the `Authorization` header, marked as sensitive.
    pub fn to_header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([hidden])")
    }
}

/// Gives the token of an attempt: for tokens that rotate or come from a vault.
///
/// It is asked once per attempt, inside the attempt's timeout; caching is the provider's affair.
/// Any closure that returns such a future is one:
///
/// ```
/// use slack_audit_logs::{Token, TokenProvider};
///
/// fn provider() -> impl TokenProvider {
///     || async { Ok(Token::new("xoxp-from-a-vault")?) }
/// }
/// # let _ = provider();
/// ```
pub trait TokenProvider: Send + Sync {
    /// The token to send now.
    ///
    /// # Errors
    /// There is none to be had; the attempt fails with
    /// [`FailureKind::Token`](crate::FailureKind::Token), and this error as its source.
    fn token(&self) -> BoxFuture<'static, Result<Token, BoxError>>;
}

impl<F, Fut> TokenProvider for F
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Token, BoxError>> + Send + 'static,
{
    fn token(&self) -> BoxFuture<'static, Result<Token, BoxError>> {
        Box::pin(self())
    }
}

/// Where a token comes from: held, or asked for.
#[derive(Clone)]
pub(crate) enum TokenSource {
    Held(Token),
    Provider(Arc<dyn TokenProvider>),
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(token) => token.fmt(f),
            Self::Provider(_) => f.write_str("TokenProvider"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_tokens_are_refused_unseen() {
        for bad in [
            "",
            "  \n",
            "xoxp-CANARY\nX-Evil: 1",
            "xoxp CANARY",
            "xoxp-CANARYé",
            "xoxp-CANARY\0",
        ] {
            let error = Token::new(bad).expect_err("a bad token");
            let shown = format!("{error} {error:?}");
            assert!(
                shown.contains("token") && !shown.contains("CANARY"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_token_shows_itself_nowhere_but_in_its_header() {
        let token = Token::new("xoxp-CANARY\n").expect("the line break of a file is dropped");
        let value = token.to_header_value();
        assert_eq!(value, "Bearer xoxp-CANARY");
        assert!(value.is_sensitive());
        assert!(
            !format!("{token:?} {value:?} {:?}", TokenSource::Held(token.clone()))
                .contains("CANARY")
        );
    }
}
