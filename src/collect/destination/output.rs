//! `Output`: the open file behind a [`File`](super::File), cut back, locked, rotated and synced.
//! All of it blocks.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    thread::JoinHandle,
};

use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};

use super::{Batch, DestinationError, state_file::sync_parent};
use crate::collect::EntryId;

/// So many bytes before the end tell whether a file is the one that was written: a few events.
const TAIL: usize = 4_096;
/// Lines are written in pieces of about this size.
const PIECE: usize = 1 << 20;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rotation {
    pub(super) bytes: Option<u64>,
    /// In seconds.
    pub(super) period: Option<i64>,
    pub(super) compress: bool,
}

/// How far the file is, as the state keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    length: u64,
    /// A hash of the last bytes, up to [`TAIL`].
    tail: String,
    /// Tells an empty file from another one, where there are inode numbers.
    inode: Option<u64>,
    /// The period of what is in it.
    period: Option<i64>,
    /// How many files were rotated before it.
    rotated: u32,
    /// It is being renamed to the next number.
    rotating: bool,
    /// Nothing is in the file beside what is committed, so it may have been moved away.
    clean: bool,
}

/// An open file, and what was written to it.
#[derive(Debug)]
pub(super) struct Output {
    base: PathBuf,
    rotation: Rotation,
    file: File,
    length: u64,
    /// The last bytes that were written.
    tail: Vec<u8>,
    period: Option<i64>,
    rotated: u32,
    rotating: bool,
    /// What of the length is not committed.
    uncommitted: u64,
    /// A write failed, and may have left a part of itself.
    torn: bool,
    /// The position at the last commit.
    committed: Option<Position>,
    compressing: Option<JoinHandle<()>>,
}

