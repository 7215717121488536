//! How often which key, when first and last, and how it went over time.

use std::{cmp::Reverse, collections::HashMap};

use super::timeline::{Buckets, Scale, filled};
use crate::time;

/// So many different keys are counted each for itself; a bound on memory, some 20 MB.
pub(super) const MOST_KEYS: usize = 100_000;
/// The same where several things are counted at once.
const FEW_KEYS: usize = 15_000;
/// Buckets of the trend of a key.
pub(super) const BUCKETS: usize = 20;

#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) events: u64,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) steps: Buckets<BUCKETS>,
}

impl Count {
    fn add(&mut self, date: Option<i64>, step: Option<usize>) {
        self.events += 1;
        if let Some(date) = date {
            self.first = Some(self.first.map_or(date, |first| first.min(date)));
            self.last = Some(self.last.map_or(date, |last| last.max(date)));
        }
        if let Some(step) = step {
            self.steps.add(step);
        }
    }
}

pub(super) struct Counter {
    room: usize,
    keys: HashMap<Box<str>, Count>,
    /// The events of keys that there was no room for.
    others: Count,
    total: Count,
    scale: Option<Scale<BUCKETS>>,
}

impl Default for Counter {
    /// One of several.
    fn default() -> Self {
        Self::with_room(FEW_KEYS)
    }
}

impl Counter {
    pub(super) fn with_room(room: usize) -> Self {
        Self {
            room,
            keys: HashMap::new(),
            others: Count::default(),
            total: Count::default(),
            scale: None,
        }
    }

    pub(super) fn add(&mut self, key: &str, date: Option<i64>) {
        // No event is younger than the year 9999, or was before 1970.
        let step = date.map(|date| self.step(date.clamp(0, time::LAST)));
        self.total.add(date, step);
        let has_room = self.keys.len() < self.room;
        if let Some(count) = self.keys.get_mut(key) {
            count.add(date, step);
        } else if has_room {
            self.keys.entry(key.into()).or_default().add(date, step);
        } else {
            self.others.add(date, step);
        }
    }

    fn step(&mut self, date: i64) -> usize {
        let scale = self.scale.get_or_insert_with(|| Scale::around(date));
        scale.reach(date, |growth| {
            let counts = self.keys.values_mut();
            for count in counts.chain([&mut self.others, &mut self.total]) {
                count.steps.grow(growth);
            }
        })
    }

    pub(super) fn is_capped(&self) -> bool {
        self.others.events > 0
    }

    pub(super) fn total(&self) -> &Count {
        &self.total
    }

    /// The steps in which there was anything at all.
    pub(super) fn trend_of<'a>(&self, count: &'a Count) -> &'a [u32] {
        &count.steps.0[filled(&self.total.steps.0)]
    }

    /// The most frequent first, of equal ones the first by name.
    pub(super) fn by_count(&self) -> Vec<(&str, &Count)> {
        let all = self.keys.iter().map(|(key, count)| (&**key, count));
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(key, count)| (Reverse(count.events), *key));
        all
    }
}
