//! Answers and faults as text, for command lines.

use std::{error, fmt, str::FromStr, time::Duration};

use super::answer::Answer;
use super::fault::Fault;

/// What a [`Fault::GzipBomb`] becomes when no size is given: 1 GiB.
const BOMB: u64 = 1 << 30;
/// What a [`Fault::LongLength`] claims when no length is given: 10 GB.
const LONG: u64 = 10_000_000_000;

/// Reads `NAME[=VALUE]`, names as in the table below.
///
/// ```
/// use slack_audit_logs::fake::Fault;
///
/// assert_eq!("reset-in-body".parse(), Ok(Fault::ResetInBody));
/// assert_eq!("drip=250ms".parse(), Ok(Fault::Drip(std::time::Duration::from_millis(250))));
/// ```
///
/// | name | value | fault |
/// |---|---|---|
/// | `reset-before-head`, `reset-in-head`, `reset-in-body` | | a TCP reset there |
/// | `close-before-head`, `close-in-head`, `close-in-body` | | an orderly close there |
/// | `short-length` | | [`Fault::ShortLength`] |
/// | `long-length` | bytes, 10 GB by default | [`Fault::LongLength`] |
/// | `cut-chunk`, `bad-chunk`, `no-last-chunk` | | broken chunks |
/// | `garbage-head` | | [`Fault::GarbageHead`] |
/// | `drip` | pause, `1s` by default | [`Fault::Drip`] |
/// | `silence`, `silence-after-head` | | no answer, no body |
/// | `bad-gzip`, `cut-gzip`, `bad-gzip-checksum` | | unsound gzip |
/// | `gzip-bomb` | bytes after decoding, 1 GiB by default | [`Fault::GzipBomb`] |
/// | `close-on-reuse` | | [`Fault::CloseOnReuse`] |
/// | `close-idle` | time after the answer, `0s` by default | [`Fault::CloseIdle`] |
///
/// Times are written `250ms` or `2s`.
impl FromStr for Fault {
    type Err = ParseAnswerError;

    fn from_str(text: &str) -> Result<Self, ParseAnswerError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let time = |default| value.map_or(Ok(default), parse_time);
        let bytes = |default| match value {
            None => Ok(default),
            Some(value) => value
                .parse()
                .map_err(|_| ParseAnswerError::new(value, "is no number of bytes")),
        };
        let fault = match name {
            "long-length" => return bytes(LONG).map(Fault::LongLength),
            "gzip-bomb" => return bytes(BOMB).map(Fault::GzipBomb),
            "drip" => return time(Duration::from_secs(1)).map(Fault::Drip),
            "close-idle" => return time(Duration::ZERO).map(Fault::CloseIdle),
            "reset-before-head" => Fault::ResetBeforeHead,
            "reset-in-head" => Fault::ResetInHead,
            "reset-in-body" => Fault::ResetInBody,
            "close-before-head" => Fault::CloseBeforeHead,
            "close-in-head" => Fault::CloseInHead,
            "close-in-body" => Fault::CloseInBody,
            "short-length" => Fault::ShortLength,
            "cut-chunk" => Fault::CutChunk,
            "bad-chunk" => Fault::BadChunk,
            "no-last-chunk" => Fault::NoLastChunk,
            "garbage-head" => Fault::GarbageHead,
            "silence" => Fault::Silence,
            "silence-after-head" => Fault::SilenceAfterHead,
            "bad-gzip" => Fault::BadGzip,
            "cut-gzip" => Fault::CutGzip,
            "bad-gzip-checksum" => Fault::BadGzipChecksum,
            "close-on-reuse" => Fault::CloseOnReuse,
            _ => return Err(ParseAnswerError::new(name, "is no fault")),
        };
        match value {
            None => Ok(fault),
            Some(_) => Err(ParseAnswerError::new(name, "takes no value")),
        }
    }
}

