//! Random schedules of arrivals, faults, crashes, suspends and wrong clocks, against a judge that
//! knows what has happened: no event within reach is lost, none comes twice.
//!
//! `SIMULATION_SEEDS` (how many), `SIMULATION_SEED` (the first one) and `SIMULATION_STEPS` choose
//! other numbers than the default ones; a failure prints its seed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use slack_audit_logs::collect::{Follow, Tier, destination::DestinationError};
use tokio::sync::Notify;

use crate::support::{
    collect::{Journal, START},
    slack::{Happened, Odd, Query, Slack},
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

struct World {
    rng: Mutex<StdRng>,
    slack: Slack,
    state: Mutex<State>,
    crash: Notify,
    /// How far the host's clock is from the truth.
    host: Mutex<i64>,
    host_ahead: bool,
}

#[derive(Default)]
struct State {
    steps: u64,
    calm: bool,
    ids: u64,
    faults: BTreeMap<&'static str, u64>,
}

impl World {
    fn chance(&self, share: f64) -> bool {
        self.rng.lock().expect("whole").random_bool(share)
    }

    fn below(&self, end: i64) -> i64 {
        self.rng.lock().expect("whole").random_range(0..end)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, fault: &'static str) {
        *self.state().faults.entry(fault).or_default() += 1;
    }

    fn is_calm(&self) -> bool {
        self.state().calm
    }

    /// Any moment: something happens in the world now and then.
    fn step(&self) {
        self.state().steps += 1;
        if self.is_calm() {
            return;
        }
        if self.chance(0.15) {
            self.happen();
        }
        if self.chance(0.004) {
            let seconds = [3_600, -3_600, 172_800, -172_800, i64::MIN, -90, 90];
            let mut seconds = seconds[usize::try_from(self.below(7)).expect("small")];
            // Of the two clocks one at a time may be ahead.
            if self.host_ahead && seconds > 0 {
                seconds = -seconds;
            }
            let responses = u32::try_from(1 + self.below(20)).expect("small");
            self.slack.skew(seconds, responses);
            self.count("wrong date");
        }
        if self.chance(0.001) {
            let mut step =
                [0, 300, -300, -3_600, 500_000][usize::try_from(self.below(5)).expect("5")];
            if !self.host_ahead && step > 300 {
                step = -step;
            }
            *self.host.lock().expect("whole") = step;
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
        let first = {
            let mut state = self.state();
            state.ids += u64::try_from(burst).expect("positive");
            state.ids
        };
        let spread = self.below(3);
        self.slack.add((0..burst).map(|n| {
            let date = date - if spread == 0 { 0 } else { n % 50 };
            Happened {
                id: first - u64::try_from(n).expect("positive"),
                date,
                visible_at: (date + late).max(if late == 0 { date } else { now }),
            }
        }));
    }

    /// Between any two operations of the destination the process may die.
    fn moment(&self) -> Result<(), DestinationError> {
        self.step();
        if self.is_calm() {
            return Ok(());
        }
        if self.chance(0.01) {
            self.count("crash");
            return Err(DestinationError::refused("crashed"));
        }
        if self.chance(0.01) {
            self.count("destination outage");
            return Err(DestinationError::outage("no room"));
        }
        if self.chance(0.004) {
            self.count("superseded");
            return Err(DestinationError::superseded("another writer"));
        }
        Ok(())
    }

    fn odd(&self, query: &Query) -> Option<Odd> {
        self.step();
        if self.is_calm() || !self.chance(0.06) {
            return None;
        }
        let is = |status, body: &str| Some(Odd::Is(status, body.to_owned()));
        let (name, odd) = match self.below(16) {
            0 => ("{}", is(200, "{}")),
            1 => ("ok:false", is(200, r#"{"ok":false}"#)),
            2 => ("403", is(403, "<html>no</html>")),
            3 => (
                "invalid_cursor",
                is(400, r#"{"ok":false,"error":"invalid_cursor"}"#),
            ),
            4 => ("lost", Some(Odd::Lost)),
            5 => ("slow", Some(Odd::Slow(Duration::from_secs(61)))),
            6 => ("hours", Some(Odd::Slow(Duration::from_secs(50)))),
            7 => ("503", is(503, "")),
            8 => ("null", is(200, r#"{"entries":null}"#)),
            9 => (
                "service_unavailable",
                is(200, r#"{"ok":false,"error":"service_unavailable"}"#),
            ),
            10 => ("redirect", is(302, "")),
            11 => ("message", is(200, r#"{"message":"hello"}"#)),
            12 => {
                let cursor =
                    query.position + 1_000_000 + usize::try_from(self.below(9)).expect("9");
                let body =
                    format!(r#"{{"entries":[],"response_metadata":{{"next_cursor":"{cursor}"}}}}"#);
                // From there on nothing comes, and no cursor: an end that is one.
                if query.position > 0 || self.chance(0.5) {
                    ("503", is(503, &body))
                } else {
                    (
                        "loop",
                        is(
                            200,
                            r#"{"entries":[],"response_metadata":{"next_cursor":"0"}}"#,
                        ),
                    )
                }
            }
            13 => (
                "invalid_range",
                is(400, r#"{"ok":false,"error":"invalid_range"}"#),
            ),
            14 => {
                self.crash.notify_one();
                ("killed", Some(Odd::Slow(Duration::from_secs(5))))
            }
            _ => ("429", is(429, "")),
        };
        self.count(name);
        odd
    }
}

/// Runs one schedule; returns what went wrong.
#[allow(clippy::too_many_lines)] // the story of one schedule
async fn simulate(seed: u64, steps: u64) -> Result<BTreeMap<&'static str, u64>, String> {
    let slack = Slack::new(START);
    let world = Arc::new(World {
        rng: Mutex::new(StdRng::seed_from_u64(seed)),
        slack: slack.clone(),
        state: Mutex::default(),
        crash: Notify::new(),
        host: Mutex::new(0),
        host_ahead: seed.is_multiple_of(3),
    });
    let since = START - world.below(40_000);
    for _ in 0..world.below(60) {
        let date = START - world.below(50_000);
        let id = {
            let mut state = world.state();
            state.ids += 1;
            state.ids
        };
        slack.add([Happened {
            id,
            date,
            visible_at: date,
        }]);
    }
    slack.refuse_future(world.chance(0.5));
    slack.choose({
        let world = Arc::clone(&world);
        move |query| world.odd(query)
    });
    let mut journal = Journal::default();
    if world.chance(0.3) {
        journal.flush_interval = Duration::from_secs(60);
    }
    if world.chance(0.3) {
        journal.cut_every = Some(Duration::from_secs(3_600));
    }
    let hook = {
        let world = Arc::clone(&world);
        move |_| world.moment()
    };
    let host = {
        let world = Arc::clone(&world);
        move || -> SystemTime {
            let step = *world.host.lock().expect("whole");
            let seconds = u64::try_from(world.slack.now() + step).expect("after 1970");
            std::time::UNIX_EPOCH + Duration::from_secs(seconds)
        }
    };
    let mut schedule = SCHEDULES[usize::try_from(world.below(4)).expect("small")];
    let mut peace = false;
    loop {
        if world.chance(0.1) {
            schedule = SCHEDULES[usize::try_from(world.below(4)).expect("small")];
            world.count("other tiers");
        }
        let tiers = schedule.iter().map(|(every, reach)| {
            Tier::new(Duration::from_secs(*every), Duration::from_secs(*reach))
        });
        let follow = Follow::builder(slack.audit_logs(), journal.with_hook(hook.clone()))
            .since(since)
            .page_size(PAGE_SIZE)
            .tiers(tiers)
            .host_clock(host.clone())
            .build()
            .expect("valid");
        let ends = {
            let world = Arc::clone(&world);
            async move {
                while world.state().steps < steps {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                    world.step();
                }
            }
        };
        if peace {
            // All that is wrong is over; so long it takes until all that is late has come.
            let calm = Duration::from_secs(14_000);
            let done = tokio::time::timeout(calm, follow.run()).await;
            if let Ok(Err(error)) = done {
                return Err(format!("in peace it ended with {error}"));
            }
            break;
        }
        tokio::select! {
            ended = follow.run_until(ends) => match ended {
                Ok(_) => {}
                Err(error) if error.to_string().contains("destination") => {}
                Err(error) => return Err(format!("it ended with {error}")),
            },
            () = world.crash.notified() => {}
        }
        if world.state().steps >= steps {
            peace = true;
            world.state().calm = true;
            *world.host.lock().expect("whole") = 0;
            // Lasting steps of the server's time are no faults that pass; none is left.
            slack.skew(0, 1);
        } else if world.chance(0.1) {
            let pause = [60, 4_000, 20_000, 200_000][usize::try_from(world.below(4)).expect("4")];
            tokio::time::sleep(Duration::from_secs(pause)).await;
            world.count("suspended");
        }
    }
    judge(&world, &journal, since)
}

fn judge(
    world: &World,
    journal: &Journal,
    since: i64,
) -> Result<BTreeMap<&'static str, u64>, String> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for id in journal.ids() {
        *counts.entry(id).or_default() += 1;
    }
    if let Some((id, count)) = counts.iter().find(|(_, count)| **count > 1) {
        return Err(format!("{id} came {count} times"));
    }
    let due = world.slack.due(since, world.slack.now() - 5_000, REACH);
    let lost: Vec<_> = due
        .iter()
        .filter(|event| !counts.contains_key(&format!("e{}", event.id)))
        .collect();
    if !lost.is_empty() {
        return Err(format!(
            "{} of {} lost, such as {:?}; since {since}, now {}, {:?}",
            lost.len(),
            due.len(),
            lost[0],
            world.slack.now(),
            journal.checkpoint()
        ));
    }
    let mut faults = std::mem::take(&mut world.state().faults);
    faults.insert("due", due.len() as u64);
    faults.insert("delivered", counts.len() as u64);
    Ok(faults)
}

fn chosen(name: &str, otherwise: u64) -> u64 {
    let number = std::env::var(name).ok();
    number.map_or(otherwise, |it| it.parse().expect("a number"))
}

#[test]
fn nothing_is_lost_or_doubled_in_random_schedules() {
    let first = chosen("SIMULATION_SEED", 1);
    let seeds = chosen("SIMULATION_SEEDS", 12);
    let steps = chosen("SIMULATION_STEPS", 1_000);
    let mut sums: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut failures = Vec::new();
    for seed in first..first + seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        match runtime.block_on(simulate(seed, steps)) {
            Ok(faults) => {
                for (fault, count) in faults {
                    *sums.entry(fault).or_default() += count;
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
    assert!(
        sums["due"] > 10 * seeds && (seeds < 5 || sums["crash"] > 0),
        "{sums:?}"
    );
}
