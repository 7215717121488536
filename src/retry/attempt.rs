//! `Attempt`: what a handler sees of one attempt.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use bytes::Bytes;
use http::{
    Extensions, HeaderMap, Method, Request, Response, StatusCode, Uri,
    header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION},
};

use crate::{
    call_record::CallRecord,
    error::{ErrorBody, ErrorCode, FailureKind, Sources},
    retry_after,
    url::DisplayUrl,
};

/// One finished attempt: the request without its secrets, and what came of it.
///
/// Headers that hold a token, a cookie or a proxy's credentials, and all that are marked as
/// sensitive, are left out of [`headers`](Self::headers). `Debug` shows no header's value, no query
/// and no body.
pub struct Attempt<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: Cow<'a, HeaderMap>,
    extensions: &'a Extensions,
    outcome: Result<&'a Response<Bytes>, &'a (dyn StdError + 'static)>,
    number: u32,
}

impl<'a> Attempt<'a> {
    /// An attempt that ended so: for tests of handlers, the policy makes its own.
    pub fn new<B>(
        request: &'a Request<B>,
        outcome: Result<&'a Response<Bytes>, &'a (dyn StdError + 'static)>,
        number: u32,
    ) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: without_secrets(request.headers()),
            extensions: request.extensions(),
            outcome,
            number,
        }
    }

    /// The request's method.
    pub fn method(&self) -> &Method {
        self.method
    }

    /// The request's URL, with its query.
    pub fn uri(&self) -> &Uri {
        self.uri
    }

    /// The request's headers, without those that hold secrets.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The request's extensions.
    pub fn extensions(&self) -> &Extensions {
        self.extensions
    }

    /// The record of the call: its URL, the attempts that were begun, its deadline.
    pub fn call_record(&self) -> Option<&CallRecord> {
        self.extensions.get()
    }

    /// Which attempt of the call it is, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The response with its whole body, if there is one.
    pub fn response(&self) -> Option<&'a Response<Bytes>> {
        self.outcome.ok()
    }

    /// The response's status, if there is one.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(Response::status)
    }

    /// The code with which Slack refused the call, if it did: with a status that is no success, or
    /// with `"ok":false` in a response that has one.
    ///
    /// ```
    /// use slack_audit_logs::{ErrorCode, retry::{Attempt, RetryHandler, RetryState}};
    ///
    /// struct OnFatalError;
    ///
    /// impl RetryHandler for OnFatalError {
    ///     fn can_retry(&self, _: &mut RetryState, attempt: &Attempt<'_>) -> bool {
    ///         attempt.code() == Some(ErrorCode::FatalError)
    ///     }
    /// }
    /// ```
    pub fn code(&self) -> Option<ErrorCode> {
        let response = self.response()?;
        let record = self.call_record().cloned().unwrap_or_default();
        let error_body = if response.status().is_success() {
            ErrorBody::of_success(response.body(), &record)
        } else {
            ErrorBody::of(response.body(), &record)
        };
        error_body?.code
    }

    /// The error, if there is no response.
    ///
    /// This crate's transport tells causes in its own words, so that none of a peer's is in them:
    /// there is no `io::Error` to downcast to, and [`failure_kind`](Self::failure_kind) is what to
    /// go by. Errors of other transports and layers are there as they came.
    pub fn error(&self) -> Option<&'a (dyn StdError + 'static)> {
        self.outcome.err()
    }

    /// The error and its sources, outermost first; what a `std::io::Error` wraps is not skipped.
    /// Empty if there is a response.
    pub fn sources(&self) -> impl Iterator<Item = &'a (dyn StdError + 'static)> + use<'a> {
        Sources(self.error())
    }

    /// What kind of failure the error is, whatever transport or layer it came from: see
    /// [`FailureKind::of`]. Where Python's handlers take types of exceptions, handlers here go by
    /// this.
    pub fn failure_kind(&self) -> Option<FailureKind> {
        self.error().map(FailureKind::of)
    }

    /// The wait that the response's `Retry-After` asks for: seconds, or a date (read against the
    /// response's own `Date`).
    ///
    /// `None` without the header, and for one that is neither; zero for a date that is past.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::from_headers(self.response()?.headers())
    }
}

/// The headers, copied only if something must be left out.
fn without_secrets(headers: &HeaderMap) -> Cow<'_, HeaderMap> {
    let names = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];
    let secret = headers.iter();
    let secret = secret.filter(|(name, value)| value.is_sensitive() || names.contains(name));
    let secret: Vec<_> = secret.map(|(name, _)| name).collect();
    if secret.is_empty() {
        return Cow::Borrowed(headers);
    }
    let mut open = headers.clone();
    for name in secret {
        open.remove(name);
    }
    Cow::Owned(open)
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("number", &self.number)
            .field("method", &self.method)
            .field("uri", &DisplayUrl(self.uri))
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("status", &self.status())
            .field("failure", &self.failure_kind())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn secrets_are_left_out() {
        let mut request = Request::get("https://slack.test/logs?actor=W777")
            .header("authorization", "Bearer xoxp-CANARY")
            .header("cookie", "d=xoxd-CANARY")
            .header("proxy-authorization", "Basic CANARY")
            .header("x-request-id", "7")
            .body(())
            .expect("a request");
        let mut sensitive = HeaderValue::from_static("CANARY");
        sensitive.set_sensitive(true);
        request.headers_mut().insert("x-api-key", sensitive);
        let error = io::Error::other("broken");
        let attempt = Attempt::new(&request, Err(&error), 1);
        assert!(attempt.headers().keys().eq(["x-request-id"]));
        let debug = format!("{attempt:?}");
        assert!(debug.contains("https://slack.test/logs"), "{debug}");
        assert!(!debug.contains("CANARY"), "{debug}");
        assert!(!debug.contains("W777"), "{debug}");
    }

    #[test]
    fn the_error_comes_with_its_sources() {
        let request = Request::new(());
        let error = io::Error::other(io::Error::from(io::ErrorKind::ConnectionReset));
        let attempt = Attempt::new(&request, Err(&error), 1);
        let last = attempt.sources().last().expect("the error");
        let io = last.downcast_ref::<io::Error>().expect("as it came");
        assert_eq!(io.kind(), io::ErrorKind::ConnectionReset);
        assert!(attempt.response().is_none() && attempt.status().is_none());

        let mut response = Response::new(r#"{"ok":false,"error":"fatal_error"}"#.into());
        for status in [StatusCode::OK, StatusCode::BAD_REQUEST] {
            *response.status_mut() = status;
            let attempt = Attempt::new(&request, Ok(&response), 1);
            assert_eq!(attempt.code(), Some(ErrorCode::FatalError));
        }
        let response = Response::new(Bytes::from_static(b"{}"));
        let attempt = Attempt::new(&request, Ok(&response), 2);
        assert_eq!(attempt.code(), None);
        assert_eq!(attempt.sources().count(), 0);
        assert_eq!(attempt.status(), Some(StatusCode::OK));
        assert_eq!((attempt.failure_kind(), attempt.number()), (None, 2));
    }
}
