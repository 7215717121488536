//! `CallRecord`: what one call knows of itself, shared by every layer through the request's
//! extensions.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::{Request, Uri};
use tokio::time::Instant;

use crate::url::DisplayUrl;

/// The record of one call: its URL, how many attempts were made, and until when it may take.
///
/// [`AuditLogs`](crate::AuditLogs) puts one into the extensions of every request. The layers below write into it, and the response or the
/// error reads it: it outlives a future that a deadline dropped, and counts attempts whatever retry
/// policy is in the stack. All clones are the same record, so every attempt of a call shares it.
#[derive(Clone, Default)]
pub struct CallRecord(Arc<Inner>);

#[derive(Default)]
struct Inner {
    attempts: AtomicU32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    url: Option<Uri>,
    deadline: Option<Instant>,
}

impl CallRecord {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// The record that `request` carries, if any.
    pub fn of<B>(request: &Request<B>) -> Option<&Self> {
        request.extensions().get()
    }

    /// The record that `request` carries; a new one is put there if it has none.
    pub fn ensure<B>(request: &mut Request<B>) -> &Self {
        request.extensions_mut().get_or_insert_default()
    }

    /// The absolute URL of the call, as far as it is known.
    pub fn url(&self) -> Option<Uri> {
        self.state().url.clone()
    }

    /// Notes the URL of the call.
    pub fn set_url(&self, url: Uri) {
        self.state().url = Some(url);
    }

    /// How many attempts were begun: requests handed to the transport.
    pub fn attempts(&self) -> u32 {
        self.0.attempts.load(Ordering::Relaxed)
    }

    /// Notes that one more attempt begins and returns its number, from 1.
    pub fn begin_attempt(&self) -> u32 {
        self.0.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The instant at which the call is given up, if it has a deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.state().deadline
    }

    /// Notes a deadline; the earliest of several holds.
    pub fn set_deadline(&self, deadline: Instant) {
        let mut state = self.state();
        state.deadline = Some(match state.deadline {
            Some(earlier) => earlier.min(deadline),
            None => deadline,
        });
    }

    /// How much time the deadline leaves; `None` without a deadline.
    pub fn remaining(&self) -> Option<Duration> {
        Some(self.deadline()?.saturating_duration_since(Instant::now()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held, and every state in it is whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows the URL without its query, which may hold personal data.
impl fmt::Debug for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("CallRecord")
            .field("url", &state.url.as_ref().map(DisplayUrl))
            .field("attempts", &self.attempts())
            .field("deadline", &state.deadline)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_earliest_deadline_holds() {
        let record = CallRecord::new();
        assert_eq!(record.remaining(), None);
        let now = Instant::now();
        record.set_deadline(now + Duration::from_secs(5));
        record.set_deadline(now + Duration::from_secs(9));
        assert_eq!(record.remaining(), Some(Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(record.remaining(), Some(Duration::ZERO));
    }

    #[test]
    fn clones_are_one_record_and_debug_hides_the_query() {
        let mut request = Request::new(());
        let record = CallRecord::ensure(&mut request).clone();
        record.set_url(Uri::from_static("https://slack.test/logs?actor=W1"));
        assert_eq!(record.begin_attempt(), 1);
        let seen = CallRecord::of(&request).expect("the record was put there");
        assert_eq!(seen.attempts(), 1);
        let debug = format!("{seen:?}");
        assert!(
            debug.contains("https://slack.test/logs") && !debug.contains("W1"),
            "{debug}"
        );
    }
}
