//! `CheckpointStore` and what it keeps: how far a collector is, and which events it has handed on.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::{EntryId, SinkPosition, StoreError, window::Window};

/// The version that [`Checkpoint`]s are written with.
const VERSION: u32 = 1;

/// Keeps a [`Checkpoint`] and the ids of the events that were handed on, and changes both in one
/// transaction.
///
/// Exactly-once stands and falls with this: after a crash at any moment a commit must be found
/// whole or not at all. The crate has two:
/// [`RedbStore`](super::RedbStore), a file, and [`MemoryStore`](super::MemoryStore), for tests and for what need not outlive the process.
///
/// A store belongs to one collector: [`load`](Self::load) must refuse a second one
/// ([`StoreError::InUse`]), also one in another process. A state that is damaged must be an error,
/// never `None`.
pub trait CheckpointStore: Send {
    /// Opens the state and reads the last commit; `None` if there never was one. Called once,
    /// before anything else.
    fn load(&mut self) -> impl Future<Output = Result<Option<Checkpoint>, StoreError>> + Send;

    /// For each id, in order: the time it was committed with, if it was and has not been forgotten.
    fn known(
        &mut self,
        ids: Vec<EntryId>,
    ) -> impl Future<Output = Result<Vec<Option<i64>>, StoreError>> + Send;

    /// Makes a commit durable. A later time of an id replaces the earlier one.
    fn commit(&mut self, commit: Commit) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What changes in one transaction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Commit {
    /// The new checkpoint, in place of the old one.
    pub checkpoint: Checkpoint,
    /// Ids to remember, each with a time in Unix seconds.
    pub ids: Vec<(EntryId, i64)>,
    /// Ids with a time before this are not asked for any more and may be forgotten, now or later.
    pub forget_before: i64,
}

/// How far a collector is. What is in it is the collector's own affair; a store keeps its
/// [bytes](Self::to_bytes).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    version: u32,
    #[serde(flatten)]
    pub(crate) state: State,
}

/// The part of a checkpoint that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Checkpoint {
    pub(crate) fn new(state: State) -> Self {
        Self {
            version: VERSION,
            state,
        }
    }

    /// The checkpoint as bytes: JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and structs of them: nothing that JSON could refuse.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`StoreError::Version`] for a checkpoint of a newer version, [`StoreError::Damaged`] for what is none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged =
            |_| StoreError::damaged(std::path::Path::new(""), "the checkpoint is unreadable");
        let Versioned { version } = serde_json::from_slice(bytes).map_err(damaged)?;
        if version != VERSION {
            return Err(StoreError::Version {
                found: version,
                known: VERSION,
            });
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// Everything up to this second (Unix seconds) has been handed on, but for what became visible
    /// later; `None` before the beginning.
    pub fn mark(&self) -> Option<i64> {
        self.state.mark()
    }
}

/// What kind of collector a state belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Follow,
    Backfill,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Backfill => "backfill",
        }
    }
}

/// The state of a collector. All times are the server's, in Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) mode: Mode,
    /// A hash of the filters, so that the state names no person.
    pub(crate) filters: String,
    /// The first second that is collected.
    pub(crate) since: i64,
    /// `S`: the end of the last finished round.
    pub(crate) finished: Option<i64>,
    /// The round that is running.
    pub(crate) round: Option<Walk>,
    /// `D`: when the last finished deep scan began; before the first one, when the first round did.
    pub(crate) scanned: Option<i64>,
    /// The deep scan that is running.
    pub(crate) scan: Option<Scan>,
    /// Ids of before this second are forgotten, so nothing of before it is read again.
    pub(crate) floor: i64,
    /// How far the output is.
    pub(crate) position: Option<SinkPosition>,
}

/// A range that is read window by window, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Walk {
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// The first second that is not done: one after the low mark.
    pub(crate) next: i64,
}

impl Walk {
    pub(crate) fn new(from: i64, to: i64) -> Self {
        Self {
            from,
            to,
            next: from,
        }
    }

    /// What is left of it.
    pub(crate) fn rest(self) -> Option<Window> {
        (self.next <= self.to).then_some(Window {
            from: self.next,
            to: self.to,
        })
    }
}

/// A deep scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scan {
    pub(crate) walk: Walk,
    pub(crate) started: i64,
}

impl State {
    pub(crate) fn mark(&self) -> Option<i64> {
        match self.round {
            Some(round) => Some(round.next.saturating_sub(1))
                .filter(|mark| *mark >= self.since)
                .max(self.finished),
            None => self.finished,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            mode: Mode::Follow,
            filters: "f".to_owned(),
            since: 100,
            finished: None,
            round: Some(Walk::new(100, 200)),
            scanned: Some(150),
            scan: None,
            floor: 100,
            position: None,
        }
    }

    #[test]
    fn a_checkpoint_reads_back_and_a_newer_or_torn_one_does_not() {
        let checkpoint = Checkpoint::new(state());
        let bytes = checkpoint.to_bytes();
        assert_eq!(Checkpoint::from_bytes(&bytes).expect("whole"), checkpoint);

        let newer = String::from_utf8(bytes.clone())
            .expect("JSON")
            .replace("\"version\":1", "\"version\":2");
        assert!(matches!(
            Checkpoint::from_bytes(newer.as_bytes()),
            Err(StoreError::Version { found: 2, known: 1 })
        ));
        for end in 0..bytes.len() {
            assert!(
                matches!(
                    Checkpoint::from_bytes(&bytes[..end]),
                    Err(StoreError::Damaged { .. })
                ),
                "{end}"
            );
        }
    }

    #[test]
    fn the_mark_is_the_low_mark_of_a_round_but_never_goes_back() {
        let mut state = state();
        assert_eq!(state.mark(), None);
        if let Some(round) = &mut state.round {
            round.next = 151;
        }
        assert_eq!(state.mark(), Some(150));
        state.finished = Some(180);
        assert_eq!(state.mark(), Some(180));
        state.round = None;
        assert_eq!(state.mark(), Some(180));
    }
}
