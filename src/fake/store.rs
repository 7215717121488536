//! All events in order, and the page that a query gets from them.

use std::{sync::Arc, time::Duration};

use super::cursor::Position;
use super::data::{self, Made, Rng, catalog};
use super::event::{Event, RecordedEvent};

#[derive(Clone, Debug)]
enum What {
    Made(Made),
    Pushed(Arc<Event>),
}

#[derive(Clone, Debug)]
struct Record {
    at: Position,
    visible_ms: i64,
    what: What,
}

/// Events that arrive while the API runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrivals {
    pub(crate) per_minute: f64,
    pub(crate) late_share: f64,
    pub(crate) max_late: Duration,
}

/// What `/logs` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) oldest: Option<i64>,
    pub(crate) latest: Option<i64>,
    pub(crate) limit: usize,
    pub(crate) actions: Vec<String>,
    pub(crate) actor: Option<String>,
    pub(crate) entity: Option<String>,
    pub(crate) after: Option<Position>,
}

#[derive(Debug)]
pub(crate) struct Store {
    seed: u64,
    /// Ascending by position.
    records: Vec<Record>,
    next_made: u32,
    next_order: u64,
    arrivals: Option<Arrivals>,
    arrivals_from_ms: i64,
    arrived: u32,
    optimistic: bool,
}

/// Every eighth event or so shares its second with the one before it.
const SHARED_SECONDS: u64 = 8;

impl Store {
    pub(crate) fn new(
        seed: u64,
        arrivals: Option<Arrivals>,
        now_ms: i64,
        optimistic: bool,
    ) -> Self {
        Self {
            seed,
            records: Vec::new(),
            next_made: 0,
            next_order: 0,
            arrivals,
            arrivals_from_ms: now_ms,
            arrived: 0,
            optimistic,
        }
    }

    /// Spreads `count` events over the `span` seconds before `now`.
    pub(crate) fn fill(&mut self, count: u32, span: i64, now: i64) {
        let mut rng = Rng::of(&[self.seed, 0xDA7E]);
        let mut last = now.saturating_sub(span);
        self.records.reserve(usize::try_from(count).unwrap_or(0));
        for number in 0..count {
            let date = if number > 0 && rng.one_in(SHARED_SECONDS) {
                last
            } else {
                // The jitter stays below one step, so the dates ascend.
                let steps = i128::from(number) * 1024 + i128::from(rng.below(1024));
                let offset = i128::from(span) * steps / (i128::from(count) * 1024);
                now.saturating_sub(span)
                    .saturating_add(i64::try_from(offset).unwrap_or(0))
                    .max(last)
            };
            last = date;
            let what = self.make();
            self.add(date, i64::MIN, what);
        }
    }

    fn make(&mut self) -> What {
        let made = catalog().make(self.seed, self.next_made);
        self.next_made = self.next_made.wrapping_add(1);
        What::Made(made)
    }

    /// Adds a made event at this time and tells its id.
    pub(crate) fn add_made(&mut self, date: i64, visible_ms: i64) -> String {
        let what = self.make();
        let id = self.id(&what);
        self.add(date, visible_ms, what);
        id
    }

    pub(crate) fn push(&mut self, event: Event, visible_ms: i64) {
        let date = event.date_create;
        self.add(date, visible_ms, What::Pushed(Arc::new(event)));
    }

    fn add(&mut self, date: i64, visible_ms: i64, what: What) {
        let record = Record {
            at: Position {
                date,
                order: self.next_order,
            },
            visible_ms,
            what,
        };
        self.next_order += 1;
        let index = self.records.partition_point(|other| other.at < record.at);
        self.records.insert(index, record);
    }

    /// Adds what has arrived by now.
    pub(crate) fn catch_up(&mut self, now_ms: i64) {
        let Some(arrivals) = self.arrivals else {
            return;
        };
        if arrivals.per_minute <= 0.0 {
            return;
        }
        let step_ms = 60_000.0 / arrivals.per_minute;
        loop {
            let mut rng = Rng::of(&[self.seed, 0xA1, u64::from(self.arrived)]);
            let offset = Duration::try_from_secs_f64(
                (f64::from(self.arrived) + rng.share()) * step_ms / 1000.0,
            );
            let offset = offset.map_or(i64::MAX, |offset| {
                i64::try_from(offset.as_millis()).unwrap_or(i64::MAX)
            });
            let at_ms = self.arrivals_from_ms.saturating_add(offset);
            if at_ms > now_ms {
                return;
            }
            let late = if rng.share() < arrivals.late_share {
                i64::try_from(arrivals.max_late.mul_f64(rng.share()).as_millis())
                    .unwrap_or(i64::MAX)
            } else {
                0
            };
            self.arrived += 1;
            self.add_made(at_ms.div_euclid(1000), at_ms.saturating_add(late));
        }
    }

