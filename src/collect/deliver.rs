//! `Deliverer`: brings windows into order, takes out what is known, and commits.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    BatchEntry, Checkpoint, CollectError, Commit, Destination, DestinationError, End, EntryId,
    config::Keep,
    destination::{Batch, CollectorState},
    progress::ProgressWriter,
    shutdown::{Shutdown, backoff},
    windows::Window,
};
use crate::{error::Sources, model::RawEntry};

/// How often a destination is tried when outages are not waited out.
const TRIES_ONCE: u32 = 4;
/// So many flush intervals may pass before a checkpoint without events is committed.
const QUIET_INTERVALS: u32 = 10;

/// The destination, and what is to be committed to it.
pub(crate) struct Deliverer<D> {
    destination: D,
    keep: Option<Keep>,
    progress: Arc<ProgressWriter>,
    shutdown: Shutdown,
    once: bool,
    /// The state after all that is pending.
    pub(crate) state: CollectorState,
    pending: Pending,
    committed: Instant,
}

/// What has been read, and is not committed.
#[derive(Default)]
struct Pending {
    entries: Vec<BatchEntry>,
    ids: HashMap<EntryId, i64>,
    range: Option<(i64, i64)>,
    bytes: u64,
    since: Option<Instant>,
    counts: Counts,
}

/// What is told of a commit once it is made.
#[derive(Default)]
struct Counts {
    late: Vec<u64>,
    beyond_reach: u64,
    duplicates: u64,
    drifted: u64,
}

/// Where a window comes from.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) tier: usize,
    pub(crate) window: Window,
    /// Events of before this second are late beyond the longest reach.
    pub(crate) reach_begins: i64,
}

/// An entry with the date it is sorted by.
struct Dated {
    date: i64,
    id: EntryId,
    entry: RawEntry,
}

impl<D: Destination> Deliverer<D> {
    pub(crate) fn new(
        destination: D,
        keep: Option<Keep>,
        progress: Arc<ProgressWriter>,
        shutdown: Shutdown,
        once: bool,
        state: CollectorState,
    ) -> Self {
        Self {
            destination,
            keep,
            progress,
            shutdown,
            once,
            state,
            pending: Pending::default(),
            committed: Instant::now(),
        }
    }

    /// Opens the destination and reads its checkpoint. What was pending is dropped: it is read
    /// again.
    pub(crate) async fn open(&mut self) -> Result<Option<Checkpoint>, End> {
        self.pending = Pending::default();
        self.progress.update(|progress| progress.is_active = false);
        let mut failures = 0;
        loop {
            // A destination that stands by takes as long as it must.
            match self.shutdown.or(self.destination.open()).await? {
                Ok(checkpoint) => {
                    self.progress.works("the destination can be opened");
                    self.progress.update(|progress| progress.is_active = true);
                    return Ok(checkpoint);
                }
                Err(error) => self.fail(error, &mut failures).await?,
            }
        }
    }

    /// Takes what of a window is new, and marks it as done up to its end by `advance`. It is
    /// committed now, or with what comes within the destination's flush interval.
    pub(crate) async fn deliver(
        &mut self,
        origin: Origin,
        newest_first: Vec<RawEntry>,
        mut advance: impl FnMut(&mut CollectorState, i64),
    ) -> Result<(), End> {
        let fresh = self.fresh(origin, newest_first).await?;
        for (window, entries) in parts(origin.window, fresh, self.period(), self.most_bytes()) {
            self.flush_before(window, &entries).await?;
            self.take(origin, window, entries);
            advance(&mut self.state, window.to);
            self.flush_if_due().await?;
        }
        Ok(())
    }

    /// What of a window has not been delivered, oldest first.
    async fn fresh(
        &mut self,
        origin: Origin,
        newest_first: Vec<RawEntry>,
    ) -> Result<Vec<Dated>, End> {
        let Window { from, to } = origin.window;
        let read = newest_first.len();
        let mut entries = in_order(origin.window, newest_first);
        let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
        let known = self.known(&ids).await?;
        let mut known = ids.iter().zip(known);
        let pending = &mut self.pending;
        entries.retain(|entry| {
            let stored = known.next().and_then(|(_, time)| time);
            let held = pending.ids.get(&entry.id).copied();
            let Some(time) = stored.max(held) else {
                return true;
            };
            // It has come with another date than before: it must not be forgotten before that one
            // cannot come again.
            let needed = if (from..=to).contains(&entry.date) {
                entry.date
            } else {
                to
            };
            if time < needed {
                pending.ids.insert(entry.id, to);
            }
            false
        });
        pending.counts.duplicates += (read - entries.len()) as u64;
        Ok(entries)
    }

