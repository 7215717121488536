//! `Follow`: rounds up to now, for ever, and deep scans for what became visible late.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use tower::{BoxError, Service};

use super::{
    BatchSink, CheckpointStore, CollectError, Progress, ProgressReader,
    checkpoint::{Mode, State},
    config::{Config, FIRST_DAY, common_setters, invalid},
    follower::{Deep, Follower, Rhythm},
    ledger::{self, Ledger},
    progress::ProgressWriter,
};
use crate::{
    body::Body,
    endpoint::{LogsRequest, UnixSeconds},
    service::AuditLogs,
};

const INTERVAL: Duration = Duration::from_secs(30);
const OVERLAP: Duration = Duration::from_secs(600);
const DEEP_SCAN_EVERY: Duration = Duration::from_secs(3_600);
const DEEP_SCAN_REACH: Duration = Duration::from_secs(86_400);

/// Hands on every event exactly once, oldest first, and goes on with what arrives. See the
/// [module](crate::collect).
#[derive(Debug)]
pub struct Follow<S, St, K> {
    audit_logs: AuditLogs<S>,
    store: St,
    sink: K,
    settings: Settings,
    progress: Arc<ProgressWriter>,
}

/// Sets up a [`Follow`]; made by [`Follow::builder`].
#[derive(Debug)]
#[must_use]
pub struct FollowBuilder<S, St, K> {
    audit_logs: AuditLogs<S>,
    store: St,
    sink: K,
    config: Config,
    since: Option<UnixSeconds>,
    interval: Duration,
    overlap: Duration,
    deep_scan: Option<(Duration, Duration)>,
}

#[derive(Debug)]
struct Settings {
    config: Config,
    since: Option<i64>,
    rhythm: Rhythm,
}

impl<S, St, K> Follow<S, St, K> {
    /// Begins a collector that reads from `audit_logs`, keeps its state in `store` and hands on to
    /// `sink`.
    pub fn builder(audit_logs: AuditLogs<S>, store: St, sink: K) -> FollowBuilder<S, St, K> {
        FollowBuilder {
            audit_logs,
            store,
            sink,
            config: Config::default(),
            since: None,
            interval: INTERVAL,
            overlap: OVERLAP,
            deep_scan: Some((DEEP_SCAN_EVERY, DEEP_SCAN_REACH)),
        }
    }

    /// Tells how far the collector is, while it runs and after.
    pub fn progress(&self) -> ProgressReader {
        self.progress.reader()
    }
}

impl<S, St, K> FollowBuilder<S, St, K> {
    common_setters!();

    /// Where to begin on a fresh state: Unix seconds or a `SystemTime`; the server's present by
    /// default. An old state goes on where it was. Nothing exists from before March 2018, so that
    /// is the earliest.
    pub fn since(mut self, since: impl Into<UnixSeconds>) -> Self {
        self.since = Some(since.into());
        self
    }

    /// How long from the beginning of a round to that of the next; 30 s by default.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How late an event may become visible to be found by the next round; 10 minutes by default.
    /// Every round reads that much again.
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.overlap = overlap;
        self
    }

    /// How often to look for later ones, and how late they may be: every hour and 24 hours by
    /// default.
    ///
    /// A deep scan reads `reach` again, window by window between the rounds. An event that becomes
    /// visible later than `reach` is not found.
    pub fn deep_scan(mut self, every: Duration, reach: Duration) -> Self {
        self.deep_scan = Some((every, reach));
        self
    }

    /// Looks for no event that is later than the overlap.
    pub fn without_deep_scan(mut self) -> Self {
        self.deep_scan = None;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`CollectError::Config`] names the setting that cannot be.
    pub fn build(self) -> Result<Follow<S, St, K>, CollectError> {
        self.config.check()?;
        let since = self.since.map(|UnixSeconds(since)| since.max(FIRST_DAY));
        if self.interval.is_zero() {
            return Err(invalid("interval: must not be zero"));
        }
        let overlap = seconds("overlap", self.overlap)?;
        let deep = match self.deep_scan {
            None => None,
            Some((every, reach)) => Some(Deep {
                every: seconds("deep_scan: every", every)?.max(1),
                reach: seconds("deep_scan: reach", reach)?,
            }),
        };
        if deep.is_some_and(|deep| deep.reach < overlap) {
            return Err(invalid(
                "deep_scan: reach must not be less than the overlap; without_deep_scan turns it off",
            ));
        }
        Ok(Follow {
            audit_logs: self.audit_logs,
            store: self.store,
            sink: self.sink,
            settings: Settings {
                config: self.config,
                since,
                rhythm: Rhythm {
                    interval: self.interval,
                    overlap,
                    deep,
                },
            },
            progress: Arc::new(ProgressWriter::new()),
        })
    }
}

