//! `CollectError` and `StoreError`: what ends a collector, and what to do about it.

use std::path::{Path, PathBuf};

use tower::BoxError;

use crate::error::{Error, InvalidConfig};

/// Why a collector ended before it was told to. Whatever had been handed on and acknowledged is
/// marked as done; starting again goes on from there.
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
    /// The cursors of one window were rejected time and again.
    #[error(
        "Slack rejected the cursors of the window {from} to {to} (Unix seconds) {times} times in a row; nothing of it is marked as done \
         (start again later; if it stays so, ask for smaller pages)"
    )]
    Cursor {
        /// How often the window was read.
        times: u32,
        /// The first second of the window.
        from: i64,
        /// The last second of the window.
        to: i64,
        /// The last rejection.
        #[source]
        source: Error,
    },
    /// Replies have no `Date` header, so the server's time is unknown.
    #[error(
        "the replies have no Date header, so the server's time is not known (have the proxy keep it, or allow a clock with fallback_clock)"
    )]
    NoDate,
    /// The state was written by a collector with other filters, or by another kind of collector.
    #[error("{0}")]
    OtherState(String),
    /// The state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output did not take a batch, or does not fit the state.
    #[error("the output failed; what it did not acknowledge is not marked as done")]
    Sink(#[source] BoxError),
}

impl CollectError {
    /// The error of the call to Slack, if that was the cause.
    pub fn api(&self) -> Option<&Error> {
        match self {
            Self::Api(error) | Self::Cursor { source: error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Why a state could not be used. None of these is ever answered by beginning anew: that would lose
/// or repeat events.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another collector has it open.
    #[error("another collector is using the state {}: stop it first, or give this one a state of its own", path.display())]
    InUse {
        /// Where the state is.
        path: PathBuf,
    },
    /// It is torn or altered.
    #[error(
        "the state {} is damaged: {what} (restore it from a copy together with the output; without a copy, delete it and begin anew with a \
         new output)", path.display()
    )]
    Damaged {
        /// Where the state is.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// It is something else than a state.
    #[error("{} is not the state of a collector: {what} (name another file)", path.display())]
    Foreign {
        /// Where it is.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// It was written by a newer version of this crate.
    #[error(
        "the state has version {found}, but this program knows versions up to {known} only: use a newer one"
    )]
    Version {
        /// The state's version.
        found: u32,
        /// The newest version that can be read.
        known: u32,
    },
    /// It could not be read or written.
    #[error("the state {} cannot be {doing}", path.display())]
    Io {
        /// Where the state is.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: BoxError,
    },
}

impl StoreError {
    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    pub(crate) fn io(path: &Path, doing: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Io {
            path: path.to_owned(),
            doing,
            source: source.into(),
        }
    }
}
