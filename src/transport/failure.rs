//! What hyper, rustls and sockets say, in the crate's own words.
//!
//! None of a peer's words goes into an error: not the text of a `GOAWAY`, a reason phrase or the
//! names in a certificate. Told are codes, and what this machine says.

use std::{borrow::Cow, error::Error as StdError, io};

use hyper_util::client::legacy;
use rustls::{AlertDescription, CertificateError};
use tower::BoxError;

use super::{resolver::Unresolved, stream::Notes};
use crate::error::{Failure, FailureKind, Sources};

/// Why a connection could not be opened; hyper-util wraps it once more.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct ConnectFailure {
    kind: FailureKind,
    message: Cow<'static, str>,
    advice: Option<&'static str>,
    cause: Option<String>,
}

impl ConnectFailure {
    pub(super) fn new(kind: FailureKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            advice: None,
            cause: None,
        }
    }

    pub(super) fn advised(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    pub(super) fn caused_by(mut self, error: &(dyn StdError + 'static)) -> Self {
        self.cause = cause(error);
        self
    }

    /// Whether a proxy did not like the credentials: trying again could lock an account.
    pub(super) fn is_about_credentials(&self) -> bool {
        self.kind == FailureKind::ProxyAuth
    }

    /// No TCP connection to the host.
    pub(super) fn tcp(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        let (kind, message) = match find::<Unresolved>(&*error) {
            Some(_) => (FailureKind::Dns, "the host's name could not be resolved"),
            None => (
                FailureKind::Connect,
                "no connection to the host could be opened",
            ),
        };
        Self::new(kind, message).caused_by(&*error)
    }

    /// No TCP connection to the proxy.
    pub(super) fn proxy_tcp(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        let message = match find::<Unresolved>(&*error) {
            Some(_) => "the proxy's name could not be resolved",
            None => "no connection to the proxy could be opened",
        };
        Self::new(FailureKind::Proxy, message).caused_by(&*error)
    }

    /// No TLS with the host.
    pub(super) fn tls(error: &io::Error) -> Self {
        match find::<rustls::Error>(error) {
            Some(tls) => {
                let (message, advice) = tls_message(tls);
                Self::new(FailureKind::Tls, message).advised(advice)
            }
            // Cut short on the way, which says nothing about trust and may go better the next time.
            None => Self::new(
                FailureKind::Connect,
                "the connection was closed in the TLS handshake",
            ),
        }
        .caused_by(error)
    }

    /// No TLS with the proxy.
    pub(super) fn proxy_tls(error: &io::Error) -> Self {
        match find::<rustls::Error>(error) {
            Some(tls) => Self::new(
                FailureKind::Tls,
                format!("TLS with the proxy failed: {}", tls_message(tls).0),
            )
            .advised("check the proxy's URL, and whether its certificate's authority is trusted"),
            None => Self::new(
                FailureKind::Proxy,
                "the connection to the proxy was closed in the TLS handshake",
            ),
        }
        .caused_by(error)
    }
}

impl From<&ConnectFailure> for Failure {
    fn from(failure: &ConnectFailure) -> Self {
        let told = Self::new(failure.kind, failure.message.clone());
        let told = match failure.advice {
            Some(advice) => told.with_advice(advice),
            None => told,
        };
        with_cause(told, failure.cause.clone())
    }
}

/// Why there is no head of a response.
pub(super) fn of_head(error: &legacy::Error) -> Failure {
    if let Some(connect) = find::<ConnectFailure>(error) {
        return connect.into();
    }
    // Once the client took the handshake for done: with TLS 1.3 only then the server says what it
    // thinks of the client's certificate.
    if let Some(tls) = Notes::of_error(error).tls_error() {
        let (message, advice) = tls_message(tls);
        let failure = Failure::new(FailureKind::Tls, message).with_advice(advice);
        return with_cause(failure, cause(tls));
    }
    let kind = match FailureKind::of(error) {
        // No connection was what a `ConnectFailure` says.
        FailureKind::Connect => FailureKind::Closed,
        kind => kind,
    };
    let message = match kind {
        FailureKind::Closed => "the connection was closed before the response began",
        kind => kind.meaning(),
    };
    with_cause(Failure::new(kind, message), cause(error))
}

/// Why a body is not complete.
pub(super) fn of_body(error: &hyper::Error) -> Failure {
    let failure = match FailureKind::of(error) {
        FailureKind::Closed => Failure::new(
            FailureKind::Closed,
            "the connection was closed inside the response's body",
        ),
        kind @ (FailureKind::Tls | FailureKind::Timeout | FailureKind::Protocol) => {
            Failure::new(kind, kind.meaning())
        }
        _ => Failure::new(
            FailureKind::Body,
            "the framing of the response's body is broken",
        ),
    };
    with_cause(failure, cause(error))
}

/// Whether the connection was gone before it took the request, as far as that can be known.
///
/// Over HTTP/1.1 and where HTTP/2 ends without a word, a request that was written may have been
/// read. A stream that the server resets was taken, and a server that closes the connection with an
/// error does not want the same again at once.
pub(super) fn is_gone(error: &legacy::Error) -> bool {
    match find::<h2::Error>(error) {
        Some(error) if error.is_go_away() => {
            error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR)
        }
        Some(error) => error.is_io(),
        None => FailureKind::of(error) == FailureKind::Closed,
    }
}