/// Reads `WHAT` with any of the modifiers `@N`, `xN`, `x*`, `%P`, `+TIME`, `/PATH` behind it.
///
/// `WHAT` is a [`Fault`], `status=CODE`, `error=CODE:NAME` (an error as Slack sends it),
/// `retry-after=SECONDS` (status 429), or `real`. `@N`: from the N-th request on; `xN`: N times,
/// `x*`: for ever; `%P`: for P percent of the requests, for ever unless `x` says otherwise;
/// `+TIME`: that much later; `/PATH`: for that path.
///
/// ```
/// use slack_audit_logs::fake::Answer;
///
/// for spec in ["reset-in-body@3", "status=503x2", "real+2s", "silence%5", "error=400:invalid_cursor@4/logs", "retry-after=30"] {
///     spec.parse::<Answer>()?;
/// }
/// assert_eq!("status=9".parse::<Answer>().unwrap_err().to_string(), "`9` is no HTTP status, in `status=9`");
/// # Ok::<(), slack_audit_logs::fake::ParseAnswerError>(())
/// ```
impl FromStr for Answer {
    type Err = ParseAnswerError;

    fn from_str(spec: &str) -> Result<Self, ParseAnswerError> {
        parse_answer(spec).map_err(|error| ParseAnswerError {
            within: spec.to_owned(),
            ..error
        })
    }
}

fn parse_answer(spec: &str) -> Result<Answer, ParseAnswerError> {
    let mut what = spec;
    let mut modifiers = Vec::new();
    while let Some((rest, modifier)) = last_modifier(what) {
        modifiers.push(modifier?);
        what = rest;
    }
    let mut answer = parse_what(what)?;
    if modifiers
        .iter()
        .any(|modifier| matches!(modifier, Modifier::Share(_)))
    {
        answer = answer.forever();
    }
    for modifier in modifiers {
        answer = match modifier {
            Modifier::Nth(nth) => answer.nth(nth),
            Modifier::Times(times) => answer.times(times),
            Modifier::Forever => answer.forever(),
            Modifier::Share(share) => answer.sometimes(share),
            Modifier::Delay(delay) => answer.delay(delay),
            Modifier::Path(path) => answer.on(path),
        };
    }
    Ok(answer)
}

fn parse_what(what: &str) -> Result<Answer, ParseAnswerError> {
    let status = |text: &str| {
        let status = text
            .parse::<u16>()
            .ok()
            .filter(|status| (200..600).contains(status));
        status.ok_or_else(|| ParseAnswerError::new(text, "is no HTTP status"))
    };
    match what.split_once('=') {
        None if what == "real" => Ok(Answer::real()),
        Some(("status", code)) => status(code).map(Answer::status),
        Some(("retry-after", seconds)) => match seconds.parse() {
            Ok(seconds) => Ok(Answer::rate_limited(seconds)),
            Err(_) => Err(ParseAnswerError::new(seconds, "is no number of seconds")),
        },
        Some(("error", rest)) => match rest.split_once(':') {
            Some((code, name)) if !name.is_empty() => Ok(Answer::slack_error(status(code)?, name)),
            _ => Err(ParseAnswerError::new(
                rest,
                "is not of the form STATUS:CODE",
            )),
        },
        _ => what.parse().map(Answer::fault),
    }
}

enum Modifier {
    Nth(u32),
    Times(u32),
    Forever,
    Share(f64),
    Delay(Duration),
    Path(String),
}

/// Splits the last modifier off. An `x` is one only before a number or a star, as names hold it
/// too.
fn last_modifier(text: &str) -> Option<(&str, Result<Modifier, ParseAnswerError>)> {
    let counts = |rest: &str| {
        rest == "*" || (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (at, sign) = text.char_indices().rev().find(|(at, sign)| match sign {
        '@' | '%' | '+' | '/' => true,
        'x' => text.get(at + 1..).is_some_and(counts),
        _ => false,
    })?;
    let (rest, value) = (text.get(..at)?, text.get(at + 1..)?);
    let count = || match value.parse::<u32>() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(ParseAnswerError::new(value, "is no count from 1 on")),
    };
    let modifier = match sign {
        '@' => count().map(Modifier::Nth),
        'x' if value == "*" => Ok(Modifier::Forever),
        'x' => count().map(Modifier::Times),
        '+' => parse_time(value).map(Modifier::Delay),
        '%' => match value.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Modifier::Share(percent / 100.0)),
            _ => Err(ParseAnswerError::new(value, "is no percentage")),
        },
        _ => Ok(Modifier::Path(format!("/{value}"))),
    };
    Some((rest, modifier))
}

