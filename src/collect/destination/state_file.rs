//! `StateFile`: checkpoint and ids in a file, by the embedded database redb.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableHandle};
use tower::BoxError;

use super::{Checkpoint, Commit, DestinationError, KnownIds, output::inode_of};
use crate::collect::EntryId;

/// What the file says it is, its checkpoint, and how far the output is.
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// The ids that are remembered, in rows in the order of commits: a time in seconds, then ids with
/// that time, 16 bytes each.
const IDS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("id_rows");

/// Layout 1 was that of this crate's version 0.1.0.
const FORMAT: &[u8] = b"slack-audit-logs collector, layout 2";
const FORMAT_BEFORE: &[u8] = b"slack-audit-logs collector, layout 1";
const CHECKPOINT: &str = "checkpoint";
const OUTPUT: &str = "output";
/// Ids in a row: with its time it fits into eight pages of redb.
const ROW: usize = 2_000;
/// How many rows one commit forgets at most.
const FORGET_AT_ONCE: usize = 200;
/// Of redb's page cache: its default is 1 GiB. All ids are in memory, so little is read twice.
const CACHE_BYTES: usize = 8 << 20;

/// A state in a file: transactional, synced to disk with every commit, and locked against a second
/// collector.
///
/// It is wholly verified when it is opened (a checksum stands on every page). A file that is torn,
/// altered or something else is an error in words. A missing file is a fresh state; it is made with
/// its first commit.
pub(super) struct StateFile {
    path: PathBuf,
    opened: Option<Opened>,
}

#[derive(Default)]
struct Opened {
    /// `None` before the first commit.
    database: Option<Database>,
    /// Of the file, where there are inode numbers.
    inode: Option<u64>,
    ids: KnownIds,
    next_row: u64,
}

/// What a state was found to hold.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) checkpoint: Checkpoint,
    /// How far the output is, in its own words.
    pub(super) output: Option<Vec<u8>>,
}

impl StateFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, opened: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the state and reads it; `None` if there is none. It blocks.
    pub(super) fn open(&mut self) -> Result<Option<Found>, DestinationError> {
        self.opened = None;
        remove_leftover(&self.path)?;
        let mut opened = Opened::default();
        let found = match open_database(&self.path)? {
            None => None,
            Some(database) => {
                let read = read(&database, &mut opened);
                opened.began_with(database, &self.path);
                let (checkpoint, output) =
                    read.map_err(|error| of_redb(&self.path, "read", error))?;
                let checkpoint = checkpoint
                    .ok_or_else(|| damaged(&self.path, "it has no checkpoint"))
                    .and_then(|bytes| Checkpoint::from_bytes(&bytes))?;
                Some(Found { checkpoint, output })
            }
        };
        self.opened = Some(opened);
        Ok(found)
    }

    /// For each id the time it was committed with.
    pub(super) fn known(&self, ids: &[EntryId]) -> Vec<Option<i64>> {
        let known = self.opened.as_ref().map(|opened| &opened.ids);
        ids.iter()
            .map(|id| known.and_then(|known| known.get(*id)))
            .collect()
    }

    /// Makes a commit durable, and with it how far the output is. It blocks.
    pub(super) fn commit(
        &mut self,
        commit: &Commit,
        output: Option<&[u8]>,
    ) -> Result<(), DestinationError> {
        let path = &self.path;
        let opened = self.opened.as_mut().ok_or_else(|| not_open(path))?;
        if let Some(database) = &opened.database {
            opened.check_place(path)?;
            write(database, &mut opened.next_row, Some(commit), output)
                .map_err(|error| of_redb(path, "written", error))?;
        } else {
            let database = create(path, &mut opened.next_row, commit, output)?;
            opened.began_with(database, path);
        }
        opened.ids.commit(commit);
        Ok(())
    }

    /// Notes how far the output is, without a commit. It blocks.
    pub(super) fn note_output(&mut self, output: &[u8]) -> Result<(), DestinationError> {
        let path = &self.path;
        let opened = self.opened.as_mut().ok_or_else(|| not_open(path))?;
        let Some(database) = &opened.database else {
            return Ok(());
        };
        write(database, &mut opened.next_row, None, Some(output))
            .map_err(|error| of_redb(path, "written", error))
    }

    /// Lets go of the file. It blocks.
    pub(super) fn close(&mut self) {
        self.opened = None;
    }
}

