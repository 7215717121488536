//! `Store`: what an archive asks of an object store, with errors in the crate's own words.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutResult, UpdateVersion, path::Path,
};

use super::{
    failure::store_failed,
    genesis,
    key::{Date, ObjectKey},
    object::{Header, MAX_HEADER},
};
use crate::collect::destination::DestinationError;

const READING: &str = "reading the archive";

/// A prefix of an object store.
pub(super) struct Store {
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Whether reading, or writing, has ever succeeded: before that a refusal is somebody's
    /// mistake, after it an outage like any other.
    read: AtomicBool,
    written: AtomicBool,
}

/// What became of a conditional put.
#[derive(Debug)]
pub(super) enum Put {
    Done(UpdateVersion),
    /// The condition did not hold, or so the store says.
    Refused,
}

impl Store {
    pub(super) fn new(inner: Arc<dyn ObjectStore>, prefix: Path) -> Self {
        Self {
            inner,
            prefix,
            read: AtomicBool::new(false),
            written: AtomicBool::new(false),
        }
    }

    /// Where something beside the events lies.
    pub(super) fn path(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    pub(super) fn path_of(&self, key: ObjectKey) -> Path {
        key.path(&self.prefix)
    }

    /// The archive could be read: from now on what is refused is an outage.
    pub(super) fn mark_readable(&self) {
        self.read.store(true, Relaxed);
    }

    fn read_failed(&self, doing: &'static str, error: &Error) -> DestinationError {
        store_failed(doing, error, self.read.load(Relaxed))
    }

    fn write_failed(&self, doing: &'static str, error: &Error) -> DestinationError {
        store_failed(doing, error, self.written.load(Relaxed))
    }

    /// A whole object and its version; `None` where there is none.
    pub(super) async fn get(
        &self,
        path: &Path,
    ) -> Result<Option<(Bytes, UpdateVersion)>, DestinationError> {
        let get = async {
            let result = self.inner.get(path).await?;
            let version = UpdateVersion {
                e_tag: result.meta.e_tag.clone(),
                version: result.meta.version.clone(),
            };
            Ok((result.bytes().await?, version))
        };
        match get.await {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.read_failed(READING, &error)),
        }
    }

    /// The header of an object of the chain; `None` where there is no object.
    pub(super) async fn header(&self, key: ObjectKey) -> Result<Option<Header>, DestinationError> {
        let beginning = self.beginning(key).await;
        let beginning = beginning.map_err(|error| self.read_failed(READING, &error))?;
        let header = beginning.map(|bytes| Header::decode(&bytes)).transpose();
        header.map_err(|unreadable| super::unreadable(key, unreadable))
    }

    /// The header of an object that nobody needs any more: `None` also where it is damaged, or has
    /// been moved to where nothing can be read.
    pub(super) async fn header_of_old(
        &self,
        key: ObjectKey,
    ) -> Result<Option<Header>, DestinationError> {
        match self.beginning(key).await {
            Ok(beginning) => Ok(beginning.and_then(|bytes| Header::decode(&bytes).ok())),
            Err(error) if store_failed(READING, &error, false).is_refused() => Ok(None),
            Err(error) => Err(self.read_failed(READING, &error)),
        }
    }

    async fn beginning(&self, key: ObjectKey) -> Result<Option<Bytes>, Error> {
        let path = self.path_of(key);
        match self.inner.get_range(&path, 0..MAX_HEADER as u64).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NotFound { .. }) => Ok(None),
            // No range of an empty object can be asked for.
            Err(error) => match self.inner.head(&path).await {
                Ok(meta) if meta.size == 0 => Ok(Some(Bytes::new())),
                _ => Err(error),
            },
        }
    }

    /// Creates an object where there is none. After an error nobody knows whether it is there.
    pub(super) async fn create(&self, path: &Path, bytes: Bytes) -> Result<Put, DestinationError> {
        self.put(path, bytes, PutMode::Create).await
    }

    /// Replaces an object if it still has this version.
    pub(super) async fn update(
        &self,
        path: &Path,
        bytes: Bytes,
        version: UpdateVersion,
    ) -> Result<Put, DestinationError> {
        self.put(path, bytes, PutMode::Update(version)).await
    }

    async fn put(&self, path: &Path, bytes: Bytes, mode: PutMode) -> Result<Put, DestinationError> {
        let options = PutOptions::from(mode);
        match self.inner.put_opts(path, bytes.into(), options).await {
            Ok(PutResult { e_tag, version, .. }) => {
                self.written.store(true, Relaxed);
                Ok(Put::Done(UpdateVersion { e_tag, version }))
            }
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(Put::Refused),
            Err(error) => Err(self.write_failed("writing to the archive", &error)),
        }
    }

    /// Deletes an object of the chain; it need not be there.
    pub(super) async fn delete(&self, key: ObjectKey) -> Result<(), DestinationError> {
        match self.inner.delete(&self.path_of(key)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.write_failed("deleting from the archive", &error)),
        }
    }

    /// The dates that have a folder, oldest first. A folder may hold nothing of the archive.
    pub(super) async fn dates(&self) -> Result<Vec<Date>, DestinationError> {
        let prefix = Some(&self.prefix).filter(|prefix| !prefix.is_root());
        let listed = self
            .inner
            .list_with_delimiter(prefix)
            .await
            .map_err(|error| self.read_failed("listing the archive", &error))?;
        let folders = listed.common_prefixes.iter();
        let mut dates: Vec<Date> = folders
            .filter_map(|folder| Date::from_folder(folder.filename()?))
            .collect();
        dates.sort_unstable();
        dates.dedup();
        Ok(dates)
    }

    /// The objects of a date, oldest first.
    pub(super) async fn keys(&self, date: Date) -> Result<Vec<ObjectKey>, DestinationError> {
        let folder = self.path(&date.folder());
        let mut keys: Vec<ObjectKey> = self
            .inner
            .list(Some(&folder))
            .map_ok(|meta| ObjectKey::of_path(&self.prefix, &meta.location))
            .try_filter_map(async |key| Ok(key))
            .try_collect()
            .await
            .map_err(|error| self.read_failed("listing the archive", &error))?;
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// The key of some object of the chain, if there is any.
    pub(super) async fn any_key(&self) -> Result<Option<ObjectKey>, DestinationError> {
        for date in self.dates().await? {
            if let Some(key) = self.keys(date).await?.first() {
                return Ok(Some(*key));
            }
        }
        Ok(None)
    }

    /// When `_archive` was written, by the store's clock, in seconds ago by this machine's.
    pub(super) async fn age_of_genesis(&self) -> Result<i64, DestinationError> {
        let meta = self
            .inner
            .head(&self.path(genesis::NAME))
            .await
            .map_err(|error| self.read_failed(READING, &error))?;
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |now| now.as_secs().cast_signed());
        Ok(now - meta.last_modified.timestamp())
    }
}
