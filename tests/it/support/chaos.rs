//! What happens at random to a collector: arrivals, late events, wrong clocks, odd responses.
//!
//! `SIMULATION_SEEDS` (how many), `SIMULATION_SEED` (the first one) and `SIMULATION_STEPS` choose
//! other numbers than the default ones; a failure prints its seed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use slack_audit_logs::collect::{Follow, FollowBuilder, Tier, destination::Destination};
use tokio::sync::Notify;

use super::{
    collect::START,
    slack::{Happened, Odd, Query, Slack, Stack},
};

const PAGE_SIZE: u32 = 30;
/// The longest reach that is always set.
const REACH: i64 = 7_200;

/// The tiers that a collector is started with; what changes from start to start is not the longest
/// reach.
const SCHEDULES: [&[(u64, u64)]; 4] = [
    &[(30, 60), (300, 600), (1_800, 7_200)],
    &[(20, 120), (600, 7_200)],
    &[(60, 7_200)],
    &[(30, 60), (60, 300), (300, 1_200), (900, 7_200)],
];

/// How often each thing happened.
pub type Sums = BTreeMap<&'static str, u64>;

/// One schedule: what has happened, and what may.
pub struct Chaos {
    pub slack: Slack,
    /// The first second to collect.
    pub since: i64,
    /// The process dies in the middle of a call to Slack.
    pub crash: Notify,
    rng: Mutex<StdRng>,
    state: Mutex<ChaosState>,
    host_ahead: bool,
}

#[derive(Default)]
struct ChaosState {
    steps: u64,
    calm: bool,
    ids: u64,
    /// How far the host's clock is from the truth.
    host: i64,
    sums: Sums,
    /// Whether a Date was ahead: seconds were read before they were, and what was on time is late.
    was_ahead: bool,
    /// Dates of which late events may be left out.
    excused: Vec<(i64, i64)>,
}

impl Chaos {
    pub fn new(seed: u64) -> Arc<Self> {
        let slack = Slack::new(START);
        let mut rng = StdRng::seed_from_u64(seed);
        let since = START - rng.random_range(0..40_000);
        let chaos = Arc::new(Self {
            slack: slack.clone(),
            since,
            crash: Notify::new(),
            rng: Mutex::new(rng),
            state: Mutex::default(),
            host_ahead: seed.is_multiple_of(3),
        });
        for _ in 0..chaos.below(60) {
            let date = START - chaos.below(50_000);
            chaos.add(1, |_| (date, date));
        }
        slack.refuse_future(chaos.chance(0.5));
        slack.choose({
            let chaos = Arc::clone(&chaos);
            move |query| chaos.odd(query)
        });
        chaos
    }

    pub fn chance(&self, share: f64) -> bool {
        self.rng.lock().expect("whole").random_bool(share)
    }

    pub fn below(&self, end: i64) -> i64 {
        self.rng.lock().expect("whole").random_range(0..end)
    }

    pub fn one_of<T: Copy>(&self, all: &[T]) -> T {
        all[self.rng.lock().expect("whole").random_range(0..all.len())]
    }

