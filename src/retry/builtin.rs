//! The built-in handlers: connection errors, the rate limit, server errors.

use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;

use super::{
    attempt::Attempt,
    handler::RetryHandler,
    interval::{
        BackoffRetryIntervalCalculator, FixedValueRetryIntervalCalculator, RetryIntervalCalculator,
    },
    jitter::{Jitter, RandomJitter},
    state::RetryState,
};
use crate::error::FailureKind;

/// What the Python SDK's handlers retry by default: once.
const DEFAULT_MAX_RETRY_COUNT: u32 = 1;

/// Tries again when the connection failed: the name was not resolved, no connection was opened, it
/// was reset or closed before the whole body was there, or what came was broken.
///
/// Timeouts only with [`with_timeouts`](Self::with_timeouts). Never after a TLS error: a
/// certificate that is not trusted does not get better, and trying again would only hide an attack.
/// Never for a body over the limit either.
#[derive(Clone)]
pub struct ConnectionErrorRetryHandler {
    max_retry_count: u32,
    interval_calculator: Arc<dyn RetryIntervalCalculator>,
    kinds: Vec<FailureKind>,
}

impl ConnectionErrorRetryHandler {
    /// The kinds of failure that are retried by default.
    pub const DEFAULT_KINDS: [FailureKind; 6] = [
        FailureKind::Dns,
        FailureKind::Connect,
        FailureKind::Proxy,
        FailureKind::Closed,
        FailureKind::Protocol,
        FailureKind::Body,
    ];

    /// At most so many retries in a call, 0.5 s × 2ⁿ and [`RandomJitter`] apart.
    pub fn new(max_retry_count: u32) -> Self {
        Self {
            max_retry_count,
            interval_calculator: Arc::new(BackoffRetryIntervalCalculator::default()),
            kinds: Self::DEFAULT_KINDS.to_vec(),
        }
    }

    /// Other waits.
    pub fn with_interval_calculator(
        mut self,
        calculator: impl RetryIntervalCalculator + 'static,
    ) -> Self {
        self.interval_calculator = Arc::new(calculator);
        self
    }

    /// Whether an attempt that timed out is made again; false by default.
    pub fn with_timeouts(mut self, retry: bool) -> Self {
        self.kinds.retain(|kind| *kind != FailureKind::Timeout);
        if retry {
            self.kinds.push(FailureKind::Timeout);
        }
        self
    }

    /// Other kinds of failure, instead of the default ones.
    pub fn with_kinds(mut self, kinds: impl IntoIterator<Item = FailureKind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self
    }
}

/// One retry.
impl Default for ConnectionErrorRetryHandler {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_RETRY_COUNT)
    }
}

impl RetryHandler for ConnectionErrorRetryHandler {
    fn max_retry_count(&self) -> u32 {
        self.max_retry_count
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        &*self.interval_calculator
    }

    fn can_retry(&self, _state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        let kind = attempt.failure_kind();
        kind.is_some_and(|kind| self.kinds.contains(&kind))
    }

    fn name(&self) -> &'static str {
        "ConnectionErrorRetryHandler"
    }
}

impl fmt::Debug for ConnectionErrorRetryHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionErrorRetryHandler")
            .field("max_retry_count", &self.max_retry_count)
            .field("kinds", &self.kinds)
            .finish_non_exhaustive()
    }
}

/// Tries again after status 429, when its `Retry-After` is over.
///
/// The wait is `Retry-After` (seconds, or a date) with [`RandomJitter`], which only adds. Without
/// the header, or with one that says neither, and for one of less than that, the
/// [calculator](Self::with_interval_calculator) gives the wait before jitter: 1 s. Whatever the
/// jitter, no retry comes before `Retry-After`.
#[derive(Clone)]
pub struct RateLimitErrorRetryHandler {
    max_retry_count: u32,
    interval_calculator: Arc<dyn RetryIntervalCalculator>,
    jitter: Arc<dyn Jitter>,
}

