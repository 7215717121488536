//! Random schedules of several collectors over a store that fails at any operation, judged by what
//! has happened: every event once, in one chain, and none in a date older than its own.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use futures_util::{FutureExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use serde_json::Value;
use slack_audit_logs::collect::{CollectError, Progress, destination::Archive};
use tokio::{sync::oneshot, task::JoinHandle, time::sleep};

use super::support::{Faults, Machine, PREFIX, World, chain, date, floor, lines};
use crate::support::chaos::{Chaos, Sums, simulate};

/// How many days lifecycle rules keep objects behind the newest: longer than any reach here, and not
/// than any time without a collector.
const KEEP_DAYS: i32 = 3;

/// A store that never fails, that does now and then, that does all the time, and one of which
/// every seventh answer is lost.
const FAULTS: [Faults; 4] = [
    Faults {
        before: 0,
        after: 0,
        late: 0,
        false_conflict: 0,
    },
    Faults {
        before: 20,
        after: 40,
        late: 20,
        false_conflict: 20,
    },
    Faults {
        before: 100,
        after: 100,
        late: 50,
        false_conflict: 50,
    },
    Faults {
        before: 0,
        after: 150,
        late: 50,
        false_conflict: 0,
    },
];

/// A collector in a process of its own.
struct Process {
    machine: Machine,
    end: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<Progress, CollectError>>,
    /// Steps for which it is frozen.
    frozen: i64,
}

