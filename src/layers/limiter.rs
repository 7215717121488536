//! The counter behind `RateLimitLayer`: permits by the generic cell rate algorithm (ITU-T I.371),
//! tickets in order of arrival, and pauses.
//!
//! Nothing is held while somebody waits. Each waiter has a number and a timer of its own; a permit
//! is taken in the poll that finds one there for it, with those before it left theirs. Whoever
//! lets its turn pass by an interval without being polled is not waited for any longer; it keeps
//! its number for when it is polled again.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::rate_limit::Limits;
use crate::error::{Failure, FailureKind};

/// The pause after a 429 that names none; the Python SDK's handler waits as long.
const PAUSE_WITHOUT_RETRY_AFTER: Duration = Duration::from_secs(1);
/// A pause is remembered for an hour at most, whatever a gateway wrote: then one more call may ask
/// again.
const MAX_REMEMBERED_PAUSE: Duration = Duration::from_secs(3_600);
/// No timer is set for longer, as clocks cannot hold any time: 30 years, as tokio has it.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 86_400);

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
    waiting: BTreeMap<u64, Waiter>,
}

#[derive(Debug)]
struct Waiter {
    /// When its permit is due, as of its last poll.
    due: Duration,
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

    /// Takes a permit if there is one that nobody waits for.
    pub(super) fn try_take(&self) -> bool {
        let now = self.now();
        let mut counter = self.counter();
        let due = self.due(&counter, now, counter.waiting.len());
        let free = due <= now;
        if free {
            self.take(&mut counter, now);
        }
        free
    }

    /// After a 429: nobody gets a permit until the pause is over, and the burst is empty then.
    pub(super) fn pause(&self, retry_after: Option<Duration>) {
        let pause = retry_after.unwrap_or(PAUSE_WITHOUT_RETRY_AFTER);
        tracing::debug!(pause = ?pause, "rate limited: all requests pause");
        let until = self.now() + pause.min(MAX_REMEMBERED_PAUSE);
        let burst = self.burst_span.saturating_add(self.interval);
        let wakers = {
            let mut counter = self.counter();
            // A later 429 never shortens a pause.
            counter.paused_until = counter.paused_until.max(until);
            counter.full_at = counter.full_at.max(until.saturating_add(burst));
            wakers_after(&counter, 0)
        };
        // They look again whether they can wait so long.
        wakers.into_iter().for_each(Waker::wake);
    }

    /// When who comes now would get a permit.
    pub(super) fn next_permit(&self) -> Instant {
        let now = self.now();
        let counter = self.counter();
        let due = self.due(&counter, now, counter.waiting.len());
        self.start + due.min(now.saturating_add(FAR_FUTURE))
    }

    /// When a permit is due to who has so many before it.
    fn due(&self, counter: &Counter, now: Duration, before: usize) -> Duration {
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        counter
            .full_at
            .max(now)
            .saturating_add(self.interval.saturating_mul(before))
            .saturating_sub(self.burst_span)
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
        let refused =
            |why: &'static str| Err(Failure::new(FailureKind::WaitRefused, why).with_wait(wait));
        if counter.paused_until.saturating_sub(now) > self.max_pause {
            refused("the rate limit's pause is longer than its cap")
        } else if deadline
            .is_some_and(|deadline| deadline.saturating_duration_since(self.start) < due)
        {
            refused("the rate limit would make the call wait past its deadline")
        } else {
            Ok(())
        }
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
    /// Waits no longer for those before a number whose turn passed unused. Says who moves up.
    fn expire(&mut self, number: u64, now: Duration, grace: Duration) -> Vec<Waker> {
        let before = self.waiting.len();
        self.waiting
            .retain(|other, waiter| *other >= number || waiter.due.saturating_add(grace) > now);
        if self.waiting.len() == before {
            return Vec::new();
        }
        // Else who comes later could have an earlier timer.
        self.waiting.remove(&number);
        wakers_after(self, 0)
    }
}

/// To be woken after the lock is let go: what a waker does is its own affair.
fn wakers_after(counter: &Counter, number: u64) -> Vec<Waker> {
    let waiters = counter.waiting.range(number..);
    waiters.map(|(_, waiter)| waiter.waker.clone()).collect()
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
}

impl Future for Ticket {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let limiter = &this.limiter;
        loop {
            let (permit, moved_up) = {
                let now = limiter.now();
                let mut counter = limiter.counter();
                let moved_up = counter.expire(this.number, now, limiter.interval);
                let before = counter.waiting.range(..this.number).count();
                let due = limiter.due(&counter, now, before);
                let permit = if due <= now {
                    limiter.take(&mut counter, now);
                    counter.waiting.remove(&this.number);
                    Ok(None)
                } else {
                    let waker = cx.waker().clone();
                    // It also looks again when one before it may be out, as it moves up then: with
                    // a later timer, a newcomer would overtake it.
                    let next_out = counter.waiting.range(..this.number);
                    let next_out = next_out.map(|(_, waiter)| waiter.due).min();
                    let look = next_out.map_or(due, |next_out| {
                        due.min(next_out.saturating_add(limiter.interval))
                    });
                    counter.waiting.insert(this.number, Waiter { due, waker });
                    limiter
                        .check_wait(&counter, now, due, this.deadline)
                        .map(|()| Some(limiter.start + look.min(now.saturating_add(FAR_FUTURE))))
                };
                (permit, moved_up)
            };
            moved_up.into_iter().for_each(Waker::wake);
            let Some(look) = permit? else {
                return Poll::Ready(Ok(()));
            };
            if this.sleep.deadline() != look {
                this.sleep.as_mut().reset(look);
            }
            if this.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let wakers = {
            let mut counter = self.limiter.counter();
            match counter.waiting.remove(&self.number) {
                // Those behind it move up.
                Some(_) => wakers_after(&counter, self.number),
                None => Vec::new(),
            }
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}
