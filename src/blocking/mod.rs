//! The same client for programs without an async runtime.
//!
//! [`AuditLogsClient`] makes the calls of the [async client](crate::AuditLogsClient), with the same builder, requests, answers and errors, and waits for
//! them on the thread that asks. Streams are iterators here.
//!
//! ```no_run
//! use slack_audit_logs::{LogsRequest, blocking::AuditLogsClient};
//!
//! # fn main() -> Result<(), slack_audit_logs::Error> {
//! let client = AuditLogsClient::from_env()?;
//! for entry in client.entries(LogsRequest::new().action("user_login").limit(1_000)).take(10) {
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
//!   would keep a runtime's thread from its other tasks. `tokio::task::spawn_blocking` and threads
//!   of one's own are fine, and so is dropping a client anywhere.

mod iter;
mod worker;

use std::{fmt, sync::Arc};

pub use self::iter::{Entries, Iter, Pages, RawEntries};
use self::worker::Worker;
use crate::{
    client::AuditLogsClientBuilder,
    endpoint::{ActionsRequest, ApiRequest, Endpoint, LogsRequest, SchemasRequest},
    error::Error,
    model::{ActionsResponse, LogsResponse, SchemasResponse},
    response::AuditLogsResponse,
};

/// A client of the Audit Logs API that waits for its answers: see the [module](self).
#[derive(Clone)]
pub struct AuditLogsClient {
    client: crate::AuditLogsClient,
    worker: Arc<Worker>,
}

impl AuditLogsClient {
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
    /// end it with
    /// [`build_blocking`](AuditLogsClientBuilder::build_blocking).
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
    pub fn api_call(
        &self,
        request: ApiRequest,
    ) -> Result<AuditLogsResponse<serde_json::Value>, Error> {
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
    pub fn pages(&self, request: LogsRequest) -> Pages {
        Iter::new(self.client.pages(request), &self.worker)
    }

    /// All entries of a request, newest first, typed.
    pub fn entries(&self, request: LogsRequest) -> Entries {
        Iter::new(self.client.entries(request), &self.worker)
    }

    /// All entries of a request, newest first, as the bytes they came in.
    pub fn raw_entries(&self, request: LogsRequest) -> RawEntries {
        Iter::new(self.client.raw_entries(request), &self.worker)
    }
}

impl fmt::Debug for AuditLogsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("blocking::AuditLogsClient")
            .finish_non_exhaustive()
    }
}

impl AuditLogsClientBuilder {
    /// Builds the client for programs without an async runtime: see [`blocking`](crate::blocking).
    ///
    /// # Errors
    /// As [`build`](Self::build), or the worker thread cannot be started.
    pub fn build_blocking(self) -> Result<AuditLogsClient, Error> {
        self.build().and_then(AuditLogsClient::over)
    }
}
