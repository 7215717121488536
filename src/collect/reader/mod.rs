//! `Reader`: calls the API, hears its time, and waits out what passes.

mod pages;
mod trouble;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use serde::{Deserialize, de::IgnoredAny};
use tokio::time::Instant;
use tower::{BoxError, Service, ServiceExt};

use self::trouble::{Outage, Trouble};
use super::{
    CollectError, End,
    clock::ServerClock,
    config::{Config, HostClock},
    progress::ProgressWriter,
    shutdown::Shutdown,
    windows::Window,
};
use crate::{
    body::Body,
    call_record::CallRecord,
    endpoint::{Endpoint, LogsRequest},
    error::{Error, ErrorCode, FailureKind, InvalidRequest},
    model::{LogsResponse, RawEntry, RawPage},
    response::AuditLogsResponse,
    service::AuditLogs,
};

/// The first wait of an outage, doubled with every failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait that the collector chooses itself.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// So many pages of a smaller size must come before larger ones are tried again.
const PAGES_UNTIL_LARGER: u32 = 8;
/// A page is not made smaller than this for being slow.
const SMALLEST_SLOW_PAGE: u32 = 100;
/// How often a window is tried when outages are not waited out.
const TRIES_ONCE: u32 = 5;
/// Slack's Tier 3: 50 calls a minute. One chain of pages uses them up while a call takes no longer
/// than this.
const CALL_OF_ALLOWANCE: f64 = 60.0 / 50.0;
/// How many windows are read at once at most.
const MAX_JOBS: u32 = 4;

/// The API as the collector sees it. Clones share everything.
pub(crate) struct Reader<S> {
    /// In a lock, so that a service that is `Send` but not `Sync` makes a collector that is `Send`.
    audit_logs: Arc<Mutex<AuditLogs<S>>>,
    shared: Arc<Shared>,
}

struct Shared {
    filters: LogsRequest,
    page_size: u32,
    host_clock: HostClock,
    progress: Arc<ProgressWriter>,
    /// Whether an outage ends the collector.
    once: bool,
    shutdown: Shutdown,
    state: Mutex<State>,
}

struct State {
    clock: ServerClock,
    /// When the server was last heard.
    heard: Option<Instant>,
    /// The page size at present: less than set while pages are too large or too slow.
    limit: u32,
    /// Pages that came since it was made smaller.
    pages: u32,
    /// How often in a row windows had to be read again.
    restarts: u32,
    /// How often in a row a range was refused as the server's future.
    futures: u32,
    /// How long a call takes, smoothed, in seconds.
    call: Option<f64>,
    is_host_behind: bool,
}

struct FetchedPage {
    entries: Vec<RawEntry>,
    cursor: Option<String>,
    bytes: usize,
}

enum Fetched {
    Page(FetchedPage),
    /// The cursor is not taken any more.
    Rejected,
    /// The page is too large, or took too long: it was asked for with a smaller size in vain.
    Smaller,
}

