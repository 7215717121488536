//! `Source`: reads windows from the API, and takes every failure for what it is.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Request, Response};
use tokio::time::Instant;
use tower::{BoxError, Service};

use super::{
    CollectError,
    clock::ServerClock,
    progress::ProgressWriter,
    stop::Stop,
    window::{MAX_BYTES, MAX_PAGES, MAX_THIN_PAGES, Window},
};
use crate::{
    body::Body,
    endpoint::LogsRequest,
    error::{Error, ErrorCode, FailureKind},
    model::RawEntry,
    paginate::{Page, Pages},
    service::AuditLogs,
};

/// With the third rejection of its cursors a window is given up.
const MAX_REJECTIONS: u32 = 3;
/// The first wait of an outage, doubled with every failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait that the collector chooses itself.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// The longest wait that it lets itself be told. A `Retry-After` beyond is a mistake more likely
/// than a plan.
const MAX_TOLD_WAIT: Duration = Duration::from_secs(3_600);

/// Where a time comes from that replies do not tell.
pub(crate) type FallbackClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The API as the collector sees it: filters that never change, and a clock. Clones share
/// everything.
pub(crate) struct Source<S> {
    /// In a lock, so that a service that is `Send` but not `Sync` makes a collector that is `Send`.
    pub(crate) audit_logs: Arc<Mutex<AuditLogs<S>>>,
    pub(crate) filters: LogsRequest,
    pub(crate) page_size: u32,
    /// The page size at present: less than that while pages are too large.
    pub(crate) limit: Arc<AtomicU32>,
    pub(crate) clock: Arc<Mutex<ServerClock>>,
    pub(crate) fallback: Option<FallbackClock>,
    pub(crate) progress: Arc<ProgressWriter>,
    /// Whether an outage ends the collector.
    pub(crate) once: bool,
    pub(crate) stop: Stop,
}

/// What reading a window came to.
#[derive(Debug)]
pub(crate) enum Read {
    /// All of it, newest first.
    Whole(Vec<RawEntry>),
    /// Too much: so many entries in its last seconds alone.
    Overfull { entries: usize, covered: i64 },
    /// The collector is to end.
    Stopped,
}

/// One step through the pages of a window.
pub(crate) enum Step {
    Page(Box<Page>),
    End,
    /// From the first page again.
    Again,
    Stopped,
}

/// The pages of one window, with bounds that stay as they are.
pub(crate) struct Chain<'a, S>
where
    S: Service<Request<Body>, Response = Response<Bytes>>,
    S::Error: Into<BoxError>,
{
    source: &'a Source<S>,
    window: Window,
    pages: Pages<S>,
    limit: u32,
    rejections: u32,
}

