//! Tiers: which pass is due, where it begins, and what may be forgotten. No I/O and no clock.

use std::time::Duration;

use super::{
    destination::{CollectorState, Mode, Pass, TierState},
    windows::seconds,
};

/// The longest tier reads so much more than its reach, in seconds: what is found there shows that
/// more may be late than is reached for.
pub(crate) const BEYOND_REACH: i64 = 600;
/// What all tiers but the first may use together in the long run, in requests a second: 5 % of
/// Slack's Tier 3, which is 50 calls a minute for the whole organization.
const BUDGET: f64 = 0.05 * 50.0 / 60.0;

/// How often to look how far back.
///
/// A pass of a tier reads from `reach` before the end of its last pass up to now. So an event that
/// appears late is delivered within `every` by the smallest tier with at least that reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    every: Duration,
    reach: Duration,
}

impl Tier {
    /// A pass every so often, which reaches back so far from the end of the last one. Whole
    /// seconds; fractions are rounded up.
    pub const fn new(every: Duration, reach: Duration) -> Self {
        Self { every, reach }
    }

    /// How often it runs.
    pub const fn every(&self) -> Duration {
        self.every
    }

    /// How late an event may appear to be found.
    pub const fn reach(&self) -> Duration {
        self.reach
    }

    /// Every 30 s back 60 s; every 5 min back 10 min; every hour back 24 h.
    pub const DEFAULT: [Self; 3] = [
        Self::new(Duration::from_secs(30), Duration::from_secs(60)),
        Self::new(Duration::from_secs(300), Duration::from_secs(600)),
        Self::new(Duration::from_secs(3_600), Duration::from_secs(86_400)),
    ];
}

/// The tiers as they are set, in whole seconds, and what their passes cost. Never empty.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    tiers: Vec<Timing>,
}

#[derive(Clone, Copy, Debug)]
struct Timing {
    /// As set.
    every: i64,
    /// As it is stretched at present.
    stretched: i64,
    reach: i64,
    /// Requests for each second of the range, by its last pass.
    density: Option<f64>,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A window of this tier's running pass.
    Window(usize),
    /// A pass of this tier, to begin now.
    Begin(usize),
    /// The same of the longest tier, and nothing beside it.
    BeginAlone(usize),
    /// Nothing for so many seconds.
    Wait(i64),
    /// A pass is due, but there is nothing to read yet.
    Nothing,
}

impl Schedule {
    /// Sorted by reach; `Err` says what is wrong.
    pub(crate) fn new(tiers: &[Tier]) -> Result<Self, String> {
        /// A century: more than anything that can be meant.
        const MOST: i64 = 36_525 * 86_400;
        let whole = |time: Duration| {
            let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
            i64::try_from(seconds).unwrap_or(i64::MAX)
        };
        let mut timings: Vec<Timing> = tiers
            .iter()
            .map(|tier| Timing {
                every: whole(tier.every),
                stretched: whole(tier.every),
                reach: whole(tier.reach),
                density: None,
            })
            .collect();
        timings.sort_by_key(|tier| tier.reach);
        if timings.is_empty() {
            return Err("tiers: at least one is needed".to_owned());
        }
        for tier in &timings {
            if tier.every == 0 {
                return Err("tiers: how often a tier runs must not be zero".to_owned());
            }
            if tier.every > MOST || tier.reach > MOST {
                return Err("tiers: more than a century".to_owned());
            }
        }
        for pair in timings.windows(2) {
            if let [short, long] = pair
                && (short.reach == long.reach || short.every >= long.every)
            {
                return Err(format!(
                    "tiers: one that reaches back farther must run less often, but every {} s \
                     back {} s and every {} s back {} s do not fit",
                    short.every, short.reach, long.every, long.reach
                ));
            }
        }
        Ok(Self { tiers: timings })
    }

