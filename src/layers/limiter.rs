//! The counter behind `RateLimitLayer`: permits by the generic cell rate algorithm (ITU-T I.371),
//! tickets in order of arrival, and pauses.
//!
//! Nothing is held while somebody waits. Who waits stands in a line by number, and only the first
//! in it takes a permit, in a poll of its own; leaving, it wakes the next. The others look now and
//! then whether the first lets its turn pass: who is not polled for so long that there is a permit
//! to spare, and through two such looks, is out of the line. It takes its old place when it is
//! polled again, and finds the permit that was left for it.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{FAR_FUTURE, rate_limit::Limits};
use crate::error::{Failure, FailureKind};

/// The pause after a 429 that names none; the Python SDK's handler waits as long.
const PAUSE_WITHOUT_RETRY_AFTER: Duration = Duration::from_secs(1);
/// A pause is remembered for an hour at most, whatever a gateway wrote: then one more call may ask
/// again.
const MAX_REMEMBERED_PAUSE: Duration = Duration::from_secs(3_600);
/// From one look for who is absent to the next. A look is a poll: while nothing runs, nobody is
/// found missing.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Limiter {
    /// One permit comes back each time this has passed.
    interval: Duration,
    /// In how short a time all but one of the permits of a full burst come back.
    burst_span: Duration,
    max_pause: Duration,
    /// All times below are counted from here.
    start: Instant,
    counter: Mutex<Counter>,
}

#[derive(Debug, Default)]
struct Counter {
    /// When all permits are back: the algorithm's theoretical arrival time.
    full_at: Duration,
    paused_until: Duration,
    next_number: u64,
    /// Who waits, by number, which is the order of arrival.
    line: BTreeMap<u64, Waiter>,
    /// How often it was seen that the first in line lets its turn pass.
    looks: u64,
    /// When the last look was, or the first in line changed.
    changed: Duration,
}