/// A setting in whole seconds, rounded up.
fn seconds(name: &str, time: Duration) -> Result<i64, CollectError> {
    /// A century: more than anything that can be meant.
    const MOST: u64 = 36_525 * 86_400;
    let seconds = time
        .as_secs()
        .saturating_add(u64::from(time.subsec_nanos() > 0));
    if seconds > MOST {
        return Err(invalid(format!("{name}: more than a century")));
    }
    Ok(i64::try_from(seconds).unwrap_or(i64::MAX))
}

impl<S, St, K> Follow<S, St, K>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
    St: CheckpointStore,
    K: BatchSink,
{
    /// Collects until something ends it that waiting does not mend.
    ///
    /// # Errors
    /// A refusal by Slack, the state, or the sink; see [`CollectError`]. Outages do not end it.
    pub async fn run(self) -> Result<Progress, CollectError> {
        self.run_until(std::future::pending()).await
    }

    /// Collects until `stop` is ready. A batch that is being handed on is finished and marked as
    /// done first; a wait or a read is given up.
    ///
    /// The returned future may also be dropped at any time: the next start cleans up as after a
    /// crash.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_until(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Progress, CollectError> {
        self.start(false, stop).await
    }

    /// Collects up to now and ends, with a whole deep scan after it if one is due. An outage ends
    /// it, after what the client's retry policy does about it.
    ///
    /// # Errors
    /// As [`run`](Self::run), and outages.
    pub async fn run_once(self) -> Result<Progress, CollectError> {
        self.run_once_until(std::future::pending()).await
    }

    /// As [`run_once`](Self::run_once), but ends earlier when `stop` is ready.
    ///
    /// # Errors
    /// As [`run_once`](Self::run_once).
    pub async fn run_once_until(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Progress, CollectError> {
        self.start(true, stop).await
    }

    async fn start(
        mut self,
        once: bool,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Progress, CollectError> {
        let config = &self.settings.config;
        let source = config.source(self.audit_logs, &self.progress, once, stop);
        let filters = ledger::fingerprint(&config.filters);
        let state = ledger::load(
            &mut self.store,
            Mode::Follow,
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
            fresh(filters, self.settings.since.unwrap_or(now), now)
        };
        let reach = self.settings.rhythm.deep.map_or(0, |deep| deep.reach);
        let mut ledger = Ledger {
            store: self.store,
            sink: self.sink,
            state,
            progress: self.progress,
            memory: reach.max(self.settings.rhythm.overlap),
        };
        ledger.open_sink(is_fresh).await?;
        let mark = ledger.state.mark();
        ledger.progress.update(|progress| progress.mark = mark);
        let mut follower = Follower::new(source, ledger, self.settings.rhythm);
        follower.follow().await?;
        Ok(follower.progress())
    }
}

fn fresh(filters: String, since: i64, now: i64) -> State {
    State {
        mode: Mode::Follow,
        filters,
        since,
        finished: None,
        round: None,
        scanned: Some(now),
        scan: None,
        floor: since,
        position: None,
    }
}
