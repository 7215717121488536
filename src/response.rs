//! `AuditLogsResponse`: the whole response of a call, raw and typed.

use std::{fmt, marker::PhantomData};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::{
    call_record::CallRecord,
    error::{Error, ErrorBody, InvalidRequest},
    model::{DecodeError, FromBody, LogsResponse},
    url::DisplayUrl,
};

/// A successful response. The body stays as it came until it is asked for in one of three forms.
///
/// `Debug` shows neither the body nor the headers' values nor the query.
pub struct AuditLogsResponse<T> {
    response: http::Response<Bytes>,
    method: Method,
    url: Uri,
    attempts: u32,
    body: PhantomData<fn() -> T>,
}

impl<T> AuditLogsResponse<T> {
    /// What a client makes of an HTTP response, for tests and mocks: an error unless it is a
    /// success. It has no URL, and one attempt.
    ///
    /// ```
    /// use slack_audit_logs::{AuditLogsResponse, http, model::LogsResponse};
    ///
    /// let http = http::Response::new(r#"{"entries":[{"id":"a"}]}"#.into());
    /// let response = AuditLogsResponse::<LogsResponse>::from_http(http)?;
    /// assert_eq!(response.typed_body()?.entries.len(), 1);
    /// # Ok::<(), slack_audit_logs::Error>(())
    /// ```
    ///
    /// # Errors
    /// As a call's: see [`Error::is_refused`] and [`Error::is_decode`].
    pub fn from_http(response: http::Response<Bytes>) -> Result<Self, Error> {
        Self::from_call(response, Method::GET, &CallRecord::new())
    }

    /// Decides whether a response is a success: by its status, then by `"ok":false` in its body.
    ///
    /// The body is not parsed for that: a successful one may be large.
    pub(crate) fn from_call(
        response: http::Response<Bytes>,
        method: Method,
        record: &CallRecord,
    ) -> Result<Self, Error> {
        let body = response.body();
        // A part of a page would pass for a page.
        let success =
            response.status().is_success() && response.status() != StatusCode::PARTIAL_CONTENT;
        if !success || ErrorBody::of_success(body, record).is_some() {
            return Err(Error::refused(response, record).of_call(method, record));
        }
        if !looks_like_json(body) {
            // The parser says where and why; it stops at once.
            if let Err(error) = serde_json::Value::from_body(body) {
                return Err(Error::decode(response, record, error).of_call(method, record));
            }
        }
        let url = record.url().unwrap_or_default();
        // A stack without attempt tracing counts no attempts, but there was one: here is its
        // response.
        let attempts = record.attempts().max(1);
        Ok(Self {
            response,
            method,
            url,
            attempts,
            body: PhantomData,
        })
    }

    /// The status, always a success.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The full URL of the call, with its query.
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// How many attempts the call took, from 1.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The body's exact bytes, decompressed. Cloning them is free.
    pub fn raw_body(&self) -> &Bytes {
        self.response.body()
    }

    /// The body's exact bytes, decompressed.
    pub fn into_raw_body(self) -> Bytes {
        self.response.into_body()
    }

    /// The whole HTTP response.
    pub fn into_http(self) -> http::Response<Bytes> {
        self.response
    }

    /// The body as any JSON.
    ///
    /// # Errors
    /// The body is no JSON: see [`Error::is_decode`].
    pub fn body(&self) -> Result<serde_json::Value, Error> {
        self.body_as()
    }

    /// The body as any form of this crate's [`model`](crate::model), such as
    /// [`RawPage`](crate::model::RawPage).
    ///
    /// # Errors
    /// The body is not such a thing: see [`Error::is_decode`].
    pub fn body_as<B: FromBody>(&self) -> Result<B, Error> {
        B::from_body(self.raw_body()).map_err(|error| self.decode_error(error))
    }

    fn decode_error(&self, error: DecodeError) -> Error {
        let error = Error::decode(self.response.clone(), &CallRecord::new(), error);
        error.of_finished_call(self.method.clone(), self.url.clone(), self.attempts)
    }
}

impl AuditLogsResponse<LogsResponse> {
    /// A page of these entries, for tests and mocks; with a cursor it is not the last one.
    ///
    /// ```
    /// use slack_audit_logs::{AuditLogsResponse, model::LogsResponse};
    ///
    /// let entries = [serde_json::json!({ "id": "a", "action": "user_login" })];
    /// let page = AuditLogsResponse::from_entries(entries, None)?;
    /// assert_eq!(page.typed_body()?.entries.len(), 1);
    /// # Ok::<(), slack_audit_logs::Error>(())
    /// ```
    ///
    /// # Errors
    /// An entry that cannot be JSON: see [`Error::is_invalid_request`].
    pub fn from_entries<I>(entries: I, next_cursor: Option<&str>) -> Result<Self, Error>
    where
        I: IntoIterator<Item: serde::Serialize>,
    {
        let entries: Result<Vec<_>, _> = entries.into_iter().map(serde_json::to_value).collect();
        let invalid = InvalidRequest::new("entries: one cannot be written as JSON");
        let entries = entries.map_err(|_| Error::invalid_request(&invalid))?;
        let page = serde_json::json!({
            "entries": entries,
            "response_metadata": { "next_cursor": next_cursor.unwrap_or_default() },
        });
        Self::from_http(http::Response::new(page.to_string().into()))
    }
}