    /// The tiers as they are set.
    pub(crate) fn tiers(&self) -> Vec<Tier> {
        let tier = |tier: &Timing| Tier::new(time(tier.every), time(tier.reach));
        self.tiers.iter().map(tier).collect()
    }

    pub(crate) fn reaches(&self) -> impl Iterator<Item = i64> + '_ {
        self.tiers.iter().map(|tier| tier.reach)
    }

    /// How far the pass of a tier reads back.
    fn span(&self, tier: usize) -> i64 {
        let beyond = if tier + 1 == self.tiers.len() {
            BEYOND_REACH
        } else {
            0
        };
        self.reach(tier).saturating_add(beyond)
    }

    pub(crate) fn reach(&self, tier: usize) -> i64 {
        self.tiers.get(tier).map_or(0, |tier| tier.reach)
    }

    fn longest(&self) -> usize {
        self.tiers.len().saturating_sub(1)
    }

    fn every(&self, tier: usize) -> i64 {
        self.tiers.get(tier).map_or(i64::MAX, |tier| tier.stretched)
    }

    pub(crate) fn shortest_every(&self) -> Duration {
        time(self.tiers.first().map_or(1, |tier| tier.every))
    }

    /// How many pages a pass of a tier is likely to have, by its last one.
    pub(crate) fn expected_pages(&self, tier: usize, width: i64) -> Option<f64> {
        Some(self.tiers.get(tier)?.density? * seconds(width))
    }

    /// How often each tier runs at present.
    pub(crate) fn stretched(&self) -> Vec<Duration> {
        let stretched = |tier: &Timing| time(tier.stretched);
        self.tiers.iter().map(stretched).collect()
    }

    /// A pass has ended that cost so many requests for so many seconds.
    pub(crate) fn cost(&mut self, tier: usize, requests: u64, width: i64) {
        // Far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let density = requests as f64 / seconds(width);
        if let Some(tier) = self.tiers.get_mut(tier) {
            tier.density = Some(density);
        }
        self.stretch();
    }

    /// Stretches all tiers but the first by a common factor, none beyond its reach, until they
    /// keep to the budget.
    fn stretch(&mut self) {
        let longest = self.tiers.iter().rev().find_map(|tier| tier.density);
        let (mut low, mut high) = (1.0, 1.0);
        while self.rate(high, longest) > BUDGET && high < 1e6 {
            high *= 2.0;
        }
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if self.rate(middle, longest) > BUDGET {
                low = middle;
            } else {
                high = middle;
            }
        }
        for tier in self.tiers.iter_mut().skip(1) {
            tier.stretched = tier.stretched_by(high);
        }
    }

    /// Requests a second of all tiers but the first at this factor.
    fn rate(&self, factor: f64, otherwise: Option<f64>) -> f64 {
        let tiers = self.tiers.iter().enumerate().skip(1);
        tiers
            .map(|(index, tier)| {
                let every = tier.stretched_by(factor);
                let density = tier.density.or(otherwise).unwrap_or(0.0);
                let requests = density * seconds(every + self.span(index));
                // A pass of a single window takes the place of one of the shortest tier.
                if requests <= 1.1 {
                    0.0
                } else {
                    requests / seconds(every)
                }
            })
            .sum()
    }
}

impl Timing {
    fn stretched_by(self, factor: f64) -> i64 {
        // Saturates.
        #[allow(clippy::cast_possible_truncation)]
        let every = (seconds(self.every) * factor) as i64;
        every.min(self.reach).max(self.every)
    }
}

