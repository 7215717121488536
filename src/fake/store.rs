//! All events in order, the page that a query gets from them, and the cursor to the next one.
//!
//! An event that the API makes up is 40 bytes here, whatever it is as JSON.

use std::{sync::Arc, time::Duration};

use super::{
    event::{Event, RecordedEvent},
    rng::{Rng, mix},
    samples::{Generated, samples},
};

/// No more events than this are made up: 400 MB of them.
const MAX_EVENTS: u32 = 10_000_000;
/// Every eighth event or so shares its second with the one before it.
const SHARED_SECONDS: u64 = 8;

/// Where a page ended: the last event delivered, by date and order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) date: i64,
    pub(super) order: u64,
}

impl Position {
    /// `…/…+…=`: a client that does not percent-encode it sends something else. The nonce lets
    /// cursors for one place differ; it means nothing.
    pub(super) fn cursor(self, seed: u64, nonce: usize) -> String {
        let Self { date, order } = self;
        let seal = self.seal(seed);
        format!("{date:x}/{order:x}+{seal:04x}.{nonce:x}==")
    }

    pub(super) fn parse(cursor: &str, seed: u64) -> Option<Self> {
        let (date, rest) = cursor.strip_suffix("==")?.split_once('/')?;
        let (order, rest) = rest.split_once('+')?;
        let (seal, _nonce) = rest.split_once('.')?;
        let position = Self {
            date: i64::from_str_radix(date, 16).ok()?,
            order: u64::from_str_radix(order, 16).ok()?,
        };
        (u64::from_str_radix(seal, 16).ok()? == position.seal(seed)).then_some(position)
    }

    /// A cursor of another history is not accepted.
    fn seal(self, seed: u64) -> u64 {
        mix(mix(seed ^ 0xC0DE) ^ self.date.unsigned_abs().rotate_left(32) ^ self.order) & 0xFFFF
    }
}

#[derive(Debug)]
struct Record {
    at: Position,
    visible_ms: i64,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// The number of a made-up event.
    Generated(u32),
    Pushed(Arc<Event>),
}

/// Events that arrive while the API runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrivals {
    pub(super) per_minute: f64,
    pub(super) late_share: f64,
    pub(super) max_late: Duration,
}

#[derive(Debug)]
pub(super) struct Query {
    pub(super) oldest: Option<i64>,
    pub(super) latest: Option<i64>,
    pub(super) limit: usize,
    pub(super) actions: Vec<String>,
    pub(super) actor: Option<String>,
    pub(super) entity: Option<String>,
    pub(super) after: Option<Position>,
}

#[derive(Debug)]
pub(super) struct Store {
    seed: u64,
    /// Ascending by position.
    records: Vec<Record>,
    generated: u32,
    arrivals: Option<Arrivals>,
    arrivals_from_ms: i64,
    arrived: u32,
    optimistic: bool,
}

impl Store {
    pub(super) fn new(
        seed: u64,
        arrivals: Option<Arrivals>,
        now_ms: i64,
        optimistic: bool,
    ) -> Self {
        Self {
            seed,
            records: Vec::new(),
            generated: 0,
            arrivals,
            arrivals_from_ms: now_ms,
            arrived: 0,
            optimistic,
        }
    }

    /// Spreads `count` events over the `span` seconds before `now`.
    pub(super) fn fill(&mut self, count: u32, span: i64, now: i64) {
        let count = count.min(MAX_EVENTS);
        let mut rng = Rng::of(&[self.seed, 0xDA7E]);
        let start = now.saturating_sub(span);
        let mut last = start;
        self.records.reserve(usize::try_from(count).unwrap_or(0));
        for number in 0..count {
            if number == 0 || !rng.one_in(SHARED_SECONDS) {
                // The jitter stays below one step, so the dates ascend.
                let steps = i128::from(number) * 1024 + i128::from(rng.below(1024));
                let offset = i128::from(span) * steps / (i128::from(count) * 1024);
                let date = start.saturating_add(i64::try_from(offset).unwrap_or(0));
                last = last.max(date);
            }
            self.add_generated(last, i64::MIN);
        }
    }

    /// Adds a made-up event at this time, and tells its number.
    pub(super) fn add_generated(&mut self, date: i64, visible_ms: i64) -> u32 {
        let number = self.generated;
        self.generated = number.wrapping_add(1);
        self.add(date, visible_ms, Content::Generated(number));
        number
    }

    pub(super) fn push(&mut self, event: Event, visible_ms: i64) {
        let date = event.date_create;
        self.add(date, visible_ms, Content::Pushed(Arc::new(event)));
    }

    fn add(&mut self, date: i64, visible_ms: i64, content: Content) {
        let order = self.records.len() as u64;
        let at = Position { date, order };
        let index = self.records.partition_point(|other| other.at < at);
        let record = Record {
            at,
            visible_ms,
            content,
        };
        self.records.insert(index, record);
    }

