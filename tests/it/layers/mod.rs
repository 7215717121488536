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

use http::{HeaderValue, Request, header};
use slack_audit_logs::layers::{
    BaseUrlLayer, CollectBodyLayer, DeadlineLayer, DefaultHeadersLayer, RateLimitLayer,
};
use tower::Layer;

/// A GET request without a body.
pub fn get(url: &str) -> Request<()> {
    Request::get(url).body(()).expect("a valid URL")
}

#[test]
fn debug_tells_the_settings_and_no_header() {
    let secret = HeaderValue::from_static("CANARY");
    let headers = DefaultHeadersLayer::new().header(header::COOKIE, secret);
    for (shown, part) in [
        (
            format!(
                "{:?}",
                BaseUrlLayer::new("https://slack.test/audit/v1").expect("a URL")
            ),
            "https://slack.test/audit/v1",
        ),
        (format!("{:?}", CollectBodyLayer::new(77).layer(())), "77"),
        (
            format!(
                "{:?}",
                DeadlineLayer::new(std::time::Duration::from_secs(7))
            ),
            "7s",
        ),
        (
            format!("{:?}", RateLimitLayer::per_minute(77)),
            "per_minute: 77",
        ),
        (
            format!("{:?}", RateLimitLayer::default().layer(77)),
            "inner: 77",
        ),
        (format!("{headers:?}"), "cookie"),
        (format!("{:?}", headers.layer(())), "cookie"),
    ] {
        assert!(
            shown.contains(part) && !shown.contains("CANARY"),
            "{part} in {shown}"
        );
    }
}
