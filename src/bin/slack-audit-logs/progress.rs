//! Progress on standard error: how many, how fast, how far, and what it waits for.

use std::{
    future::pending,
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::sleep;
use tracing::Level;

use crate::{client::Waits, time, trace};

/// Standard error, shared by the progress bar and by messages.
#[derive(Clone)]
pub(crate) struct Screen {
    bars: MultiProgress,
    shown: bool,
    quiet: bool,
}

impl Screen {
    pub(crate) fn new(quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            bars: MultiProgress::with_draw_target(target),
            shown,
            quiet,
        }
    }

    /// Says something that a person should know, above the bar.
    pub(crate) fn note(&self, words: &str) {
        if !self.quiet {
            trace::say(Level::INFO, words);
        }
    }

    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.shown {
            self.bars.suspend(write)
        } else {
            write()
        }
    }

    pub(crate) fn clear(&self) {
        // A terminal that is gone has nothing to clear.
        let _ = self.bars.clear();
    }

    /// Begins a bar, unless nobody sees it or results come to the same terminal.
    pub(crate) fn progress(&self, beside_results: bool, waits: &Waits) -> Progress {
        let bar = (self.shown && !beside_results).then(|| {
            let style = ProgressStyle::with_template("{spinner} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = self.bars.add(ProgressBar::new_spinner().with_style(style));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Progress {
            bar,
            begun: Instant::now(),
            shown_at: None,
            waits: waits.clone(),
        }
    }
}

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    begun: Instant,
    shown_at: Option<Instant>,
    waits: Waits,
}

/// What the bar shows.
#[derive(Default)]
pub(crate) struct BarState {
    pub(crate) entries: u64,
    /// The time of the last entry.
    pub(crate) last: Option<i64>,
    /// From where to where, in the direction of reading.
    pub(crate) range: Option<(i64, i64)>,
    /// What else there is to say.
    pub(crate) note: Option<String>,
}

/// Shows so often at most; a person reads no faster.
const EVERY: Duration = Duration::from_millis(100);
/// Shows so often at least while nothing happens.
const TICK: Duration = Duration::from_millis(200);

impl Progress {
    /// Shows the state, at most ten times a second.
    pub(crate) fn show(&mut self, state: impl FnOnce() -> BarState) {
        let Some(bar) = &self.bar else { return };
        if self.shown_at.is_some_and(|at| at.elapsed() < EVERY) {
            return;
        }
        self.shown_at = Some(Instant::now());
        let mut state = state();
        state.note = state.note.or_else(|| self.waits.note());
        bar.set_message(message(state, self.begun.elapsed()));
    }

    /// Waits until it is to be shown again: for ever where nobody sees it.
    pub(crate) async fn due(&self) {
        match (&self.bar, self.shown_at) {
            (None, _) => pending().await,
            (Some(_), None) => {}
            (Some(_), Some(at)) => sleep(TICK.saturating_sub(at.elapsed())).await,
        }
    }
}

fn message(state: BarState, elapsed: Duration) -> String {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    // A rate to be read by a person.
    let rate = (state.entries as f64 / elapsed.as_secs_f64().max(0.1)) as u64;
    let last = state
        .last
        .map(|last| format!("at {} UTC", time::display(last)));
    let share = state.last.zip(state.range).and_then(share);
    let parts = [
        Some(format!("{} entries", HumanCount(state.entries))),
        Some(format!("{}/s", HumanCount(rate))),
        last,
        share.map(|share| format!("{share} %")),
        state.note,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// How much of a range is done, in percent.
fn share((last, (from, to)): (i64, (i64, i64))) -> Option<i128> {
    let whole = i128::from(to) - i128::from(from);
    let done = i128::from(last) - i128::from(from);
    Some((done * 100).checked_div(whole)?.clamp(0, 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_known_is_told() {
        let state = BarState {
            entries: 12_345,
            last: Some(1_566_215_192),
            range: Some((1_566_215_292, 1_566_214_892)),
            note: Some("waiting for the rate limit until 11:46:40 UTC".into()),
        };
        assert_eq!(
            message(state, Duration::from_secs(10)),
            "12,345 entries  1,234/s  at 2019-08-19 11:46:32 UTC  25 %  \
             waiting for the rate limit until 11:46:40 UTC"
        );
        assert_eq!(
            message(BarState::default(), Duration::ZERO),
            "0 entries  0/s"
        );
    }

    #[test]
    fn the_share_is_within_bounds() {
        assert_eq!(share((5, (0, 10))), Some(50));
        assert_eq!(share((-5, (0, 10))), Some(0));
        assert_eq!(share((0, (10, 0))), Some(100));
        assert_eq!(share((0, (0, 0))), None);
        assert_eq!(share((i64::MAX, (i64::MIN, i64::MAX))), Some(100));
    }
}
