//! Scripted answers: what to say instead of the truth, when, and how often.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::data::Rng;
use super::fault::Fault;
use super::request::RecordedRequest;

type Predicate = Arc<dyn Fn(&RecordedRequest) -> bool + Send + Sync>;

/// One step of a script: an answer that replaces the real one, a [`Fault`] that breaks it, or both.
///
/// Answers are used up in the order in which they were given to
/// [`FakeApi::script`](super::FakeApi::script); one that is bound to a path, a number or a
/// condition waits for its request and lets others pass. Scripted requests do not count against the
/// rate limit, and their token is not checked.
///
/// ```
/// use std::time::Duration;
/// use slack_audit_logs::fake::{Answer, Fault, FakeApi};
///
/// let api = FakeApi::builder().entries(10).build();
/// api.script(Answer::status(503).times(2));                           // the next two requests
/// api.script(Answer::rate_limited(30).on("/logs"));                   // then one to /logs
/// api.script(Answer::slack_error(400, "invalid_cursor").nth(5));      // the fifth from now on
/// api.script(Answer::fault(Fault::ResetInBody).delay(Duration::from_secs(1)));
/// api.script("status=500x3@7".parse::<Answer>()?);                    // three from the seventh on
/// # Ok::<(), slack_audit_logs::fake::ParseAnswerError>(())
/// ```
#[derive(Clone)]
pub struct Answer {
    pub(crate) status: Option<StatusCode>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) delay: Duration,
    pub(crate) fault: Option<Fault>,
    times: Option<u32>,
    nth: Option<u32>,
    path: Option<String>,
    share: Option<f64>,
    when: Option<Predicate>,
}

impl Answer {
    /// The real answer; useful with [`delay`](Self::delay) or [`header`](Self::header), or to let
    /// some requests pass.
    pub fn real() -> Self {
        Self {
            status: None,
            headers: HeaderMap::new(),
            body: None,
            delay: Duration::ZERO,
            fault: None,
            times: Some(1),
            nth: None,
            path: None,
            share: None,
            when: None,
        }
    }

    /// An answer with this status and an empty body. A number that is no final status (200 to 999)
    /// means 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|status| !status.is_informational());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            status: Some(status),
            body: Some(Bytes::new()),
            ..Self::real()
        }
    }

    /// An answer with status 200 and this JSON.
    pub fn json(body: &Value) -> Self {
        Self::status(200)
            .body(body.to_string())
            .header("content-type", "application/json; charset=utf-8")
    }

    /// An error as Slack sends it: `{"ok":false,"error":code}`.
    pub fn slack_error(status: u16, code: &str) -> Self {
        let json = Self::json(&serde_json::json!({ "ok": false, "error": code }));
        Self {
            status: Self::status(status).status,
            ..json
        }
    }

    /// Status 429 with the code `ratelimited` and this `Retry-After` in seconds.
    pub fn rate_limited(retry_after: u64) -> Self {
        Self::slack_error(429, "ratelimited").header("retry-after", &retry_after.to_string())
    }

    /// The real answer, broken on the wire.
    pub fn fault(fault: Fault) -> Self {
        Self::real().with_fault(fault)
    }

    /// Breaks this answer on the wire.
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Adds a header. Names and values that HTTP does not allow are left out, and so are
    /// `Content-Length` and `Transfer-Encoding`: a lie about the length is a [`Fault`].
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.headers.append(name, value);
        }
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Waits this long before the answer, by tokio's clock.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Gives the answer this many times; once is the default.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Gives the answer for ever, or until [`FakeApi::clear_script`](super::FakeApi::clear_script).
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
    /// answer was scripted.
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Only for this share of the requests, 0.0 to 1.0, drawn by the API's seed.
    pub fn sometimes(mut self, share: f64) -> Self {
        self.share = Some(share);
        self
    }

    /// Only for requests that this accepts.
    ///
    /// ```
    /// # use slack_audit_logs::fake::Answer;
    /// let broken_second_page = Answer::status(502).when(|request| request.param("cursor").is_some());
    /// ```
    pub fn when(
        mut self,
        condition: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.when = Some(Arc::new(condition));
        self
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("fault", &self.fault)
            .field("delay", &self.delay)
            .field("times", &self.times)
            .field("nth", &self.nth)
            .field("path", &self.path)
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}

/// The answers that wait for their requests.
#[derive(Debug)]
pub(crate) struct Script {
    items: VecDeque<Item>,
    rng: Rng,
}

#[derive(Debug)]
struct Item {
    answer: Answer,
    seen: u32,
    left: Option<u32>,
}

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            items: VecDeque::new(),
            rng: Rng::of(&[seed, 0x5C1]),
        }
    }

    pub(crate) fn add(&mut self, answer: Answer) {
        if answer.times != Some(0) {
            self.items.push_back(Item {
                left: answer.times,
                seen: 0,
                answer,
            });
        }
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// The first answer that fits the request; `reused` says whether its connection has served one
    /// before.
    pub(crate) fn take(&mut self, request: &RecordedRequest, reused: bool) -> Option<Answer> {
        let mut found = None;
        for (index, item) in self.items.iter_mut().enumerate() {
            let answer = &item.answer;
            let fits = answer
                .path
                .as_deref()
                .is_none_or(|path| request.is_at(path))
                && answer.when.as_ref().is_none_or(|when| when(request))
                && (reused || answer.fault != Some(Fault::CloseOnReuse));
            if !fits {
                continue;
            }
            item.seen = item.seen.saturating_add(1);
            let due = answer.nth.is_none_or(|nth| item.seen >= nth)
                && answer.share.is_none_or(|share| self.rng.share() < share);
            if due && found.is_none() {
                found = Some(index);
            }
        }
        let index = found?;
        let item = self.items.get_mut(index)?;
        let answer = item.answer.clone();
        item.left = item.left.map(|left| left.saturating_sub(1));
        if item.left == Some(0) {
            self.items.remove(index);
        }
        Some(answer)
    }
}
