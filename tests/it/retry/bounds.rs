//! The retry types are what they promise to the compiler.

use std::{fmt::Debug, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use slack_audit_logs::{Body, retry::*};
use tower::{BoxError, retry::Policy};

fn shared<T: Clone + Debug + Send + Sync + 'static>() {}
fn policy<P, B>()
where
    P: Policy<Request<B>, Response<Bytes>, BoxError, Future: Send + 'static>,
{
}

fn handler(_: impl RetryHandler + 'static) {}
fn calculator(_: impl RetryIntervalCalculator + 'static) {}
fn jitter(_: impl Jitter + 'static) {}
fn source(_: &dyn RandomSource) {}

#[test]
fn types_are_clone_send_sync_and_debug() {
    shared::<RetryPolicy>();
    shared::<RetryLayer<RetryPolicy>>();
    shared::<RetryState>();
    shared::<ConnectionErrorRetryHandler>();
    shared::<RateLimitErrorRetryHandler>();
    shared::<ServerErrorRetryHandler>();
    shared::<FixedValueRetryIntervalCalculator>();
    shared::<BackoffRetryIntervalCalculator>();
    shared::<NoJitter>();
    shared::<RandomJitter>();
    shared::<FullJitter>();
    shared::<EqualJitter>();
    shared::<Arc<dyn RetryHandler>>();
}

#[test]
fn debug_tells_the_settings() {
    struct Own;
    impl RetryHandler for Own {
        fn can_retry(&self, _: &mut RetryState, _: &Attempt<'_>) -> bool {
            false
        }
    }
    let policy = RetryPolicy::all_builtin_with(3).handler(Own);
    let shown = format!("{policy:?}");
    for part in [
        "ConnectionErrorRetryHandler(max 3)",
        "RateLimitErrorRetryHandler(max 3)",
        "ServerErrorRetryHandler(max 3)",
        "Own(max 1)",
        "max_wait: 300s",
        "retry_unsafe_methods: false",
        "budget: false",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let backoff = BackoffRetryIntervalCalculator::default();
    for (shown, part) in [
        (
            format!("{:?}", ConnectionErrorRetryHandler::default()),
            "kinds: [Dns, Connect",
        ),
        (
            format!("{:?}", RateLimitErrorRetryHandler::new(7)),
            "max_retry_count: 7",
        ),
        (
            format!("{:?}", ServerErrorRetryHandler::default()),
            "statuses: [500, 503]",
        ),
        (format!("{backoff:?}"), "factor: 500ms"),
        (format!("{:?}", FullJitter::default()), "RandomSource"),
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn traits_are_object_safe_and_shared_handlers_are_handlers() {
    handler(Arc::new(ServerErrorRetryHandler::default()) as Arc<dyn RetryHandler>);
    calculator(
        Arc::new(FixedValueRetryIntervalCalculator::default()) as Arc<dyn RetryIntervalCalculator>
    );
    jitter(Arc::new(NoJitter) as Arc<dyn Jitter>);
    source(&|| 0.5);
}

#[test]
fn the_policy_takes_any_body_that_can_be_cloned() {
    policy::<RetryPolicy, Body>();
    policy::<RetryPolicy, Bytes>();
    policy::<RetryPolicy, ()>();
}
