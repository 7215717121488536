//! A service that answers from a script and notes what it was asked, and when.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use slack_audit_logs::{
    Body, Failure, FailureKind,
    fake::WireFault,
    retry::{RandomJitter, RetryLayer, RetryPolicy},
};
use tokio::time::Instant;
use tower::{BoxError, Layer, Service, ServiceExt};

/// Whatever breaks a response on its way.
pub const BREAKING: [WireFault; 14] = [
    WireFault::ResetBeforeHead,
    WireFault::ResetInHead,
    WireFault::ResetInBody,
    WireFault::CloseBeforeHead,
    WireFault::CloseInHead,
    WireFault::CloseInBody,
    WireFault::LongLength(1_000_000),
    WireFault::CutChunk,
    WireFault::BadChunk,
    WireFault::NoLastChunk,
    WireFault::GarbageHead,
    WireFault::BadGzip,
    WireFault::CutGzip,
    WireFault::BadGzipChecksum,
];

/// One scripted answer; it can be given many times.
pub type HttpOutcome = Arc<dyn Fn() -> Result<Response<Bytes>, BoxError> + Send + Sync>;

/// A response with a status.
pub fn status(status: u16) -> HttpOutcome {
    answer(status, &[], "")
}

/// A response with a status and a body.
pub fn body(status: u16, body: &'static str) -> HttpOutcome {
    answer(status, &[], body)
}

/// A response with a status, headers and a body.
pub fn answer(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> HttpOutcome {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    Arc::new(move || {
        let mut response = Response::builder().status(status);
        for (name, value) in &headers {
            response = response.header(*name, value);
        }
        Ok(response.body(Bytes::from_static(body.as_bytes()))?)
    })
}

/// A 429 with this `Retry-After`.
pub fn limited(retry_after: &str) -> HttpOutcome {
    answer(429, &[("retry-after", retry_after)], "")
}

/// A failure in the crate's own words.
pub fn failure(kind: FailureKind) -> HttpOutcome {
    Arc::new(move || Err(Failure::new(kind, "scripted").into()))
}

/// A failure as another transport says it.
pub fn io(kind: io::ErrorKind) -> HttpOutcome {
    Arc::new(move || Err(io::Error::from(kind).into()))
}

/// A request, and when it came.
type Sent = (Instant, Request<Body>);

/// Answers in order, the last one for ever, and the requests that came.
#[derive(Clone)]
pub struct Script {
    answers: Arc<Vec<HttpOutcome>>,
    requests: Arc<Mutex<Vec<Sent>>>,
}

impl Script {
    pub fn new(answers: impl IntoIterator<Item = HttpOutcome>) -> Self {
        Self {
            answers: Arc::new(answers.into_iter().collect()),
            requests: Arc::default(),
        }
    }

    /// The service. Its clones share the script.
    pub fn service(
        &self,
    ) -> impl Service<
        Request<Body>,
        Response = Response<Bytes>,
        Error = BoxError,
        Future = std::future::Ready<Result<Response<Bytes>, BoxError>>,
    > + Clone
    + Send
    + Sync
    + 'static {
        let this = self.clone();
        tower::service_fn(move |request: Request<Body>| {
            let mut requests = this.requests.lock().expect("no panic");
            let next = requests.len().min(this.answers.len() - 1);
            requests.push((Instant::now(), request));
            std::future::ready(this.answers[next]())
        })
    }

    /// One GET through a policy.
    pub async fn call(&self, policy: RetryPolicy) -> Result<Response<Bytes>, BoxError> {
        self.send(policy, get()).await
    }

    /// One request through a policy.
    pub async fn send(
        &self,
        policy: RetryPolicy,
        request: Request<Body>,
    ) -> Result<Response<Bytes>, BoxError> {
        RetryLayer::new(policy)
            .layer(self.service())
            .oneshot(request)
            .await
    }

    /// How many requests came.
    pub fn count(&self) -> usize {
        self.requests.lock().expect("no panic").len()
    }

    /// The time between the requests.
    pub fn waits(&self) -> Vec<Duration> {
        let requests = self.requests.lock().expect("no panic");
        requests
            .windows(2)
            .map(|pair| pair[1].0 - pair[0].0)
            .collect()
    }

    /// The requests that came.
    pub fn requests(&self) -> Vec<Request<Body>> {
        let requests = self.requests.lock().expect("no panic");
        requests
            .iter()
            .map(|(_, request)| request.clone())
            .collect()
    }
}

/// A GET of a page.
pub fn get() -> Request<Body> {
    Request::get("https://api.slack.com/audit/v1/logs?actor=W777")
        .body(Body::empty())
        .expect("valid")
}

/// Jitter that always adds a quarter of a second.
pub fn quarter() -> RandomJitter {
    RandomJitter::with_source(|| 0.25)
}

/// Milliseconds as durations.
pub fn millis(waits: &[u64]) -> Vec<Duration> {
    waits.iter().copied().map(Duration::from_millis).collect()
}
