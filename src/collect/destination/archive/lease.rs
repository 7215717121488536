//! `Lease`: the object `_lease`, by which one collector works and the others stand by.
//!
//! It saves calls to Slack, and nothing rests on it: where two collectors are active all the same,
//! the chain of objects lets one of them win.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use object_store::UpdateVersion;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{
    object::Nonce,
    store::{Put, Store},
};
use crate::collect::destination::DestinationError;

/// Its name below the prefix; in a directory, of the file that is locked instead.
pub(super) const NAME: &str = "_lease";

/// How long a lease must not have changed before a standby takes it over.
const EXPIRY: Duration = Duration::from_secs(15);

/// How often it is renewed: two renewals may fail before a standby takes over.
const RENEWAL: Duration = Duration::from_secs(5);

/// How often a standby looks.
pub(super) const POLL: Duration = Duration::from_secs(2);

/// How long releasing may take; what is not released expires.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// What stands in it. What replaces it has another nonce, as equal bytes have equal versions.
#[derive(Serialize, Deserialize)]
struct Content {
    nonce: Nonce,
    released: bool,
}

impl Content {
    fn write(nonce: Nonce, released: bool) -> Bytes {
        // A number and a bool: nothing that JSON could refuse.
        let bytes = serde_json::to_vec(&Self { nonce, released }).unwrap_or_default();
        bytes.into()
    }

    /// `None` for what is no lease; it is then taken over as one that does not change.
    fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// What a standby has seen of the lease, kept over outages.
#[derive(Debug, Default)]
pub(super) struct Seen {
    last: Option<(Bytes, Instant)>,
    /// The nonce of a write whose response was lost.
    tried: Option<Nonce>,
}

/// A lease that is held, and renewed until it is released or dropped.
pub(super) struct Lease {
    lost: Arc<AtomicBool>,
    release: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Lease {
    /// Waits until the lease is free and takes it.
    pub(super) async fn acquire(
        store: &Arc<Store>,
        seen: &mut Seen,
    ) -> Result<Self, DestinationError> {
        let mut told = false;
        loop {
            if let Some(lease) = Self::try_acquire(store, seen).await? {
                return Ok(lease);
            }
            if !std::mem::replace(&mut told, true) {
                super::tell_standby();
                // A standby stays one while the store refuses what it has granted before.
                store.mark_readable();
            }
            sleep(POLL).await;
        }
    }

    /// Takes the lease if it is free, or has not changed for [`EXPIRY`] of what `seen` remembers.
    pub(super) async fn try_acquire(
        store: &Arc<Store>,
        seen: &mut Seen,
    ) -> Result<Option<Self>, DestinationError> {
        let path = store.path(NAME);
        let found = store.get(&path).await?;
        let version = match found {
            None => None,
            Some((bytes, version)) => {
                let content = Content::read(&bytes);
                let nonce = content.as_ref().map(|content| content.nonce);
                if nonce.is_some() && nonce == seen.tried {
                    return Ok(Some(Self::start(store, version)));
                }
                let released = content.is_some_and(|content| content.released);
                let since = match &seen.last {
                    Some((last, since)) if *last == bytes => *since,
                    _ => Instant::now(),
                };
                seen.last = Some((bytes, since));
                if !released && since.elapsed() < EXPIRY {
                    return Ok(None);
                }
                Some(version)
            }
        };
        let nonce = Nonce::random();
        seen.tried = Some(nonce);
        let bytes = Content::write(nonce, false);
        let put = match version {
            None => store.create(&path, bytes).await?,
            Some(version) => store.update(&path, bytes, version).await?,
        };
        Ok(match put {
            Put::Done(version) => Some(Self::start(store, version)),
            Put::Refused => None,
        })
    }

    fn start(store: &Arc<Store>, version: UpdateVersion) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        let (release, released) = oneshot::channel();
        let task = hold(Arc::clone(store), version, Arc::clone(&lost), released);
        Self {
            lost,
            release: Some(release),
            task: tokio::spawn(task),
        }
    }

    /// Whether another collector has taken it over.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Relaxed)
    }

    /// Lets the next one take it at once.
    pub(super) async fn release(mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.send(());
        }
        let _ = timeout(RELEASE_TIMEOUT, &mut self.task).await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Renews the lease until it is lost, or is to be released.
async fn hold(
    store: Arc<Store>,
    mut version: UpdateVersion,
    lost: Arc<AtomicBool>,
    mut released: oneshot::Receiver<()>,
) {
    let path = store.path(NAME);
    // Of what is to follow this version: any write of it whose response was lost may stand there.
    let mut nonce = Nonce::random();
    loop {
        let release = timeout(RENEWAL, &mut released).await.is_ok();
        let bytes = Content::write(nonce, release);
        match store.update(&path, bytes, version.clone()).await {
            Ok(Put::Done(new)) => {
                version = new;
                nonce = Nonce::random();
            }
            // Changed: by another, or by a write of our own that seemed to fail.
            Ok(Put::Refused) => match store.get(&path).await {
                Ok(Some((bytes, found)))
                    if Content::read(&bytes).is_some_and(|content| content.nonce == nonce) =>
                {
                    version = found;
                    nonce = Nonce::random();
                    if release {
                        let bytes = Content::write(nonce, true);
                        let _ = store.update(&path, bytes, version.clone()).await;
                    }
                }
                Ok(_) => {
                    tracing::warn!("another collector has taken the archive over");
                    lost.store(true, Relaxed);
                    return;
                }
                Err(_) => {}
            },
            Err(error) => tracing::debug!(%error, "the archive's lease could not be renewed"),
        }
        if release {
            return;
        }
    }
}
