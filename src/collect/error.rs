//! `CollectError`: what ends a collector, and what to do about it.

use super::DestinationError;
use crate::error::{Error, InvalidConfig};

/// Why a collector ended before it was told to. What was committed stays; starting again goes on
/// from there.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A setting that makes no working collector.
    #[error("the collector cannot be built")]
    Config(#[source] InvalidConfig),
    /// Slack refused a call, or could not be reached and the collector was not to wait.
    ///
    /// See the predicates of [`Error`], such as [`Error::is_auth`].
    #[error("the events cannot be read")]
    Api(#[source] Error),
    /// One event alone is larger than the client takes.
    #[error(
        "an event of between {from} and {to} (Unix seconds) is larger than the limit for bodies; \
         nothing from {from} on is delivered: raise the limit (--max-body-size, or \
         max_body_size of the client) and start again"
    )]
    EventTooLarge {
        /// The first second in which it may lie.
        from: i64,
        /// The last second in which it may lie.
        to: i64,
        /// The failure.
        #[source]
        source: Error,
    },
    /// The responses of one window could not be put together, and the collector was not to wait.
    #[error(
        "the window {from} to {to} (Unix seconds) cannot be read: {why}; nothing of it is \
         delivered: start again later"
    )]
    Window {
        /// The first second of the window.
        from: i64,
        /// The last second of the window.
        to: i64,
        /// What is wrong with the responses.
        why: &'static str,
    },
    /// Responses have no `Date` header, so the server's time is unknown.
    #[error(
        "the responses have no Date header, so the server's time is not known: have the proxy keep \
         it"
    )]
    NoDate,
    /// The checkpoint was written by a collector with other filters, another range, or of another
    /// kind.
    #[error("{0}")]
    OtherState(String),
    /// The destination did not take what was read, or does not fit.
    #[error("the destination failed; what it has not taken is not marked as delivered")]
    Destination(#[source] DestinationError),
}

impl CollectError {
    /// The error of the call to Slack, if that was the cause.
    pub fn api(&self) -> Option<&Error> {
        match self {
            Self::Api(error) | Self::EventTooLarge { source: error, .. } => Some(error),
            _ => None,
        }
    }
}