impl<S> Source<S>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Reads a window, or as much of it as shows that it is too full.
    pub(crate) async fn read(&self, window: Window) -> Result<Read, CollectError> {
        let mut chain = self.chain(window);
        let mut held = Vec::new();
        let (mut pages, mut bytes) = (0, 0);
        loop {
            match chain.next().await? {
                Step::Stopped => return Ok(Read::Stopped),
                Step::Again => {
                    held.clear();
                    (pages, bytes) = (0, 0);
                }
                Step::End => return Ok(Read::Whole(held)),
                Step::Page(page) => {
                    pages += 1;
                    bytes += page.raw_body().len();
                    let is_last = page.next_cursor().is_none();
                    held.extend(page.into_entries());
                    self.progress.update(|progress| {
                        progress.peak_entries = progress.peak_entries.max(held.len());
                    });
                    if !is_last && is_overfull(held.len(), pages, bytes, chain.limit) {
                        let oldest = held.iter().filter_map(RawEntry::date_create).min();
                        let oldest =
                            oldest.map_or(window.from, |at| at.clamp(window.from, window.to));
                        return Ok(Read::Overfull {
                            entries: held.len(),
                            covered: window.to - oldest + 1,
                        });
                    }
                }
            }
        }
    }

    /// Begins the pages of a window.
    pub(crate) fn chain(&self, window: Window) -> Chain<'_, S> {
        let limit = self.limit.load(Ordering::Relaxed);
        Chain {
            source: self,
            window,
            pages: self.pages(window, limit),
            limit,
            rejections: 0,
        }
    }

    fn pages(&self, window: Window, limit: u32) -> Pages<S> {
        let request = self.filters.clone();
        let request = request.oldest(window.from).latest(window.to).limit(limit);
        self.audit_logs().pages(request)
    }

    /// The server's time. If no reply has told it yet, one is asked for. `None` if the collector is
    /// to end.
    pub(crate) async fn now(&self) -> Result<Option<i64>, CollectError> {
        if let Some(now) = self.clock_now() {
            return Ok(Some(now));
        }
        let request = self.filters.clone().limit(1);
        let mut pages = self.audit_logs().pages(request);
        match self.next_page(&mut pages, None).await {
            Ok(Some(_)) => Ok(self.clock_now()),
            Ok(None) => Ok(None),
            Err(error) => Err(CollectError::Api(error)),
        }
        .and_then(|now| match now {
            None if !self.stop.is_set() => Err(CollectError::NoDate),
            now => Ok(now),
        })
    }

    fn audit_logs(&self) -> AuditLogs<S> {
        let audit_logs = self.audit_logs.lock();
        audit_logs.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn clock_now(&self) -> Option<i64> {
        self.clock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .now()
    }

    fn observe(&self, headers: &HeaderMap) {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Instant::now();
        if !clock.observe(headers, at)
            && clock.now().is_none()
            && let Some(fallback) = &self.fallback
            && let Ok(since) = fallback().duration_since(UNIX_EPOCH)
        {
            clock.set(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), at);
        }
        let now = clock.now();
        drop(clock);
        self.progress.server_time(now);
    }

    /// Asks for pages as configured again.
    pub(crate) fn restore_limit(&self) {
        self.limit.store(self.page_size, Ordering::Relaxed);
    }

    /// Whether a range was refused because it ends in what is the future for a server whose clock
    /// went back. Waiting mends that.
    fn is_ahead_of_server(&self, error: &Error, window: Option<Window>) -> bool {
        error.code() == Some(&ErrorCode::InvalidRange)
            && window.is_some_and(|window| self.clock_now().is_some_and(|now| now < window.to))
    }

    /// The next page, waiting out whatever passes. `Ok(None)` is the end, or the wish to end.
    async fn next_page(
        &self,
        pages: &mut Pages<S>,
        window: Option<Window>,
    ) -> Result<Option<Page>, Error> {
        let mut wait = FIRST_WAIT;
        loop {
            let Some(next) = self.stop.or(pages.next()).await else {
                return Ok(None);
            };
            let error = match next {
                None => return Ok(None),
                Some(Ok(page)) => {
                    self.observe(page.headers());
                    let requests = u64::from(page.attempts());
                    let mut over = None;
                    self.progress.update(|progress| {
                        progress.requests += requests;
                        over = progress.outage.take();
                    });
                    if let Some(outage) = over {
                        tracing::info!(
                            failures = outage.failures,
                            seconds = outage.since.elapsed().as_secs(),
                            "Slack can be read again"
                        );
                    }
                    return Ok(Some(page));
                }
                Some(Err(error)) => error,
            };
            let requests = u64::from(error.attempts().max(1));
            self.progress
                .update(|progress| progress.requests += requests);
            // Slack's own words tell its time as well as a page does; a gateway's do not.
            if let (Some(_), Some(headers)) = (error.code(), error.headers()) {
                self.observe(headers);
            }
            let passes = is_outage(&error) || self.is_ahead_of_server(&error, window);
            if self.once || !passes {
                return Err(error);
            }
            let told = error.retry_after().unwrap_or_default().min(MAX_TOLD_WAIT);
            let pause = told.max(wait);
            tracing::warn!(error = %error, wait_seconds = pause.as_secs(), "Slack cannot be read; trying again");
            self.progress.failed(error.to_string(), pause);
            if !self.stop.sleep(pause).await {
                return Ok(None);
            }
            wait = (wait * 2).min(MAX_WAIT);
        }
    }
}

