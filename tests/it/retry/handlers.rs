//! The trait's side of the contract: order, count, state, what handlers see, and what the policy
//! does around them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use http::StatusCode;
use slack_audit_logs::{
    CallRecord, FailureKind,
    retry::{
        Attempt, BackoffRetryIntervalCalculator, ConnectionErrorRetryHandler,
        FixedValueRetryIntervalCalculator, RateLimitErrorRetryHandler, RetryHandler,
        RetryIntervalCalculator, RetryPolicy, RetryState, ServerErrorRetryHandler,
    },
};
use tokio::time::Instant;

use crate::support::script::{Script, answer, failure, get, limited, millis, quarter, status};

/// Says always yes; only what must be written is.
struct Always;

impl RetryHandler for Always {
    fn can_retry(&self, _: &mut RetryState, _: &Attempt<'_>) -> bool {
        true
    }
}

/// Says what it is told to, counts how often it is asked, and does not wait.
pub(super) struct Counting {
    max: u32,
    yes: bool,
    asked: Arc<AtomicU32>,
}

impl Counting {
    pub(super) fn new(max: u32, yes: bool) -> (Self, Arc<AtomicU32>) {
        let asked = Arc::<AtomicU32>::default();
        let this = Self {
            max,
            yes,
            asked: Arc::clone(&asked),
        };
        (this, asked)
    }
}

impl RetryHandler for Counting {
    fn max_retry_count(&self) -> u32 {
        self.max
    }

    fn can_retry(&self, _: &mut RetryState, _: &Attempt<'_>) -> bool {
        self.asked.fetch_add(1, Relaxed);
        self.yes
    }

    fn wait(&self, _: &RetryState, _: &Attempt<'_>) -> Duration {
        Duration::ZERO
    }
}

