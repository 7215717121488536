//! Scripted responses: what to say instead of the ordinary response, when, and how often.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER};
use serde_json::{Value, json};

use super::{faults::WireFault, request::RecordedRequest, rng::Rng};

#[derive(Clone)]
struct Condition(Arc<dyn Fn(&RecordedRequest) -> bool + Send + Sync>);

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condition")
    }
}

/// One line of a script: a response in place of the ordinary one, a `Date` of its own, a
/// [`WireFault`] that breaks it, or several of these.
///
/// Responses are used up in the order in which they were given to
/// [`FakeApi::script`](super::FakeApi::script), one for each request. One that is bound to a path,
/// a number or a condition waits for its request and lets others pass. Where the script sets the
/// status or the body, the request does not count against the rate limit, and its token is not
/// checked.
///
/// ```
/// use std::time::Duration;
/// use slack_audit_logs::fake::{FakeApi, ScriptedResponse, WireFault};
///
/// let api = FakeApi::builder().entries(10).build();
/// api.script(ScriptedResponse::status(503).times(2));                      // the next two
/// api.script(ScriptedResponse::rate_limited(30).on("/logs"));              // then one to /logs
/// api.script(ScriptedResponse::slack_error(400, "invalid_cursor").nth(5)); // the fifth
/// api.script(ScriptedResponse::fault(WireFault::ResetInBody).delay(Duration::from_secs(1)));
/// api.script(ScriptedResponse::ordinary().date_offset(-3600).times(20));   // an hour behind
/// api.script(ScriptedResponse::empty_page().forever());                    // no end in sight
/// ```
///
/// As text it is a list of `key=value`, for command lines; see
/// [`FromStr`](#impl-FromStr-for-ScriptedResponse).
#[derive(Clone, Debug)]
pub struct ScriptedResponse {
    pub(super) content: Content,
    pub(super) headers: HeaderMap,
    pub(super) date: Option<DateHeader>,
    pub(super) delay: Duration,
    pub(super) fault: Option<WireFault>,
    times: Option<u32>,
    nth: Option<u32>,
    path: Option<String>,
    share: Option<f64>,
    condition: Option<Condition>,
}

/// Where the status and the body come from.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Ordinary,
    EmptyPage,
    Given(StatusCode, Bytes),
}

/// What the `Date` header says.
#[derive(Clone, Copy, Debug)]
pub(super) enum DateHeader {
    /// The API's time and so many seconds.
    Offset(i64),
    /// This Unix time.
    At(i64),
    Absent,
}

impl ScriptedResponse {
    /// The response that the API would give anyway; useful with [`delay`](Self::delay),
    /// [`header`](Self::header) or [`date_offset`](Self::date_offset), or to let some requests
    /// pass.
    pub fn ordinary() -> Self {
        Self {
            content: Content::Ordinary,
            headers: HeaderMap::new(),
            date: None,
            delay: Duration::ZERO,
            fault: None,
            times: Some(1),
            nth: None,
            path: None,
            share: None,
            condition: None,
        }
    }

