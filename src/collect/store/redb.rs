//! `RedbStore`: a state in a file, by the embedded database redb.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableHandle};
use tower::BoxError;

use crate::collect::{Checkpoint, CheckpointStore, Commit, EntryId, StoreError};

/// What the file says it is, and its checkpoint.
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// The ids that were handed on, each with its time.
const IDS: TableDefinition<'_, u128, i64> = TableDefinition::new("ids");
/// The same by time, for forgetting.
const TIMES: TableDefinition<'_, (i64, u128), ()> = TableDefinition::new("times");

const FORMAT: &[u8] = b"slack-audit-logs collector, layout 1";
/// How many ids one commit forgets at most, so that a commit after a long round stays quick.
const FORGET_AT_ONCE: usize = 100_000;
/// Of redb's page cache: its default is 1 GiB.
const CACHE_BYTES: usize = 32 << 20;

/// A state in a file: transactional, synced to disk with every commit, and locked against a second
/// collector.
///
/// The file is opened when the collector starts, and wholly verified then (a checksum stands on
/// every page of it). A file that is torn, altered or something else is an error in words. A
/// missing file is a fresh state; it is made under another name first, so that there never is a
/// half-made one.
///
/// It is about 100 bytes for each event of the time that the deep scan reaches back.
#[derive(Debug)]
pub struct RedbStore {
    path: PathBuf,
    database: Option<Arc<Database>>,
}

impl RedbStore {
    /// The state in this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            database: None,
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Does database work on a thread where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Some(database) = self.database.clone() else {
            return Err(StoreError::io(
                &self.path,
                doing,
                "it was not loaded before",
            ));
        };
        let path = self.path.clone();
        spawn(&self.path, doing, move || {
            work(&database).map_err(|error| of_redb(&path, doing, error))
        })
        .await
    }
}

/// Runs blocking work; a panic in it, as redb may have over a file that changes under it, is
/// damage.
async fn spawn<T: Send + 'static>(
    path: &Path,
    doing: &'static str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(StoreError::damaged(path, "the database gave up")),
        Err(error) => Err(StoreError::io(path, doing, error)),
    }
}

impl CheckpointStore for RedbStore {
    async fn load(&mut self) -> Result<Option<Checkpoint>, StoreError> {
        if self.database.is_none() {
            let path = self.path.clone();
            let database = spawn(&self.path, "opened", move || open(&path)).await?;
            self.database = Some(Arc::new(database));
        }
        let bytes = self
            .blocking("read", |database| {
                let table = database.begin_read()?.open_table(META)?;
                Ok(table.get("checkpoint")?.map(|bytes| bytes.value().to_vec()))
            })
            .await?;
        let Some(bytes) = bytes else { return Ok(None) };
        match Checkpoint::from_bytes(&bytes) {
            Ok(checkpoint) => Ok(Some(checkpoint)),
            Err(StoreError::Damaged { what, .. }) => Err(StoreError::damaged(&self.path, what)),
            Err(error) => Err(error),
        }
    }

    async fn known(&mut self, ids: Vec<EntryId>) -> Result<Vec<Option<i64>>, StoreError> {
        self.blocking("read", move |database| {
            let table = database.begin_read()?.open_table(IDS)?;
            ids.into_iter()
                .map(|id| Ok(table.get(id.as_u128())?.map(|time| time.value())))
                .collect()
        })
        .await
    }

    async fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.blocking("written", move |database| write(database, &commit))
            .await
    }
}

fn write(database: &Database, commit: &Commit) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut ids = transaction.open_table(IDS)?;
        let mut times = transaction.open_table(TIMES)?;
        for (id, time) in &commit.ids {
            let id = id.as_u128();
            let before = ids.insert(id, time)?.map(|before| before.value());
            if let Some(before) = before {
                times.remove((before, id))?;
            }
            times.insert((*time, id), ())?;
        }
        let old: Vec<(i64, u128)> = times
            .range(..(commit.forget_before, 0))?
            .take(FORGET_AT_ONCE)
            .map(|row| row.map(|(key, _)| key.value()))
            .collect::<Result<_, _>>()?;
        for key in old {
            times.remove(key)?;
            ids.remove(key.1)?;
        }
        let mut meta = transaction.open_table(META)?;
        meta.insert("checkpoint", commit.checkpoint.to_bytes().as_slice())?;
    }
    transaction.commit()?;
    Ok(())
}

fn open(path: &Path) -> Result<Database, StoreError> {
    let io = |error| StoreError::io(path, "opened", error);
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() == 0 => {
            return Err(StoreError::damaged(path, "the file is empty"));
        }
        Ok(metadata) if !metadata.is_file() => {
            return Err(foreign(path, "it is no regular file"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path)?,
        Err(error) => return Err(io(error)),
    }
    let database = builder()
        .set_check_integrity_on_open(true)
        .open(path)
        .map_err(|error| of_redb(path, "opened", error.into()))?;
    check_format(path, &database)?;
    Ok(database)
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn foreign(path: &Path, what: &'static str) -> StoreError {
    StoreError::Foreign {
        path: path.to_owned(),
        what,
    }
}

/// Makes an empty state under another name and puts it in its place in one step, without ever
/// replacing a file that is there.
fn create(path: &Path) -> Result<(), StoreError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let io = |error| StoreError::io(path, "made", error);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{count}.new", std::process::id()));
    let new = PathBuf::from(name);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let made = (|| -> Result<(), redb::Error> {
        let database = builder().create(&new)?;
        let transaction = database.begin_write()?;
        transaction.open_table(META)?.insert("format", FORMAT)?;
        transaction.open_table(IDS)?;
        transaction.open_table(TIMES)?;
        transaction.commit()?;
        database.close()?;
        Ok(())
    })();
    let placed = made
        .map_err(|error| of_redb(path, "made", error))
        .and_then(|()| match fs::hard_link(&new, path) {
            // Somebody else was faster: theirs is opened, or refused as in use.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // Not every file system has links.
            Err(_) => fs::rename(&new, path).map_err(io),
            Ok(()) => Ok(()),
        });
    // Gone already if it was renamed.
    let _ = fs::remove_file(&new);
    placed?;
    sync_parent(path).map_err(io)
}

/// Makes the name of a new file durable.
pub(in crate::collect) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if cfg!(unix) {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn check_format(path: &Path, database: &Database) -> Result<(), StoreError> {
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
        Ok(_) | Err(redb::Error::TableTypeMismatch { .. }) => {
            Err(foreign(path, "it is a redb database of something else"))
        }
        Err(error) => Err(of_redb(path, "read", error)),
    }
}

/// What redb failed with, in words.
fn of_redb(path: &Path, doing: &'static str, error: redb::Error) -> StoreError {
    match error {
        redb::Error::DatabaseAlreadyOpen => StoreError::InUse {
            path: path.to_owned(),
        },
        redb::Error::Corrupted(what) => StoreError::damaged(path, what),
        redb::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            StoreError::damaged(path, "it was cut short")
        }
        redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            foreign(path, "it is no database")
        }
        redb::Error::Io(error) => StoreError::io(path, doing, error),
        error => StoreError::io(path, doing, BoxError::from(error)),
    }
}