impl<S> Reader<S> {
    pub(crate) fn new(
        audit_logs: AuditLogs<S>,
        config: &Config,
        progress: &Arc<ProgressWriter>,
        once: bool,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            audit_logs: Arc::new(Mutex::new(audit_logs)),
            shared: Arc::new(Shared {
                filters: config.filters.clone(),
                page_size: config.page_size,
                host_clock: Arc::clone(&config.host_clock),
                progress: Arc::clone(progress),
                once,
                shutdown,
                state: Mutex::new(State {
                    clock: ServerClock::default(),
                    heard: None,
                    limit: config.page_size,
                    pages: 0,
                    restarts: 0,
                    futures: 0,
                    call: None,
                    is_host_behind: false,
                }),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn host(&self) -> i64 {
        let host = (self.shared.host_clock)().duration_since(UNIX_EPOCH);
        host.map_or(0, |host| {
            i64::try_from(host.as_secs()).unwrap_or(i64::MAX / 2)
        })
    }

    /// The last second of which everything has happened; `None` before the first response.
    pub(crate) fn closed(&self) -> Option<i64> {
        let host = self.host();
        let mut state = self.state();
        let is_behind = state.clock.now()? > host.saturating_add(600);
        if is_behind && !state.is_host_behind {
            tracing::warn!(
                "the host's clock is more than ten minutes behind the server's: events come later"
            );
        }
        state.is_host_behind = is_behind;
        state.clock.closed(host)
    }

    /// Whether ranges end earlier than the server's time for a while.
    pub(crate) fn is_low(&self) -> bool {
        self.state().clock.is_low()
    }

    /// How long ago the server was last heard.
    pub(crate) fn silence(&self) -> Duration {
        self.state().heard.map_or(Duration::MAX, |at| at.elapsed())
    }

    /// How many windows should be read at once, so that calls that take long do not leave the
    /// allowance unused. A call's time has its wait for the rate limit in it: so many in turn take
    /// so many times as long, and no more are needed.
    pub(crate) fn jobs(&self) -> usize {
        let calls = self.state().call.unwrap_or(0.0) / CALL_OF_ALLOWANCE - 0.1;
        (1..MAX_JOBS)
            .find(|jobs| calls <= f64::from(*jobs))
            .unwrap_or(MAX_JOBS) as usize
    }

    pub(crate) fn page_size(&self) -> u32 {
        self.shared.page_size
    }

    /// Waits; an error if the collector is to end meanwhile.
    pub(crate) async fn sleep(&self, time: Duration) -> Result<(), End> {
        if self.shared.shutdown.sleep(time).await {
            Ok(())
        } else {
            Err(End::Shutdown)
        }
    }

    /// Makes pages smaller. Several windows at once do it once.
    fn make_smaller(&self, limit: u32, least: u32) -> bool {
        let mut state = self.state();
        if state.limit == limit {
            state.limit = (limit / 2).max(least).min(limit);
            state.pages = 0;
        }
        state.limit < limit
    }

    fn restarted(&self) {
        self.shared
            .progress
            .update(|progress| progress.restarts += 1);
    }
}

impl<S> Reader<S>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Asks for the server's time.
    pub(crate) async fn hear_time(&self) -> Result<(), End> {
        let request = self.shared.filters.clone().limit(1);
        // Whatever comes of it, a response has told the time.
        self.fetch(request, None).await?;
        Ok(())
    }

    /// Notes that a window came to its end.
    fn settled(&self) {
        self.state().restarts = 0;
        self.shared
            .progress
            .update(|progress| progress.windows += 1);
    }

    /// Waits before a window is read again.
    async fn again(&self, window: Window, why: &'static str) -> Result<(), End> {
        let restarts = {
            let mut state = self.state();
            state.restarts = state.restarts.saturating_add(1);
            state.restarts
        };
        if self.shared.once && restarts >= TRIES_ONCE {
            let Window { from, to } = window;
            return Err(CollectError::Window { from, to, why }.into());
        }
        let wait = backoff(restarts - 1);
        tracing::warn!(
            from = window.from,
            to = window.to,
            wait_seconds = wait.as_secs(),
            "reading a window again: {why}"
        );
        self.shared.progress.failed(why.to_owned(), wait);
        self.sleep(wait).await
    }

    /// Makes a call until it succeeds, waiting out whatever passes.
    async fn fetch(&self, request: LogsRequest, window: Option<Window>) -> Result<Fetched, End> {
        let limit = request.get_limit().unwrap_or(1);
        let mut failures = 0;
        loop {
            let audit_logs = {
                let audit_logs = self.audit_logs.lock();
                audit_logs.unwrap_or_else(PoisonError::into_inner).clone()
            };
            let begun = Instant::now();
            let record = CallRecord::new();
            let call = audit_logs.oneshot(Recorded {
                request: request.clone(),
                record: record.clone(),
            });
            let result = self.shared.shutdown.or(call).await;
            self.sent(&record, result.as_ref());
            let Some(result) = result else {
                return Err(End::Shutdown);
            };
            let trouble = match result.and_then(read_page) {
                Ok((page, response)) if is_page(&page, response.raw_body()) => {
                    self.heard(&response, begun);
                    if self.knows_time() {
                        self.shared.progress.works("Slack can be read");
                        return Ok(Fetched::Page(FetchedPage {
                            cursor: page.next_cursor().map(ToOwned::to_owned),
                            bytes: response.raw_body().len(),
                            entries: page.into_entries(),
                        }));
                    }
                    Trouble::Outage(Outage::NoDate)
                }
                Ok(_) => Trouble::Outage(Outage::NoPage),
                Err(error) => {
                    self.failed(&error);
                    match self.judge(error, limit, window) {
                        Ok(fetched) => return Ok(fetched),
                        Err(trouble) => trouble,
                    }
                }
            };
            match trouble {
                Trouble::Fatal(error) => return Err(error.into()),
                Trouble::Future(error) => {
                    let host = self.host();
                    let futures = {
                        let mut state = self.state();
                        state.clock.refused_as_future(error.headers(), host);
                        state.futures += 1;
                        state.futures
                    };
                    self.wait_out(&error.to_string(), backoff(futures - 1))
                        .await?;
                    return Err(End::Future);
                }
                Trouble::Outage(outage) if self.shared.once => {
                    return Err(outage.into_error(window).into());
                }
                Trouble::Outage(outage) => {
                    let wait = outage.wait().max(backoff(failures));
                    self.wait_out(&outage.to_string(), wait).await?;
                    failures = failures.saturating_add(1);
                }
            }
        }
    }

    async fn wait_out(&self, words: &str, wait: Duration) -> Result<(), End> {
        tracing::warn!(
            error = words,
            wait_seconds = wait.as_secs(),
            "Slack cannot be read; trying again"
        );
        self.shared.progress.failed(words.to_owned(), wait);
        self.sleep(wait).await
    }

    fn knows_time(&self) -> bool {
        self.state().clock.now().is_some()
    }

    /// Counts a call's requests, also of one that was given up.
    fn sent<T>(&self, record: &CallRecord, result: Option<&Result<AuditLogsResponse<T>, Error>>) {
        let progress = &self.shared.progress;
        progress.update(|progress| progress.sent(record, result));
    }

    /// Takes from a page's response what it tells of time and costs.
    fn heard(&self, response: &AuditLogsResponse<LogsResponse>, begun: Instant) {
        self.observe(response.headers());
        let mut state = self.state();
        state.futures = 0;
        if response.attempts() == 1 {
            let call = begun.elapsed().as_secs_f64();
            let before = state.call.unwrap_or(call);
            state.call = Some(before + (call - before) / 4.0);
        }
        if state.limit < self.shared.page_size {
            state.pages += 1;
            if state.pages >= PAGES_UNTIL_LARGER {
                state.pages = 0;
                state.limit = state.limit.saturating_mul(2).min(self.shared.page_size);
            }
        }
    }

    fn failed(&self, error: &Error) {
        // Slack's own words tell its time as well as a page does; a gateway's do not.
        if let (Some(_), Some(headers)) = (error.code(), error.headers()) {
            self.observe(headers);
        }
    }

    fn observe(&self, headers: &HeaderMap) {
        let now = {
            let mut state = self.state();
            state.clock.observe(headers, Instant::now());
            state.heard = Some(Instant::now());
            state.clock.now()
        };
        self.shared.progress.server_time(now);
    }

    /// What a failed call means.
    fn judge(&self, error: Error, limit: u32, window: Option<Window>) -> Result<Fetched, Trouble> {
        if error.code() == Some(&ErrorCode::InvalidCursor) {
            return Ok(Fetched::Rejected);
        }
        if error.code() == Some(&ErrorCode::InvalidRange) {
            return Err(match window {
                Some(_) => Trouble::Future(error),
                None => Trouble::of(error),
            });
        }
        if error.is_body_too_large() && self.make_smaller(limit, 1) {
            tracing::warn!(
                limit,
                "a page is larger than the client takes: asking for less"
            );
            return Ok(Fetched::Smaller);
        }
        if error.is_body_too_large() {
            let Window { from, to } = window.unwrap_or(Window { from: 0, to: 0 });
            let source = error;
            return Err(Trouble::Fatal(CollectError::EventTooLarge {
                from,
                to,
                source,
            }));
        }
        if error.failure_kind() == Some(FailureKind::Timeout)
            && window.is_some()
            && self.make_smaller(limit, SMALLEST_SLOW_PAGE)
        {
            tracing::warn!(
                limit,
                "a page takes longer than the timeout: asking for less"
            );
            return Ok(Fetched::Smaller);
        }
        Err(Trouble::of(error))
    }
}

/// A request whose call is recorded where it can be read whatever becomes of the call.
struct Recorded {
    request: LogsRequest,
    record: CallRecord,
}

impl Endpoint for Recorded {
    type Response = LogsResponse;

    fn into_request(self) -> Result<Request<Body>, InvalidRequest> {
        let mut request = self.request.into_request()?;
        request.extensions_mut().insert(self.record);
        Ok(request)
    }
}

fn read_page(
    response: AuditLogsResponse<LogsResponse>,
) -> Result<(RawPage, AuditLogsResponse<LogsResponse>), Error> {
    Ok((response.body_as()?, response))
}

/// Whether a body that was read as a page is one: without entries it must say so by a list.
fn is_page(page: &RawPage, body: &Bytes) -> bool {
    #[derive(Deserialize)]
    struct Entries {
        entries: Option<Vec<IgnoredAny>>,
    }
    !page.entries().is_empty()
        || serde_json::from_slice::<Entries>(body).is_ok_and(|page| page.entries.is_some())
}

fn backoff(failures: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(1 << failures.min(10))
        .min(MAX_WAIT)
}

impl<S> Clone for Reader<S> {
    fn clone(&self) -> Self {
        Self {
            audit_logs: Arc::clone(&self.audit_logs),
            shared: Arc::clone(&self.shared),
        }
    }
}
