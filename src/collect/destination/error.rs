//! `DestinationError`: why a destination did not take something, and what is to be done about it.

use tower::BoxError;

/// Why a destination failed. Its text says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DestinationError {
    kind: ErrorKind,
    message: String,
    source: Option<BoxError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorKind {
    Outage,
    Superseded,
    Refused,
}

impl DestinationError {
    /// It passes by itself: the engine waits, and calls again with the same arguments.
    pub fn outage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Outage, message)
    }

    /// Another writer has committed in the meantime: the engine opens the destination again and
    /// goes on from the checkpoint that it finds.
    pub fn superseded(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Superseded, message)
    }

    /// Trying again is of no use: the collector ends with this error.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// The same with a cause.
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether it passes by itself.
    pub fn is_outage(&self) -> bool {
        self.kind == ErrorKind::Outage
    }

    /// Whether another writer has gone on from here.
    pub fn is_superseded(&self) -> bool {
        self.kind == ErrorKind::Superseded
    }

    /// Whether it ends the collector.
    pub fn is_refused(&self) -> bool {
        self.kind == ErrorKind::Refused
    }
}
