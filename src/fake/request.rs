//! What the API has been asked, for tests to look at.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Version, header};

/// One request as it arrived. Debug output does not show the token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path, such as `/audit/v1/logs`.
    pub path: String,
    /// The query as name and value, decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// The query as it was sent.
    pub raw_query: Option<String>,
    /// The headers; `Authorization` is marked as sensitive.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The HTTP version.
    pub version: Version,
    /// The API's clock when the request came, since the Unix epoch.
    pub at: Duration,
    /// The number of the connection, counted from 1; `None` without a socket.
    pub connection: Option<u64>,
}

impl RecordedRequest {
    /// The value of a query parameter, the last one if it was sent twice.
    ///
    /// ```
    /// # use slack_audit_logs::fake::RecordedRequest;
    /// # fn show(request: &RecordedRequest) {
    /// assert_eq!(request.param("limit"), Some("9999"));
    /// # }
    /// ```
    pub fn param(&self, name: &str) -> Option<&str> {
        let mut last_first = self.query.iter().rev();
        let (_, value) = last_first.find(|(key, _)| key == name)?;
        Some(value)
    }

    pub(super) fn new(
        parts: &http::request::Parts,
        body: Bytes,
        at: Duration,
        connection: Option<u64>,
    ) -> Self {
        let mut headers = parts.headers.clone();
        for (name, value) in &mut headers {
            if name == header::AUTHORIZATION || name == header::PROXY_AUTHORIZATION {
                value.set_sensitive(true);
            }
        }
        Self {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(decode).unwrap_or_default(),
            raw_query: parts.uri.query().map(str::to_owned),
            headers,
            body,
            version: parts.version,
            at,
            connection,
        }
    }

    /// Whether a script's path means this request: the whole path, or what follows the API's base.
    pub(super) fn is_at(&self, path: &str) -> bool {
        self.path == path || self.endpoint() == Some(path.trim_start_matches('/'))
    }

    /// The path below the API's base, without a slash.
    pub(super) fn endpoint(&self) -> Option<&str> {
        self.path.strip_prefix(super::BASE_PATH)
    }
}

/// As forms are decoded: a plus is a space.
fn decode(query: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let spaced = text.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&spaced);
        decoded.decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (plain(name), plain(value))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_like_forms() {
        let expected = [("a", "1"), ("cursor", "x=+/ y"), ("flag", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(decode("a=1&cursor=x%3D%2B%2F+y&&flag"), expected);
    }

    #[test]
    fn debug_hides_the_token() {
        let request = http::Request::get("/audit/v1/logs?limit=2");
        let request = request.header("authorization", "Bearer xoxp-CANARY");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let request = RecordedRequest::new(&parts, Bytes::new(), Duration::ZERO, None);
        assert!(!format!("{request:?}").contains("CANARY"));
        assert_eq!(request.param("limit"), Some("2"));
        assert!(request.is_at("/logs") && request.is_at("logs") && request.is_at("/audit/v1/logs"));
        assert!(!request.is_at("/actions"));
    }
}
