//! Fields that hold a time, as `SystemTime`.

use std::time::{Duration, SystemTime};

use super::{Details, Huddle, Message, WorkflowV2};
use crate::model::entry::system_time;
use crate::model::from_value::exact_integer;

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

    /// `action_timestamp` as a time: Slack sends it as a string or a number, with or without a
    /// fraction.
    pub fn action_time(self) -> Option<SystemTime> {
        self.action_timestamp().and_then(timestamp)
    }
}

impl Message<'_> {
    /// `timestamp` as a time, such as `1521214343.000100`.
    pub fn time(self) -> Option<SystemTime> {
        self.timestamp().and_then(timestamp)
    }
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
