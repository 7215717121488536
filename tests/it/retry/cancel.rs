//! A call that is dropped gives everything back, wherever it was.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http::{Request, Response};
use slack_audit_logs::{
    Body,
    retry::{Attempt, RetryHandler, RetryLayer, RetryPolicy, RetryState},
};
use tokio::sync::Semaphore;
use tower::{BoxError, Layer, ServiceExt, limit::GlobalConcurrencyLimitLayer};

use crate::support::script::get;

/// Waits a second, prepares a second.
struct Slow(Arc<()>);

impl RetryHandler for Slow {
    fn max_retry_count(&self) -> u32 {
        9
    }

    fn can_retry(&self, state: &mut RetryState, _: &Attempt<'_>) -> bool {
        state.custom_values_mut().insert(Arc::clone(&self.0));
        true
    }

    fn wait(&self, _: &RetryState, _: &Attempt<'_>) -> Duration {
        Duration::from_secs(1)
    }

    fn prepare_for_next_attempt(
        &self,
        _: &mut RetryState,
        _: &Attempt<'_>,
    ) -> BoxFuture<'static, ()> {
        let held = Arc::clone(&self.0);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(held);
        })
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_nothing_leaks() {
    let permits = Arc::new(Semaphore::new(1));
    let held = Arc::new(());
    let limit = GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&permits));
    let service = limit.layer(tower::service_fn(|_: Request<Body>| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, BoxError>(Response::builder().status(500).body(Bytes::new())?)
    }));
    let service =
        RetryLayer::new(RetryPolicy::none().handler(Slow(Arc::clone(&held)))).layer(service);
    let baseline = Arc::strong_count(&held);
    // One attempt, one wait and one preparation, each a second long, in turn.
    for dropped_after in 0..12 {
        let mut call = service.clone().oneshot(get()).boxed();
        for _ in 0..dropped_after {
            assert!(futures_util::poll!(&mut call).is_pending());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(futures_util::poll!(&mut call).is_pending());
        // While it waits the call holds the readied instance or none; never more than that.
        assert!(Arc::strong_count(&held) >= baseline);
        drop(call);
        assert_eq!(permits.available_permits(), 1, "after {dropped_after}");
        assert_eq!(Arc::strong_count(&held), baseline, "after {dropped_after}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_permit_is_held_while_the_policy_waits() {
    let permits = Arc::new(Semaphore::new(1));
    let limit = GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&permits));
    let service = limit.layer(tower::service_fn(|_: Request<Body>| async {
        Ok::<_, BoxError>(Response::builder().status(500).body(Bytes::new())?)
    }));
    let policy = RetryPolicy::none().handler(Slow(Arc::default()));
    let mut call = RetryLayer::new(policy)
        .layer(service)
        .oneshot(get())
        .boxed();
    assert!(futures_util::poll!(&mut call).is_pending(), "it waits");
    assert_eq!(permits.available_permits(), 1);
}
