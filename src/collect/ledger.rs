//! `Ledger`: state, store and sink together; the one place where events are handed on and marked as
//! done.

use std::{collections::HashMap, sync::Arc};

use super::{
    Batch, BatchSink, CheckpointStore, CollectError, EntryId,
    batch::{Dated, in_order},
    checkpoint::{Checkpoint, Commit, Mode, State},
    progress::ProgressWriter,
    window::Window,
};
use crate::{endpoint::LogsRequest, model::RawEntry};

/// The books of a collector.
#[derive(Debug)]
pub(crate) struct Ledger<St, K> {
    pub(crate) store: St,
    pub(crate) sink: K,
    pub(crate) state: State,
    pub(crate) progress: Arc<ProgressWriter>,
    /// How far below the mark ids are remembered, in seconds.
    pub(crate) memory: i64,
}

/// The filters as the state keeps them: a hash, as they may name persons.
pub(crate) fn fingerprint(filters: &LogsRequest) -> String {
    EntryId::hash(b"filters:", filters.canonical_filters().as_bytes()).to_string()
}

/// Reads the state; checks that it is this collector's.
pub(crate) async fn load<St: CheckpointStore>(
    store: &mut St,
    mode: Mode,
    filters: &str,
    allow_changed_filters: bool,
) -> Result<Option<State>, CollectError> {
    let Some(checkpoint) = store.load().await? else {
        return Ok(None);
    };
    let mut state = checkpoint.state;
    if state.mode != mode {
        return Err(CollectError::OtherState(format!(
            "the state was written by a {} and cannot be used by a {}: give each a state of its own",
            state.mode.name(),
            mode.name()
        )));
    }
    if state.filters != filters {
        if !allow_changed_filters {
            return Err(CollectError::OtherState(
                "the state was written with other filters, so what the new ones add to the time before is missing from it: use the old \
                 filters, a new state, or allow changed filters"
                    .to_owned(),
            ));
        }
        tracing::warn!("the filters have changed; the new ones hold from the mark on");
        filters.clone_into(&mut state.filters);
    }
    Ok(Some(state))
}

impl<St: CheckpointStore, K: BatchSink> Ledger<St, K> {
    /// Brings the sink to where the state is. What the sink begins with is committed before
    /// anything is written; a fresh state in any case, as where it begins may come from the time at
    /// which it was made.
    pub(crate) async fn open_sink(&mut self, is_fresh: bool) -> Result<(), CollectError> {
        let committed = self.state.position.clone();
        let position = self
            .sink
            .open(committed)
            .await
            .map_err(CollectError::Sink)?;
        if is_fresh || position != self.state.position {
            self.state.position = position;
            self.commit(Vec::new()).await?;
        }
        Ok(())
    }

    /// Hands on what of a window has not been, and marks it as done together with what `advance`
    /// changes.
    ///
    /// Until the sink has acknowledged the batch nothing is changed.
    pub(crate) async fn hand_on(
        &mut self,
        window: Window,
        newest_first: Vec<RawEntry>,
        late: bool,
        advance: impl FnOnce(&mut State),
    ) -> Result<(), CollectError> {
        let read = newest_first.len();
        let entries = in_order(window, newest_first);
        let known = if entries.is_empty() {
            Vec::new()
        } else {
            let ids = entries.iter().map(|entry| entry.id).collect();
            self.store.known(ids).await?
        };
        let known: HashMap<EntryId, i64> = entries
            .iter()
            .zip(known)
            .filter_map(|(entry, time)| Some((entry.id, time?)))
            .collect();
        let mut ids = Vec::new();
        let mut fresh = Vec::new();
        let mut drifted = 0;
        for Dated { date, id, entry } in entries {
            if let Some(time) = known.get(&id) {
                if *time < date {
                    // It has come with a later date than before: it must not be forgotten before
                    // that one is.
                    ids.push((id, date));
                }
                continue;
            }
            // The server finds it in this window whatever its date says, so it is remembered for as
            // long as the window is.
            ids.push((id, date.max(window.to)));
            drifted += u64::from(entry.id().is_none() || entry.date_create().is_none());
            fresh.push((id, entry));
        }
        let handed_on = fresh.len();
        let mut position = None;
        if handed_on > 0 {
            let batch = Batch::new(window, late, fresh);
            position = self.sink.deliver(batch).await.map_err(CollectError::Sink)?;
        }
        if position.is_some() {
            self.state.position = position;
        }
        advance(&mut self.state);
        self.commit(ids).await?;
        let mark = self.state.mark();
        let scan = self.state.scan;
        self.progress.update(|progress| {
            progress.mark = mark;
            progress.deep_scan = scan.map(|scan| (scan.walk.from, scan.walk.next));
            progress.events += handed_on as u64;
            progress.late += if late { handed_on as u64 } else { 0 };
            progress.duplicates += (read - handed_on) as u64;
            progress.drifted += drifted;
            progress.batches += u64::from(handed_on > 0);
        });
        tracing::debug!(
            from = window.from,
            to = window.to,
            events = handed_on,
            read,
            late,
            "window done"
        );
        Ok(())
    }

    async fn commit(&mut self, ids: Vec<(EntryId, i64)>) -> Result<(), CollectError> {
        self.raise_floor();
        let commit = Commit {
            checkpoint: Checkpoint::new(self.state.clone()),
            ids,
            forget_before: self.state.floor,
        };
        Ok(self.store.commit(commit).await?)
    }

    /// Below the floor nothing is read again, so ids of before it can go. It never sinks: what is
    /// forgotten stays forgotten, even if the server's clock or the settings go back.
    fn raise_floor(&mut self) {
        let state = &mut self.state;
        let Some(low) = state.round.map(|round| round.next).or(state.finished) else {
            return;
        };
        let mut floor = low.saturating_sub(self.memory);
        if let Some(scan) = state.scan {
            floor = floor
                .min(scan.walk.next)
                .min(scan.started.saturating_sub(self.memory));
        } else if let Some(scanned) = state.scanned {
            floor = floor.min(scanned.saturating_sub(self.memory));
        }
        state.floor = state.floor.max(floor);
    }
}
