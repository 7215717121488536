//! `MemoryStore`: a state that ends with the process.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use crate::collect::{Checkpoint, CheckpointStore, Commit, EntryId, StoreError};

/// A store in memory, for tests and for a backfill that need not go on after a restart.
///
/// Clones are the same state, so that one of them can outlive a collector and serve the next. As
/// with a file, only one at a time can be used by a collector.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
    lease: Option<Arc<()>>,
}

#[derive(Default)]
struct Shared {
    checkpoint: Option<Checkpoint>,
    ids: HashMap<EntryId, i64>,
    forgotten: i64,
    lease: Weak<()>,
}

impl MemoryStore {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// The last commit's checkpoint.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.shared().checkpoint.clone()
    }

    /// How many ids are remembered.
    pub fn len(&self) -> usize {
        self.shared().ids.len()
    }

    /// Whether no id is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Nothing panics while the lock is held, and every state in it is whole.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CheckpointStore for MemoryStore {
    async fn load(&mut self) -> Result<Option<Checkpoint>, StoreError> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if self.lease.is_none() {
            if shared.lease.strong_count() > 0 {
                return Err(StoreError::InUse {
                    path: Path::new("in memory").to_owned(),
                });
            }
            let lease = Arc::new(());
            shared.lease = Arc::downgrade(&lease);
            self.lease = Some(lease);
        }
        Ok(shared.checkpoint.clone())
    }

    async fn known(&mut self, ids: Vec<EntryId>) -> Result<Vec<Option<i64>>, StoreError> {
        let shared = self.shared();
        Ok(ids.iter().map(|id| shared.ids.get(id).copied()).collect())
    }

    async fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        let mut shared = self.shared();
        shared.checkpoint = Some(commit.checkpoint);
        shared.ids.extend(commit.ids);
        // Walking over all ids each time would cost more than keeping some for longer.
        if commit.forget_before.saturating_sub(shared.forgotten) > 60 {
            shared.forgotten = commit.forget_before;
            shared.ids.retain(|_, at| *at >= commit.forget_before);
        }
        Ok(())
    }
}

/// Shows how much there is, not what.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("ids", &self.len())
            .finish_non_exhaustive()
    }
}