impl Opened {
    fn began_with(&mut self, database: Database, path: &Path) {
        self.database = Some(database);
        self.inode = fs::metadata(path).ok().as_ref().and_then(inode_of);
    }

    /// Makes sure that the file at the path is this one: from another nobody could go on.
    fn check_place(&self, path: &Path) -> Result<(), DestinationError> {
        let what = match fs::metadata(path) {
            Ok(metadata) if inode_of(&metadata) == self.inode => return Ok(()),
            Ok(_) => "replaced by another file",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "moved or deleted",
            Err(error) => return Err(failed(path, "read", error)),
        };
        Err(DestinationError::refused(format!(
            "the state {} was {what} while it was used: put it back and start again, or begin anew \
             with a new state and a new output",
            path.display()
        )))
    }
}

type Bytes = Option<Vec<u8>>;

/// Checkpoint and output; the ids go into `opened`.
fn read(database: &Database, opened: &mut Opened) -> Result<(Bytes, Bytes), redb::Error> {
    let transaction = database.begin_read()?;
    let meta = transaction.open_table(META)?;
    let bytes = |key| -> Result<Bytes, redb::Error> {
        Ok(meta.get(key)?.map(|bytes| bytes.value().to_vec()))
    };
    for row in transaction.open_table(IDS)?.iter()? {
        let (number, row) = row?;
        opened.next_row = number.value().saturating_add(1);
        let (time, ids) = split_row(row.value());
        for id in ids {
            opened.ids.insert(id, time);
        }
    }
    Ok((bytes(CHECKPOINT)?, bytes(OUTPUT)?))
}

fn split_row(row: &[u8]) -> (i64, impl Iterator<Item = EntryId> + '_) {
    let (time, ids) = row.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let ids = ids.as_chunks::<16>().0.iter();
    (
        i64::from_be_bytes(*time),
        ids.map(|id| EntryId::from(u128::from_be_bytes(*id))),
    )
}

fn write(
    database: &Database,
    next_row: &mut u64,
    commit: Option<&Commit>,
    output: Option<&[u8]>,
) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    let mut row = *next_row;
    {
        let mut meta = transaction.open_table(META)?;
        if let Some(output) = output {
            meta.insert(OUTPUT, output)?;
        }
        if let Some(commit) = commit {
            let checkpoint = commit.checkpoint.to_bytes();
            meta.insert(CHECKPOINT, checkpoint.as_slice())?;
            let mut rows = transaction.open_table(IDS)?;
            for bytes in to_rows(&commit.ids) {
                rows.insert(row, bytes.as_slice())?;
                row += 1;
            }
            let mut old = Vec::new();
            for row in rows.iter()?.take(FORGET_AT_ONCE) {
                let (number, row) = row?;
                if split_row(row.value()).0 >= commit.checkpoint.floor() {
                    break;
                }
                old.push(number.value());
            }
            for number in old {
                rows.remove(number)?;
            }
        }
    }
    transaction.commit()?;
    *next_row = row;
    Ok(())
}

/// Ids of one time stand together.
fn to_rows(ids: &[(EntryId, i64)]) -> Vec<Vec<u8>> {
    let mut ids: Vec<(i64, u128)> = ids.iter().map(|(id, time)| (*time, id.as_u128())).collect();
    ids.sort_unstable();
    let of_one_time = ids.chunk_by(|one, other| one.0 == other.0);
    of_one_time
        .flat_map(|ids| ids.chunks(ROW))
        .map(|ids| {
            let time = ids.first().map_or(0, |(time, _)| *time);
            let mut row = time.to_be_bytes().to_vec();
            for (_, id) in ids {
                row.extend_from_slice(&id.to_be_bytes());
            }
            row
        })
        .collect()
}

fn open_database(path: &Path) -> Result<Option<Database>, DestinationError> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Err(foreign(path, "it is no regular file")),
        Ok(metadata) if metadata.len() == 0 => return Err(damaged(path, "the file is empty")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, "opened", error)),
    }
    // redb may panic over a file that changes under it.
    let opened = std::panic::catch_unwind(|| {
        let database = builder()
            .set_check_integrity_on_open(true)
            .open(path)
            .map_err(|error| of_redb(path, "opened", error.into()))?;
        check_format(path, &database)?;
        Ok(database)
    });
    opened
        .unwrap_or_else(|_| Err(damaged(path, "the database gave up")))
        .map(Some)
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// The name under which a state is made, before it has its own.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Removes what a killed process left that was making a state. One that is being made is locked.
fn remove_leftover(path: &Path) -> Result<(), DestinationError> {
    let leftover = unfinished(path);
    let file = match File::options().read(true).write(true).open(&leftover) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&leftover, "removed", error)),
    };
    if file.try_lock().is_err() {
        return Err(in_use(path));
    }
    fs::remove_file(&leftover).map_err(|error| failed(&leftover, "removed", error))
}