    /// Puts a part of a window to what is pending.
    fn take(&mut self, origin: Origin, window: Window, entries: Vec<Dated>) {
        let watermark = self.state.watermark();
        let pending = &mut self.pending;
        pending.range = Some(match pending.range {
            None => (window.from, window.to),
            Some((from, to)) => (from.min(window.from), to.max(window.to)),
        });
        pending.since.get_or_insert_with(Instant::now);
        for Dated { date, id, entry } in entries {
            if self.keep.as_ref().is_some_and(|keep| !keep(&entry)) {
                continue;
            }
            // The server finds it in this window whatever its date says, so it is remembered for
            // as long as the window may be read.
            pending.ids.insert(id, origin.window.to);
            let is_late = watermark.is_some_and(|mark| date <= mark);
            if is_late {
                let late = &mut pending.counts.late;
                late.resize(late.len().max(origin.tier + 1), 0);
                if let Some(late) = late.get_mut(origin.tier) {
                    *late += 1;
                }
                pending.counts.beyond_reach += u64::from(date < origin.reach_begins);
            }
            let drifted = entry.id().is_none() || entry.date_create().is_none();
            pending.counts.drifted += u64::from(drifted);
            pending.bytes += entry.json().len() as u64 + 1;
            pending.entries.push(BatchEntry { entry, id, is_late });
            let newest = date.min(window.to);
            self.state.newest = self.state.newest.max(Some(newest));
        }
    }

    fn period(&self) -> Option<i64> {
        let period = self.destination.cut_every()?.as_secs();
        i64::try_from(period).ok().filter(|period| *period > 0)
    }

    fn most_bytes(&self) -> u64 {
        self.destination.flush_bytes().max(1)
    }

    /// Commits what is pending where the next part must not go with it.
    async fn flush_before(&mut self, next: Window, entries: &[Dated]) -> Result<(), End> {
        if self.pending.entries.is_empty() {
            return Ok(());
        }
        let bytes: u64 = entries.iter().map(Dated::bytes).sum();
        let is_other_period = self.period().is_some_and(|period| {
            let of = |second: i64| second.div_euclid(period);
            self.pending
                .range
                .is_some_and(|(_, to)| of(to) < of(next.to))
        });
        if is_other_period || self.pending.bytes.saturating_add(bytes) > self.most_bytes() {
            self.flush().await?;
        }
        Ok(())
    }

    /// Commits what has been pending for as long as the destination wants.
    pub(crate) async fn flush_if_due(&mut self) -> Result<(), End> {
        if self.until_flush().is_some_and(|wait| wait.is_zero())
            || self.pending.bytes >= self.most_bytes()
        {
            self.flush().await?;
        }
        Ok(())
    }

    /// When what is pending is to be committed; `None` if nothing is.
    pub(crate) fn until_flush(&self) -> Option<Duration> {
        let since = self.pending.since?;
        let interval = self.destination.flush_interval();
        Some(if self.pending.entries.is_empty() {
            let quiet = interval.saturating_mul(QUIET_INTERVALS);
            quiet.saturating_sub(self.committed.elapsed())
        } else {
            interval.saturating_sub(since.elapsed())
        })
    }

    /// Commits what is pending, if anything is.
    pub(crate) async fn flush(&mut self) -> Result<(), End> {
        if self.pending.since.is_some() {
            self.commit().await?;
        }
        Ok(())
    }

