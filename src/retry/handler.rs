//! `RetryHandler`: who decides whether an attempt is made again.

use std::{
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};

use futures_util::future::BoxFuture;

use super::{
    attempt::Attempt,
    interval::{BackoffRetryIntervalCalculator, RetryIntervalCalculator},
    state::RetryState,
};

/// Decides whether an attempt is made again, and after which wait. It never sleeps: the
/// [policy](super::RetryPolicy) does.
///
/// Only [`can_retry`](Self::can_retry) must be written. A handler can hold another one and pass on
/// what it does not change.
///
/// ```
/// use slack_audit_logs::retry::{Attempt, RetryHandler, RetryState, ServerErrorRetryHandler};
///
/// /// Like the built-in handler, but not for responses of the gateway.
/// struct NotTheGateway(ServerErrorRetryHandler);
///
/// impl RetryHandler for NotTheGateway {
///     fn max_retry_count(&self) -> u32 {
///         self.0.max_retry_count()
///     }
///
///     fn can_retry(&self, state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
///         let gateway = attempt
///             .response()
///             .is_some_and(|response| response.headers().contains_key("x-gateway-error"));
///         !gateway && self.0.can_retry(state, attempt)
///     }
/// }
/// # let handler = NotTheGateway(ServerErrorRetryHandler::default());
/// # let _: std::sync::Arc<dyn RetryHandler> = std::sync::Arc::new(handler);
/// ```
pub trait RetryHandler: Send + Sync {
    /// How many retries a call may have had before this handler is no longer asked; 1 by default.
    ///
    /// The count is [`RetryState::current_attempt`], which all handlers share.
    fn max_retry_count(&self) -> u32 {
        1
    }

    /// Gives the wait before the next attempt; by default 0.5 s, doubled each time, with
    /// [`RandomJitter`](super::RandomJitter).
    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        static DEFAULT: LazyLock<BackoffRetryIntervalCalculator> =
            LazyLock::new(BackoffRetryIntervalCalculator::default);
        &*DEFAULT
    }

    /// Whether to make this attempt again. Successful responses are asked about, too.
    ///
    /// The policy does not ask once [`max_retry_count`](Self::max_retry_count) is reached, nor
    /// after another handler has said yes.
    fn can_retry(&self, state: &mut RetryState, attempt: &Attempt<'_>) -> bool;

    /// How long to wait before the next attempt: what the
    /// [`interval_calculator`](Self::interval_calculator) says, but no less than the response's
    /// `Retry-After` asks for.
    fn wait(&self, state: &RetryState, attempt: &Attempt<'_>) -> Duration {
        let calculator = self.interval_calculator();
        let interval = calculator.calculate_sleep_duration(state.current_attempt());
        interval.max(attempt.retry_after().unwrap_or_default())
    }

    /// Called when this handler has said yes and the wait is granted; the future it returns runs
    /// after the wait, before the next attempt.
    ///
    /// [`RetryState::current_attempt`] still counts the retries before this one. By default there
    /// is nothing to prepare.
    fn prepare_for_next_attempt(
        &self,
        state: &mut RetryState,
        attempt: &Attempt<'_>,
    ) -> BoxFuture<'static, ()> {
        let _ = (state, attempt);
        Box::pin(std::future::ready(()))
    }

    /// The name in logs: the type's, unless told otherwise.
    fn name(&self) -> &str {
        std::any::type_name::<Self>()
    }
}

impl<H: RetryHandler + ?Sized> RetryHandler for Arc<H> {
    fn max_retry_count(&self) -> u32 {
        (**self).max_retry_count()
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        (**self).interval_calculator()
    }

    fn can_retry(&self, state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        (**self).can_retry(state, attempt)
    }

    fn wait(&self, state: &RetryState, attempt: &Attempt<'_>) -> Duration {
        (**self).wait(state, attempt)
    }

    fn prepare_for_next_attempt(
        &self,
        state: &mut RetryState,
        attempt: &Attempt<'_>,
    ) -> BoxFuture<'static, ()> {
        (**self).prepare_for_next_attempt(state, attempt)
    }

    fn name(&self) -> &str {
        (**self).name()
    }
}

impl fmt::Debug for dyn RetryHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(max {})", self.name(), self.max_retry_count())
    }
}
