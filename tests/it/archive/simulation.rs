//! Random schedules of several writers over a store that fails at any operation, judged by the
//! record of what happened: every event once, in one chain, and none in a date older than its own.
//!
//! `ARCHIVE_SEEDS` and `ARCHIVE_STEPS` make it longer.

// A step of a simulated writer reads best as one `match` and one function.
#![allow(
    clippy::single_match_else,
    clippy::too_many_lines,
    clippy::let_and_return
)]

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use slack_audit_logs::collect::{
    EntryId,
    destination::{Archive, Destination, DestinationError},
};
use tokio::{sync::Semaphore, task::JoinHandle, time::sleep};

use super::support::{Faults, Gated, PREFIX, World, chain, commit, date, event, fresh, lines};

const DAY: i64 = 86_400;

/// 2026-11-20, noon.
const BEGIN: i64 = 1_795_176_000;

/// How long lifecycle rules keep objects behind the newest: longer than any reach here.
const KEEP_DAYS: i64 = 3;

/// What happened, as the API knows it.
#[derive(Default)]
struct Record(Mutex<Vec<Happened>>);

struct Happened {
    id: String,
    date: i64,
    visible: i64,
}

impl Record {
    fn read(&self, from: i64, to: i64, now: i64) -> Vec<(String, i64)> {
        let events = self.0.lock().expect("sound");
        let mut found: Vec<(String, i64)> = events
            .iter()
            .filter(|event| (from..=to).contains(&event.date) && event.visible <= now)
            .map(|event| (event.id.clone(), event.date))
            .collect();
        found.sort_by_key(|(_, date)| *date);
        found
    }
}

/// The engine's part: passes over `[end − reach, now − 1]`, in windows that end at midnight.
async fn collect(
    mut archive: Archive,
    world: Arc<World>,
    record: Arc<Record>,
    reach: i64,
    ended: Arc<AtomicBool>,
    refused: Arc<Mutex<Option<String>>>,
) {
    let give_up = |error: &DestinationError| {
        let text = format!("{error} {error:?}");
        assert!(!text.contains("CANARY"), "{text}");
        if error.is_refused() {
            *refused.lock().expect("sound") = Some(text);
        }
        error.is_refused()
    };
    loop {
        let opened = loop {
            match archive.open().await {
                Ok(checkpoint) => break checkpoint,
                Err(error) if give_up(&error) => return,
                Err(_) => sleep(Duration::from_secs(1)).await,
            }
        };
        let mut state = match opened {
            Some(checkpoint) => {
                serde_json::from_slice(&checkpoint.to_bytes()).expect("a checkpoint")
            }
            None => {
                // Each writer would begin elsewhere: the first of them decides.
                let since = world.now() - 1000 - i64::from(world.random(5000));
                let state = fresh(since, reach);
                let first = commit((since, since), vec![], &state);
                match put(&mut archive, &first).await {
                    Ok(()) => state,
                    Err(error) if give_up(&error) => return,
                    Err(_) => continue,
                }
            }
        };
        loop {
            if ended.load(SeqCst) {
                let _ = archive.close().await;
                return;
            }
            match pass(&mut archive, &world, &record, reach, &mut state).await {
                Ok(()) => sleep(Duration::from_secs(30)).await,
                Err(error) if give_up(&error) => return,
                Err(_) => break,
            }
        }
    }
}

async fn pass(
    archive: &mut Archive,
    world: &World,
    record: &Record,
    reach: i64,
    state: &mut Value,
) -> Result<(), DestinationError> {
    let since = state["since"].as_i64().expect("a second");
    let floor = state["floor"].as_i64().expect("a second");
    let tier = state["tiers"][0].clone();
    let (mut next, to) = match tier["pass"].as_object() {
        Some(pass) => (
            pass["next"].as_i64().expect("a second"),
            pass["to"].as_i64().expect("a second"),
        ),
        None => {
            let end = tier["end"].as_i64();
            let from = end.map_or(since, |end| end - reach).max(since).max(floor);
            (from, world.now() - 1)
        }
    };
    while next <= to {
        let midnight = next.div_euclid(DAY) * DAY + DAY - 1;
        let window = (next, midnight.min(to));
        let found = record.read(window.0, window.1, world.now());
        let events: Vec<_> = found.iter().map(|(id, date)| event(id, *date)).collect();
        let ids: Vec<EntryId> = events.iter().map(EntryId::of).collect();
        let known = archive.known(&ids).await?;
        let new = events.into_iter().zip(known);
        let new = new.filter(|(_, known)| known.is_none());
        let new: Vec<_> = new.map(|(event, _)| event).collect();
        next = window.1 + 1;
        if next > to {
            state["tiers"][0]["end"] = json!(to);
            state["tiers"][0]["pass"] = Value::Null;
            state["floor"] = json!((to - reach).max(floor).max(since));
        } else {
            state["tiers"][0]["pass"] =
                json!({"next": next, "to": to, "begun": to, "alone": false});
        }
        put(archive, &commit(window, new, state)).await?;
    }
    Ok(())
}

