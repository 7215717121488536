//! Fields that hold a time, as `SystemTime`.

use std::time::{Duration, SystemTime};

use super::objects::{Details, Huddle, Message, WorkflowV2};
use crate::json::exact_integer;

impl Huddle<'_> {
    /// `date_start` as a time.
    pub fn started(self) -> Option<SystemTime> {
        self.date_start().and_then(system_time)
    }

    /// `date_end` as a time.
    pub fn ended(self) -> Option<SystemTime> {
        self.date_end().and_then(system_time)
    }
}

impl WorkflowV2<'_> {
    /// `date_updated` as a time.
    pub fn updated(self) -> Option<SystemTime> {
        self.date_updated().and_then(system_time)
    }
}

impl Details<'_> {
    /// `expires_on` as a time.
    pub fn expires(self) -> Option<SystemTime> {
        self.expires_on().and_then(system_time)
    }

    /// `action_timestamp` as a time. Slack sends it as a string or a number: in seconds, with or
    /// without a fraction, in milliseconds or in microseconds. What is no plausible number of
    /// seconds is read as the next finer unit.
    pub fn action_time(self) -> Option<SystemTime> {
        let text = self.action_timestamp()?;
        match exact_integer(text) {
            Some(count) => u64::try_from(count).ok().and_then(any_unit),
            None => timestamp(text),
        }
    }
}

impl Message<'_> {
    /// `timestamp` as a time, such as `1521214343.000100`.
    pub fn time(self) -> Option<SystemTime> {
        self.timestamp().and_then(timestamp)
    }
}

/// Unix seconds as a time; none where the platform's clock does not reach that far.
pub(super) fn system_time(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

/// Seconds up to the year 5138; what would be later is milliseconds, microseconds or nanoseconds.
fn any_unit(count: u64) -> Option<SystemTime> {
    const LATEST: u64 = 100_000_000_000;
    let past = match count {
        _ if count < LATEST => Duration::from_secs(count),
        _ if count < LATEST * 1000 => Duration::from_millis(count),
        _ if count < LATEST * 1_000_000 => Duration::from_micros(count),
        _ => Duration::from_nanos(count),
    };
    SystemTime::UNIX_EPOCH.checked_add(past)
}

/// Unix seconds with at most nine digits behind the point, exactly.
fn timestamp(text: &str) -> Option<SystemTime> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = u32::try_from(fraction.len())
        .ok()
        .filter(|digits| (1..=9).contains(digits))?;
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let nanos: u64 = fraction.parse().ok()?;
    let past = Duration::from_nanos(nanos * 10_u64.pow(9 - digits));
    let seconds = exact_integer(seconds).filter(|_| !seconds.starts_with('-'))?;
    system_time(seconds)?.checked_add(past)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_times_come_in_three_units() {
        for (written, micros) in [
            ("1521214343", 1_521_214_343_000_000),
            ("\"1521214343\"", 1_521_214_343_000_000),
            ("1521214343.5", 1_521_214_343_500_000),
            ("1521214343123", 1_521_214_343_123_000),
            ("1521214343123456", 1_521_214_343_123_456),
            ("1521214343123456000", 1_521_214_343_123_456),
        ] {
            let json = format!(r#"{{"details":{{"action_timestamp":{written}}}}}"#);
            let entry = crate::model::Entry::from_json(json);
            assert_eq!(
                entry.details().and_then(Details::action_time),
                Some(SystemTime::UNIX_EPOCH + Duration::from_micros(micros)),
                "{written}"
            );
        }
    }

    #[test]
    fn timestamps_are_exact() {
        let at = |seconds, nanos| Some(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos));
        for (text, expected) in [
            ("1521214343", at(1_521_214_343, 0)),
            ("1521214343.000100", at(1_521_214_343, 100_000)),
            ("0.123456789", at(0, 123_456_789)),
            ("1.0000000001", None),
            ("1.", None),
            ("1.-5", None),
            ("-1.5", None),
            ("1e9", None),
            ("soon", None),
            ("18446744073709551616", None),
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
    }
}
