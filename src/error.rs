//! `Error`: what every call of this crate fails with.

mod code;
mod failure;
mod snippet;

use std::{error::Error as StdError, fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use tower::BoxError;

pub(crate) use self::failure::Sources;
pub use self::{
    code::ErrorCode,
    failure::{Failure, FailureKind},
};
use crate::{
    call_record::CallRecord, model::DecodeError, response::refusal_in, retry::retry_after,
};

/// Why a call failed: what happened, to which call, after how many attempts, and what to do next.
///
/// The type is opaque; predicates ([`is_timeout`](Self::is_timeout), [`is_auth`](Self::is_auth), …) tell causes apart, through every layer.
/// A refused call keeps the whole [`response`](Self::response). `Display` says everything but the causes, which follow as
/// [`source`](StdError::source); neither it nor `Debug` shows a token, a header's value, a query or a JSON body.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    method: Option<Method>,
    url: Option<Uri>,
    attempts: u32,
    response: Option<http::Response<Bytes>>,
    source: Option<BoxError>,
}

enum Kind {
    /// The request was not fit to be sent.
    InvalidRequest,
    /// Slack, or a gateway before it, refused the call: a status that is no success, or `"ok":false`.
    Refused(Box<Refusal>),
    /// The response's body could not be read.
    Decode,
    /// There was no response, or none that could be used.
    Failure {
        kind: FailureKind,
        wait: Option<Duration>,
        /// What a refused wait would have followed.
        before: Before,
    },
    /// A configuration that cannot work, found while building.
    Build,
    /// A page's cursor had come before in the same chain of pages.
    CursorLoop,
    /// A chain of pages was longer than it may be.
    PageCap { pages: u32 },
}

/// What a refused wait would have followed: an error, or a response with a refusal in its body.
#[derive(Default)]
struct Before {
    kind: Option<FailureKind>,
    refusal: Option<Box<Refusal>>,
    /// The wait would have passed the call's deadline.
    deadline: bool,
}

/// What the body of a refused call says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: Option<ErrorCode>,
    pub(crate) needed: Option<String>,
    pub(crate) provided: Option<String>,
}

/// A request whose values are wrong, found before anything was sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRequest(String);

impl InvalidRequest {
    /// Says which value is wrong and what it may be.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// A value that no client can be built with; says what to change, never the value of a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidConfig(String);

impl InvalidConfig {
    /// Says which setting is wrong and what to change.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl Error {
    fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            method: None,
            url: None,
            attempts: 0,
            response: None,
            source: None,
        }))
    }

    pub(crate) fn invalid_request(source: InvalidRequest) -> Self {
        Self::new(Kind::InvalidRequest).with_source(source)
    }

    pub(crate) fn refused(response: http::Response<Bytes>, refusal: Refusal) -> Self {
        Self::new(Kind::Refused(Box::new(refusal))).with_response(response)
    }

    pub(crate) fn decode(response: http::Response<Bytes>, source: DecodeError) -> Self {
        Self::new(Kind::Decode)
            .with_response(response)
            .with_source(source)
    }

    /// What the services below failed with; a response in it becomes the error's own.
    pub(crate) fn from_service(mut source: BoxError) -> Self {
        let kind = FailureKind::of(&*source);
        let failure = source.downcast_mut::<Failure>();
        let wait = failure.as_ref().and_then(|failure| failure.wait());
        let response = failure.and_then(Failure::take_response);
        let mut before = Before::default();
        if kind == FailureKind::WaitRefused {
            before.kind = source.source().map(FailureKind::of);
            before.refusal = response
                .as_ref()
                .and_then(|response| refusal_in(response.body()))
                .map(Box::new);
        }
        let mut error = Self::new(Kind::Failure { kind, wait, before }).with_source(source);
        error.0.response = response;
        error
    }

    fn with_response(mut self, response: http::Response<Bytes>) -> Self {
        self.0.response = Some(response);
        self
    }

    fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The page that this call brought points back to an earlier one.
    pub(crate) fn cursor_loop(url: Uri, attempts: u32) -> Self {
        Self::new(Kind::CursorLoop).of_answered_call(Method::GET, url, attempts)
    }

    pub(crate) fn page_cap(pages: u32) -> Self {
        Self::new(Kind::PageCap { pages })
    }

    /// Adds which call it was.
    pub(crate) fn of_call(mut self, method: Method, record: &CallRecord) -> Self {
        self.0.method = Some(method);
        self.0.url = record.url();
        self.0.attempts = record.attempts();
        if let Kind::Failure {
            wait: Some(wait),
            before,
            ..
        } = &mut self.0.kind
        {
            before.deadline = record
                .remaining()
                .is_some_and(|remaining| remaining <= *wait);
        }
        self
    }

    /// Adds which call it was, for a call whose response had been handed out.
    pub(crate) fn of_answered_call(mut self, method: Method, url: Uri, attempts: u32) -> Self {
        self.0.method = Some(method);
        self.0.url = Some(url);
        self.0.attempts = attempts;
        self
    }
}

