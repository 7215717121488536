//! The handle to an embedded API, and the API as a service.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use tower::{BoxError, Service};

use super::{
    Shared,
    body::FakeBody,
    builder::FakeApiBuilder,
    event::{Event, RecordedEvent},
    faults::WireFault,
    request::RecordedRequest,
    respond,
    script::{DateHeader, ScriptedResponse},
};

/// An Audit Logs API inside the process. Clones are handles to the same one. See the
/// [module](super).
#[derive(Clone)]
pub struct FakeApi {
    pub(super) shared: Arc<Shared>,
}

impl FakeApi {
    /// The token that is accepted unless [another](FakeApiBuilder::token) is set. It is made up.
    pub const TOKEN: &str = "xoxp-fake-0000000000-not-a-real-token";

    /// An API with 5,000 events and the defaults of [`FakeApiBuilder`].
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Sets up an API.
    pub fn builder() -> FakeApiBuilder {
        FakeApiBuilder::default()
    }

    /// Adds a response to the script; see [`ScriptedResponse`].
    pub fn script(&self, response: ScriptedResponse) {
        self.shared.state().script.add(response);
    }

    /// Forgets all scripted responses that have not been given.
    pub fn clear_script(&self) {
        self.shared.state().script.clear();
    }

    /// How many scripted responses are not used up.
    pub fn script_len(&self) -> usize {
        self.shared.state().script.len()
    }

    /// Adds an event that the API shows from `visible_at` (Unix seconds) on. With a time after the
    /// event's own it arrives late.
    pub fn push(&self, event: impl Into<Event>, visible_at: i64) {
        let visible_ms = visible_at.saturating_mul(1000);
        self.shared.state().store.push(event.into(), visible_ms);
    }

    /// Adds an event that the API shows at once.
    pub fn push_now(&self, event: impl Into<Event>) {
        self.shared.state().store.push(event.into(), i64::MIN);
    }

    /// Makes an event of this time (Unix seconds), shown from `visible_at` on, and tells its id.
    pub fn push_made(&self, date_create: i64, visible_at: i64) -> String {
        let mut state = self.shared.state();
        let visible_ms = visible_at.saturating_mul(1000);
        let number = state.store.add_generated(date_create, visible_ms);
        state.store.generated_id(number)
    }

    /// The first 100,000 requests, scripted or not, with their times and parameters.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.state().requests.clone()
    }

    /// How many requests have come.
    pub fn request_count(&self) -> usize {
        self.shared.state().request_count
    }

    /// How many connections have been served.
    pub fn connection_count(&self) -> u64 {
        self.shared.state().connections
    }

    /// Every event that the API knows, oldest first, also those that are not visible yet.
    pub fn record(&self) -> Vec<RecordedEvent> {
        let mut state = self.shared.state();
        let now_ms = state.clock.now_ms();
        state.store.catch_up(now_ms);
        state.store.recorded()
    }

    /// The faults that have taken effect, in order.
    pub fn faults_fired(&self) -> Vec<WireFault> {
        self.shared.faults.list()
    }

    /// The API's time, since the Unix epoch.
    pub fn now(&self) -> Duration {
        self.shared.state().clock.now()
    }

    /// The API's time in Unix seconds.
    pub fn now_unix(&self) -> i64 {
        self.shared.state().clock.now_ms().div_euclid(1000)
    }

    /// Moves the API's clock by so many seconds, at once.
    pub fn step_clock(&self, seconds: i64) {
        self.shared.state().clock.step(seconds);
    }

    /// Lets `Date` differ from the API's time by so many seconds from now on; `None` leaves the
    /// header out. [`ScriptedResponse::date_offset`] does it for some responses.
    pub fn set_date_skew(&self, seconds: Option<i64>) {
        self.shared.state().clock.date = seconds.map_or(DateHeader::Absent, DateHeader::Offset);
    }

    /// Accepts this token from now on and no other.
    pub fn set_token(&self, token: impl Into<String>) {
        self.shared.state().token = token.into();
    }
}

impl Default for FakeApi {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no data and no token.
impl fmt::Debug for FakeApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeApi")
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}

/// The API as a transport without a socket. Errors are [`std::io::Error`]s, and come only from
/// [faults](WireFault) and from the request's own body.
impl<B> Service<Request<B>> for FakeApi
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<FakeBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<FakeBody>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { respond::respond(&shared, request, None).await })
    }
}
