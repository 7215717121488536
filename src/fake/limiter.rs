//! The Tier 3 limiter: so many calls a minute, a few more at once, shared by everybody.

use std::time::Duration;

use tokio::time::Instant;

/// Calls a minute of Tier 3, and how many may come at once ("50+ per minute, occasional bursts").
pub(super) const TIER_3: (u32, u32) = (50, 5);

/// The generic cell rate algorithm: at most `burst + rate·t` calls in any span of `t`.
#[derive(Debug)]
pub(super) struct Limiter {
    interval: Duration,
    burst: u32,
    /// When the bucket would be full again.
    full_at: Option<Instant>,
}

impl Limiter {
    pub(super) fn new(per_minute: u32, burst: u32) -> Self {
        Self {
            interval: Duration::from_secs(60) / per_minute.max(1),
            burst: burst.max(1),
            full_at: None,
        }
    }

    /// Takes a call, or says in how many whole seconds one will be allowed.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), u64> {
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        let ahead = full_at.duration_since(now);
        let room = self.interval * (self.burst - 1);
        if ahead > room {
            let wait = ahead.saturating_sub(room);
            return Err((wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1));
        }
        self.full_at = Some(full_at + self.interval);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_holds_more_than_burst_and_rate() {
        let mut limiter = Limiter::new(50, 5);
        let start = Instant::now();
        let mut taken = Vec::new();
        for tick in 0..3_000_u32 {
            let now = start + Duration::from_millis(100) * tick;
            if limiter.take(now).is_ok() {
                taken.push(now);
            }
        }
        for (at, first) in taken.iter().enumerate() {
            for (count, last) in taken[at..].iter().enumerate() {
                let span = last.duration_since(*first).as_secs_f64();
                let calls = f64::from(u32::try_from(count).unwrap() + 1);
                assert!(calls <= 50.0 * span / 60.0 + 5.0 + 1e-6);
            }
        }
        assert!(taken.len() >= 250, "{} calls in five minutes", taken.len());
    }

    #[test]
    fn the_wait_is_whole_seconds_and_enough() {
        let mut limiter = Limiter::new(50, 5);
        let now = Instant::now();
        for _ in 0..5 {
            assert_eq!(limiter.take(now), Ok(()));
        }
        assert_eq!(limiter.take(now), Err(2));
        assert_eq!(limiter.take(now + Duration::from_secs(2)), Ok(()));
    }
}
