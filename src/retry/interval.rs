//! `RetryIntervalCalculator`: how long to wait before the next attempt.

use std::{fmt, sync::Arc, time::Duration};

use super::jitter::{Jitter, RandomJitter};

/// How long to wait before the next attempt, by how many retries there were.
///
/// ```
/// use std::time::Duration;
/// use slack_audit_logs::retry::RetryIntervalCalculator;
///
/// /// 1, 2, 3, … seconds.
/// struct Linear;
///
/// impl RetryIntervalCalculator for Linear {
///     fn calculate_sleep_duration(&self, current_attempt: u32) -> Duration {
///         Duration::from_secs(u64::from(current_attempt) + 1)
///     }
/// }
/// # assert_eq!(Linear.calculate_sleep_duration(2).as_secs(), 3);
/// ```
pub trait RetryIntervalCalculator: Send + Sync {
    /// The wait before the next attempt; `current_attempt` is 0 before the first retry.
    fn calculate_sleep_duration(&self, current_attempt: u32) -> Duration;
}

impl<C: RetryIntervalCalculator + ?Sized> RetryIntervalCalculator for Arc<C> {
    fn calculate_sleep_duration(&self, current_attempt: u32) -> Duration {
        (**self).calculate_sleep_duration(current_attempt)
    }
}

/// Always the same wait; 0.5 s unless told otherwise, as in the Python SDK.
#[derive(Clone, Copy, Debug)]
pub struct FixedValueRetryIntervalCalculator {
    interval: Duration,
}

impl FixedValueRetryIntervalCalculator {
    /// Waits for `interval` before each retry.
    pub const fn new(interval: Duration) -> Self {
        Self { interval }
    }
}

/// 0.5 s.
impl Default for FixedValueRetryIntervalCalculator {
    fn default() -> Self {
        Self::new(Duration::from_millis(500))
    }
}

impl RetryIntervalCalculator for FixedValueRetryIntervalCalculator {
    fn calculate_sleep_duration(&self, _current_attempt: u32) -> Duration {
        self.interval
    }
}

/// Doubles the wait with every retry: `factor × 2^attempt`, at most `cap`, then jitter.
///
/// ```
/// use std::time::Duration;
/// use slack_audit_logs::retry::{
///     BackoffRetryIntervalCalculator, NoJitter, RetryIntervalCalculator,
/// };
///
/// let backoff = BackoffRetryIntervalCalculator::new(Duration::from_secs(1))
///     .with_cap(Duration::from_secs(5))
///     .with_jitter(NoJitter);
/// let wait = |attempt| backoff.calculate_sleep_duration(attempt).as_secs();
/// let waits: Vec<_> = (0..4).map(wait).collect();
/// assert_eq!(waits, [1, 2, 4, 5]);
/// ```
#[derive(Clone)]
pub struct BackoffRetryIntervalCalculator {
    factor: Duration,
    cap: Duration,
    jitter: Arc<dyn Jitter>,
}

impl BackoffRetryIntervalCalculator {
    /// The wait before the first retry, as in the Python SDK: 0.5 s.
    pub const DEFAULT_FACTOR: Duration = Duration::from_millis(500);
    /// The longest wait before jitter, reached with the eighth retry. (The Python SDK has none.)
    pub const DEFAULT_CAP: Duration = Duration::from_secs(60);

    /// With `factor` as the wait before the first retry, the default cap and [`RandomJitter`].
    pub fn new(factor: Duration) -> Self {
        Self {
            factor,
            cap: Self::DEFAULT_CAP,
            jitter: Arc::new(RandomJitter::new()),
        }
    }

    /// The longest wait, before jitter.
    pub fn with_cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Another jitter.
    pub fn with_jitter(mut self, jitter: impl Jitter + 'static) -> Self {
        self.jitter = Arc::new(jitter);
        self
    }
}

impl Default for BackoffRetryIntervalCalculator {
    fn default() -> Self {
        Self::new(Self::DEFAULT_FACTOR)
    }
}

impl RetryIntervalCalculator for BackoffRetryIntervalCalculator {
    fn calculate_sleep_duration(&self, current_attempt: u32) -> Duration {
        let mut interval = self.factor;
        // After 94 rounds a nanosecond is the longest time there is.
        for _ in 0..current_attempt.min(94) {
            interval = interval.saturating_mul(2);
        }
        self.jitter.recalculate(interval.min(self.cap))
    }
}

impl fmt::Debug for BackoffRetryIntervalCalculator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackoffRetryIntervalCalculator")
            .field("factor", &self.factor)
            .field("cap", &self.cap)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::retry::jitter::NoJitter;

    #[test]
    fn the_defaults_of_the_python_sdk() {
        let fixed = FixedValueRetryIntervalCalculator::default();
        assert_eq!(fixed.calculate_sleep_duration(7).as_millis(), 500);
        let jitter = RandomJitter::with_source(|| 0.25);
        let backoff = BackoffRetryIntervalCalculator::default().with_jitter(jitter);
        for (attempt, seconds) in [(0, 0.75), (1, 1.25), (2, 2.25), (3, 4.25), (6, 32.25)] {
            let wait = backoff.calculate_sleep_duration(attempt);
            assert_eq!(wait, Duration::from_secs_f64(seconds));
        }
    }

    #[test]
    fn the_cap_bounds_the_interval_before_jitter() {
        let jitter = RandomJitter::with_source(|| 0.5);
        let backoff = BackoffRetryIntervalCalculator::default().with_jitter(jitter);
        for attempt in [7, 31, 32, 64, u32::MAX] {
            let wait = backoff.calculate_sleep_duration(attempt);
            assert_eq!(wait, Duration::from_millis(60_500));
        }
    }

    proptest! {
        #[test]
        fn backoff_stays_in_its_bounds_for_any_input(
            factor in any::<Duration>(),
            cap in any::<Duration>(),
            attempt in any::<u32>(),
        ) {
            let backoff = BackoffRetryIntervalCalculator::new(factor).with_cap(cap);
            let backoff = backoff.with_jitter(NoJitter);
            let wait = backoff.calculate_sleep_duration(attempt);
            prop_assert!(wait <= cap);
            prop_assert!(wait >= factor.min(cap));
            prop_assert!(backoff.calculate_sleep_duration(attempt.saturating_add(1)) >= wait);
        }
    }
}
