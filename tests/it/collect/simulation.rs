//! Random schedules of arrivals, faults, crashes, suspends and wrong clocks, against a judge that
//! knows what has happened: no event within reach is lost, none comes twice.

use std::{sync::Arc, time::Duration};

use slack_audit_logs::collect::destination::DestinationError;

use crate::support::{
    chaos::{Chaos, Sums, simulate},
    collect::Journal,
};

/// Between any two operations of the destination the process may die.
fn moment(chaos: &Chaos) -> Result<(), DestinationError> {
    chaos.step();
    if chaos.is_calm() {
        return Ok(());
    }
    if chaos.chance(0.01) {
        chaos.count("crash");
        return Err(DestinationError::refused("crashed"));
    }
    if chaos.chance(0.01) {
        chaos.count("destination outage");
        return Err(DestinationError::outage("no room"));
    }
    if chaos.chance(0.004) {
        chaos.count("superseded");
        return Err(DestinationError::superseded("another writer"));
    }
    Ok(())
}

/// Runs one schedule; returns what went wrong.
async fn schedule(seed: u64, steps: u64) -> Result<Sums, String> {
    let chaos = Chaos::new(seed);
    let mut journal = Journal::default();
    if chaos.chance(0.3) {
        journal.flush_interval = Duration::from_secs(60);
    }
    if chaos.chance(0.3) {
        journal.cut_every = Some(Duration::from_secs(3_600));
    }
    let start = || {
        let world = Arc::clone(&chaos);
        let journal = journal.with_hook(move |_| moment(&world));
        chaos.follow(journal).build().expect("valid")
    };
    while chaos.steps() < steps {
        let ends = {
            let chaos = Arc::clone(&chaos);
            async move {
                while chaos.steps() < steps {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                    chaos.step();
                }
            }
        };
        tokio::select! {
            ended = start().run_until(ends) => match ended {
                Err(error) if !error.to_string().contains("destination") => {
                    return Err(format!("it ended with {error}"));
                }
                _ => {}
            },
            () = chaos.crash.notified() => {}
        }
        if chaos.chance(0.1) {
            let pause = chaos.one_of(&[60, 4_000, 20_000, 200_000]);
            tokio::time::sleep(Duration::from_secs(pause)).await;
            chaos.count("suspended");
        }
    }
    chaos.calm();
    // So long it takes until all that is late has come.
    let done = tokio::time::timeout(Duration::from_secs(14_000), start().run()).await;
    if let Ok(Err(error)) = done {
        return Err(format!("in peace it ended with {error}"));
    }
    chaos.judge(&journal.ids(), chaos.since)
}

#[test]
fn nothing_is_lost_or_doubled_in_random_schedules() {
    let wanted = [
        "crash",
        "killed",
        "suspended",
        "wrong date",
        "slow",
        "{}",
        "403",
        "ok:false",
    ];
    simulate(12, 1_000, &wanted, schedule);
}
