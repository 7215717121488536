//! `Output`: the open file behind a [`FileSink`](super::FileSink), cut back, locked, rotated and
//! synced. All of it blocks.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{FileSinkError as Error, SinkPosition};
use crate::collect::{Batch, EntryId, store::sync_parent};

/// So many bytes before the end tell whether a file is the one that was written: a few events.
const TAIL: usize = 4_096;
/// Lines are written in pieces of about this size.
const PIECE: usize = 1 << 20;
const DAY: i64 = 86_400;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rotation {
    pub(super) bytes: Option<u64>,
    pub(super) daily: bool,
}

impl Rotation {
    fn is_on(self) -> bool {
        self.bytes.is_some() || self.daily
    }
}

/// How far the file is, as the state keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Which of a row of files; 0 is the plain one.
    number: u32,
    length: u64,
    /// A hash of the last bytes, up to [`TAIL`].
    tail: String,
    /// Tells an empty file from another one, where there are inode numbers.
    inode: Option<u64>,
    day: Option<i64>,
}

/// An open file, and what was written to it.
#[derive(Debug)]
pub(super) struct Output {
    base: PathBuf,
    path: PathBuf,
    rotation: Rotation,
    file: File,
    number: u32,
    length: u64,
    /// The last bytes that were written.
    tail: Vec<u8>,
    day: Option<i64>,
    /// Where the last whole batch ended, while no file was begun since.
    whole: Option<u64>,
}

impl Output {
    pub(super) fn begin(base: &Path, rotation: Rotation) -> Result<Self, Error> {
        let number = u32::from(rotation.is_on());
        let path = numbered(base, number);
        let file = open_file(&path, true)?;
        if length_of(&path, &file)? > 0 {
            return Err(Error::NotEmpty { path });
        }
        sync_parent(&path).map_err(|source| failed(&path, "synced", source))?;
        Ok(Self {
            base: base.to_owned(),
            path,
            rotation,
            file,
            number,
            length: 0,
            tail: Vec::new(),
            day: None,
            whole: Some(0),
        })
    }

    pub(super) fn go_on(
        base: &Path,
        rotation: Rotation,
        position: &Position,
    ) -> Result<Self, Error> {
        let path = numbered(base, position.number);
        let mut file = match open_file(&path, false) {
            Err(Error::Io { path, source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Err(Error::Missing {
                    path,
                    committed: position.length,
                });
            }
            file => file?,
        };
        let found = length_of(&path, &file)?;
        if found < position.length {
            return Err(Error::Shorter {
                path,
                found,
                committed: position.length,
            });
        }
        let is_other = |tail: &[u8]| {
            hash(tail) != position.tail
                || position.length == 0 && found > 0 && inode(&file) != position.inode
        };
        let tail =
            read_tail(&file, position.length).map_err(|source| failed(&path, "read", source))?;
        if is_other(&tail) {
            return Err(Error::Other { path });
        }
        let cut = (|| {
            if found > position.length {
                tracing::info!(
                    from = found,
                    to = position.length,
                    "cutting the output back to what is marked as done"
                );
                file.set_len(position.length)?;
                file.sync_data()?;
            }
            file.seek(SeekFrom::Start(position.length)).map(drop)
        })();
        cut.map_err(|source| failed(&path, "cut back", source))?;
        let output = Self {
            base: base.to_owned(),
            path,
            rotation,
            file,
            number: position.number,
            length: position.length,
            tail,
            day: position.day,
            whole: Some(position.length),
        };
        output.remove_later_files()?;
        Ok(output)
    }

    /// Removes the files that a batch had begun which was not marked as done.
    fn remove_later_files(&self) -> Result<(), Error> {
        if !self.rotation.is_on() {
            return Ok(());
        }
        for number in self.number.saturating_add(1).. {
            let path = numbered(&self.base, number);
            match std::fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(source) => return Err(failed(&path, "removed", source)),
            }
        }
        Ok(())
    }

    pub(super) fn position(&self) -> SinkPosition {
        let position = Position {
            number: self.number,
            length: self.length,
            tail: hash(&self.tail),
            inode: inode(&self.file),
            day: self.day,
        };
        // Numbers and strings: nothing that JSON could refuse.
        SinkPosition::new(serde_json::to_string(&position).unwrap_or_default())
    }

