//! `Directory`: an archive in a directory, which a file lock keeps for one collector.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use object_store::{ObjectStore, local::LocalFileSystem};
use tokio::time::sleep;

use super::{failure::store_failed, genesis, key::ObjectKey, lease};
use crate::collect::destination::DestinationError;

/// A directory that need not be there yet.
#[derive(Debug)]
pub(super) struct Directory(pub(super) PathBuf);

/// The lock on a directory; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Directory {
    /// The store, if the directory is there.
    ///
    /// Files are flushed to the disk before a commit counts, which is not `object_store`'s default.
    pub(super) fn store(&self) -> Result<Option<Arc<dyn ObjectStore>>, DestinationError> {
        match fs::metadata(&self.0) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(self.failed("it is no directory")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io_failed(&error)),
        }
        match LocalFileSystem::new_with_prefix(&self.0) {
            Ok(store) => Ok(Some(Arc::new(store.with_fsync(true)))),
            Err(error) => Err(store_failed(
                "opening the archive's directory",
                &error,
                false,
            )),
        }
    }

    /// Makes the directory.
    pub(super) fn create(&self) -> Result<(), DestinationError> {
        fs::create_dir_all(&self.0).map_err(|error| self.io_failed(&error))
    }

    /// Waits until no other collector has the directory.
    pub(super) async fn lock(&self) -> Result<Lock, DestinationError> {
        let mut told = false;
        loop {
            if let Some(lock) = self.try_lock()? {
                return Ok(lock);
            }
            if !std::mem::replace(&mut told, true) {
                super::tell_standby();
            }
            sleep(lease::POLL).await;
        }
    }

    /// Locks it, unless another collector has.
    pub(super) fn try_lock(&self) -> Result<Option<Lock>, DestinationError> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.0.join(lease::NAME))
            .map_err(|error| self.io_failed(&error))?;
        match file.try_lock() {
            Ok(()) => {
                self.remove_leftovers();
                Ok(Some(Lock { _file: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.io_failed(&error)),
        }
    }

    /// Removes what a process left that died while it wrote: `object_store` writes to `NAME#N` and
    /// links that to `NAME`. Under the lock nobody else writes.
    fn remove_leftovers(&self) {
        let folders = entries(&self.0).filter(|path| path.is_dir());
        let files = folders.flat_map(|folder| entries(&folder));
        for path in files.chain(entries(&self.0)) {
            if is_leftover(&self.0, &path) {
                // One that stays does no harm but for its space.
                if let Err(error) = fs::remove_file(&path) {
                    tracing::warn!(%error, "a temporary file of the archive cannot be removed");
                }
            }
        }
    }

    fn failed(&self, problem: &str) -> DestinationError {
        DestinationError::refused(format!(
            "the archive's directory {} cannot be used: {problem}",
            self.0.display()
        ))
    }

    fn io_failed(&self, error: &io::Error) -> DestinationError {
        self.failed(&error.to_string())
    }
}

/// The paths in a directory; none of one that cannot be read.
fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let listed = fs::read_dir(directory).into_iter().flatten();
    listed.filter_map(|entry| Some(entry.ok()?.path()))
}

/// Whether a file is one of `object_store`'s unfinished writes of this archive.
fn is_leftover(root: &Path, path: &Path) -> bool {
    let relative = path.strip_prefix(root).ok().and_then(Path::to_str);
    let Some((name, number)) = relative.and_then(|path| path.rsplit_once('#')) else {
        return false;
    };
    let name = name.replace(std::path::MAIN_SEPARATOR, "/");
    let is_ours = name == genesis::NAME || name.parse::<ObjectKey>().is_ok();
    is_ours && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unfinished_writes_are_left_over() {
        for (path, expected) in [
            ("date=2026-11-24/00000001.ndjson.gz#1", true),
            ("_archive#12", true),
            ("date=2026-11-24/00000001.ndjson.gz", false),
            ("date=2026-11-24/00000001.ndjson.gz#", false),
            ("date=2026-11-24/00000001.ndjson.gz#1a", false),
            ("date=2026-11-24/notes.txt#1", false),
            ("notes#1", false),
            ("_archive", false),
            ("_lease", false),
        ] {
            let root = Path::new("/archive");
            assert_eq!(is_leftover(root, &root.join(path)), expected, "{path}");
        }
        assert!(!is_leftover(
            Path::new("/archive"),
            Path::new("/_archive#1")
        ));
    }
}
