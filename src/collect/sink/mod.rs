//! `BatchSink`: where events are handed on to, and the sinks of this crate.

mod channel;
mod file;
mod file_error;
mod output;
mod writer;

use std::{fmt, future::Future};

use serde::{Deserialize, Serialize};
use tower::BoxError;

pub use self::{
    channel::{Acknowledgement, ChannelSink, Deliveries, Delivery},
    file::FileSink,
    file_error::FileSinkError,
    writer::WriterSink,
};
use super::Batch;

/// Takes batches of events, one after another, and acknowledges each.
///
/// A batch is marked as done once [`deliver`](Self::deliver) has returned `Ok`, and never before;
/// the next one is not read far ahead, so a slow sink slows the collector down. An `Err` ends the
/// collector, with the batch not done. A sink that wants to try again does so itself.
///
/// # Exactly once, or at least once
///
/// Between the acknowledgement and the commit of the state the process may die. The batch, or one
/// with the same events, then comes again.
/// - A sink that can cut its output back gets every event **exactly once**: `deliver` returns the
///   position after the batch, which is committed together with the ids, and [`open`](Self::open)
///   cuts back to the position it is given. [`FileSink`] does that.
/// - A sink that writes somewhere else gets every event **at least once**. It can return `None`. To
///   get rid of repetitions, write under the key of each event ([`Batch::ids`]), so that writing it
///   again changes nothing.
///
/// ```
/// use slack_audit_logs::collect::{Batch, BatchSink, SinkPosition};
/// use tower::BoxError;
///
/// /// Counts.
/// #[derive(Default)]
/// struct Counter(usize);
///
/// impl BatchSink for Counter {
///     async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
///         self.0 += batch.len();
///         Ok(None)
///     }
/// }
/// ```
pub trait BatchSink: Send {
    /// Makes ready; called once, before the first batch, with the position that was committed last.
    ///
    /// The position that is returned is committed before the first batch comes.
    fn open(
        &mut self,
        committed: Option<SinkPosition>,
    ) -> impl Future<Output = Result<Option<SinkPosition>, BoxError>> + Send {
        std::future::ready(Ok(committed))
    }

    /// Takes a batch. `Ok` acknowledges it: its events are safe. With it comes the position after
    /// the batch, for a sink that has one.
    fn deliver(
        &mut self,
        batch: Batch,
    ) -> impl Future<Output = Result<Option<SinkPosition>, BoxError>> + Send;
}

/// How far a sink's output is, in the sink's own words. It is kept in the state.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SinkPosition(String);

impl SinkPosition {
    /// A position in the sink's own words.
    pub fn new(position: impl Into<String>) -> Self {
        Self(position.into())
    }

    /// The sink's own words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SinkPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SinkPosition").field(&self.0).finish()
    }
}
