//! Paths and queries, with one encoder and in a stable order.

use std::{
    fmt::{Display, Write},
    mem,
};

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
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Sets a parameter; an earlier value of the same key goes, its place stays.
    pub(super) fn set(&mut self, key: String, value: String) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == key)?;
        Some(value)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }

    fn take(&mut self, key: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.remove(at).1)
    }
}

/// `/path?query` while it is written, each part encoded.
pub(super) struct RelativeUri {
    uri: String,
    has_query: bool,
    /// What wins over a named parameter of the same key, and goes to the end otherwise.
    extra: Query,
}

impl RelativeUri {
    pub(super) fn new(path: &str, extra: Query) -> Result<Self, InvalidRequest> {
        let is_absolute =
            path.starts_with("//") || path.as_bytes().windows(3).any(|at| at == b"://");
        if is_absolute || path.contains(['?', '#', '\\']) {
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
        Ok(Self {
            uri,
            has_query: false,
            extra,
        })
    }

    /// Adds a parameter if it has a value.
    pub(super) fn text(&mut self, key: &str, value: Option<&str>) {
        self.add(key, value.map(encode_component));
    }

    /// Adds a parameter if it has a value.
    pub(super) fn number(&mut self, key: &str, value: Option<i64>) {
        self.add(key, value);
    }

    fn add(&mut self, key: &str, encoded: Option<impl Display>) {
        let Some(encoded) = encoded else {
            return;
        };
        match self.extra.take(key) {
            Some(extra) => self.push(key, encode_component(&extra)),
            None => self.push(key, encoded),
        }
    }

    fn push(&mut self, key: &str, encoded: impl Display) {
        let first = !mem::replace(&mut self.has_query, true);
        self.uri.push(if first { '?' } else { '&' });
        self.uri.extend(encode_component(key));
        self.uri.push('=');
        // A `String` takes all.
        let _ = write!(self.uri, "{encoded}");
    }

    pub(super) fn finish(mut self) -> Result<Uri, InvalidRequest> {
        for (key, value) in mem::take(&mut self.extra).0 {
            self.push(&key, encode_component(&value));
        }
        // Takes the bytes as they are, without a copy.
        Uri::from_maybe_shared(Bytes::from(self.uri))
            .map_err(|_| InvalidRequest::new("path and query: too long for a URL"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_values() {
        let mut query = Query::default();
        for (key, value) in [
            ("cursor", "a=&token=x#@evil/\r\n+"),
            ("b c", "é"),
            ("cursor", "https://evil.test/?x"),
        ] {
            query.set(key.to_owned(), value.to_owned());
        }
        let uri = RelativeUri::new("logs", query).expect("a path");
        let expected = "/logs?cursor=https%3A%2F%2Fevil.test%2F%3Fx&b%20c=%C3%A9";
        assert_eq!(uri.finish().expect("encoded"), expected);
    }

    #[test]
    fn paths_stay_below_the_base() {
        let uri = |path: &str| RelativeUri::new(path, Query::default())?.finish();
        assert_eq!(uri("logs").expect("a path"), "/logs");
        assert_eq!(uri("/a/b c/").expect("a path"), "/a/b%20c/");
        let bad = r"https://evil.test/logs //evil.test ../oauth a/../b logs?x=1 logs#x a\b";
        for bad in bad.split(' ') {
            assert!(uri(bad).is_err(), "{bad}");
        }
        assert!(uri(&"x".repeat(70_000)).is_err());
    }
}
