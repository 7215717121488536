//! Streams over all pages of a `/logs` request: [`Pages`], [`Entries`] and [`RawEntries`].
//!
//! | stream | items | made by |
//! |---|---|---|
//! | [`Pages`] | whole pages with status, headers and URL | [`AuditLogs::pages`] |
//! | [`RawEntries`] | entries as the bytes they came in | [`AuditLogs::raw_entries`] |
//! | [`Entries`] | typed entries | [`AuditLogs::entries`] |
//!
//! ```
//! use futures_util::TryStreamExt;
//! use slack_audit_logs::{AuditLogs, Body, LogsRequest, http};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), slack_audit_logs::Error> {
//! # let transport = tower::service_fn(|_: http::Request<Body>| async {
//! #     let page = bytes::Bytes::from_static(br#"{"entries":[{"id":"a"}]}"#);
//! #     Ok::<_, std::io::Error>(http::Response::new(page))
//! # });
//! let audit_logs = AuditLogs::new(transport);
//! let mut entries = audit_logs.raw_entries(LogsRequest::new().action("user_login").limit(1_000));
//! while let Some(entry) = entries.try_next().await? {
//!     println!("{:?}", entry.id());
//! }
//! # Ok(()) }
//! ```
//!
//! # What they promise
//!
//! - Newest first, as the API has it. Every request of a stream has the filters, bounds, `limit`
//!   and headers of the first: a cursor remembers a position and nothing else.
//! - `limit` is the size of a page; how many entries to take in all is said by `take`.
//! - The streams of entries fetch one page ahead: it is asked for as soon as a page has come and
//!   its cursor is known, before the first entry is delivered. The fetch is part of the stream: it
//!   goes on while the stream is polled, nothing is spawned, and dropping the stream ends it. At
//!   most two pages are in memory. Whoever takes a few entries and drops the stream has caused one
//!   call more than needed; whoever lets the stream wait for longer than an attempt may take can
//!   find that the call ahead has timed out, and the next poll asks again.
//!   [`without_fetch_ahead`](RawEntries::without_fetch_ahead) is for both.
//! - After an error the next poll goes on from where the stream stood: it asks for the same page
//!   again. Nothing is skipped and nothing comes twice. A stream that is not to try again is ended
//!   by its user, as `try_next` with `?` does.
//! - A cursor that comes again is an error
//!   ([`Error::is_cursor_loop`](crate::Error::is_cursor_loop)), after which the stream is at its
//!   end: there is nowhere to go on to. More pages than [`max_pages`](Pages::max_pages) is an error
//!   ([`Error::is_page_cap`](crate::Error::is_page_cap)) too; polling on allows as many again.
//! - Waiting for an item (`next().await`) can be cancelled at any point without losing one.
//!
//! A stream without bounds in time reads what arrives while it reads. To collect every event
//! exactly once, whatever fails, see `collect` (feature `collect`).

mod entries;
mod pages;
mod paginator;

pub use self::{
    entries::{Entries, RawEntries},
    pages::{Page, Pages},
};
use crate::{
    endpoint::LogsRequest,
    service::{AuditLogs, HttpService},
};

impl<S: HttpService + Clone> AuditLogs<S> {
    /// All pages of a request, newest first. Nothing is sent before the stream is polled.
    pub fn pages(&self, request: LogsRequest) -> Pages<S> {
        Pages::new(self.clone(), request)
    }

    /// All entries of a request, newest first, typed. See the [module](crate::paginate).
    pub fn entries(&self, request: LogsRequest) -> Entries<S> {
        Entries::new(self.raw_entries(request))
    }

    /// All entries of a request, newest first, as the bytes they came in. See the
    /// [module](crate::paginate).
    pub fn raw_entries(&self, request: LogsRequest) -> RawEntries<S> {
        RawEntries::new(self.clone(), request)
    }
}
