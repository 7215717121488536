//! `Retry-After` as servers and gateways write it: never early, never for ever, never a panic.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use slack_audit_logs::{
    AuditLogs, LogsRequest,
    retry::{
        FullJitter, NoJitter, RateLimitErrorRetryHandler, RetryLayer, RetryPolicy,
        ServerErrorRetryHandler,
    },
};
use tokio::time::Instant;
use tower::Layer;

use crate::support::script::{HttpOutcome, Script, answer, limited, millis, quarter, status};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn limited_at(date: &'static str, retry_after: &str) -> HttpOutcome {
    answer(429, &[("date", date), ("retry-after", retry_after)], "")
}

async fn waits(policy: RetryPolicy, first: HttpOutcome) -> Vec<Duration> {
    let script = Script::new([first, status(200)]);
    let response = script.call(policy).await.expect("a response");
    assert_eq!((response.status().as_u16(), script.count()), (200, 2));
    script.waits()
}

#[tokio::test(start_paused = true)]
async fn retry_after_30_is_never_early_and_jitter_only_adds() {
    let floor = Duration::from_secs(30);
    let random = waits(RetryPolicy::all_builtin(), limited("30")).await[0];
    assert!(
        random >= floor && random < floor + Duration::from_secs(2),
        "{random:?}"
    );
    // A jitter that takes away takes away nothing here.
    let handler =
        RateLimitErrorRetryHandler::default().with_jitter(FullJitter::with_source(|| 0.0));
    let policy = RetryPolicy::none().handler(handler);
    assert_eq!(waits(policy, limited("30")).await, [floor]);
}

#[tokio::test(start_paused = true)]
async fn unusable_values_wait_as_if_missing_and_end_in_a_typed_error() {
    let digits = "9".repeat(300);
    for value in ["1.5", "abc", "1e3", "-5", "", &digits] {
        let script = Script::new([limited(value)]);
        let handler = RateLimitErrorRetryHandler::new(2).with_jitter(quarter());
        let policy = RetryPolicy::none().handler(handler);
        let audit_logs = AuditLogs::new(RetryLayer::new(policy).layer(script.service()));
        let error = audit_logs
            .logs(LogsRequest::new())
            .await
            .expect_err("a 429");
        assert!(
            error.is_rate_limited() && error.is_refused(),
            "{value}: {error:?}"
        );
        assert_eq!(error.retry_after(), None, "{value}");
        assert_eq!(script.waits(), millis(&[1_250, 1_250]), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_three_dates_are_read_against_the_responses_own_date() {
    for value in [
        "Sun, 06 Nov 1994 08:50:07 GMT",
        "Sunday, 06-Nov-94 08:50:07 GMT",
        "Sun Nov  6 08:50:07 1994",
    ] {
        let handler = RateLimitErrorRetryHandler::default().with_jitter(quarter());
        let policy = RetryPolicy::none().handler(handler);
        assert_eq!(
            waits(policy, limited_at(DATE, value)).await,
            millis(&[30_250]),
            "{value}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_past_date_is_no_early_retry_and_no_negative_wait() {
    for value in [
        DATE,
        "Sun, 06 Nov 1994 08:49:36 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        let handler = RateLimitErrorRetryHandler::default().with_jitter(NoJitter);
        let policy = RetryPolicy::none().handler(handler);
        assert_eq!(
            waits(policy, limited_at(DATE, value)).await,
            millis(&[1_000]),
            "{value}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn huge_values_give_up_at_once_with_the_wait_in_the_error() {
    let year_9999 = Duration::from_secs(252_618_189_022);
    for (value, least) in [
        ("301", Duration::from_secs(301)),
        ("9223372037", Duration::from_secs(9_223_372_037)),
        ("18446744073709551615", Duration::from_secs(u64::MAX)),
        ("18446744073709551616", Duration::MAX),
        ("Fri, 31 Dec 9999 23:59:59 GMT", year_9999),
    ] {
        for code in [429, 503] {
            let start = Instant::now();
            let script = Script::new([answer(code, &[("date", DATE), ("retry-after", value)], "")]);
            let service = RetryLayer::new(RetryPolicy::all_builtin()).layer(script.service());
            let error = AuditLogs::new(service)
                .logs(LogsRequest::new())
                .await
                .expect_err("refused");
            assert_eq!(
                (script.count(), start.elapsed()),
                (1, Duration::ZERO),
                "{value}"
            );
            let wait = error.retry_after().expect("the wait");
            let most = least.saturating_add(Duration::from_secs(2));
            assert!(wait >= least && wait <= most, "{value}: {wait:?}");
            assert_eq!(error.is_rate_limited(), code == 429, "{error:?}");
            assert_eq!(error.is_server_error(), code == 503, "{error:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_cap_the_longest_wait_is_still_no_panic() {
    let script = Script::new([limited("18446744073709551616")]);
    let policy = RetryPolicy::all_builtin().max_wait(Duration::MAX);
    let call = tokio::time::timeout(Duration::from_secs(86_400), script.call(policy));
    call.await.expect_err("it waits");
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_0_for_ever_is_floored_and_bounded() {
    let script = Script::new([limited("0")]);
    let start = Instant::now();
    let handler = RateLimitErrorRetryHandler::new(5).with_jitter(NoJitter);
    let response = script.call(RetryPolicy::none().handler(handler)).await;
    assert_eq!(response.expect("the last response").status(), 429);
    assert_eq!(
        (script.count(), start.elapsed()),
        (6, Duration::from_secs(5))
    );

    let script = Script::new([answer(503, &[("retry-after", "0")], "")]);
    let handler = ServerErrorRetryHandler::new(u32::MAX);
    script
        .call(RetryPolicy::none().handler(handler))
        .await
        .expect("the last response");
    assert_eq!(script.count(), 100);
    assert!(
        script
            .waits()
            .iter()
            .all(|wait| *wait >= Duration::from_millis(500))
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_not_text_is_as_if_missing() {
    let script = Script::new([
        std::sync::Arc::new(|| {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
            let value = http::HeaderValue::from_bytes(b"\xff30").expect("bytes");
            response.headers_mut().insert("retry-after", value);
            Ok(response)
        }) as HttpOutcome,
        status(200),
    ]);
    let handler = RateLimitErrorRetryHandler::default().with_jitter(quarter());
    let response = script.call(RetryPolicy::none().handler(handler)).await;
    assert_eq!(response.expect("a response").status(), 200);
    assert_eq!(script.waits(), millis(&[1_250]));
}