/// Which cause it is.
impl Error {
    /// The request had a value that Slack does not take; nothing was sent.
    pub fn is_invalid_request(&self) -> bool {
        matches!(self.0.kind, Kind::InvalidRequest)
    }

    /// A setting makes no working client; nothing was built.
    pub fn is_build(&self) -> bool {
        matches!(self.0.kind, Kind::Build)
    }

    /// There was an answer, and it was a refusal: a status that is no success, or `"ok":false`.
    pub fn is_refused(&self) -> bool {
        matches!(self.0.kind, Kind::Refused(_))
    }

    /// An attempt or the whole call took too long.
    pub fn is_timeout(&self) -> bool {
        self.cause() == Some(FailureKind::Timeout) || self.is_deadline()
    }

    /// The deadline over the whole call passed, or a wait would have passed it.
    pub fn is_deadline(&self) -> bool {
        match &self.0.kind {
            Kind::Failure { kind, before, .. } => *kind == FailureKind::Deadline || before.deadline,
            _ => false,
        }
    }

    /// No connection could be opened: name resolution, TCP, proxy or TLS.
    pub fn is_connect(&self) -> bool {
        matches!(
            self.cause(),
            Some(FailureKind::Dns | FailureKind::Connect | FailureKind::Proxy | FailureKind::Tls)
        )
    }

    /// TLS failed, most often over a certificate that is not trusted.
    pub fn is_tls(&self) -> bool {
        self.cause() == Some(FailureKind::Tls)
    }

    /// The connection was lost, or the body broken, before the response was complete.
    pub fn is_incomplete(&self) -> bool {
        matches!(
            self.cause(),
            Some(FailureKind::Closed | FailureKind::Protocol | FailureKind::Body)
        )
    }

    /// The body was larger than the limit.
    pub fn is_body_too_large(&self) -> bool {
        self.failure_kind() == Some(FailureKind::BodyTooLarge)
    }

