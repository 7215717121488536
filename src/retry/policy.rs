//! `RetryPolicy`: the handlers as a `tower::retry::Policy`.

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};
use tower::{
    BoxError,
    retry::{Policy, budget::Budget},
};

use super::{
    attempt::Attempt,
    builtin::{ConnectionErrorRetryHandler, RateLimitErrorRetryHandler, ServerErrorRetryHandler},
    handler::RetryHandler,
    state::RetryState,
};
use crate::{
    call_record::CallRecord,
    error::{Failure, FailureKind},
};

/// Asks its handlers in order whether to try again, and sleeps before it does; see the
/// [module](super) for the rules.
///
/// Give it to [`RetryLayer`](super::RetryLayer). Each call works on a clone of its own, which holds
/// the call's [`RetryState`].
///
/// ```
/// use slack_audit_logs::retry::{
///     ConnectionErrorRetryHandler, RateLimitErrorRetryHandler, RetryPolicy,
/// };
///
/// let policy = RetryPolicy::none()
///     .handler(ConnectionErrorRetryHandler::new(2).with_timeouts(true))
///     .handler(RateLimitErrorRetryHandler::new(5));
/// # let _ = policy;
/// ```
#[derive(Clone)]
pub struct RetryPolicy {
    config: Arc<Config>,
    state: RetryState,
}

#[derive(Clone)]
struct Config {
    handlers: Vec<Arc<dyn RetryHandler>>,
    max_wait: Duration,
    unsafe_methods: bool,
    budget: Option<Arc<dyn Budget + Send + Sync>>,
}

impl RetryPolicy {
    /// No call makes more requests than these, whatever its handlers say (the Python SDK's safety
    /// cap).
    pub const MAX_REQUESTS: u32 = 100;
    /// The longest single wait unless [`max_wait`](Self::max_wait) says otherwise: 5 minutes, as
    /// the rate limiter has it.
    pub const DEFAULT_MAX_WAIT: Duration = Duration::from_secs(300);

    /// No handlers: nothing is tried again.
    pub fn none() -> Self {
        Self {
            config: Arc::new(Config {
                handlers: Vec::new(),
                max_wait: Self::DEFAULT_MAX_WAIT,
                unsafe_methods: false,
                budget: None,
            }),
            state: RetryState::new(),
        }
    }

    /// All built-in handlers, in this order: connection errors, rate limit, server errors; one
    /// retry for the call.
    pub fn all_builtin() -> Self {
        Self::all_builtin_with(1)
    }

    /// The same with this many retries for the call.
    pub fn all_builtin_with(max_retry_count: u32) -> Self {
        Self::none()
            .handler(ConnectionErrorRetryHandler::new(max_retry_count))
            .handler(RateLimitErrorRetryHandler::new(max_retry_count))
            .handler(ServerErrorRetryHandler::new(max_retry_count))
    }

    /// Appends a handler.
    pub fn handler(self, handler: impl RetryHandler + 'static) -> Self {
        self.with(|config| config.handlers.push(Arc::new(handler)))
    }

    /// Replaces all handlers.
    pub fn handlers(self, handlers: impl IntoIterator<Item = Arc<dyn RetryHandler>>) -> Self {
        self.with(|config| config.handlers = handlers.into_iter().collect())
    }

    /// The longest wait that is begun; a longer one ends the call at once with
    /// [`FailureKind::WaitRefused`].
    pub fn max_wait(self, max_wait: Duration) -> Self {
        self.with(|config| config.max_wait = max_wait)
    }

    /// Whether requests that may change something (POST, PUT, …) are tried again although they may
    /// have reached the server; false by default.
    pub fn retry_unsafe_methods(self, retry: bool) -> Self {
        self.with(|config| config.unsafe_methods = retry)
    }

    /// Bounds the retries of all calls together: each call deposits once, each retry withdraws.
    ///
    /// All clones share it. With [`TpsBudget::default()`](tower::retry::budget::TpsBudget), retries
    /// are a fifth of the calls, and 10 more a second. A retry that the budget does not grant is
    /// not made, and the last response or error is the caller's.
    ///
    /// ```
    /// use slack_audit_logs::retry::RetryPolicy;
    /// use tower::retry::budget::TpsBudget;
    ///
    /// let policy = RetryPolicy::all_builtin().budget(TpsBudget::default());
    /// # let _ = policy;
    /// ```
    pub fn budget(self, budget: impl Budget + Send + Sync + 'static) -> Self {
        self.with(|config| config.budget = Some(Arc::new(budget)))
    }

    fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.config));
        self
    }
}

/// Connection errors, one retry.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self::none().handler(ConnectionErrorRetryHandler::default())
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("handlers", &self.config.handlers)
            .field("max_wait", &self.config.max_wait)
            .field("retry_unsafe_methods", &self.config.unsafe_methods)
            .field("budget", &self.config.budget.is_some())
            .finish_non_exhaustive()
    }
}