impl<T: FromBody> AuditLogsResponse<T> {
    /// The body in the endpoint's own type.
    ///
    /// # Errors
    /// The body is not such a thing: see [`Error::is_decode`]. A field of an unexpected type is no
    /// error, it is kept in the entry.
    pub fn typed_body(&self) -> Result<T, Error> {
        self.body_as()
    }
}

impl<T> Clone for AuditLogsResponse<T> {
    fn clone(&self) -> Self {
        Self {
            response: self.response.clone(),
            method: self.method.clone(),
            url: self.url.clone(),
            attempts: self.attempts,
            body: PhantomData,
        }
    }
}

impl<T> fmt::Debug for AuditLogsResponse<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLogsResponse")
            .field("status", &self.status())
            .field("url", &DisplayUrl(&self.url))
            .field("attempts", &self.attempts)
            .field("headers", &self.headers().keys().collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.raw_body().len()))
            .finish()
    }
}

/// Whether the body is empty, as a HEAD's is, or begins as JSON objects and lists do.
fn looks_like_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), None | Some(b'{' | b'['))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    const URL: &str = "https://slack.test/audit/v1/logs?actor=W777";

    fn read(status: u16, body: &'static str) -> Result<AuditLogsResponse<()>, Error> {
        let response = http::Response::builder().status(status).body(body.into());
        let record = CallRecord::new();
        record.set_url(Uri::from_static(URL));
        AuditLogsResponse::from_call(response.expect("a status"), Method::GET, &record)
    }

    #[test]
    fn success_without_ok_and_ok_false_deep_inside() {
        for body in [
            r#"{"entries":[]}"#,
            r#"{"ok":true}"#,
            r#"{"entries":[{"details":{"ok":false}}]}"#,
            r#"{"ok":null}"#,
            "",
            "[]",
        ] {
            let response = read(200, body).expect(body);
            assert_eq!(response.attempts(), 1);
        }
    }

    #[test]
    fn ok_false_is_an_error_with_any_status() {
        let spaced = r#"{"entries":[], "ok" : false, "error":"missing_scope",
            "needed":"auditlogs:read","provided":"identify"}"#;
        let plain = r#"{"ok":false,"error":"missing_scope",
            "needed":"auditlogs:read","provided":"identify"}"#;
        for (status, body) in [(200, spaced), (403, plain)] {
            let error = read(status, body).expect_err(body);
            assert!(error.is_refused() && error.is_auth());
            assert_eq!(error.code(), Some(&ErrorCode::MissingScope));
            assert_eq!(error.needed(), Some("auditlogs:read"));
            assert_eq!(error.provided(), Some("identify"));
            assert_eq!(error.response().expect("kept").body(), body);
            let text = error.to_string();
            let begin = "GET https://slack.test/audit/v1/logs: refused with missing_scope";
            assert!(text.starts_with(begin), "{text}");
            assert!(!text.contains("W777"), "{text}");
            assert!(text.contains("auditlogs:read"), "{text}");
        }
    }

    #[test]
    fn bodies_that_are_not_json() {
        let error = read(500, "<html>\n<title>oops</title>").expect_err("status first");
        assert!(error.is_server_error() && !error.is_decode());
        let words = "status 500 Internal Server Error, the page's title is \"oops\"";
        assert!(error.to_string().contains(words), "{error}");

        let portal = "<html><title>Welcome to the guest network</title>";
        let error = read(200, portal).expect_err("not JSON");
        assert!(error.is_decode(), "{error:?}");
        assert!(error.to_string().contains("guest network"), "{error}");
        let error = read(429, "").expect_err("status");
        assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
        assert!(error.is_rate_limited());
        let empty = read(200, "").expect("empty, as for HEAD");
        assert!(empty.body().expect_err("no JSON").is_decode());
    }

    #[test]
    fn a_part_a_redirect_and_nothing_new_are_told_apart() {
        let redirect = read(302, "").expect_err("a redirect");
        assert!(redirect.is_redirect() && redirect.to_string().contains("never followed"));
        for status in [206, 304] {
            let error = read(status, r#"{"entries":[]}"#).expect_err("no whole page");
            assert!(error.is_refused() && !error.is_redirect() && !error.is_server_error());
            let text = error.to_string();
            assert!(text.contains("the whole page is needed"), "{text}");
        }
    }

    #[test]
    fn a_response_means_at_least_one_attempt() {
        let error = read(500, "").expect_err("status");
        assert_eq!(error.attempts(), 1, "nobody counts in a bare stack");
    }

    #[test]
    fn advice_fits_the_status() {
        for (status, words) in [
            (502, "a gateway"),
            (504, "a gateway"),
            (500, "slack-status.com"),
            (503, "slack-status.com"),
            (407, "the proxy's credentials"),
            (429, "wait for Retry-After"),
            (401, "use a user token"),
        ] {
            let error = read(status, "").expect_err("a refusal");
            let advice = error.advice().unwrap_or_default();
            assert!(advice.contains(words), "{status}: {advice}");
            assert!(!advice.contains("Handler"), "{status}: {advice}");
        }
    }
}
