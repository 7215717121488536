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

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::BodyExt;
use slack_audit_logs::{
    Body,
    layers::{
        BaseUrlLayer, CollectBodyLayer, DeadlineLayer, DefaultHeadersLayer, HttpBodyLayer,
        RateLimitLayer,
    },
};
use tower::{BoxError, Layer, Service, ServiceExt};

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

/// As tower's own futures: the name, and what is inside.
#[tokio::test]
async fn futures_have_a_debug() {
    let inner = || {
        tower::service_fn(|_: http::Request<Body>| {
            let body = http_body_util::Full::new(Bytes::from_static(b"CANARY"));
            std::future::ready(Ok::<_, BoxError>(http::Response::new(body)))
        })
    };
    let bytes = || {
        tower::service_fn(|_: http::Request<Body>| {
            std::future::ready(Ok::<_, BoxError>(http::Response::new(Bytes::from_static(
                b"CANARY",
            ))))
        })
    };
    let request = || http::Request::new(Body::default());
    let collected = CollectBodyLayer::new(77).layer(inner()).call(request());
    let limited = RateLimitLayer::default().layer(bytes()).call(request());
    for (shown, name) in [
        (format!("{collected:?}"), "CollectBodyFuture"),
        (format!("{limited:?}"), "RateLimitFuture"),
    ] {
        assert!(
            shown.starts_with(name) && !shown.contains("CANARY"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn what_an_adapted_layer_makes_of_a_body_is_collected() {
    let upper = |response: http::Response<Body>| {
        assert_eq!(response.status(), 503);
        response.map(|body| {
            body.map_frame(|frame| frame.map_data(|data| Bytes::from(data.to_ascii_uppercase())))
        })
    };
    let bytes = tower::service_fn(|_: http::Request<Body>| {
        let response = http::Response::builder()
            .status(503)
            .body(Bytes::from_static(b"whole"));
        std::future::ready(response)
    });
    let layer = HttpBodyLayer::new(tower::util::MapResponseLayer::new(upper));
    let response = layer
        .layer(bytes)
        .oneshot(http::Request::new(Body::default()));
    let response = response.await.expect("a response");
    assert_eq!(
        (response.status().as_u16(), &response.body()[..]),
        (503, &b"WHOLE"[..])
    );
}
