//! `WriterSink`: ndjson to standard output or any other writer.

use std::fmt;

use tokio::io::{AsyncWrite, AsyncWriteExt, Stdout};
use tower::BoxError;

use super::{BatchSink, SinkPosition};
use crate::collect::Batch;

/// Writes events to a writer, one JSON object a line, each **at least once**.
///
/// What went into a pipe cannot be taken back: if the process dies between a batch and the commit
/// of the state, the batch comes again.
pub struct WriterSink<W> {
    writer: W,
}

impl WriterSink<Stdout> {
    /// Writes to standard output.
    pub fn stdout() -> Self {
        Self::new(tokio::io::stdout())
    }
}

impl<W> WriterSink<W> {
    /// Writes to this writer; a batch is acknowledged once it is flushed.
    pub fn new(writer: W) -> Self {
        Self { writer }
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.writer
    }
}

impl<W: AsyncWrite + Unpin + Send> BatchSink for WriterSink<W> {
    async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        /// Lines are written in pieces of about this size.
        const PIECE: usize = 1 << 16;
        let mut piece = Vec::with_capacity(PIECE);
        for entry in batch.entries() {
            entry.write_ndjson(&mut piece)?;
            if piece.len() >= PIECE {
                self.writer.write_all(&piece).await?;
                piece.clear();
            }
        }
        self.writer.write_all(&piece).await?;
        self.writer.flush().await?;
        Ok(None)
    }
}

impl<W> fmt::Debug for WriterSink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterSink").finish_non_exhaustive()
    }
}