impl Process {
    fn start(world: &Arc<World>) -> Self {
        let machine = Machine::new(world);
        let gate = {
            let machine = machine.clone();
            Arc::new(move || {
                let machine = machine.clone();
                async move { machine.pass().await }.boxed()
            })
        };
        let chaos = &world.chaos;
        let interval = Duration::from_secs(chaos.one_of(&[0, 60]));
        let archive = Archive::new(Arc::new(machine.clone()), PREFIX).flush_interval(interval);
        let follow = chaos.follow_over(&chaos.slack.with_gate(gate), archive);
        let (end, ended) = oneshot::channel();
        let ended = async {
            // A process that is let go of goes on.
            if ended.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        Self {
            machine,
            end: Some(end),
            task: tokio::spawn(follow.build().expect("valid").run_until(ended)),
            frozen: 0,
        }
    }

    fn end(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
    }

    /// One that has ended is started again; nothing else than a wish may end it.
    async fn restart(&mut self, world: &Arc<World>) -> Result<(), String> {
        if self.machine.dead.load(Relaxed) {
            self.task.abort();
        } else if !self.task.is_finished() {
            return Ok(());
        }
        let Self { task, end, .. } = std::mem::replace(self, Self::start(world));
        match task.await {
            Ok(Ok(_)) if end.is_some() => Err("it ended, and was not told to".to_owned()),
            Ok(Err(error)) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                Err(format!("it ended with {error}: {source:?}"))
            }
            Err(error) if error.is_panic() => Err("it panicked".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Deletes what lifecycle rules would: old dates, never the newest object.
async fn expire(world: &World) {
    let listed = world.store.list(Some(&Path::from(PREFIX)));
    let listed: Vec<_> = listed.try_collect().await.expect("in memory");
    let mut objects: Vec<Path> = listed.into_iter().map(|meta| meta.location).collect();
    objects.retain(|path| path.as_ref().contains("date="));
    objects.sort();
    let Some(newest) = objects.pop() else { return };
    let of = |path: &Path| {
        let text = path.as_ref();
        let at = text.find("date=").expect("a date") + 5;
        let date: jiff::civil::Date = text[at..at + 10].parse().expect("a date");
        date
    };
    let oldest = of(&newest) - jiff::Span::new().days(KEEP_DAYS);
    let (expired, left): (Vec<_>, Vec<_>) = objects.iter().partition(|path| of(path) < oldest);
    let begins = of(left.first().unwrap_or(&&newest)).to_zoned(jiff::tz::TimeZone::UTC);
    let begins = begins.expect("a day").timestamp().as_second();
    let object = world.store.get(&newest).await.expect("in memory");
    let floor = floor(&object.bytes().await.expect("in memory"));
    for path in expired {
        if *date(floor) <= path.as_ref()[PREFIX.len() + 1..][..15] {
            // No collector was there for days. What becomes visible now of what may be read again
            // may have been delivered, nobody knows, and so it is left out.
            world.chaos.excuse(floor, begins);
            world.chaos.count("expired above the floor");
        }
        world.store.delete(path).await.expect("in memory");
        world.chaos.count("expired");
    }
}

/// One schedule; returns what went wrong.
async fn schedule(seed: u64, steps: u64) -> Result<Sums, String> {
    let chaos = Chaos::new(seed);
    let world = World::new(Arc::clone(&chaos), chaos.one_of(&FAULTS));
    // Time as it is, a quiet organization, or one with days in minutes.
    let pace = chaos.one_of(&[1, 60, 600, 7_200]);
    let count = chaos.one_of(&[1, 2, 3]);
    let mut processes: Vec<Process> = (0..count).map(|_| Process::start(&world)).collect();
    while chaos.steps() < steps {
        chaos.slack.jump(chaos.below(pace));
        chaos.step();
        for process in &mut processes {
            if process.frozen > 0 {
                process.frozen -= 1;
                if process.frozen == 0 {
                    process.machine.frozen.send_replace(false);
                }
                continue;
            }
            match chaos.below(1_000) {
                0..10 => {
                    chaos.count("frozen");
                    // For a moment, or until the dates that it knows are gone.
                    let longest = if chaos.chance(0.5) { 20 } else { 400 };
                    process.frozen = 1 + chaos.below(longest);
                    process.machine.frozen.send_replace(true);
                }
                10..20 => {
                    chaos.count("killed at random");
                    process.machine.dead.store(true, Relaxed);
                }
                20..25 => {
                    chaos.count("ended");
                    process.end();
                }
                _ => {}
            }
            process.restart(&world).await?;
        }
        if chaos.chance(0.05) {
            expire(&world).await;
        }
        let pause = u64::try_from(1 + chaos.below(4_000)).expect("positive");
        sleep(Duration::from_millis(pause)).await;
    }

    // All wake, nothing fails any more, and time goes on until all must be there: first until every
    // Date is believed, then until every tier has run.
    chaos.calm();
    for jump in std::iter::repeat_n(0, 130).chain(std::iter::repeat_n(45, 280)) {
        chaos.slack.jump(jump);
        for process in &mut processes {
            if !process.machine.dead.load(Relaxed) {
                process.machine.frozen.send_replace(false);
            }
            process.restart(&world).await?;
        }
        sleep(Duration::from_secs(5)).await;
    }
    for process in &mut processes {
        process.end();
    }
    sleep(Duration::from_secs(60)).await;
    if processes.iter().any(|process| !process.task.is_finished()) {
        return Err("a collector does not end when it is told to".to_owned());
    }
    judge(&world).await
}

/// Every event once, in one chain, and none in a date older than its own.
async fn judge(world: &World) -> Result<Sums, String> {
    let (objects, orphans) = chain(world).await;
    for _ in &orphans {
        world.chaos.count("orphans");
    }
    if !objects.is_sorted_by(|(a, _), (b, _)| a < b) {
        return Err("the chain does not go forward".to_owned());
    }
    let mut delivered = Vec::new();
    for (key, object) in &objects {
        for line in lines(object) {
            let happened = line["date_create"].as_i64().expect("a second");
            if *date(happened) > key[..15] {
                return Err(format!("{line} lies in {key}"));
            }
            delivered.push(line["id"].as_str().expect("an id").to_owned());
        }
    }
    let genesis = world.store.get(&Path::from(PREFIX).join("_archive")).await;
    let genesis = genesis.expect("it has begun").bytes().await;
    let genesis: Value = serde_json::from_slice(&genesis.expect("in memory")).expect("JSON");
    let since = genesis["since"].as_i64().expect("a second");
    world.chaos.judge(&delivered, since)
}

#[test]
fn every_event_is_in_the_chain_once() {
    let wanted = [
        "store before",
        "store after",
        "store late",
        "store conflict",
        "frozen",
        "died",
        "killed at random",
        "ended",
        "expired",
    ];
    simulate(24, 1_000, &wanted, schedule);
}
