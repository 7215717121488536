//! `RawEntries` and `Entries`: single entries, with the next page fetched ahead.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::{FusedStream, Stream};

use super::{Page, paginator::Paginator};
use crate::{
    endpoint::LogsRequest,
    error::Error,
    model::{Entry, RawEntry},
    service::{AuditLogs, HttpService},
};

/// A stream of [`RawEntry`]; made by [`AuditLogs::raw_entries`]. See the [module](crate::paginate).
#[must_use = "streams send nothing until they are polled"]
pub struct RawEntries<S: HttpService> {
    paginator: Paginator<S>,
    /// The page at hand.
    entries: vec::IntoIter<RawEntry>,
    fetch_ahead: bool,
    /// A page has just come, and the fetch of the next one is about to begin.
    begins: bool,
    /// The outcome of the fetch ahead, kept until its turn comes.
    ahead: Poll<Option<Result<Page, Error>>>,
    ended: bool,
}

impl<S: HttpService + Clone> RawEntries<S> {
    pub(super) fn new(service: AuditLogs<S>, request: LogsRequest) -> Self {
        Self {
            paginator: Paginator::new(service, request),
            entries: Vec::new().into_iter(),
            fetch_ahead: true,
            begins: false,
            ahead: Poll::Pending,
            ended: false,
        }
    }

    /// After this many pages comes an error; 100,000 by default.
    pub fn max_pages(mut self, max_pages: u32) -> Self {
        self.paginator.max_pages = max_pages;
        self
    }

    /// Asks for the next page only when the one at hand is used up: for who knows how many entries
    /// to take, and wants no call for more.
    pub fn without_fetch_ahead(mut self) -> Self {
        self.fetch_ahead = false;
        self
    }

    /// Begins the next page while the one at hand is used, or lets it go on.
    ///
    /// What sends the request is often another task, and the caller may use the whole page without
    /// giving way to it. So this stream gives way once, when a call has begun.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.fetch_ahead && self.ahead.is_pending() && self.entries.len() > 0 {
            self.ahead = self.paginator.poll_page(cx);
        }
        if std::mem::take(&mut self.begins) && self.ahead.is_pending() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

/// Nothing in it is pinned in place: the call in flight is boxed.
impl<S: HttpService> Unpin for RawEntries<S> {}

impl<S: HttpService + Clone> Stream for RawEntries<S> {
    type Item = Result<RawEntry, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            ready!(this.poll_ahead(cx));
            if let Some(entry) = this.entries.next() {
                return Poll::Ready(Some(Ok(entry)));
            }
            let page = match std::mem::replace(&mut this.ahead, Poll::Pending) {
                Poll::Ready(page) => page,
                Poll::Pending => ready!(this.paginator.poll_page(cx)),
            };
            match page {
                Some(Ok(page)) => {
                    this.entries = page.into_entries().into_iter();
                    this.begins = this.fetch_ahead;
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    this.ended = true;
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.entries.len(), None)
    }
}

impl<S: HttpService + Clone> FusedStream for RawEntries<S> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<S: HttpService> fmt::Debug for RawEntries<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEntries")
            .field("paginator", &self.paginator)
            .field("entries_at_hand", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// A stream of typed [`Entry`]s; made by [`AuditLogs::entries`]. See the [module](crate::paginate).
#[derive(Debug)]
#[must_use = "streams send nothing until they are polled"]
pub struct Entries<S: HttpService> {
    raw: RawEntries<S>,
}

impl<S: HttpService + Clone> Entries<S> {
    pub(super) fn new(raw: RawEntries<S>) -> Self {
        Self { raw }
    }

    /// After this many pages comes an error; 100,000 by default.
    pub fn max_pages(mut self, max_pages: u32) -> Self {
        self.raw = self.raw.max_pages(max_pages);
        self
    }

    /// As [`RawEntries::without_fetch_ahead`].
    pub fn without_fetch_ahead(mut self) -> Self {
        self.raw = self.raw.without_fetch_ahead();
        self
    }
}

/// As [`RawEntries`].
impl<S: HttpService> Unpin for Entries<S> {}

impl<S: HttpService + Clone> Stream for Entries<S> {
    type Item = Result<Entry, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.raw).poll_next(cx));
        Poll::Ready(item.map(|entry| entry.map(|entry| entry.parse())))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.raw.size_hint()
    }
}

impl<S: HttpService + Clone> FusedStream for Entries<S> {
    fn is_terminated(&self) -> bool {
        self.raw.is_terminated()
    }
}
