//! The API's own clock: a start plus the time that tokio's clock has measured since.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct Clock {
    origin: Instant,
    start_ms: i64,
    stepped_ms: i64,
    /// What the `Date` header adds to the truth, in seconds; `None` leaves the header out.
    pub(crate) date_skew: Option<i64>,
}

impl Clock {
    pub(crate) fn new(start_ms: i64) -> Self {
        Self {
            origin: Instant::now(),
            start_ms,
            stepped_ms: 0,
            date_skew: Some(0),
        }
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        let elapsed = i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.start_ms
            .saturating_add(elapsed)
            .saturating_add(self.stepped_ms)
    }

    pub(crate) fn step(&mut self, seconds: i64) {
        self.stepped_ms = self.stepped_ms.saturating_add(seconds.saturating_mul(1000));
    }

    /// The `Date` header's value (RFC 9110, 5.6.7), unless it is turned off.
    pub(crate) fn date_header(&self) -> Option<String> {
        /// 9999-12-31T23:59:59Z, the last second that the format can express.
        const LAST: i64 = 253_402_300_799;
        let seconds = self
            .now_ms()
            .div_euclid(1000)
            .saturating_add(self.date_skew?)
            .clamp(0, LAST);
        let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        Some(httpdate::fmt_http_date(std::time::UNIX_EPOCH + since))
    }
}
