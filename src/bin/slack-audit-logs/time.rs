//! Times on the command line as people write them, and as tables show them.

use std::sync::OnceLock;

use jiff::{Span, Timestamp, Zoned, civil, tz::TimeZone};
/// The last second of the year 9999, the last one that Slack's own format could write.
pub(crate) const LAST: i64 = 253_402_300_799;

const FORMS: &str = "write 2026-11-01, 2026-11-01 10:00, today, yesterday, now, 7 days ago, 24h, \
RFC 3339 (2026-11-01T10:00:00Z) or Unix seconds (1793527200)";

static ZONE: OnceLock<TimeZone> = OnceLock::new();

/// The time zone of `--tz`, for as long as the process lives. The system's without it.
pub(crate) fn set_zone(zone: Option<TimeZone>) {
    // Set once, by `main`.
    let _ = ZONE.set(zone.unwrap_or_else(TimeZone::system));
}

/// The zone in which times are read and shown.
pub(crate) fn zone() -> &'static TimeZone {
    ZONE.get_or_init(TimeZone::system)
}

/// Its name, such as `UTC` or `Europe/Berlin`.
pub(crate) fn zone_name() -> &'static str {
    match zone().iana_name() {
        Some("Etc/UTC") => "UTC",
        Some(name) => name,
        None => "local",
    }
}

pub(crate) fn parse_zone(text: &str) -> Result<TimeZone, String> {
    match text {
        "UTC" | "utc" | "Z" => Ok(TimeZone::UTC),
        "local" => Ok(TimeZone::system()),
        name => TimeZone::get(name).map_err(|_| {
            "no such time zone; write UTC, local, or a name such as Europe/Berlin".to_owned()
        }),
    }
}

/// A point in time, as it was written: what it means depends on the zone.
#[derive(Clone, Debug)]
pub(crate) struct Time {
    form: Form,
    /// When it was read, so that two ages on one line have the same end.
    now: Timestamp,
    /// A day alone means its last second, not its first.
    end_of_day: bool,
}

#[derive(Clone, Debug)]
enum Form {
    Instant(i64),
    Civil(civil::DateTime),
    Day(civil::Date),
    Today,
    Yesterday,
    /// At this time of today.
    TimeOfDay(civil::Time),
    Ago(Span),
}

impl Time {
    /// Where something begins: a day alone is its first second.
    pub(crate) fn begin(text: &str) -> Result<Self, String> {
        Self::read(text, false, Timestamp::now())
    }

    /// Where something ends: a day alone is its last second.
    pub(crate) fn end(text: &str) -> Result<Self, String> {
        Self::read(text, true, Timestamp::now())
    }

    fn read(text: &str, end_of_day: bool, now: Timestamp) -> Result<Self, String> {
        let time = Self {
            form: parse(text.trim())?,
            now,
            end_of_day,
        };
        // Whatever the zone, it is in the calendar or not.
        match time.at(&TimeZone::UTC) {
            Some(0..) => Ok(time),
            Some(_) => Err("before 1970".to_owned()),
            None => Err("no calendar reaches that far".to_owned()),
        }
    }

    /// In Unix seconds.
    pub(crate) fn seconds(&self) -> i64 {
        // It was in the calendar when it was read; a zone moves it by hours.
        self.at(zone()).unwrap_or(LAST).clamp(0, LAST)
    }

    fn at(&self, zone: &TimeZone) -> Option<i64> {
        let today = || self.now.to_zoned(zone.clone()).date();
        let zoned = match &self.form {
            Form::Instant(seconds) => return Some(*seconds),
            Form::Civil(time) => time.to_zoned(zone.clone()).ok()?,
            Form::TimeOfDay(time) => today().to_datetime(*time).to_zoned(zone.clone()).ok()?,
            Form::Day(day) => return self.day(*day, zone),
            Form::Today => return self.day(today(), zone),
            Form::Yesterday => return self.day(today().yesterday().ok()?, zone),
            Form::Ago(span) => self.now.to_zoned(zone.clone()).checked_sub(*span).ok()?,
        };
        // A part of a second more rather than less.
        Some(zoned.timestamp().as_second())
    }

    fn day(&self, day: civil::Date, zone: &TimeZone) -> Option<i64> {
        let (day, seconds) = if self.end_of_day {
            (day.tomorrow().ok()?, 1)
        } else {
            (day, 0)
        };
        Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_second() - seconds)
    }
}

fn parse(text: &str) -> Result<Form, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse() {
            Ok(seconds) if seconds <= LAST => Ok(Form::Instant(seconds)),
            _ => Err("more than the Unix seconds of the year 9999; are these milliseconds?".into()),
        };
    }
    match text.to_ascii_lowercase().as_str() {
        "now" => return Ok(Form::Ago(Span::new())),
        "today" => return Ok(Form::Today),
        "yesterday" => return Ok(Form::Yesterday),
        _ => {}
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(Form::Instant(time.as_second()));
    }
    if let Ok(time) = text.parse::<Zoned>() {
        return Ok(Form::Instant(time.timestamp().as_second()));
    }
    // A date is also a date with a time, at midnight: the day first.
    let has_time = text.contains(':');
    if !has_time && let Ok(day) = text.parse::<civil::Date>() {
        return Ok(Form::Day(day));
    }
    if has_time && let Ok(time) = text.parse::<civil::DateTime>() {
        return Ok(Form::Civil(time));
    }
    if has_time && let Ok(time) = text.parse::<civil::Time>() {
        return Ok(Form::TimeOfDay(time));
    }
    let Ok(span) = text.parse::<Span>() else {
        return Err(FORMS.to_owned());
    };
    // "7 days ago" is negative for jiff, and means the same here as "7 days".
    if span.is_negative() && !text.trim_end().ends_with("ago") {
        return Err("an age has no sign: 24h is 24 hours ago".to_owned());
    }
    Ok(Form::Ago(span.abs()))
}

