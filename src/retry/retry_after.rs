//! Reading `Retry-After`.

use std::time::Duration;

use http::{HeaderMap, header::RETRY_AFTER};

/// The wait that a response's headers ask for; `None` if they ask for none, or in no usable form.
pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_secs)
}