    fn state(&self) -> MutexGuard<'_, ChaosState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn count(&self, what: &'static str) {
        *self.state().sums.entry(what).or_default() += 1;
    }

    /// Late events of these dates, without the last, may be left out.
    pub fn excuse(&self, from: i64, to: i64) {
        self.state().excused.push((from, to));
    }

    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    pub fn is_calm(&self) -> bool {
        self.state().calm
    }

    /// All that is wrong is over.
    pub fn calm(&self) {
        let mut state = self.state();
        (state.calm, state.host) = (true, 0);
        // Lasting steps of the server's time are no faults that pass; none is left.
        self.slack.skew(0, 1);
    }

    /// A collector as it is started now, with tiers as in some file of settings.
    pub fn follow<D: Destination>(self: &Arc<Self>, destination: D) -> FollowBuilder<Stack, D> {
        self.follow_over(&self.slack, destination)
    }

    /// The same, over a way to Slack of its own.
    pub fn follow_over<D: Destination>(
        self: &Arc<Self>,
        slack: &Slack,
        destination: D,
    ) -> FollowBuilder<Stack, D> {
        let tiers = self.one_of(&SCHEDULES).iter().map(|(every, reach)| {
            Tier::new(Duration::from_secs(*every), Duration::from_secs(*reach))
        });
        let chaos = Arc::clone(self);
        Follow::builder(slack.audit_logs(), destination)
            .since(self.since)
            .page_size(PAGE_SIZE)
            .tiers(tiers)
            .host_clock(move || -> SystemTime {
                let now = chaos.slack.now() + chaos.state().host;
                std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(now).expect("a time"))
            })
    }

    /// Any moment: something happens in the world now and then.
    pub fn step(&self) {
        self.state().steps += 1;
        if self.is_calm() {
            return;
        }
        if self.chance(0.15) {
            self.happen();
        }
        if self.chance(0.004) {
            let steps = [3_600, -3_600, 172_800, -172_800, i64::MIN, -90, 90];
            let mut seconds = self.one_of(&steps);
            // Of the two clocks one at a time may be ahead.
            if self.host_ahead && seconds > 0 {
                seconds = -seconds;
            }
            let responses = u32::try_from(1 + self.below(20)).expect("small");
            self.slack.skew(seconds, responses);
            self.count("wrong date");
            self.state().was_ahead |= seconds > 0;
        }
        if self.chance(0.001) {
            let mut step = self.one_of(&[0, 300, -300, -3_600, 500_000]);
            if !self.host_ahead && step > 300 {
                step = -step;
            }
            self.state().host = step;
            self.count("host clock");
        }
    }

    /// One or more events, on time or late in some way.
    fn happen(&self) {
        let now = self.slack.now();
        let late = match self.below(8) {
            0..4 => 0,
            4 => self.below(60),
            5 => self.below(600),
            6 => self.below(REACH + 1),
            _ => REACH + self.below(20_000),
        };
        let date = now - self.below(late + 1).min(self.below(120));
        let burst = if self.chance(0.02) {
            200
        } else {
            1 + self.below(3)
        };
        let spread = self.below(3);
        self.add(burst, |n| {
            let date = date - if spread == 0 { 0 } else { n % 50 };
            (date, (date + late).max(if late == 0 { date } else { now }))
        });
    }

    /// Events, each with its date and when it is visible.
    fn add(&self, count: i64, event: impl Fn(i64) -> (i64, i64)) {
        let first = {
            let mut state = self.state();
            state.ids += u64::try_from(count).expect("positive");
            state.ids
        };
        self.slack.add((0..count).map(|n| {
            let (date, visible_at) = event(n);
            Happened {
                id: first - u64::try_from(n).expect("positive"),
                date,
                visible_at,
            }
        }));
    }

    fn odd(&self, query: &Query) -> Option<Odd> {
        self.step();
        if self.is_calm() || !self.chance(0.06) {
            return None;
        }
        let is = |status, body: &str| Some(Odd::Is(status, body.to_owned()));
        let refused = |code: &str| is(400, &format!(r#"{{"ok":false,"error":"{code}"}}"#));
        let (name, odd) = match self.below(16) {
            0 => ("{}", is(200, "{}")),
            1 => ("ok:false", is(200, r#"{"ok":false}"#)),
            2 => ("403", is(403, "<html>no</html>")),
            3 => ("invalid_cursor", refused("invalid_cursor")),
            4 => ("lost", Some(Odd::Lost)),
            5 => ("slow", Some(Odd::Slow(Duration::from_secs(61)))),
            6 => ("50 s", Some(Odd::Slow(Duration::from_secs(50)))),
            7 => ("503", is(503, "")),
            8 => ("null", is(200, r#"{"entries":null}"#)),
            9 => (
                "service_unavailable",
                is(200, r#"{"ok":false,"error":"service_unavailable"}"#),
            ),
            10 => ("redirect", is(302, "")),
            11 => ("message", is(200, r#"{"message":"hello"}"#)),
            12 if query.position > 0 => (
                "loop",
                is(
                    200,
                    r#"{"entries":[],"response_metadata":{"next_cursor":"0"}}"#,
                ),
            ),
            12 | 15 => ("429", is(429, "")),
            13 => ("invalid_range", refused("invalid_range")),
            _ => {
                self.crash.notify_one();
                ("killed", Some(Odd::Slow(Duration::from_secs(5))))
            }
        };
        self.count(name);
        odd
    }

    /// Whether every event that was due came once. `delivered` holds ids; what it says goes with a
    /// failure.
    pub fn judge(&self, delivered: &[String], since: i64) -> Result<Sums, String> {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for id in delivered {
            *counts.entry(id).or_default() += 1;
        }
        if let Some((id, count)) = counts.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{id} came {count} times"));
        }
        let now = self.slack.now();
        let due = self.slack.due(since, now - 5_000, REACH);
        let was_ahead = self.state().was_ahead;
        let excused = std::mem::take(&mut self.state().excused);
        let is_excused = |event: &Happened| {
            let is_late = was_ahead || event.visible_at > event.date;
            is_late
                && excused
                    .iter()
                    .any(|(from, to)| (*from..*to).contains(&event.date))
        };
        let is_lost = |event: &&Happened| {
            !counts.contains_key(&*format!("e{}", event.id)) && !is_excused(event)
        };
        let lost: Vec<_> = due.iter().filter(is_lost).collect();
        if let Some(first) = lost.first() {
            return Err(format!(
                "{} of {} lost, such as {first:?}; since {since}, now {now}",
                lost.len(),
                due.len(),
            ));
        }
        let mut sums = std::mem::take(&mut self.state().sums);
        sums.insert("due", due.len() as u64);
        sums.insert("delivered", counts.len() as u64);
        sums.insert("steps", self.steps());
        Ok(sums)
    }
}

fn chosen(name: &str, otherwise: u64) -> u64 {
    let number = std::env::var(name).ok();
    number.map_or(otherwise, |it| it.parse().expect("a number"))
}

/// Runs schedules of so many seeds and steps, unless the environment says otherwise; fails with the
/// seeds that failed, and if nothing of what is `wanted` happened in any (few chosen seeds may not).
pub fn simulate<F>(seeds: u64, steps: u64, wanted: &[&str], schedule: impl Fn(u64, u64) -> F)
where
    F: Future<Output = Result<Sums, String>>,
{
    let first = chosen("SIMULATION_SEED", 1);
    let seeds = chosen("SIMULATION_SEEDS", seeds);
    let steps = chosen("SIMULATION_STEPS", steps);
    let mut sums = Sums::new();
    let mut failures = Vec::new();
    for seed in first..first + seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        match runtime.block_on(schedule(seed, steps)) {
            Ok(counts) => {
                for (what, count) in counts {
                    *sums.entry(what).or_default() += count;
                }
            }
            Err(why) => failures.push(format!("seed {seed}: {why}")),
        }
    }
    println!("{seeds} seeds of {steps} steps from {first}: {sums:?}");
    assert!(
        failures.is_empty(),
        "{} of {seeds} seeds failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    if std::env::var_os("SIMULATION_SEEDS").is_none() {
        for what in wanted {
            assert!(sums.contains_key(what), "no schedule had: {what}");
        }
        assert!(sums["due"] > 1_000, "{sums:?}");
    }
}