impl<S> Chain<'_, S>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
{
    /// The next page of the window.
    pub(crate) async fn next(&mut self) -> Result<Step, CollectError> {
        let error = match self
            .source
            .next_page(&mut self.pages, Some(self.window))
            .await
        {
            Ok(Some(page)) => return Ok(Step::Page(Box::new(page))),
            Ok(None) if self.source.stop.is_set() => return Ok(Step::Stopped),
            Ok(None) => return Ok(Step::End),
            Err(error) => error,
        };
        if error.is_body_too_large() && self.limit > 1 {
            self.halve_limit();
        } else if error.code() == Some(&ErrorCode::InvalidCursor) || error.is_cursor_loop() {
            self.rejections += 1;
            if self.rejections >= MAX_REJECTIONS {
                return Err(CollectError::Cursor {
                    times: self.rejections,
                    from: self.window.from,
                    to: self.window.to,
                    source: error,
                });
            }
        } else {
            return Err(CollectError::Api(error));
        }
        tracing::warn!(error = %error, from = self.window.from, to = self.window.to, "reading the window again");
        self.source
            .progress
            .update(|progress| progress.restarts += 1);
        self.pages = self.source.pages(self.window, self.limit);
        Ok(Step::Again)
    }

    /// Asks for smaller pages from here on. Several windows at once halve it once.
    fn halve_limit(&mut self) {
        let half = (self.limit / 2).max(1);
        // Another window may have halved it already.
        let _ = self.source.limit.compare_exchange(
            self.limit,
            half,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        self.limit = half;
    }
}

/// Whether a window is more than should be held, with more to come.
fn is_overfull(entries: usize, pages: usize, bytes: usize, limit: u32) -> bool {
    // Pages are a little shorter or longer than asked for, so entries are counted, in pages of nine
    // tenths.
    let full = usize::try_from(limit)
        .unwrap_or(usize::MAX)
        .saturating_mul(MAX_PAGES);
    entries >= full - full / 10 || pages >= MAX_THIN_PAGES || bytes >= MAX_BYTES
}

/// Whether an error passes by itself: anything but a refusal by Slack and what is wrong on this
/// side.
fn is_outage(error: &Error) -> bool {
    if error.is_cursor_loop()
        || error.is_page_cap()
        || error.is_invalid_request()
        || error.is_build()
    {
        return false;
    }
    if error.is_rate_limited() || error.is_server_error() || error.is_decode() {
        return true;
    }
    if error.is_refused() {
        // What a gateway says of itself: RFC 9110, 15.5.9 and RFC 8470, 5.2.
        let status = error.status().map_or(0, |status| status.as_u16());
        return error.code().is_none() && matches!(status, 408 | 425);
    }
    !matches!(
        error.failure_kind(),
        Some(
            FailureKind::BodyTooLarge
                | FailureKind::Token
                | FailureKind::Refused
                // Trying again would lock the account.
                | FailureKind::ProxyAuth
        )
    )
}

impl<S> Clone for Source<S> {
    fn clone(&self) -> Self {
        Self {
            audit_logs: Arc::clone(&self.audit_logs),
            filters: self.filters.clone(),
            page_size: self.page_size,
            limit: Arc::clone(&self.limit),
            clock: Arc::clone(&self.clock),
            fallback: self.fallback.clone(),
            progress: Arc::clone(&self.progress),
            once: self.once,
            stop: self.stop.clone(),
        }
    }
}

impl<S> fmt::Debug for Source<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("filters", &self.filters)
            .field("page_size", &self.page_size)
            .finish_non_exhaustive()
    }
}
