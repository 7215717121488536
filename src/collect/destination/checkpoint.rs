//! `Checkpoint`: how far a collector is.

use serde::{Deserialize, Serialize};

use super::DestinationError;

/// The version that checkpoints are written with. 1 was that of this crate's version 0.1.0.
const VERSION: u32 = 2;

/// How far a collector is. What is in it is the collector's own affair; a destination keeps its
/// [bytes](Self::to_bytes), some hundred of them, and never looks inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub(crate) state: CollectorState,
}

/// A checkpoint as it is written.
#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    #[serde(flatten)]
    state: T,
}

/// The part that every version has.
#[derive(Deserialize)]
struct AnyState {}

impl Checkpoint {
    pub(crate) fn new(state: CollectorState) -> Self {
        Self { state }
    }

    /// The checkpoint as bytes: JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and structs of them: nothing that JSON could refuse.
        serde_json::to_vec(&Versioned {
            version: VERSION,
            state: &self.state,
        })
        .unwrap_or_default()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// A refusal in words, for a checkpoint of another version and for what is none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DestinationError> {
        let damaged = |_| DestinationError::refused("the checkpoint is damaged");
        let Versioned::<AnyState> { version, .. } =
            serde_json::from_slice(bytes).map_err(damaged)?;
        if version > VERSION {
            return Err(DestinationError::refused(format!(
                "the checkpoint has version {version}, but this program knows versions up to \
                 {VERSION} only: use a newer one"
            )));
        }
        if version < VERSION {
            return Err(DestinationError::refused(format!(
                "the checkpoint was written by version 0.1.0 of this program (format {version}), \
                 which this one cannot go on from: begin anew with a new state and a new output, \
                 from the time up to which the old one is complete"
            )));
        }
        let Versioned { state, .. } = serde_json::from_slice(bytes).map_err(damaged)?;
        Ok(Self { state })
    }

    /// Everything up to this second (Unix seconds) has been delivered, but for what became visible
    /// later; `None` before the beginning.
    pub fn watermark(&self) -> Option<i64> {
        self.state.watermark()
    }

    /// The lowest second (Unix seconds) that is ever read again. It only rises. Ids with a time
    /// below it can be forgotten.
    pub fn floor(&self) -> i64 {
        self.state.floor
    }

    /// The first second (Unix seconds) that is collected.
    pub fn since(&self) -> i64 {
        self.state.since
    }

    /// A hash of the filters that hold.
    pub fn filters(&self) -> &str {
        &self.state.filters
    }

    /// `follow` or `backfill`.
    pub fn mode(&self) -> &'static str {
        self.state.mode.name()
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
pub(crate) struct CollectorState {
    pub(crate) mode: Mode,
    /// A hash of the filters, so that the state names no person.
    pub(crate) filters: String,
    /// The first second that is collected.
    pub(crate) since: i64,
    /// Nothing below it is read, and no id below it remembered. It only rises.
    pub(crate) floor: i64,
    /// The date of the newest event that was delivered.
    pub(crate) newest: Option<i64>,
    /// A backfill that has ended: what became visible since may lie from this second on.
    #[serde(default)]
    pub(crate) settled: Option<i64>,
    /// Shortest reach first. A backfill has one.
    pub(crate) tiers: Vec<TierState>,
    /// The pass that runs alone was the last to end: what it leaves behind is no reason for
    /// another.
    #[serde(default)]
    pub(crate) after_alone: bool,
}

/// How far a tier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TierState {
    /// In seconds.
    pub(crate) reach: i64,
    /// The end of its last finished pass, or of one of a longer tier.
    pub(crate) end: Option<i64>,
    /// The pass that is running.
    pub(crate) pass: Option<Pass>,
}

/// A range that is read window by window, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pass {
    /// The first second that is not done: one after the low watermark.
    pub(crate) next: i64,
    /// The last second.
    pub(crate) to: i64,
    /// The closed time when it began, before its first read.
    pub(crate) begun: i64,
    /// Nothing else runs until it ends.
    pub(crate) alone: bool,
}

impl CollectorState {
    /// Of a collector that has not begun.
    pub(crate) fn new(mode: Mode, filters: impl Into<String>) -> Self {
        Self {
            mode,
            filters: filters.into(),
            since: 0,
            floor: 0,
            newest: None,
            settled: None,
            tiers: Vec::new(),
            after_alone: false,
        }
    }

    /// The running pass of a tier.
    pub(crate) fn pass(&self, tier: usize) -> Option<Pass> {
        self.tiers.get(tier)?.pass
    }

    /// Up to where all is delivered: the shortest tier's end, or how far a pass is that reads on
    /// from there.
    pub(crate) fn watermark(&self) -> Option<i64> {
        let end = self.tiers.first().and_then(|tier| tier.end);
        let passes = self.tiers.iter().filter_map(|tier| tier.pass);
        let low = passes.map(|pass| pass.next.saturating_sub(1)).max();
        end.max(low).filter(|mark| *mark >= self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> CollectorState {
        let pass = Pass {
            next: 100,
            to: 200,
            begun: 200,
            alone: true,
        };
        CollectorState {
            since: 100,
            floor: 100,
            tiers: vec![TierState {
                reach: 60,
                end: None,
                pass: Some(pass),
            }],
            ..CollectorState::new(Mode::Follow, "f")
        }
    }

    #[test]
    fn a_checkpoint_reads_back_and_another_version_or_a_torn_one_does_not() {
        let checkpoint = Checkpoint::new(state());
        let bytes = checkpoint.to_bytes();
        assert_eq!(Checkpoint::from_bytes(&bytes).expect("whole"), checkpoint);
        assert_eq!((checkpoint.mode(), checkpoint.filters()), ("follow", "f"));
        assert_eq!(Mode::Backfill.name(), "backfill");
        for (version, words) in [("3", "use a newer one"), ("1", "0.1.0")] {
            let other = String::from_utf8(bytes.clone())
                .expect("JSON")
                .replace("\"version\":2", &format!("\"version\":{version}"));
            let error = Checkpoint::from_bytes(other.as_bytes()).expect_err("another version");
            assert!(error.to_string().contains(words), "{error}");
        }
        for end in 0..bytes.len() {
            let error = Checkpoint::from_bytes(&bytes[..end]).expect_err("torn");
            assert!(error.to_string().contains("damaged"), "{end}: {error}");
        }
    }

    #[test]
    fn the_watermark_is_how_far_the_running_pass_is_but_never_goes_back() {
        let mut state = state();
        assert_eq!(state.watermark(), None);
        let running = state.tiers[0].pass.as_mut().expect("running");
        running.next = 151;
        assert_eq!(state.watermark(), Some(150));
        state.tiers[0].end = Some(180);
        assert_eq!(state.watermark(), Some(180));
        state.tiers[0].pass = None;
        assert_eq!(state.watermark(), Some(180));
    }
}
