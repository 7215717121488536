//! `Batch`: the events of one window, oldest first, each for the first time.

use std::{collections::HashSet, fmt, io, mem, ops::RangeInclusive};

use super::{EntryId, window::Window};
use crate::model::RawEntry;

/// Events to be taken and acknowledged as one: those of one window that have not been handed on
/// before, oldest first.
///
/// Events of one second are in the order in which the API has them, oldest first. A batch is never
/// empty.
#[derive(Clone)]
pub struct Batch {
    entries: Vec<RawEntry>,
    ids: Vec<EntryId>,
    window: Window,
    late: bool,
}

impl Batch {
    pub(crate) fn new(window: Window, late: bool, entries: Vec<(EntryId, RawEntry)>) -> Self {
        let (ids, entries) = entries.into_iter().unzip();
        Self {
            entries,
            ids,
            window,
            late,
        }
    }

    /// The events, oldest first.
    pub fn entries(&self) -> &[RawEntry] {
        &self.entries
    }

    /// The events, oldest first.
    pub fn into_entries(self) -> Vec<RawEntry> {
        self.entries
    }

    /// The key of each event, in the same order, for outputs that remove duplicates themselves.
    pub fn ids(&self) -> &[EntryId] {
        &self.ids
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none: never so in what a collector hands on, but for what
    /// [`retain`](Self::retain) leaves.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Leaves out the events that `keep` says no to, for sinks that do not want all. They count as
    /// handed on.
    pub fn retain(&mut self, mut keep: impl FnMut(&RawEntry) -> bool) {
        let entries = mem::take(&mut self.entries);
        (self.entries, self.ids) = entries
            .into_iter()
            .zip(mem::take(&mut self.ids))
            .filter(|(entry, _)| keep(entry))
            .unzip();
    }

    /// The window they were read from, in Unix seconds.
    pub fn range(&self) -> RangeInclusive<i64> {
        self.window.from..=self.window.to
    }

    /// Whether they were found by a deep scan: they became visible later than the overlap covers,
    /// and come out of order.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// Writes the events as ndjson: the exact bytes of each on a line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_ndjson<W: io::Write>(&self, mut to: W) -> io::Result<()> {
        self.entries
            .iter()
            .try_for_each(|entry| entry.write_ndjson(&mut to))
    }
}

/// Shows how many and when, not what.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("len", &self.len())
            .field("range", &self.range())
            .field("late", &self.late)
            .finish_non_exhaustive()
    }
}

/// An entry with the date it is sorted by.
#[derive(Clone, Debug)]
pub(crate) struct Dated {
    pub(crate) date: i64,
    pub(crate) id: EntryId,
    pub(crate) entry: RawEntry,
}

/// Brings what came newest first into order: by date, within a second as the API has them, the
/// first of several with one id.
///
/// An entry whose date cannot be read stays beside its neighbour.
pub(crate) fn in_order(window: Window, newest_first: Vec<RawEntry>) -> Vec<Dated> {
    let mut date = window.to;
    let mut dated: Vec<Dated> = newest_first
        .into_iter()
        .map(|entry| {
            date = entry.date_create().unwrap_or(date);
            Dated {
                date,
                id: EntryId::of(&entry),
                entry,
            }
        })
        .collect();
    dated.reverse();
    dated.sort_by_key(|entry| entry.date);
    let mut seen = HashSet::with_capacity(dated.len());
    dated.retain(|entry| seen.insert(entry.id));
    dated
}