    /// A response with this status and an empty body. A number that is not a final status (200 to
    /// 999) means 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|status| !status.is_informational())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            content: Content::Given(status, Bytes::new()),
            ..Self::ordinary()
        }
    }

    /// A response with status 200 and this JSON.
    pub fn json(body: &Value) -> Self {
        Self::status(200).json_body(body)
    }

    /// An error as Slack sends it: `{"ok":false,"error":code}`.
    pub fn slack_error(status: u16, code: &str) -> Self {
        Self::status(status).json_body(&json!({ "ok": false, "error": code }))
    }

    fn json_body(self, body: &Value) -> Self {
        let response = self.body(body.to_string());
        response.header("content-type", "application/json; charset=utf-8")
    }

    /// Status 429 with the code `ratelimited` and this `Retry-After` in seconds.
    pub fn rate_limited(retry_after: u64) -> Self {
        Self::slack_error(429, "ratelimited").header("retry-after", &retry_after.to_string())
    }

    /// A page without entries and with a new cursor each time. The cursor stands for the place
    /// where the request already was, so a client that goes on finds everything once the script
    /// has ended.
    pub fn empty_page() -> Self {
        Self {
            content: Content::EmptyPage,
            ..Self::ordinary()
        }
    }

    /// The ordinary response, broken on the wire.
    pub fn fault(fault: WireFault) -> Self {
        Self::ordinary().with_fault(fault)
    }

    /// Breaks this response on the wire.
    pub fn with_fault(mut self, fault: WireFault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Adds a header. Names and values that HTTP does not allow are left out, and so are
    /// `Content-Length` and `Transfer-Encoding`: a lie about the length is a [`WireFault`].
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.headers.append(name, value);
        }
        self
    }

    /// Sets the body; the status is 200 unless it was set.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        let status = match self.content {
            Content::Given(status, _) => status,
            Content::Ordinary | Content::EmptyPage => StatusCode::OK,
        };
        self.content = Content::Given(status, body.into());
        self
    }

    /// Lets `Date` differ from the API's time by so many seconds. It stays between 1970 and 9999.
    pub fn date_offset(mut self, seconds: i64) -> Self {
        self.date = Some(DateHeader::Offset(seconds));
        self
    }

    /// Sets `Date` to this Unix time in seconds; 0 is the first of January 1970.
    pub fn date(mut self, unix_seconds: i64) -> Self {
        self.date = Some(DateHeader::At(unix_seconds));
        self
    }

    /// Leaves `Date` out.
    pub fn without_date(mut self) -> Self {
        self.date = Some(DateHeader::Absent);
        self
    }

    /// Waits this long before the response, by tokio's clock.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Gives the response this many times; once is the default.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Gives the response for ever, or until
    /// [`FakeApi::clear_script`](super::FakeApi::clear_script).
    pub fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    /// Only for this path: `/logs`, or the whole one.
    pub fn on(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only from the `nth` request on that fits the other conditions, counted from 1 since the
    /// response was scripted.
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Only for this share of the requests, 0.0 to 1.0, drawn by the API's seed.
    pub fn sometimes(mut self, share: f64) -> Self {
        self.share = Some(share);
        self
    }

    /// Only for requests that this accepts. It must not call the [`FakeApi`](super::FakeApi).
    ///
    /// ```
    /// # use slack_audit_logs::fake::ScriptedResponse;
    /// let broken_second_page =
    ///     ScriptedResponse::status(502).when(|request| request.param("cursor").is_some());
    /// ```
    pub fn when(
        mut self,
        condition: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.condition = Some(Condition(Arc::new(condition)));
        self
    }

    fn fits(&self, request: &RecordedRequest, reused: bool) -> bool {
        self.path.as_deref().is_none_or(|path| request.is_at(path))
            && self.condition.as_ref().is_none_or(|when| when.0(request))
            && (reused || self.fault != Some(WireFault::CloseOnReuse))
    }
}

/// The responses that wait for their requests, and how many each has seen.
#[derive(Debug)]
pub(super) struct Script {
    lines: Vec<(ScriptedResponse, u32)>,
    rng: Rng,
}

impl Script {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            lines: Vec::new(),
            rng: Rng::of(&[seed, 0x5C1]),
        }
    }

    pub(super) fn add(&mut self, response: ScriptedResponse) {
        if response.times != Some(0) {
            self.lines.push((response, 0));
        }
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The first response that fits the request; `reused` says whether its connection has served
    /// one before.
    pub(super) fn take(
        &mut self,
        request: &RecordedRequest,
        reused: bool,
    ) -> Option<ScriptedResponse> {
        let mut found = None;
        for (index, (response, seen)) in self.lines.iter_mut().enumerate() {
            if !response.fits(request, reused) {
                continue;
            }
            *seen = seen.saturating_add(1);
            let due = response.nth.is_none_or(|nth| *seen >= nth)
                && response.share.is_none_or(|share| self.rng.share() < share);
            if due && found.is_none() {
                found = Some(index);
            }
        }
        let (response, _) = self.lines.get_mut(found?)?;
        let given = response.clone();
        response.times = response.times.map(|left| left.saturating_sub(1));
        if response.times == Some(0) {
            self.lines.remove(found?);
        }
        Some(given)
    }
}

/// What a [`WireFault::GzipBomb`] becomes when no size is given: 1 GiB.
const BOMB: u64 = 1 << 30;
/// What a [`WireFault::LongLength`] claims when no length is given: 10 GB.
const LONG: u64 = 10_000_000_000;

