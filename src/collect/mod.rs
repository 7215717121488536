//! Every event exactly once, oldest first: [`Follow`] goes on for ever, [`Backfill`] collects a
//! range of the past.

mod backfill;
mod clock;
mod config;
mod deliver;
pub mod destination;
mod engine;
mod error;
mod follow;
mod id;
mod progress;
mod reader;
mod shutdown;
mod tiers;
mod windows;

use self::engine::End;
pub use self::{
    backfill::{Backfill, BackfillBuilder},
    destination::{Batch, BatchEntry, Checkpoint, Commit, Destination, DestinationError},
    error::CollectError,
    follow::{Follow, FollowBuilder},
    id::EntryId,
    progress::{Outage, Progress, ProgressReader},
    tiers::Tier,
};
