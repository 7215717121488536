//! `File`: ndjson in one growing file, each event exactly once.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};

use super::{
    Checkpoint, Commit, Destination, DestinationError,
    output::{Output, Position, Rotation},
    state_file::{Blocking, StateFile},
};
use crate::collect::EntryId;

/// Writes events to a file, one JSON object a line, each **exactly once**, whatever dies when.
///
/// How long the file is stands in the state, in the same transaction as checkpoint and ids. When
/// the collector starts, the file is cut back to that length. Before each commit the file at the
/// path must be the one that is written to, and as long as it should be, and the state must be in
/// its place; if they were moved, truncated or written to by others, the collector ends and says
/// so. A file that was moved away after the collector had ended in order is no error: it goes on in
/// a new one. While it is open the file is locked against a second collector (not on Windows, where
/// the lock would keep readers out).
///
/// With [`rotate_at`](Self::rotate_at), [`rotate_daily`](Self::rotate_daily),
/// [`rotate_hourly`](Self::rotate_hourly), or on demand by a [`RotateHandle`], the file is renamed
/// and a new one begun: `audit.ndjson` becomes `audit-000001.ndjson`, then `audit-000002.ndjson`
/// and so on. Renamed files are never touched again, unless they are to be
/// [compressed](Self::compress), so they can be moved away.
pub struct File {
    inner: Blocking<Inner>,
    rotation: Rotation,
    on_demand: Arc<AtomicBool>,
}

struct Inner {
    base: PathBuf,
    state: StateFile,
    output: Option<Output>,
}

/// Rotates the file of a running collector: what a signal handler calls.
#[derive(Clone, Debug)]
pub struct RotateHandle(Arc<AtomicBool>);

impl RotateHandle {
    /// Renames the file at the next commit, if there is something in it, and begins a new one.
    pub fn rotate(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl File {
    /// Writes to `output`, and keeps the checkpoint in `state`. Both are made with the first
    /// commit; they belong together.
    pub fn new(output: impl Into<PathBuf>, state: impl Into<PathBuf>) -> Self {
        Self {
            inner: Blocking::new(Inner {
                base: output.into(),
                state: StateFile::new(state.into()),
                output: None,
            }),
            rotation: Rotation::default(),
            on_demand: Arc::default(),
        }
    }

    /// Rotates before the file would become longer than this many bytes. Events of one second
    /// stay together, so it may be longer by those.
    pub fn rotate_at(mut self, bytes: u64) -> Self {
        self.rotation.bytes = Some(bytes.max(1));
        self
    }

    /// Rotates with the first event of a later day (UTC). Late events go to the file that is being
    /// written.
    pub fn rotate_daily(mut self) -> Self {
        self.rotation.period = Some(86_400);
        self
    }

    /// Rotates with the first event of a later hour. Late events go to the file that is being
    /// written.
    pub fn rotate_hourly(mut self) -> Self {
        self.rotation.period = Some(3_600);
        self
    }

    /// Compresses with gzip what was rotated: `audit-000001.ndjson` becomes
    /// `audit-000001.ndjson.gz`.
    pub fn compress(mut self) -> Self {
        self.rotation.compress = true;
        self
    }

    /// Rotates when it is told to, beside the times that are set.
    pub fn rotate_handle(&self) -> RotateHandle {
        RotateHandle(Arc::clone(&self.on_demand))
    }
}

impl Destination for File {
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        let rotation = self.rotation;
        self.inner.run(move |inner| inner.open(rotation)).boxed()
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        let known = self.inner.with(|inner| inner.state.known(ids));
        std::future::ready(Ok(known)).boxed()
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        let (commit, rotation) = (commit.clone(), self.rotation);
        let rotate = self.on_demand.swap(false, Ordering::Relaxed);
        self.inner
            .run(move |inner| inner.commit(&commit, rotation, rotate))
            .boxed()
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        self.inner.run(Inner::close).boxed()
    }

    fn flush_bytes(&self) -> u64 {
        self.rotation.bytes.unwrap_or(64 << 20)
    }

    fn cut_every(&self) -> Option<Duration> {
        let period = self.rotation.period?;
        u64::try_from(period).ok().map(Duration::from_secs)
    }
}

impl Inner {
    fn open(&mut self, rotation: Rotation) -> Result<Option<Checkpoint>, DestinationError> {
        self.output = None;
        if place(&self.base).is_some_and(|base| place(self.state.path()) == Some(base)) {
            return Err(DestinationError::refused(format!(
                "{} cannot be output and state at once: give the state a file of its own",
                self.base.display()
            )));
        }
        let Some(found) = self.state.open()? else {
            Output::check_fresh(&self.base)?;
            return Ok(None);
        };
        let position = found
            .output
            .and_then(|bytes| serde_json::from_slice::<Position>(&bytes).ok())
            .ok_or_else(|| {
                DestinationError::refused(
                    "the state belongs to another kind of output than a file: use that one, or a \
                     new state",
                )
            })?;
        let output = Output::go_on(&self.base, rotation, position)?;
        // From here on there may be more in the file than is committed.
        self.state.note_output(&output.position(false))?;
        self.output = Some(output);
        Ok(Some(found.checkpoint))
    }

    fn commit(
        &mut self,
        commit: &Commit,
        rotation: Rotation,
        rotate: bool,
    ) -> Result<(), DestinationError> {
        let mut output = match self.output.take() {
            Some(output) => output,
            // The first commit of all, or one after a failure: that one ends here.
            None => Output::begin(&self.base, rotation)?,
        };
        let result = self.write(&mut output, commit, rotate);
        if result.is_ok() {
            self.output = Some(output);
        } else if output.undo() {
            // Nothing stands in the file that is not committed: it may be moved away.
            let _ = self.state.note_output(&output.position(true));
        }
        result
    }

    fn write(
        &mut self,
        output: &mut Output,
        commit: &Commit,
        rotate: bool,
    ) -> Result<(), DestinationError> {
        output.check_place()?;
        if output.is_to_rotate(&commit.batch, rotate) {
            output.plan_rotation()?;
            self.state.note_output(&output.position(false))?;
            output.rotate()?;
            self.state.note_output(&output.position(false))?;
        }
        output.write(&commit.batch)?;
        output.check_place()?;
        self.state.commit(commit, Some(&output.position(false)))?;
        output.committed();
        Ok(())
    }

    fn close(&mut self) -> Result<(), DestinationError> {
        if let Some(mut output) = self.output.take() {
            let position = output.position(true);
            output.close();
            self.state.note_output(&position)?;
        }
        self.state.close();
        Ok(())
    }
}

/// Where a file is or would be, whatever way its path takes there.
fn place(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("rotation", &self.rotation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_cut_as_files_are() {
        let file = || File::new("out", "state");
        let (day, hour) = (Duration::from_secs(86_400), Duration::from_secs(3_600));
        for (file, bytes, every) in [
            (file(), 67_108_864, None),
            (file().rotate_at(0).rotate_daily(), 1, Some(day)),
            (file().rotate_hourly(), 67_108_864, Some(hour)),
        ] {
            assert_eq!((file.flush_bytes(), file.cut_every()), (bytes, every));
            assert_eq!(file.flush_interval(), Duration::ZERO);
        }
    }
}
