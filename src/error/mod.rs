//! `Error`: what every call of this crate fails with.

mod code;
mod display;
mod failure;
mod refusal;
mod snippet;

use std::{error::Error as StdError, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use tower::BoxError;

pub use self::{
    code::ErrorCode,
    failure::{Failure, FailureKind},
};
pub(crate) use self::{failure::Sources, refusal::Refusal};
use crate::{call_record::CallRecord, json::DecodeError, retry_after};

/// Why a call failed: what happened, to which call, after how many attempts, and what to do next.
///
/// The type is opaque; predicates ([`is_timeout`](Self::is_timeout), [`is_auth`](Self::is_auth), …)
/// tell causes apart, through every layer. A refused call keeps the whole
/// [`response`](Self::response). `Display` says everything but the causes, which follow as
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
    /// Slack, or a gateway before it, refused the call: a status that is no success, or
    /// `"ok":false`.
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
    /// A blocking call inside async code; nothing was sent.
    #[cfg(feature = "blocking")]
    InAsyncContext,
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

    #[cfg(feature = "blocking")]
    pub(crate) fn in_async_context() -> Self {
        Self::new(Kind::InAsyncContext)
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
                .and_then(|response| Refusal::in_body(response.body()))
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

    /// A blocking client was called inside async code; nothing was sent.
    #[cfg(feature = "blocking")]
    pub fn is_in_async_context(&self) -> bool {
        matches!(self.0.kind, Kind::InAsyncContext)
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

    /// Slack said that there were too many calls, or the rate limiter refused to wait so long; see
    /// [`retry_after`](Self::retry_after).
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

    /// The kind of failure, where there was no usable response. It is [`FailureKind::WaitRefused`]
    /// when the next attempt was not waited for; the predicates tell what had happened before.
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

    /// How long to wait before the next call: the wait that was refused, or what the last
    /// response's `Retry-After` says.
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
