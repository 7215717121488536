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

use http::{HeaderValue, Request, StatusCode, Uri};
use tokio::time::Instant;

use crate::{error::FailureKind, url::DisplayUrl};

/// The record of one call: its URL, how many attempts were made, and until when it may take.
///
/// [`AuditLogs`](crate::AuditLogs) puts one into the extensions of every request. The layers below
/// write into it, and the response or the error reads it: it outlives a future that a deadline
/// dropped, and counts attempts whatever retry policy is in the stack. All clones are the same
/// record, so every attempt of a call shares it.
#[derive(Clone, Default)]
pub struct CallRecord(Arc<Inner>);

#[derive(Default)]
struct Inner {
    attempts: AtomicU32,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    url: Option<Uri>,
    deadline: Option<Instant>,
    next_permit: Option<Instant>,
    credentials: Option<HeaderValue>,
    /// The first attempt's outcome has a place of its own: most calls have no other.
    first_outcome: Option<(Outcome, u32)>,
    other_outcomes: Vec<(Outcome, u32)>,
    waits: Waits,
}

/// How an attempt ended.
pub(crate) type Outcome = Result<StatusCode, FailureKind>;

/// How often, and how long, a call's attempts waited for a permit of the rate limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Waits {
    pub(crate) count: u32,
    pub(crate) time: Duration,
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
        self.notes().url.clone()
    }

    /// Notes the URL of the call.
    pub fn set_url(&self, url: Uri) {
        self.notes().url = Some(url);
    }

    /// How many attempts were begun: requests given to the transport.
    pub fn attempts(&self) -> u32 {
        self.0.attempts.load(Ordering::Relaxed)
    }

    /// Notes that one more attempt begins and returns its number, from 1.
    pub fn begin_attempt(&self) -> u32 {
        self.0.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The instant at which the call is given up, if it has a deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.notes().deadline
    }

    /// Notes a deadline; the earliest of several holds.
    pub fn set_deadline(&self, deadline: Instant) {
        let noted = &mut self.notes().deadline;
        *noted = Some(noted.map_or(deadline, |earlier| earlier.min(deadline)));
    }

    /// How much time the deadline leaves; `None` without a deadline.
    pub fn remaining(&self) -> Option<Duration> {
        Some(self.deadline()?.saturating_duration_since(Instant::now()))
    }

    /// The instant before which no other attempt of the call would get a permit, as far as a rate
    /// limiter below knows.
    pub(crate) fn next_permit(&self) -> Option<Instant> {
        self.notes().next_permit
    }

    /// Notes when another attempt would get a permit.
    pub(crate) fn set_next_permit(&self, at: Instant) {
        self.notes().next_permit = Some(at);
    }

    /// The credentials that were sent, so that nothing shows them that a server echoes.
    pub(crate) fn credentials(&self) -> Option<HeaderValue> {
        self.notes().credentials.clone()
    }

    /// Notes the credentials that are sent.
    pub(crate) fn set_credentials(&self, credentials: HeaderValue) {
        self.notes().credentials = Some(credentials);
    }

    /// How the attempts ended, and how many each way; those that a timeout cut off are not there.
    #[cfg(feature = "collect")]
    pub(crate) fn outcomes(&self) -> Vec<(Outcome, u32)> {
        let notes = self.notes();
        let outcomes = notes.first_outcome.iter().chain(&notes.other_outcomes);
        outcomes.copied().collect()
    }

    /// Notes how an attempt ended.
    pub(crate) fn add_outcome(&self, outcome: Outcome) {
        let notes = &mut *self.notes();
        let (first, others) = (&mut notes.first_outcome, &mut notes.other_outcomes);
        let mut outcomes = first.iter_mut().chain(&mut *others);
        if let Some((_, count)) = outcomes.find(|(other, _)| *other == outcome) {
            *count = count.saturating_add(1);
        } else if first.is_none() {
            *first = Some((outcome, 1));
        } else {
            others.push((outcome, 1));
        }
    }

    /// What the attempts waited for the rate limit.
    #[cfg(feature = "collect")]
    pub(crate) fn waits(&self) -> Waits {
        self.notes().waits
    }

    /// Notes that an attempt waited for the rate limit.
    pub(crate) fn add_wait(&self, wait: Duration) {
        let waits = &mut self.notes().waits;
        waits.count = waits.count.saturating_add(1);
        waits.time = waits.time.saturating_add(wait);
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        // Nothing panics while the lock is held, and all notes are whole.
        self.0.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows the URL without its query, which may hold personal data.
impl fmt::Debug for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notes = self.notes();
        f.debug_struct("CallRecord")
            .field("url", &notes.url.as_ref().map(DisplayUrl))
            .field("attempts", &self.attempts())
            .field("deadline", &notes.deadline)
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
        assert!(debug.contains("https://slack.test/logs"), "{debug}");
        assert!(!debug.contains("W1"), "{debug}");
    }
}
