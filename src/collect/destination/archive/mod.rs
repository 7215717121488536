//! `Archive`: every event exactly once on object storage, on any number of hosts.
//!
//! [`object`] is the format, [`key`] the names, [`genesis`] the beginning, [`tip`] how it is read
//! back by its writer and [`committed`] by others; [`writer`] is how it grows; [`lease`] and
//! [`directory`] keep a second collector waiting; [`store`] is what is asked of an object store.

mod committed;
#[cfg(any(
    feature = "archive-s3",
    feature = "archive-gcs",
    feature = "archive-azure"
))]
mod connector;
mod directory;
mod failure;
mod genesis;
mod key;
mod lease;
mod object;
mod store;
mod tip;
#[cfg(any(
    feature = "archive-s3",
    feature = "archive-gcs",
    feature = "archive-azure"
))]
mod url;
mod writer;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, TryFutureExt, future::BoxFuture, stream::BoxStream};
use object_store::{ObjectStore, path::Path};

use self::{
    directory::{Directory, Lock},
    genesis::Genesis,
    key::{Date, ObjectKey},
    lease::{Lease, Seen},
    object::{Unreadable, VERSION},
    store::Store,
    tip::{Known, Tip},
    writer::Writer,
};
use super::{Checkpoint, Commit, Destination, DestinationError, KnownIds};
use crate::{UnixSeconds, collect::EntryId};
#[cfg(any(
    feature = "archive-s3",
    feature = "archive-gcs",
    feature = "archive-azure"
))]
use crate::{error::InvalidConfig, transport::HttpTransport};

/// A minute: an object a minute is 1,440 a day, which query engines still read well.
const DEFAULT_FLUSH_INTERVAL: Duration = Duration::from_secs(60);

/// Of ndjson; gzip makes about a tenth of it.
const DEFAULT_MAX_OBJECT_SIZE: u64 = 64 << 20;