/// A time as tables show it: in the zone, to the second. What no calendar holds is shown as the
/// number it is.
pub(crate) fn local(unix_seconds: i64) -> String {
    format_in(zone(), unix_seconds, "%Y-%m-%d %H:%M:%S")
}

/// The same to the minute.
pub(crate) fn local_minute(unix_seconds: i64) -> String {
    format_in(zone(), unix_seconds, "%Y-%m-%d %H:%M")
}

/// A time in UTC, to the second.
pub(crate) fn display(unix_seconds: i64) -> String {
    format_in(&TimeZone::UTC, unix_seconds, "%Y-%m-%d %H:%M:%S")
}

fn format_in(zone: &TimeZone, unix_seconds: i64, form: &str) -> String {
    Timestamp::from_second(unix_seconds).map_or_else(
        |_| unix_seconds.to_string(),
        |time| time.to_zoned(zone.clone()).strftime(form).to_string(),
    )
}

/// A time as RFC 3339 in UTC; empty for what no calendar holds.
pub(crate) fn rfc3339(unix_seconds: i64) -> String {
    Timestamp::from_second(unix_seconds).map_or_else(|_| String::new(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2023-11-14 22:13:20 UTC, a Tuesday; 23:13:20 in Berlin.
    const NOW: i64 = 1_700_000_000;

    fn at(text: &str, end: bool, zone: &str) -> Result<i64, String> {
        let now = Timestamp::from_second(NOW).expect("in range");
        let zone = parse_zone(zone)?;
        Time::read(text, end, now).map(|time| time.at(&zone).expect("in range"))
    }

    #[test]
    fn every_form() {
        for (text, expected) in [
            ("1566215192", 1_566_215_192),
            ("0", 0),
            ("2019-08-19T11:46:32Z", 1_566_215_192),
            ("2019-08-19T13:46:32+02:00", 1_566_215_192),
            ("2019-08-19 13:46:32+02:00", 1_566_215_192),
            ("2019-08-19t11:46:32.9z", 1_566_215_192),
            ("2019-08-19T13:46:32[Europe/Berlin]", 1_566_215_192),
            ("2019-08-19 11:46:32", 1_566_215_192),
            ("2019-08-19 11:46", 1_566_215_160),
            ("2019-08-19", 1_566_172_800),
            ("now", NOW),
            ("today", NOW - 80_000),
            ("Yesterday", NOW - 80_000 - 86_400),
            ("22:00", NOW - 800),
            ("24h", NOW - 86_400),
            ("1d", NOW - 86_400),
            ("2w", NOW - 14 * 86_400),
            ("90s", NOW - 90),
            ("1h30m", NOW - 5_400),
            (" 15m ", NOW - 900),
            ("7 days ago", NOW - 7 * 86_400),
            ("7 days", NOW - 7 * 86_400),
            ("24h ago", NOW - 86_400),
            ("1 month ago", NOW - 31 * 86_400),
        ] {
            assert_eq!(at(text, false, "UTC"), Ok(expected), "{text}");
        }
        for (text, word) in [
            ("", "today"),
            ("last tuesday", "7 days ago"),
            ("-1", "2026-11-01 10:00"),
            ("1566215192000", "milliseconds"),
            ("99999999999999999999", "milliseconds"),
            ("1960-01-01T00:00:00Z", "before 1970"),
            ("1960-01-01", "before 1970"),
            ("-24h", "sign"),
            ("2023-02-30", "2026-11-01"),
            ("99999w", "before 1970"),
        ] {
            let error = at(text, false, "UTC").expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_day_alone_is_whole_and_in_the_zone() {
        let day = 1_566_172_800;
        assert_eq!(at("2019-08-19", true, "UTC"), Ok(day + 86_399));
        assert_eq!(at("2019-08-19", false, "Europe/Berlin"), Ok(day - 7_200));
        assert_eq!(at("2019-08-19", true, "Europe/Berlin"), Ok(day + 79_199));
        assert_eq!(at("today", false, "Asia/Tokyo"), Ok(NOW - 80_000 + 54_000));
        // The day on which Berlin's clocks went back has 25 hours.
        let begin = at("2023-10-29", false, "Europe/Berlin").expect("a day");
        let end = at("2023-10-29", true, "Europe/Berlin").expect("a day");
        assert_eq!(end - begin, 25 * 3_600 - 1);
        assert!(at("now", false, "Nowhere/City").is_err_and(|error| error.contains("time zone")));
    }

    #[test]
    fn shown_in_utc() {
        assert_eq!(display(1_566_215_192), "2019-08-19 11:46:32");
        assert_eq!(rfc3339(1_566_215_192), "2019-08-19T11:46:32Z");
        assert_eq!(display(i64::MAX), i64::MAX.to_string());
        assert_eq!(rfc3339(i64::MAX), "");
    }
}
