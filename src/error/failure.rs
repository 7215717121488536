//! `Failure` and `FailureKind`: what went wrong below the endpoint service, in the crate's own
//! words.

use std::{borrow::Cow, error::Error as StdError, fmt, io, time::Duration};

use bytes::Bytes;
use tower::BoxError;

/// What kind of failure kept a call from a response.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The host's name could not be resolved.
    Dns,
    /// No connection could be opened: refused, unreachable, cut short before it was ready, or not
    /// open in time.
    Connect,
    /// A proxy could not be reached, or did not open the way to the host.
    Proxy,
    /// A proxy wants credentials, or refused those that it got. Never retried by itself: that locks
    /// accounts.
    ProxyAuth,
    /// TLS failed: a certificate that is not trusted, no common version, no client certificate.
    Tls,
    /// The connection was closed or reset before the response was complete.
    Closed,
    /// What came over the connection was not HTTP.
    Protocol,
    /// The response's body was broken: wrong compression, wrong framing.
    Body,
    /// The response's body is larger than the limit.
    BodyTooLarge,
    /// One attempt took too long.
    Timeout,
    /// The whole call took too long.
    Deadline,
    /// A wait was not begun, as it would have passed its cap or the call's deadline.
    WaitRefused,
    /// No token could be had for the request.
    Token,
    /// The request must not be sent: its URL is not what the stack was built for.
    Refused,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// The kind of an error, found by walking its sources.
    ///
    /// A [`Failure`] says its kind itself. For errors of other transports the sources are walked
    /// for what is known of them: `std::io::Error` (and what it wraps, which its `source()` skips),
    /// the `Elapsed` of tower and tokio, and with the feature `client` also the errors of rustls,
    /// hyper, h2 and hyper-util. What lies deepest decides, but for a failure of TLS, which decides
    /// wherever it stands: a certificate that is not trusted must never pass for a connection that
    /// may work the next time.
    pub fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut found = Self::Other;
        let mut connecting = false;
        for error in Sources(Some(error)) {
            if let Some(failure) = error.downcast_ref::<Failure>() {
                return failure.kind();
            }
            if error.is::<tower::timeout::error::Elapsed>()
                || error.is::<tokio::time::error::Elapsed>()
            {
                return Self::Timeout;
            }
            match Self::of_one(error) {
                Self::Tls => return Self::Tls,
                Self::Other => {}
                kind => found = kind,
            }
            connecting |= is_connecting(error);
        }
        match found {
            Self::Other | Self::Closed | Self::Timeout if connecting => Self::Connect,
            found => found,
        }
    }

    /// What an error says without its sources.
    fn of_one(error: &(dyn StdError + 'static)) -> Self {
        #[cfg(feature = "client")]
        if error.is::<rustls::Error>() {
            return Self::Tls;
        } else if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return Self::of_hyper(error);
        } else if let Some(error) = error.downcast_ref::<h2::Error>() {
            return Self::of_h2(error);
        }
        error.downcast_ref().map_or(Self::Other, Self::of_io)
    }

    #[cfg(feature = "client")]
    fn of_hyper(error: &hyper::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_parse() {
            Self::Protocol
        } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            Self::Closed
        } else {
            Self::Other
        }
    }

    #[cfg(feature = "client")]
    fn of_h2(error: &h2::Error) -> Self {
        match error.get_io() {
            // The connection is gone, whatever its last words were; a stream that the server reset
            // or never took is as good as closed.
            Some(io) => match Self::of_io(io) {
                Self::Other => Self::Closed,
                kind => kind,
            },
            None if error.is_remote() => Self::Closed,
            None => Self::Protocol,
        }
    }

    fn of_io(error: &io::Error) -> Self {
        use io::ErrorKind as Io;
        match error.kind() {
            Io::ConnectionRefused | Io::AddrNotAvailable => Self::Connect,
            // A route may also be lost under an open connection, with the request on its way.
            Io::HostUnreachable
            | Io::NetworkUnreachable
            | Io::NetworkDown
            | Io::ConnectionReset
            | Io::ConnectionAborted
            | Io::BrokenPipe
            | Io::NotConnected
            | Io::UnexpectedEof => Self::Closed,
            Io::TimedOut => Self::Timeout,
            _ => Self::Other,
        }
    }

    /// Whether the request surely never reached the server, so that even one that changes something
    /// may be sent again.
    ///
    /// Not with [`Tls`](Self::Tls), which may also break after the request was written.
    pub fn is_before_send(self) -> bool {
        use FailureKind::{Connect, Dns, Proxy, ProxyAuth, Refused, Token, WaitRefused};
        matches!(
            self,
            Dns | Connect | Proxy | ProxyAuth | WaitRefused | Token | Refused
        )
    }

    /// The kind as one word, as spans record it in `error.type`.
    pub fn name(self) -> &'static str {
        self.texts().0
    }

    /// The kind in plain words.
    pub fn meaning(self) -> &'static str {
        self.texts().1
    }

    /// What to do about it, where something better than "try again" can be said.
    pub fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::Dns | Self::Connect => {
                "check the base URL, the network and whether a proxy is needed"
            }
            Self::Proxy => "check the proxy's address, and whether it lets through",
            Self::ProxyAuth => "check the proxy's user name and password",
            Self::Tls => {
                "check the host and its certificate; a proxy that inspects TLS has a root of its \
                 own"
            }
            Self::Timeout => "raise the timeout, or ask for smaller pages with limit",
            Self::Deadline => "raise the deadline",
            Self::BodyTooLarge => "ask for smaller pages with limit, or allow larger bodies",
            Self::WaitRefused => "call again after the wait",
            _ => return None,
        })
    }

    /// Name and meaning.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Dns => ("dns", "the host's name could not be resolved"),
            Self::Connect => ("connect", "could not connect"),
            Self::Proxy => ("proxy", "the proxy did not open the way"),
            Self::ProxyAuth => ("proxy_auth", "the proxy asks for credentials"),
            Self::Tls => ("tls", "TLS failed"),
            Self::Closed => (
                "closed",
                "the connection was closed before the response was complete",
            ),
            Self::Protocol => ("protocol", "the response was not HTTP"),
            Self::Body => ("body", "the response's body was broken"),
            Self::BodyTooLarge => (
                "body_too_large",
                "the response's body is larger than the limit",
            ),
            Self::Timeout => ("timeout", "timed out"),
            Self::Deadline => ("deadline", "the deadline passed"),
            Self::WaitRefused => ("wait_refused", "the wait would be too long"),
            Self::Token => ("token", "no token could be had"),
            Self::Refused => ("refused", "the request was not sent"),
            Self::Other => ("_OTHER", "the transport, or a layer above it, failed"),
        }
    }

    /// Whether an attempt was begun for sure, whoever counts them.
    pub(super) fn is_of_attempt(self) -> bool {
        use FailureKind::{
            Body, BodyTooLarge, Closed, Connect, Dns, Protocol, Proxy, ProxyAuth, Tls,
        };
        matches!(self, Dns | Connect | Proxy | ProxyAuth | Tls)
            || matches!(self, Closed | Protocol | Body | BodyTooLarge)
    }
}

