//! Every event exactly once, oldest first: [`Follow`] goes on for ever, [`Backfill`] collects a
//! range of the past.
//!
//! ```no_run
//! use slack_audit_logs::{AuditLogsClient, collect::{Follow, destination::File}};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = AuditLogsClient::from_env()?;
//! let destination = File::new("audit.ndjson", "audit.state");
//! let follow = Follow::builder(client.into_service(), destination)
//!     .since(1_700_000_000)
//!     .build()?;
//! let progress = follow.progress();
//! follow.run().await?;
//! # Ok(()) }
//! ```
//!
//! # What is promised
//!
//! - **Exactly once** with a [`Destination`] that makes events and checkpoint durable in one step:
//!   [`destination::File`], or a database as in `examples/postgres_destination.rs`. The process may
//!   die at any moment.
//! - **At least once** with [`destination::Service`]: between a call's success and the checkpoint
//!   the process may die, and the batch then comes again. Every event has a [key](EntryId).
//! - **Oldest first** within a pass. What became visible only after younger events had been
//!   delivered comes later, and is [marked](BatchEntry::is_late).
//! - **Late** events are delivered if they appear no later than the longest [`Tier`] reaches, a day
//!   by default. Later ones are out of reach; [`Progress::beyond_reach`] counts those that show it.
//! - **Outages** are waited out for ever, with waits of up to a minute (or as long as `Retry-After`
//!   says, up to an hour): everything but Slack's own refusal of token, scope, plan or filter, and
//!   what the destination [refuses](DestinationError::refused). Such an end loses nothing: started
//!   again, it goes on in the same window.
//!
//! # How it works
//!
//! The API gives the newest events first, with times in whole seconds, by a cursor that remembers a
//! position only, and an event may become visible after younger ones. So:
//!
//! - **Tiers.** A pass of a tier reads from its `reach` before the end of its last pass up to now.
//!   By default every 30 s back 60 s, every 5 min back 10 min, every hour back a day. A pass of a
//!   longer tier covers those of the shorter ones. All but the first use at most 5 % of Slack's
//!   rate limit in the long run: on a busy organization they run less often, up to their reach. A
//!   first run, and one that is far behind, is a single pass of the longest tier.
//! - **Windows.** A pass is read oldest first in windows that do not overlap, each newest first
//!   with bounds and filters that stay the same on every page. They are cut so that pages are full.
//!   Pages that came before their turn are held, as many as [memory](#memory) is for. If Slack
//!   rejects a cursor, or cursors lead in a circle, what is left of the window is read again. A
//!   page larger than the client takes, or slower than its timeout, is asked for in halves. No
//!   cursor is ever stored.
//!   A pass alone reads up to four windows at once where a page takes longer than the 1.2 s that
//!   Slack's rate limit has for a call: they cost no more calls, and use what the limit allows.
//! - **Commits.** A finished window is sorted, freed of events that were delivered before, and goes
//!   to the destination together with the checkpoint after it.
//! - **Time** is the server's: its `Date` and what has passed since. A range is never closed more
//!   than ten minutes ahead of the host's clock; a `Date` that steps back is believed after ten
//!   minutes in which all responses agree. A `Date` far ahead loses nothing, but for ten minutes
//!   the shortest tier may see nothing new.
//! - **Ids** ([`EntryId`]) are kept for as long as their events can be read again, and nothing is
//!   read of before the oldest that is kept, whatever clocks and settings do: rather is an event
//!   that is late beyond reach left out than one delivered twice.
//!
//! # Where it ends
//!
//! An event larger than the client's limit for bodies ends the collector, which names its time and
//! the setting. Two wrong clocks at once (`Date` and the host's, both ahead) are not told from
//! right ones. What others do to the output file is found before each commit, not prevented.
//!
//! # Memory
//!
//! Up to ten pages for each running pass (those that wait for their turn and those of the window
//! that is being read), about twenty where several windows are read at once; what a destination has
//! put together ([`Destination::flush_bytes`]); and 25 to 50 bytes for each event within the
//! longest reach.

mod backfill;
mod clock;
mod config;
mod deliver;
pub mod destination;
mod engine;
mod error;
mod follow;
mod id;
mod metrics;
mod progress;
mod reader;
mod shutdown;
mod tiers;
mod windows;

pub use self::{
    backfill::{Backfill, BackfillBuilder},
    error::CollectError,
    follow::{Follow, FollowBuilder},
    id::EntryId,
    metrics::Metric,
    progress::{Outage, Progress, ProgressReader},
    tiers::Tier,
};
use self::{
    destination::{BatchEntry, Checkpoint, Commit, Destination, DestinationError},
    engine::End,
};
