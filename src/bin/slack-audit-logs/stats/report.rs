//! What the HTML page shows beside the counts that were asked for.

use std::{cmp::Reverse, collections::HashMap};

use super::{
    count::Counter,
    key::{self, NONE, Subject, short},
    timeline::{Buckets, Scale},
};
use crate::{args::Key, format::columns};

/// Buckets of the chart over time.
pub(super) const BUCKETS: usize = 96;
/// So many anomalies are listed, the newest.
pub(super) const ANOMALIES: usize = 50;

#[derive(Default)]
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

impl Report {
    pub(super) fn add(&mut self, subject: &Subject<'_>) {
        let date = subject.date();
        if let Some(date) = date.filter(|date| *date >= 0) {
            let scale = self.scale.get_or_insert_with(|| Scale::around(date));
            let categories = &mut self.categories;
            let at = scale.reach(date, |growth| {
                for steps in categories.values_mut() {
                    steps.grow(growth);
                }
            });
            categories.entry(subject.category()).or_default().add(at);
        }
        if let Some(local) = subject.local() {
            let day = usize::try_from(local.weekday().to_monday_zero_offset()).ok();
            let hour = usize::try_from(local.hour()).ok();
            if let (Some(day), Some(hour)) = (day, hour) {
                self.week[day][hour] += 1;
            }
        }
        let entry = subject.typed();
        let mut entity = String::new();
        Key::Entity.append(subject, &mut entity);
        self.entities.add(&entity, date);
        self.actors.add(or_none(&key::actor(entry)), date);
        let address = subject.ip().unwrap_or_default();
        self.addresses.add(or_none(address), date);
        let device = entry.context().and_then(|context| context.ua());
        self.devices.add(or_none(device.unwrap_or_default()), date);
        self.apps.add(or_none(&columns::app(entry)), date);
        self.actions.add(subject.action(), date);
        if subject.action() == "anomaly" {
            self.add_anomaly(subject);
        }
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