#[cfg(feature = "client")]
fn is_connecting(error: &(dyn StdError + 'static)) -> bool {
    let error = error.downcast_ref::<hyper_util::client::legacy::Error>();
    error.is_some_and(|error| error.is_connect())
}

#[cfg(not(feature = "client"))]
fn is_connecting(_: &(dyn StdError + 'static)) -> bool {
    false
}

/// How the layers and the transport of this crate fail.
///
/// Every layer fails with a [`BoxError`]; what this crate itself has to say is in there as a
/// `Failure`, anything else is what the service below said.
/// [`FailureKind::of`] reads either. The message never holds a token, a header value or a query.
pub struct Failure(Box<Inner>);

struct Inner {
    kind: FailureKind,
    message: Cow<'static, str>,
    advice: Option<&'static str>,
    wait: Option<Duration>,
    response: Option<http::Response<Bytes>>,
    source: Option<BoxError>,
}

impl Failure {
    /// A failure of a kind; the message must be fit for logs.
    pub fn new(kind: FailureKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            advice: None,
            wait: None,
            response: None,
            source: None,
        }))
    }

    /// The same with the error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same with what to do about it, where the kind alone would say something else.
    #[must_use]
    pub fn with_advice(mut self, advice: &'static str) -> Self {
        self.0.advice = Some(advice);
        self
    }

    /// The same with the wait that was refused.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.0.wait = Some(wait);
        self
    }

    /// The same with the response that was not good enough.
    #[must_use]
    pub fn with_response(mut self, response: http::Response<Bytes>) -> Self {
        self.0.response = Some(response);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> FailureKind {
        self.0.kind
    }

    /// What to do about it, where something better than its kind's advice can be said.
    pub fn advice(&self) -> Option<&'static str> {
        self.0.advice
    }

    /// The wait that was refused, if that is what happened.
    pub fn wait(&self) -> Option<Duration> {
        self.0.wait
    }

    /// The last response, if there was one.
    pub fn response(&self) -> Option<&http::Response<Bytes>> {
        self.0.response.as_ref()
    }

    /// The error that this only gives a kind to, if it is made of one: see `From<BoxError>`.
    pub(super) fn into_foreign(self) -> Result<BoxError, Self> {
        match self.0.source {
            Some(source) if self.0.message == self.0.kind.meaning() => Ok(source),
            _ => Err(self),
        }
    }

    /// Takes the last response out.
    pub(crate) fn take_response(&mut self) -> Option<http::Response<Bytes>> {
        self.0.response.take()
    }
}

