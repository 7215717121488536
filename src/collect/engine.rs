//! `Engine`: passes of tiers, window by window, until the end.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use http::{Request, Response};
use tower::{BoxError, Service};

use super::{
    Checkpoint, CollectError, Destination, Progress,
    config::Config,
    deliver::{Deliverer, Origin},
    destination::{CollectorState, Mode, Pass},
    progress::ProgressWriter,
    reader::Reader,
    shutdown::Shutdown,
    tiers::{Next, Schedule},
    windows::{Outcome, Plan, Ready, Window, seconds},
};
use crate::{body::Body, service::AuditLogs};

/// What ends a piece of work before it is done.
#[derive(Debug)]
pub(crate) enum End {
    /// The collector is to end.
    Shutdown,
    /// Another writer has gone on from where this one was.
    Superseded,
    /// A range ends in what is the future for the server.
    Future,
    /// What waiting does not mend.
    Error(Box<CollectError>),
}

impl From<CollectError> for End {
    fn from(error: CollectError) -> Self {
        Self::Error(Box::new(error))
    }
}

/// A collector that is running.
pub(crate) struct Engine<S, D> {
    reader: Arc<Reader<S>>,
    deliverer: Deliverer<D>,
    schedule: Schedule,
    progress: Arc<ProgressWriter>,
    /// The running pass of each tier, as far as it has been read.
    runs: Vec<Option<Run>>,
    /// Entries a second, by the last window.
    density: Option<f64>,
    /// Ranges ended early for a while, and the shortest tier has not caught up since.
    shortened: bool,
    mode: Mode,
    filters: String,
    allow_changed_filters: bool,
}

/// A pass, as far as it has been read.
struct Run {
    plan: Plan,
    jobs: FuturesUnordered<Job>,
    from: i64,
    requests: u64,
}

type Job = BoxFuture<'static, (u64, Result<Outcome, End>)>;

/// What an engine is made of.
#[derive(Debug)]
pub(crate) struct Setup<S, D> {
    pub(crate) audit_logs: AuditLogs<S>,
    pub(crate) destination: D,
    pub(crate) config: Config,
    pub(crate) schedule: Schedule,
    pub(crate) mode: Mode,
    pub(crate) progress: Arc<ProgressWriter>,
}

impl<S, D> Engine<S, D>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    D: Destination,
{
    /// `once`: an outage ends it.
    pub(crate) fn new(setup: Setup<S, D>, once: bool, shutdown: Shutdown) -> Self {
        let config = &setup.config;
        let filters = config.fingerprint();
        let state = CollectorState::new(setup.mode, filters.clone());
        let progress = setup.progress;
        progress.update(|progress| {
            progress.tiers = setup.schedule.tiers();
            progress.tiers_every = setup.schedule.stretched();
        });
        let reader = Reader::new(setup.audit_logs, config, &progress, once, shutdown.clone());
        Self {
            reader: Arc::new(reader),
            deliverer: Deliverer::new(
                setup.destination,
                config.keep.as_ref().map(|(_, keep)| Arc::clone(keep)),
                Arc::clone(&progress),
                shutdown,
                once,
                state,
            ),
            schedule: setup.schedule,
            progress,
            runs: Vec::new(),
            density: None,
            shortened: false,
            mode: setup.mode,
            filters,
            allow_changed_filters: config.allow_changed_filters,
        }
    }

    /// All of a range, and what came late of the one that an earlier run had.
    pub(crate) async fn backfill(&mut self, since: i64, until: Option<i64>) -> Result<(), End> {
        self.open(Some(since)).await?;
        let closed = self.closed().await?;
        // What an earlier run had begun comes first; it may not reach as far.
        self.drain().await?;
        let state = &mut self.deliverer.state;
        let extended = state.extend(since, until.unwrap_or(closed), closed);
        extended.map_err(CollectError::OtherState)?;
        self.drain().await?;
        let state = &self.deliverer.state;
        let end = state.tiers.first().and_then(|tier| tier.end);
        let settled = state.settled.zip(end);
        let settled = settled.map(|(settled, end)| settled.min(end));
        self.progress.update(|progress| progress.settled = settled);
        Ok(())
    }