/// Times of a tier are never negative.
fn time(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// The rules over the state of a follower.
impl CollectorState {
    /// Takes over the state of other tiers: each takes the end of the shortest old one with at
    /// least its reach, else of the longest. A pass goes on only where the reach is the same.
    pub(crate) fn adopt(&mut self, schedule: &Schedule) {
        let floor = self.floor;
        let goes_on = |pass: Pass| {
            let next = pass.next.max(floor);
            (next <= pass.to).then_some(Pass { next, ..pass })
        };
        let old = std::mem::take(&mut self.tiers);
        self.tiers = schedule
            .reaches()
            .map(|reach| {
                let from = old.iter().find(|tier| tier.reach >= reach).or(old.last());
                let same = old.iter().find(|tier| tier.reach == reach);
                TierState {
                    reach,
                    end: from.and_then(|tier| tier.end),
                    pass: same.and_then(|tier| tier.pass).and_then(goes_on),
                }
            })
            .collect();
    }

    /// Where the next pass of a tier begins.
    pub(crate) fn from(&self, schedule: &Schedule, tier: usize) -> i64 {
        let end = self.tiers.get(tier).and_then(|tier| tier.end);
        end.map_or(self.since, |end| end.saturating_sub(schedule.span(tier)))
            .max(self.since)
            .max(self.floor)
    }

    /// Ends that time has fallen behind follow it down: what lies between has not happened yet.
    pub(crate) fn follow_down(&mut self, closed: i64) {
        for tier in &mut self.tiers {
            tier.end = tier.end.map(|end| end.min(closed));
        }
    }

    /// What is to be done at this time. `shortened`: that the shortest tier is behind is owed to
    /// ranges that ended early for a while. `fits`: whether a range of so many seconds is likely to
    /// be a single page.
    pub(crate) fn next(
        &self,
        schedule: &Schedule,
        closed: i64,
        shortened: bool,
        fits: impl Fn(usize, i64) -> bool,
    ) -> Next {
        let is_alone = |tier: &TierState| tier.pass.is_some_and(|pass| pass.alone);
        if let Some(alone) = self.tiers.iter().position(is_alone) {
            return Next::Window(alone);
        }
        let longest = schedule.longest();
        let behind = |tier: usize| {
            let end = self.tiers.get(tier).and_then(|tier| tier.end);
            end.map_or(i64::MAX, |end| closed.saturating_sub(end))
        };
        let is_readable = |tier: usize| self.from(schedule, tier) <= closed;
        let limit = schedule.tiers.last().map_or(i64::MAX, |tier| tier.every);
        let is_first = self.tiers.first().is_none_or(|tier| tier.end.is_none());
        if is_first || behind(0) > limit && !self.after_alone && !shortened {
            return if is_readable(longest) {
                Next::BeginAlone(longest)
            } else {
                Next::Nothing
            };
        }
        let is_running = |tier: usize| self.tiers.get(tier).is_some_and(|it| it.pass.is_some());
        let is_due = |tier: usize| !is_running(tier) && behind(tier) >= schedule.every(tier);
        if is_due(0) {
            let soon = schedule.every(0);
            let is_soon = |tier: usize| {
                !is_running(tier)
                    && behind(tier).saturating_add(soon) >= schedule.every(tier)
                    && is_readable(tier)
                    && fits(tier, closed.saturating_sub(self.from(schedule, tier)))
            };
            if let Some(instead) = (1..=longest).rev().find(|tier| is_soon(*tier)) {
                return Next::Begin(instead);
            }
        }
        let mut is_waiting = false;
        for tier in 0..=longest {
            if is_running(tier) {
                return Next::Window(tier);
            }
            if is_due(tier) {
                if is_readable(tier) {
                    return Next::Begin(tier);
                }
                is_waiting = true;
            }
        }
        if is_waiting {
            return Next::Nothing;
        }
        let waits = (0..=longest).map(|tier| schedule.every(tier).saturating_sub(behind(tier)));
        Next::Wait(waits.min().unwrap_or(1).max(1))
    }

    /// Begins a pass.
    pub(crate) fn begin(&mut self, schedule: &Schedule, tier: usize, closed: i64, alone: bool) {
        let next = self.from(schedule, tier);
        if alone {
            // It reads all that theirs would; the floor does not wait for them.
            for state in &mut self.tiers {
                state.pass = None;
            }
        }
        if let Some(state) = self.tiers.get_mut(tier) {
            state.pass = Some(Pass {
                next,
                to: closed,
                begun: closed,
                alone,
            });
        }
    }

    /// A window of a tier's pass is done up to this second; with the last one the pass.
    pub(crate) fn advance(&mut self, tier: usize, done: i64) {
        let Some(state) = self.tiers.get_mut(tier) else {
            return;
        };
        let Some(pass) = &mut state.pass else { return };
        pass.next = pass.next.max(done.saturating_add(1));
        let pass = *pass;
        if pass.next <= pass.to {
            return;
        }
        if self.mode == Mode::Backfill {
            self.settled = Some(pass.begun.saturating_sub(state.reach));
        }
        for (index, state) in self.tiers.iter_mut().enumerate().take(tier + 1) {
            state.end = state.end.max(Some(pass.to));
            if index == tier || state.pass.is_some_and(|shorter| shorter.to <= pass.to) {
                state.pass = None;
            }
        }
        if pass.alone {
            self.after_alone = true;
        } else if tier == 0 {
            self.after_alone = false;
        }
    }

    /// Raises the floor to the lowest second that any running or next pass reads. It never sinks:
    /// what is forgotten stays forgotten, even if clocks or settings go back.
    pub(crate) fn raise_floor(&mut self, schedule: &Schedule) {
        let lowest = |(index, tier): (usize, &TierState)| {
            let again = match self.mode {
                Mode::Follow => {
                    let end = tier.pass.map(|pass| pass.to).or(tier.end);
                    end.map_or(self.since, |end| end.saturating_sub(schedule.span(index)))
                }
                // What was not old enough when it was read is read again.
                Mode::Backfill => match tier.pass {
                    Some(pass) => pass.begun.saturating_sub(tier.reach),
                    None => self.settled.unwrap_or(self.since),
                },
            };
            tier.pass.map_or(again, |pass| again.min(pass.next))
        };
        let tiers = self.tiers.iter().enumerate();
        let alone = tiers
            .clone()
            .find(|(_, tier)| tier.pass.is_some_and(|pass| pass.alone));
        let lowest = match alone {
            Some(alone) => Some(lowest(alone)),
            None => tiers.map(lowest).min(),
        };
        // A wrong clock must not make anything forgotten that is younger than what came.
        let span = schedule.span(schedule.longest());
        let newest = self.newest.map(|newest| newest.saturating_sub(span));
        if let (Some(lowest), Some(newest)) = (lowest, newest) {
            self.floor = self.floor.max(lowest.min(newest));
        }
    }

    /// What a backfill is to read so that all up to `until` is there, given the time. `Err` says
    /// why it cannot.
    pub(crate) fn extend(&mut self, since: i64, until: i64, closed: i64) -> Result<(), String> {
        let Self { settled, floor, .. } = *self;
        let begins = self.since;
        let Some(tier) = self.tiers.first_mut() else {
            return Ok(());
        };
        let from = match tier.end {
            None => begins,
            Some(end) => settled.unwrap_or(end).min(end.saturating_add(1)),
        };
        let reached = tier.end.unwrap_or(begins);
        if since < begins {
            return Err(format!(
                "the destination begins at {begins} (Unix seconds), and {since} is before that: \
                 what is older cannot be put in front of it: use another destination and state"
            ));
        }
        if since > reached.saturating_add(1) {
            return Err(format!(
                "the destination ends at {reached} (Unix seconds), and {since} is after that: \
                 begin at {reached} at the latest, or use another destination and state"
            ));
        }
        if until < reached.min(closed) {
            return Err(format!(
                "the destination reaches to {reached} (Unix seconds) already, and {until} is \
                 before that: name an end that is not, or use another destination and state"
            ));
        }
        let (from, to) = (from.max(floor), until.min(closed));
        if from <= to {
            tier.pass = Some(Pass {
                next: from,
                to,
                begun: closed,
                alone: true,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(every: u64, reach: u64) -> Tier {
        Tier::new(Duration::from_secs(every), Duration::from_secs(reach))
    }

    fn schedule() -> Schedule {
        Schedule::new(&Tier::DEFAULT).expect("valid")
    }

    fn pass(next: i64, to: i64, alone: bool) -> Pass {
        Pass {
            next,
            to,
            begun: to,
            alone,
        }
    }

    /// Of a follower since 0 with the default tiers.
    fn state(tiers: [(Option<i64>, Option<Pass>); 3]) -> CollectorState {
        let reaches = schedule().reaches().collect::<Vec<_>>();
        let tiers = reaches.into_iter().zip(tiers);
        CollectorState {
            tiers: tiers
                .map(|(reach, (end, pass))| TierState { reach, end, pass })
                .collect(),
            ..CollectorState::new(Mode::Follow, "")
        }
    }

    #[test]
    fn wrong_tiers_are_named() {
        for (tiers, words) in [
            (&[][..], "at least one"),
            (&[tier(0, 60)], "zero"),
            (&[tier(1, u64::MAX)], "century"),
            (&[tier(u64::MAX, 1)], "century"),
            (&[tier(30, 60), tier(60, 60)], "do not fit"),
            (&[tier(30, 60), tier(30, 600)], "do not fit"),
        ] {
            let error = Schedule::new(tiers).expect_err("wrong");
            assert!(error.contains(words), "{error}");
        }
        let century = 36_525 * 86_400;
        Schedule::new(&[tier(century, century)]).expect("as long as may be");
        let short = Tier::new(Duration::from_millis(1_500), Duration::ZERO);
        let tiers = Schedule::new(&[tier(30, 60), short])
            .expect("valid")
            .tiers();
        assert_eq!(tiers, [tier(2, 0), tier(30, 60)], "sorted, rounded up");
    }

    #[test]
    fn other_tiers_go_on_where_the_old_ones_had_read() {
        let schedule = Schedule::new(&[tier(30, 100), tier(300, 600), tier(3_600, 100_000)]);
        for (floor, next) in [
            (0, Some(950)),
            (960, Some(960)),
            (980, Some(980)),
            (981, None),
        ] {
            let mut state = state([
                (Some(1_000), Some(pass(990, 1_000, false))),
                (Some(900), Some(pass(950, 980, false))),
                (Some(500), Some(pass(1, 2, false))),
            ]);
            state.floor = floor;
            state.adopt(schedule.as_ref().expect("valid"));
            let ends: Vec<_> = state.tiers.iter().map(|tier| tier.end).collect();
            assert_eq!(ends, [Some(900), Some(900), Some(500)]);
            let passes: Vec<_> = state.tiers.iter().map(|tier| tier.pass).collect();
            let goes_on = next.map(|next| Pass {
                next,
                ..pass(0, 980, false)
            });
            assert_eq!(passes, [None, goes_on, None], "floor {floor}");
        }
    }

    #[test]
    fn what_is_next() {
        use Next::{Begin, BeginAlone, Nothing, Wait, Window};
        let running = |from| Some(pass(from, 1_000, false));
        let since = |since| CollectorState {
            since,
            ..state([(None, None); 3])
        };
        // The ends, by how long ago they were, and the running passes.
        let ends = |ago: [i64; 3], passes: [Option<Pass>; 3]| {
            let mut tiers = passes.map(|pass| (None, pass));
            for (tier, ago) in tiers.iter_mut().zip(ago) {
                tier.0 = Some(100_000 - ago);
            }
            state(tiers)
        };
        let idle = [None; 3];
        let after_alone = CollectorState {
            after_alone: true,
            ..ends([4_000, 4_000, 4_000], idle)
        };
        let alone = [None, None, Some(pass(1, 2, true))];
        let [first, second, third] = [0, 1, 2].map(|tier| {
            let mut passes = idle;
            passes[tier] = running(9);
            passes
        });
        let two = [None, running(9), running(5)];
        for (state, shortened, fitting, next) in [
            (since(0), false, None, BeginAlone(2)),
            (since(100_000), false, None, BeginAlone(2)),
            (since(100_001), false, None, Nothing),
            (ends([1, 2, 3], alone), false, None, Window(2)),
            (ends([29, 2, 3], idle), false, None, Wait(1)),
            (ends([10, 295, 3], idle), false, None, Wait(5)),
            (ends([30, 2, 3], idle), false, None, Begin(0)),
            (ends([3_600, 2, 3], idle), false, None, Begin(0)),
            (ends([3_601, 2, 3], idle), false, None, BeginAlone(2)),
            (ends([3_601, 2, 3], idle), true, None, Begin(0)),
            (after_alone, false, None, Begin(0)),
            (ends([2, 300, 3], idle), false, None, Begin(1)),
            (ends([2, 3, 3_600], idle), false, None, Begin(2)),
            // Running ones go on, a shorter one first.
            (ends([2, 3, 4], two), false, None, Window(1)),
            (ends([30, 3, 4], third), false, None, Begin(0)),
            (ends([30, 3, 4], first), false, None, Window(0)),
            // A longer one that is due soon and fits takes the place of the shortest.
            (ends([30, 270, 3], idle), false, Some(1), Begin(1)),
            (ends([30, 269, 3], idle), false, Some(1), Begin(0)),
            (ends([30, 270, 3], idle), false, Some(2), Begin(0)),
            (ends([30, 270, 3_570], idle), false, Some(2), Begin(2)),
            (ends([29, 270, 3], idle), false, Some(1), Wait(1)),
            (ends([30, 270, 3], second), false, Some(1), Begin(0)),
        ] {
            let fits = |tier: usize, _: i64| Some(tier) == fitting;
            let found = state.next(&schedule(), 100_000, shortened, fits);
            assert_eq!(found, next, "{state:?}");
        }
    }

    #[test]
    fn a_pass_that_ends_ends_those_that_reach_less_far() {
        let running = |to| Some(pass(100, to, false));
        let with = |shorter| {
            state([
                (Some(90), None),
                (Some(80), running(shorter)),
                (Some(70), running(200)),
            ])
        };
        let mut part = with(300);
        part.advance(2, 150);
        part.advance(2, 149);
        let next = part.pass(2).map(|pass| pass.next);
        assert_eq!((next, part.tiers[2].end), (Some(151), Some(70)));
        for (shorter, remains) in [(199, false), (200, false), (201, true)] {
            let mut state = with(shorter);
            state.advance(2, 200);
            let ends: Vec<_> = state.tiers.iter().map(|tier| tier.end).collect();
            assert_eq!(ends, [Some(200); 3]);
            assert_eq!(state.pass(1).is_some(), remains, "{shorter}");
            assert_eq!(state.pass(2), None);
        }
        let mut shortest = with(300);
        shortest.advance(1, 300);
        let ends: Vec<_> = shortest.tiers.iter().map(|tier| tier.end).collect();
        assert_eq!(ends, [Some(300), Some(300), Some(70)]);
        assert!(shortest.pass(2).is_some());
    }

    #[test]
    fn after_a_pass_alone_the_shortest_comes_before_another_one() {
        let mut state = state([(None, None), (None, None), (None, Some(pass(1, 9, true)))]);
        state.advance(2, 9);
        assert!(state.after_alone);
        state.begin(&schedule(), 1, 20, false);
        state.advance(1, 20);
        assert!(state.after_alone, "that was not the shortest");
        state.begin(&schedule(), 0, 30, false);
        state.advance(0, 30);
        assert!(!state.after_alone);
    }

    #[test]
    fn the_floor_is_the_lowest_second_that_is_read_again() {
        let far = 1_000_000;
        let done = [(Some(far), None), (Some(far), None), (Some(far), None)];
        let [mut behind, mut running, mut alone] = [done; 3];
        behind[1].0 = Some(far - 100_000);
        running[0].1 = Some(pass(far - 200_000, far, false));
        alone[2].1 = Some(pass(far - 50, far + 9, true));
        // The longest reaches 86,400 s back and reads 600 s more.
        for (tiers, newest, before, floor) in [
            (done, Some(far), 0, far - 87_000),
            (done, Some(far - 5), 0, far - 87_005),
            (done, None, 0, 0),
            (done, Some(far), far, far),
            (behind, Some(far), 0, far - 100_600),
            (running, Some(far), 0, far - 200_000),
            (alone, Some(far + 9), 0, far - 86_991),
        ] {
            let mut state = state(tiers);
            (state.newest, state.floor) = (newest, before);
            state.raise_floor(&schedule());
            assert_eq!(state.floor, floor, "{tiers:?}");
        }
    }

    #[test]
    fn tiers_that_cost_too_much_run_less_often() {
        let schedule = || Schedule::new(&[tier(30, 60), tier(3_600, 86_400)]).expect("valid");
        for (requests, width, every) in [
            // One window takes the place of one of the shortest tier.
            (1_u32, 87_000, 3_600..=3_600),
            (1, 10_000, 3_600..=3_600),
            // 0.01 × (every + 87,000) / every = 0.05 × 50 / 60
            (100, 10_000, 27_473..=27_475),
            (1, 1, 86_400..=86_400),
        ] {
            let mut schedule = schedule();
            schedule.cost(1, requests.into(), width);
            let [shortest, stretched] = schedule.stretched()[..] else {
                panic!("two tiers")
            };
            assert_eq!(shortest, Duration::from_secs(30));
            assert!(every.contains(&stretched.as_secs()), "{stretched:?}");
            let pages = schedule.expected_pages(1, 2 * width).expect("known");
            assert!((pages - 2.0 * f64::from(requests)).abs() < 1e-9, "{pages}");
        }
        // What has not been read yet is taken to be as dense as the longest.
        let mut three =
            Schedule::new(&[tier(30, 60), tier(40, 600), tier(50, 700)]).expect("valid");
        three.cost(2, 100, 1_000);
        assert!(three.stretched()[1] > Duration::from_secs(500), "{three:?}");
    }

    #[test]
    fn ends_follow_a_time_that_has_fallen_and_never_one_that_has_risen() {
        for (closed, expected) in [(250, 200), (200, 200), (150, 150)] {
            let mut state = state([(Some(200), None); 3]);
            state.follow_down(closed);
            assert_eq!(state.tiers[0].end, Some(expected));
        }
    }

    #[test]
    fn a_backfill_is_extended_without_a_gap_or_not_at_all() {
        for (since, until, closed, expected) in [
            (100, 300, 1_000, Ok((200, 300))),
            (150, 300, 250, Ok((200, 250))),
            (201, 300, 1_000, Ok((200, 300))),
            (202, 300, 1_000, Err("is after that")),
            (99, 300, 1_000, Err("is before that")),
            (100, 199, 1_000, Err("name an end")),
            (100, 200, 1_000, Ok((200, 200))),
            // The server's time has fallen.
            (100, 199, 199, Ok((0, 0))),
        ] {
            let mut state = state([(Some(200), None); 3]);
            (state.since, state.floor) = (100, 100);
            let extended = state.extend(since, until, closed);
            let pass = state.tiers[0]
                .pass
                .map_or((0, 0), |pass| (pass.next, pass.to));
            match (extended, expected) {
                (Ok(()), Ok(expected)) => assert_eq!(pass, expected, "{since} {until}"),
                (Err(said), Err(words)) => assert!(said.contains(words), "{said}"),
                (extended, _) => panic!("{since} {until}: {extended:?}"),
            }
        }
    }
}
