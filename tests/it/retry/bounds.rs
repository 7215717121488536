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
