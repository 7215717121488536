//! The same client for programs without an async runtime.
//!
//! [`BlockingClient`] makes the calls of the [async client](crate::AuditLogsClient), with the same
//! builder, requests, responses and errors, and waits for them on the thread that asks. Streams are
//! iterators here.
//!
//! ```no_run
//! use slack_audit_logs::{LogsRequest, blocking::BlockingClient};
//!
//! # fn main() -> Result<(), slack_audit_logs::Error> {
//! let client = BlockingClient::from_env()?;
//! let request = LogsRequest::new().action("user_login").limit(1_000);
//! // Ten are on the first page: no second one is wanted.
//! for entry in client.entries(request).without_fetch_ahead().take(10) {
//!     println!("{:?}", entry?);
//! }
//! # Ok(()) }
//! ```
//!
//! # Threads
//!
//! - A client can be cloned, shared and used from any number of threads. All clones share one
//!   worker thread, which drives connections and timers, one connection pool and one rate limit.
//!   The worker ends with the last clone and the last iterator.
//! - Inside async code every call is an error ([`Error::is_in_async_context`]), as waiting there
//!   would keep a runtime's thread from its other tasks. (Inside tokio's `unconstrained` it is
//!   tokio's own panic.) `tokio::task::spawn_blocking` and threads of one's own are fine, and so is
//!   dropping a client anywhere.

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    thread,
};

use futures_core::Stream;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::coop,
};

use crate::{
    client::AuditLogsClientBuilder,
    endpoint::{ActionsRequest, ApiRequest, Endpoint, LogsRequest, SchemasRequest},
    error::{Error, InvalidConfig},
    model::{ActionsResponse, LogsResponse, SchemasResponse},
    paginate::{Entries, Pages, RawEntries},
    response::AuditLogsResponse,
    service::ClientService,
};

/// A client of the Audit Logs API that waits for its responses: see the [module](self).
#[derive(Clone)]
pub struct BlockingClient {
    client: crate::AuditLogsClient,
    worker: Arc<Worker>,
}

impl BlockingClient {
    /// A client with every default and this token.
    ///
    /// # Errors
    /// As [`AuditLogsClient::new`](crate::AuditLogsClient::new), or the worker thread cannot be
    /// started: see [`Error::is_build`].
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder().token(token).build_blocking()
    }

    /// A client with every default and the token in
    /// [`SLACK_ORG_ADMIN_USER_TOKEN`](crate::AuditLogsClient::TOKEN_VARIABLE).
    ///
    /// # Errors
    /// As [`new`](Self::new), or the variable is not set.
    pub fn from_env() -> Result<Self, Error> {
        crate::AuditLogsClient::from_env().and_then(Self::over)
    }

    /// Begins a client whose parts are chosen one by one. The builder is that of the async client;
    /// end it with [`build_blocking`](AuditLogsClientBuilder::build_blocking).
    pub fn builder() -> AuditLogsClientBuilder {
        crate::AuditLogsClient::builder()
    }

    fn over(client: crate::AuditLogsClient) -> Result<Self, Error> {
        Ok(Self {
            client,
            worker: Arc::new(Worker::start()?),
        })
    }

    /// Asks `/logs` for a page of events.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn logs(&self, request: LogsRequest) -> Result<AuditLogsResponse<LogsResponse>, Error> {
        self.send(request)
    }

    /// Asks `/schemas` for the kinds of object. Needs no token.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn schemas(&self) -> Result<AuditLogsResponse<SchemasResponse>, Error> {
        self.send(SchemasRequest::new())
    }

    /// Asks `/actions` for the names of all actions. Needs no token.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn actions(&self) -> Result<AuditLogsResponse<ActionsResponse>, Error> {
        self.send(ActionsRequest::new())
    }

    /// Makes any call.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn api_call(&self, request: ApiRequest) -> Result<AuditLogsResponse<Value>, Error> {
        self.send(request)
    }

    /// Sends any [`Endpoint`].
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn send<E: Endpoint>(&self, request: E) -> Result<AuditLogsResponse<E::Response>, Error> {
        self.worker.wait_for(self.client.send(request))?
    }

    /// All pages of a request, newest first. Nothing is sent before the first is asked for.
    pub fn pages(&self, request: LogsRequest) -> BlockingIter<Pages<ClientService>> {
        BlockingIter::new(self.client.pages(request), &self.worker)
    }

    /// All entries of a request, newest first, typed.
    pub fn entries(&self, request: LogsRequest) -> BlockingIter<Entries<ClientService>> {
        BlockingIter::new(self.client.entries(request), &self.worker)
    }

    /// All entries of a request, newest first, as the bytes they came in.
    pub fn raw_entries(&self, request: LogsRequest) -> BlockingIter<RawEntries<ClientService>> {
        BlockingIter::new(self.client.raw_entries(request), &self.worker)
    }
}

