//! Paths and queries, with one encoder and in a stable order.

use std::borrow::Cow;

use bytes::Bytes;
use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::InvalidRequest;

/// Everything but the unreserved characters of RFC 3986, section 2.3, so that no value can be read
/// as anything but a value.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes one part of a path or query; a space becomes `%20`.
pub(crate) fn encode_component(value: &str) -> percent_encoding::PercentEncode<'_> {
    utf8_percent_encode(value, COMPONENT)
}

/// Query parameters in the order in which they were first set, each key once.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Query(Vec<(Cow<'static, str>, String)>);

impl Query {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Sets a parameter; an earlier value of the same key goes, its place stays.
    pub(super) fn set(&mut self, key: impl Into<Cow<'static, str>>, value: String) {
        let key = key.into();
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// Sets every parameter of another query.
    pub(super) fn merge(&mut self, other: Query) {
        for (key, value) in other.0 {
            self.set(key, value);
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == key)?;
        Some(value)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }
}

/// `/path?query`, each part encoded.
pub(super) fn relative_uri(path: &str, query: &Query) -> Result<Uri, InvalidRequest> {
    if path.contains("://") || path.starts_with("//") || path.contains(['?', '#', '\\']) {
        return Err(InvalidRequest::new(
            "path: must be relative to the base URL, without query and fragment; \
             use query() for parameters",
        ));
    }
    // Most are as long as that, and need to grow no more.
    let mut uri = String::with_capacity(128);
    for segment in path.trim_start_matches('/').split('/') {
        if segment == "." || segment == ".." {
            return Err(InvalidRequest::new("path: must not hold `.` or `..`"));
        }
        uri.push('/');
        uri.extend(encode_component(segment));
    }
    for (index, (key, value)) in query.0.iter().enumerate() {
        uri.push(if index == 0 { '?' } else { '&' });
        uri.extend(encode_component(key));
        uri.push('=');
        uri.extend(encode_component(value));
    }
    // Takes the bytes as they are, without a copy.
    Uri::from_maybe_shared(Bytes::from(uri))
        .map_err(|_| InvalidRequest::new("path and query: too long for a URL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_values() {
        let mut query = Query::new();
        for (key, value) in [
            ("cursor", "a=&token=x#@evil/\r\n+"),
            ("b c", "é"),
            ("cursor", "https://evil.test/?x"),
        ] {
            query.set(key, value.to_owned());
        }
        let uri = relative_uri("logs", &query).expect("encoded");
        assert_eq!(
            uri.to_string(),
            "/logs?cursor=https%3A%2F%2Fevil.test%2F%3Fx&b%20c=%C3%A9"
        );
    }

    #[test]
    fn paths_stay_below_the_base() {
        let uri = |path| {
            relative_uri(path, &Query::new())
                .map(|uri| uri.to_string())
                .map_err(|e| e.to_string())
        };
        assert_eq!(uri("logs").as_deref(), Ok("/logs"));
        assert_eq!(uri("/a/b c/").as_deref(), Ok("/a/b%20c/"));
        for bad in [
            "https://evil.test/logs",
            "//evil.test",
            "../oauth",
            "a/../b",
            "logs?x=1",
            "logs#x",
            "a\\b",
        ] {
            assert!(uri(bad).is_err(), "{bad}");
        }
        assert!(uri(&"x".repeat(70_000)).is_err());
    }
}
