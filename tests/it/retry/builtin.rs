//! The built-in handlers: what they retry, and how long they wait.

use std::{io, time::Duration};

use http::StatusCode;
use slack_audit_logs::{
    FailureKind,
    retry::{
        BackoffRetryIntervalCalculator, ConnectionErrorRetryHandler,
        FixedValueRetryIntervalCalculator, FullJitter, NoJitter, RateLimitErrorRetryHandler,
        RetryPolicy, ServerErrorRetryHandler,
    },
};

use crate::support::script::{Script, answer, failure, io, limited, millis, quarter, status};

fn backoff() -> BackoffRetryIntervalCalculator {
    BackoffRetryIntervalCalculator::default().with_jitter(quarter())
}

#[tokio::test(start_paused = true)]
async fn backoff_is_half_a_second_doubled_plus_jitter() {
    let handler = ServerErrorRetryHandler::new(4).with_interval_calculator(backoff());
    let script = Script::new([status(500)]);
    let policy = RetryPolicy::none().handler(handler);
    script.call(policy).await.expect("a response");
    assert_eq!(script.waits(), millis(&[750, 1_250, 2_250, 4_250]));
}

#[tokio::test(start_paused = true)]
async fn backoff_has_a_cap() {
    let calculator = backoff().with_cap(Duration::from_secs(2));
    let handler = ServerErrorRetryHandler::new(4).with_interval_calculator(calculator);
    let script = Script::new([status(500)]);
    let policy = RetryPolicy::none().handler(handler);
    script.call(policy).await.expect("a response");
    assert_eq!(script.waits(), millis(&[750, 1_250, 2_250, 2_250]));
}

#[tokio::test(start_paused = true)]
async fn fixed_is_half_a_second_unless_told_otherwise() {
    for (calculator, wait) in [
        (FixedValueRetryIntervalCalculator::default(), 500),
        (
            FixedValueRetryIntervalCalculator::new(Duration::from_secs(3)),
            3_000,
        ),
    ] {
        let handler = ConnectionErrorRetryHandler::new(2).with_interval_calculator(calculator);
        let script = Script::new([failure(FailureKind::Closed)]);
        let policy = RetryPolicy::none().handler(handler);
        script.call(policy).await.expect_err("the last error");
        assert_eq!(script.waits(), millis(&[wait, wait]));
    }
}

#[tokio::test(start_paused = true)]
async fn jitter_is_the_calculators_own() {
    for (calculator, wait) in [
        (backoff().with_jitter(NoJitter), 500),
        (backoff().with_jitter(quarter()), 750),
        (backoff().with_jitter(FullJitter::with_source(|| 0.5)), 250),
    ] {
        let handler = ServerErrorRetryHandler::default().with_interval_calculator(calculator);
        let script = Script::new([status(500)]);
        let policy = RetryPolicy::none().handler(handler);
        script.call(policy).await.expect("a response");
        assert_eq!(script.waits(), millis(&[wait]));
    }
}

