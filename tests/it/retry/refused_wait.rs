//! A wait over the cap or past the deadline is not begun, and the error says what it would have
//! followed.

use std::time::Duration;

use http::StatusCode;
use slack_audit_logs::{
    AuditLogs, Error, ErrorCode, FailureKind, LogsRequest,
    layers::{AttemptTraceLayer, DeadlineLayer},
    retry::{
        ConnectionErrorRetryHandler, FixedValueRetryIntervalCalculator, NoJitter,
        RateLimitErrorRetryHandler, RetryHandler, RetryLayer, RetryPolicy, ServerErrorRetryHandler,
    },
};
use tokio::time::Instant;
use tower::ServiceBuilder;

use crate::support::script::{HttpOutcome, Script, answer, failure, limited, millis, status};

const BODY: &str = r#"{"ok":false,"error":"ratelimited"}"#;

/// The error of one call with all built-in handlers, 60 s apart, under a deadline.
async fn refused(first: HttpOutcome, max_wait: u64, deadline: u64) -> (Error, Script) {
    let minute = FixedValueRetryIntervalCalculator::new(Duration::from_secs(60));
    let policy = RetryPolicy::none()
        .handler(
            ConnectionErrorRetryHandler::new(9)
                .with_timeouts(true)
                .with_interval_calculator(minute),
        )
        .handler(RateLimitErrorRetryHandler::new(9).with_jitter(NoJitter))
        .handler(ServerErrorRetryHandler::new(9).with_interval_calculator(minute))
        .max_wait(Duration::from_secs(max_wait));
    let script = Script::new([first]);
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(deadline)))
        .layer(RetryLayer::new(policy))
        .layer(AttemptTraceLayer::new())
        .service(script.service());
    let error = AuditLogs::new(service)
        .logs(LogsRequest::new())
        .await
        .expect_err("refused");
    assert_eq!(
        error.failure_kind(),
        Some(FailureKind::WaitRefused),
        "{error:?}"
    );
    assert_eq!(
        error.attempts(),
        u32::try_from(script.count()).expect("few")
    );
    (error, script)
}

#[tokio::test(start_paused = true)]
async fn over_the_cap_after_a_429() {
    let start = Instant::now();
    let first = answer(429, &[("retry-after", "3600")], BODY);
    let (error, script) = refused(first, 300, 100_000).await;
    assert_eq!((script.count(), start.elapsed()), (1, Duration::ZERO));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3_600)));
    assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(error.code(), Some(&ErrorCode::from("ratelimited")));
    assert_eq!(
        error.response().map(|response| &response.body()[..]),
        Some(BODY.as_bytes())
    );
    assert!(error.is_rate_limited());
    assert!(!error.is_server_error() && !error.is_deadline() && !error.is_timeout());
    let text = error.to_string();
    assert!(text.contains("3600.0 s") && text.contains("429"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn past_the_deadline_after_a_503() {
    let start = Instant::now();
    let (error, script) = refused(answer(503, &[("retry-after", "90")], ""), 300, 100).await;
    assert_eq!(
        script.waits(),
        millis(&[90_000]),
        "the second wait would end after 180 s"
    );
    assert_eq!(start.elapsed(), Duration::from_secs(90), "given up at once");
    assert!(error.is_server_error() && error.is_deadline() && error.is_timeout());
    assert!(!error.is_rate_limited() && !error.is_connect());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(90)));
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test(start_paused = true)]
async fn after_an_error_its_kind_still_tells() {
    for (kind, is) in [
        (
            FailureKind::Connect,
            Error::is_connect as fn(&Error) -> bool,
        ),
        (FailureKind::Dns, Error::is_connect),
        (FailureKind::Closed, Error::is_incomplete),
        (FailureKind::Body, Error::is_incomplete),
        (FailureKind::Timeout, Error::is_timeout),
    ] {
        let (error, script) = refused(failure(kind), 59, 100_000).await;
        assert_eq!(script.count(), 1);
        assert!(is(&error), "{kind:?}: {error:?}");
        assert!(!error.is_rate_limited() && !error.is_deadline() && !error.is_server_error());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
        let sources: Vec<_> =
            std::iter::successors(std::error::Error::source(&error), |error| (*error).source())
                .map(ToString::to_string)
                .collect();
        assert_eq!(
            sources.last().map(String::as_str),
            Some("scripted"),
            "{sources:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_as_long_as_the_cap_is_granted() {
    let script = Script::new([limited("300"), status(200)]);
    let handler = RateLimitErrorRetryHandler::default().with_jitter(NoJitter);
    let response = script.call(RetryPolicy::none().handler(handler)).await;
    assert_eq!(response.expect("a response").status(), 200);
    assert_eq!(script.waits(), millis(&[300_000]));
}

#[tokio::test(start_paused = true)]
async fn a_refused_wait_is_not_prepared_for() {
    struct Unprepared;
    impl RetryHandler for Unprepared {
        fn can_retry(
            &self,
            _: &mut slack_audit_logs::retry::RetryState,
            _: &slack_audit_logs::retry::Attempt<'_>,
        ) -> bool {
            true
        }

        fn prepare_for_next_attempt(
            &self,
            _: &mut slack_audit_logs::retry::RetryState,
            _: &slack_audit_logs::retry::Attempt<'_>,
        ) -> futures_util::future::BoxFuture<'static, ()> {
            unreachable!("there is no next attempt")
        }
    }
    let script = Script::new([status(500)]);
    let policy = RetryPolicy::none()
        .handler(Unprepared)
        .max_wait(Duration::ZERO);
    let error = script.call(policy).await.expect_err("refused");
    assert_eq!(FailureKind::of(&*error), FailureKind::WaitRefused);
}
