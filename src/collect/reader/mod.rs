//! `Reader`: calls the API, hears its time, and waits out what passes.

mod pages;
mod trouble;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tokio::time::Instant;
use tower::{BoxError, Service, ServiceExt};

use self::trouble::{Outage, Trouble};
use super::{
    CollectError, End,
    clock::ServerClock,
    config::{Config, HostClock},
    progress::ProgressWriter,
    shutdown::{Shutdown, backoff},
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

/// The API as the collector sees it.
pub(crate) struct Reader<S> {
    /// In a lock, so that a service that is `Send` but not `Sync` makes a collector that is `Send`.
    audit_logs: Mutex<AuditLogs<S>>,
    filters: LogsRequest,
    page_size: u32,
    host_clock: HostClock,
    progress: Arc<ProgressWriter>,
    /// Whether an outage ends the collector.
    once: bool,
    shutdown: Shutdown,
    state: Mutex<ReaderState>,
}

struct ReaderState {
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
            audit_logs: Mutex::new(audit_logs),
            filters: config.filters.clone(),
            page_size: config.page_size,
            host_clock: Arc::clone(&config.host_clock),
            progress: Arc::clone(progress),
            once,
            shutdown,
            state: Mutex::new(ReaderState {
                clock: ServerClock::default(),
                heard: None,
                limit: config.page_size,
                pages: 0,
                restarts: 0,
                futures: 0,
                call: None,
                is_host_behind: false,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, ReaderState> {
        let state = self.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn host(&self) -> i64 {
        let host = (self.host_clock)().duration_since(UNIX_EPOCH);
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
        self.page_size
    }

    /// Waits; an error if the collector is to end meanwhile.
    pub(crate) async fn sleep(&self, time: Duration) -> Result<(), End> {
        self.shutdown.sleep(time).await
    }

    /// Makes pages smaller than this. Several windows at once do it once; a window keeps the size
    /// that it began with, and pages may have become larger since.
    fn make_smaller(&self, limit: u32, least: u32) -> bool {
        let mut state = self.state();
        if state.limit >= limit {
            state.limit = (limit / 2).max(least).min(limit);
            state.pages = 0;
        }
        state.limit < limit
    }

    /// Of which nothing has been delivered yet.
    fn undelivered(&self) -> Window {
        let watermark = self.progress.with(|progress| progress.watermark);
        let from = watermark.map_or(0, |watermark| watermark.saturating_add(1));
        let now = self.state().clock.now().unwrap_or_else(|| self.host());
        Window {
            from,
            to: now.max(from),
        }
    }

    fn restarted(&self) {
        self.progress.update(|progress| progress.restarts += 1);
    }
}

impl<S> Reader<S>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Asks for the server's time.
    pub(crate) async fn hear_time(&self) -> Result<(), End> {
        let request = self.filters.clone().limit(1);
        // Whatever comes of it, a response has told the time.
        self.fetch(request, None).await?;
        Ok(())
    }

    /// Notes that a window came to its end.
    fn settled(&self) {
        self.state().restarts = 0;
        self.progress.update(|progress| progress.windows += 1);
    }

    /// Waits before a window is read again.
    async fn again(&self, window: Window, why: &'static str) -> Result<(), End> {
        let restarts = {
            let mut state = self.state();
            state.restarts = state.restarts.saturating_add(1);
            state.restarts
        };
        if self.once && restarts >= TRIES_ONCE {
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
        self.progress.failed(why.to_owned(), wait);
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
            let result = self.shutdown.or(call).await;
            // Also of a call that was given up.
            let ended = result.as_ref().ok();
            self.progress
                .update(|progress| progress.sent(&record, ended));
            let trouble = match result?.and_then(read_page) {
                Ok((page, response)) => {
                    self.heard(&response, begun);
                    if self.state().clock.now().is_some() {
                        self.progress.works("Slack can be read");
                        return Ok(Fetched::Page(FetchedPage {
                            cursor: page.next_cursor().map(ToOwned::to_owned),
                            bytes: response.raw_body().len(),
                            entries: page.into_entries(),
                        }));
                    }
                    Trouble::Outage(Outage::NoDate)
                }
                Err(error) => {
                    // Slack's own words tell its time as well as a page does; a gateway's do not.
                    if let (Some(_), Some(headers)) = (error.code(), error.headers()) {
                        self.observe(headers);
                    }
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
                Trouble::Outage(outage) if self.once => {
                    return Err(outage.into_error().into());
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
        self.progress.failed(words.to_owned(), wait);
        self.sleep(wait).await
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
        if state.limit < self.page_size {
            state.pages += 1;
            if state.pages >= PAGES_UNTIL_LARGER {
                state.pages = 0;
                state.limit = state.limit.saturating_mul(2).min(self.page_size);
            }
        }
    }

    fn observe(&self, headers: &HeaderMap) {
        let now = {
            let mut state = self.state();
            state.clock.observe(headers, Instant::now());
            state.heard = Some(Instant::now());
            state.clock.now()
        };
        self.progress.server_time(now);
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
            let Window { from, to } = window.unwrap_or_else(|| self.undelivered());
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

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, time::SystemTime};

    use http::{StatusCode, header::DATE};
    use tower::service_fn;

    use super::*;
    use crate::{error::Failure, service::BoxHttpService};

    pub(super) const WINDOW: Window = Window { from: 100, to: 199 };

    /// What a call comes to after so many seconds: a status with a body, or a failure.
    pub(super) type Scripted = (u64, Result<(u16, String), FailureKind>);

    /// Second 1,000 of Unix time, for server and host.
    fn scripted((status, body): (u16, String)) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        let date = "Thu, 01 Jan 1970 00:16:40 GMT".parse().expect("a date");
        response.headers_mut().insert(DATE, date);
        response
    }

    pub(super) fn page(dates: &[i64], cursor: &str) -> (u16, String) {
        let entry = |date| serde_json::json!({"id": date, "date_create": date});
        let entries: Vec<_> = dates.iter().map(entry).collect();
        let page = serde_json::json!({
            "entries": entries,
            "response_metadata": {"next_cursor": cursor},
        });
        (200, page.to_string())
    }

    /// A reader whose calls come to these things, in turn, and the queries that it sent.
    pub(super) fn reader_of(
        page_size: u32,
        once: bool,
        calls: impl IntoIterator<Item = Scripted>,
    ) -> (Reader<BoxHttpService>, Arc<Mutex<Vec<String>>>) {
        let calls = Arc::new(Mutex::new(calls.into_iter().collect::<VecDeque<_>>()));
        let sent = Arc::new(Mutex::new(Vec::new()));
        let queries = Arc::clone(&sent);
        let service = service_fn(move |request: Request<Body>| {
            let query = request.uri().query().unwrap_or_default().to_owned();
            queries.lock().expect("whole").push(query);
            let call = calls.lock().expect("whole").pop_front();
            async move {
                let (seconds, result) = call.expect("one call too many");
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                let failed = |kind| BoxError::from(Failure::new(kind, "scripted"));
                result.map(scripted).map_err(failed)
            }
        });
        let config = Config {
            page_size,
            host_clock: Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_000)),
            ..Config::default()
        };
        let service = AuditLogs::new(BoxHttpService::new(service));
        let shutdown = Shutdown::new(std::future::pending());
        (
            Reader::new(service, &config, &Arc::default(), once, shutdown),
            sent,
        )
    }

    fn refusal(code: &str) -> (u16, String) {
        let body = serde_json::json!({"ok": false, "error": code});
        (403, body.to_string())
    }

    fn request() -> LogsRequest {
        LogsRequest::new().limit(100)
    }

    fn progress<S>(reader: &Reader<S>) -> crate::collect::progress::Progress {
        reader.progress.get()
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_without_entries_is_an_outage() {
        let odd = (0, Ok((200, "{}".to_owned())));
        let (reader, _) = reader_of(100, false, [odd, (0, Ok(page(&[150], "")))]);
        let fetched = reader.fetch(request(), Some(WINDOW)).await;
        assert!(matches!(fetched, Ok(Fetched::Page(page)) if page.entries.len() == 1));
        let last_error = progress(&reader).last_error.expect("told");
        assert!(last_error.contains("could not be read"), "{last_error}");
        assert_eq!(progress(&reader).outage.map(|outage| outage.failures), None);
    }

    #[test]
    fn windows_are_read_beside_each_other_where_a_call_takes_longer_than_the_allowance() {
        let (reader, _) = reader_of(100, false, []);
        for (call, jobs) in [
            (None, 1),
            (Some(0.3), 1),
            (Some(1.3), 1),
            (Some(1.4), 2),
            (Some(2.5), 2),
            (Some(2.6), 3),
            (Some(9.0), 4),
        ] {
            reader.state().call = call;
            assert_eq!(reader.jobs(), jobs, "{call:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pages_fall_by_half_and_grow_again_after_eight() {
        let pages = std::iter::repeat_with(|| (0, Ok(page(&[150], ""))));
        let (reader, _) = reader_of(100, false, pages.take(16));
        for (limit, least, smaller, now) in [
            (100, 10, true, 50),
            // Another window has done it already.
            (100, 10, true, 50),
            (50, 40, true, 40),
            (40, 40, false, 40),
            (40, 1, true, 20),
        ] {
            let is_smaller = reader.make_smaller(limit, least);
            assert_eq!(is_smaller, smaller, "{limit} {least}");
            assert_eq!(reader.state().limit, now, "{limit} {least}");
        }
        for limit in [[20; 7], [40; 7]].concat().into_iter().chain([40]) {
            reader.hear_time().await.expect("read");
            let now = reader.state().limit;
            assert!(now == limit || now == 2 * limit, "{now} {limit}");
        }
        reader.hear_time().await.expect("read");
        assert_eq!(reader.state().limit, 80);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_call_takes_is_smoothed() {
        let calls = [4, 0].map(|seconds| (seconds, Ok(page(&[], ""))));
        let (reader, _) = reader_of(100, false, calls);
        for expected in [4.0, 3.0] {
            reader.hear_time().await.expect("read");
            let call = reader.state().call.expect("known");
            assert!((call - expected).abs() < 0.01, "{call}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_until_a_window_comes_to_its_end() {
        let (reader, _) = reader_of(100, false, []);
        for (seconds, restarts) in [(1, 1), (2, 2), (4, 3)] {
            let begun = Instant::now();
            reader.again(WINDOW, "it is so").await.expect("waited");
            assert_eq!(begun.elapsed().as_secs(), seconds);
            assert_eq!(reader.state().restarts, restarts);
        }
        reader.settled();
        reader.settled();
        assert_eq!((reader.state().restarts, progress(&reader).windows), (0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_range_in_the_servers_future_is_waited_for() {
        let refused = || (0, Ok(refusal("invalid_range")));
        let read = || (0, Ok(page(&[], "")));
        let calls = [read(), refused(), refused(), read()];
        let (reader, _) = reader_of(100, false, calls);
        assert_eq!(reader.silence(), Duration::MAX);
        assert_eq!(reader.closed(), None);
        reader.hear_time().await.expect("read");
        assert_eq!((reader.closed(), reader.is_low()), (Some(999), false));
        for seconds in [1, 2] {
            let begun = Instant::now();
            let fetched = reader.fetch(request(), Some(WINDOW)).await;
            assert!(matches!(fetched, Err(End::Future)), "told");
            assert_eq!(begun.elapsed().as_secs(), seconds);
            assert!(reader.is_low());
        }
        assert_eq!(reader.silence(), Duration::from_secs(2));
        reader.hear_time().await.expect("read");
        assert_eq!(reader.state().futures, 0);
        assert_eq!(reader.silence(), Duration::ZERO);
        tokio::time::advance(Duration::from_secs(900)).await;
        assert!(!reader.is_low());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_of_slacks_tells_the_time_and_a_gateways_does_not() {
        let gateway = (502, "<html>".to_owned());
        for (response, tells) in [(refusal("invalid_cursor"), true), (gateway, false)] {
            let (reader, _) = reader_of(100, true, [(0, Ok(response))]);
            let fetched = reader.fetch(request(), Some(WINDOW)).await;
            assert_eq!(matches!(fetched, Ok(Fetched::Rejected)), tells);
            assert_eq!(reader.state().clock.now().is_some(), tells);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn less_is_asked_for_where_a_windows_page_is_too_slow_or_too_large() {
        let slow = || (0, Err(FailureKind::Timeout));
        let large = || (0, Err(FailureKind::BodyTooLarge));
        for (call, window, limit, expected) in [
            (slow(), Some(WINDOW), 9_999, 4_999),
            (large(), Some(WINDOW), 9_999, 4_999),
            (large(), Some(WINDOW), 2, 1),
            // What does not come in a small page either is an outage.
            (slow(), Some(WINDOW), SMALLEST_SLOW_PAGE, SMALLEST_SLOW_PAGE),
            (slow(), None, 9_999, 9_999),
        ] {
            let (reader, _) = reader_of(limit, false, [call, (0, Ok(page(&[], "")))]);
            let request = request().limit(limit);
            let fetched = reader.fetch(request, window).await;
            let is_smaller = matches!(fetched, Ok(Fetched::Smaller));
            assert_eq!(is_smaller, expected < limit, "{limit}");
            assert_eq!(reader.state().limit, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_newest_event_that_is_too_large_lies_in_what_is_not_delivered() {
        for (watermark, first) in [(None, 0), (Some(WINDOW.from), WINDOW.from + 1)] {
            let (reader, _) = reader_of(100, false, [(0, Err(FailureKind::BodyTooLarge))]);
            let progress = &reader.progress;
            progress.update(|progress| progress.watermark = watermark);
            let last = reader.host();
            let Err(End::Error(error)) = reader.hear_time().await else {
                panic!("it is told")
            };
            let CollectError::EventTooLarge { from, to, .. } = *error else {
                panic!("{error}")
            };
            assert_eq!((from, to), (first, last.max(first)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn less_is_asked_for_where_pages_have_grown_since_a_window_began() {
        for (kind, limit, now, expected) in [
            (FailureKind::BodyTooLarge, 25, 50, 12),
            (FailureKind::Timeout, 300, 600, 150),
            // Another window has made them smaller.
            (FailureKind::BodyTooLarge, 25, 12, 12),
        ] {
            let (reader, _) = reader_of(9_999, false, [(0, Err(kind))]);
            reader.state().limit = now;
            let fetched = reader.fetch(request().limit(limit), Some(WINDOW)).await;
            assert!(matches!(fetched, Ok(Fetched::Smaller)), "{kind:?} {limit}");
            assert_eq!(reader.state().limit, expected, "{kind:?} {limit}");
        }
    }
}