impl RateLimitErrorRetryHandler {
    /// The wait without a `Retry-After`, as in the Python SDK. It is also the least one:
    /// `Retry-After: 0` for ever must not make a tight loop.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);

    /// At most so many retries in a call.
    pub fn new(max_retry_count: u32) -> Self {
        let calculator = FixedValueRetryIntervalCalculator::new(Self::DEFAULT_INTERVAL);
        Self {
            max_retry_count,
            interval_calculator: Arc::new(calculator),
            jitter: Arc::new(RandomJitter::new()),
        }
    }

    /// Other waits, before jitter, for a missing `Retry-After` or one that asks for less.
    pub fn with_interval_calculator(
        mut self,
        calculator: impl RetryIntervalCalculator + 'static,
    ) -> Self {
        self.interval_calculator = Arc::new(calculator);
        self
    }

    /// Another jitter.
    pub fn with_jitter(mut self, jitter: impl Jitter + 'static) -> Self {
        self.jitter = Arc::new(jitter);
        self
    }
}

/// One retry.
impl Default for RateLimitErrorRetryHandler {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_RETRY_COUNT)
    }
}

impl RetryHandler for RateLimitErrorRetryHandler {
    fn max_retry_count(&self) -> u32 {
        self.max_retry_count
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        &*self.interval_calculator
    }

    fn can_retry(&self, _state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        attempt.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    fn wait(&self, state: &RetryState, attempt: &Attempt<'_>) -> Duration {
        let retry_after = attempt.retry_after().unwrap_or_default();
        let calculator = &self.interval_calculator;
        let interval = calculator.calculate_sleep_duration(state.current_attempt());
        let wait = self.jitter.recalculate(interval.max(retry_after));
        wait.max(retry_after)
    }

    fn name(&self) -> &'static str {
        "RateLimitErrorRetryHandler"
    }
}

impl fmt::Debug for RateLimitErrorRetryHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitErrorRetryHandler")
            .field("max_retry_count", &self.max_retry_count)
            .finish_non_exhaustive()
    }
}

/// Tries again after a status that says the server failed: 500 and 503 unless told otherwise.
///
/// The wait is the calculator's, but no less than a `Retry-After`.
#[derive(Clone)]
pub struct ServerErrorRetryHandler {
    max_retry_count: u32,
    interval_calculator: Arc<dyn RetryIntervalCalculator>,
    statuses: Arc<[StatusCode]>,
}

impl ServerErrorRetryHandler {
    /// The statuses that are retried by default, as in the Python SDK: 500 and 503.
    pub const DEFAULT_STATUSES: [StatusCode; 2] = [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];

    /// At most so many retries in a call, 0.5 s × 2ⁿ and [`RandomJitter`] apart.
    pub fn new(max_retry_count: u32) -> Self {
        Self {
            max_retry_count,
            interval_calculator: Arc::new(BackoffRetryIntervalCalculator::default()),
            statuses: Arc::new(Self::DEFAULT_STATUSES),
        }
    }

    /// Other waits.
    pub fn with_interval_calculator(
        mut self,
        calculator: impl RetryIntervalCalculator + 'static,
    ) -> Self {
        self.interval_calculator = Arc::new(calculator);
        self
    }

    /// Other statuses, instead of the default ones.
    pub fn with_statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }
}

/// One retry.
impl Default for ServerErrorRetryHandler {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_RETRY_COUNT)
    }
}

impl RetryHandler for ServerErrorRetryHandler {
    fn max_retry_count(&self) -> u32 {
        self.max_retry_count
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        &*self.interval_calculator
    }

    fn can_retry(&self, _state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        let status = attempt.status();
        status.is_some_and(|status| self.statuses.contains(&status))
    }

    fn name(&self) -> &'static str {
        "ServerErrorRetryHandler"
    }
}

impl fmt::Debug for ServerErrorRetryHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerErrorRetryHandler")
            .field("max_retry_count", &self.max_retry_count)
            .field("statuses", &self.statuses)
            .finish_non_exhaustive()
    }
}
