//! Which requests are sent again, how often, and that they are the same.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use http::{Method, Request};
use slack_audit_logs::{
    Body, FailureKind,
    retry::{FixedValueRetryIntervalCalculator, RetryPolicy, ServerErrorRetryHandler},
};
use tokio::time::Instant;

use super::handlers::Counting;
use crate::support::script::{Script, body, failure, get, status};

fn with_method(method: Method) -> Request<Body> {
    let mut request = get();
    *request.method_mut() = method;
    *request.body_mut() = Body::from(r#"{"a":1}"#);
    request
}

#[tokio::test(start_paused = true)]
async fn other_verbs_only_safe_ones_are_retried() {
    for (method, requests) in [
        (Method::GET, 2),
        (Method::HEAD, 2),
        (Method::OPTIONS, 2),
        (Method::TRACE, 2),
        (Method::POST, 1),
        (Method::PUT, 1),
        (Method::DELETE, 1),
        (Method::PATCH, 1),
    ] {
        for answer in [status(503), failure(FailureKind::Closed)] {
            let script = Script::new([answer]);
            let _ = script
                .send(RetryPolicy::all_builtin(), with_method(method.clone()))
                .await;
            assert_eq!(script.count(), requests, "{method}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_verbs_are_retried_if_the_request_never_left_or_the_user_opts_in() {
    for kind in [FailureKind::Dns, FailureKind::Connect, FailureKind::Proxy] {
        let script = Script::new([failure(kind), status(200)]);
        let request = with_method(Method::POST);
        let response = script.send(RetryPolicy::default(), request).await;
        assert_eq!(response.expect("a response").status(), 200);
    }
    let script = Script::new([status(503), status(200)]);
    let policy = RetryPolicy::all_builtin().retry_unsafe_methods(true);
    let response = script.send(policy, with_method(Method::POST)).await;
    assert_eq!(response.expect("a response").status(), 200);
}

#[tokio::test(start_paused = true)]
async fn safety_cap_is_100_requests_and_returns_the_last_outcome() {
    let (handler, asked) = Counting::new(u32::MAX, true);
    let script = Script::new([body(500, "the last")]);
    let policy = RetryPolicy::none().handler(handler);
    let response = script
        .call(policy.clone())
        .await
        .expect("the last response");
    assert_eq!(response.body(), "the last");
    assert_eq!((script.count(), asked.load(Relaxed)), (100, 99));

    let script = Script::new([failure(FailureKind::Closed)]);
    let error = script.call(policy).await.expect_err("the last error");
    assert_eq!(FailureKind::of(&*error), FailureKind::Closed);
    assert_eq!(script.count(), 100);
}

#[tokio::test(start_paused = true)]
async fn attempts_used_up_no_sleep_after_the_last() {
    let script = Script::new([status(503), body(503, "the last")]);
    let start = Instant::now();
    let policy =
        RetryPolicy::none().handler(ServerErrorRetryHandler::default().with_interval_calculator(
            FixedValueRetryIntervalCalculator::new(Duration::from_secs(7)),
        ));
    let response = script.call(policy).await.expect("the last response");
    assert_eq!(response.body(), "the last");
    assert_eq!(
        start.elapsed(),
        Duration::from_secs(7),
        "one wait for two requests"
    );
}

#[tokio::test(start_paused = true)]
async fn a_retried_request_is_byte_for_byte_the_first_one_extensions_included() {
    #[derive(Clone, Debug, PartialEq)]
    struct Numbered(u32);
    let script = Script::new([status(503), failure(FailureKind::Closed), status(200)]);
    let mut request = Request::post("https://api.slack.com/audit/v1/logs?cursor=a%3D%3D")
        .version(http::Version::HTTP_2)
        .header("x-twice", "1")
        .header("x-twice", "2")
        .body(Body::from(r#"{"a":1}"#))
        .expect("valid");
    request.extensions_mut().insert(Numbered(7));
    let policy = RetryPolicy::none()
        .handler(Counting::new(2, true).0)
        .retry_unsafe_methods(true);
    script.send(policy, request).await.expect("a response");
    let mut sent = Vec::new();
    for request in script.requests() {
        let (parts, body) = request.into_parts();
        let bytes = http_body_util::BodyExt::collect(body).await;
        sent.push((
            parts.method,
            parts.uri,
            parts.version,
            parts.headers,
            parts.extensions.get::<Numbered>().cloned(),
            bytes.expect("infallible").to_bytes(),
        ));
    }
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0].4, Some(Numbered(7)));
    assert_eq!(sent[0].5, r#"{"a":1}"#);
    assert!(sent[1] == sent[0] && sent[2] == sent[0], "{sent:?}");
}