    /// The newest events first that fit, and where to go on if more follow.
    pub(crate) fn page(&self, query: &Query, now_ms: i64, out: &mut Vec<u8>) -> Option<Position> {
        let end = self.records.partition_point(|record| {
            query.latest.is_none_or(|latest| record.at.date <= latest)
                && query.after.is_none_or(|after| record.at < after)
        });
        let mut coin = Rng::of(&[self.seed, 0xC01, query.after.map_or(0, |after| after.order)]);
        let mut limit = query.limit;
        // "The maximum number of results to be returned optimistically": now and then it is fewer.
        if self.optimistic && limit >= 20 && coin.one_in(8) {
            limit -= 1 + limit / 50;
        }
        // Or more, to finish a second; not without end, as a second may hold any number.
        let most = if self.optimistic && coin.one_in(2) {
            limit + 8 + limit / 16
        } else {
            limit
        };
        let mut taken = 0_usize;
        let mut last: Option<Position> = None;
        for record in self.records.get(..end).unwrap_or_default().iter().rev() {
            if query.oldest.is_some_and(|oldest| record.at.date < oldest) {
                break;
            }
            if record.visible_ms > now_ms || !Self::fits(record, query) {
                continue;
            }
            if taken >= limit {
                let same_second = last.is_some_and(|last| last.date == record.at.date);
                if taken >= most || !same_second {
                    return last;
                }
            }
            if taken > 0 {
                out.push(b',');
            }
            self.write(record, out);
            taken += 1;
            last = Some(record.at);
        }
        None
    }

    fn fits(record: &Record, query: &Query) -> bool {
        let (action, actor) = match &record.what {
            What::Made(made) => (data::action(made), data::actor_id(made)),
            What::Pushed(event) => (event.action.as_str(), event.actor.as_str()),
        };
        (query.actions.is_empty() || query.actions.iter().any(|wanted| wanted == action))
            && query.actor.as_deref().is_none_or(|wanted| wanted == actor)
            && query
                .entity
                .as_deref()
                .is_none_or(|wanted| match &record.what {
                    What::Made(made) => {
                        let mut id = String::new();
                        data::entity_id(made, &mut id);
                        id == wanted
                    }
                    What::Pushed(event) => event.entity == wanted,
                })
    }

    /// Whether an event that was added by hand has this action.
    pub(crate) fn knows_action(&self, action: &str) -> bool {
        self.records
            .iter()
            .any(|record| matches!(&record.what, What::Pushed(event) if event.action == action))
    }

    fn write(&self, record: &Record, out: &mut Vec<u8>) {
        match &record.what {
            What::Made(made) => {
                let mut text = String::with_capacity(1024);
                data::write_event(&mut text, self.seed, record.at.date, *made);
                out.extend_from_slice(text.as_bytes());
            }
            What::Pushed(event) => event.write(out),
        }
    }

    fn id(&self, what: &What) -> String {
        match what {
            What::Made(made) => {
                let mut id = String::new();
                data::event_id(self.seed, made.index, &mut id);
                id
            }
            What::Pushed(event) => event.id.clone(),
        }
    }

    pub(crate) fn record(&self) -> Vec<RecordedEvent> {
        let recorded = self.records.iter().map(|record| RecordedEvent {
            id: self.id(&record.what),
            date_create: record.at.date,
            action: match &record.what {
                What::Made(made) => data::action(made).to_owned(),
                What::Pushed(event) => event.action.clone(),
            },
            visible_at: match record.visible_ms {
                // Part of the history: shown ever since it happened.
                i64::MIN => record.at.date,
                visible_ms => {
                    visible_ms.div_euclid(1000) + i64::from(visible_ms.rem_euclid(1000) > 0)
                }
            },
        });
        recorded.collect()
    }
}