    /// Window after window until the pass of a backfill is done.
    async fn drain(&mut self) -> Result<(), End> {
        while self.deliverer.state.pass(0).is_some() {
            match self.window(0).await {
                Err(End::Superseded) => self.open(None).await?,
                result => result?,
            }
        }
        Ok(())
    }

    /// Opens the destination; begins at `since`, or at the server's present, where it is fresh.
    async fn open(&mut self, since: Option<i64>) -> Result<(), End> {
        loop {
            match self.try_open(since).await {
                // Another collector has begun at the same moment.
                Err(End::Superseded) => tell_superseded(),
                opened => return opened,
            }
        }
    }

    async fn try_open(&mut self, since: Option<i64>) -> Result<(), End> {
        self.runs.clear();
        if let Some(checkpoint) = self.deliverer.open().await? {
            self.resume(checkpoint)?;
            return Ok(());
        }
        let closed = self.closed().await?;
        let since = since.unwrap_or(closed.saturating_add(1));
        let state = &mut self.deliverer.state;
        (state.since, state.floor) = (since, since);
        state.adopt(&self.schedule);
        // Where it begins may come from the time at which it was started, so it is committed
        // before anything is read.
        self.deliverer.commit().await
    }

    fn resume(&mut self, checkpoint: Checkpoint) -> Result<(), CollectError> {
        let mut state = checkpoint.state;
        if state.mode != self.mode {
            return Err(CollectError::OtherState(format!(
                "the destination was written by a {} and cannot be used by a {}: give each a \
                 destination and a state of its own",
                state.mode.name(),
                self.mode.name()
            )));
        }
        if state.filters != self.filters {
            if !self.allow_changed_filters {
                return Err(CollectError::OtherState(
                    "the destination was written with other filters, so what the new ones add to \
                     the time before is missing from it: use the old filters, another destination, \
                     or allow changed filters"
                        .to_owned(),
                ));
            }
            tracing::warn!("the filters have changed; the new ones hold from the watermark on");
            self.filters.clone_into(&mut state.filters);
        }
        state.adopt(&self.schedule);
        let watermark = state.watermark();
        self.deliverer.state = state;
        self.progress
            .update(|progress| progress.watermark = watermark);
        Ok(())
    }

    /// The last second of which everything has happened; asked for where no response has told it.
    async fn closed(&mut self) -> Result<i64, End> {
        loop {
            if let Some(closed) = self.reader.closed() {
                return Ok(closed);
            }
            self.reader.hear_time().await?;
        }
    }

