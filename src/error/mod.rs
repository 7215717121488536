//! `Error`: what every call of this crate fails with.

mod code;
mod display;
mod error_body;
mod failure;
mod peer_text;

use std::{error::Error as StdError, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use tower::BoxError;

pub use self::{
    code::ErrorCode,
    failure::{Failure, FailureKind},
};
pub(crate) use self::{error_body::ErrorBody, failure::Sources};
use crate::{call_record::CallRecord, json::DecodeError, retry_after};

/// Why a call failed: what happened, to which call, after how many attempts, and what to do next.
///
/// The type is opaque; predicates ([`is_timeout`](Self::is_timeout), [`is_auth`](Self::is_auth), …)
/// tell causes apart, through every layer. A refused call keeps the whole
/// [`response`](Self::response).
///
/// `Display` says everything but the causes, which follow as [`source`](StdError::source). `Debug`
/// says those, too, as a program shows it that ends with an error. Neither shows a token, a
/// header's value, a query or a body; of a gateway's page they show the title.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    method: Option<Method>,
    url: Option<Uri>,
    attempts: u32,
    response: Option<http::Response<Bytes>>,
    /// The title of the page that came instead of JSON.
    title: Option<String>,
    source: Option<BoxError>,
}

enum ErrorKind {
    /// The request was not fit to be sent, and why.
    InvalidRequest(String),
    /// Slack, or a gateway before it, refused the call: a status that is no success, or
    /// `"ok":false`.
    Refused(Box<ErrorBody>),
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
    Build(String),
    /// A blocking call inside async code; nothing was sent.
    #[cfg(feature = "blocking")]
    InAsyncContext,
    CursorLoop,
    PageCap {
        pages: u32,
    },
}

/// What a refused wait would have followed: an error, or a response with an error in its body.
#[derive(Default)]
struct Before {
    kind: Option<FailureKind>,
    error_body: Option<Box<ErrorBody>>,
    /// The wait would have passed the call's deadline.
    deadline: bool,
}

