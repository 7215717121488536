//! `ServerClock`: the server's time, and the second up to which ranges are closed.

use std::time::Duration;

use http::{HeaderMap, header::DATE};
use tokio::time::Instant;

/// A `Date` further behind than this is doubted. Servers behind one name differ by less.
const DOUBTFUL_STEP: i64 = 60;
/// For so long all responses must agree before a `Date` behind the course is believed.
const DOUBT: Duration = Duration::from_secs(600);
/// What the server may be ahead of the host's clock. Beyond that it is not followed: a range must
/// never be closed that has not happened yet.
const MAX_AHEAD_OF_HOST: i64 = 600;
/// For so long the time up to which ranges are closed stays low after an `invalid_range`.
const LOW: Duration = Duration::from_secs(900);
/// By how much it falls where the response does not tell.
const FALLS: [i64; 3] = [60, 120, 240];

/// The server's time in Unix seconds: the latest `Date` plus what has passed since. It never runs
/// ahead of the server: `Date` is cut to the second, and the time on its way is not added.
///
/// A `Date` ahead is believed at once: nothing is lost by it, as ranges are closed by the host's
/// clock, too. One that is far behind is believed only after a while in which all agree: until
/// then the course goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ServerClock {
    course: Option<Reading>,
    doubted: Option<(Reading, Instant)>,
    low: Option<Low>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    seconds: i64,
    at: Instant,
}

/// A time up to which ranges are closed that the server itself has shown to be too late.
#[derive(Clone, Copy, Debug)]
struct Low {
    reading: Reading,
    falls: usize,
}

impl Reading {
    fn now(self, now: Instant) -> i64 {
        let passed = now.saturating_duration_since(self.at).as_secs();
        self.seconds
            .saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }
}

impl ServerClock {
    /// Takes the time from a response's headers, if they have one.
    pub(crate) fn observe(&mut self, headers: &HeaderMap, at: Instant) {
        if let Some(seconds) = date_of(headers) {
            self.set(seconds, at);
        }
    }

    fn set(&mut self, seconds: i64, at: Instant) {
        let reading = Reading { seconds, at };
        let behind = self
            .course
            .map_or(0, |course| course.now(at).saturating_sub(seconds));
        if behind > DOUBTFUL_STEP {
            let agreed_since = self.doubted.and_then(|(doubted, since)| {
                let differs = doubted.now(at).saturating_sub(seconds).saturating_abs();
                (differs <= DOUBTFUL_STEP).then_some(since)
            });
            let since = agreed_since.unwrap_or(at);
            if at.saturating_duration_since(since) < DOUBT {
                if agreed_since.is_none() {
                    tracing::warn!(
                        seconds = behind,
                        "the server's Date has stepped back; it is believed once all responses \
                         have agreed for ten minutes"
                    );
                }
                self.doubted = Some((reading, since));
                return;
            }
        }
        self.course = Some(reading);
        self.doubted = None;
    }

    /// The server's time; `None` before the first response.
    pub(crate) fn now(&self) -> Option<i64> {
        Some(self.course?.now(Instant::now()))
    }

    /// The last second of which everything has happened, given the host's time.
    pub(crate) fn closed(&self, host: i64) -> Option<i64> {
        let now = self.now()?.min(host.saturating_add(MAX_AHEAD_OF_HOST));
        // The second that is running is not over.
        let closed = now.saturating_sub(1);
        Some(self.low().map_or(closed, |low| closed.min(low)))
    }

    /// The server has refused a range as one that ends in what is its future.
    pub(crate) fn refused_as_future(&mut self, headers: Option<&HeaderMap>, host: i64) {
        let Some(closed) = self.closed(host) else {
            return;
        };
        let at = Instant::now();
        let falls = match self.low {
            Some(low) if self.low().is_some() => low.falls,
            _ => 0,
        };
        let told = headers
            .and_then(date_of)
            .map(|date| date.saturating_sub(1))
            .filter(|date| *date < closed);
        let fall = FALLS.get(falls).or(FALLS.last()).copied().unwrap_or(0);
        let seconds = told.unwrap_or_else(|| closed.saturating_sub(fall));
        tracing::warn!(
            seconds = closed.saturating_sub(seconds),
            "the server refused a range as its future; ranges end earlier for a while"
        );
        self.low = Some(Low {
            reading: Reading { seconds, at },
            falls: falls + usize::from(told.is_none()),
        });
    }