/// Commits; an outage is waited out with the same commit.
async fn put(
    archive: &mut Archive,
    commit: &slack_audit_logs::collect::destination::Commit,
) -> Result<(), DestinationError> {
    loop {
        match archive.commit(commit).await {
            Err(error) if error.is_outage() => {
                let text = format!("{error} {error:?}");
                assert!(!text.contains("CANARY"), "{text}");
                sleep(Duration::from_secs(1)).await;
            }
            done => return done,
        }
    }
}

struct Host {
    permits: Arc<Semaphore>,
    ended: Arc<AtomicBool>,
    task: JoinHandle<()>,
    /// Steps for which it is frozen.
    frozen: u32,
}

struct Run {
    world: Arc<World>,
    record: Arc<Record>,
    reach: i64,
    refused: Arc<Mutex<Option<String>>>,
}

impl Run {
    fn start(&self) -> Host {
        let permits = Arc::new(Semaphore::new(0));
        let ended = Arc::new(AtomicBool::new(false));
        let store = Gated {
            world: Arc::clone(&self.world),
            permits: Arc::clone(&permits),
        };
        let task = tokio::spawn(collect(
            Archive::new(Arc::new(store), PREFIX),
            Arc::clone(&self.world),
            Arc::clone(&self.record),
            self.reach,
            Arc::clone(&ended),
            Arc::clone(&self.refused),
        ));
        Host {
            permits,
            ended,
            task,
            frozen: 0,
        }
    }

    /// Deletes what lifecycle rules would: old dates, never the newest object.
    async fn expire(&self) {
        let store = &self.world.store;
        let listed: Vec<_> = store
            .list(Some(&Path::from(PREFIX)))
            .try_collect()
            .await
            .expect("in memory");
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
        for path in objects {
            if of(&path) < oldest {
                store.delete(&path).await.expect("in memory");
                self.world.count("expired");
            }
        }
    }
}

