//! Another retry in the same stack: a policy of one's own for `tower::retry`, with tower's backoff
//! and budget.
//!
//! It knows nothing of this crate's handlers, and still `attempts()` and `url()` tell what
//! happened: they are counted below the retry.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use slack_audit_logs::{
    AuditLogsClient, Body, LogsRequest,
    fake::{FakeApi, ScriptedResponse},
    http::{Request, Response},
    retry::RetryLayer,
};
use tower::{
    BoxError,
    retry::{
        Policy,
        backoff::{Backoff, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff},
        budget::{Budget, TpsBudget},
    },
    util::rng::HasherRng,
};

/// Up to five requests for whatever is no client's fault, with tower's exponential backoff, as far
/// as the budget goes.
#[derive(Clone)]
struct FiveTimes {
    requests: u32,
    backoff: ExponentialBackoff,
    budget: Arc<TpsBudget>,
}

impl FiveTimes {
    fn new() -> Result<Self, BoxError> {
        let (min, max) = (Duration::from_millis(50), Duration::from_secs(2));
        Ok(Self {
            requests: 0,
            backoff: ExponentialBackoffMaker::new(min, max, 0.5, HasherRng::new())?.make_backoff(),
            budget: Arc::default(),
        })
    }
}

impl Policy<Request<Body>, Response<Bytes>, BoxError> for FiveTimes {
    type Future = <ExponentialBackoff as Backoff>::Future;

    fn retry(
        &mut self,
        _request: &mut Request<Body>,
        result: &mut Result<Response<Bytes>, BoxError>,
    ) -> Option<Self::Future> {
        self.requests += 1;
        if let Ok(response) = result
            && !response.status().is_server_error()
        {
            self.budget.deposit();
            return None;
        }
        // The waits are known nowhere but here: a deadline cuts them, but cannot refuse them before
        // they begin.
        (self.requests < 5 && self.budget.withdraw()).then(|| self.backoff.next_backoff())
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    eprintln!("*** this example always asks the embedded API ***\n");
    let api = FakeApi::builder().entries(1_000).build();
    // What this crate's default would not retry at all, three times.
    api.script(ScriptedResponse::status(502).times(3));
    let server = api.serve().await?;

    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(server.base_url())
        .retry_layer(RetryLayer::new(FiveTimes::new()?))
        .build()?;
    let response = client.logs(LogsRequest::new().limit(5)).await?;
    println!(
        "{} from {} after {} attempts, {} entries",
        response.status(),
        response.url(),
        response.attempts(),
        response.typed_body()?.entries.len()
    );
    Ok(())
}
