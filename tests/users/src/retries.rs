//! Retries of the user's own: by code, by count, by kind of failure.

use std::{
    future, io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use slack_audit_logs::{
    AuditLogsClient, Body, ErrorCode, FailureKind, LogsRequest, http,
    retry::{
        Attempt, ConnectionErrorRetryHandler, FixedValueRetryIntervalCalculator, RetryHandler,
        RetryPolicy, RetryState,
    },
    tower::service_fn,
};

/// A retry by Slack's code: two lines.
struct OnFatalError;

impl RetryHandler for OnFatalError {
    fn can_retry(&self, _: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        attempt.code() == Some(ErrorCode::FatalError)
    }

    fn wait(&self, _: &RetryState, _: &Attempt<'_>) -> Duration {
        Duration::ZERO
    }
}

/// How many attempts a call makes against a transport that never does better than this.
async fn attempts(
    policy: RetryPolicy,
    answer: fn() -> Result<http::Response<Body>, io::Error>,
) -> u32 {
    let count = Arc::new(AtomicU32::new(0));
    let counted = count.clone();
    let client = AuditLogsClient::builder()
        .rate_limit(None)
        .retry_policy(policy)
        .transport(service_fn(move |_: http::Request<Body>| {
            counted.fetch_add(1, Ordering::Relaxed);
            future::ready(answer())
        }))
        .build()
        .expect("a client");
    let error = client
        .logs(LogsRequest::new())
        .await
        .expect_err("it never works");
    assert_eq!(error.attempts(), count.load(Ordering::Relaxed));
    error.attempts()
}

#[tokio::test]
async fn by_code() {
    let answer = || {
        Ok(http::Response::new(
            r#"{"ok":false,"error":"fatal_error"}"#.into(),
        ))
    };
    assert_eq!(
        attempts(RetryPolicy::none().handler(OnFatalError), answer).await,
        2
    );
    assert_eq!(attempts(RetryPolicy::all_builtin(), answer).await, 1);
}

#[tokio::test]
async fn by_count() {
    let answer = || {
        let response = http::Response::builder().status(503);
        Ok(response.body(Body::empty()).expect("valid"))
    };
    assert_eq!(attempts(RetryPolicy::all_builtin_with(0), answer).await, 1);
    assert_eq!(attempts(RetryPolicy::all_builtin_with(1), answer).await, 2);
}

/// As Python's handler takes types of error.
#[tokio::test]
async fn by_kind_of_failure() {
    let at_once = || FixedValueRetryIntervalCalculator::new(Duration::from_millis(1));
    let handler = |kinds: &[FailureKind]| {
        RetryPolicy::none().handler(
            ConnectionErrorRetryHandler::new(2)
                .with_kinds(kinds.iter().copied())
                .with_interval_calculator(at_once()),
        )
    };
    let reset = || Err(io::ErrorKind::ConnectionReset.into());
    assert_eq!(attempts(handler(&[FailureKind::Closed]), reset).await, 3);
    assert_eq!(attempts(handler(&[FailureKind::Dns]), reset).await, 1);
}
