//! `Backfill`: a pass with an end.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use tower::{BoxError, Service};

use super::{
    CollectError, Destination, Progress, ProgressReader, Tier,
    config::{Config, FIRST_DAY, common_setters, invalid},
    destination::Mode,
    engine::{Engine, Setup},
    shutdown::Shutdown,
    tiers::Schedule,
};
use crate::{
    body::Body,
    endpoint::{LogsRequest, UnixSeconds},
    service::AuditLogs,
};

/// Delivers every event of a range, oldest first, and ends. See the [module](crate::collect).
///
/// What is younger than a day may not be all there is: such events may still appear late. It is
/// delivered all the same; [`Progress::settled`] tells up to where it is complete. Run again with
/// the same destination, a backfill reads on from there, and delivers what has come since.
#[derive(Debug)]
pub struct Backfill<S, D> {
    setup: Setup<S, D>,
    since: i64,
    until: Option<i64>,
    once: bool,
}

/// Sets up a [`Backfill`]; made by [`Backfill::builder`].
#[derive(Debug)]
#[must_use]
pub struct BackfillBuilder<S, D> {
    audit_logs: AuditLogs<S>,
    destination: D,
    config: Config,
    since: Option<UnixSeconds>,
    until: Option<UnixSeconds>,
    reach: Duration,
    once: bool,
}

impl<S, D> Backfill<S, D> {
    /// Begins a collector that reads from `audit_logs` and delivers to `destination`.
    pub fn builder(audit_logs: AuditLogs<S>, destination: D) -> BackfillBuilder<S, D> {
        let [.., longest] = Tier::DEFAULT;
        BackfillBuilder {
            audit_logs,
            destination,
            config: Config::default(),
            since: None,
            until: None,
            reach: longest.reach(),
            once: false,
        }
    }

    /// Tells how far the collector is, while it runs and after.
    pub fn progress(&self) -> ProgressReader {
        self.setup.progress.reader()
    }
}

impl<S, D> BackfillBuilder<S, D> {
    common_setters!();

    /// The first second to collect, as Unix seconds or a `SystemTime`; must be set. Nothing exists
    /// from before March 2018, so that is the earliest.
    ///
    /// A destination that has a range already is extended by a later end; its beginning stays.
    pub fn since(mut self, since: impl Into<UnixSeconds>) -> Self {
        self.since = Some(since.into());
        self
    }

    /// The last second to collect, inclusive: Unix seconds or a `SystemTime`; the server's present
    /// by default.
    pub fn until(mut self, until: impl Into<UnixSeconds>) -> Self {
        self.until = Some(until.into());
        self
    }

    /// How late an event may appear: what is younger when it is read is not settled; a day by
    /// default.
    pub fn reach(mut self, reach: Duration) -> Self {
        self.reach = reach;
        self
    }

    /// Ends with an error when Slack cannot be read, after what the client's retry policy does
    /// about it. Otherwise outages are waited out.
    pub fn give_up_on_outage(mut self) -> Self {
        self.once = true;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`CollectError::Config`] names the setting that cannot be.
    pub fn build(self) -> Result<Backfill<S, D>, CollectError> {
        self.config.check()?;
        let Some(UnixSeconds(since)) = self.since else {
            return Err(invalid("since: a backfill needs a beginning"));
        };
        let until = self.until.map(|UnixSeconds(until)| until);
        if until.is_some_and(|until| until < since) {
            return Err(invalid("until: must not be before since"));
        }
        let tier = Tier::new(self.reach.max(Duration::from_secs(1)), self.reach);
        Ok(Backfill {
            setup: Setup {
                audit_logs: self.audit_logs,
                destination: self.destination,
                config: self.config,
                schedule: Schedule::new(&[tier]).map_err(invalid)?,
                mode: Mode::Backfill,
                progress: Arc::default(),
            },
            since: since.max(FIRST_DAY),
            until,
            once: self.once,
        })
    }
}

impl<S, D> Backfill<S, D>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    D: Destination,
{
    /// Collects the range and ends.
    ///
    /// # Errors
    /// A refusal by Slack or the destination; see [`CollectError`].
    pub async fn run(self) -> Result<Progress, CollectError> {
        self.run_until(std::future::pending()).await
    }

    /// As [`run`](Self::run), but ends earlier when `shutdown` is ready.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_until(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Progress, CollectError> {
        let mut engine = Engine::new(self.setup, self.once, Shutdown::new(shutdown));
        let result = engine.backfill(self.since, self.until).await;
        engine.finish(result).await
    }
}