/// A [`Failure`] stays what it is; any other error becomes the source of one of its
/// [kind](FailureKind::of).
impl From<BoxError> for Failure {
    fn from(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => *failure,
            Err(error) => {
                let kind = FailureKind::of(&*error);
                Self::new(kind, kind.meaning()).with_source(error)
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Failure")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("wait", &inner.wait)
            .field("status", &self.response().map(http::Response::status))
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// An error and its sources, outermost first, with what an `io::Error` wraps (its `source()` skips
/// one level).
pub(crate) struct Sources<'a>(pub(crate) Option<&'a (dyn StdError + 'static)>);

impl<'a> Iterator for Sources<'a> {
    type Item = &'a (dyn StdError + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let error = self.0.take()?;
        self.0 = match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
        Some(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_found_below_foreign_errors() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(FailureKind::of(&reset), FailureKind::Closed);

        let wrapped = io::Error::other(Failure::new(FailureKind::Tls, "not trusted"));
        let connect = io::Error::new(io::ErrorKind::ConnectionRefused, wrapped);
        // What an io::Error wraps decides before its own kind.
        assert_eq!(FailureKind::of(&connect), FailureKind::Tls);

        let elapsed: BoxError = Box::new(tower::timeout::error::Elapsed::new());
        assert_eq!(FailureKind::of(&*elapsed), FailureKind::Timeout);
        assert_eq!(FailureKind::of(&fmt::Error), FailureKind::Other);
    }

    #[cfg(feature = "client")]
    #[test]
    fn a_bad_certificate_never_passes_for_a_connect_error() {
        use rustls::{CertificateError, Error as Tls};
        let certificate = || Tls::InvalidCertificate(CertificateError::UnknownIssuer);
        // As hyper-rustls wraps it; `source()` would skip it twice.
        let twice = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, certificate()));
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, certificate());
        let inner = io::Error::other(certificate());
        let reset = io::Error::new(io::ErrorKind::ConnectionReset, inner);
        for error in [twice, refused, reset] {
            assert_eq!(FailureKind::of(&error), FailureKind::Tls);
        }
    }

    #[test]
    fn what_may_have_been_sent_is_never_taken_for_unsent() {
        use io::ErrorKind as Io;
        for lost in [Io::HostUnreachable, Io::NetworkUnreachable, Io::NetworkDown] {
            let kind = FailureKind::of(&io::Error::from(lost));
            assert_eq!(kind, FailureKind::Closed, "{lost}");
            assert!(!kind.is_before_send(), "{lost}");
        }
        assert!(!FailureKind::Tls.is_before_send());
    }

    #[test]
    fn what_lies_deepest_decides() {
        let inner = io::Error::from(io::ErrorKind::ConnectionRefused);
        let outer = io::Error::new(io::ErrorKind::UnexpectedEof, inner);
        assert_eq!(FailureKind::of(&outer), FailureKind::Connect);
        let outer = io::Error::new(io::ErrorKind::ConnectionReset, fmt::Error);
        assert_eq!(FailureKind::of(&outer), FailureKind::Closed);
    }
}