#[derive(Debug)]
struct Waiter {
    /// When its permit is due, as was known when it came or at the last pause.
    due: Duration,
    /// How many looks there were when it was last polled.
    seen: u64,
    waker: Waker,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        let per_minute = u64::from(limits.per_minute.get());
        // Rounded up, so that the limit is kept to the nanosecond.
        let interval = Duration::from_nanos(60_000_000_000_u64.div_ceil(per_minute));
        Self {
            interval,
            burst_span: interval.saturating_mul(limits.burst.get() - 1),
            max_pause: limits.max_pause,
            start: Instant::now(),
            counter: Mutex::default(),
        }
    }

    /// After a 429: nobody gets a permit until the pause is over, and the burst is empty then.
    pub(super) fn pause(&self, retry_after: Option<Duration>) {
        let pause = retry_after.unwrap_or(PAUSE_WITHOUT_RETRY_AFTER);
        tracing::debug!(pause = ?pause, "rate limited: all requests pause");
        let now = self.now();
        let until = now + pause.min(MAX_REMEMBERED_PAUSE);
        let burst = self.burst_span.saturating_add(self.interval);
        let wakers: Vec<_> = {
            let counter = &mut *self.counter();
            // A later 429 never shortens a pause.
            counter.paused_until = counter.paused_until.max(until);
            counter.full_at = counter.full_at.max(until.saturating_add(burst));
            let full_at = counter.full_at;
            let line = counter.line.values_mut().enumerate();
            line.map(|(before, waiter)| {
                waiter.due = self.due(full_at, before);
                waiter.waker.clone()
            })
            .collect()
        };
        // They look again whether they can wait so long.
        wakers.into_iter().for_each(Waker::wake);
    }

    /// When who comes now would get a permit.
    pub(super) fn next_permit(&self) -> Instant {
        let now = self.now();
        let counter = self.counter();
        let due = self.due(counter.full_at.max(now), counter.line.len());
        self.instant(due, now)
    }

    /// When a permit is due to who has so many before it.
    fn due(&self, full_at: Duration, before: usize) -> Duration {
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        full_at
            .saturating_add(self.interval.saturating_mul(before))
            .saturating_sub(self.burst_span)
    }

    /// Since when, or from when on, there is a permit.
    fn free_at(&self, counter: &Counter) -> Duration {
        self.due(counter.full_at, 0)
    }

    fn take(&self, counter: &mut Counter, now: Duration) {
        counter.full_at = counter.full_at.max(now).saturating_add(self.interval);
    }

    fn check_wait(
        &self,
        counter: &Counter,
        now: Duration,
        due: Duration,
        deadline: Option<Instant>,
    ) -> Result<(), Failure> {
        let wait = due.saturating_sub(now);
        let deadline = deadline.map(|deadline| deadline.saturating_duration_since(self.start));
        let why = if counter.paused_until.saturating_sub(now) > self.max_pause {
            "the rate limit's pause is longer than its cap"
        } else if deadline.is_some_and(|deadline| deadline < due) {
            "the rate limit would make the call wait past its deadline"
        } else {
            return Ok(());
        };
        Err(Failure::new(FailureKind::WaitRefused, why).with_wait(wait))
    }

    fn instant(&self, at: Duration, now: Duration) -> Instant {
        self.start + at.min(now.saturating_add(FAR_FUTURE))
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn counter(&self) -> MutexGuard<'_, Counter> {
        // Nothing panics while it is held, and every counter in it is whole.
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counter {
    /// Notes the poll of a waiter, with its waker, and returns when its permit is due: as it was
    /// when it came or paused, or `due` with so many before it.
    fn note(
        &mut self,
        number: u64,
        waker: &Waker,
        due: impl FnOnce(usize) -> Duration,
    ) -> Duration {
        if let Some(waiter) = self.line.get_mut(&number) {
            waiter.seen = self.looks;
            waiter.waker.clone_from(waker);
            return waiter.due;
        }
        let due = due(self.line.len() - self.line.range(number..).count());
        let waiter = Waiter {
            due,
            seen: self.looks,
            waker: waker.clone(),
        };
        self.line.insert(number, waiter);
        due
    }

    fn first(&self) -> Option<u64> {
        self.line.first_key_value().map(|(number, _)| *number)
    }

    /// Takes a waiter out of the line, and those at its front who missed two looks. A new first is
    /// to be woken, once the lock is let go: what a waker does is its own affair.
    fn leave(&mut self, number: Option<u64>, now: Duration) -> Option<Waker> {
        let first = self.first();
        if let Some(number) = number {
            self.line.remove(&number);
        }
        while let Some(first) = self.line.first_entry()
            && first.get().seen + 2 <= self.looks
        {
            first.remove();
        }
        if self.first() == first {
            return None;
        }
        self.changed = now;
        let (_, first) = self.line.first_key_value()?;
        Some(first.waker.clone())
    }
}

/// A place in the order of arrival: a future that is ready with a permit. Dropping it gives the
/// place up.
pub(super) struct Ticket {
    limiter: Arc<Limiter>,
    number: u64,
    deadline: Option<Instant>,
    sleep: Pin<Box<Sleep>>,
}

impl Ticket {
    pub(super) fn new(limiter: &Arc<Limiter>, deadline: Option<Instant>) -> Self {
        let number = {
            let mut counter = limiter.counter();
            counter.next_number += 1;
            counter.next_number
        };
        Self {
            limiter: Arc::clone(limiter),
            number,
            deadline,
            sleep: Box::pin(sleep_until(Instant::now())),
        }
    }

    /// One look at the line: a permit, or when to look again; and who is to be woken.
    fn look(&self, waker: &Waker) -> (Result<Option<Instant>, Failure>, Option<Waker>) {
        let limiter = &*self.limiter;
        let now = limiter.now();
        let counter = &mut *limiter.counter();
        let free_at = limiter.free_at(counter);
        // When there are two, or as many as there ever are.
        let spare_at = free_at.saturating_add(limiter.interval.min(limiter.burst_span));
        if now >= counter.changed.max(spare_at).saturating_add(LOOK) {
            counter.looks += 1;
            counter.changed = now;
        }
        let full_at = counter.full_at.max(now);
        let due = counter.note(self.number, waker, |before| limiter.due(full_at, before));
        if let Err(refused) = limiter.check_wait(counter, now, due, self.deadline) {
            return (Err(refused), counter.leave(Some(self.number), now));
        }
        let next = counter.leave(None, now);
        if counter.first() != Some(self.number) {
            let look = counter.changed.max(spare_at).saturating_add(LOOK);
            (Ok(Some(limiter.instant(look, now))), next)
        } else if free_at > now {
            (Ok(Some(limiter.instant(free_at, now))), None)
        } else {
            limiter.take(counter, now);
            (Ok(None), counter.leave(Some(self.number), now))
        }
    }
}

impl Future for Ticket {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let (look, next) = self.look(cx.waker());
            if let Some(next) = next {
                next.wake();
            }
            let Some(at) = look? else {
                return Poll::Ready(Ok(()));
            };
            if self.sleep.deadline() != at {
                self.sleep.as_mut().reset(at);
            }
            ready!(self.sleep.as_mut().poll(cx));
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let next = {
            let now = self.limiter.now();
            self.limiter.counter().leave(Some(self.number), now)
        };
        if let Some(next) = next {
            next.wake();
        }
    }
}
