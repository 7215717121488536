//! The budget: retries of all calls together are bounded, shared by clones, and come back after an
//! outage.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use slack_audit_logs::retry::{
    FixedValueRetryIntervalCalculator, RetryLayer, RetryPolicy, ServerErrorRetryHandler,
};
use tower::{
    Layer, ServiceExt,
    retry::budget::{Budget, TpsBudget},
};

use crate::support::script::{Script, get, status};

/// Nine retries each, without waits.
fn eager() -> RetryPolicy {
    let at_once = FixedValueRetryIntervalCalculator::new(Duration::ZERO);
    RetryPolicy::none().handler(ServerErrorRetryHandler::new(9).with_interval_calculator(at_once))
}

/// A fifth of the calls within 10 s, and 10 more per second: tower's default, whose burst is 100.
const BURST: usize = 100;

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_against_503_are_at_most_1200_requests_and_the_burst() {
    let script = Script::new([status(503)]);
    let layer = RetryLayer::new(eager().budget(TpsBudget::default()));
    for _ in 0..1_000 {
        let response = layer.layer(script.service()).oneshot(get()).await;
        assert_eq!(response.expect("the last response").status(), 503);
    }
    let requests = script.count();
    assert!(requests <= 1_200 + BURST, "{requests}");
    assert!(requests > 1_100, "the budget was used: {requests}");
}

#[derive(Clone, Default)]
struct Counted(Arc<[AtomicU32; 2]>);

impl Budget for Counted {
    fn deposit(&self) {
        self.0[0].fetch_add(1, Ordering::Relaxed);
    }

    fn withdraw(&self) -> bool {
        self.0[1].fetch_add(1, Ordering::Relaxed);
        true
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_deposits_once_and_each_of_its_retries_withdraws() {
    let budget = Counted::default();
    let script = Script::new([status(503)]);
    let response = script.call(eager().budget(budget.clone())).await;
    assert_eq!(response.expect("the last response").status(), 503);
    let counts = budget
        .0
        .each_ref()
        .map(|count| count.load(Ordering::Relaxed));
    assert_eq!(counts, [1, 9]);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_at_once_on_clones_share_the_budget() {
    let script = Script::new([status(503)]);
    let service = RetryLayer::new(eager().budget(TpsBudget::default())).layer(script.service());
    let calls: Vec<_> = (0..1_000)
        .map(|_| tokio::spawn(service.clone().oneshot(get())))
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("a response");
    }
    let requests = script.count();
    assert!((1_100..=1_200 + BURST).contains(&requests), "{requests}");
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_every_call_makes_all_its_retries() {
    let script = Script::new([status(503)]);
    for _ in 0..10 {
        script.call(eager()).await.expect("a response");
    }
    assert_eq!(script.count(), 100);
}

#[tokio::test(start_paused = true)]
async fn the_budget_refills_after_an_outage() {
    let policy = eager().budget(TpsBudget::new(Duration::from_secs(10), 1, 0.2));
    let outage = Script::new([status(503)]);
    for _ in 0..100 {
        outage.call(policy.clone()).await.expect("a response");
    }
    let response = Script::new([status(503), status(200)])
        .call(policy.clone())
        .await;
    assert_eq!(response.expect("no budget left").status(), 503);
    tokio::time::advance(Duration::from_secs(30)).await;
    let response = Script::new([status(503), status(200)]).call(policy).await;
    assert_eq!(response.expect("a response").status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_withdrawal_of_a_cancelled_call_ages_out() {
    let minute = FixedValueRetryIntervalCalculator::new(Duration::from_secs(60));
    let policy = RetryPolicy::none()
        .handler(ServerErrorRetryHandler::default().with_interval_calculator(minute))
        .budget(TpsBudget::new(Duration::from_secs(1), 1, 0.0));
    let script = Script::new([status(503)]);
    let mut call = Box::pin(script.call(policy.clone()));
    assert!(futures_util::poll!(&mut call).is_pending(), "it waits");
    drop(call);
    let response = Script::new([status(503), status(200)])
        .call(policy.clone())
        .await;
    assert_eq!(response.expect("the budget is used up").status(), 503);
    tokio::time::advance(Duration::from_secs(3)).await;
    let response = Script::new([status(503), status(200)]).call(policy).await;
    assert_eq!(response.expect("a response").status(), 200);
}