    /// Writes a batch and syncs it to disk.
    pub(super) fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        self.whole = Some(self.length);
        let day = batch.range().end().div_euclid(DAY);
        if !batch.is_late() && self.day.is_none_or(|known| known < day) {
            if self.rotation.daily && self.day.is_some() && self.length > 0 {
                self.next_file()?;
            }
            self.day = Some(day);
        }
        let mut piece = Vec::with_capacity(PIECE);
        for entry in batch.entries() {
            let before = piece.len();
            entry
                .write_ndjson(&mut piece)
                .map_err(|source| failed(&self.path, "written", source))?;
            let line = piece.split_off(before);
            let written = self.length + piece.len() as u64;
            if written > 0
                && self
                    .rotation
                    .bytes
                    .is_some_and(|most| written + line.len() as u64 > most)
            {
                self.append(&piece)?;
                piece.clear();
                self.next_file()?;
            }
            piece.extend_from_slice(&line);
            if piece.len() >= PIECE {
                self.append(&piece)?;
                piece.clear();
            }
        }
        self.append(&piece)?;
        self.sync()?;
        self.whole = Some(self.length);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .map_err(|source| failed(&self.path, "written", source))?;
        self.length += bytes.len() as u64;
        self.tail.extend_from_slice(
            bytes
                .get(bytes.len().saturating_sub(TAIL)..)
                .unwrap_or(bytes),
        );
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        self.file
            .sync_data()
            .map_err(|source| failed(&self.path, "synced", source))
    }

    fn next_file(&mut self) -> Result<(), Error> {
        self.sync()?;
        let number = self.number.saturating_add(1);
        let path = numbered(&self.base, number);
        let file = open_file(&path, true)?;
        if length_of(&path, &file)? > 0 {
            return Err(Error::NotEmpty { path });
        }
        sync_parent(&path).map_err(|source| failed(&path, "synced", source))?;
        (self.file, self.path, self.number) = (file, path, number);
        (self.length, self.whole) = (0, None);
        self.tail.clear();
        Ok(())
    }

    /// Takes back what a failed write may have left, so that whoever reads the file finds whole
    /// events. If this fails too, the next start does it.
    pub(super) fn undo(&mut self) {
        if let Some(whole) = self.whole {
            let _ = self.file.set_len(whole);
        }
    }
}

/// `audit.ndjson`, or `audit-000001.ndjson`.
fn numbered(base: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return base.to_owned();
    }
    let mut name = base.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number:06}"));
    if let Some(extension) = base.extension() {
        name.push(".");
        name.push(extension);
    }
    base.with_file_name(name)
}

fn failed(path: &Path, doing: &'static str, source: io::Error) -> Error {
    Error::Io {
        path: path.to_owned(),
        doing,
        source,
    }
}

fn open_file(path: &Path, create: bool) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(create)
        .truncate(false)
        .open(path)
        .map_err(|source| failed(path, "opened", source))?;
    if cfg!(windows) {
        return Ok(file);
    }
    match file.try_lock() {
        // A file system without locks has to do without.
        Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
            Err(failed(path, "locked", error))
        }
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            path: path.to_owned(),
        }),
        _ => Ok(file),
    }
}

fn length_of(path: &Path, file: &File) -> Result<u64, Error> {
    let metadata = file
        .metadata()
        .map_err(|source| failed(path, "read", source))?;
    if !metadata.is_file() {
        return Err(Error::NotRegular {
            path: path.to_owned(),
        });
    }
    Ok(metadata.len())
}

fn read_tail(mut file: &File, length: u64) -> io::Result<Vec<u8>> {
    let start = length.saturating_sub(TAIL as u64);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::with_capacity(TAIL);
    file.take(length - start).read_to_end(&mut tail)?;
    Ok(tail)
}

fn hash(tail: &[u8]) -> String {
    EntryId::hash(b"tail:", tail).to_string()
}

#[cfg(unix)]
fn inode(file: &File) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(file.metadata().ok()?.ino())
}

#[cfg(not(unix))]
fn inode(_: &File) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_row_of_files() {
        for (base, number, name) in [
            ("/a/audit.ndjson", 0, "/a/audit.ndjson"),
            ("/a/audit.ndjson", 1, "/a/audit-000001.ndjson"),
            ("audit", 12, "audit-000012"),
            ("a.b.json", 1_000_000, "a.b-1000000.json"),
        ] {
            assert_eq!(numbered(Path::new(base), number), Path::new(name));
        }
    }
}
