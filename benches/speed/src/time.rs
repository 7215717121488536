//! CPU time and wall time of two programs that take turns.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};

/// What a row has measured.
pub struct Row {
    pub ours: Duration,
    pub by_hand: Duration,
}

impl Row {
    pub fn print(&self, name: &str) {
        let Self { ours, by_hand } = self;
        let ratio = ours.as_secs_f64() / by_hand.as_secs_f64();
        println!("| {name} | {ratio:.2} | {ours:.2?} | {by_hand:.2?} |");
    }
}

/// CPU time of this process, or of its children that have ended.
fn cpu(who: UsageWho) -> Duration {
    let usage = getrusage(who).expect("usage");
    let time = |time: TimeVal| {
        Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap())
    };
    time(usage.user_time()) + time(usage.system_time())
}

/// The least CPU time of either side in so many turns.
pub fn turns<A, B>(
    who: UsageWho,
    turns: u32,
    mut ours: impl FnMut() -> A,
    mut by_hand: impl FnMut() -> B,
) -> Row {
    let mut row = Row {
        ours: Duration::MAX,
        by_hand: Duration::MAX,
    };
    for _ in 0..turns {
        row.ours = row.ours.min(cpu_of(who, &mut ours));
        row.by_hand = row.by_hand.min(cpu_of(who, &mut by_hand));
    }
    row
}

/// The CPU time of one run.
fn cpu_of<T>(who: UsageWho, run: impl FnOnce() -> T) -> Duration {
    let start = cpu(who);
    black_box(run());
    cpu(who) - start
}

/// The wall time of one run.
pub fn wall_of<T>(run: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(run());
    start.elapsed()
}
