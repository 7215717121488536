//! What the HTML page shows beside the counts that were asked for.

use std::{cmp::Reverse, collections::HashMap};

use super::{
    count::Counter,
    key::{self, NONE, Subject, short},
    timeline::{Buckets, Scale},
};
use crate::format::columns;

/// Buckets of the chart over time.
pub(super) const BUCKETS: usize = 96;
/// So many anomalies are listed, the newest.
pub(super) const ANOMALIES: usize = 50;

/// Counted as events come.
pub(super) struct Report {
    pub(super) scale: Option<Scale<BUCKETS>>,
    pub(super) categories: HashMap<&'static str, Buckets<BUCKETS>>,
    /// Events by day of the week, from Monday on, and hour of the day.
    pub(super) week: [[u64; 24]; 7],
    pub(super) actors: Counter,
    pub(super) entities: Counter,
    pub(super) addresses: Counter,
    pub(super) devices: Counter,
    pub(super) apps: Counter,
    pub(super) actions: Counter,
    pub(super) anomalies: Vec<Anomaly>,
    pub(super) anomaly_count: u64,
}

/// An event that Slack itself finds odd.
pub(super) struct Anomaly {
    pub(super) date: i64,
    pub(super) actor: String,
    pub(super) address: String,
    pub(super) reason: String,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            scale: None,
            categories: HashMap::new(),
            week: [[0; 24]; 7],
            actors: Counter::small(),
            entities: Counter::small(),
            addresses: Counter::small(),
            devices: Counter::small(),
            apps: Counter::small(),
            actions: Counter::small(),
            anomalies: Vec::new(),
            anomaly_count: 0,
        }
    }
}

impl Report {
    pub(super) fn add(&mut self, subject: &Subject<'_>) {
        let date = subject.date();
        if let Some(date) = date.filter(|date| *date >= 0) {
            let at = self.step(date);
            self.categories
                .entry(subject.category())
                .or_default()
                .add(at);
        }
        if let Some(local) = subject.local() {
            let day = usize::try_from(local.weekday().to_monday_zero_offset()).ok();
            let hour = usize::try_from(local.hour()).ok();
            let cell = day
                .zip(hour)
                .and_then(|(day, hour)| self.week.get_mut(day)?.get_mut(hour));
            if let Some(cell) = cell {
                *cell += 1;
            }
        }
        let entry = subject.typed();
        let mut value = String::new();
        crate::args::Key::Entity.append(subject, &mut value);
        self.entities.add(&value, date);
        self.actors.add(or_none(&key::actor(entry)), date);
        self.addresses
            .add(or_none(subject.ip().unwrap_or_default()), date);
        let device = entry.context().and_then(|context| context.ua());
        self.devices.add(or_none(device.unwrap_or_default()), date);
        self.apps.add(or_none(&columns::app(entry)), date);
        self.actions.add(subject.action(), date);
        if subject.action() == "anomaly" {
            self.add_anomaly(subject);
        }
    }

    fn step(&mut self, date: i64) -> usize {
        let scale = self.scale.get_or_insert_with(|| Scale::around(date));
        scale.reach(date, |growth| {
            for steps in self.categories.values_mut() {
                steps.grow(growth);
            }
        })
    }

    fn add_anomaly(&mut self, subject: &Subject<'_>) {
        self.anomaly_count += 1;
        let entry = subject.typed();
        let reason = entry.details().and_then(|details| {
            let reason = details.as_object().get("reason")?;
            Some(reason.as_str().map_or_else(
                || serde_json::to_string(&reason).unwrap_or_default(),
                str::to_owned,
            ))
        });
        self.anomalies.push(Anomaly {
            date: subject.date().unwrap_or_default(),
            actor: key::actor(entry).into_owned(),
            address: short(subject.ip().unwrap_or_default()).to_owned(),
            reason: short(&reason.unwrap_or_default()).to_owned(),
        });
        if self.anomalies.len() > 4 * ANOMALIES {
            self.newest_anomalies();
        }
    }

    /// The newest first, and no more than are shown.
    pub(super) fn newest_anomalies(&mut self) {
        self.anomalies.sort_by_key(|anomaly| Reverse(anomaly.date));
        self.anomalies.truncate(ANOMALIES);
    }
}

fn or_none(value: &str) -> &str {
    if value.is_empty() { NONE } else { short(value) }
}