    /// Slack said that there were too many calls, or the rate limiter refused to wait so long; see [`retry_after`](Self::retry_after).
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
            || self.code().is_some_and(ErrorCode::is_rate_limited)
            || (self.cause() == Some(FailureKind::WaitRefused) && self.response().is_none())
    }

    /// The token, its scope, its user or its organization was refused, or no token could be had.
    ///
    /// Slack's code decides; without one, the status 401 or 403.
    pub fn is_auth(&self) -> bool {
        match (&self.0.kind, self.code()) {
            (_, Some(code)) => code.is_auth(),
            (Kind::Refused(_), None) => {
                matches!(
                    self.status(),
                    Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
                )
            }
            _ => self.failure_kind() == Some(FailureKind::Token),
        }
    }

    /// The answer was a redirect, which is never followed: the token would go elsewhere.
    pub fn is_redirect(&self) -> bool {
        self.is_refused() && self.status().is_some_and(|status| status.is_redirection())
    }

    /// Slack or a gateway failed: a 5xx status, or a code that says so.
    pub fn is_server_error(&self) -> bool {
        self.status().is_some_and(|status| status.is_server_error())
            || matches!(
                self.code(),
                Some(ErrorCode::InternalError | ErrorCode::FatalError)
            )
    }

    /// The response was not the JSON it should be.
    pub fn is_decode(&self) -> bool {
        matches!(self.0.kind, Kind::Decode)
    }

    /// A page's cursor had come before in the same chain: going on would never end.
    pub fn is_cursor_loop(&self) -> bool {
        matches!(self.0.kind, Kind::CursorLoop)
    }

    /// A stream came to more pages than it may read.
    pub fn is_page_cap(&self) -> bool {
        matches!(self.0.kind, Kind::PageCap { .. })
    }

    /// The kind of failure, where there was no usable response. It is [`FailureKind::WaitRefused`] when the next attempt was not waited for; the predicates
    /// tell what had happened before.
    pub fn failure_kind(&self) -> Option<FailureKind> {
        match self.0.kind {
            Kind::Failure { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// The kind of failure, or of the one before a refused wait.
    fn cause(&self) -> Option<FailureKind> {
        match &self.0.kind {
            Kind::Failure { kind, before, .. } => Some(before.kind.unwrap_or(*kind)),
            _ => None,
        }
    }
}

/// What is known of the call.
impl Error {
    /// The full URL of the call, with its query.
    pub fn url(&self) -> Option<&Uri> {
        self.0.url.as_ref()
    }

    /// How many attempts were begun; 0 if nothing was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The whole last response, where there was one.
    pub fn response(&self) -> Option<&http::Response<Bytes>> {
        self.0.response.as_ref()
    }

    /// The last response's status.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(http::Response::status)
    }

    /// The last response's headers.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(http::Response::headers)
    }

    /// Slack's error code.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.refusal()?.code.as_ref()
    }

    /// The scope that a call with `missing_scope` would have needed.
    pub fn needed(&self) -> Option<&str> {
        self.refusal()?.needed.as_deref()
    }

    /// The scopes that the token of a call with `missing_scope` has.
    pub fn provided(&self) -> Option<&str> {
        self.refusal()?.provided.as_deref()
    }

    /// How long to wait before the next call: the wait that was refused, or what the last response's `Retry-After` says.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.0.kind {
            Kind::Failure {
                wait: Some(wait), ..
            } => Some(wait),
            _ => retry_after::from_headers(self.headers()?),
        }
    }

    fn refusal(&self) -> Option<&Refusal> {
        match &self.0.kind {
            Kind::Refused(refusal) => Some(refusal),
            Kind::Failure { before, .. } => before.refusal.as_deref(),
            _ => None,
        }
    }

    /// What to do next, where something better than "try again" can be said.
    pub fn advice(&self) -> Option<&'static str> {
        if let Some(advice) = self.code().and_then(ErrorCode::advice) {
            return Some(advice);
        }
        match &self.0.kind {
            Kind::Refused(_) if self.is_redirect() => Some(
                "redirects are never followed, as the token would go along: check the base URL and the proxy",
            ),
            Kind::Refused(_) if self.is_rate_limited() => {
                Some("wait for Retry-After; the limit is shared by the whole organization")
            }
            Kind::Refused(_) if self.is_auth() => Some(
                "use a user token (xoxp-) of an organization owner with the scope auditlogs:read",
            ),
            Kind::Refused(_) if self.is_server_error() => {
                Some("try again later, or add a ServerErrorRetryHandler")
            }
            Kind::Decode => Some(
                "look at response() for the whole answer; a proxy or gateway may have written it",
            ),
            Kind::CursorLoop => Some("start again without a cursor, from the first page"),
            Kind::PageCap { .. } => Some("set bounds in time, a larger limit, or raise max_pages"),
            Kind::Failure { kind, .. } => match kind {
                FailureKind::Dns | FailureKind::Connect => {
                    Some("check the base URL, the network and whether a proxy is needed")
                }
                FailureKind::Proxy => Some("check the proxy's address and credentials"),
                FailureKind::Tls => Some(
                    "check the certificate authorities; a proxy that inspects TLS needs its own root added",
                ),
                FailureKind::Timeout => {
                    Some("raise the timeout, or ask for smaller pages with limit")
                }
                FailureKind::Deadline => Some("raise the deadline"),
                FailureKind::BodyTooLarge => {
                    Some("ask for smaller pages with limit, or raise max_body_size")
                }
                FailureKind::WaitRefused => Some("call again after the wait"),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(method), Some(url)) = (&self.0.method, &self.0.url) {
            write!(f, "{method} {}: ", DisplayUrl(url))?;
        }
        match &self.0.kind {
            Kind::InvalidRequest => f.write_str("not sent, the request is invalid")?,
            Kind::Build => f.write_str("the client cannot be built")?,
            Kind::CursorLoop => f.write_str("the page's cursor leads back to an earlier page")?,
            Kind::PageCap { pages } => write!(f, "more than {pages} pages")?,
            Kind::Refused(refusal) => self.fmt_refusal(refusal, f)?,
            Kind::Decode => {
                f.write_str("the response could not be read")?;
                self.fmt_snippet(f)?;
            }
            Kind::Failure { kind, wait, before } => {
                f.write_str(kind.words())?;
                if let Some(wait) = wait {
                    write!(f, " ({:.1} s)", wait.as_secs_f64())?;
                }
                if let Some(status) = self.status() {
                    write!(f, ", the last answer had status {status}")?;
                }
                if let Some(kind) = before.kind {
                    write!(f, ", before it: {}", kind.words())?;
                }
            }
        }
        match self.0.attempts {
            0 => {}
            1 => f.write_str(", after 1 attempt")?,
            attempts => write!(f, ", after {attempts} attempts")?,
        }
        match self.advice() {
            Some(advice) => write!(f, " ({advice})"),
            None => Ok(()),
        }
    }
}