impl Output {
    /// Refuses a file that has something in it beside a fresh state.
    pub(super) fn check_fresh(base: &Path) -> Result<(), DestinationError> {
        match fs::metadata(base) {
            Ok(metadata) if !metadata.is_file() => Err(not_regular(base)),
            Ok(metadata) if metadata.len() > 0 => Err(not_empty(base)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed(base, "read", error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn begin(base: &Path, rotation: Rotation) -> Result<Self, DestinationError> {
        Ok(Self::new(base, rotation, new_file(base)?))
    }

    fn new(base: &Path, rotation: Rotation, file: File) -> Self {
        Self {
            base: base.to_owned(),
            rotation,
            file,
            length: 0,
            tail: Vec::new(),
            period: None,
            rotated: 0,
            rotating: false,
            uncommitted: 0,
            torn: false,
            committed: None,
            compressing: None,
        }
    }

    pub(super) fn go_on(
        base: &Path,
        rotation: Rotation,
        position: Position,
    ) -> Result<Self, DestinationError> {
        let next = numbered(base, position.rotated + 1);
        let compressed = with_suffix(&next, ".gz");
        let mut output = if position.rotating
            && (is_inode(&next, position.inode) || (!next.exists() && compressed.exists()))
        {
            // It was renamed already, and perhaps compressed, too.
            Self {
                rotated: position.rotated + 1,
                ..Self::begin(base, rotation)?
            }
        } else {
            Self::open_again(base, rotation, position)?
        };
        output.tidy_up();
        Ok(output)
    }

    fn open_again(
        base: &Path,
        rotation: Rotation,
        position: Position,
    ) -> Result<Self, DestinationError> {
        let committed = position.length;
        let found = match fs::metadata(base) {
            Ok(metadata) => Some(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(base, "opened", error)),
        };
        if found.unwrap_or(0) == 0 && (committed == 0 || position.clean) {
            if committed > 0 {
                tracing::warn!(
                    file = %base.display(),
                    committed,
                    "the output was moved or emptied since it was closed; going on in a new one"
                );
            }
            return Ok(Self {
                period: position.period,
                rotated: position.rotated,
                ..Self::begin(base, rotation)?
            });
        }
        let Some(found) = found else {
            return Err(refused(
                base,
                &format!(
                    "is gone, but {committed} bytes were written to it, and more may have been \
                     when the collector was killed: put it back and start again"
                ),
            ));
        };
        if found < committed {
            return Err(refused(
                base,
                &format!(
                    "has {found} bytes, but {committed} were written to it: put the missing back, \
                     or move it away and start again: the collector goes on in a new file"
                ),
            ));
        }
        let file = open_file(base, false)?;
        length_of(base, &file)?;
        let tail = read_tail(&file, committed).map_err(|source| failed(base, "read", source))?;
        let is_other_inode = position.inode.is_some() && inode(&file) != position.inode;
        if hash(&tail) != position.tail || committed == 0 && found > 0 && is_other_inode {
            return Err(refused(
                base,
                "is not the file that the state speaks of: name that one, or begin anew with a new \
                 state and output",
            ));
        }
        if found > committed {
            tracing::info!(
                from = found,
                to = committed,
                "cutting the output back to what is committed"
            );
            file.set_len(committed)
                .and_then(|()| file.sync_data())
                .map_err(|source| failed(base, "cut back", source))?;
        }
        Ok(Self {
            length: committed,
            tail,
            period: position.period,
            rotated: position.rotated,
            committed: Some(position),
            ..Self::new(base, rotation, file)
        })
    }

    pub(super) fn position(&self, clean: bool) -> Vec<u8> {
        let position = match (&self.committed, clean) {
            // What was written since was taken back.
            (Some(committed), true) => Position {
                clean,
                ..committed.clone()
            },
            _ => self.here(clean),
        };
        // Numbers and strings: nothing that JSON could refuse.
        serde_json::to_vec(&position).unwrap_or_default()
    }

    fn here(&self, clean: bool) -> Position {
        Position {
            length: self.length,
            tail: hash(&self.tail),
            inode: inode(&self.file),
            period: self.period,
            rotated: self.rotated,
            rotating: self.rotating,
            clean,
        }
    }

    /// Makes sure that the file at the path is this one, and as long as it should be.
    pub(super) fn check_place(&self) -> Result<(), DestinationError> {
        const ON: &str = "what is committed is safe, nothing else is in it; start again to go on \
             (and let this program rotate, instead of another one)";
        let metadata = match fs::metadata(&self.base) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let what = format!("was moved or deleted while it was written: {ON}");
                return Err(refused(&self.base, &what));
            }
            Err(error) => return Err(failed(&self.base, "read", error)),
        };
        let found = metadata.len();
        let what = if inode_of(&metadata) != inode(&self.file) {
            format!("was replaced by another file while it was written: {ON}")
        } else if found < self.length {
            format!(
                "was truncated while it was written: it has {found} bytes instead of {}; events \
                 that were committed are not in it any more, if nobody has a copy. Move it away \
                 and start again: the collector goes on in a new file",
                self.length
            )
        } else if found > self.length {
            format!(
                "was written to by somebody else: it has {found} bytes instead of {}",
                self.length
            )
        } else {
            return Ok(());
        };
        Err(refused(&self.base, &what))
    }

    /// Whether a new file is to be begun before this batch.
    pub(super) fn is_to_rotate(&self, batch: &Batch, on_demand: bool) -> bool {
        if self.length == 0 {
            return false;
        }
        let is_full = self.rotation.bytes.is_some_and(|most| {
            let bytes = batch
                .entries()
                .iter()
                .map(|it| it.entry.json().len() as u64 + 1);
            !batch.is_empty() && self.length.saturating_add(bytes.sum()) > most
        });
        let is_other = !batch.is_empty() && self.period < self.period_of(batch);
        on_demand || is_full || is_other && self.period.is_some()
    }

    fn period_of(&self, batch: &Batch) -> Option<i64> {
        Some(batch.range().end().div_euclid(self.rotation.period?))
    }

    /// Decides which name the file is to have. It is noted before the file is renamed.
    pub(super) fn plan_rotation(&mut self) -> Result<(), DestinationError> {
        let is_taken = |number: u32| {
            let path = numbered(&self.base, number);
            path.exists() || with_suffix(&path, ".gz").exists()
        };
        let free = (self.rotated + 1..u32::MAX).find(|number| !is_taken(*number));
        let Some(free) = free else {
            return Err(refused(
                &self.base,
                "cannot be rotated: every number is taken",
            ));
        };
        self.rotated = free - 1;
        self.rotating = true;
        Ok(())
    }

    /// Renames the file and begins a new one.
    pub(super) fn rotate(&mut self) -> Result<(), DestinationError> {
        let target = numbered(&self.base, self.rotated + 1);
        fs::rename(&self.base, &target).map_err(|source| failed(&self.base, "renamed", source))?;
        self.file = new_file(&self.base)?;
        tracing::info!(file = %target.display(), "rotated the output");
        self.rotated += 1;
        self.rotating = false;
        (self.length, self.uncommitted) = (0, 0);
        self.period = None;
        self.tail.clear();
        self.committed = Some(self.here(false));
        if self.rotation.compress {
            self.compress(vec![target]);
        }
        Ok(())
    }

    /// Writes a batch and syncs it to disk.
    pub(super) fn write(&mut self, batch: &Batch) -> Result<(), DestinationError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.period = self.period.max(self.period_of(batch));
        let mut piece = Vec::with_capacity(PIECE);
        for entry in batch.entries() {
            entry.entry.append_ndjson(&mut piece);
            if piece.len() >= PIECE {
                self.append(&piece)?;
                piece.clear();
            }
        }
        self.append(&piece)?;
        self.file
            .sync_data()
            .map_err(|source| failed(&self.base, "synced", source))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), DestinationError> {
        self.torn = true;
        self.file
            .write_all(bytes)
            .map_err(|source| failed(&self.base, "written", source))?;
        self.torn = false;
        self.length += bytes.len() as u64;
        self.uncommitted += bytes.len() as u64;
        let (_, tail) = bytes.split_at(bytes.len().saturating_sub(TAIL));
        self.tail.extend_from_slice(tail);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        Ok(())
    }

    pub(super) fn committed(&mut self) {
        self.uncommitted = 0;
        self.committed = Some(self.here(false));
    }

    /// Takes back what a failed commit may have left, wherever the file is by now, so that whoever
    /// reads it finds what is committed. Returns whether that is all there is in it. It never makes
    /// the file longer.
    pub(super) fn undo(&mut self) -> bool {
        let (Some(committed), Ok(metadata)) = (&self.committed, self.file.metadata()) else {
            return false;
        };
        let found = metadata.len();
        let whole = if self.torn {
            committed.length
        } else {
            // Whatever somebody else did to it, what this batch wrote stands at its end.
            found.saturating_sub(self.uncommitted)
        };
        if whole > committed.length {
            // Somebody else wrote to it. That is not ours to remove.
            return false;
        }
        whole >= found
            || self
                .file
                .set_len(whole)
                .and_then(|()| self.file.sync_data())
                .is_ok()
    }

    /// Removes what a killed process left that was compressing, and compresses what it did not.
    fn tidy_up(&mut self) {
        let mut left = Vec::new();
        for number in (1..=self.rotated).rev() {
            let plain = numbered(&self.base, number);
            let compressed = with_suffix(&plain, ".gz");
            // What is not there cannot be removed; what can be is in nobody's way.
            let _ = fs::remove_file(with_suffix(&plain, ".gz.new"));
            if !plain.exists() {
                if !compressed.exists() {
                    // Moved away, and so are those before it.
                    break;
                }
                continue;
            }
            if compressed.exists() {
                // It was compressed to the end, and not removed yet.
                let _ = fs::remove_file(&plain);
            } else if self.rotation.compress {
                left.push(plain);
            }
        }
        if !left.is_empty() {
            self.compress(left);
        }
    }

    /// Compresses files on a thread of its own, after those before.
    fn compress(&mut self, files: Vec<PathBuf>) {
        let before = self.compressing.take();
        self.compressing = Some(std::thread::spawn(move || {
            if let Some(before) = before {
                let _ = before.join();
            }
            for file in files {
                if let Err(error) = compress(&file) {
                    tracing::warn!(
                        file = %file.display(),
                        error = %error,
                        "a rotated file cannot be compressed; it is tried again at the next start"
                    );
                }
            }
        }));
    }

    /// Waits for what is being compressed.
    pub(super) fn close(&mut self) {
        if let Some(compressing) = self.compressing.take() {
            let _ = compressing.join();
        }
    }
}

/// Puts a compressed file beside one, and removes that.
fn compress(path: &Path) -> io::Result<()> {
    let new = with_suffix(path, ".gz.new");
    let mut from = BufReader::with_capacity(PIECE, File::open(path)?);
    let mut to = GzEncoder::new(File::create(&new)?, Compression::default());
    io::copy(&mut from, &mut to)?;
    to.finish()?.sync_all()?;
    fs::rename(&new, with_suffix(path, ".gz"))?;
    sync_parent(path)?;
    fs::remove_file(path)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// `audit.ndjson` when it was rotated: `audit-000001.ndjson`.
fn numbered(base: &Path, number: u32) -> PathBuf {
    let mut name = base.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number:06}"));
    if let Some(extension) = base.extension() {
        name.push(".");
        name.push(extension);
    }
    base.with_file_name(name)
}

fn refused(path: &Path, what: &str) -> DestinationError {
    DestinationError::refused(format!("{} {what}", path.display()))
}

fn not_empty(path: &Path) -> DestinationError {
    refused(
        path,
        "is not empty, but the state knows nothing of it: name another file, or the state that \
         belongs to it",
    )
}

fn not_regular(path: &Path) -> DestinationError {
    refused(path, "is no regular file: use standard output instead")
}

fn failed(path: &Path, doing: &str, source: io::Error) -> DestinationError {
    refused(path, &format!("cannot be {doing}")).with_source(source)
}

/// A file that is made here, or is there and empty.
fn new_file(path: &Path) -> Result<File, DestinationError> {
    let file = open_file(path, true)?;
    if length_of(path, &file)? > 0 {
        return Err(not_empty(path));
    }
    sync_parent(path).map_err(|source| failed(path, "synced", source))?;
    Ok(file)
}

fn open_file(path: &Path, create: bool) -> Result<File, DestinationError> {
    let mut options = OpenOptions::new();
    // Appending: in a file that somebody truncates no hole appears.
    let file = options
        .read(true)
        .append(true)
        .create(create)
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
        Err(TryLockError::WouldBlock) => Err(DestinationError::refused(format!(
            "another collector is writing to {}: give this one a file of its own",
            path.display()
        ))),
        _ => Ok(file),
    }
}

