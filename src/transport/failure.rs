//! What hyper, rustls and sockets say, in the crate's own words.

use std::{borrow::Cow, error::Error as StdError, fmt, io};

use hyper_util::client::legacy;
use rustls::{AlertDescription, CertificateError};
use tower::BoxError;

use super::resolver::Unresolved;
use crate::error::{Failure, FailureKind, Sources};

/// Why a connection could not be opened; hyper-util wraps it once more.
pub(super) struct ConnectFailure {
    kind: FailureKind,
    message: Cow<'static, str>,
    /// Where on the way: what `Display` says, as the message stands at the top already.
    stage: &'static str,
    source: Option<BoxError>,
}

impl ConnectFailure {
    pub(super) fn new(
        kind: FailureKind,
        stage: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            message: message.into(),
            stage,
            source: None,
        }
    }

    pub(super) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// No TCP connection to the host.
    pub(super) fn tcp(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        let failure = if find::<Unresolved>(&*error).is_some() {
            Self::new(
                FailureKind::Dns,
                "DNS",
                "the host's name could not be resolved",
            )
        } else {
            Self::new(
                FailureKind::Connect,
                "TCP",
                "no connection to the host could be opened",
            )
        };
        failure.with_source(error)
    }

    /// No TCP connection to the proxy.
    pub(super) fn proxy_tcp(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        let message = if find::<Unresolved>(&*error).is_some() {
            "the proxy's name could not be resolved"
        } else {
            "no connection to the proxy could be opened"
        };
        Self::new(FailureKind::Proxy, "TCP to the proxy", message).with_source(error)
    }

    /// No TLS with the proxy.
    pub(super) fn proxy_tls(error: BoxError) -> Self {
        match find::<rustls::Error>(&*error).cloned() {
            Some(error) => Self::new(
                FailureKind::Tls,
                "TLS with the proxy",
                "TLS with the proxy failed",
            )
            .with_source(error),
            None => Self::proxy_tcp(error),
        }
    }

    /// No TLS with the host.
    pub(super) fn tls(error: BoxError) -> Self {
        const STAGE: &str = "TLS handshake";
        match find::<rustls::Error>(&*error).cloned() {
            Some(error) => {
                Self::new(FailureKind::Tls, STAGE, tls_message(&error)).with_source(error)
            }
            // Cut short on the way, which says nothing about trust and may go better the next time.
            None if !matches!(FailureKind::of(&*error), FailureKind::Other) => Self::new(
                FailureKind::Connect,
                STAGE,
                "the connection was closed in the TLS handshake",
            )
            .with_source(error),
            None => {
                Self::new(FailureKind::Tls, STAGE, "TLS with the host failed").with_source(error)
            }
        }
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.stage)
    }
}

impl fmt::Debug for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectFailure")
            .field("kind", &self.kind)
            .field("stage", &self.stage)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl StdError for ConnectFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Why there is no head of a response.
pub(super) fn of_head(error: legacy::Error) -> Failure {
    if let Some(connect) = find::<ConnectFailure>(&error) {
        let (kind, message) = (connect.kind, connect.message.clone());
        return Failure::new(kind, message).with_source(error);
    }
    if let Some(message) = tls_after_handshake(&error) {
        return Failure::new(FailureKind::Tls, message).with_source(error);
    }
    let kind = FailureKind::of(&error);
    let message = match kind {
        FailureKind::Closed => "the connection was closed before the response began",
        kind => kind.words(),
    };
    Failure::new(kind, message).with_source(error)
}

/// What went wrong in TLS once the client took the handshake for done: with TLS 1.3 only then the
/// server says what it thinks of the client's certificate.
///
/// h2 keeps of an I/O error its kind and its text. The kind is rustls's: nothing else below a
/// response's head is invalid data.
fn tls_after_handshake(error: &legacy::Error) -> Option<&'static str> {
    if let Some(error) = find::<rustls::Error>(error) {
        return Some(tls_message(error));
    }
    let io = find::<io::Error>(error).filter(|io| io.kind() == io::ErrorKind::InvalidData)?;
    let text = io.to_string();
    let alerts = [
        AlertDescription::CertificateRequired,
        AlertDescription::UnknownCA,
        AlertDescription::BadCertificate,
        AlertDescription::CertificateUnknown,
        AlertDescription::CertificateExpired,
        AlertDescription::CertificateRevoked,
        AlertDescription::AccessDenied,
        AlertDescription::DecryptError,
    ];
    let alert = alerts
        .into_iter()
        .find(|alert| text.ends_with(&format!("{alert:?}")));
    Some(alert.map_or("TLS with the host failed", |alert| {
        tls_message(&rustls::Error::AlertReceived(alert))
    }))
}

/// Why a body is not complete.
pub(super) fn of_body(error: hyper::Error) -> Failure {
    match FailureKind::of(&error) {
        FailureKind::Closed => Failure::new(
            FailureKind::Closed,
            "the connection was closed inside the response's body",
        ),
        kind @ (FailureKind::Tls | FailureKind::Timeout | FailureKind::Protocol) => {
            Failure::new(kind, kind.words())
        }
        _ => Failure::new(
            FailureKind::Body,
            "the framing of the response's body is broken",
        ),
    }
    .with_source(error)
}

/// An error of a type among an error and its sources.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    Sources(Some(error)).find_map(|error| error.downcast_ref())
}

/// Why TLS failed, for the causes that somebody can do something about.
fn tls_message(error: &rustls::Error) -> &'static str {
    use rustls::Error as Tls;
    match error {
        Tls::InvalidCertificate(certificate) => match certificate {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "the host's certificate is not signed by a trusted authority"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the host's certificate is for another name"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the host's certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the host's certificate is not valid yet, or this machine's clock is wrong"
            }
            CertificateError::Revoked => "the host's certificate is revoked",
            _ => "the host's certificate is not valid",
        },
        Tls::AlertReceived(AlertDescription::CertificateRequired) => {
            "the host wants a client certificate"
        }
        Tls::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError,
        ) => "the host refused the client certificate",
        Tls::AlertReceived(AlertDescription::ProtocolVersion) | Tls::PeerIncompatible(_) => {
            "the host speaks no TLS version or cipher that is allowed here"
        }
        Tls::InvalidMessage(_) => "the host does not speak TLS",
        _ => "TLS with the host failed",
    }
}