#[tokio::test(start_paused = true)]
async fn rate_limit_handler_waits_for_retry_after_plus_jitter() {
    for (header, wait) in [("30", 30_250), ("1", 1_250)] {
        let script = Script::new([limited(header), status(200)]);
        let handler = RateLimitErrorRetryHandler::default().with_jitter(quarter());
        let response = script.call(RetryPolicy::none().handler(handler)).await;
        assert_eq!(response.expect("a response").status(), 200);
        assert_eq!(script.waits(), millis(&[wait]), "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn rate_limit_handler_without_the_header_waits_1_second_plus_jitter() {
    let script = Script::new([status(429), status(200)]);
    let handler = RateLimitErrorRetryHandler::default().with_jitter(quarter());
    let response = script.call(RetryPolicy::none().handler(handler)).await;
    assert_eq!(response.expect("a response").status(), 200);
    assert_eq!(script.waits(), millis(&[1_250]));
}

#[tokio::test(start_paused = true)]
async fn rate_limit_handler_takes_other_intervals_and_retries_429_only() {
    let handler = || {
        RateLimitErrorRetryHandler::default()
            .with_jitter(NoJitter)
            .with_interval_calculator(FixedValueRetryIntervalCalculator::new(Duration::from_secs(
                9,
            )))
    };
    let script = Script::new([status(429)]);
    script
        .call(RetryPolicy::none().handler(handler()))
        .await
        .expect("a response");
    assert_eq!(script.waits(), millis(&[9_000]));
    for other in [200, 420, 500, 503] {
        let script = Script::new([answer(other, &[("retry-after", "1")], "")]);
        script
            .call(RetryPolicy::none().handler(handler()))
            .await
            .expect("a response");
        assert_eq!(script.count(), 1, "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn server_error_handler_retries_500_and_503() {
    for (code, requests) in [
        (500, 2),
        (503, 2),
        (501, 1),
        (502, 1),
        (504, 1),
        (429, 1),
        (200, 1),
    ] {
        let script = Script::new([status(code)]);
        let policy = RetryPolicy::none().handler(ServerErrorRetryHandler::default());
        let response = script.call(policy).await.expect("the last response");
        assert_eq!(
            (response.status().as_u16(), script.count()),
            (code, requests)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn server_error_handler_takes_another_list() {
    for (code, requests) in [(500, 1), (502, 2)] {
        let handler = ServerErrorRetryHandler::default()
            .with_statuses([StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT]);
        let script = Script::new([status(code)]);
        script
            .call(RetryPolicy::none().handler(handler))
            .await
            .expect("a response");
        assert_eq!(script.count(), requests, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn server_error_handler_honours_retry_after() {
    for (header, wait) in [("20", 20_000), ("0", 750), ("abc", 750)] {
        let handler = ServerErrorRetryHandler::default().with_interval_calculator(backoff());
        let script = Script::new([answer(503, &[("retry-after", header)], ""), status(200)]);
        script
            .call(RetryPolicy::none().handler(handler))
            .await
            .expect("a response");
        assert_eq!(script.waits(), millis(&[wait]), "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn connection_handler_retries_what_breaks_on_the_way() {
    use FailureKind::*;
    for (kind, requests) in [
        (Dns, 2),
        (Connect, 2),
        (Proxy, 2),
        (Closed, 2),
        (Protocol, 2),
        (Body, 2),
        (Tls, 1),
        (BodyTooLarge, 1),
        (Timeout, 1),
        (Deadline, 1),
        (WaitRefused, 1),
        (Token, 1),
        (Refused, 1),
        (Other, 1),
    ] {
        let script = Script::new([failure(kind)]);
        let policy = RetryPolicy::none().handler(ConnectionErrorRetryHandler::default());
        let error = script.call(policy).await.expect_err("the last error");
        assert_eq!(FailureKind::of(&*error), kind);
        assert_eq!(script.count(), requests, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn connection_handler_reads_the_errors_of_other_transports() {
    for (kind, requests) in [
        (io::ErrorKind::ConnectionRefused, 2),
        (io::ErrorKind::ConnectionReset, 2),
        (io::ErrorKind::BrokenPipe, 2),
        (io::ErrorKind::UnexpectedEof, 2),
        (io::ErrorKind::TimedOut, 1),
        (io::ErrorKind::InvalidData, 1),
    ] {
        let script = Script::new([io(kind)]);
        let error = script.call(RetryPolicy::default()).await.expect_err("it");
        let error = error.downcast_ref::<io::Error>().expect("the very error");
        assert_eq!((error.kind(), script.count()), (kind, requests));
    }
}

#[tokio::test(start_paused = true)]
async fn connection_handler_retries_timeouts_by_choice() {
    let handler = ConnectionErrorRetryHandler::default().with_timeouts(true);
    for (answer, requests) in [
        (failure(FailureKind::Timeout), 2),
        (io(io::ErrorKind::TimedOut), 2),
        (failure(FailureKind::Deadline), 1),
        (failure(FailureKind::Tls), 1),
    ] {
        let script = Script::new([answer]);
        let policy = RetryPolicy::none().handler(handler.clone());
        script.call(policy).await.expect_err("the last error");
        assert_eq!(script.count(), requests);
    }
}

#[tokio::test(start_paused = true)]
async fn connection_handler_retries_other_kinds_by_choice() {
    let handler = ConnectionErrorRetryHandler::new(2).with_kinds([FailureKind::Dns]);
    for (kind, requests) in [(FailureKind::Dns, 3), (FailureKind::Closed, 1)] {
        let script = Script::new([failure(kind)]);
        let policy = RetryPolicy::none().handler(handler.clone());
        script.call(policy).await.expect_err("the last error");
        assert_eq!(script.count(), requests, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn connection_handler_never_retries_certificate_errors_inside_an_io_error() {
    let untrusted = || {
        let tls = slack_audit_logs::Failure::new(FailureKind::Tls, "not trusted");
        Err(io::Error::new(io::ErrorKind::ConnectionRefused, tls).into())
    };
    let script = Script::new([std::sync::Arc::new(untrusted) as _]);
    script
        .call(RetryPolicy::all_builtin())
        .await
        .expect_err("it");
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_never_retried() {
    for code in [400, 401, 403, 404] {
        let script = Script::new([answer(code, &[("retry-after", "1")], r#"{"ok":false}"#)]);
        let response = script
            .call(RetryPolicy::all_builtin())
            .await
            .expect("a response");
        assert_eq!((response.status().as_u16(), script.count()), (code, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_error_with_only_the_rate_limit_handler_is_the_original_error() {
    let script = Script::new([io(io::ErrorKind::ConnectionReset)]);
    let policy = RetryPolicy::none().handler(RateLimitErrorRetryHandler::new(5));
    let error = script.call(policy).await.expect_err("the error");
    let error = error.downcast_ref::<io::Error>().expect("the very error");
    assert_eq!(
        (error.kind(), script.count()),
        (io::ErrorKind::ConnectionReset, 1)
    );
}
