//! The API's own clock: a start plus the time that tokio's clock has measured since.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderValue;
use tokio::time::Instant;

use super::{script::DateHeader, store::milliseconds};

#[derive(Debug)]
pub(super) struct Clock {
    origin: Instant,
    start_ms: i64,
    /// What `Date` says where the script does not.
    pub(super) date: DateHeader,
}

impl Clock {
    pub(super) fn new(start_ms: i64) -> Self {
        Self {
            origin: Instant::now(),
            start_ms,
            date: DateHeader::Offset(0),
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        let elapsed = milliseconds(self.origin.elapsed());
        self.start_ms.saturating_add(elapsed)
    }

    pub(super) fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.now_ms()).unwrap_or(0))
    }

    pub(super) fn step(&mut self, seconds: i64) {
        self.start_ms = self.start_ms.saturating_add(seconds.saturating_mul(1000));
    }

    /// The value of `Date` (RFC 9110, 5.6.7), unless it is left out.
    pub(super) fn date_header(&self, scripted: Option<DateHeader>) -> Option<HeaderValue> {
        /// 9999-12-31T23:59:59Z, the last second that the format can express.
        const LAST: i64 = 253_402_300_799;
        let seconds = match scripted.unwrap_or(self.date) {
            DateHeader::Offset(seconds) => self.now_ms().div_euclid(1000).saturating_add(seconds),
            DateHeader::At(seconds) => seconds,
            DateHeader::Absent => return None,
        };
        let since = Duration::from_secs(u64::try_from(seconds.clamp(0, LAST)).unwrap_or(0));
        HeaderValue::try_from(httpdate::fmt_http_date(UNIX_EPOCH + since)).ok()
    }
}
