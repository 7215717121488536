//! `Commit`: what becomes durable in one step; `Batch`: the events in it.

use std::{fmt, ops::RangeInclusive, sync::Arc};

use super::{super::EntryId, Checkpoint};
use crate::model::RawEntry;

/// One step of a collector: events, and the checkpoint after them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Commit {
    /// The events, oldest first; none where only the checkpoint moves.
    pub batch: Batch,
    /// The checkpoint after them, in place of the one before.
    pub checkpoint: Checkpoint,
    /// Ids to remember, each with a time in Unix seconds. A later time of an id replaces an
    /// earlier one. There may be ids here whose events are not in the batch: events that a filter
    /// on this side left out, and ones known before whose time has risen.
    ///
    /// Those with a time below [`Checkpoint::floor`] are not asked for any more and may be
    /// forgotten, now or later.
    pub ids: Vec<(EntryId, i64)>,
}

impl Commit {
    /// Puts a commit together. The engine does that; this is for tests of destinations.
    pub fn new(batch: Batch, checkpoint: Checkpoint, ids: Vec<(EntryId, i64)>) -> Self {
        Self {
            batch,
            checkpoint,
            ids,
        }
    }
}

/// Events that are delivered for the first time, oldest first. Cheap to clone.
#[derive(Clone)]
pub struct Batch {
    entries: Arc<[BatchEntry]>,
    from: i64,
    to: i64,
}

/// An event in a [`Batch`].
#[derive(Clone)]
#[non_exhaustive]
pub struct BatchEntry {
    /// The event, with its exact bytes.
    pub entry: RawEntry,
    /// Its key, for destinations that remove duplicates themselves.
    pub id: EntryId,
    /// Whether it became visible only after younger ones had been delivered.
    pub is_late: bool,
}

impl BatchEntry {
    /// An event with its key.
    pub fn new(entry: RawEntry, is_late: bool) -> Self {
        let id = EntryId::of(&entry);
        Self { entry, id, is_late }
    }
}

impl Batch {
    /// Events of a range of seconds. The engine makes batches; this is for tests of destinations.
    pub fn new(range: RangeInclusive<i64>, entries: Vec<BatchEntry>) -> Self {
        Self {
            entries: entries.into(),
            from: *range.start(),
            to: *range.end(),
        }
    }

    /// The events, oldest first; late ones stand where their windows were read.
    pub fn entries(&self) -> &[BatchEntry] {
        &self.entries
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first and the last second that were read for it, in Unix seconds.
    pub fn range(&self) -> RangeInclusive<i64> {
        self.from..=self.to
    }
}

/// Shows how many and when, not what.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("len", &self.len())
            .field("range", &self.range())
            .finish_non_exhaustive()
    }
}

/// Shows the key, not the event.
impl fmt::Debug for BatchEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchEntry")
            .field("id", &self.id)
            .field("is_late", &self.is_late)
            .finish_non_exhaustive()
    }
}