/// Whether an error is HTTP/2's.
pub(super) fn is_http2(error: &legacy::Error) -> bool {
    find::<h2::Error>(error).is_some()
}

fn with_cause(failure: Failure, cause: Option<String>) -> Failure {
    match cause {
        Some(cause) => failure.with_source(cause),
        None => failure,
    }
}

/// What an error comes from, in words that are surely none of the peer's.
fn cause(error: &(dyn StdError + 'static)) -> Option<String> {
    Sources(Some(error)).filter_map(own_words).last()
}

fn own_words(error: &(dyn StdError + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(match error.raw_os_error() {
            Some(_) => error.to_string(),
            None => error.kind().to_string(),
        });
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        let what = match (error.is_reset(), error.is_go_away(), error.is_remote()) {
            (true, _, true) => "the host reset the HTTP/2 stream",
            (_, true, true) => "the host ended the HTTP/2 connection",
            _ => "HTTP/2 failed",
        };
        return Some(match (error.get_io(), error.reason()) {
            (Some(error), _) => own_words(error)?,
            (None, Some(reason)) => format!("{what}: {reason:?}"),
            (None, None) => what.to_owned(),
        });
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        // The names of variants, without what is in them: it may be names out of a certificate.
        let debug = format!("{error:?}");
        let end = debug.find(|c: char| !(c.is_ascii_alphanumeric() || c == '(' || c == ')'));
        return Some(debug[..end.unwrap_or(debug.len())].to_owned());
    }
    if error.is::<Unresolved>() || error.is::<hyper::Error>() {
        return Some(error.to_string());
    }
    None
}

/// An error of a type among an error and its sources.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    Sources(Some(error)).find_map(|error| error.downcast_ref())
}

/// Why TLS failed, and what to do about it.
fn tls_message(error: &rustls::Error) -> (&'static str, &'static str) {
    use rustls::Error as Tls;
    match error {
        Tls::InvalidCertificate(certificate) => certificate_message(certificate),
        Tls::AlertReceived(AlertDescription::CertificateRequired) => (
            "the host wants a client certificate",
            "give a client certificate and its key",
        ),
        Tls::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError,
        ) => (
            "the host refused the client certificate",
            "check that it is the right client certificate, still valid, with its whole chain",
        ),
        // What a host says that asks for a certificate and gets none, with TLS 1.2.
        Tls::AlertReceived(AlertDescription::HandshakeFailure) => (
            "the host refused the TLS handshake",
            "it may want a client certificate, or speak no version or cipher that is allowed here",
        ),
        Tls::AlertReceived(AlertDescription::UnrecognisedName) => (
            "the host does not know its own name",
            "check the host in the base URL",
        ),
        Tls::AlertReceived(AlertDescription::ProtocolVersion) | Tls::PeerIncompatible(_) => (
            "the host speaks no TLS version or cipher that is allowed here",
            "let it speak TLS 1.2 or 1.3, or allow a lower minimum version",
        ),
        Tls::AlertReceived(AlertDescription::NoApplicationProtocol) => (
            "the host speaks neither HTTP/2 nor HTTP/1.1 over TLS",
            "check the host and its port",
        ),
        Tls::InvalidMessage(_) => (
            "the host does not speak TLS",
            "check the port; for plain HTTP the base URL begins with http://",
        ),
        _ => (
            "TLS with the host failed",
            "check the host and its port; a proxy or firewall on the way may break TLS",
        ),
    }
}

fn certificate_message(error: &CertificateError) -> (&'static str, &'static str) {
    const CLOCK: &str = "renew it on the host; check this machine's clock, too";
    match error {
        CertificateError::UnknownIssuer => (
            "the host's certificate is not signed by a trusted authority",
            "add the authority's root certificate; a proxy that inspects TLS has a root of its own",
        ),
        CertificateError::BadSignature => (
            "the host's certificate is not signed by a trusted authority",
            "another authority has the name of a trusted one: add its root certificate",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "the host's certificate is for another name",
            "check the host in the base URL; a proxy or portal may answer in its place",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("the host's certificate has expired", CLOCK)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "the host's certificate is not valid yet, or this machine's clock is wrong",
            "check this machine's clock",
        ),
        CertificateError::Revoked => (
            "the host's certificate is revoked",
            "get the host a new one",
        ),
        _ => (
            "the host's certificate is not valid",
            "have the host's certificate issued anew, for a server and not for an authority",
        ),
    }
}
