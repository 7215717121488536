//! `Token` and `TokenProvider`: what a request is authorized with.

use std::{fmt, future::Future, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::BoxFuture;
use http::HeaderValue;
use tower::BoxError;

use crate::error::InvalidConfig;

/// A bearer token: for the Audit Logs API a user token (`xoxp-…`) with the scope `auditlogs:read`.
/// For other services it may have [another scheme](Self::with_scheme).
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
        Self::checked("Bearer", token.as_ref()).map_err(|problem| {
            InvalidConfig::new(format!(
                "token: {problem}; give a user token (xoxp-…) of an organization owner"
            ))
        })
    }

    /// A token that is sent under another scheme than `Bearer`, as other services want it.
    ///
    /// ```
    /// use slack_audit_logs::{Token, layers::AuthorizationLayer};
    ///
    /// // Splunk's HTTP Event Collector
    /// let token = Token::with_scheme("Splunk", "11111111-2222-3333-4444-555555555555")?;
    /// let layer = AuthorizationLayer::new(token, "https://splunk.example.com:8088/")?;
    /// # let _ = layer;
    /// # Ok::<(), slack_audit_logs::InvalidConfig>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new), or the scheme has characters that no scheme has.
    pub fn with_scheme(scheme: &str, credentials: impl AsRef<str>) -> Result<Self, InvalidConfig> {
        // The characters of a token in RFC 9110, section 5.6.2, as far as schemes use them.
        let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if scheme.is_empty() || !scheme.bytes().all(is_scheme) {
            return Err(InvalidConfig::new(
                "token: its scheme is not a single word such as Bearer",
            ));
        }
        Self::checked(scheme, credentials.as_ref())
            .map_err(|problem| InvalidConfig::new(format!("token: {problem}")))
    }

    /// User and password as RFC 7617 sends them, for other services.
    ///
    /// # Errors
    /// The user has a colon, at which the server would divide the two.
    pub fn basic(user: &str, password: &str) -> Result<Self, InvalidConfig> {
        if user.contains(':') {
            return Err(InvalidConfig::new("token: the user's name has a colon"));
        }
        Self::with_scheme("Basic", STANDARD.encode(format!("{user}:{password}")))
    }

    fn checked(scheme: &str, credentials: &str) -> Result<Self, &'static str> {
        let credentials = credentials.trim_matches([' ', '\t', '\r', '\n']);
        if credentials.is_empty() {
            return Err("it is empty");
        }
        // RFC 6750, section 2.1: a bearer token has no spaces and no control characters, and is
        // ASCII. RFC 9110's token68, the form of other schemes' credentials, has no others.
        if !credentials.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it has a space, a line break or another character that no token has");
        }
        let mut value = HeaderValue::try_from(format!("{scheme} {credentials}"))
            .map_err(|_| "it does not fit into a header")?;
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
        let evil = "xoxp-CANARY\nX-Evil: 1";
        for bad in [
            "",
            "  \n",
            evil,
            "xoxp CANARY",
            "xoxp-CANARYé",
            "xoxp-CANARY\0",
        ] {
            let error = Token::new(bad).expect_err("a bad token");
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("token"), "{shown}");
            assert!(!shown.contains("CANARY"), "{shown}");
        }
    }

    #[test]
    fn other_schemes() {
        let splunk = Token::with_scheme("Splunk", "CANARY").expect("valid");
        assert_eq!(splunk.to_header_value(), "Splunk CANARY");
        let basic = Token::basic("Aladdin", "open sesame").expect("valid");
        // The example of RFC 7617.
        let expected = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
        assert_eq!(basic.to_header_value(), expected);
        assert!(basic.to_header_value().is_sensitive());
        for bad in [
            Token::with_scheme("", "CANARY"),
            Token::with_scheme("Two Words", "CANARY"),
            Token::with_scheme("X\r\nY", "CANARY"),
            Token::with_scheme("Splunk", "CANARY 2"),
            Token::basic("CANARY:", "CANARY"),
        ] {
            let error = bad.expect_err("wrong").to_string();
            assert!(!error.contains("CANARY"), "{error}");
        }
    }

    #[test]
    fn a_token_shows_itself_nowhere_but_in_its_header() {
        let token = Token::new("xoxp-CANARY\n").expect("the line break of a file is dropped");
        let value = token.to_header_value();
        assert_eq!(value, "Bearer xoxp-CANARY");
        assert!(value.is_sensitive());
        let shown = format!("{token:?} {value:?} {:?}", TokenSource::Held(token.clone()));
        assert!(!shown.contains("CANARY"));
    }
}
