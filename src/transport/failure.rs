//! What hyper, rustls and sockets say, in the crate's own words.
//!
//! None of a peer's words goes into an error: not the text of a `GOAWAY`, a reason phrase or the
//! names in a certificate. Told are codes, and what this machine says.

use std::{error::Error as StdError, io};

use hyper_util::client::legacy;
use rustls::{AlertDescription, CertificateError};
use tower::BoxError;

use super::{resolver::Unresolved, stream::Notes};
use crate::error::{Failure, FailureKind, Sources};

/// No TCP connection to the host.
pub(super) fn of_tcp(error: impl Into<BoxError>) -> Failure {
    let error = error.into();
    let (kind, message) = match find::<Unresolved>(&*error) {
        Some(_) => (FailureKind::Dns, "the host's name could not be resolved"),
        None => (
            FailureKind::Connect,
            "no connection to the host could be opened",
        ),
    };
    because(Failure::new(kind, message), &*error)
}

/// No TCP connection to the proxy.
pub(super) fn of_proxy_tcp(error: impl Into<BoxError>) -> Failure {
    let error = error.into();
    let message = match find::<Unresolved>(&*error) {
        Some(_) => "the proxy's name could not be resolved",
        None => "no connection to the proxy could be opened",
    };
    because(Failure::new(FailureKind::Proxy, message), &*error)
}

/// No TLS with the host.
pub(super) fn of_tls(error: &io::Error) -> Failure {
    let failure = if let Some(tls) = find(error) {
        tls_failed(tls)
    } else {
        // Cut short on the way, which says nothing about trust and may go better the next time.
        let message = "the connection was closed in the TLS handshake";
        Failure::new(FailureKind::Connect, message)
    };
    because(failure, error)
}

/// No TLS with the proxy.
pub(super) fn of_proxy_tls(error: &io::Error) -> Failure {
    let failure = if let Some(tls) = find::<rustls::Error>(error) {
        let message = format!("TLS with the proxy failed: {}", tls_message(tls).0);
        let advice = "check the proxy's URL, and whether its certificate's authority is trusted";
        Failure::new(FailureKind::Tls, message).with_advice(advice)
    } else {
        let message = "the connection to the proxy was closed in the TLS handshake";
        Failure::new(FailureKind::Proxy, message)
    };
    because(failure, error)
}

/// Why there is no head of a response.
pub(super) fn of_head(error: &legacy::Error) -> Failure {
    if let Some(connector) = find::<Failure>(error) {
        return copy(connector);
    }
    // Once the client took the handshake for done: with TLS 1.3 only then the server says what it
    // thinks of the client's certificate. Before the request is on its way, the error itself has
    // it, and no connection with notes.
    let notes = Notes::of_error(error);
    if let Some(tls) = notes.tls_error.get().or_else(|| find(error)) {
        return because(tls_failed(tls), tls);
    }
    let kind = match FailureKind::of(error) {
        // No connection is what the connector says itself.
        FailureKind::Connect => FailureKind::Closed,
        kind => kind,
    };
    let message = match kind {
        FailureKind::Closed => "the connection was closed before the response began",
        kind => kind.meaning(),
    };
    because(Failure::new(kind, message), error)
}

/// Why a body is not complete.
pub(super) fn of_body(error: &hyper::Error) -> Failure {
    let (kind, message) = match FailureKind::of(error) {
        kind @ FailureKind::Closed => {
            (kind, "the connection was closed inside the response's body")
        }
        kind @ (FailureKind::Tls | FailureKind::Timeout | FailureKind::Protocol) => {
            (kind, kind.meaning())
        }
        _ => (
            FailureKind::Body,
            "the framing of the response's body is broken",
        ),
    };
    because(Failure::new(kind, message), error)
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

pub(super) fn is_http2(error: &legacy::Error) -> bool {
    find::<h2::Error>(error).is_some()
}

/// Why a connection could not be opened: hyper-util only lends what the connector failed with.
fn copy(failure: &Failure) -> Failure {
    let mut copy = Failure::new(failure.kind(), failure.to_string());
    if let Some(advice) = failure.advice() {
        copy = copy.with_advice(advice);
    }
    match failure.source() {
        Some(cause) => copy.with_source(cause.to_string()),
        None => copy,
    }
}

/// Adds what an error comes from, in words that are surely none of the peer's.
pub(super) fn because(failure: Failure, error: &(dyn StdError + 'static)) -> Failure {
    match Sources(Some(error)).filter_map(own_words).last() {
        Some(cause) => failure.with_source(cause),
        None => failure,
    }
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

fn tls_failed(error: &rustls::Error) -> Failure {
    let (message, advice) = tls_message(error);
    Failure::new(FailureKind::Tls, message).with_advice(advice)
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
