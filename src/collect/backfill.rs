//! `Backfill`: a range of the past, several windows at once, handed on in order.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use tower::{BoxError, Service};

use super::{
    BatchSink, CheckpointStore, CollectError, Progress, ProgressReader,
    checkpoint::{Mode, State, Walk},
    config::{Config, FIRST_DAY, common_setters, invalid},
    ledger::{self, Ledger},
    progress::ProgressWriter,
    queue::Queue,
};
use crate::{
    body::Body,
    endpoint::{LogsRequest, UnixSeconds},
    service::AuditLogs,
};

const JOBS: usize = 4;
/// As the deep scan's reach: an id that comes again within a day of the mark is recognised.
const MEMORY: i64 = 86_400;

/// Hands on every event of a range exactly once, oldest first, then ends. See the
/// [module](crate::collect).
///
/// Several windows are read at once, all under the client's one rate limit: that hides the latency
/// of calls, it does not raise their number. At most [`jobs`](BackfillBuilder::jobs) windows are in
/// memory.
#[derive(Debug)]
pub struct Backfill<S, St, K> {
    audit_logs: AuditLogs<S>,
    store: St,
    sink: K,
    settings: Settings,
    progress: Arc<ProgressWriter>,
}

/// Sets up a [`Backfill`]; made by [`Backfill::builder`].
#[derive(Debug)]
#[must_use]
pub struct BackfillBuilder<S, St, K> {
    audit_logs: AuditLogs<S>,
    store: St,
    sink: K,
    config: Config,
    since: UnixSeconds,
    until: Option<UnixSeconds>,
    jobs: usize,
    give_up: bool,
}

#[derive(Debug)]
struct Settings {
    config: Config,
    since: i64,
    until: Option<i64>,
    jobs: usize,
    give_up: bool,
}

impl<S, St, K> Backfill<S, St, K> {
    /// Begins a collector that reads from `audit_logs` what happened from `since` on, keeps its
    /// state in `store` and hands on to `sink`.
    ///
    /// Nothing exists from before March 2018, so that is the earliest. The range stands in the
    /// state: an old state goes on with its own.
    pub fn builder(
        audit_logs: AuditLogs<S>,
        store: St,
        sink: K,
        since: impl Into<UnixSeconds>,
    ) -> BackfillBuilder<S, St, K> {
        BackfillBuilder {
            audit_logs,
            store,
            sink,
            config: Config::default(),
            since: since.into(),
            until: None,
            jobs: JOBS,
            give_up: false,
        }
    }

    /// Tells how far the collector is, while it runs and after.
    pub fn progress(&self) -> ProgressReader {
        self.progress.reader()
    }
}

impl<S, St, K> BackfillBuilder<S, St, K> {
    common_setters!();

    /// The last second to collect, inclusive: Unix seconds or a `SystemTime`; the server's present
    /// by default.
    pub fn until(mut self, until: impl Into<UnixSeconds>) -> Self {
        self.until = Some(until.into());
        self
    }

    /// How many windows are read at once; 4 by default.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// Ends with an error when Slack cannot be read, after what the client's retry policy does
    /// about it. Otherwise outages are waited out.
    pub fn give_up_on_outage(mut self) -> Self {
        self.give_up = true;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`CollectError::Config`] names the setting that cannot be.
    pub fn build(self) -> Result<Backfill<S, St, K>, CollectError> {
        self.config.check()?;
        let UnixSeconds(since) = self.since;
        let since = since.max(FIRST_DAY);
        let until = self.until.map(|UnixSeconds(until)| until);
        if until.is_some_and(|until| until < since) {
            return Err(invalid("until: must not be before since"));
        }
        if self.jobs == 0 {
            return Err(invalid("jobs: must be at least 1"));
        }
        Ok(Backfill {
            audit_logs: self.audit_logs,
            store: self.store,
            sink: self.sink,
            settings: Settings {
                config: self.config,
                since,
                until,
                jobs: self.jobs,
                give_up: self.give_up,
            },
            progress: Arc::new(ProgressWriter::new()),
        })
    }
}

impl<S, St, K> Backfill<S, St, K>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone + Send,
    S::Error: Into<BoxError>,
    S::Future: Send,
    St: CheckpointStore,
    K: BatchSink,
{
    /// Collects the range and ends.
    ///
    /// # Errors
    /// A refusal by Slack, the state, or the sink; see [`CollectError`].
    pub async fn run(self) -> Result<Progress, CollectError> {
        self.run_until(std::future::pending()).await
    }

    /// As [`run`](Self::run), but ends earlier when `stop` is ready, after the batch that is being
    /// handed on.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_until(
        mut self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Progress, CollectError> {
        let config = &self.settings.config;
        let source = config.source(self.audit_logs, &self.progress, self.settings.give_up, stop);
        let filters = ledger::fingerprint(&config.filters);
        let state = ledger::load(
            &mut self.store,
            Mode::Backfill,
            &filters,
            config.allow_changed_filters,
        )
        .await?;
        let is_fresh = state.is_none();
        let state = if let Some(state) = state {
            state
        } else {
            let Some(now) = source.now().await? else {
                return Ok(self.progress.get());
            };
            // The second that is running is not over.
            let newest = now.saturating_sub(1);
            let until = self.settings.until.unwrap_or(newest).min(newest);
            fresh(filters, self.settings.since, until)
        };
        let mut ledger = Ledger {
            store: self.store,
            sink: self.sink,
            state,
            progress: self.progress,
            memory: MEMORY,
        };
        ledger.open_sink(is_fresh).await?;
        let mark = ledger.state.mark();
        ledger.progress.update(|progress| progress.mark = mark);
        let rest = ledger.state.round.and_then(Walk::rest);
        Queue::new(&source, rest, self.settings.jobs)
            .drain(&mut ledger)
            .await?;
        Ok(ledger.progress.get())
    }
}

fn fresh(filters: String, since: i64, until: i64) -> State {
    let walk = Walk::new(since, until);
    State {
        mode: Mode::Backfill,
        filters,
        since,
        // Nothing to do is done.
        finished: walk.rest().is_none().then_some(until),
        round: walk.rest().map(|_| walk),
        scanned: None,
        scan: None,
        floor: since,
        position: None,
    }
}