    /// Commits the state, and what is pending.
    pub(crate) async fn commit(&mut self) -> Result<(), End> {
        let pending = std::mem::take(&mut self.pending);
        let (from, to) = pending
            .range
            .unwrap_or((self.state.since, self.state.since));
        let events = pending.entries.len() as u64;
        let commit = Commit {
            batch: Batch::new(from..=to, pending.entries),
            checkpoint: Checkpoint::new(self.state.clone()),
            ids: pending.ids.into_iter().collect(),
        };
        let mut failures = 0;
        loop {
            let done = self.destination.commit(&commit);
            match self.shutdown.or_grace(done).await? {
                Ok(()) => break,
                Err(error) => self.fail(error, &mut failures).await?,
            }
        }
        self.committed = Instant::now();
        if failures > 0 {
            self.progress.works("the destination takes events");
        }
        let counts = pending.counts;
        let watermark = self.state.watermark();
        self.progress.update(|progress| {
            progress.watermark = watermark;
            progress.events += events;
            progress.commits += 1;
            progress.beyond_reach += counts.beyond_reach;
            progress.duplicates += counts.duplicates;
            progress.drifted += counts.drifted;
            let tiers = progress.late.len().max(counts.late.len());
            progress.late.resize(tiers, 0);
            for (sum, late) in progress.late.iter_mut().zip(counts.late) {
                *sum += late;
            }
        });
        tracing::debug!(from, to, events, watermark, "committed");
        Ok(())
    }

    pub(crate) async fn close(&mut self) -> Result<(), CollectError> {
        self.progress.update(|progress| progress.is_active = false);
        match self.shutdown.or_grace(self.destination.close()).await {
            Ok(closed) => closed.map_err(CollectError::Destination),
            Err(_) => Ok(()),
        }
    }

    async fn known(&mut self, ids: &[EntryId]) -> Result<Vec<Option<i64>>, End> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut failures = 0;
        loop {
            match self.shutdown.or_grace(self.destination.known(ids)).await? {
                Ok(known) if known.len() == ids.len() => return Ok(known),
                Ok(_) => {
                    let error = "the destination did not say of each id whether it is known";
                    return Err(refused(DestinationError::refused(error)));
                }
                Err(error) => self.fail(error, &mut failures).await?,
            }
        }
    }

    /// Waits out what passes; anything else is the end.
    async fn fail(&mut self, error: DestinationError, failures: &mut u32) -> Result<(), End> {
        if error.is_superseded() {
            // The other may still be about to begin.
            self.shutdown.sleep(backoff(0)).await?;
            return Err(End::Superseded);
        }
        *failures += 1;
        self.progress
            .update(|progress| progress.destination_errors += 1);
        if error.is_refused() || self.once && *failures >= TRIES_ONCE {
            return Err(refused(error));
        }
        let wait = backoff(*failures - 1);
        let words: Vec<_> = Sources(Some(&error)).map(ToString::to_string).collect();
        let words = words.join(": ");
        tracing::warn!(
            error = words,
            wait_seconds = wait.as_secs(),
            "the destination takes nothing; trying again"
        );
        self.progress.failed(words, wait);
        self.shutdown.sleep(wait).await
    }
}

fn refused(error: DestinationError) -> End {
    CollectError::Destination(error).into()
}

impl Dated {
    fn bytes(&self) -> u64 {
        self.entry.json().len() as u64 + 1
    }
}

/// Brings what came newest first into order: by date, within a second as the API has them, the
/// first of several with one id.
///
/// An entry whose date cannot be read stays beside its neighbour.
fn in_order(window: Window, newest_first: Vec<RawEntry>) -> Vec<Dated> {
    let mut date = window.to;
    let mut dated: Vec<Dated> = newest_first
        .into_iter()
        .map(|entry| {
            date = entry.date_create().unwrap_or(date);
            let id = EntryId::of(&entry);
            Dated { date, id, entry }
        })
        .collect();
    dated.reverse();
    dated.sort_by_key(|entry| entry.date);
    let mut seen = HashSet::with_capacity(dated.len());
    dated.retain(|entry| seen.insert(entry.id));
    dated
}