/// Reads a list of `key=value`, separated by commas.
///
/// | key | value | meaning |
/// |---|---|---|
/// | `status` | 200 to 599 | [`status`](ScriptedResponse::status) |
/// | `error` | Slack's code | [`slack_error`](ScriptedResponse::slack_error), by default 400 |
/// | `retry-after` | seconds | alone [`rate_limited`](ScriptedResponse::rate_limited) |
/// | `empty-page` | | [`empty_page`](ScriptedResponse::empty_page) |
/// | `date-offset` | seconds | [`date_offset`](ScriptedResponse::date_offset) |
/// | `no-date` | | [`without_date`](ScriptedResponse::without_date) |
/// | `delay` | time | [`delay`](ScriptedResponse::delay) |
/// | `times` | a count, or `forever` | how often; once unless `share` is given |
/// | `nth` | a count | [`nth`](ScriptedResponse::nth) |
/// | `share` | 0.0 to 1.0 | [`sometimes`](ScriptedResponse::sometimes), for ever |
/// | `path` | `/logs` | [`on`](ScriptedResponse::on) |
/// | `reset-before-head`, `reset-in-head`, `reset-in-body` | | a TCP reset there |
/// | `close-before-head`, `close-in-head`, `close-in-body` | | an orderly close there |
/// | `short-length` | | [`WireFault::ShortLength`] |
/// | `long-length` | bytes, 10 GB by default | [`WireFault::LongLength`] |
/// | `cut-chunk`, `bad-chunk`, `no-last-chunk` | | broken chunks |
/// | `garbage-head` | | [`WireFault::GarbageHead`] |
/// | `drip` | time, `1s` by default | [`WireFault::Drip`] |
/// | `silence`, `silence-after-head` | | no response, no body |
/// | `bad-gzip`, `cut-gzip`, `bad-gzip-checksum` | | invalid gzip |
/// | `gzip-bomb` | bytes after decoding, 1 GiB by default | [`WireFault::GzipBomb`] |
/// | `close-on-reuse` | | [`WireFault::CloseOnReuse`] |
/// | `close-idle` | time, `0s` by default | [`WireFault::CloseIdle`] |
///
/// Times are written `250ms` or `2s`.
///
/// ```
/// use slack_audit_logs::fake::ScriptedResponse;
///
/// for text in [
///     "status=503,times=2",
///     "reset-in-body,nth=3",
///     "drip=250ms,times=forever",
///     "delay=2s,date-offset=-3600",
///     "silence,share=0.05",
///     "error=invalid_cursor,nth=4,path=/logs",
///     "retry-after=30",
/// ] {
///     text.parse::<ScriptedResponse>()?;
/// }
/// let error = "status=9".parse::<ScriptedResponse>().unwrap_err();
/// assert_eq!(error.to_string(), "`status=9`: the value must be a status from 200 to 599");
/// # Ok::<(), slack_audit_logs::fake::ParseScriptError>(())
/// ```
impl FromStr for ScriptedResponse {
    type Err = ParseScriptError;

    fn from_str(text: &str) -> Result<Self, ParseScriptError> {
        let (mut status, mut error, mut retry_after) = (None, None, None);
        let mut response = Self::ordinary();
        let mut times = None;
        let mut read = |key, value: Option<_>| {
            let given = value.unwrap_or_default();
            let bytes = |default| value.map_or(Ok(default), str::parse).map_err(|_| BYTES);
            let pause = |default| value.map_or(Some(default), time).ok_or(TIME);
            match key {
                "status" => {
                    let code = given.parse().ok().filter(|code| (200..600).contains(code));
                    status = Some(code.ok_or("the value must be a status from 200 to 599")?);
                }
                "error" if !given.is_empty() => error = Some(given),
                "error" => return Err("the value must be an error code"),
                "retry-after" => retry_after = Some(given.parse::<u64>().map_err(|_| SECONDS)?),
                "date-offset" => {
                    let seconds = given.parse().map_err(|_| SECONDS)?;
                    response.date = Some(DateHeader::Offset(seconds));
                }
                "delay" => response.delay = time(given).ok_or(TIME)?,
                "times" if given == "forever" => times = Some(None),
                "times" => times = Some(Some(count(given)?)),
                "nth" => response.nth = Some(count(given)?),
                "share" => {
                    let share = given.parse().ok();
                    let share = share.filter(|share| (0.0..=1.0).contains(share));
                    response.share = Some(share.ok_or("the value must be from 0.0 to 1.0")?);
                    times = times.or(Some(None));
                }
                "path" if given.starts_with('/') => response.path = Some(given.to_owned()),
                "path" => return Err("the value must begin with a slash"),
                "long-length" => response.fault = Some(WireFault::LongLength(bytes(LONG)?)),
                "gzip-bomb" => response.fault = Some(WireFault::GzipBomb(bytes(BOMB)?)),
                "drip" => response.fault = Some(WireFault::Drip(pause(Duration::from_secs(1))?)),
                "close-idle" => response.fault = Some(WireFault::CloseIdle(pause(Duration::ZERO)?)),
                _ if value.is_some() => return Err("there is no such key with a value"),
                "empty-page" => response.content = Content::EmptyPage,
                "no-date" => response.date = Some(DateHeader::Absent),
                _ => {
                    let fault = WireFault::NAMES.iter().find(|(name, _)| *name == key);
                    response.fault = Some(fault.ok_or("there is no such key")?.1);
                }
            }
            Ok(())
        };
        for item in text.split(',').map(str::trim) {
            let (key, value) = match item.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (item, None),
            };
            read(key, value).map_err(|expected| ParseScriptError {
                item: item.to_owned(),
                expected,
            })?;
        }
        let content = match (status, error, retry_after) {
            (None, None, None) => Self::ordinary(),
            (None, None, Some(seconds)) => Self::rate_limited(seconds),
            (Some(status), None, _) => Self::status(status),
            (status, Some(code), _) => Self::slack_error(status.unwrap_or(400), code),
        };
        if !matches!(content.content, Content::Ordinary) {
            response.content = content.content;
            response.headers = content.headers;
        }
        if let Some(seconds) = retry_after {
            response.headers.insert(RETRY_AFTER, seconds.into());
        }
        response.times = times.unwrap_or(Some(1));
        Ok(response)
    }
}

