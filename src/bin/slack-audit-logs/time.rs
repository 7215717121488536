//! Times on the command line: RFC 3339, Unix seconds, or an age.

use std::str::FromStr;

use jiff::{Span, SpanRelativeTo, Timestamp, Unit};
use slack_audit_logs::UnixSeconds;

/// The last second of the year 9999, the last one that Slack's own format could write.
const LAST: i64 = 253_402_300_799;

/// A point in time, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(i64);

impl From<Time> for UnixSeconds {
    fn from(time: Time) -> Self {
        Self(time.0)
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, Timestamp::now()).map(Self)
    }
}

fn parse(text: &str, now: Timestamp) -> Result<i64, String> {
    const FORMS: &str = "write RFC 3339 (2026-01-31T23:59:59Z), Unix seconds (1769903999), or an age (90s, 15m, 24h, 7d, 2w)";
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse() {
            Ok(seconds) if seconds <= LAST => Ok(seconds),
            _ => Err(
                "more than the Unix seconds of the year 9999; are these milliseconds?".to_owned(),
            ),
        };
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return match time.as_second() {
            seconds @ 0.. => Ok(seconds),
            _ => Err("before 1970".to_owned()),
        };
    }
    if text.parse::<jiff::civil::Date>().is_ok() {
        return Err(format!(
            "a day alone could mean its beginning or its end, in any time zone; write {text}T00:00:00Z"
        ));
    }
    let Ok(age) = text.parse::<Span>() else {
        return Err(FORMS.to_owned());
    };
    if age.is_negative() {
        return Err("an age has no sign and no \"ago\": 24h is 24 hours ago".to_owned());
    }
    // Days of 24 hours: an age has no time zone.
    let seconds = age
        .total((Unit::Second, SpanRelativeTo::days_are_24_hours()))
        .map_err(|_| "months and years differ in length; write days or weeks".to_owned())?;
    #[allow(clippy::cast_possible_truncation)] // A float's `as` stops at the ends of the range.
    let then = now.as_second().saturating_sub(seconds.ceil() as i64);
    if then < 0 {
        return Err("an age that begins before 1970".to_owned());
    }
    Ok(then)
}

/// A time as tables show it: UTC, to the second. What no calendar holds is shown as the number it
/// is.
pub(crate) fn display(unix_seconds: i64) -> String {
    format(unix_seconds, "%Y-%m-%d %H:%M:%S")
}

/// The same to the minute.
pub(crate) fn display_minute(unix_seconds: i64) -> String {
    format(unix_seconds, "%Y-%m-%d %H:%M")
}

fn format(unix_seconds: i64, form: &str) -> String {
    Timestamp::from_second(unix_seconds).map_or_else(
        |_| unix_seconds.to_string(),
        |time| time.strftime(form).to_string(),
    )
}

/// A time as RFC 3339 in UTC; empty for what no calendar holds.
pub(crate) fn rfc3339(unix_seconds: i64) -> String {
    Timestamp::from_second(unix_seconds).map_or_else(|_| String::new(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        for (text, expected) in [
            ("1566215192", 1_566_215_192),
            ("0", 0),
            ("2019-08-19T11:46:32Z", 1_566_215_192),
            ("2019-08-19T13:46:32+02:00", 1_566_215_192),
            ("2019-08-19t11:46:32.9z", 1_566_215_192),
            ("24h", 1_700_000_000 - 86_400),
            ("1d", 1_700_000_000 - 86_400),
            ("2w", 1_700_000_000 - 14 * 86_400),
            ("90s", 1_700_000_000 - 90),
            ("1h30m", 1_700_000_000 - 5_400),
            ("1500ms", 1_700_000_000 - 2),
            (" 15m ", 1_700_000_000 - 900),
        ] {
            assert_eq!(parse(text, now), Ok(expected), "{text}");
        }
        for (text, word) in [
            ("", "RFC 3339"),
            ("yesterday", "RFC 3339"),
            ("24", ""),
            ("-1", "RFC 3339"),
            ("1566215192000", "milliseconds"),
            ("99999999999999999999", "milliseconds"),
            ("2019-08-19", "2019-08-19T00:00:00Z"),
            ("1960-01-01T00:00:00Z", "before 1970"),
            ("-24h", "sign"),
            ("24h ago", "sign"),
            ("2mo", "days or weeks"),
            ("99999w", "before 1970"),
        ] {
            match parse(text, now) {
                Ok(seconds) => assert_eq!((text, seconds), ("24", 24)),
                Err(error) => assert!(error.contains(word), "{text}: {error}"),
            }
        }
    }

    #[test]
    fn shown_in_utc() {
        assert_eq!(display(1_566_215_192), "2019-08-19 11:46:32");
        assert_eq!(rfc3339(1_566_215_192), "2019-08-19T11:46:32Z");
        assert_eq!(display(i64::MAX), i64::MAX.to_string());
        assert_eq!(rfc3339(i64::MAX), "");
    }
}
