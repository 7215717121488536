//! `Follow`: everything up to now, and what comes, for ever.

use std::{future::Future, sync::Arc};

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

/// Delivers every event, oldest first, and goes on with what arrives. See the
/// [module](crate::collect).
#[derive(Debug)]
pub struct Follow<S, D> {
    setup: Setup<S, D>,
    since: Option<i64>,
}

/// Sets up a [`Follow`]; made by [`Follow::builder`].
#[derive(Debug)]
#[must_use]
pub struct FollowBuilder<S, D> {
    audit_logs: AuditLogs<S>,
    destination: D,
    config: Config,
    since: Option<UnixSeconds>,
    tiers: Vec<Tier>,
}

impl<S, D> Follow<S, D> {
    /// Begins a collector that reads from `audit_logs` and delivers to `destination`.
    pub fn builder(audit_logs: AuditLogs<S>, destination: D) -> FollowBuilder<S, D> {
        FollowBuilder {
            audit_logs,
            destination,
            config: Config::default(),
            since: None,
            tiers: Tier::DEFAULT.to_vec(),
        }
    }

    /// Tells how far the collector is, while it runs and after.
    pub fn progress(&self) -> ProgressReader {
        self.setup.progress.reader()
    }
}

impl<S, D> FollowBuilder<S, D> {
    common_setters!();

    /// Where to begin at a fresh destination: Unix seconds or a `SystemTime`; the server's present
    /// by default. An old one goes on where it was. Nothing exists from before March 2018, so that
    /// is the earliest.
    pub fn since(mut self, since: impl Into<UnixSeconds>) -> Self {
        self.since = Some(since.into());
        self
    }

    /// How often to look how far back; [`Tier::DEFAULT`] by default.
    ///
    /// The first tells how soon an event is delivered, the longest how late one may appear.
    pub fn tiers(mut self, tiers: impl IntoIterator<Item = Tier>) -> Self {
        self.tiers = tiers.into_iter().collect();
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`CollectError::Config`] names the setting that cannot be.
    pub fn build(self) -> Result<Follow<S, D>, CollectError> {
        self.config.check()?;
        Ok(Follow {
            setup: Setup {
                audit_logs: self.audit_logs,
                destination: self.destination,
                config: self.config,
                schedule: Schedule::new(&self.tiers).map_err(invalid)?,
                mode: Mode::Follow,
                progress: Arc::default(),
            },
            since: self.since.map(|UnixSeconds(since)| since.max(FIRST_DAY)),
        })
    }
}

impl<S, D> Follow<S, D>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    D: Destination,
{
    /// Collects until something ends it that waiting does not mend.
    ///
    /// # Errors
    /// A refusal by Slack or the destination; see [`CollectError`]. Outages do not end it.
    pub async fn run(self) -> Result<Progress, CollectError> {
        self.run_until(std::future::pending()).await
    }

    /// Collects until `shutdown` is ready. A commit that is on its way is finished first, if it
    /// takes no longer than a few seconds; a wait or a read is given up.
    ///
    /// The returned future may also be dropped at any time: the next start cleans up as after a
    /// crash.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_until(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Progress, CollectError> {
        self.start(false, shutdown).await
    }

    /// Collects up to now and ends, however long that takes: what happens meanwhile comes with the
    /// next run. An outage ends it, after what the client's retry policy does about it.
    ///
    /// # Errors
    /// As [`run`](Self::run), and outages.
    pub async fn run_once(self) -> Result<Progress, CollectError> {
        self.run_once_until(std::future::pending()).await
    }

    /// As [`run_once`](Self::run_once), but ends earlier when `shutdown` is ready.
    ///
    /// # Errors
    /// As [`run_once`](Self::run_once).
    pub async fn run_once_until(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Progress, CollectError> {
        self.start(true, shutdown).await
    }

    async fn start(
        self,
        once: bool,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Progress, CollectError> {
        let mut engine = Engine::new(self.setup, once, Shutdown::new(shutdown));
        let result = engine.follow(self.since, once).await;
        engine.finish(result).await
    }
}

/// What runs can be spawned, whatever the destination.
const _: fn() = || {
    fn is_send<F: Future + Send>(_: fn(Follow<Transport, Box<dyn Destination>>) -> F) {}
    type Transport = tower::util::BoxCloneService<Request<Body>, Response<Bytes>, BoxError>;
    is_send(Follow::run);
};