const SECONDS: &str = "the value must be a number of seconds";
const BYTES: &str = "the value must be a number of bytes";
const TIME: &str = "the value must be a time such as `250ms` or `2s`";

fn count(text: &str) -> Result<u32, &'static str> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or("the value must be a count from 1 on")
}

fn time(text: &str) -> Option<Duration> {
    match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => number.parse().ok().map(Duration::from_millis),
        (None, Some(number)) => number.parse().ok().map(Duration::from_secs),
        (None, None) => None,
    }
}

/// A [`ScriptedResponse`] that cannot be read; says which item and what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{item}`: {expected}")]
pub struct ParseScriptError {
    item: String,
    expected: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_response() {
        use ScriptedResponse as R;
        use WireFault as F;
        let (second, two_seconds) = (Duration::from_secs(1), Duration::from_secs(2));
        let drip = |pause| R::fault(F::Drip(pause));
        let slow = R::ordinary().delay(two_seconds).forever();
        let idle = R::fault(F::CloseIdle(two_seconds));
        let silence = R::fault(F::Silence).forever();
        let busy = R::status(503).header("retry-after", "3");
        let no = R::slack_error(403, "no").with_fault(F::CutChunk);
        for (text, expected) in [
            ("status=503,times=2", R::status(503).times(2)),
            ("reset-in-body,nth=3", R::fault(F::ResetInBody).nth(3)),
            ("delay=2s,times=forever", slow),
            ("silence,share=0.05", silence.sometimes(0.05)),
            ("share=1,times=2", R::ordinary().sometimes(1.0).times(2)),
            ("drip", drip(second)),
            ("drip=250ms", drip(second / 4)),
            ("close-idle=2s,path=/x", idle.on("/x")),
            ("gzip-bomb", R::fault(F::GzipBomb(1 << 30))),
            ("long-length=7", R::fault(F::LongLength(7))),
            ("error=no, times=2", R::slack_error(400, "no").times(2)),
            ("status=403,error=no,cut-chunk", no),
            ("retry-after=30", R::rate_limited(30)),
            ("status=503,retry-after=3", busy),
            ("empty-page,no-date", R::empty_page().without_date()),
            ("date-offset=-3600", R::ordinary().date_offset(-3600)),
        ] {
            let response: R = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(format!("{response:?}"), format!("{expected:?}"), "{text}");
        }
        for (name, fault) in WireFault::NAMES {
            assert_eq!(name.parse::<R>().unwrap().fault, Some(fault));
        }
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        for row in [
            " -> ``: there is no such key",
            "explode -> `explode`: there is no such key",
            "status=abc -> `status=abc`: the value must be a status from 200 to 599",
            "status=503,times=0 -> `times=0`: the value must be a count from 1 on",
            "silence,nth -> `nth`: the value must be a count from 1 on",
            "silence=3 -> `silence=3`: there is no such key with a value",
            "drip=fast -> `drip=fast`: the value must be a time such as `250ms` or `2s`",
            "share=1.01 -> `share=1.01`: the value must be from 0.0 to 1.0",
            "share=NaN -> `share=NaN`: the value must be from 0.0 to 1.0",
            "gzip-bomb=-1 -> `gzip-bomb=-1`: the value must be a number of bytes",
            "error -> `error`: the value must be an error code",
            "path=logs -> `path=logs`: the value must begin with a slash",
            "é=é,é -> `é=é`: there is no such key with a value",
        ] {
            let (text, expected) = row.split_once(" -> ").unwrap();
            let error = text.parse::<ScriptedResponse>().map(|_| text).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