/// Makes a state with its first commit under another name, and puts it in its place in one step,
/// without ever replacing a file that is there.
fn create(
    path: &Path,
    next_row: &mut u64,
    commit: &Commit,
    output: Option<&[u8]>,
) -> Result<Database, DestinationError> {
    let new = unfinished(path);
    remove_leftover(path)?;
    let made = (|| -> Result<(), redb::Error> {
        let database = builder().create(&new)?;
        let transaction = database.begin_write()?;
        transaction.open_table(META)?.insert("format", FORMAT)?;
        transaction.open_table(IDS)?;
        transaction.commit()?;
        write(&database, next_row, Some(commit), output)?;
        database.close()?;
        Ok(())
    })();
    let placed = made
        .map_err(|error| of_redb(path, "made", error))
        .and_then(|()| match fs::hard_link(&new, path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(in_use(path)),
            // Not every file system has links.
            Err(_) => fs::rename(&new, path).map_err(|error| failed(path, "made", error)),
        });
    // Gone already if it was renamed.
    let _ = fs::remove_file(&new);
    placed?;
    sync_parent(path).map_err(|error| failed(path, "made", error))?;
    open_database(path)?.ok_or_else(|| damaged(path, "it went away"))
}

/// Makes the name of a new file durable.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if cfg!(unix) {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn check_format(path: &Path, database: &Database) -> Result<(), DestinationError> {
    let read = || -> Result<Option<Vec<u8>>, redb::Error> {
        let transaction = database.begin_read()?;
        if !transaction
            .list_tables()?
            .any(|table| table.name() == META.name())
        {
            return Ok(None);
        }
        let format = transaction.open_table(META)?.get("format")?;
        Ok(format.map(|format| format.value().to_vec()))
    };
    match read() {
        Ok(Some(format)) if format == FORMAT => Ok(()),
        Ok(Some(format)) if format == FORMAT_BEFORE => Err(DestinationError::refused(format!(
            "the state {} was written by version 0.1.0, which this version cannot go on from: \
             begin with a new state and a new output, and with --since where the old output ends",
            path.display()
        ))),
        Ok(_) | Err(redb::Error::TableTypeMismatch { .. }) => {
            Err(foreign(path, "it is a redb database of something else"))
        }
        Err(error) => Err(of_redb(path, "read", error)),
    }
}

fn not_open(path: &Path) -> DestinationError {
    DestinationError::refused(format!("the state {} is not open", path.display()))
}

fn in_use(path: &Path) -> DestinationError {
    DestinationError::refused(format!(
        "another collector is using the state {}: stop it first, or give this one a state of \
         its own",
        path.display()
    ))
}

fn damaged(path: &Path, what: &str) -> DestinationError {
    DestinationError::refused(format!(
        "the state {} is damaged: {what} (restore it from a copy together with the output; without \
         a copy, delete it and begin anew with a new output)",
        path.display()
    ))
}

fn foreign(path: &Path, what: &str) -> DestinationError {
    DestinationError::refused(format!(
        "{} is not the state of a collector: {what} (name another file)",
        path.display()
    ))
}

fn failed(path: &Path, doing: &str, source: impl Into<BoxError>) -> DestinationError {
    DestinationError::refused(format!("the state {} cannot be {doing}", path.display()))
        .with_source(source)
}

/// What redb failed with, in words.
fn of_redb(path: &Path, doing: &str, error: redb::Error) -> DestinationError {
    match error {
        redb::Error::DatabaseAlreadyOpen => in_use(path),
        redb::Error::Corrupted(what) => damaged(path, &what),
        redb::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            damaged(path, "it was cut short")
        }
        redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            foreign(path, "it is no database")
        }
        redb::Error::Io(error) => failed(path, doing, error),
        error => failed(path, doing, BoxError::from(error)),
    }
}

