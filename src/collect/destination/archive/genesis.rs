//! `Genesis`: the object `_archive`, in which an archive begins.

use serde::{Deserialize, Serialize};

use super::{
    key::{Date, ObjectKey},
    object::{Nonce, VERSION, Versioned},
    store::{Put, Store},
};
use crate::collect::destination::{Checkpoint, DestinationError};

/// Its name below the prefix.
pub(super) const NAME: &str = "_archive";

/// What holds for an archive from before its first event, written once.
///
/// The first object follows it as each object follows the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Genesis {
    pub(super) id: Nonce,
    /// The key of the first object.
    pub(super) first: ObjectKey,
    pub(super) checkpoint: Checkpoint,
}

/// How it is written. What the checkpoint says, too, is there for people.
#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    id: Nonce,
    first: String,
    since: i64,
    filters: String,
    mode: String,
    /// The checkpoint's bytes, which are JSON.
    checkpoint: String,
}

impl Genesis {
    pub(super) fn new(checkpoint: &Checkpoint) -> Self {
        Self {
            id: Nonce::random(),
            first: ObjectKey::first_of(Date::of(checkpoint.since())),
            checkpoint: checkpoint.clone(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let checkpoint = self.checkpoint.to_bytes();
        // Strings and numbers: nothing that JSON could refuse.
        serde_json::to_vec_pretty(&Written {
            version: VERSION,
            id: self.id,
            first: self.first.to_string(),
            since: self.checkpoint.since(),
            filters: self.checkpoint.filters().to_owned(),
            mode: self.checkpoint.mode().to_owned(),
            checkpoint: String::from_utf8_lossy(&checkpoint).into_owned(),
        })
        .unwrap_or_default()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DestinationError> {
        let damaged = || {
            DestinationError::refused(format!(
                "the archive's {NAME} is damaged (restore it from a copy; without one, begin a new \
                 archive at another prefix)"
            ))
        };
        let Versioned { version } = serde_json::from_slice(bytes).map_err(|_| damaged())?;
        if version != VERSION {
            return Err(super::newer(NAME, version));
        }
        let written: Written = serde_json::from_slice(bytes).map_err(|_| damaged())?;
        Ok(Self {
            id: written.id,
            first: written.first.parse().map_err(|()| damaged())?,
            checkpoint: Checkpoint::from_bytes(written.checkpoint.as_bytes())?,
        })
    }

    /// Reads `_archive`; `None` where there is none.
    pub(super) async fn read(store: &Store) -> Result<Option<Self>, DestinationError> {
        let found = store.get(&store.path(NAME)).await?;
        found.map(|(bytes, _)| Self::from_bytes(&bytes)).transpose()
    }

    /// Puts `_archive` once more, which must be refused. A store that takes it has changed nothing,
    /// but would let two collectors overwrite each other's objects.
    pub(super) async fn check_put_if_absent(&self, store: &Store) -> Result<(), DestinationError> {
        let path = store.path(NAME);
        match store.create(&path, self.to_bytes().into()).await? {
            Put::Refused => Ok(()),
            Put::Done(_) => Err(DestinationError::refused(
                "the store ignores put-if-absent: it replaced an object that was there, so two \
                 collectors would overwrite each other's events (use a store, or a version of it, \
                 that knows conditional writes)",
            )),
        }
    }
}