/// Midnight UTC, at which the archive's dates turn.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Every event exactly once in a bucket, a container or a directory: the archive is the state, and
/// any number of hosts may write to it.
///
/// ```no_run
/// use object_store::memory::InMemory;
/// use slack_audit_logs::{AuditLogsClient, collect::{Follow, destination::Archive}};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// // Any `object_store`; a URL such as s3://bucket/prefix goes to `Archive::from_url`.
/// let archive = Archive::new(std::sync::Arc::new(InMemory::new()), "organization/audit");
/// let client = AuditLogsClient::from_env()?;
/// Follow::builder(client.into_service(), archive).build()?.run().await?;
/// # Ok(()) }
/// ```
///
/// # What lies there
///
/// ```text
/// PREFIX/_archive                              how it began; written once
/// PREFIX/_lease                                who works at present
/// PREFIX/date=2026-11-24/00000001.ndjson.gz    events, oldest first, one's exact bytes a line
/// PREFIX/date=2026-11-24/00000002.ndjson.gz
/// PREFIX/date=2026-11-25/00000001.ndjson.gz
/// ```
///
/// An object has what was read in [a minute](Self::flush_interval), up to
/// [64 MiB](Self::max_object_size); dates are UTC. An event that came late lies in the object that
/// was written next, so maybe in a younger date than its own, never in an older one; its
/// `date_create` says when it happened. An object without events has one blank line; there is at
/// least one object for each day on which a collector runs. Whoever lists the prefix sees every
/// event once, also while collectors work. `DuckDB` reads it so:
///
/// ```sql
/// SELECT date, action, count(*)
/// FROM read_json('s3://bucket/prefix/date=*/*.ndjson.gz', hive_partitioning = true,
///                columns = {id: 'VARCHAR', date_create: 'BIGINT', action: 'VARCHAR',
///                           actor: 'JSON', entity: 'JSON', context: 'JSON',
///                           details: 'JSON'})
/// WHERE id IS NOT NULL GROUP BY ALL;
/// ```
///
/// # How it works
///
/// **One conditional put is the whole commit.** An object carries its events and, in an extra field
/// of its gzip header, which readers skip, the checkpoint after them, its own id, the id of the
/// object before it, and the key of the object after it. It is created only where there is none
/// (put-if-absent). Two collectors that go on from the same object put to the same key: the store
/// lets one win, and the other goes on from the winner's object, or stands by.
///
/// When an archive is opened, the newest object is found by its name, the chain is followed to its
/// end, and the ids of all events that may be read again are read back. What does not fit together
/// (a damaged object, one that is missing, a newer version) is an error in words, never a fresh
/// start. A lost response to a put is settled by reading what stands there.
///
/// **A lease saves calls.** `_lease` is renewed every 5 s by the collector that works; another one
/// stands by, and takes over when it has not changed for 15 s, or at once (2 s) when the first ends
/// in order. In a directory a file lock does the same. Nothing rests on the lease: with two active
/// collectors the chain is still one, and each event in it once.
///
/// Failures of the store are outages: they are waited out and reported. Only a refusal before the
/// first success (no permission, no such bucket) ends the collector.
///
/// # What it needs, and where it ends
///
/// - A store that honours put-if-absent. This is tried at every opening, and one that ignores it is
///   refused. Amazon S3, Azure Blob Storage and Google Cloud Storage do; of those who speak S3,
///   Cloudflare R2 and newer versions of `MinIO` and Ceph. Tests run against moto (S3), azurite
///   (Azure) and directories; Google's was not tried.
/// - Permission to read, write, list and delete below the prefix. It deletes only an object that it
///   has just written behind the chain (see below).
/// - **Lifecycle rules** may delete or move away what lies below `PREFIX/date=` and is older than
///   the reach of the longest tier (a day by default) and than any time for which no collector
///   runs. What is gone sooner takes its ids with it, so what came late before it is left out (with
///   a warning) rather than delivered twice. The newest object, `_archive` and `_lease` must stay
///   where they are; objects must not be rewritten or recompressed. A collector that slept for
///   longer than its predecessors' objects were kept would write behind the chain: it looks after
///   every put, deletes what it has written, and opens the archive again. Only if it dies between
///   those two calls does an object stay behind the chain, with events that were in objects that
///   have expired.
/// - Events later than the longest reach are out of reach, as for every destination.
/// - Memory: 24 to 48 bytes for each event that may be read again, and some times the largest
///   object. Opening reads the objects of the last day or two, eight at a time.
/// - Calls to the store: a put and two lists for each object, and while it works a put of `_lease`
///   every 5 s (about 520,000 a month).
/// - A directory must be on one file system that has hard links and file locks.
/// - Compressed uploads have no `Content-Encoding`; Google would unpack them.
pub struct Archive {
    place: Place,
    prefix: Path,
    flush_interval: Duration,
    max_object_size: u64,
    /// What a standby knows of the lease.
    seen: Seen,
    open: Open,
    /// Kept over openings, or a collector would stand by for itself.
    claim: Option<Claim>,
    /// Refusals are outages once the archive was open.
    store: Option<Arc<Store>>,
}

/// Where the archive lies.
enum Place {
    Store(Arc<dyn ObjectStore>),
    Directory(Directory),
}

/// How far opening is.
enum Open {
    No,
    /// There is no archive yet; the first commit begins it.
    Fresh,
    Yes(Box<Writer>),
}

/// What keeps others from writing at the same time.
enum Claim {
    Lease(Lease),
    Lock(#[allow(dead_code, reason = "held, not read")] Lock),
}

impl Claim {
    fn is_lost(&self) -> bool {
        matches!(self, Self::Lease(lease) if lease.is_lost())
    }
}

impl Archive {
    /// An archive below a prefix of a store. Every collector of an organization that writes to the
    /// same prefix takes part in the same archive.
    ///
    /// The store must have put-if-absent (`PutMode::Create`); one that ignores it is found out when
    /// the archive is opened. A directory is better opened with [`directory`](Self::directory).
    pub fn new(store: Arc<dyn ObjectStore>, prefix: impl Into<Path>) -> Self {
        Self::at(Place::Store(store), prefix.into())
    }

    /// An archive in a directory of this machine. It is made when the first commit is.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        let directory = Directory(path.into());
        Self::at(Place::Directory(directory), Path::default())
    }

