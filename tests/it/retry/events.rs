//! Retries are seen in the logs, secrets are not.

use std::{io, time::Duration};

use slack_audit_logs::retry::{
    ConnectionErrorRetryHandler, FixedValueRetryIntervalCalculator, NoJitter,
    RateLimitErrorRetryHandler, RetryPolicy,
};

use crate::support::{
    capture::Capture,
    script::{Script, answer, get, status},
};

fn policy() -> RetryPolicy {
    let half = FixedValueRetryIntervalCalculator::new(Duration::from_millis(500));
    RetryPolicy::none()
        .handler(ConnectionErrorRetryHandler::new(1).with_interval_calculator(half))
        .handler(RateLimitErrorRetryHandler::new(2).with_jitter(NoJitter))
}

#[tokio::test(start_paused = true)]
async fn a_warning_for_each_retry_and_a_debug_event_for_giving_up() {
    let capture = Capture::start();
    let script = Script::new([
        std::sync::Arc::new(|| {
            Err(io::Error::new(
                io::ErrorKind::ConnectionReset,
                "https://x/?token=xoxp-CANARY",
            )
            .into())
        }),
        answer(
            429,
            &[("retry-after", "30"), ("set-cookie", "d=CANARY")],
            "CANARY",
        ),
        answer(429, &[("retry-after", "30")], "CANARY"),
    ]);
    let mut request = get();
    request.headers_mut().insert(
        "authorization",
        "Bearer xoxp-CANARY".parse().expect("a value"),
    );
    script
        .send(policy(), request)
        .await
        .expect("the last response");
    let text = capture.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, parts) in lines.iter().zip([
        &[
            "WARN",
            "handler=\"ConnectionErrorRetryHandler\"",
            "attempt=1",
            "wait=500ms",
            "error.type=\"closed\"",
        ][..],
        &[
            "WARN",
            "handler=\"RateLimitErrorRetryHandler\"",
            "attempt=2",
            "wait=30s",
            "http.response.status_code=429",
        ],
        &[
            "DEBUG",
            "giving up",
            "used up",
            "attempt=3",
            "http.response.status_code=429",
        ],
    ]) {
        for part in parts {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
    for secret in ["CANARY", "W777", "slack.com"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_wait_is_told_with_its_length_and_a_success_is_not_told() {
    let capture = Capture::start();
    let script = Script::new([answer(429, &[("retry-after", "3600")], "")]);
    script.call(policy()).await.expect_err("refused");
    let text = capture.text();
    assert!(
        text.contains("DEBUG") && text.contains("cap") && text.contains("wait=3600s"),
        "{text}"
    );
    drop(capture);

    let capture = Capture::start();
    Script::new([status(200)])
        .call(policy())
        .await
        .expect("a response");
    assert_eq!(capture.text(), "");
}
