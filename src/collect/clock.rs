//! `ServerClock`: the server's time, from its `Date` headers and the time that has passed since.

use http::{HeaderMap, header::DATE};
use tokio::time::Instant;

/// A `Date` this far ahead of what the clock expects is believed once a second reply agrees. One
/// reply of a misled proxy must not move the mark into the future, where events would be passed
/// over; a clock that is behind for one reply more does no harm.
const DOUBTFUL_STEP: i64 = 60;

/// The server's time in Unix seconds. It never runs ahead of the server: `Date` is cut to the
/// second, and the time on its way is not added. The local wall clock has no part in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ServerClock {
    base: Option<Reading>,
    doubted: Option<Reading>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    seconds: i64,
    at: Instant,
}

impl Reading {
    fn now(self, now: Instant) -> i64 {
        let passed = now.saturating_duration_since(self.at).as_secs();
        self.seconds
            .saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }
}

impl ServerClock {
    /// Takes the time from a reply's headers; returns whether they have one.
    pub(crate) fn observe(&mut self, headers: &HeaderMap, at: Instant) -> bool {
        let Some(seconds) = date(headers) else {
            return false;
        };
        self.set(seconds, at);
        true
    }

    pub(crate) fn set(&mut self, seconds: i64, at: Instant) {
        let reading = Reading { seconds, at };
        let ahead_of = |other: Reading| seconds.saturating_sub(other.now(at));
        let is_leap = self.base.is_some_and(|base| ahead_of(base) > DOUBTFUL_STEP);
        let is_confirmed = self
            .doubted
            .is_some_and(|doubted| ahead_of(doubted).abs() <= DOUBTFUL_STEP);
        if is_leap && !is_confirmed {
            self.doubted = Some(reading);
        } else {
            *self = Self {
                base: Some(reading),
                doubted: None,
            };
        }
    }

    /// The server's time; `None` before the first reply.
    pub(crate) fn now(&self) -> Option<i64> {
        Some(self.base?.now(Instant::now()))
    }
}

fn date(headers: &HeaderMap) -> Option<i64> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_is_the_last_date_plus_what_has_passed() {
        let mut clock = ServerClock::default();
        assert_eq!(clock.now(), None);
        let mut headers = HeaderMap::new();
        assert!(!clock.observe(&headers, Instant::now()));
        headers.insert(
            DATE,
            HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"),
        );
        assert!(clock.observe(&headers, Instant::now()));
        assert_eq!(clock.now(), Some(784_111_777));
        tokio::time::advance(Duration::from_millis(2_900)).await;
        assert_eq!(clock.now(), Some(784_111_779));
        headers.insert(DATE, HeaderValue::from_static("soon"));
        assert!(!clock.observe(&headers, Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_leap_ahead_needs_a_second_witness_a_step_back_does_not() {
        let mut clock = ServerClock::default();
        let now = Instant::now();
        for (date, expected, why) in [
            (1_000, 1_000, "the first is believed"),
            (1_060, 1_060, "a small step"),
            (9_000, 1_060, "a leap is doubted"),
            (1_061, 1_061, "and forgotten when nobody agrees"),
            (9_000, 1_061, "doubted again"),
            (9_002, 9_002, "two agree"),
            (500, 500, "back at once"),
            (90_000, 500, "doubted"),
            (900_000, 500, "two that do not agree"),
            (899_941, 899_941, "a third that agrees with the last"),
        ] {
            clock.set(date, now);
            assert_eq!(clock.now(), Some(expected), "{date}: {why}");
        }
    }
}