    /// An archive at a URL: `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.
    ///
    /// Credentials, region and endpoint come from the environment, by the names of
    /// [`AmazonS3Builder::from_env`](object_store::aws::AmazonS3Builder::from_env)
    /// (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT`, …) and its siblings for Google
    /// (`GOOGLE_…`) and Azure (`AZURE_…`), or from the machine's metadata service. Proxies, TLS and
    /// connect timeouts are those of the transport; of the environment's settings for the HTTP
    /// client only `…_ALLOW_HTTP` counts.
    ///
    /// # Errors
    /// The URL names no store that this program was built for, or a setting is missing.
    #[cfg(any(
        feature = "archive-s3",
        feature = "archive-gcs",
        feature = "archive-azure"
    ))]
    pub fn from_url(url: &str, transport: HttpTransport) -> Result<Self, InvalidConfig> {
        let (store, prefix) = url::parse(url, transport)?;
        Ok(Self::at(Place::Store(store), prefix))
    }

    fn at(place: Place, prefix: Path) -> Self {
        Self {
            place,
            prefix,
            flush_interval: DEFAULT_FLUSH_INTERVAL,
            max_object_size: DEFAULT_MAX_OBJECT_SIZE,
            seen: Seen::default(),
            open: Open::No,
            claim: None,
            store: None,
        }
    }

    /// For how long windows are put together into one object; 60 s by default. Larger objects are
    /// cheaper and faster to query, but events are there later.
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.flush_interval = interval;
        self
    }

    /// About how many bytes of ndjson an object has at most; 64 MiB by default. A single window may
    /// be more.
    pub fn max_object_size(mut self, bytes: u64) -> Self {
        self.max_object_size = bytes;
        self
    }

    /// What was committed so far, object by object, oldest first: each is gzip of ndjson as it lies
    /// there. Dates before that of `since` are not read; no event lies in an older date than its
    /// own.
    ///
    /// It reads beside collectors and needs no permission to write. What a collector left behind
    /// the chain is not in it. An object that is damaged, missing or replaced is an error.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use slack_audit_logs::collect::destination::Archive;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut objects = Archive::directory("/var/lib/audit").objects(1_793_527_200);
    /// while let Some(gzip) = objects.try_next().await? {
    ///     println!("{} bytes", gzip.len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn objects(
        mut self,
        since: impl Into<UnixSeconds>,
    ) -> BoxStream<'static, Result<Bytes, DestinationError>> {
        let UnixSeconds(since) = since.into();
        async move {
            let store = self.store()?.ok_or_else(|| {
                DestinationError::refused("there is no archive: its directory is not there")
            })?;
            committed::objects(store, Date::of(since)).await
        }
        .try_flatten_stream()
        .boxed()
    }

    /// The store, if the place is there.
    fn store(&mut self) -> Result<Option<Arc<Store>>, DestinationError> {
        if self.store.is_none() {
            let inner = match &self.place {
                Place::Store(store) => Some(Arc::clone(store)),
                Place::Directory(directory) => directory.store()?,
            };
            self.store = inner.map(|inner| Arc::new(Store::new(inner, self.prefix.clone())));
        }
        Ok(self.store.clone())
    }

    async fn open_chain(&mut self) -> Result<Option<Checkpoint>, DestinationError> {
        self.open = Open::No;
        let Some(store) = self.store()? else {
            self.open = Open::Fresh;
            return Ok(None);
        };
        let genesis = if let Some(genesis) = Genesis::read(&store).await? {
            genesis
        } else {
            let Some(key) = store.any_key().await? else {
                self.open = Open::Fresh;
                return Ok(None);
            };
            // Another collector may have begun it between the two looks.
            Genesis::read(&store).await?.ok_or_else(|| {
                DestinationError::refused(format!(
                    "there are objects of an archive, such as {key}, but no {}, with which it \
                     began (put it back, or begin a new archive at another prefix)",
                    genesis::NAME
                ))
            })?
        };
        if self.claim.as_ref().is_none_or(Claim::is_lost) {
            self.claim = None;
            self.claim = Some(match &self.place {
                Place::Store(_) => Claim::Lease(Lease::acquire(&store, &mut self.seen).await?),
                Place::Directory(directory) => Claim::Lock(directory.lock().await?),
            });
        }
        genesis.check_put_if_absent(&store).await?;
        let Known { tip, ids, from } = tip::read_back(&store, &genesis).await?;
        store.mark_readable();
        let mut checkpoint = Checkpoint::from_bytes(&tip.checkpoint)?;
        // What has not been read yet cannot have been delivered.
        let read = checkpoint.watermark().max(checkpoint.state.newest);
        let from = from.map(|from| from.min(read.map_or(from, |read| read.saturating_add(1))));
        if let Some(from) = from.filter(|from| *from > checkpoint.floor()) {
            tracing::warn!(
                from,
                "objects are gone that are younger than what may be read again: what came late \
                 before is left out, as it may have been delivered"
            );
            checkpoint.state.floor = from;
        }
        self.open = Open::Yes(Box::new(Writer::new(store, tip, ids)));
        Ok(Some(checkpoint))
    }

    /// Begins an archive with the first commit, which is without events.
    async fn begin(&mut self, commit: &Commit) -> Result<(), DestinationError> {
        if let Place::Directory(directory) = &self.place {
            directory.create()?;
        }
        let store = self.store()?.ok_or_else(|| {
            DestinationError::outage("the archive's directory went away while it was made")
        })?;
        let other = || DestinationError::superseded("another collector has begun this archive");
        let lock = match &self.place {
            Place::Store(_) => None,
            Place::Directory(directory) => Some(directory.try_lock()?.ok_or_else(other)?),
        };
        let genesis = Genesis::new(&commit.checkpoint);
        let path = store.path(genesis::NAME);
        let put = store.create(&path, genesis.to_bytes().into()).await;
        // Whatever the response was, what stands there counts.
        match (Genesis::read(&store).await?, put) {
            (Some(found), _) if found == genesis => {}
            (Some(_), _) => return Err(other()),
            (None, Ok(_)) => {
                return Err(DestinationError::outage(
                    "the archive's first object is not there, though it was written",
                ));
            }
            (None, Err(error)) => return Err(error),
        }
        genesis.check_put_if_absent(&store).await?;
        self.claim = Some(match lock {
            Some(lock) => Claim::Lock(lock),
            None => Lease::try_acquire(&store, &mut self.seen)
                .await?
                .map(Claim::Lease)
                .ok_or_else(other)?,
        });
        store.mark_readable();
        let tip = Tip::of_genesis(&genesis);
        self.open = Open::Yes(Box::new(Writer::new(store, tip, KnownIds::default())));
        Ok(())
    }
}

