//! `Queue`: windows that are read several at once and handed on in order.

use std::{collections::VecDeque, future::Future, pin::Pin};

use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use http::{Request, Response};
use tower::{BoxError, Service};

use super::{
    BatchSink, CheckpointStore, CollectError,
    checkpoint::State,
    follower::flood,
    ledger::Ledger,
    source::{Read, Source},
    window::{Pace, Window},
};
use crate::{body::Body, model::RawEntry};

/// One window and how far it is.
struct Slot {
    number: u64,
    window: Window,
    stage: Stage,
}

enum Stage {
    /// Cut out of a window that was too full; to be read when there is room.
    Waiting,
    Reading,
    Held(Vec<RawEntry>),
    /// A single second that is too full: read page by page when its turn comes.
    Flood,
}

type Job<'a> = Pin<Box<dyn Future<Output = (u64, Result<Read, CollectError>)> + Send + 'a>>;

/// Windows in order, some being read, some held until those before them are handed on.
pub(crate) struct Queue<'a, S> {
    source: &'a Source<S>,
    /// What no slot covers yet.
    rest: Option<Window>,
    jobs: usize,
    slots: VecDeque<Slot>,
    reading: FuturesUnordered<Job<'a>>,
    numbers: u64,
    pace: Pace,
}

impl<'a, S> Queue<'a, S>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone + Send,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    pub(crate) fn new(source: &'a Source<S>, rest: Option<Window>, jobs: usize) -> Self {
        Self {
            source,
            rest,
            jobs,
            slots: VecDeque::new(),
            reading: FuturesUnordered::new(),
            numbers: 0,
            pace: Pace::new(source.page_size),
        }
    }

    /// Reads and hands on all of it, or until the collector is to end.
    pub(crate) async fn drain<St: CheckpointStore, K: BatchSink>(
        mut self,
        ledger: &mut Ledger<St, K>,
    ) -> Result<(), CollectError> {
        loop {
            if self.source.stop.is_set() {
                return Ok(());
            }
            if let Some(done) = self.take_first() {
                if !self.hand_on(ledger, done).await? {
                    return Ok(());
                }
                continue;
            }
            self.fill();
            let Some((number, read)) = self.reading.next().await else {
                return Ok(());
            };
            match read? {
                Read::Stopped => return Ok(()),
                read => self.settle(number, read),
            }
        }
    }

    /// The first window, if it has been read.
    fn take_first(&mut self) -> Option<Slot> {
        let first = self.slots.front()?;
        match first.stage {
            Stage::Held(_) | Stage::Flood => self.slots.pop_front(),
            Stage::Waiting | Stage::Reading => None,
        }
    }

    async fn hand_on<St: CheckpointStore, K: BatchSink>(
        &mut self,
        ledger: &mut Ledger<St, K>,
        slot: Slot,
    ) -> Result<bool, CollectError> {
        let window = slot.window;
        let advance = |state: &mut State| advance(state, window);
        match slot.stage {
            Stage::Held(entries) => {
                ledger.hand_on(window, entries, false, advance).await?;
                Ok(true)
            }
            _ => flood(self.source, ledger, window, false, advance).await,
        }
    }

    /// Begins as many windows as there is room for: first those that wait, then new ones.
    fn fill(&mut self) {
        let is_busy = |slot: &Slot| !matches!(slot.stage, Stage::Waiting);
        let mut busy = self.slots.iter().filter(|slot| is_busy(slot)).count();
        while busy < self.jobs {
            let waiting = self.slots.iter().position(|slot| !is_busy(slot));
            let index = if let Some(index) = waiting {
                index
            } else {
                let Some(rest) = self.rest.take() else { return };
                self.slots.push_back(new_slot(&mut self.numbers, rest));
                self.slots.len() - 1
            };
            let Some(slot) = self.slots.get_mut(index) else {
                return;
            };
            let (window, rest) = slot.window.split(self.pace.width(slot.window.from));
            slot.window = window;
            slot.stage = Stage::Reading;
            let (source, number) = (self.source.clone(), slot.number);
            self.reading
                .push(Box::pin(async move { (number, source.read(window).await) }));
            busy += 1;
            match rest {
                // What is behind all slots need not wait in one.
                Some(rest) if index + 1 == self.slots.len() && self.rest.is_none() => {
                    self.rest = Some(rest);
                }
                Some(rest) => {
                    let rest = new_slot(&mut self.numbers, rest);
                    self.slots.insert(index + 1, rest);
                }
                None => {}
            }
        }
    }

    /// Notes what reading a window came to.
    fn settle(&mut self, number: u64, read: Read) {
        let Some(index) = self.slots.iter().position(|slot| slot.number == number) else {
            return;
        };
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let window = slot.window;
        match read {
            Read::Stopped => {}
            Read::Whole(entries) => {
                self.pace.held(window, entries.len());
                self.source
                    .progress
                    .update(|progress| progress.windows += 1);
                slot.stage = Stage::Held(entries);
            }
            Read::Overfull { .. } if window.width() == 1 => slot.stage = Stage::Flood,
            Read::Overfull { entries, covered } => {
                self.pace.overfull(window, entries, covered);
                let (first, rest) =
                    window.split(self.pace.width(window.from).min(window.width() - 1));
                slot.window = first;
                slot.stage = Stage::Waiting;
                if let Some(rest) = rest {
                    let rest = new_slot(&mut self.numbers, rest);
                    self.slots.insert(index + 1, rest);
                }
            }
        }
    }
}

fn new_slot(numbers: &mut u64, window: Window) -> Slot {
    *numbers += 1;
    Slot {
        number: *numbers,
        window,
        stage: Stage::Waiting,
    }
}

/// Marks a window as done, and with the last one the range.
fn advance(state: &mut State, window: Window) {
    if let Some(round) = &mut state.round {
        round.next = window.to.saturating_add(1);
        if round.rest().is_none() {
            state.finished = Some(round.to);
            state.round = None;
        }
    }
}