impl fmt::Debug for BlockingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingClient").finish_non_exhaustive()
    }
}

impl AuditLogsClientBuilder {
    /// Builds the client for programs without an async runtime: see [`blocking`](crate::blocking).
    ///
    /// # Errors
    /// As [`build`](Self::build), or the worker thread cannot be started.
    pub fn build_blocking(self) -> Result<BlockingClient, Error> {
        self.build().and_then(BlockingClient::over)
    }
}

/// One of the [streams](crate::paginate) as an iterator, with the same promises: newest first, the
/// same filters on every page, nothing skipped and nothing twice.
///
/// After an error the next item asks for the same page again. An iteration that is not to try for
/// ever ends at the first error, as `?` or `collect::<Result<Vec<_>, _>>()` do.
#[must_use = "iterators send nothing until they are used"]
pub struct BlockingIter<S> {
    stream: S,
    worker: Arc<Worker>,
}

impl<S> BlockingIter<S> {
    fn new(stream: S, worker: &Arc<Worker>) -> Self {
        Self {
            stream,
            worker: Arc::clone(worker),
        }
    }
}

macro_rules! max_pages {
    ($($stream:ident),+) => {$(
        impl BlockingIter<$stream<ClientService>> {
            /// After this many pages comes an error; 100,000 by default.
            pub fn max_pages(self, max_pages: u32) -> Self {
                Self {
                    stream: self.stream.max_pages(max_pages),
                    worker: self.worker,
                }
            }
        }
    )+};
}
max_pages!(Pages, Entries, RawEntries);

macro_rules! without_fetch_ahead {
    ($($stream:ident),+) => {$(
        impl BlockingIter<$stream<ClientService>> {
            /// Asks for the next page only when the one at hand is used up: see
            /// [`RawEntries::without_fetch_ahead`].
            pub fn without_fetch_ahead(self) -> Self {
                Self {
                    stream: self.stream.without_fetch_ahead(),
                    worker: self.worker,
                }
            }
        }
    )+};
}
without_fetch_ahead!(Entries, RawEntries);

impl<S, T> Iterator for BlockingIter<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.worker.wait_for(self.stream.next());
        item.unwrap_or_else(|error| Some(Err(error)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S: fmt::Debug> fmt::Debug for BlockingIter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingIter")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

/// A thread with a runtime, both of which end when this is dropped.
///
/// Calls are polled on the thread that asks, within the runtime; the worker drives what they wait
/// for and what they spawn. So nothing has to be moved between threads for an item of an iterator
/// that is there already, and spans and subscribers are the caller's without further ado.
struct Worker {
    runtime: Handle,
    /// Dropped with the worker, which tells the thread.
    _end: oneshot::Sender<()>,
}

impl Worker {
    fn start() -> Result<Self, Error> {
        let not_started =
            |error| InvalidConfig::new(format!("the worker thread cannot be started: {error}"));
        let started = Builder::new_current_thread().enable_all().build();
        let runtime = started.map_err(not_started)?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().name("slack-audit-logs".to_owned());
        let started = thread.spawn(move || {
            let _ = runtime.block_on(ended);
            // A name that is still being resolved must not hold the thread.
            runtime.shutdown_background();
        });
        started.map_err(not_started)?;
        Ok(Self {
            runtime: handle,
            _end: end,
        })
    }

    /// Waits on this thread.
    fn wait_for<F: Future>(&self, future: F) -> Result<F::Output, Error> {
        if is_async_context() {
            return Err(Error::in_async_context());
        }
        Ok(self.runtime.block_on(future))
    }
}

/// Whether tokio is polling a task on this thread, where its `block_on` would panic.
///
/// A current runtime alone does not say so: threads of `spawn_blocking` have one, and whoever holds
/// its `EnterGuard`. But what tokio polls has a budget (128 operations before it must yield), and
/// other threads have none. Using up the budget makes a task yield at its next await, and that only
/// where the call fails.
fn is_async_context() -> bool {
    const MORE_THAN_ANY_BUDGET: usize = 256;
    if Handle::try_current().is_err() {
        return false;
    }
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..MORE_THAN_ANY_BUDGET {
        if !coop::has_budget_remaining() || pin!(coop::consume_budget()).poll(&mut cx).is_pending()
        {
            return true;
        }
    }
    false
}
