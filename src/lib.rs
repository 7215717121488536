//! The Slack Audit Logs API as typed `tower` services, composable layers, streams and an exactly-once collector.

mod body;
mod call_record;
mod endpoint;
mod error;
#[cfg(feature = "fake")]
pub mod fake;
pub mod layers;
pub mod model;
mod response;
pub mod retry;
mod service;
pub mod stream;
mod token;
#[cfg(feature = "client")]
pub mod transport;

pub use http;

pub use crate::{
    body::Body,
    call_record::CallRecord,
    endpoint::{ActionsRequest, ApiRequest, Endpoint, LogsRequest, SchemasRequest, UnixSeconds},
    error::{Error, ErrorCode, Failure, FailureKind, InvalidConfig, InvalidRequest},
    response::AuditLogsResponse,
    service::{AuditLogs, AuditLogsLayer, ResponseFuture},
    token::{Token, TokenProvider},
};