fn parse_time(text: &str) -> Result<Duration, ParseAnswerError> {
    let parsed = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => number.parse().ok().map(Duration::from_millis),
        (None, Some(number)) => number.parse().ok().map(Duration::from_secs),
        (None, None) => None,
    };
    parsed.ok_or_else(|| ParseAnswerError::new(text, "is no time such as `250ms` or `2s`"))
}

/// An [`Answer`] or a [`Fault`] that cannot be read; says which part and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseAnswerError {
    part: String,
    why: &'static str,
    within: String,
}

impl ParseAnswerError {
    fn new(part: &str, why: &'static str) -> Self {
        Self {
            part: part.to_owned(),
            why,
            within: String::new(),
        }
    }
}

impl fmt::Display for ParseAnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.part, self.why)?;
        if !self.within.is_empty() && self.within != self.part {
            write!(f, ", in `{}`", self.within)?;
        }
        Ok(())
    }
}

impl error::Error for ParseAnswerError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        for (spec, expected) in [
            (
                "status=503x2",
                "status: Some(503), fault: None, delay: 0ns, times: Some(2), nth: None, path: None, share: None",
            ),
            (
                "reset-in-body@3",
                "status: None, fault: Some(ResetInBody), delay: 0ns, times: Some(1), nth: Some(3), path: None, share: None",
            ),
            (
                "real+250msx*",
                "status: None, fault: None, delay: 250ms, times: None, nth: None, path: None, share: None",
            ),
            (
                "silence%5",
                "status: None, fault: Some(Silence), delay: 0ns, times: None, nth: None, path: None, share: Some(0.05)",
            ),
            (
                "close-idle=2sx3%50@2/logs",
                "status: None, fault: Some(CloseIdle(2s)), delay: 0ns, times: Some(3), nth: Some(2), path: Some(\"/logs\"), share: Some(0.5)",
            ),
            (
                "error=400:invalid_cursorx2",
                "status: Some(400), fault: None, delay: 0ns, times: Some(2), nth: None, path: None, share: None",
            ),
        ] {
            let answer = spec
                .parse::<Answer>()
                .unwrap_or_else(|error| panic!("{spec}: {error}"));
            assert_eq!(
                format!("{answer:?}"),
                format!("Answer {{ {expected}, .. }}"),
                "{spec}"
            );
        }
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        for (spec, expected) in [
            ("", "`` is no fault"),
            ("explode", "`explode` is no fault"),
            ("status=abc", "`abc` is no HTTP status, in `status=abc`"),
            (
                "status=503x0",
                "`0` is no count from 1 on, in `status=503x0`",
            ),
            ("silence@x", "`x` is no count from 1 on, in `silence@x`"),
            ("silence=3", "`silence` takes no value, in `silence=3`"),
            (
                "drip=fast",
                "`fast` is no time such as `250ms` or `2s`, in `drip=fast`",
            ),
            ("real%101", "`101` is no percentage, in `real%101`"),
            (
                "gzip-bomb=-1",
                "`-1` is no number of bytes, in `gzip-bomb=-1`",
            ),
            (
                "error=400",
                "`400` is not of the form STATUS:CODE, in `error=400`",
            ),
            ("é%é@é", "`é` is no count from 1 on, in `é%é@é`"),
        ] {
            let error = spec
                .parse::<Answer>()
                .map(|answer| panic!("{spec} became {answer:?}"));
            assert_eq!(
                error.map_err(|error| error.to_string()),
                Err(expected.to_owned())
            );
        }
    }
}