/// A part of a destination that blocks, which is lent to a thread for each step.
pub(super) struct Blocking<T> {
    part: Arc<Mutex<T>>,
}

impl<T: Send + 'static> Blocking<T> {
    pub(super) fn new(part: T) -> Self {
        Self {
            part: Arc::new(Mutex::new(part)),
        }
    }

    /// Does something on a thread where it may block. If the future is dropped it goes on to its
    /// end, and the next step waits for it.
    pub(super) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R, DestinationError> + Send + 'static,
    ) -> Result<R, DestinationError> {
        let part = Arc::clone(&self.part);
        let done = tokio::task::spawn_blocking(move || match part.lock() {
            Ok(mut part) => work(&mut part),
            Err(_) => Err(DestinationError::refused(
                "an earlier step did not end well: start the collector again",
            )),
        });
        done.await.unwrap_or_else(|error| {
            Err(DestinationError::refused("a step did not end well").with_source(error))
        })
    }

    /// Looks at it; nothing that blocks for long.
    pub(super) fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.part.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_format(path: &Path, format: &[u8]) {
        let database = builder().create(path).expect("made");
        let transaction = database.begin_write().expect("begun");
        transaction
            .open_table(META)
            .expect("a table")
            .insert("format", format)
            .expect("inserted");
        transaction.commit().expect("committed");
    }

    fn commit(floor: i64, ids: Vec<(EntryId, i64)>) -> Commit {
        let checkpoint = format!(
            r#"{{"version":2,"mode":"follow","filters":"f","since":0,"floor":{floor},"newest":null,
                "tiers":[]}}"#
        );
        let checkpoint = Checkpoint::from_bytes(checkpoint.as_bytes()).expect("one");
        let batch = crate::collect::destination::Batch::new(0..=0, Vec::new());
        Commit::new(batch, checkpoint, ids)
    }

    #[test]
    fn what_a_killed_start_left_is_removed_and_what_is_no_state_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state");
        std::fs::write(unfinished(&path), "half").expect("written");
        let found = StateFile::new(path.clone()).open().expect("fresh");
        assert!(found.is_none());
        assert!(!unfinished(&path).exists() && !path.exists());
        with_format(&path, b"something else");
        let error = StateFile::new(path.clone()).open().expect_err("foreign");
        assert!(error.to_string().contains("something else"), "{error}");
        std::fs::write(&path, "").expect("written");
        let error = StateFile::new(path).open().expect_err("empty");
        assert!(error.to_string().contains("damaged"), "{error}");
    }

    #[test]
    fn a_state_that_was_made_meanwhile_is_never_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state");
        let commit = commit(0, Vec::new());
        let [mut first, mut second] = [path.clone(), path.clone()].map(StateFile::new);
        first.open().expect("fresh");
        second.open().expect("fresh");
        first.commit(&commit, Some(b"first")).expect("made");
        let error = second.commit(&commit, Some(b"second")).expect_err("in use");
        assert!(error.to_string().contains("another collector"), "{error}");
        assert!(!unfinished(&path).exists());
        first.close();
        let found = second.open().expect("whole").expect("one");
        assert_eq!(found.output.as_deref(), Some(&b"first"[..]));
        // Cut short.
        second.close();
        let whole = std::fs::read(&path).expect("there");
        std::fs::write(&path, &whole[..whole.len() / 2]).expect("written");
        let error = second.open().expect_err("cut");
        assert!(error.to_string().contains("damaged"), "{error}");
    }

    #[test]
    fn a_remembered_id_takes_less_than_60_bytes_and_a_forgotten_one_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state");
        let mut file = StateFile::new(path.clone());
        file.open().expect("fresh");
        let windows = 40;
        // Twice: with ids that are all remembered, and with as many more while the first go.
        let mut lengths = Vec::new();
        for window in 0..2 * windows {
            let time = window * 500;
            let ids = (0..5_000_i64)
                .map(|n| (EntryId::hash(b"", &(time * 10 + n).to_be_bytes()), time))
                .collect();
            file.commit(&commit(time - windows * 500, ids), None)
                .expect("committed");
            if (window + 1) % windows == 0 {
                lengths.push(fs::metadata(&path).expect("there").len());
            }
        }
        file.close();
        let most = 60 * 5_000 * u64::try_from(windows).expect("positive");
        // Printed by a failure: bytes after 200,000 ids, and after as many more.
        assert!(lengths.iter().all(|length| *length <= most), "{lengths:?}");
    }

    #[test]
    fn ids_are_kept_in_rows_by_time() {
        let ids: Vec<_> = (0..4_003_i64)
            .map(|n| (EntryId::hash(b"", &n.to_be_bytes()), n % 2))
            .collect();
        let rows = to_rows(&ids);
        assert_eq!(rows.len(), 4, "two of each time");
        let mut read: Vec<_> = rows
            .iter()
            .flat_map(|row| {
                let (time, ids) = split_row(row);
                ids.map(move |id| (id, time))
            })
            .collect();
        let mut ids = ids;
        read.sort_unstable();
        ids.sort_unstable();
        assert_eq!(read, ids);
        let bytes: usize = rows.iter().map(Vec::len).sum();
        assert!(bytes < 17 * ids.len(), "{bytes}");
    }

    #[test]
    fn ids_are_there_again_until_their_time_is_below_the_floor() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state");
        let mut file = StateFile::new(path.clone());
        let id = |time: i64| EntryId::hash(b"", &time.to_be_bytes());
        file.open().expect("fresh");
        for (floor, times) in [(0, [10, 20, 30]), (20, [40, 50, 60]), (20, [70, 80, 90])] {
            let ids = times.map(|time| (id(time), time)).to_vec();
            file.commit(&commit(floor, ids), None).expect("committed");
        }
        file.close();
        file.open().expect("whole").expect("one");
        for time in (10..=90).step_by(10) {
            let expected = Some(time).filter(|time| *time >= 20);
            assert_eq!(file.known(&[id(time)]), [expected], "{time}");
        }
    }

    #[test]
    fn what_cannot_be_a_state_is_said_in_words() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state");
        let said = |path: &Path| {
            let opened = StateFile::new(path.to_owned()).open();
            opened.expect_err("refused").to_string()
        };
        assert!(said(directory.path()).contains("no regular file"));
        let other = builder().create(&path).expect("made");
        let transaction = other.begin_write().expect("begun");
        let table = TableDefinition::<&str, &str>::new("other");
        drop(transaction.open_table(table).expect("a table"));
        transaction.commit().expect("committed");
        drop(other);
        assert!(said(&path).contains("a redb database of something else"));
        let below = path.join("below");
        assert!(said(&below).contains("cannot be removed"));
        let error = open_database(&below).map(drop).expect_err("refused");
        assert!(error.to_string().contains("cannot be opened"), "{error}");
        for (kind, words) in [
            (io::ErrorKind::UnexpectedEof, "it was cut short"),
            (io::ErrorKind::InvalidData, "it is no database"),
            (io::ErrorKind::StorageFull, "cannot be written"),
        ] {
            let error = of_redb(&path, "written", redb::Error::Io(kind.into()));
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_is_made_durable_in_its_own_directory() {
        sync_parent(Path::new("here")).expect("the working directory");
        sync_parent(&std::env::temp_dir().join("there")).expect("synced");
        sync_parent(Path::new("/no such directory/there")).expect_err("there is none");
    }

    #[cfg(unix)]
    #[test]
    fn a_state_that_is_not_in_its_place_is_told_before_anything_is_committed() {
        let directory = tempfile::tempdir().expect("a directory");
        let [path, moved] = ["state", "moved"].map(|name| directory.path().join(name));
        let mut file = StateFile::new(path.clone());
        file.open().expect("fresh");
        file.commit(&commit(0, Vec::new()), None).expect("made");
        file.commit(&commit(1, Vec::new()), None)
            .expect("as it was");
        fs::rename(&path, &moved).expect("moved");
        let error = file.commit(&commit(2, Vec::new()), None);
        let error = error.expect_err("told").to_string();
        assert!(error.contains("was moved or deleted"), "{error}");
        fs::copy(&moved, &path).expect("copied");
        let error = file.commit(&commit(2, Vec::new()), None);
        let error = error.expect_err("told").to_string();
        assert!(error.contains("was replaced"), "{error}");
        fs::rename(&moved, &path).expect("put back");
        file.commit(&commit(2, Vec::new()), None).expect("goes on");
        file.close();
        let found = file.open().expect("whole").expect("one");
        assert_eq!(found.checkpoint.floor(), 2);
    }
}
