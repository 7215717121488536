//! Slack's [Audit Logs
//! API](https://docs.slack.dev/reference/audit-logs-api/methods-actions-reference) as typed `tower`
//! services.
//!
//! The endpoints are [`tower::Service`]s, and everything around them is a layer: stack the
//! [`layers`] yourself, or take [`AuditLogsClient`], which is the default stack.
//!
//! ```no_run
//! use slack_audit_logs::{AuditLogsClient, LogsRequest};
//!
//! # async fn example() -> Result<(), slack_audit_logs::Error> {
//! let client = AuditLogsClient::from_env()?;
//! let response = client.logs(LogsRequest::new().action("user_login").limit(10)).await?;
//! for entry in &response.typed_body()?.entries {
//!     println!("{:?} {:?}", entry.date_create(), entry.id());
//! }
//! # Ok(()) }
//! ```
//!
//! # Where to look
//!
//! | you want | look at |
//! |---|---|
//! | the client | [`AuditLogsClient`], [`AuditLogsClientBuilder`] |
//! | the client without async | [`blocking`] |
//! | the stack by hand | [`AuditLogs`], [`AuditLogsLayer`], [`layers`], [`transport`] |
//! | requests | [`LogsRequest`], [`SchemasRequest`], [`ActionsRequest`], [`ApiRequest`], [`Endpoint`] |
//! | responses | [`AuditLogsResponse`], [`model`] |
//! | what went wrong | [`Error`], [`ErrorCode`]; below the endpoints [`Failure`], [`FailureKind`] |
//! | retries | [`retry`] |
//! | all pages | [`paginate`] |
//! | every event once | [`collect`] |
//! | tests of your own | [`fake`], and mocks as in `examples/mock_in_tests.rs` |
//!
//! # Features
//!
//! - `client` (default): [`AuditLogsClient`] and its [`transport`].
//! - `collect`: the collector, `collect`: every event exactly once, in order, whatever fails.
//! - `archive`, `archive-s3`, `archive-gcs`, `archive-azure`: the collector's archive in a
//!   directory or on object storage.
//! - `blocking`: the same client for programs without an async runtime.
//! - `fake`: the embedded API, [`fake`].
//! - `cli`: the command `slack-audit-logs`, see the README.
//! - `jiff`, `chrono`: bounds in time from these crates' types.
//! - `brotli`, `deflate`, `zstd`: content encodings beside gzip.
//!
//! Without default features there is no HTTP client and no TLS in the dependency tree.
//!
//! # Runtime
//!
//! Waits and timeouts are tokio's: layers that have a clock need a tokio runtime with time enabled,
//! the transport also one with I/O.

// The badges on docs.rs that say which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// A library has nothing to say on somebody else's terminal.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "blocking")]
pub mod blocking;
mod body;
mod call_record;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "collect")]
pub mod collect;
mod endpoint;
mod error;
#[cfg(feature = "fake")]
pub mod fake;
mod json;
pub mod layers;
pub mod model;
pub mod paginate;
mod response;
pub mod retry;
mod retry_after;
mod service;
mod token;
#[cfg(feature = "client")]
pub mod transport;
mod url;

/// The crates whose types stand in this crate's signatures.
pub use {bytes, http, tower};

#[cfg(feature = "client")]
pub use crate::client::{AuditLogsClient, AuditLogsClientBuilder, HttpLayer, Transport};
pub use crate::{
    body::Body,
    call_record::CallRecord,
    endpoint::{ActionsRequest, ApiRequest, Endpoint, LogsRequest, SchemasRequest, UnixSeconds},
    error::{Error, ErrorCode, Failure, FailureKind, InvalidConfig, InvalidRequest},
    response::AuditLogsResponse,
    service::{
        AuditLogs, AuditLogsLayer, BoxHttpService, Call, ClientService, EndpointService,
        HttpService, ResponseFuture,
    },
    token::{Token, TokenProvider},
};

/// The README's code is compiled with the doc tests.
#[cfg(all(doctest, feature = "client", feature = "collect"))]
#[doc = include_str!("../README.md")]
struct Readme;