impl Destination for Archive {
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        Box::pin(self.open_chain())
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        Box::pin(async move {
            Ok(match &self.open {
                Open::Yes(writer) => ids.iter().map(|id| writer.ids.get(*id)).collect(),
                Open::No | Open::Fresh => vec![None; ids.len()],
            })
        })
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        Box::pin(async move {
            if let Open::Fresh = self.open {
                self.begin(commit).await?;
            }
            match &mut self.open {
                Open::Yes(_) if self.claim.as_ref().is_none_or(Claim::is_lost) => Err(taken_over()),
                Open::Yes(writer) => writer.commit(commit).await,
                Open::No | Open::Fresh => Err(taken_over()),
            }
        })
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        Box::pin(async move {
            self.open = Open::No;
            if let Some(Claim::Lease(lease)) = self.claim.take() {
                lease.release().await;
            }
            Ok(())
        })
    }

    fn flush_interval(&self) -> Duration {
        self.flush_interval
    }

    fn flush_bytes(&self) -> u64 {
        self.max_object_size
    }

    fn cut_every(&self) -> Option<Duration> {
        Some(DAY)
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store's own Debug may show credentials.
        f.debug_struct("Archive")
            .field("prefix", &self.prefix.as_ref())
            .field("flush_interval", &self.flush_interval)
            .field("max_object_size", &self.max_object_size)
            .finish_non_exhaustive()
    }
}

fn taken_over() -> DestinationError {
    DestinationError::superseded("another collector has taken the archive over")
}

fn tell_standby() {
    tracing::warn!("another collector has the archive: standing by until it ends");
}

fn newer(name: impl fmt::Display, version: u32) -> DestinationError {
    DestinationError::refused(format!(
        "the archive's object {name} has version {version}, but this program knows versions up to \
         {VERSION} only: use a newer one"
    ))
}

fn unreadable(key: ObjectKey, unreadable: Unreadable) -> DestinationError {
    match unreadable {
        Unreadable::Newer(version) => newer(key, version),
        Unreadable::Damaged(what) => DestinationError::refused(format!(
            "the archive's object {key} is damaged: {what} (restore it from a copy)"
        )),
    }
}
