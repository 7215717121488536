//! `Writer`: puts object after object at the end of the chain, each once.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{
    key::{Date, ObjectKey},
    object::{Header, Nonce},
    store::{Put, Store},
    tip::{self, Tip},
};
use crate::collect::destination::{Commit, DestinationError, KnownIds};

/// The one that writes.
pub(super) struct Writer {
    store: Arc<Store>,
    tip: Tip,
    pub(super) ids: KnownIds,
    /// An object that was tried and of which it is not known whether it is there.
    pending: Option<Pending>,
}

/// An object on its way.
struct Pending {
    key: ObjectKey,
    header: Header,
    object: Bytes,
    /// It is in the store, and it remains to be seen whether it belongs there.
    is_there: bool,
    /// It carries a commit, and is no turn of the date.
    is_commit: bool,
}

impl Writer {
    pub(super) fn new(store: Arc<Store>, tip: Tip, ids: KnownIds) -> Self {
        Self {
            store,
            tip,
            ids,
            pending: None,
        }
    }

    pub(super) async fn commit(&mut self, commit: &Commit) -> Result<(), DestinationError> {
        // The same commit again, after an outage.
        if self.settle().await? {
            self.ids.commit(commit);
            return Ok(());
        }
        let range = commit.batch.range();
        let range = (*range.start(), *range.end());
        let date = Date::of(range.1);
        if date > self.tip.next.date() {
            // Ends a date by an object without events, so that the next one lies in another.
            let turn = self.next_header(date)?;
            self.put(turn, Vec::new(), false).await?;
        }
        let mut ndjson = Vec::new();
        for event in commit.batch.entries() {
            event.entry.append_ndjson(&mut ndjson);
        }
        let header = Header {
            events: commit.batch.len() as u64,
            range,
            checkpoint: commit.checkpoint.to_bytes(),
            ..self.next_header(Date::of(range.1.saturating_add(1)))?
        };
        self.put(header, ndjson, true).await?;
        self.ids.commit(commit);
        Ok(())
    }

    /// The header of the object that comes next, without events. The one after it lies on the given
    /// date, if that is a younger one.
    fn next_header(&self, date: Date) -> Result<Header, DestinationError> {
        let key = self.tip.next;
        let next = key.following(date).ok_or_else(|| {
            DestinationError::refused(format!("the numbers of {key}'s date are used up"))
        })?;
        Ok(Header {
            id: Nonce::random(),
            previous: self.tip.id,
            next,
            events: 0,
            range: (0, 0),
            checkpoint: self.tip.checkpoint.clone(),
        })
    }

    /// Makes the object that comes next. It stays pending until it is settled.
    async fn put(
        &mut self,
        header: Header,
        ndjson: Vec<u8>,
        is_commit: bool,
    ) -> Result<(), DestinationError> {
        // Compressing some megabytes takes long enough to hold up other tasks.
        let encoded = spawn_blocking(move || {
            let object = header.encode(&ndjson);
            (header, object)
        });
        let (header, object) = encoded
            .await
            .map_err(|_| DestinationError::outage("the process is ending"))?;
        let object = object.map_err(|_| {
            DestinationError::refused(
                "the checkpoint is larger than the 64 KiB that fit into an object's header",
            )
        })?;
        self.pending = Some(Pending {
            key: self.tip.next,
            header,
            object: object.into(),
            is_there: false,
            is_commit,
        });
        self.settle().await.map(drop)
    }

    /// Brings the pending object into the store, or finds out that another one is there. Says
    /// whether it was a commit.
    async fn settle(&mut self) -> Result<bool, DestinationError> {
        let Some(pending) = &mut self.pending else {
            return Ok(false);
        };
        if !pending.is_there {
            let path = self.store.path_of(pending.key);
            match self.store.create(&path, pending.object.clone()).await {
                Ok(Put::Done(_)) => {}
                // The response to an earlier attempt may be lost, and stores refuse what they need
                // not: only what stands there tells.
                uncertain => match (self.store.header(pending.key).await?, uncertain) {
                    (Some(found), _) if found.id == pending.header.id => {}
                    (Some(_), _) => {
                        self.pending = None;
                        return Err(DestinationError::superseded(
                            "another collector has gone on from here",
                        ));
                    }
                    // The same bytes again, never others: this attempt may still arrive.
                    (None, Err(error)) => return Err(error),
                    (None, Ok(_)) => {
                        return Err(DestinationError::outage(
                            "writing to the archive: the store refuses it, though nothing is there",
                        ));
                    }
                },
            }
            pending.is_there = true;
        }
        let tip = Tip::of_object(pending.key, pending.header.clone());
        if tip::is_behind(&self.store, &tip).await? {
            // This collector slept while others went on and the objects that it would have met
            // expired.
            self.store.delete(pending.key).await?;
            let key = pending.key;
            self.pending = None;
            tracing::warn!(%key, "written behind the archive's newest object, and deleted again");
            return Err(DestinationError::superseded(
                "other collectors have gone on, and what they wrote first is gone already",
            ));
        }
        let is_commit = pending.is_commit;
        self.pending = None;
        self.tip = tip;
        Ok(is_commit)
    }
}