    /// Pass after pass until the collector is to end; `once`: until none is due that was when it
    /// began, however long that takes.
    pub(crate) async fn follow(&mut self, since: Option<i64>, once: bool) -> Result<(), End> {
        self.open(since).await?;
        let mut now = None;
        loop {
            match self.follow_step(once, &mut now).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(End::Superseded) => {
                    tell_superseded();
                    self.open(None).await?;
                }
                Err(end) => return Err(end),
            }
        }
    }

    /// Whether there is more to do.
    async fn follow_step(&mut self, once: bool, now: &mut Option<i64>) -> Result<bool, End> {
        let mut closed = self.closed().await?;
        self.deliverer.state.follow_down(closed);
        // All that there is up to now, however short ago the last pass was.
        let is_first = once && now.is_none();
        if once {
            closed = closed.min(*now.get_or_insert(closed));
        }
        let (state, schedule) = (&self.deliverer.state, &self.schedule);
        let page = f64::from(self.reader.page_size());
        let fits = |tier: usize, width: i64| {
            let by_density = || Some(self.density? * seconds(width) / page);
            let pages = schedule.expected_pages(tier, width);
            pages.or_else(by_density).is_some_and(|pages| pages <= 1.1)
        };
        let next = match state.next(schedule, closed, self.shortened, fits) {
            // The shortest tier has something to read.
            Next::Wait(_) if is_first && state.from(schedule, 0) <= closed => Next::Begin(0),
            next => next,
        };
        match next {
            Next::Window(tier) => self.window(tier).await?,
            Next::Begin(tier) => self.begin(tier, closed, false).await?,
            Next::BeginAlone(tier) => self.begin(tier, closed, true).await?,
            Next::Nothing | Next::Wait(_) if once => return Ok(false),
            Next::Nothing => {
                // So that time is always heard.
                self.reader.hear_time().await?;
                self.rest(self.schedule.shortest_every()).await?;
            }
            Next::Wait(seconds) => {
                let wait = Duration::from_secs(u64::try_from(seconds).unwrap_or(1));
                // A clock of the host that stands still must not silence it.
                let longest = self.schedule.shortest_every() * 2;
                if self.reader.silence() >= longest {
                    self.reader.hear_time().await?;
                }
                self.rest(wait.min(longest)).await?;
            }
        }
        Ok(true)
    }

    /// Waits, and commits in between what is to be.
    async fn rest(&mut self, wait: Duration) -> Result<(), End> {
        let until_flush = self.deliverer.until_flush().unwrap_or(wait);
        self.reader.sleep(wait.min(until_flush)).await?;
        self.deliverer.flush_if_due().await
    }

    async fn begin(&mut self, tier: usize, closed: i64, alone: bool) -> Result<(), End> {
        self.begin_pass(tier, closed, alone);
        self.window(tier).await
    }

    fn begin_pass(&mut self, tier: usize, closed: i64, alone: bool) {
        let state = &mut self.deliverer.state;
        state.begin(&self.schedule, tier, closed, alone);
        // A pass that begins may replace one that was running, and reads other windows.
        if let Some(run) = self.runs.get_mut(tier) {
            *run = None;
        }
        self.forget_runs();
    }

    /// Reads a window of a tier's pass, or delivers one that has been read.
    async fn window(&mut self, tier: usize) -> Result<(), End> {
        match self.window_of(tier).await {
            Err(End::Future) => {
                let closed = self.reader.closed().unwrap_or(i64::MIN);
                self.shorten(tier, closed);
                Ok(())
            }
            result => result,
        }
    }

    async fn window_of(&mut self, tier: usize) -> Result<(), End> {
        let requests = |progress: &Progress| progress.requests;
        let before = self.progress.with(requests);
        let tiers = self.deliverer.state.tiers.len();
        self.runs.resize_with(tiers, || None);
        let (Some(slot), Some(pass)) = (self.runs.get_mut(tier), self.deliverer.state.pass(tier))
        else {
            return Ok(());
        };
        let page_size = self.reader.page_size();
        let run = slot.get_or_insert_with(|| Run::new(pass, page_size));
        if let Some(ready) = run.plan.take_ready() {
            self.density = run.plan.density().or(self.density);
            return self.deliver(tier, pass, ready).await;
        }
        // Only a pass alone reads several windows at once: others have time.
        let jobs = if pass.alone { self.reader.jobs() } else { 1 };
        while let Some(job) = run.plan.next_window(jobs) {
            let reader = Arc::clone(&self.reader);
            let expected = run.plan.expected();
            run.jobs.push(Box::pin(async move {
                let outcome = reader.read(job.window, job.room, expected).await;
                (job.number, outcome)
            }));
        }
        let Some((number, outcome)) = run.jobs.next().await else {
            // Nothing is left of it, and yet the pass is not over: from where it is.
            *slot = None;
            return Ok(());
        };
        run.requests += self.progress.with(requests) - before;
        run.plan.settle(number, outcome?);
        let held = run.plan.held();
        self.progress
            .update(|progress| progress.peak_entries = progress.peak_entries.max(held));
        // At once, so that a pass of a single window ends those of shorter tiers before they begin.
        if let Some(ready) = run.plan.take_ready() {
            self.density = run.plan.density().or(self.density);
            return self.deliver(tier, pass, ready).await;
        }
        Ok(())
    }

    async fn deliver(&mut self, tier: usize, pass: Pass, ready: Ready) -> Result<(), End> {
        let Ready { window, entries } = ready;
        let Self {
            deliverer,
            schedule,
            reader,
            ..
        } = self;
        let last_end = deliverer.state.tiers.last().and_then(|tier| tier.end);
        let reach = schedule.reaches().last().unwrap_or(0);
        let origin = Origin {
            tier,
            window,
            reach_begins: last_end.map_or(i64::MIN, |end| end.saturating_sub(reach)),
        };
        let advance = |state: &mut CollectorState, done: i64| {
            state.advance(tier, done);
            state.raise_floor(schedule);
        };
        if let Some(entries) = entries {
            deliverer.deliver(origin, entries, advance).await?;
        } else {
            // A second has no order, and ids make reading it again exact.
            let mut pages = reader.second(window);
            while let Some(entries) = pages.next_entries().await? {
                let keep_place = |_: &mut CollectorState, _: i64| {};
                deliverer.deliver(origin, entries, keep_place).await?;
            }
            deliverer.deliver(origin, Vec::new(), advance).await?;
        }
        self.tell(tier, pass);
        Ok(())
    }

    /// Notes a window that has been delivered, and what ended with it.
    fn tell(&mut self, tier: usize, pass: Pass) {
        let state = &self.deliverer.state;
        let rest = state.pass(tier);
        if rest.is_none()
            && let Some(Some(run)) = self.runs.get(tier)
        {
            let seconds = pass.to.saturating_sub(run.from).saturating_add(1);
            self.schedule.cost(tier, run.requests, seconds);
            self.shortened &= tier != 0 || self.reader.is_low();
            let progress = self.progress.get();
            tracing::info!(
                tier,
                requests = run.requests,
                watermark = state.watermark(),
                lag_seconds = progress.lag().map(|lag| lag.as_secs()),
                events = progress.events,
                late_events = ?progress.late,
                allowance_ratio = progress.allowance(),
                last_error = progress.last_error,
                "pass done"
            );
        }
        let catching_up = rest.filter(|pass| pass.alone);
        self.progress.update(|progress| {
            progress.catching_up = catching_up.map(|pass| (pass.next, pass.to));
            progress.tiers_every = self.schedule.stretched();
        });
        self.forget_runs();
    }

    /// A pass ends where the server's time does, for now.
    fn shorten(&mut self, tier: usize, closed: i64) {
        self.shortened = true;
        if let Some(state) = self.deliverer.state.tiers.get_mut(tier)
            && let Some(pass) = &mut state.pass
        {
            if pass.next <= closed {
                pass.to = pass.to.min(closed);
            } else if self.mode == Mode::Follow {
                state.pass = None;
            }
        }
        if let Some(run) = self.runs.get_mut(tier) {
            *run = None;
        }
    }

    /// Lets go of what was read for passes that are no more.
    fn forget_runs(&mut self) {
        let tiers = self.deliverer.state.tiers.len();
        self.runs.resize_with(tiers, || None);
        for (tier, run) in self.runs.iter_mut().enumerate() {
            if self.deliverer.state.pass(tier).is_none() {
                *run = None;
            }
        }
    }

    /// Commits what is pending, closes the destination, and tells how it went.
    pub(crate) async fn finish(
        mut self,
        result: Result<(), End>,
    ) -> Result<Progress, CollectError> {
        self.runs.clear();
        let result = match result {
            Ok(()) | Err(End::Shutdown | End::Future | End::Superseded) => Ok(()),
            Err(End::Error(error)) => Err(*error),
        };
        let is_broken = matches!(result, Err(CollectError::Destination(_)));
        let flushed = if is_broken {
            Ok(())
        } else {
            match self.deliverer.flush().await {
                Err(End::Error(error)) => Err(*error),
                // What is not committed is read again.
                _ => Ok(()),
            }
        };
        let closed = self.deliverer.close().await;
        result.and(flushed).and(closed)?;
        Ok(self.progress.get())
    }
}