/// Cuts a window where another period begins, and where it would be too many bytes. Each part but
/// the last ends with a second that is whole.
fn parts(
    window: Window,
    entries: Vec<Dated>,
    period: Option<i64>,
    most_bytes: u64,
) -> Vec<(Window, Vec<Dated>)> {
    let of = |second: i64| period.map_or(0, |period| second.div_euclid(period));
    let clamp = |date: i64| date.clamp(window.from, window.to);
    let mut parts = Vec::new();
    let mut part: Vec<Dated> = Vec::new();
    let (mut from, mut bytes) = (window.from, 0);
    for entry in entries {
        let date = clamp(entry.date);
        if let Some(last) = part.last().map(|last| clamp(last.date)) {
            let cut = if of(date) > of(last) {
                // The first second of the next period that has something.
                period.map(|period| (of(last) + 1).saturating_mul(period))
            } else {
                (date > last && bytes + entry.bytes() > most_bytes).then_some(date)
            };
            if let Some(cut) = cut {
                let to = cut - 1;
                parts.push((Window { from, to }, std::mem::take(&mut part)));
                (from, bytes) = (cut, 0);
            }
        }
        bytes += entry.bytes();
        part.push(entry);
    }
    if let (Some(last), Some(period)) = (part.last(), period) {
        let last = clamp(last.date);
        if of(window.to) > of(last) {
            let cut = (of(last) + 1).saturating_mul(period);
            let to = cut - 1;
            parts.push((Window { from, to }, std::mem::take(&mut part)));
            from = cut;
        }
    }
    let to = window.to;
    parts.push((Window { from, to }, part));
    parts
}

#[cfg(test)]
mod tests {
    use futures_util::{
        FutureExt,
        future::{self, BoxFuture},
    };

    use super::*;
    use crate::collect::destination::{Mode, TierState};

    /// Knows what it was told to, and keeps what is committed.
    #[derive(Default)]
    struct Memory {
        known: HashMap<EntryId, i64>,
        commits: Vec<Commit>,
        settings: (Duration, u64, Option<Duration>),
        is_short: bool,
        /// How often commits fail.
        failures: u32,
    }

    impl Destination for Memory {
        fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
            future::ready(Ok(None)).boxed()
        }