fn length_of(path: &Path, file: &File) -> Result<u64, DestinationError> {
    let metadata = file
        .metadata()
        .map_err(|source| failed(path, "read", source))?;
    if !metadata.is_file() {
        return Err(not_regular(path));
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

fn is_inode(path: &Path, known: Option<u64>) -> bool {
    fs::metadata(path).is_ok_and(|metadata| known.is_none() || inode_of(&metadata) == known)
}

fn inode(file: &File) -> Option<u64> {
    file.metadata().ok().as_ref().and_then(inode_of)
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // Elsewhere there is none.
pub(super) fn inode_of(metadata: &fs::Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(metadata.ino())
}

#[cfg(not(unix))]
pub(super) fn inode_of(_: &fs::Metadata) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{collect::destination::BatchEntry, model::RawEntry};

    const LINE: &str = "{\"id\":\"e1\"}\n";

    fn batch(date: i64) -> Batch {
        let entry = BatchEntry::new(RawEntry::from_json(LINE.trim_end()), false);
        Batch::new(date..=date, vec![entry])
    }

    fn begin(base: &Path, rotation: Rotation) -> Output {
        Output::begin(base, rotation).expect("fresh")
    }

    fn commit(output: &mut Output, date: i64) {
        output.write(&batch(date)).expect("written");
        output.committed();
    }

    fn position(output: &Output) -> Position {
        serde_json::from_slice(&output.position(false)).expect("a position")
    }

    fn refusal(base: &Path, position: Position) -> String {
        let gone_on = Output::go_on(base, Rotation::default(), position);
        gone_on.expect_err("refused").to_string()
    }

    #[test]
    fn a_second_writer_is_refused_and_so_is_what_is_no_fresh_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = directory.path().join("out");
        Output::check_fresh(&base).expect("there is none");
        let first = begin(&base, Rotation::default());
        Output::check_fresh(&base).expect("an empty one");
        let error = Output::begin(&base, Rotation::default()).expect_err("in use");
        assert!(error.to_string().contains("another collector"), "{error}");
        drop(first);
        fs::write(&base, LINE).expect("written");
        let error = Output::begin(&base, Rotation::default()).expect_err("something is in it");
        assert!(error.to_string().contains("not empty"), "{error}");
        for (path, words) in [
            (&*base, "not empty"),
            (directory.path(), "no regular file"),
            (&base.join("below"), "cannot be read"),
        ] {
            let error = Output::check_fresh(path).expect_err("refused");
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn a_file_rotates_where_it_is_full_or_another_period_begins() {
        let line = LINE.len() as u64;
        let (full, hourly) = (|bytes| (Some(bytes), None), (None, Some(3_600)));
        for ((bytes, period), date, on_demand, expected) in [
            (full(2 * line), 0, false, false),
            (full(2 * line - 1), 0, false, true),
            (hourly, 3_599, false, false),
            (hourly, 3_600, false, true),
            (hourly, -1, false, false),
            ((None, None), 0, false, false),
            ((None, None), 0, true, true),
        ] {
            let directory = tempfile::tempdir().expect("a directory");
            let rotation = Rotation {
                bytes,
                period,
                compress: false,
            };
            let mut output = begin(&directory.path().join("out"), rotation);
            assert!(!output.is_to_rotate(&batch(date), true), "it is empty");
            commit(&mut output, 0);
            let is_to_rotate = output.is_to_rotate(&batch(date), on_demand);
            assert_eq!(is_to_rotate, expected, "{rotation:?} {date}");
        }
    }

    /// Killed at any moment of a rotation it goes on in the right file.
    #[test]
    fn a_rotation_that_was_cut_short_is_told_by_the_files() {
        for (renamed, compressed, other, rotated) in [
            (false, false, false, 0),
            (true, false, false, 1),
            (true, true, false, 1),
            // Somebody has put a file there meanwhile.
            (false, false, true, 0),
        ] {
            let directory = tempfile::tempdir().expect("a directory");
            let base = directory.path().join("out");
            let next = numbered(&base, 1);
            let mut output = begin(&base, Rotation::default());
            commit(&mut output, 0);
            output.plan_rotation().expect("planned");
            let planned = position(&output);
            drop(output);
            if renamed {
                fs::rename(&base, &next).expect("renamed");
            }
            if compressed {
                compress(&next).expect("compressed");
                assert!(!next.exists());
            }
            if other {
                fs::write(&next, "x").expect("written");
            }
            let output = Output::go_on(&base, Rotation::default(), planned).expect("goes on");
            let length = if renamed { 0 } else { LINE.len() as u64 };
            let is = (output.rotated, output.length, output.rotating);
            assert_eq!(is, (rotated, length, false), "{renamed} {compressed}");
        }
    }

    #[test]
    fn what_is_not_the_file_that_was_written_is_refused_in_words() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = directory.path().join("out");
        let mut output = begin(&base, Rotation::default());
        let empty = position(&output);
        commit(&mut output, 0);
        let written = position(&output);
        drop(output);
        // What is not committed is cut off.
        fs::write(&base, [LINE, "half"].concat()).expect("written");
        let again = Output::go_on(&base, Rotation::default(), written.clone());
        assert_eq!(position(&again.expect("goes on")), written);
        assert_eq!(fs::read_to_string(&base).expect("there"), LINE);
        drop(Output::go_on(&base, Rotation::default(), empty.clone()).expect("the same file"));
        assert_eq!(fs::read_to_string(&base).expect("there"), "");

        fs::write(&base, "half").expect("written");
        let words = refusal(&base, written.clone());
        assert!(
            words.contains("has 4 bytes, but 12 were written"),
            "{words}"
        );
        fs::write(&base, LINE.replace('1', "2")).expect("written");
        let words = refusal(&base, written.clone());
        assert!(words.contains("not the file"), "{words}");
        fs::rename(&base, directory.path().join("old")).expect("renamed");
        let words = refusal(&base, written.clone());
        assert!(words.contains("is gone, but 12 bytes"), "{words}");
        let below = directory.path().join("old/below");
        let words = refusal(&below, written);
        assert!(words.contains("cannot be opened"), "{words}");
        fs::write(&base, LINE).expect("written");
        let words = refusal(&base, empty.clone());
        assert!(words.contains("not the file"), "{words}");
        fs::remove_file(&base).expect("removed");
        Output::go_on(&base, Rotation::default(), empty).expect("nothing is missing");
    }

    /// Whoever reads the file after a commit that failed finds what is committed.
    #[test]
    fn a_failed_commit_is_taken_back_and_nothing_else() {
        let line = LINE.len() as u64;
        for (found, torn, whole, left) in [
            (2 * line, false, true, line),
            // Torn: however much of it came.
            (line + 5, true, true, line),
            (line, true, true, line),
            // Emptied by somebody before or after it was written.
            (line, false, true, 0),
            (0, false, true, 0),
            // Somebody else wrote to it.
            (3 * line, false, false, 3 * line),
        ] {
            let directory = tempfile::tempdir().expect("a directory");
            let base = directory.path().join("out");
            let mut output = begin(&base, Rotation::default());
            assert!(!output.undo(), "nothing was ever committed");
            commit(&mut output, 0);
            output.write(&batch(0)).expect("written");
            output.torn = torn;
            output.file.set_len(found).expect("set");
            assert_eq!(output.undo(), whole, "{found} {torn}");
            let length = fs::metadata(&base).expect("there").len();
            assert_eq!(length, left, "{found} {torn}");
        }
    }

    #[test]
    fn names_of_rotated_files() {
        for (base, number, name) in [
            ("/a/audit.ndjson", 1, "/a/audit-000001.ndjson"),
            ("audit", 12, "audit-000012"),
            ("a.b.json", 1_000_000, "a.b-1000000.json"),
        ] {
            assert_eq!(numbered(Path::new(base), number), Path::new(name));
        }
    }

    #[test]
    fn a_file_that_was_moved_away_after_the_end_is_followed_by_a_new_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = directory.path().join("out");
        let rotation = Rotation {
            period: Some(60),
            ..Rotation::default()
        };
        let mut output = begin(&base, rotation);
        (output.rotated, output.period) = (3, Some(1));
        commit(&mut output, 60);
        // Written, and not committed: what the state keeps is what was.
        output.write(&batch(120)).expect("written");
        let end = output.position(true);
        assert!(output.undo());
        drop(output);
        let end: Position = serde_json::from_slice(&end).expect("a position");
        assert!(end.clean && end.length == LINE.len() as u64, "{end:?}");
        fs::rename(&base, directory.path().join("moved")).expect("renamed");
        let output = Output::go_on(&base, rotation, end).expect("goes on");
        let is = (output.length, output.rotated, output.period);
        assert_eq!(is, (0, 3, Some(1)));
    }

    #[test]
    fn a_copy_is_as_good_as_the_file_and_its_last_bytes_are_found_behind_more() {
        let directory = tempfile::tempdir().expect("a directory");
        let (base, copy) = (directory.path().join("out"), directory.path().join("copy"));
        let mut output = begin(&base, Rotation::default());
        for _ in 0..2 * TAIL / LINE.len() {
            output.write(&batch(0)).expect("written");
        }
        output.committed();
        let written = position(&output);
        output.write(&batch(0)).expect("written");
        drop(output);
        fs::copy(&base, &copy).expect("copied");
        fs::rename(&copy, &base).expect("restored");
        let again = Output::go_on(&base, Rotation::default(), written.clone()).expect("goes on");
        assert_eq!(again.length, written.length);
        assert_eq!(fs::metadata(&base).expect("there").len(), written.length);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_not_in_its_place_is_told() {
        let directory = tempfile::tempdir().expect("a directory");
        let [base, moved] = ["in/out", "moved"].map(|name| directory.path().join(name));
        fs::create_dir(directory.path().join("in")).expect("made");
        let mut output = begin(&base, Rotation::default());
        commit(&mut output, 0);
        output.check_place().expect("as it was");
        let is_told = |words: &str| {
            let error = output.check_place().expect_err("told").to_string();
            assert!(error.contains(words), "{error}");
        };
        fs::rename(&base, &moved).expect("moved");
        is_told("was moved or deleted");
        fs::copy(&moved, &base).expect("copied");
        is_told("was replaced by another file");
        fs::remove_dir_all(directory.path().join("in")).expect("removed");
        fs::write(directory.path().join("in"), "").expect("written");
        is_told("cannot be read");
    }

    #[test]
    fn a_taken_name_is_passed_over_and_what_was_not_compressed_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = directory.path().join("out");
        let mut output = begin(&base, Rotation::default());
        for number in 1..=3 {
            if number == 3 {
                // One that was compressed and one that was not are both taken.
                compress(&numbered(&base, 2)).expect("compressed");
                output.rotated = 0;
            }
            commit(&mut output, 0);
            output.plan_rotation().expect("planned");
            output.rotate().expect("rotated");
            assert_eq!(output.rotated, number);
        }
        let here = position(&output);
        drop(output);
        let rotation = Rotation {
            compress: true,
            ..Rotation::default()
        };
        Output::go_on(&base, rotation, here)
            .expect("goes on")
            .close();
        for number in 1..=3 {
            let plain = numbered(&base, number);
            assert!(!plain.exists() && with_suffix(&plain, ".gz").exists());
        }
    }
}
