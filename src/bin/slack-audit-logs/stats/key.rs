//! What events are counted by.

use std::{borrow::Cow, cell::OnceCell, fmt::Write as _};

use clap::ValueEnum as _;
use jiff::{Timestamp, civil};
use slack_audit_logs::model::{Entry, RawEntry, action::Action};

use crate::{
    args::Key,
    format::{columns, legible},
    time,
};

/// Between two keys of one event. What others have written does not hold it: it is taken out.
pub(super) const SEPARATOR: char = '\u{1f}';

/// What stands for a value that an event does not have.
pub(super) const NONE: &str = "(none)";

/// An event that is counted; typed only when that is needed.
pub(super) struct Subject<'a> {
    raw: &'a RawEntry,
    typed: OnceCell<Entry>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(raw: &'a RawEntry) -> Self {
        Self {
            raw,
            typed: OnceCell::new(),
        }
    }

    pub(super) fn date(&self) -> Option<i64> {
        self.raw.date_create()
    }

    pub(super) fn action(&self) -> &str {
        self.raw.action().unwrap_or(NONE)
    }

    pub(super) fn category(&self) -> &'static str {
        let action = self.raw.action().map(Action::from);
        action.and_then(|action| action.category()).unwrap_or(NONE)
    }

    pub(super) fn typed(&self) -> &Entry {
        self.typed.get_or_init(|| legible(self.raw))
    }

    /// The local time on the clock and calendar.
    pub(super) fn local(&self) -> Option<civil::DateTime> {
        let time = Timestamp::from_second(self.date()?).ok()?;
        Some(time::zone().to_datetime(time))
    }

    pub(super) fn ip(&self) -> Option<&str> {
        self.typed().context()?.ip_address()
    }
}

impl Key {
    /// As headers have it, which is as it is typed.
    pub(super) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether its values have an order of their own.
    pub(super) fn is_of_time(self) -> bool {
        matches!(self, Self::Hour | Self::Day | Self::Weekday)
    }

    pub(super) fn append(self, subject: &Subject<'_>, to: &mut String) {
        let begin = to.len();
        match self {
            Self::Action => to.push_str(&one(subject.action())),
            Self::Category => to.push_str(subject.category()),
            Self::Actor => to.push_str(&actor(subject.typed())),
            Self::Entity => append_entity(subject.typed(), to),
            Self::Ip => to.push_str(&one(subject.ip().unwrap_or_default())),
            Self::Location => to.push_str(&one(&columns::location(subject.typed()))),
            Self::App => to.push_str(&one(&columns::app(subject.typed()))),
            Self::Hour => append_time(subject, "%H", to),
            Self::Day => append_time(subject, "%F", to),
            Self::Weekday => append_time(subject, "%a", to),
        }
        if to.len() == begin {
            to.push_str(NONE);
        }
    }
}

fn append_time(subject: &Subject<'_>, form: &str, to: &mut String) {
    if let Some(local) = subject.local() {
        // Writing to a string cannot fail.
        let _ = write!(to, "{}", local.strftime(form));
    }
}

/// E-mail addresses are one person's; names may be several people's.
pub(super) fn actor(entry: &Entry) -> Cow<'_, str> {
    let user = entry.actor().and_then(|actor| actor.user());
    let name = user.and_then(|user| user.email().or(user.name()).or(user.id()));
    one(name.unwrap_or_default())
}

/// A value without what stands between two, and no longer than is kept.
fn one(value: &str) -> Cow<'_, str> {
    let value = short(value);
    if value.contains(SEPARATOR) {
        value.replace(SEPARATOR, "\u{fffd}").into()
    } else {
        value.into()
    }
}

/// As much of a value as is kept: a bound on memory, and far more than anybody reads.
pub(super) fn short(value: &str) -> &str {
    const LONGEST: usize = 500;
    if value.len() <= LONGEST {
        return value;
    }
    let end = (0..=LONGEST).rev().find(|at| value.is_char_boundary(*at));
    end.and_then(|end| value.get(..end)).unwrap_or(value)
}

/// Kind, name and ID: many files have one name.
fn append_entity(entry: &Entry, to: &mut String) {
    let shown = columns::entity(entry);
    to.push_str(&one(&shown));
    let id = entry.entity().and_then(|entity| entity.id());
    if let Some(id) = id.filter(|id| !shown.ends_with(id)) {
        to.push_str(" (");
        to.push_str(&one(id));
        to.push(')');
    }
}

/// The days of the week from Monday on.
pub(super) const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