fn tell_superseded() {
    tracing::warn!("another writer has gone on; going on from where it is");
}

impl Run {
    fn new(pass: Pass, page_size: u32) -> Self {
        let range = Window {
            from: pass.next,
            to: pass.to,
        };
        Self {
            plan: Plan::new(range, page_size),
            jobs: FuturesUnordered::new(),
            from: pass.next,
            requests: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use tower::service_fn;

    use super::*;
    use crate::{
        collect::{
            destination::{self, Batch, TierState},
            tiers::Tier,
        },
        service::BoxHttpService,
    };

    const PASS: Pass = Pass {
        next: 100,
        to: 200,
        begun: 200,
        alone: false,
    };

    /// An engine of two tiers, both of which have a pass and have read some of it.
    fn engine(mode: Mode) -> Engine<BoxHttpService, impl Destination> {
        let never = |_: Request<Body>| ready(Err::<Response<Bytes>, _>(BoxError::from("never")));
        let nowhere = |_: Batch| ready(Ok::<_, BoxError>(()));
        let tiers = [60, 600]
            .map(Duration::from_secs)
            .map(|reach| Tier::new(reach, reach));
        let setup = Setup {
            audit_logs: AuditLogs::new(BoxHttpService::new(service_fn(never))),
            destination: destination::Service::in_memory(service_fn(nowhere)),
            config: Config::default(),
            schedule: Schedule::new(&tiers).expect("valid"),
            mode,
            progress: Arc::default(),
        };
        let mut engine = Engine::new(setup, false, Shutdown::new(std::future::pending()));
        let tier = |reach| TierState {
            reach,
            end: Some(150),
            pass: Some(PASS),
        };
        engine.deliverer.state.tiers = [60, 600].map(tier).into();
        engine.runs = [(); 2].map(|()| Some(Run::new(PASS, 100))).into();
        engine
    }

    #[tokio::test]
    async fn a_pass_beyond_the_servers_time_ends_there() {
        for (mode, closed, to) in [
            (Mode::Follow, 150, Some(150)),
            (Mode::Follow, 250, Some(200)),
            (Mode::Follow, 100, Some(100)),
            (Mode::Follow, 99, None),
            (Mode::Backfill, 99, Some(200)),
        ] {
            let mut engine = engine(mode);
            engine.shorten(0, closed);
            let state = &engine.deliverer.state;
            assert_eq!(state.pass(0).map(|pass| pass.to), to, "{mode:?} {closed}");
            assert_eq!(state.pass(1), Some(PASS));
            assert!(engine.shortened && engine.runs[0].is_none() && engine.runs[1].is_some());
        }
    }

    #[tokio::test]
    async fn ranges_end_early_until_the_shortest_tier_has_caught_up() {
        let mut engine = engine(Mode::Follow);
        engine.shortened = true;
        engine.tell(0, PASS);
        assert!(engine.shortened, "its pass goes on");
        engine.deliverer.state.tiers[1].pass = None;
        engine.tell(1, PASS);
        assert!(engine.shortened, "it is another tier");
        engine.deliverer.state.tiers[0].pass = None;
        engine.tell(0, PASS);
        assert!(!engine.shortened);
    }

    /// What was planned for a pass that it replaces ends behind what it is to read again.
    #[tokio::test]
    async fn a_pass_alone_reads_all_of_its_own_windows() {
        let mut engine = engine(Mode::Follow);
        engine.begin_pass(1, 9_000, true);
        assert!(engine.runs.iter().all(Option::is_none));
        let passes = [0, 1].map(|tier| engine.deliverer.state.pass(tier));
        let [None, Some(pass)] = passes else {
            panic!("{passes:?}");
        };
        assert!(
            pass.alone && pass.next < 150 && pass.to == 9_000,
            "{pass:?}"
        );
    }
}
