//! Every layer alone, over mocks.

mod authorization;
mod base_url;
mod collect_body;
mod contract;
mod deadline;
mod decompression;
mod default_headers;
mod rate_limit;
mod rate_limit_properties;
mod trace;

use http::Request;

/// A GET request without a body.
pub fn get(url: &str) -> Request<()> {
    Request::get(url).body(()).expect("a valid URL")
}
