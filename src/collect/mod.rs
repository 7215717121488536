//! Every event exactly once, oldest first: [`Follow`] goes on for ever, [`Backfill`] collects a
//! range of the past.
//!
//! ```no_run
//! use slack_audit_logs::{AuditLogsClient, collect::{FileSink, Follow, RedbStore}};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = AuditLogsClient::from_env()?;
//! let follow = Follow::builder(client.into_service(), RedbStore::new("audit.state"), FileSink::new("audit.ndjson"))
//!     .since(1_700_000_000)
//!     .build()?;
//! let progress = follow.progress();
//! follow.run().await?;
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! The API gives the newest events first, with times in whole seconds, by a cursor that remembers a
//! position only, and an event may become visible after younger ones. So:
//!
//! - **Rounds.** With `S` the end of the last finished round and `now` the server's time, a round
//!   reads `[S − overlap, now − 1 s]`; the first one begins at `since`. Its end is stored with its
//!   first window, so a restart goes on in the same round. When it is over, `S` is its end. What
//!   becomes visible after that and is at most `overlap` late lies in the next round's range.
//! - **Windows.** A round is read oldest first in windows that do not overlap, each newest first
//!   with bounds and filters that stay the same on every page. An empty window makes the next four
//!   times as wide, so that empty years cost a handful of calls; one of over five pages is dropped
//!   and cut by the density seen. A single second of over five pages is handed on page by page. If
//!   Slack rejects the cursor (`invalid_cursor` and no other code), or cursors lead in a circle,
//!   the window is read again; the third time is an error. A page larger than the client takes is
//!   asked for in halves. No cursor is ever stored.
//! - **Batches.** A finished window is sorted, freed of events that have been handed on before, and
//!   handed on as one [`Batch`]. When the
//!   [`BatchSink`] has acknowledged it, the ids of its events, the mark, and the sink's position are committed in one transaction of the
//!   [`CheckpointStore`].
//! - **Deep scans.** Every hour the last 24 hours are read again, behind the overlap and in the
//!   same windows. What is found there is handed on and counted as late. An event that becomes
//!   visible more than 24 hours late is out of reach. Between two rounds at most one window of a
//!   deep scan is read, so what is new does not wait for it. All of these times can be set.
//! - **Time** is the server's: the `Date` of its replies and what has passed since. The machine's
//!   own clock may be wrong or step. A `Date` more than a minute ahead of what is expected is
//!   believed once a second reply agrees.
//! - **Ids** ([`EntryId`]) are kept for as long as their events can be read again, and a range
//!   never begins before the oldest that is kept, whatever happens to clocks and settings: rather
//!   is an event that is late beyond reach left out than one handed on twice.
//! - **Outages.** Network failures, 5xx, 429 and unreadable answers are waited out for ever, with
//!   waits of up to a minute (or as long as `Retry-After` says, up to an hour). A refusal by Slack,
//!   the sink or the state ends the collector. Nothing is lost by that: started again, it goes on
//!   in the same window.
//!
//! # Exactly once
//!
//! [`FileSink`] with [`RedbStore`] gives every event to the file exactly once, wherever the process dies. Sinks that cannot take back what
//! they wrote ([`WriterSink`], [`ChannelSink`], yours) get every event at least once; see
//! [`BatchSink`].
//!
//! # Memory
//!
//! A window of about five pages, times [`jobs`](BackfillBuilder::jobs) in a backfill. A slow sink
//! slows the collector down.

mod backfill;
mod batch;
mod checkpoint;
mod clock;
mod config;
pub mod destination;
mod error;
mod follow;
mod follower;
mod id;
mod ledger;
mod progress;
mod queue;
mod sink;
mod source;
mod stop;
mod store;
mod window;

pub use self::{
    backfill::{Backfill, BackfillBuilder},
    batch::Batch,
    checkpoint::{Checkpoint, CheckpointStore, Commit},
    error::{CollectError, StoreError},
    follow::{Follow, FollowBuilder},
    id::EntryId,
    progress::{Outage, Progress, ProgressReader},
    sink::{
        Acknowledgement, BatchSink, ChannelSink, Deliveries, Delivery, FileSink, FileSinkError,
        SinkPosition, WriterSink,
    },
    store::{MemoryStore, RedbStore},
};
