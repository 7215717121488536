//! `Paginator`: which page comes next, one request in flight, and what ends it.

use std::{
    collections::HashSet,
    fmt,
    hash::{BuildHasher, RandomState},
    task::{Context, Poll, ready},
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tower::util::Oneshot;

use super::Page;
use crate::{
    endpoint::LogsRequest,
    error::Error,
    service::{AuditLogs, HttpService},
};

/// A billion entries in full pages: nothing that ends is longer, and what does not end stops here.
const MAX_PAGES: u32 = 100_000;

/// The call in flight, if there is one. Streams can be moved meanwhile, and it is polled only when
/// it was woken, however often the stream is.
type Call<S> = FuturesUnordered<Oneshot<AuditLogs<S>, LogsRequest>>;

/// One page after another. After an error it stands where it stood.
pub(super) struct Paginator<S: HttpService> {
    service: AuditLogs<S>,
    /// Repeated for every page; only the cursor changes.
    request: LogsRequest,
    call: Call<S>,
    seen: Seen,
    pages: u32,
    pub(super) max_pages: u32,
    /// There is no page after the last one, but perhaps an error to tell.
    ended: bool,
    cursor_loop: Option<Error>,
}

impl<S: HttpService + Clone> Paginator<S> {
    pub(super) fn new(service: AuditLogs<S>, request: LogsRequest) -> Self {
        let mut seen = Seen::default();
        if let Some(cursor) = request.get_cursor() {
            seen.insert(cursor);
        }
        Self {
            service,
            request,
            call: Call::new(),
            seen,
            pages: 0,
            max_pages: MAX_PAGES,
            ended: false,
            cursor_loop: None,
        }
    }

    /// Polls for the next page; `None` is the end.
    pub(super) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        if self.ended {
            return Poll::Ready(self.cursor_loop.take().map(Err));
        }
        if self.pages >= self.max_pages {
            // Who polls on wants as many again.
            self.pages = 0;
            return Poll::Ready(Some(Err(Error::page_cap(self.max_pages))));
        }
        if self.call.is_empty() {
            let call = Oneshot::new(self.service.clone(), self.request.clone());
            self.call.push(call);
        }
        let Some(result) = ready!(self.call.poll_next_unpin(cx)) else {
            return Poll::Ready(None);
        };
        let page = match result.and_then(Page::new) {
            Ok(page) => page,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        self.pages += 1;
        self.advance(&page);
        Poll::Ready(Some(Ok(page)))
    }

    fn advance(&mut self, page: &Page) {
        let Some(cursor) = page.next_cursor() else {
            self.ended = true;
            return;
        };
        if self.seen.insert(cursor) {
            self.request.set_cursor(cursor);
        } else {
            self.ended = true;
            self.cursor_loop = Some(Error::cursor_loop(page.url().clone(), page.attempts()));
        }
    }
}

impl<S: HttpService> fmt::Debug for Paginator<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paginator")
            .field("request", &self.request)
            .field("pages", &self.pages)
            .field("in_flight", &!self.call.is_empty())
            .finish_non_exhaustive()
    }
}

/// The cursors so far, as hashes: 64 bits each, keyed at random, however long Slack makes them.
#[derive(Default)]
struct Seen {
    hashes: HashSet<u64>,
    state: RandomState,
}

impl Seen {
    /// Whether the cursor is new.
    fn insert(&mut self, cursor: &str) -> bool {
        self.hashes.insert(self.state.hash_one(cursor))
    }
}