        fn known<'a>(
            &'a mut self,
            ids: &'a [EntryId],
        ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
            let said = ids.iter().skip(usize::from(self.is_short));
            let known = said.map(|id| self.known.get(id).copied()).collect();
            future::ready(Ok(known)).boxed()
        }

        fn commit<'a>(
            &'a mut self,
            commit: &'a Commit,
        ) -> BoxFuture<'a, Result<(), DestinationError>> {
            if let Some(left) = self.failures.checked_sub(1) {
                self.failures = left;
                return future::ready(Err(DestinationError::outage("it is full"))).boxed();
            }
            self.known.extend(commit.ids.iter().copied());
            self.commits.push(commit.clone());
            future::ready(Ok(())).boxed()
        }

        fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
            future::ready(Ok(())).boxed()
        }

        fn flush_interval(&self) -> Duration {
            self.settings.0
        }

        fn flush_bytes(&self) -> u64 {
            self.settings.1
        }

        fn cut_every(&self) -> Option<Duration> {
            self.settings.2
        }
    }

    const HOUR: Duration = Duration::from_secs(3_600);

    /// A deliverer whose watermark is second 100.
    fn deliverer(settings: (Duration, u64, Option<Duration>)) -> Deliverer<Memory> {
        let memory = Memory {
            settings,
            ..Memory::default()
        };
        let tier = TierState {
            reach: 50,
            end: Some(100),
            pass: None,
        };
        let state = CollectorState {
            tiers: vec![tier],
            ..CollectorState::new(Mode::Follow, "")
        };
        let shutdown = Shutdown::new(future::pending());
        Deliverer::new(memory, None, Arc::default(), shutdown, false, state)
    }

    /// An entry of 40 bytes with its line break.
    fn entry(id: &str, date: i64) -> RawEntry {
        let fields = format!(r#""id":"{id}","date_create":{date}}}"#);
        RawEntry::from_json(format!("{{{fields:>38}"))
    }

    fn origin(from: i64, to: i64) -> Origin {
        Origin {
            tier: 1,
            window: Window { from, to },
            reach_begins: 50,
        }
    }

    /// Events in each commit.
    fn sizes(deliverer: &Deliverer<Memory>) -> Vec<usize> {
        let commits = deliverer.destination.commits.iter();
        commits.map(|commit| commit.batch.len()).collect()
    }

    async fn bring(deliverer: &mut Deliverer<Memory>, origin: Origin, entries: &[(&str, i64)]) {
        let newest_first = entries.iter().rev().map(|(id, date)| entry(id, *date));
        let done = deliverer.deliver(origin, newest_first.collect(), |_, _| ());
        assert!(done.await.is_ok(), "not delivered");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_committed_is_counted() {
        let mut deliverer = deliverer((Duration::ZERO, 1 << 20, None));
        for _ in 0..2 {
            let window = [("a", 49), ("b", 50), ("c", 100), ("d", 101)];
            bring(&mut deliverer, origin(0, 200), &window).await;
            let window = [("e", 10), ("f", 20), ("g", 101)];
            bring(&mut deliverer, origin(0, 200), &window).await;
            let drifted = vec![RawEntry::from_json(r#"{"date_create":150}"#)];
            let done = deliverer.deliver(origin(0, 200), drifted, |_, _| ());
            assert!(done.await.is_ok(), "not delivered");
        }
        let progress = deliverer.progress.get();
        assert_eq!((progress.events, progress.commits), (8, 6));
        assert_eq!(progress.late, [0, 5]);
        assert_eq!(progress.beyond_reach, 3);
        assert_eq!(progress.duplicates, 8);
        assert_eq!(progress.drifted, 1);
        assert_eq!(deliverer.state.newest, Some(150));
        let late = |commit: &Commit| commit.batch.entries().iter().map(|it| it.is_late).collect();
        let late: Vec<Vec<bool>> = deliverer.destination.commits.iter().map(late).collect();
        assert_eq!(late[0], [true, true, true, false]);
        assert_eq!(late[1..3], [vec![true, true, false], vec![false]]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_id_with_a_later_date_is_remembered_until_that_cannot_come_again() {
        let mut deliverer = deliverer((Duration::ZERO, 1 << 20, None));
        let id = EntryId::of(&entry("a", 0));
        // Delivered in a window, then found in others; outside of its window a date says nothing.
        for (window, date, remembered) in [
            ((0, 10), 5, 10),
            ((0, 20), 10, 10),
            ((0, 20), 11, 20),
            ((0, 30), 20, 20),
            ((0, 40), 99, 40),
            ((50, 60), 3, 60),
        ] {
            bring(&mut deliverer, origin(window.0, window.1), &[("a", date)]).await;
            let known = deliverer.destination.known.get(&id);
            assert_eq!(known, Some(&remembered), "{window:?} {date}");
        }
        assert_eq!(deliverer.progress.get().events, 1);
        assert_eq!(deliverer.progress.get().duplicates, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn an_id_that_is_pending_is_known_with_its_later_date() {
        let mut deliverer = deliverer((HOUR, 1 << 20, None));
        let id = EntryId::of(&entry("a", 0));
        bring(&mut deliverer, origin(0, 10), &[("a", 5), ("b", 5)]).await;
        bring(&mut deliverer, origin(0, 20), &[("a", 15)]).await;
        bring(&mut deliverer, origin(0, 30), &[("a", 20)]).await;
        assert!(deliverer.destination.commits.is_empty());
        assert!(deliverer.flush().await.is_ok());
        assert_eq!(sizes(&deliverer), [2]);
        assert_eq!(deliverer.destination.known.get(&id), Some(&20));
        assert_eq!(deliverer.destination.commits[0].batch.range(), 0..=30);
    }

    #[tokio::test(start_paused = true)]
    async fn windows_go_together_up_to_the_destinations_bytes() {
        // Three events are what one commit may hold: a fourth does not go with them.
        let mut deliverer = deliverer((HOUR, 121, None));
        for second in 1..=3 {
            let id = second.to_string();
            bring(&mut deliverer, origin(second, second), &[(&id, second)]).await;
        }
        assert!(sizes(&deliverer).is_empty());
        bring(&mut deliverer, origin(4, 4), &[("4", 4)]).await;
        assert_eq!(sizes(&deliverer), [3]);
        // Reaching the bound exactly is not past it, and is committed.
        deliverer.destination.settings.1 = 80;
        bring(&mut deliverer, origin(5, 5), &[("5", 5)]).await;
        assert_eq!(sizes(&deliverer), [3, 2]);
        // A window without events goes with what comes next.
        bring(&mut deliverer, origin(6, 6), &[]).await;
        bring(&mut deliverer, origin(7, 7), &[("7", 7), ("8", 7)]).await;
        assert_eq!(sizes(&deliverer), [3, 2, 2]);
        assert_eq!(deliverer.destination.commits[2].batch.range(), 6..=7);
    }

    #[tokio::test(start_paused = true)]
    async fn windows_of_two_periods_do_not_go_together() {
        let period = Some(Duration::from_secs(10));
        let mut deliverer = deliverer((HOUR, 1 << 20, period));
        for second in [3, 9, 10, 19, 20] {
            let id = second.to_string();
            bring(&mut deliverer, origin(second, second), &[(&id, second)]).await;
        }
        assert_eq!(sizes(&deliverer), [2, 2]);
        // What came late goes with what is pending.
        bring(&mut deliverer, origin(5, 5), &[("late", 5)]).await;
        assert_eq!(sizes(&deliverer), [2, 2]);
        // A period of no length cuts nowhere.
        deliverer.destination.settings.2 = Some(Duration::ZERO);
        bring(&mut deliverer, origin(30, 30), &[("30", 30)]).await;
        assert_eq!(sizes(&deliverer), [2, 2]);
        assert!(deliverer.flush().await.is_ok());
        assert_eq!(sizes(&deliverer), [2, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_destination_that_speaks_of_fewer_ids_is_refused() {
        let mut deliverer = deliverer((Duration::ZERO, 1 << 20, None));
        deliverer.destination.is_short = true;
        let entries = vec![entry("a", 1), entry("b", 1)];
        let done = deliverer.deliver(origin(0, 10), entries, |_, _| ()).await;
        let Err(End::Error(error)) = done else {
            panic!("it was delivered");
        };
        assert!(
            matches!(*error, CollectError::Destination(ref error) if error.is_refused()),
            "{error}"
        );
        assert!(deliverer.destination.commits.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_of_the_destination_is_over_with_the_next_commit() {
        let mut deliverer = deliverer((Duration::ZERO, 1 << 20, None));
        let progress = Arc::clone(&deliverer.progress);
        progress.failed("before".to_owned(), HOUR);
        // What ended another outage says so itself.
        bring(&mut deliverer, origin(0, 10), &[("a", 1)]).await;
        assert!(progress.get().outage.is_some());
        deliverer.destination.failures = 2;
        bring(&mut deliverer, origin(0, 10), &[("b", 1)]).await;
        assert!(progress.get().outage.is_none());
        assert_eq!(sizes(&deliverer), [1, 1]);
    }

    /// An entry of 16 bytes with its line break.
    fn dated(date: i64) -> Dated {
        let entry = RawEntry::from_json(r#"{"id":"abcdef"}"#);
        let id = EntryId::of(&entry);
        Dated { date, id, entry }
    }

    #[test]
    fn windows_are_cut_where_a_period_begins_and_between_whole_seconds() {
        let all = i64::MAX.cast_unsigned();
        let window = Window { from: 10, to: 99 };
        let single = [(10, 29, 1), (30, 39, 1), (40, 99, 1)];
        let both = [(10, 49, 1), (50, 79, 2), (80, 99, 1)];
        for (dates, period, most_bytes, expected) in [
            (&[][..], None, all, &[(10, 99, 0)][..]),
            (&[], Some(50), all, &[(10, 99, 0)]),
            (&[20, 80], None, all, &[(10, 99, 2)]),
            (&[20, 49, 50], Some(50), all, &[(10, 49, 2), (50, 99, 1)]),
            (&[20, 80], Some(50), all, &[(10, 49, 1), (50, 99, 1)]),
            (&[20, 21], Some(50), all, &[(10, 49, 2), (50, 99, 0)]),
            (&[80, 81], Some(50), all, &[(10, 99, 2)]),
            (&[20, 80], Some(20), all, &[(10, 39, 1), (40, 99, 1)]),
            // Dates outside of the window count as its ends.
            (&[-70, 20, 700], Some(50), all, &[(10, 49, 2), (50, 99, 1)]),
            (&[20, 30, 40], None, 32, &[(10, 39, 2), (40, 99, 1)]),
            (&[20, 30, 40], None, 31, &single),
            (&[20, 20, 20, 30], None, 32, &[(10, 29, 3), (30, 99, 1)]),
            (&[20, 60, 70, 80], Some(50), 32, &both),
        ] {
            let entries = dates.iter().copied().map(dated).collect();
            let cut = parts(window, entries, period, most_bytes).into_iter();
            let cut: Vec<_> = cut
                .map(|(window, entries)| (window.from, window.to, entries.len()))
                .collect();
            assert_eq!(cut, expected, "{dates:?} {period:?} {most_bytes}");
        }
    }
}
