//! `FileSink`: ndjson in a file, each event exactly once.

use std::path::PathBuf;

use tower::BoxError;

use super::{
    BatchSink, FileSinkError as Error, SinkPosition,
    output::{Output, Rotation},
};
use crate::collect::Batch;

/// Writes events to a file, one JSON object a line, each **exactly once**, whatever dies when.
///
/// How long the file is after each batch stands in the collector's state, in the same transaction
/// as the events' ids. When the collector starts, the file is cut back to that length. A file that
/// is missing, shorter or another one is an error ([`FileSinkError`]), as is a file with contents
/// beside a fresh state: nothing is ever cut off that this sink did not write. A batch is
/// acknowledged once its bytes are synced to disk. While it is open the file is locked against a
/// second collector (not on Windows, where the lock would keep readers out).
///
/// With [`rotate_at`](Self::rotate_at) or [`rotate_daily`](Self::rotate_daily) the events go to a
/// row of files: `audit.ndjson` becomes `audit-000001.ndjson`, `audit-000002.ndjson` and so on.
/// Files before the last one are never touched again, so they can be moved away.
///
/// [`FileSinkError`]: super::FileSinkError
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    rotation: Rotation,
    /// Away while a thread writes.
    output: Option<Output>,
}

impl FileSink {
    /// Writes to this file. It is opened when the collector starts.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            rotation: Rotation::default(),
            output: None,
        }
    }

    /// Begins a new file before one would become longer than this many bytes. A single longer event
    /// has a file of its own.
    pub fn rotate_at(mut self, bytes: u64) -> Self {
        self.rotation.bytes = Some(bytes.max(1));
        self
    }

    /// Begins a new file with the first window that ends on a later day (UTC). Late events go to
    /// the file that is being written.
    pub fn rotate_daily(mut self) -> Self {
        self.rotation.daily = true;
        self
    }
}

impl BatchSink for FileSink {
    async fn open(
        &mut self,
        committed: Option<SinkPosition>,
    ) -> Result<Option<SinkPosition>, BoxError> {
        let (path, rotation) = (self.path.clone(), self.rotation);
        let output = tokio::task::spawn_blocking(move || match committed {
            None => Output::begin(&path, rotation),
            Some(position) => {
                let position =
                    serde_json::from_str(position.as_str()).map_err(|_| Error::OtherSink)?;
                Output::go_on(&path, rotation, &position)
            }
        })
        .await??;
        let position = output.position();
        self.output = Some(output);
        Ok(Some(position))
    }

    async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        let Some(mut output) = self.output.take() else {
            return Err(Error::Broken {
                path: self.path.clone(),
            }
            .into());
        };
        // If this future is dropped the thread goes on to its end, but the sink stays without an
        // output: nobody takes it for whole.
        let output = tokio::task::spawn_blocking(move || match output.write(&batch) {
            Ok(()) => Ok(output),
            Err(error) => {
                output.undo();
                Err(error)
            }
        })
        .await??;
        let position = output.position();
        self.output = Some(output);
        Ok(Some(position))
    }
}
