//! The limiter behind `RateLimitLayer`: governor's cell rate algorithm, a queue, and pauses.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::{Instant, sleep_until};

use super::Limits;
use crate::{
    call_record::CallRecord,
    error::{Failure, FailureKind},
};

/// The pause after a 429 that names none; the Python SDK's handler waits as long.
const PAUSE_WITHOUT_RETRY_AFTER: Duration = Duration::from_secs(1);
/// A pause is remembered for an hour at most, whatever a gateway wrote: then one more call may ask
/// again.
const MAX_REMEMBERED_PAUSE: Duration = Duration::from_secs(3_600);

pub(super) struct Limiter {
    cells: RateLimiter<NotKeyed, InMemoryState, PausableClock, NoOpMiddleware<Duration>>,
    clock: PausableClock,
    interval: Duration,
    max_pause: Duration,
    /// Who holds it is the next to get a permit; tokio's mutex is fair.
    turn: tokio::sync::Mutex<()>,
    /// How many wait for a permit, the one whose turn it is among them.
    waiting: AtomicU32,
    /// Until when the one whose turn it is sleeps.
    next_permit: Mutex<Instant>,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        let clock = PausableClock::new();
        let quota = Quota::per_minute(limits.per_minute).allow_burst(limits.burst);
        Self {
            cells: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            interval: quota.replenish_interval(),
            max_pause: limits.max_pause,
            turn: tokio::sync::Mutex::new(()),
            waiting: AtomicU32::new(0),
            next_permit: Mutex::new(Instant::now()),
        }
    }

    /// Takes a permit if there is one and nobody waits for it.
    pub(super) fn try_acquire(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0 && self.take().is_ok()
    }

    /// Waits for a permit, behind all who came before.
    pub(super) async fn acquire(&self, record: Option<&CallRecord>) -> Result<(), Failure> {
        let (_place, ahead) = Place::enter(&self.waiting);
        let deadline = record.and_then(CallRecord::deadline);
        // Those ahead take the next permits, one each interval.
        let first = (*locked(&self.next_permit)).saturating_duration_since(Instant::now());
        self.check_wait(
            first.max(self.clock.pause_left()) + self.interval.saturating_mul(ahead),
            deadline,
        )?;
        let _turn = self.turn.lock().await;
        while let Err(wait) = self.take() {
            self.check_wait(wait, deadline)?;
            let next_permit = Instant::now() + wait;
            *locked(&self.next_permit) = next_permit;
            sleep_until(next_permit).await;
        }
        Ok(())
    }

    /// After a 429: nobody gets a permit until the pause is over, and the burst is empty then.
    pub(super) fn pause(&self, retry_after: Option<Duration>) {
        let pause = retry_after.unwrap_or(PAUSE_WITHOUT_RETRY_AFTER);
        tracing::debug!(pause = ?pause, "rate limited: all requests pause");
        self.clock.pause(pause.min(MAX_REMEMBERED_PAUSE));
        while self.cells.check().is_ok() {}
    }

    /// A permit, or how long until the next one at the earliest.
    fn take(&self) -> Result<(), Duration> {
        self.cells.check().map_err(|not_yet| {
            let until_cell = not_yet.wait_time_from(self.clock.now());
            // Never zero, so that a clock that rounds cannot make a waiter spin.
            (self.clock.pause_left() + until_cell).max(Duration::from_millis(1))
        })
    }

    fn check_wait(&self, wait: Duration, deadline: Option<Instant>) -> Result<(), Failure> {
        let refused =
            |why: &'static str| Err(Failure::new(FailureKind::WaitRefused, why).with_wait(wait));
        if self.clock.pause_left() > self.max_pause {
            refused("the rate limit's pause is longer than its cap")
        } else if deadline
            .is_some_and(|deadline| deadline.saturating_duration_since(Instant::now()) < wait)
        {
            refused("the rate limit would make the call wait past its deadline")
        } else {
            Ok(())
        }
    }
}

/// Nothing panics while a lock is held, and every value in it is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in the queue; dropping it, served or cancelled, gives it up.
struct Place<'a>(&'a AtomicU32);

impl<'a> Place<'a> {
    /// A place, and how many are ahead of it.
    fn enter(waiting: &'a AtomicU32) -> (Self, u32) {
        let ahead = waiting.fetch_add(1, Ordering::AcqRel);
        (Self(waiting), ahead)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Tokio's clock, so that paused time drives it, which stands still during a pause.
#[derive(Clone, Debug)]
struct PausableClock(std::sync::Arc<Mutex<Anchor>>);

/// From `at` on the clock runs, and shows `reading` there; until then it stands at `reading`.
#[derive(Debug)]
struct Anchor {
    at: Instant,
    reading: Duration,
}

impl PausableClock {
    fn new() -> Self {
        Self(std::sync::Arc::new(Mutex::new(Anchor {
            at: Instant::now(),
            reading: Duration::ZERO,
        })))
    }

    fn pause(&self, pause: Duration) {
        let now = Instant::now();
        let mut anchor = self.anchor();
        anchor.reading = anchor.read(now);
        // A later 429 never shortens a pause.
        anchor.at = anchor.at.max(now + pause);
    }

    fn pause_left(&self) -> Duration {
        self.anchor().at.saturating_duration_since(Instant::now())
    }

    fn anchor(&self) -> MutexGuard<'_, Anchor> {
        locked(&self.0)
    }
}

impl Anchor {
    fn read(&self, now: Instant) -> Duration {
        self.reading + now.saturating_duration_since(self.at)
    }
}

impl Clock for PausableClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.anchor().read(Instant::now())
    }
}