/// What to do after an attempt.
enum Decision {
    /// The outcome is the caller's.
    Keep(&'static str),
    /// Nobody waits so long.
    Refuse(Duration, &'static str),
    Retry(RetryFuture),
}

impl RetryPolicy {
    fn decide(&mut self, attempt: &Attempt<'_>) -> Decision {
        let Self { config, state } = self;
        state.begin_decision();
        if let Some(budget) = &config.budget
            && state.current_attempt() == 0
        {
            budget.deposit();
        }
        if attempt.number() >= Self::MAX_REQUESTS {
            return Decision::Keep("the call has made as many requests as any may");
        }
        let failure = attempt.failure_kind();
        if !config.unsafe_methods
            && !attempt.method().is_safe()
            && !failure.is_some_and(FailureKind::is_before_send)
        {
            return Decision::Keep("the method is not safe to repeat");
        }
        let Some(handler) = config.handlers.iter().find(|handler| {
            state.current_attempt() < handler.max_retry_count() && handler.can_retry(state, attempt)
        }) else {
            return Decision::Keep("no handler retries it, or their retries are used up");
        };
        let wait = handler.wait(state, attempt);
        if wait > config.max_wait {
            return Decision::Refuse(wait, "the wait before the next attempt is over its cap");
        }
        // The next attempt begins when the wait is over and a rate limiter below lets it pass.
        let record = attempt.call_record();
        let next_permit = record.and_then(CallRecord::next_permit);
        let begins_after = next_permit.map_or(wait, |at| {
            wait.max(at.saturating_duration_since(Instant::now()))
        });
        let remaining = record.and_then(CallRecord::remaining);
        if remaining.is_some_and(|remaining| remaining <= begins_after) {
            let why = "the wait before the next attempt would pass the call's deadline";
            return Decision::Refuse(begins_after, why);
        }
        if let Some(budget) = &config.budget
            && !budget.withdraw()
        {
            return Decision::Keep("the retry budget is used up");
        }
        tracing::warn!(
            handler = handler.name(),
            attempt = attempt.number(),
            wait = ?wait,
            http.response.status_code = attempt.status().map(|status| status.as_u16()),
            error.type = failure.map(FailureKind::name),
            "the attempt failed, trying again after a wait",
        );
        state.request_next_attempt();
        let prepare = handler.prepare_for_next_attempt(state, attempt);
        state.increment_current_attempt();
        Decision::Retry(RetryFuture {
            sleep: (!wait.is_zero()).then(|| sleep(wait)),
            prepare,
        })
    }
}

impl<B: Clone> Policy<Request<B>, Response<Bytes>, BoxError> for RetryPolicy {
    type Future = RetryFuture;

    fn retry(
        &mut self,
        request: &mut Request<B>,
        result: &mut Result<Response<Bytes>, BoxError>,
    ) -> Option<RetryFuture> {
        let outcome = match &*result {
            Ok(response) => Ok(response),
            Err(error) => Err(&**error as &(dyn StdError + 'static)),
        };
        let number = self.state.current_attempt().saturating_add(1);
        let attempt = Attempt::new(request, outcome, number);
        match self.decide(&attempt) {
            Decision::Retry(future) => return Some(future),
            Decision::Keep(why) => {
                // A success is nothing to give up on.
                if !attempt.status().is_some_and(|status| status.is_success()) {
                    log_giving_up(&attempt, None, why);
                }
            }
            Decision::Refuse(wait, why) => {
                log_giving_up(&attempt, Some(wait), why);
                let failure = Failure::new(FailureKind::WaitRefused, why).with_wait(wait);
                // The placeholder lives until the next line's end.
                let last = std::mem::replace(result, Ok(Response::default()));
                let failure = match last {
                    Ok(response) => failure.with_response(response),
                    Err(error) => failure.with_source(error),
                };
                *result = Err(failure.into());
            }
        }
        None
    }

    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        Some(request.clone())
    }
}

fn log_giving_up(attempt: &Attempt<'_>, wait: Option<Duration>, why: &'static str) {
    tracing::debug!(
        attempt = attempt.number(),
        wait = wait.map(tracing::field::debug),
        http.response.status_code = attempt.status().map(|status| status.as_u16()),
        error.type = attempt.failure_kind().map(FailureKind::name),
        "giving up: {why}",
    );
}

pin_project! {
    /// The wait before the next attempt, then what its handler prepares.
    #[must_use = "futures do nothing unless polled"]
    pub struct RetryFuture {
        #[pin]
        sleep: Option<Sleep>,
        prepare: BoxFuture<'static, ()>,
    }
}

impl Future for RetryFuture {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let Some(sleep) = this.sleep.as_mut().as_pin_mut() {
            ready!(sleep.poll(cx));
            this.sleep.set(None);
        }
        this.prepare.as_mut().poll(cx)
    }
}

impl fmt::Debug for RetryFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture")
            .field("sleep", &self.sleep)
            .finish_non_exhaustive()
    }
}
