//! `Follower`: the loop of rounds and deep scans, over windows that are read, handed on and marked
//! as done.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::Instant;
use tower::{BoxError, Service};

use super::{
    BatchSink, CheckpointStore, CollectError, Progress,
    checkpoint::{Scan, State, Walk},
    ledger::Ledger,
    source::{Read, Source, Step},
    window::{Pace, Window},
};
use crate::body::Body;

/// When what is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rhythm {
    pub(crate) interval: Duration,
    /// In seconds, as all that is compared with the server's time.
    pub(crate) overlap: i64,
    pub(crate) deep: Option<Deep>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Deep {
    pub(crate) every: i64,
    pub(crate) reach: i64,
}

/// A collector that is running.
pub(crate) struct Follower<S, St, K> {
    source: Source<S>,
    ledger: Ledger<St, K>,
    rhythm: Rhythm,
    hot: Pace,
    deep: Pace,
}

/// Which walk a window belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Round,
    DeepScan,
}

impl<S, St, K> Follower<S, St, K>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
    St: CheckpointStore,
    K: BatchSink,
{
    pub(crate) fn new(source: Source<S>, ledger: Ledger<St, K>, rhythm: Rhythm) -> Self {
        let pace = Pace::new(source.page_size);
        Self {
            source,
            ledger,
            rhythm,
            hot: pace,
            deep: pace,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.ledger.progress.get()
    }

    /// Round after round until the collector is to end; one round if that is what is asked for.
    pub(crate) async fn follow(&mut self) -> Result<(), CollectError> {
        loop {
            let begun = Instant::now();
            self.source.restore_limit();
            if !self.round().await? {
                return Ok(());
            }
            // One deep window between two rounds, so that what is new never waits for long; all of
            // them if this was the only round.
            loop {
                if self.source.stop.is_set() {
                    return Ok(());
                }
                let more = self.deep_window().await?;
                if !(more && self.source.once) {
                    break;
                }
            }
            if self.source.once {
                return Ok(());
            }
            let next = begun.checked_add(self.rhythm.interval).unwrap_or(begun);
            let wait = next.saturating_duration_since(Instant::now());
            if !self.source.stop.sleep(wait).await {
                return Ok(());
            }
        }
    }

    /// A round to its end, or on to its end; `false` if the collector is to end.
    async fn round(&mut self) -> Result<bool, CollectError> {
        let Some(now) = self.source.now().await? else {
            return Ok(false);
        };
        let state = &mut self.ledger.state;
        if state.round.is_none() {
            // The second that is running is not over, so it is left for the next round.
            let to = now.saturating_sub(1);
            let from = match state.finished {
                Some(finished) => finished.saturating_sub(self.rhythm.overlap),
                None => state.since,
            };
            let walk = Walk::new(from.max(state.since).max(state.floor), to);
            if walk.rest().is_none() {
                // The server's clock went back further than the overlap, or `since` is still to
                // come: nothing can be asked for yet.
                return Ok(true);
            }
            state.round = Some(walk);
        }
        while let Some(rest) = self.ledger.state.round.and_then(Walk::rest) {
            if self.source.stop.is_set() || !self.window(Kind::Round, rest).await? {
                return Ok(false);
            }
        }
        tracing::info!(mark = self.ledger.state.mark(), "round done");
        Ok(true)
    }

    /// One window of the deep scan that is running or due; whether there is more of it.
    async fn deep_window(&mut self) -> Result<bool, CollectError> {
        let Some(rest) = self.begin_scan().await? else {
            return Ok(false);
        };
        let before = self.ledger.state.scan;
        if !self.window(Kind::DeepScan, rest).await? {
            return Ok(false);
        }
        // A window that was too full was only cut; that is not a window done.
        while self.ledger.state.scan == before {
            if self.source.stop.is_set() || !self.window(Kind::DeepScan, rest).await? {
                return Ok(false);
            }
        }
        Ok(self.ledger.state.scan.is_some())
    }

    /// What is left of the running deep scan; begins one if it is due.
    async fn begin_scan(&mut self) -> Result<Option<Window>, CollectError> {
        let Some(deep) = self.rhythm.deep else {
            return Ok(None);
        };
        let Some(now) = self.source.now().await? else {
            return Ok(None);
        };
        let state = &mut self.ledger.state;
        if let Some(scan) = state.scan {
            return Ok(scan.walk.rest());
        }
        let Some(finished) = state.finished else {
            return Ok(None);
        };
        let scanned = state.scanned.unwrap_or(finished);
        if now.saturating_sub(scanned) < deep.every {
            return Ok(None);
        }
        let from = scanned
            .saturating_sub(deep.reach)
            .max(state.since)
            .max(state.floor);
        let to = finished
            .saturating_sub(self.rhythm.overlap)
            .min(now.saturating_sub(1));
        let walk = Walk::new(from, to);
        if walk.rest().is_none() {
            // All of it is in the overlap still.
            state.scanned = Some(now);
            return Ok(None);
        }
        state.scan = Some(Scan { walk, started: now });
        Ok(walk.rest())
    }

    /// The first window of what is left of a walk; `false` if the collector is to end.
    async fn window(&mut self, kind: Kind, rest: Window) -> Result<bool, CollectError> {
        let pace = match kind {
            Kind::Round => &mut self.hot,
            Kind::DeepScan => &mut self.deep,
        };
        let (window, _) = rest.split(pace.width(rest.from));
        let entries = match self.source.read(window).await? {
            Read::Stopped => return Ok(false),
            Read::Whole(entries) => entries,
            Read::Overfull { entries, covered } if window.width() > 1 => {
                pace.overfull(window, entries, covered);
                return Ok(true);
            }
            Read::Overfull { .. } => return self.flood(kind, window).await,
        };
        pace.held(window, entries.len());
        self.source
            .progress
            .update(|progress| progress.windows += 1);
        let late = kind == Kind::DeepScan;
        self.ledger
            .hand_on(window, entries, late, |state| advance(state, kind, window))
            .await?;
        Ok(true)
    }

    /// A second that alone is too full, page by page.
    async fn flood(&mut self, kind: Kind, second: Window) -> Result<bool, CollectError> {
        let late = kind == Kind::DeepScan;
        let done = flood(&self.source, &mut self.ledger, second, late, |state| {
            advance(state, kind, second);
        })
        .await?;
        let pace = match kind {
            Kind::Round => &mut self.hot,
            Kind::DeepScan => &mut self.deep,
        };
        // What is around it need not be as full.
        pace.held(second, usize::try_from(self.source.page_size).unwrap_or(1));
        Ok(done)
    }
}

/// Hands on a second page by page: a second has no order, and ids make reading it again exact.
/// `false` if the collector is to end.
pub(crate) async fn flood<S, St, K>(
    source: &Source<S>,
    ledger: &mut Ledger<St, K>,
    second: Window,
    late: bool,
    advance: impl FnOnce(&mut State),
) -> Result<bool, CollectError>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
    St: CheckpointStore,
    K: BatchSink,
{
    let mut chain = source.chain(second);
    loop {
        match chain.next().await? {
            Step::Stopped => return Ok(false),
            Step::Again => {}
            Step::Page(page) => {
                ledger
                    .hand_on(second, page.into_entries(), late, |_| {})
                    .await?;
            }
            Step::End => {
                source.progress.update(|progress| progress.windows += 1);
                ledger.hand_on(second, Vec::new(), late, advance).await?;
                return Ok(true);
            }
        }
    }
}

/// Marks a window as done, and what it is the last of.
fn advance(state: &mut State, kind: Kind, window: Window) {
    let next = window.to.saturating_add(1);
    match kind {
        Kind::Round => {
            if let Some(round) = &mut state.round {
                round.next = next;
                if round.rest().is_none() {
                    state.finished = Some(state.finished.unwrap_or(round.to).max(round.to));
                    state.round = None;
                }
            }
        }
        Kind::DeepScan => {
            if let Some(scan) = &mut state.scan {
                scan.walk.next = next;
                if scan.walk.rest().is_none() {
                    state.scanned = Some(scan.started);
                    state.scan = None;
                }
            }
        }
    }
}