#[tokio::test(start_paused = true)]
async fn handler_defaults_are_one_retry_after_half_a_second_and_jitter() {
    assert_eq!(Always.max_retry_count(), 1);
    let script = Script::new([status(500)]);
    let response = script.call(RetryPolicy::none().handler(Always)).await;
    assert_eq!(response.expect("the last response").status(), 500);
    assert_eq!(script.count(), 2);
    let wait = script.waits()[0];
    assert!(
        wait >= Duration::from_millis(500) && wait <= Duration::from_millis(1_501),
        "{wait:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn order_the_first_handler_that_says_yes_decides() {
    let (no, no_asked) = Counting::new(9, false);
    let (first, first_asked) = Counting::new(1, true);
    let (second, second_asked) = Counting::new(9, true);
    let script = Script::new([status(500), status(200)]);
    let policy = RetryPolicy::none()
        .handler(no)
        .handler(first)
        .handler(second);
    script.call(policy).await.expect("a response");
    // The first "yes" ends the first round; its count is used up in the second round, so the next
    // one is asked, for ever.
    assert_eq!(
        (no_asked.load(Relaxed), first_asked.load(Relaxed)),
        (9, 1),
        "up to its count every handler in order is asked"
    );
    assert_eq!(second_asked.load(Relaxed), 8);
}

#[tokio::test(start_paused = true)]
async fn count_is_shared_503_429_200_ends_with_the_429_after_2_requests() {
    let script = Script::new([status(503), limited("1"), status(200)]);
    let policy = RetryPolicy::none()
        .handler(ServerErrorRetryHandler::new(1))
        .handler(RateLimitErrorRetryHandler::new(1));
    let response = script.call(policy).await.expect("a response");
    assert_eq!((response.status().as_u16(), script.count()), (429, 2));
}

#[tokio::test(start_paused = true)]
async fn count_is_shared_with_rate_limit_2_it_gets_the_200_after_3_requests() {
    let script = Script::new([status(503), limited("1"), status(200)]);
    let policy = RetryPolicy::none()
        .handler(ServerErrorRetryHandler::new(1).with_interval_calculator(
            BackoffRetryIntervalCalculator::default().with_jitter(quarter()),
        ))
        .handler(RateLimitErrorRetryHandler::new(2).with_jitter(quarter()));
    let response = script.call(policy).await.expect("a response");
    assert_eq!((response.status().as_u16(), script.count()), (200, 3));
    assert_eq!(script.waits(), millis(&[750, 1_250]));
}

#[tokio::test(start_paused = true)]
async fn calls_max_2_always_failing_are_3_requests_and_can_retry_is_asked_twice() {
    let (handler, asked) = Counting::new(2, true);
    let script = Script::new([status(500)]);
    let response = script.call(RetryPolicy::none().handler(handler)).await;
    assert_eq!(response.expect("the last response").status(), 500);
    assert_eq!((script.count(), asked.load(Relaxed)), (3, 2));
}

/// What [`Remembering`] keeps in a call's custom values.
#[derive(Clone)]
struct Failures(Vec<u16>);

/// Writes down how the state looks at every step.
#[derive(Clone, Default)]
struct Remembering(Arc<Mutex<Vec<String>>>);

impl Remembering {
    fn note(&self, step: &str, state: &RetryState) {
        let failures = state
            .custom_values()
            .get()
            .map(|Failures(seen)| seen.clone());
        self.0.lock().expect("no panic").push(format!(
            "{step} {} {} {failures:?}",
            state.current_attempt(),
            state.next_attempt_requested()
        ));
    }
}

impl RetryHandler for Remembering {
    fn max_retry_count(&self) -> u32 {
        5
    }

    fn can_retry(&self, state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        self.note("can_retry", state);
        let Some(status) = attempt.status().filter(StatusCode::is_server_error) else {
            return false;
        };
        let values = state.custom_values_mut();
        values
            .get_or_insert_with(|| Failures(Vec::new()))
            .0
            .push(status.as_u16());
        true
    }

    fn wait(&self, state: &RetryState, _: &Attempt<'_>) -> Duration {
        self.note("wait", state);
        Duration::ZERO
    }

    fn prepare_for_next_attempt(
        &self,
        state: &mut RetryState,
        _: &Attempt<'_>,
    ) -> BoxFuture<'static, ()> {
        self.note("prepare", state);
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test(start_paused = true)]
async fn state_counts_from_0_and_its_custom_values_last_for_one_call() {
    let handler = Remembering::default();
    let policy = RetryPolicy::none().handler(handler.clone());
    let expected = [
        "can_retry 0 false None",
        "wait 0 false Some([500])",
        "prepare 0 true Some([500])",
        "can_retry 1 false Some([500])",
        "wait 1 false Some([500, 503])",
        "prepare 1 true Some([500, 503])",
        "can_retry 2 false Some([500, 503])",
    ];
    for call in 1..=2 {
        let script = Script::new([status(500), status(503), status(200)]);
        script.call(policy.clone()).await.expect("a response");
        let steps = std::mem::take(&mut *handler.0.lock().expect("no panic"));
        assert_eq!(steps, expected, "call {call}");
    }
}

/// Prepares for two seconds.
struct Preparing(Arc<Mutex<Vec<(&'static str, Instant)>>>);

impl RetryHandler for Preparing {
    fn can_retry(&self, _: &mut RetryState, _: &Attempt<'_>) -> bool {
        true
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        const { &FixedValueRetryIntervalCalculator::new(Duration::from_secs(3)) }
    }

    fn prepare_for_next_attempt(
        &self,
        _: &mut RetryState,
        _: &Attempt<'_>,
    ) -> BoxFuture<'static, ()> {
        let times = Arc::clone(&self.0);
        times
            .lock()
            .expect("no panic")
            .push(("called", Instant::now()));
        Box::pin(async move {
            times
                .lock()
                .expect("no panic")
                .push(("runs", Instant::now()));
            tokio::time::sleep(Duration::from_secs(2)).await;
        })
    }
}

#[tokio::test(start_paused = true)]
async fn prepare_is_called_at_the_decision_and_awaited_after_the_wait() {
    let times = Arc::default();
    let script = Script::new([status(500)]);
    let start = Instant::now();
    let policy = RetryPolicy::none().handler(Preparing(Arc::clone(&times)));
    script.call(policy).await.expect("a response");
    let times: Vec<_> = times
        .lock()
        .expect("no panic")
        .iter()
        .map(|(what, at)| (*what, (*at - start).as_secs()))
        .collect();
    assert_eq!(times, [("called", 0), ("runs", 3)]);
    assert_eq!(script.waits(), millis(&[5_000]));
}

#[tokio::test(start_paused = true)]
async fn default_is_connection_errors_once() {
    let script = Script::new([failure(FailureKind::Connect)]);
    script
        .call(RetryPolicy::default())
        .await
        .expect_err("never");
    assert_eq!(script.count(), 2);
    for other in [status(429), status(500), status(503)] {
        let script = Script::new([other]);
        script
            .call(RetryPolicy::default())
            .await
            .expect("a response");
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn all_builtin_are_connection_rate_limit_and_server_errors() {
    for first in [
        failure(FailureKind::Closed),
        limited("1"),
        status(500),
        status(503),
    ] {
        let script = Script::new([first, status(200)]);
        let response = script.call(RetryPolicy::all_builtin()).await;
        assert_eq!(response.expect("a response").status(), 200);
        assert_eq!(script.count(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn none_and_an_empty_list_retry_nothing() {
    let emptied = RetryPolicy::all_builtin().handlers([]);
    for policy in [RetryPolicy::none(), emptied] {
        let script = Script::new([failure(FailureKind::Connect)]);
        script.call(policy).await.expect_err("the error");
        assert_eq!(script.count(), 1);
    }
}

/// Keeps what it sees of the first attempt and retries by what the body says.
#[derive(Clone, Default)]
struct Seeing(Arc<Mutex<Vec<String>>>);

impl RetryHandler for Seeing {
    fn max_retry_count(&self) -> u32 {
        2
    }

    fn can_retry(&self, _: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        let mut seen = self.0.lock().expect("no panic");
        seen.push(format!("{} {}", attempt.method(), attempt.uri()));
        seen.push(format!("{:?}", attempt.headers()));
        seen.push(format!("number {}", attempt.number()));
        seen.push(format!("{:?}", attempt.extensions().get::<&str>()));
        seen.push(format!(
            "attempts {:?}",
            attempt.call_record().map(CallRecord::attempts)
        ));
        let Some(response) = attempt.response() else {
            seen.extend(attempt.sources().map(ToString::to_string));
            return false;
        };
        seen.push(format!("{:?}", response.headers().get("x-slack-req-id")));
        seen.push(format!("{:?} {:?}", response.status(), response.body()));
        response.body().starts_with(br#"{"ok":false"#)
    }

    fn wait(&self, _: &RetryState, _: &Attempt<'_>) -> Duration {
        Duration::ZERO
    }
}

#[tokio::test(start_paused = true)]
async fn what_handlers_see_is_all_but_the_secrets() {
    let script = Script::new([
        answer(
            200,
            &[("x-slack-req-id", "r1")],
            r#"{"ok":false,"error":"internal_error"}"#,
        ),
        Arc::new(|| Err(std::io::Error::other("the source").into())),
    ]);
    let mut request = get();
    for secret in ["authorization", "cookie", "proxy-authorization"] {
        request
            .headers_mut()
            .insert(secret, "xoxp-CANARY".parse().expect("a value"));
    }
    request
        .headers_mut()
        .insert("x-request", "7".parse().expect("a value"));
    request.extensions_mut().insert("an extension");
    CallRecord::ensure(&mut request).begin_attempt();
    let handler = Seeing::default();
    let policy = RetryPolicy::none().handler(handler.clone());
    let error = script.send(policy, request).await.expect_err("the error");
    assert_eq!(
        error.to_string(),
        "the source",
        "the original error, untouched"
    );
    let seen = handler.0.lock().expect("no panic").clone();
    assert_eq!(
        seen,
        [
            "GET https://api.slack.com/audit/v1/logs?actor=W777",
            r#"{"x-request": "7"}"#,
            "number 1",
            r#"Some("an extension")"#,
            "attempts Some(1)",
            r#"Some("r1")"#,
            r#"200 b"{\"ok\":false,\"error\":\"internal_error\"}""#,
            "GET https://api.slack.com/audit/v1/logs?actor=W777",
            r#"{"x-request": "7"}"#,
            "number 2",
            r#"Some("an extension")"#,
            "attempts Some(1)",
            "the source",
            "the source",
        ]
    );
    let sent = script.requests();
    assert_eq!(sent[1].headers()["authorization"], "xoxp-CANARY");
}

/// The same handler with one more retry: a wrapper passes on what it does not change.
struct Twice<H>(H);

impl<H: RetryHandler> RetryHandler for Twice<H> {
    fn max_retry_count(&self) -> u32 {
        self.0.max_retry_count() + 1
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        self.0.interval_calculator()
    }

    fn can_retry(&self, state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        self.0.can_retry(state, attempt)
    }

    fn wait(&self, state: &RetryState, attempt: &Attempt<'_>) -> Duration {
        self.0.wait(state, attempt)
    }

    fn prepare_for_next_attempt(
        &self,
        state: &mut RetryState,
        attempt: &Attempt<'_>,
    ) -> BoxFuture<'static, ()> {
        self.0.prepare_for_next_attempt(state, attempt)
    }
}

#[tokio::test(start_paused = true)]
async fn every_built_in_handler_can_be_wrapped() {
    let policies = [
        (
            failure(FailureKind::Closed),
            RetryPolicy::none().handler(Twice(ConnectionErrorRetryHandler::default())),
        ),
        (
            limited("1"),
            RetryPolicy::none().handler(Twice(RateLimitErrorRetryHandler::default())),
        ),
        (
            status(503),
            RetryPolicy::none().handler(Twice(ServerErrorRetryHandler::default())),
        ),
    ];
    for (answer, policy) in policies {
        let script = Script::new([answer.clone(), answer, status(200)]);
        let response = script.call(policy).await.expect("a response");
        assert_eq!((response.status().as_u16(), script.count()), (200, 3));
    }
}