impl Error {
    fn fmt_refusal(&self, refusal: &Refusal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status(), &refusal.code) {
            (Some(status), Some(code)) => write!(f, "refused with {code} (status {status})")?,
            (Some(status), None) => write!(f, "answered with status {status}")?,
            (None, _) => f.write_str("refused")?,
        }
        if let Some(needed) = &refusal.needed {
            write!(f, ", needed: {}", snippet::one_line(needed))?;
        }
        if let Some(provided) = &refusal.provided {
            write!(f, ", provided: {}", snippet::one_line(provided))?;
        }
        if let Some(wait) = self.retry_after() {
            write!(f, ", Retry-After {} s", wait.as_secs())?;
        }
        if refusal.code.is_none() {
            self.fmt_snippet(f)
        } else {
            Ok(())
        }
    }

    fn fmt_snippet(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.response().and_then(snippet::of_response) {
            Some(snippet) => write!(f, ", it begins {snippet:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("message", &format_args!("{self}"))
            .field("attempts", &self.0.attempts)
            .field("failure", &self.failure_kind())
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<InvalidConfig> for Error {
    fn from(source: InvalidConfig) -> Self {
        Self::new(Kind::Build).with_source(source)
    }
}

/// Writes a URL without its query, which may hold personal data.
pub(crate) struct DisplayUrl<'a>(pub(crate) &'a Uri);

impl fmt::Display for DisplayUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(scheme), Some(authority)) = (self.0.scheme_str(), self.0.authority()) {
            // Credentials before the host are no part of the call's name.
            let host_and_port = authority.as_str().rsplit('@').next().unwrap_or_default();
            write!(f, "{scheme}://{host_and_port}")?;
        }
        f.write_str(self.0.path())
    }
}

impl fmt::Debug for DisplayUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
