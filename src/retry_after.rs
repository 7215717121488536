//! Reading `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date in any of HTTP's three
//! forms.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, HeaderValue,
    header::{DATE, RETRY_AFTER},
};

/// The wait that a response's headers ask for; `None` if they ask for none, or in no usable form.
///
/// A date is read against the response's own `Date`, so a wrong local clock makes no early retry;
/// one that is past asks for no wait. Of several values the longest wait is taken.
pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Duration> {
    from_headers_at(headers, SystemTime::now)
}

/// The same with a clock for responses without a usable `Date`.
fn from_headers_at(headers: &HeaderMap, clock: impl Fn() -> SystemTime) -> Option<Duration> {
    let now = || headers.get(DATE).and_then(date).unwrap_or_else(&clock);
    let wait = |value| {
        let until = || Some(date(value)?.duration_since(now()).unwrap_or_default());
        seconds(value).or_else(until)
    };
    headers.get_all(RETRY_AFTER).iter().filter_map(wait).max()
}

/// Digits only. What is more than can be counted is as long as can be; what is no number of
/// anything (over 39 digits, where `u128` ends) is unusable.
fn seconds(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    // `parse` alone would take "+1".
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds: u128 = text.parse().ok()?;
    Some(u64::try_from(seconds).map_or(Duration::MAX, Duration::from_secs))
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use proptest::prelude::*;

    use super::*;

    const DATE_TEXT: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn headers(retry_after: &[u8], date: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(retry_after) {
            headers.insert(RETRY_AFTER, value);
        }
        if let Some(date) = date {
            headers.insert(DATE, date.parse().expect("a header value"));
        }
        headers
    }

    fn read(retry_after: &str) -> Option<Duration> {
        from_headers(&headers(retry_after.as_bytes(), Some(DATE_TEXT)))
    }

    #[test]
    fn seconds_and_all_three_dates() {
        for (text, seconds) in [
            ("0", 0),
            ("30", 30),
            (" 30\t", 30),
            ("0030", 30),
            ("9223372037", 9_223_372_037),
            ("18446744073709551615", u64::MAX),
            // IMF-fixdate, RFC 850, asctime
            ("Sun, 06 Nov 1994 08:50:07 GMT", 30),
            ("Sunday, 06-Nov-94 08:50:07 GMT", 30),
            ("Sun Nov  6 08:50:07 1994", 30),
            // past
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:36 GMT", 0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 252_618_189_022),
        ] {
            assert_eq!(read(text), Some(Duration::from_secs(seconds)), "{text:?}");
        }
    }

    #[test]
    fn more_than_can_be_counted_is_as_long_as_can_be() {
        for number in [u128::from(u64::MAX) + 1, u128::MAX] {
            assert_eq!(read(&number.to_string()), Some(Duration::MAX), "{number}");
        }
    }

    #[test]
    fn unusable_is_as_if_missing() {
        let long = "9".repeat(300);
        for text in [
            "",
            " ",
            "1.5",
            "abc",
            "1e3",
            "-1",
            "+1",
            "0x10",
            "1,000",
            "1 2",
            "30s",
            "٣",
            &long,
            "Sun, 06 Nov 1994 08:50:07 UTC",
            "Mon, 06 Nov 1994 08:50:07 GMT",
            "Sun, 32 Nov 1994 08:50:07 GMT",
            "Sun, 06 Nov 1994 25:50:07 GMT",
            "1994-11-06T08:50:07Z",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(from_headers(&HeaderMap::new()), None);
    }

    #[test]
    fn of_several_values_the_longest_wait() {
        let mut headers = headers(b"5", None);
        for value in ["abc", "30", "7"] {
            headers.append(RETRY_AFTER, HeaderValue::from_static(value));
        }
        assert_eq!(from_headers(&headers), Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_local_clock_serves_only_without_a_date() {
        // 784111777 is the RFC's example date.
        let clock = || UNIX_EPOCH + Duration::from_secs(784_111_777 + 3_600);
        let until = b"Sun, 06 Nov 1994 09:50:07 GMT";
        for (date, seconds) in [
            (Some(DATE_TEXT), 3_630),
            (Some("yesterday"), 30),
            (None, 30),
        ] {
            let wait = from_headers_at(&headers(until, date), clock);
            assert_eq!(wait, Some(Duration::from_secs(seconds)), "{date:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100_000))]

        /// Bytes of any kind, and what looks like a number or a date.
        #[test]
        fn no_value_panics(
            shape in 0..6_u8,
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            number in any::<u128>(),
            shift in 0..128_u32,
        ) {
            let number = number >> shift;
            let pick = |from: &[&'static str], at: usize| {
                from[usize::from(bytes.get(at).copied().unwrap_or_default()) % from.len()]
            };
            let two = |at: usize| bytes.get(at).map_or(7, |byte| byte % 70);
            let month = pick(&["Jan", "Feb", "Nov", "Dec", "May"], 0);
            let day = pick(&["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], 1);
            let long_day = pick(&["Monday", "Tuesday", "Wednesday", "Saturday", "Sunday"], 1);
            let (date, hour, minute, second) = (two(2), two(3), two(4), two(5));
            let year = number % 10_100;
            let short_year = year % 100;
            let time = format!("{hour:02}:{minute:02}:{second:02}");
            let value = match shape {
                0 => bytes.clone(),
                1 => number.to_string().into_bytes(),
                2 => {
                    let before = pick(&["", "+", "-", " ", "0"], 6);
                    let behind = pick(&["", ".5", "e3", " ", "s", "0"], 7);
                    format!("{before}{number}{behind}").into_bytes()
                }
                3 => format!("{day}, {date:02} {month} {year:04} {time} GMT").into_bytes(),
                4 => {
                    format!("{long_day}, {date:02}-{month}-{short_year:02} {time} GMT").into_bytes()
                }
                _ => format!("{day} {month} {date:>2} {time} {year:04}").into_bytes(),
            };
            let wait = from_headers(&headers(&value, Some(DATE_TEXT)));
            // A number that is taken is taken in full.
            if shape == 1 {
                let seconds = u64::try_from(number).map_or(Duration::MAX, Duration::from_secs);
                prop_assert_eq!(wait, Some(seconds));
            }
        }

        /// Whatever the two dates and the local clock, the wait ends when the date comes, never
        /// earlier.
        #[test]
        fn no_date_is_early(
            sent in 0..253_402_300_800_u64,
            until in 0..253_402_300_800_u64,
            local in 0..253_402_300_800_u64,
            form in 0..3_u8,
        ) {
            let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
            let imf = httpdate::fmt_http_date(at(until));
            // The two-digit years of RFC 850 reach from 1970 to 2069.
            let text = match form {
                1 if until < 3_155_760_000 => rfc_850(&imf),
                2 => asctime(&imf),
                _ => imf,
            };
            let headers = headers(text.as_bytes(), Some(&httpdate::fmt_http_date(at(sent))));
            let wait = from_headers_at(&headers, || at(local));
            let expected = Duration::from_secs(until.saturating_sub(sent));
            prop_assert_eq!(wait, Some(expected), "{}", text);
        }
    }

    fn rfc_850(imf: &str) -> String {
        let day = match &imf[..3] {
            "Tue" => "Tuesday",
            "Wed" => "Wednesday",
            "Thu" => "Thursday",
            "Sat" => "Saturday",
            other => &format!("{other}day"),
        };
        let (date, month, year) = (&imf[5..7], &imf[8..11], &imf[14..16]);
        format!("{day}, {date}-{month}-{year} {}", &imf[17..])
    }

    fn asctime(imf: &str) -> String {
        let (day, month, year) = (&imf[..3], &imf[8..11], &imf[12..16]);
        let date = imf[5..7].trim_start_matches('0');
        format!("{day} {month} {date:>2} {} {year}", &imf[17..25])
    }
}