/// A request whose values are wrong, found before anything was sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
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
    /// A call that was refused with this status and this code in its body, for tests: what the
    /// client makes of such a response.
    ///
    /// ```
    /// use slack_audit_logs::{Error, ErrorCode, http::StatusCode};
    ///
    /// let error = Error::refusal(StatusCode::FORBIDDEN, ErrorCode::MissingScope);
    /// assert!(error.is_auth() && error.is_refused());
    /// ```
    pub fn refusal(status: StatusCode, code: impl Into<ErrorCode>) -> Self {
        let body = serde_json::json!({ "ok": false, "error": code.into().as_str() });
        let mut response = http::Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = status;
        Self::refused(response, &CallRecord::new())
    }

    fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            method: None,
            url: None,
            attempts: 0,
            response: None,
            title: None,
            source: None,
        }))
    }

    pub(crate) fn invalid_request(error: &InvalidRequest) -> Self {
        Self::new(ErrorKind::InvalidRequest(error.to_string()))
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn in_async_context() -> Self {
        Self::new(ErrorKind::InAsyncContext)
    }

    /// A response that is no success, or says `"ok":false`.
    pub(crate) fn refused(response: http::Response<Bytes>, record: &CallRecord) -> Self {
        let error_body = ErrorBody::of(response.body(), record).unwrap_or_default();
        Self::new(ErrorKind::Refused(Box::new(error_body))).with_response(response, record)
    }

    pub(crate) fn decode(
        response: http::Response<Bytes>,
        record: &CallRecord,
        source: DecodeError,
    ) -> Self {
        let mut error = Self::new(ErrorKind::Decode).with_response(response, record);
        error.0.source = Some(source.into());
        error
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
        }
        let mut error = Self::new(ErrorKind::Failure { kind, wait, before });
        error.0.response = response;
        // A failure that says no more than its kind would only repeat what is said already.
        error.0.source = Some(match source.downcast::<Failure>() {
            Ok(failure) => failure.into_foreign().unwrap_or_else(Into::into),
            Err(foreign) => foreign,
        });
        error
    }

    fn with_response(mut self, response: http::Response<Bytes>, record: &CallRecord) -> Self {
        self.0.title = peer_text::title(&response, record.credentials().as_ref());
        self.0.response = Some(response);
        self
    }

    /// The page that this call brought points back to an earlier one.
    pub(crate) fn cursor_loop(url: Uri, attempts: u32) -> Self {
        Self::new(ErrorKind::CursorLoop).of_finished_call(Method::GET, url, attempts)
    }

    pub(crate) fn page_cap(pages: u32) -> Self {
        Self::new(ErrorKind::PageCap { pages })
    }

    /// Adds which call it was.
    pub(crate) fn of_call(mut self, method: Method, record: &CallRecord) -> Self {
        self.0.method = Some(method);
        self.0.url = record.url();
        self.0.attempts = record.attempts();
        let begun = self.0.response.is_some()
            || self.failure_kind().is_some_and(FailureKind::is_of_attempt);
        // A stack without attempt tracing counts none, but there was one.
        self.0.attempts = self.0.attempts.max(begun.into());
        if let ErrorKind::Failure { wait, before, .. } = &mut self.0.kind {
            if let Some(response) = &self.0.response {
                before.error_body = ErrorBody::of(response.body(), record).map(Box::new);
            }
            let both = wait.zip(record.remaining());
            before.deadline = both.is_some_and(|(wait, remaining)| remaining <= wait);
        }
        self
    }

    /// Adds which call it was, for a response that was delivered before.
    pub(crate) fn of_finished_call(mut self, method: Method, url: Uri, attempts: u32) -> Self {
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
        matches!(self.0.kind, ErrorKind::InvalidRequest(_))
    }

    /// A setting makes no working client; nothing was built.
    pub fn is_build(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Build(_))
    }

    /// A blocking client was called inside async code; nothing was sent.
    #[cfg(feature = "blocking")]
    pub fn is_in_async_context(&self) -> bool {
        matches!(self.0.kind, ErrorKind::InAsyncContext)
    }

    /// There was a response, and it was a refusal: a status that is no success, or `"ok":false`.
    pub fn is_refused(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Refused(_))
    }

    /// An attempt or the whole call took too long.
    pub fn is_timeout(&self) -> bool {
        self.cause() == Some(FailureKind::Timeout) || self.is_deadline()
    }

    /// The deadline over the whole call passed, or a wait would have passed it.
    pub fn is_deadline(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Failure { kind, before, .. } => {
                *kind == FailureKind::Deadline || before.deadline
            }
            _ => false,
        }
    }

    /// No connection could be opened: name resolution, TCP, proxy or TLS.
    pub fn is_connect(&self) -> bool {
        use FailureKind::{Connect, Dns, Proxy, ProxyAuth, Tls};
        matches!(self.cause(), Some(Dns | Connect | Proxy | ProxyAuth | Tls))
    }

    /// TLS failed, most often over a certificate that is not trusted.
    pub fn is_tls(&self) -> bool {
        self.cause() == Some(FailureKind::Tls)
    }

    /// The connection was lost, or the body broken, before the response was complete.
    pub fn is_incomplete(&self) -> bool {
        use FailureKind::{Body, Closed, Protocol};
        matches!(self.cause(), Some(Closed | Protocol | Body))
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
            (ErrorKind::Refused(_), None) => self.status().is_some_and(|status| {
                status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN
            }),
            _ => self.failure_kind() == Some(FailureKind::Token),
        }
    }

    /// The response was a redirect, which is never followed: the token would go elsewhere. A 304
    /// is none.
    pub fn is_redirect(&self) -> bool {
        let status = self.status().filter(|_| self.is_refused());
        status.is_some_and(|status| status.is_redirection() && status != StatusCode::NOT_MODIFIED)
    }

    /// Slack or a gateway failed: a 5xx status, or a code that says so.
    pub fn is_server_error(&self) -> bool {
        use ErrorCode::{FatalError, InternalError};
        self.status().is_some_and(|status| status.is_server_error())
            || matches!(self.code(), Some(InternalError | FatalError))
    }

    /// The response was not the JSON it should be.
    pub fn is_decode(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Decode)
    }

    /// A page's cursor had come before in the same stream: going on would never end.
    pub fn is_cursor_loop(&self) -> bool {
        matches!(self.0.kind, ErrorKind::CursorLoop)
    }

    /// A stream came to more pages than it may read.
    pub fn is_page_cap(&self) -> bool {
        matches!(self.0.kind, ErrorKind::PageCap { .. })
    }

    /// The kind of failure, where there was no usable response. It is [`FailureKind::WaitRefused`]
    /// when the next attempt was not waited for; the predicates tell what had happened before.
    ///
    /// Of this crate's transport the kind is all there is to go by: it tells causes in its own
    /// words, so no `io::Error` is among the sources. What a layer or a transport of your own
    /// failed with is among them.
    pub fn failure_kind(&self) -> Option<FailureKind> {
        match self.0.kind {
            ErrorKind::Failure { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// The failure that the services below told of, if it is one of this crate's.
    fn failure(&self) -> Option<&Failure> {
        self.0.source.as_ref()?.downcast_ref()
    }

    /// The kind of failure, or of the one before a refused wait.
    fn cause(&self) -> Option<FailureKind> {
        match &self.0.kind {
            ErrorKind::Failure { kind, before, .. } => Some(before.kind.unwrap_or(*kind)),
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
        self.error_body()?.code.as_ref()
    }

    /// The scope that a call with `missing_scope` would have needed.
    pub fn needed(&self) -> Option<&str> {
        self.error_body()?.needed.as_deref()
    }

    /// The scopes that the token of a call with `missing_scope` has.
    pub fn provided(&self) -> Option<&str> {
        self.error_body()?.provided.as_deref()
    }

    /// How long to wait before the next call: the wait that was refused, or what the last
    /// response's `Retry-After` says.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.0.kind {
            ErrorKind::Failure {
                wait: Some(wait), ..
            } => Some(wait),
            _ => retry_after::from_headers(self.headers()?),
        }
    }

    fn error_body(&self) -> Option<&ErrorBody> {
        match &self.0.kind {
            ErrorKind::Refused(error_body) => Some(error_body),
            ErrorKind::Failure { before, .. } => before.error_body.as_deref(),
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
    fn from(error: InvalidConfig) -> Self {
        Self::new(ErrorKind::Build(error.0))
    }
}

/// As a call fails in whose stack this happened.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::from_service(failure.into())
    }
}