    pub(super) fn catch_up(&mut self, now_ms: i64) {
        let Some(arrivals) = self.arrivals else {
            return;
        };
        while self.arrived < MAX_EVENTS {
            let mut rng = Rng::of(&[self.seed, 0xA1, u64::from(self.arrived)]);
            let minutes = (f64::from(self.arrived) + rng.share()) / arrivals.per_minute;
            // Not a time where the rate is zero or not a number: nothing ever arrives.
            let Ok(offset) = Duration::try_from_secs_f64(minutes * 60.0) else {
                return;
            };
            let at_ms = self.arrivals_from_ms.saturating_add(milliseconds(offset));
            if at_ms > now_ms {
                return;
            }
            let late = if rng.share() < arrivals.late_share {
                milliseconds(arrivals.max_late.mul_f64(rng.share()))
            } else {
                0
            };
            self.arrived += 1;
            self.add_generated(at_ms.div_euclid(1000), at_ms.saturating_add(late));
        }
    }

    /// Writes the newest events first that fit, and tells where to go on if more follow.
    pub(super) fn page(&self, query: &Query, now_ms: i64, out: &mut Vec<u8>) -> Option<Position> {
        let end = self.records.partition_point(|record| {
            query.latest.is_none_or(|latest| record.at.date <= latest)
                && query.after.is_none_or(|after| record.at < after)
        });
        let after = query.after.map_or(0, |after| after.order);
        let mut coin = Rng::of(&[self.seed, 0xC01, after]);
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
        let (mut taken, mut last) = (0, None::<Position>);
        for record in self.records.get(..end).unwrap_or_default().iter().rev() {
            if query.oldest.is_some_and(|oldest| record.at.date < oldest) {
                break;
            }
            if record.visible_ms > now_ms || !self.fits(record, query) {
                continue;
            }
            let same_second = last.is_some_and(|last| last.date == record.at.date);
            if taken >= most || (taken >= limit && !same_second) {
                return last;
            }
            if taken > 0 {
                out.push(b',');
            }
            match &record.content {
                Content::Generated(number) => {
                    if let Some(event) = self.generated(*number) {
                        out.extend_from_slice(event.json(record.at.date).as_bytes());
                    }
                }
                Content::Pushed(event) => event.write(out),
            }
            taken += 1;
            last = Some(record.at);
        }
        None
    }

    fn generated(&self, number: u32) -> Option<Generated> {
        samples().event(self.seed, number)
    }

    fn fits(&self, record: &Record, query: &Query) -> bool {
        if query.actions.is_empty() && query.actor.is_none() && query.entity.is_none() {
            return true;
        }
        let is = |wanted: &Option<String>, id: &str| wanted.as_deref().is_none_or(|w| w == id);
        let has = |action: &str| {
            query.actions.is_empty() || query.actions.iter().any(|wanted| wanted == action)
        };
        match &record.content {
            Content::Generated(number) => self.generated(*number).is_some_and(|event| {
                has(event.action)
                    && is(&query.actor, &samples().id(event.actor))
                    && is(&query.entity, &samples().id(event.entity))
            }),
            Content::Pushed(event) => {
                has(&event.action)
                    && is(&query.actor, &event.actor)
                    && is(&query.entity, &event.entity)
            }
        }
    }

    /// Whether an event that was added by hand has this action.
    pub(super) fn knows_action(&self, action: &str) -> bool {
        let mut contents = self.records.iter().map(|record| &record.content);
        contents.any(|content| matches!(content, Content::Pushed(event) if event.action == action))
    }

    pub(super) fn generated_id(&self, number: u32) -> String {
        let event = self.generated(number);
        event.map(|event| event.id()).unwrap_or_default()
    }

    pub(super) fn recorded(&self) -> Vec<RecordedEvent> {
        let recorded = self.records.iter().map(|record| {
            let (id, action) = match &record.content {
                Content::Generated(number) => {
                    let event = self.generated(*number);
                    let known = event.map(|event| (event.id(), event.action.to_owned()));
                    known.unwrap_or_default()
                }
                Content::Pushed(event) => (event.id.clone(), event.action.clone()),
            };
            let visible_at = match record.visible_ms {
                // Part of the history: shown ever since it happened.
                i64::MIN => record.at.date,
                ms => ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) > 0),
            };
            RecordedEvent {
                id,
                date_create: record.at.date,
                action,
                visible_at,
            }
        });
        recorded.collect()
    }
}

pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_others_are_refused() {
        let position = Position {
            date: 1_700_000_000,
            order: 42,
        };
        let cursor = position.cursor(7, 3);
        for special in ["=", "+", "/"] {
            assert!(cursor.contains(special));
        }
        assert_eq!(Position::parse(&cursor, 7), Some(position));
        assert_eq!(Position::parse(&cursor, 8), None);
        assert_eq!(Position::parse(&cursor.replace('+', " "), 7), None);
        for foreign in ["", "==", "/+==", "dXNlcjpVMDYxTkZUVDI="] {
            assert_eq!(Position::parse(foreign, 7), None, "{foreign}");
        }
    }

    #[test]
    fn an_event_costs_what_the_documentation_says() {
        assert_eq!(size_of::<Record>(), 40);
    }

    #[test]
    fn no_rate_of_arrivals_is_endless() {
        for per_minute in [0.0, -1.0, f64::NAN, f64::MIN_POSITIVE] {
            let arrivals = Arrivals {
                per_minute,
                late_share: 1.0,
                max_late: Duration::MAX,
            };
            let mut store = Store::new(1, Some(arrivals), 0, true);
            store.catch_up(i64::MAX);
            assert_eq!(store.records.len(), 0, "{per_minute}");
        }
    }
}
