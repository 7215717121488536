//! `Iter`: a stream as an iterator.

use std::{fmt, sync::Arc};

use futures_core::Stream;
use futures_util::StreamExt;

use super::worker::Worker;
use crate::{client::ClientService, error::Error, paginate};

/// Iterates over whole pages; made by [`AuditLogsClient::pages`](super::AuditLogsClient::pages).
pub type Pages = Iter<paginate::Pages<ClientService>>;
/// Iterates over typed entries; made by
/// [`AuditLogsClient::entries`](super::AuditLogsClient::entries).
pub type Entries = Iter<paginate::Entries<ClientService>>;
/// Iterates over entries as they came; made by
/// [`AuditLogsClient::raw_entries`](super::AuditLogsClient::raw_entries).
pub type RawEntries = Iter<paginate::RawEntries<ClientService>>;

/// One of the [streams](crate::paginate) as an iterator, with the same promises: newest first, the
/// same filters on every page, nothing skipped and nothing twice.
///
/// After an error the next item asks for the same page again. An iteration that is not to try for
/// ever ends at the first error, as `?` or `collect::<Result<Vec<_>, _>>()` do.
#[must_use = "iterators send nothing until they are used"]
pub struct Iter<S> {
    stream: S,
    worker: Arc<Worker>,
}

impl<S> Iter<S> {
    pub(super) fn new(stream: S, worker: &Arc<Worker>) -> Self {
        Self {
            stream,
            worker: Arc::clone(worker),
        }
    }

    fn map(self, change: impl FnOnce(S) -> S) -> Self {
        Self {
            stream: change(self.stream),
            worker: self.worker,
        }
    }
}

macro_rules! max_pages {
    ($($iter:ident),+) => {$(
        impl $iter {
            /// After this many pages comes an error; 100,000 by default.
            pub fn max_pages(self, max_pages: u32) -> Self {
                self.map(|stream| stream.max_pages(max_pages))
            }
        }
    )+};
}
max_pages!(Pages, Entries, RawEntries);

impl<S, T> Iterator for Iter<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.worker
            .wait_for(self.stream.next())
            .unwrap_or_else(|error| Some(Err(error)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S: fmt::Debug> fmt::Debug for Iter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