    /// Whether ranges end earlier for a while.
    pub(crate) fn is_low(&self) -> bool {
        self.low().is_some()
    }

    fn low(&self) -> Option<i64> {
        let Low { reading, .. } = self.low?;
        let now = Instant::now();
        (now.saturating_duration_since(reading.at) < LOW).then(|| reading.now(now))
    }
}

fn date_of(headers: &HeaderMap) -> Option<i64> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use tokio::time::advance;

    use super::*;

    fn headers(date: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_str(date).expect("plain text"));
        headers
    }

    #[tokio::test(start_paused = true)]
    async fn time_is_the_last_date_plus_what_has_passed() {
        let mut clock = ServerClock::default();
        assert_eq!(clock.now(), None);
        assert_eq!(clock.closed(i64::MAX), None);
        clock.observe(&HeaderMap::new(), Instant::now());
        assert_eq!(clock.now(), None);
        let date = headers("Sun, 06 Nov 1994 08:49:37 GMT");
        clock.observe(&date, Instant::now());
        assert_eq!(clock.now(), Some(784_111_777));
        advance(Duration::from_millis(2_900)).await;
        assert_eq!(clock.now(), Some(784_111_779));
        clock.observe(&headers("soon"), Instant::now());
        assert_eq!(clock.closed(i64::MAX), Some(784_111_778));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_ahead_is_believed_and_bounded_by_the_host() {
        let mut clock = ServerClock::default();
        clock.set(1_000, Instant::now());
        clock.set(200_000, Instant::now());
        assert_eq!(clock.now(), Some(200_000));
        assert_eq!(clock.closed(1_000), Some(1_599));
        assert_eq!(clock.closed(199_398), Some(199_997));
        assert_eq!(clock.closed(300_000), Some(199_999));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_back_is_believed_after_ten_minutes_of_agreement() {
        let mut clock = ServerClock::default();
        clock.set(100_000, Instant::now());
        clock.set(99_940, Instant::now());
        assert_eq!(clock.now(), Some(99_940), "a small step is believed");
        clock.set(50_000, Instant::now());
        advance(Duration::from_secs(599)).await;
        clock.set(50_599, Instant::now());
        assert_eq!(clock.now(), Some(100_539), "the course goes on");
        clock.set(100_539, Instant::now());
        advance(Duration::from_secs(2)).await;
        clock.set(50_601, Instant::now());
        assert_eq!(clock.now(), Some(100_541), "one right one ends the doubt");
        advance(Duration::from_secs(300)).await;
        clock.set(10_000, Instant::now());
        advance(Duration::from_secs(599)).await;
        clock.set(50_000, Instant::now());
        assert_eq!(clock.now(), Some(101_440), "two that disagree begin anew");
        advance(Duration::from_secs(600)).await;
        clock.set(50_600, Instant::now());
        assert_eq!(clock.now(), Some(50_600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_range_ends_earlier_for_a_quarter_of_an_hour() {
        let mut clock = ServerClock::default();
        clock.set(784_111_777, Instant::now());
        let closed = 784_111_776;
        for falls in [60, 180, 420, 660] {
            clock.refused_as_future(None, i64::MAX - 600);
            assert_eq!(clock.closed(i64::MAX), Some(closed - falls));
        }
        advance(Duration::from_secs(10)).await;
        assert_eq!(clock.closed(i64::MAX), Some(closed - 650), "it runs on");
        let date = headers("Sun, 06 Nov 1994 07:49:37 GMT");
        clock.refused_as_future(Some(&date), i64::MAX - 600);
        assert_eq!(clock.closed(i64::MAX), Some(closed - 3_600));
        assert!(clock.is_low());
        advance(Duration::from_secs(900)).await;
        assert!(!clock.is_low());
        assert_eq!(clock.closed(i64::MAX), Some(closed + 910));
        clock.refused_as_future(None, i64::MAX - 600);
        let again = clock.closed(i64::MAX);
        assert_eq!(again, Some(closed + 850), "by little again");
    }
}
