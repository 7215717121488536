//! `Pages` and `Page`: whole pages, with what is known of their calls.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::{FusedStream, Stream};
use http::{HeaderMap, StatusCode, Uri};

use super::paginator::Paginator;
use crate::{
    endpoint::LogsRequest,
    error::Error,
    model::{LogsResponse, RawEntry, RawPage},
    response::AuditLogsResponse,
    service::{AuditLogs, HttpService},
};

/// One page of events, newest first, and the response it came in.
#[derive(Clone, Debug)]
pub struct Page {
    response: AuditLogsResponse<LogsResponse>,
    raw: RawPage,
}

impl Page {
    pub(super) fn new(response: AuditLogsResponse<LogsResponse>) -> Result<Self, Error> {
        let raw = response.body_as()?;
        Ok(Self { response, raw })
    }

    /// The entries, newest first.
    pub fn entries(&self) -> &[RawEntry] {
        self.raw.entries()
    }

    /// The entries, newest first.
    pub fn into_entries(self) -> Vec<RawEntry> {
        self.raw.into_entries()
    }

    /// The page in typed form.
    ///
    /// # Errors
    /// None that the page itself did not have: what reads as a raw page reads as a typed one. See
    /// [`Error::is_decode`].
    pub fn typed_body(&self) -> Result<LogsResponse, Error> {
        self.response.typed_body()
    }

    /// The cursor of the next page; `None` on the last one.
    pub fn next_cursor(&self) -> Option<&str> {
        self.raw.next_cursor()
    }

    /// The page's bytes as they came, decompressed.
    pub fn raw_body(&self) -> &Bytes {
        self.response.raw_body()
    }

    /// The full URL of the call, with its query.
    pub fn url(&self) -> &Uri {
        self.response.url()
    }

    /// The status, always a success.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// How many attempts the call took, from 1.
    pub fn attempts(&self) -> u32 {
        self.response.attempts()
    }

    /// The whole response.
    pub fn into_response(self) -> AuditLogsResponse<LogsResponse> {
        self.response
    }
}

/// A stream of [`Page`]s; made by [`AuditLogs::pages`]. See the [module](crate::paginate).
///
/// A page is asked for when the stream is polled for it.
#[derive(Debug)]
#[must_use = "streams send nothing until they are polled"]
pub struct Pages<S: HttpService> {
    paginator: Paginator<S>,
    ended: bool,
}

impl<S: HttpService + Clone> Pages<S> {
    pub(super) fn new(service: AuditLogs<S>, request: LogsRequest) -> Self {
        Self {
            paginator: Paginator::new(service, request),
            ended: false,
        }
    }

    /// After this many pages comes an error; 100,000 by default.
    pub fn max_pages(mut self, max_pages: u32) -> Self {
        self.paginator.max_pages = max_pages;
        self
    }
}

/// Nothing in it is pinned in place: the call in flight is boxed.
impl<S: HttpService> Unpin for Pages<S> {}

impl<S: HttpService + Clone> Stream for Pages<S> {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.paginator.poll_page(cx);
        self.ended = matches!(polled, Poll::Ready(None));
        polled
    }
}

impl<S: HttpService + Clone> FusedStream for Pages<S> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}
