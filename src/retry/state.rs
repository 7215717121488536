//! `RetryState`: what one call remembers from attempt to attempt.

use http::Extensions;

/// The memory of one call. It begins empty with every call, and no other call sees it.
///
/// ```
/// use slack_audit_logs::retry::RetryState;
///
/// #[derive(Clone)]
/// struct Seen503s(u32);
///
/// let mut state = RetryState::new();
/// assert_eq!(state.current_attempt(), 0);
/// state.custom_values_mut().insert(Seen503s(1));
/// assert_eq!(state.custom_values().get::<Seen503s>().map(|seen| seen.0), Some(1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct RetryState {
    pub(super) next_attempt_requested: bool,
    current_attempt: u32,
    custom_values: Extensions,
}

impl RetryState {
    /// The state of a call that has not been retried: for tests of handlers, the policy makes its
    /// own.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many retries there were, by all handlers together: 0 while the first attempt is judged.
    pub fn current_attempt(&self) -> u32 {
        self.current_attempt
    }

    /// Whether a handler has asked for another attempt: false while handlers are asked, true once
    /// one has said yes.
    pub fn next_attempt_requested(&self) -> bool {
        self.next_attempt_requested
    }

    /// What handlers have put here, by type; it lasts as long as the call.
    pub fn custom_values(&self) -> &Extensions {
        &self.custom_values
    }

    /// A place for what handlers want to remember, by type; it lasts as long as the call.
    pub fn custom_values_mut(&mut self) -> &mut Extensions {
        &mut self.custom_values
    }

    /// Counts one more retry. The policy does it; tests of handlers may.
    pub fn increment_current_attempt(&mut self) {
        self.current_attempt = self.current_attempt.saturating_add(1);
    }
}