/// One schedule. Returns how often each thing happened.
async fn simulate(seed: u64, steps: u32) -> BTreeMap<&'static str, u32> {
    let mut rng = StdRng::seed_from_u64(seed);
    let world = World::new(seed ^ 0x5eed, BEGIN);
    let run = Run {
        world: Arc::clone(&world),
        record: Arc::default(),
        reach: [60, 3_600, DAY][rng.random_range(0..3)],
        refused: Arc::default(),
    };
    *world.faults.lock().expect("sound") = match rng.random_range(0..4) {
        0 => Faults::default(),
        1 => Faults {
            before: 20,
            after: 40,
            late: 20,
            false_conflict: 20,
        },
        2 => Faults {
            before: 100,
            after: 100,
            late: 50,
            false_conflict: 50,
        },
        _ => Faults {
            before: 0,
            after: 150,
            late: 50,
            false_conflict: 0,
        },
    };
    let mut hosts: Vec<Host> = (0..rng.random_range(1..4)).map(|_| run.start()).collect();
    // A quiet organization, or one with days in minutes.
    let pace = [60, 600, 7_200][rng.random_range(0..3)];
    let mut number = 0;
    for _ in 0..steps {
        let passed = rng.random_range(0..pace);
        let now = world.now.fetch_add(passed, SeqCst) + passed;
        for _ in 0..rng.random_range(0..3) {
            number += 1;
            let late = match rng.random_range(0..10) {
                0 => rng.random_range(0..=run.reach),
                1 => run.reach,
                _ => 0,
            };
            let date = now - rng.random_range(0..=passed);
            run.record.0.lock().expect("sound").push(Happened {
                id: format!("e{number}"),
                date,
                visible: date + late,
            });
        }
        for host in &mut hosts {
            if host.frozen > 0 {
                host.frozen -= 1;
                continue;
            }
            host.permits.add_permits(rng.random_range(0..6));
            match rng.random_range(0..1000) {
                0..10 => {
                    world.count("frozen");
                    // For a moment, or until the dates that it knows are gone.
                    let longest = if rng.random_bool(0.5) { 20 } else { 400 };
                    host.frozen = rng.random_range(1..longest);
                    let left = host.permits.available_permits();
                    host.permits.forget_permits(left);
                }
                10..20 => {
                    world.count("killed");
                    host.task.abort();
                    *host = run.start();
                }
                20..25 => {
                    world.count("ended");
                    host.ended.store(true, SeqCst);
                }
                _ if host.task.is_finished() => *host = run.start(),
                _ => {}
            }
        }
        if rng.random_bool(0.05) {
            run.expire().await;
        }
        sleep(Duration::from_millis(rng.random_range(1..4_000))).await;
        let refused = run.refused.lock().expect("sound").take();
        assert_eq!(refused, None, "seed {seed}: nothing is refused");
    }

    // All wake, nothing fails any more, and time goes on until all must be there.
    *world.faults.lock().expect("sound") = Faults::default();
    let end = world.now();
    for _ in 0..400 {
        world.now.fetch_add(600, SeqCst);
        for host in &mut hosts {
            host.permits.add_permits(20);
            if host.task.is_finished() {
                *host = run.start();
            }
        }
        sleep(Duration::from_secs(5)).await;
    }
    for host in &hosts {
        host.ended.store(true, SeqCst);
        host.permits.add_permits(10_000);
    }
    sleep(Duration::from_secs(600)).await;
    for host in &hosts {
        assert!(
            host.task.is_finished(),
            "seed {seed}: a collector ends when it is told to"
        );
    }
    assert_eq!(*run.refused.lock().expect("sound"), None, "seed {seed}");
    judge(&run, seed, end).await;
    let fired = world.fired.lock().expect("sound").clone();
    fired
}

/// Every event once, in one chain, and none in a date older than its own.
async fn judge(run: &Run, seed: u64, end: i64) {
    let (objects, orphans) = chain(&run.world).await;
    for _ in &orphans {
        run.world.count("orphans");
    }
    assert!(
        objects.is_sorted_by(|(a, _), (b, _)| a < b),
        "seed {seed}: the chain goes forward"
    );
    let mut delivered: HashMap<String, u32> = HashMap::new();
    for (key, object) in &objects {
        for line in lines(object) {
            let happened = line["date_create"].as_i64().expect("a second");
            assert!(
                *date(happened) <= key[..15],
                "seed {seed}: {line} lies in {key}"
            );
            let id = line["id"].as_str().expect("an id").to_owned();
            *delivered.entry(id).or_default() += 1;
        }
    }
    let genesis = Path::from(PREFIX).join("_archive");
    let genesis = run.world.store.get(&genesis);
    let genesis = genesis.await.expect("it has begun").bytes().await;
    let genesis: Value = serde_json::from_slice(&genesis.expect("in memory")).expect("JSON");
    let since = genesis["since"].as_i64().expect("a second");
    for event in run.record.0.lock().expect("sound").iter() {
        let expected = u32::from(event.date >= since);
        let found = delivered.remove(&event.id).unwrap_or(0);
        // What became visible only at the very end may or may not be there.
        if event.visible < end || found > 1 {
            assert_eq!(
                found, expected,
                "seed {seed}: {} of {}, visible {}, since {since}",
                event.id, event.date, event.visible
            );
        }
    }
    assert!(
        delivered.is_empty(),
        "seed {seed}: nothing else was delivered"
    );
}

fn from_environment(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn every_event_is_in_the_chain_once() {
    let seeds = from_environment("ARCHIVE_SEEDS", 40);
    let first = from_environment("ARCHIVE_FIRST_SEED", 1);
    let steps = u32::try_from(from_environment("ARCHIVE_STEPS", 250)).expect("a number");
    let mut sum: BTreeMap<&'static str, u32> = BTreeMap::new();
    for seed in first..first + seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        for (what, count) in runtime.block_on(simulate(seed, steps)) {
            *sum.entry(what).or_default() += count;
        }
    }
    println!("{seeds} seeds of {steps} steps: {sum:?}");
    for what in [
        "before",
        "after",
        "late",
        "false conflict",
        "frozen",
        "killed",
        "ended",
        "expired",
    ] {
        assert!(sum.contains_key(what), "no schedule had: {what}");
    }
}
