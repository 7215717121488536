//! Which events: what of it Slack is asked for, and what is matched here.

mod actions;
mod jq;
mod who;

use std::{
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use ipnet::IpNet;
use slack_audit_logs::{
    AuditLogsClient, LogsRequest, UnixSeconds,
    model::{Entry, RawEntry},
};
use tracing::Level;

use self::{actions::Actions, jq::Jq, who::Who};
use crate::{
    args::{Filters, Range},
    exit::{self, Exit},
    format::legible,
    trace,
};

/// Slack's reference: at most 30 actions in a call.
const MOST_ACTIONS: usize = 30;

/// Where events come from.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// One call after the other.
    Slack(&'a AuditLogsClient),
    /// A collector that goes on: what Slack calls its actions tomorrow is not known today.
    Collector(&'a AuditLogsClient),
    /// Files of collected events.
    Files,
}

/// The events that were asked for.
pub(crate) struct Selection {
    /// What Slack is asked for.
    pub(crate) request: LogsRequest,
    /// What is matched here.
    pub(crate) wanted: Wanted,
    /// What a person should know about it.
    pub(crate) notes: Vec<String>,
}

impl Filters {
    /// The filters in one word, by which a collector's checkpoint tells them from others.
    pub(crate) fn name(&self) -> String {
        let sorted = |values: &[String]| {
            let mut values = values.to_vec();
            values.sort_unstable();
            values
        };
        let mut ips: Vec<String> = self.ip.iter().map(|cidr| cidr.0.to_string()).collect();
        ips.sort_unstable();
        format!(
            "{:?}",
            [
                sorted(&self.action),
                sorted(&self.exclude_action),
                sorted(&self.actor),
                sorted(&self.entity),
                ips,
                self.jq.clone(),
            ]
        )
    }

    /// What to ask for and what to match. Names of actions are checked: against the known ones, and
    /// against Slack's own list where one is not among those.
    pub(crate) async fn select(&self, origin: Origin<'_>) -> Result<Selection, Exit> {
        let mut selection = Selection {
            request: LogsRequest::new(),
            wanted: Wanted {
                range: (None, None),
                actions: None,
                excluded: None,
                actors: None,
                entities: None,
                ips: self.ip.iter().map(|cidr| cidr.0).collect(),
                jq: Jq::compile(&self.jq)?,
                failures: AtomicU64::new(0),
            },
            notes: Vec::new(),
        };
        self.select_actions(origin, &mut selection).await?;
        let is_local = matches!(origin, Origin::Files);
        if let Some(who) = Who::new("--actor", &self.actor) {
            match who.id(who::is_user_id).filter(|_| !is_local) {
                Some(id) => selection.request = selection.request.actor(id),
                None => selection.here(who, |wanted| &mut wanted.actors),
            }
        }
        if let Some(who) = Who::new("--entity", &self.entity) {
            match who.id(who::is_id).filter(|_| !is_local) {
                Some(id) => selection.request = selection.request.entity(id),
                None => selection.here(who, |wanted| &mut wanted.entities),
            }
        }
        if is_local {
            selection.notes.clear();
        }
        Ok(selection)
    }

    async fn select_actions(
        &self,
        origin: Origin<'_>,
        selection: &mut Selection,
    ) -> Result<(), Exit> {
        let names = actions::Names::for_patterns(
            self.action.iter().chain(&self.exclude_action),
            origin,
            &mut selection.notes,
        )
        .await;
        let wanted = Actions::new("--action", &self.action, &names, origin)?;
        let excluded = Actions::new("--exclude-action", &self.exclude_action, &names, origin)?;
        let Some(wanted) = wanted else {
            selection.wanted.excluded = excluded;
            return Ok(());
        };
        let mut listed = wanted.listed(&names);
        if let Some(excluded) = &excluded {
            listed.retain(|name| !excluded.matches(name));
            if listed.is_empty() && wanted.is_closed() {
                return Err(Exit::usage(
                    "--action and --exclude-action name the same actions: no event is left",
                ));
            }
        }
        let here = matches!(origin, Origin::Files)
            || (matches!(origin, Origin::Collector(_)) && !wanted.is_closed());
        if !here && listed.len() <= MOST_ACTIONS {
            let request = std::mem::take(&mut selection.request);
            selection.request = request.actions(listed);
            return Ok(());
        }
        if !matches!(origin, Origin::Files) {
            selection.notes.push(format!(
                "{} actions match, and Slack takes {MOST_ACTIONS} at once: \
                 all events are read, and matched here",
                listed.len()
            ));
        }
        selection.wanted.actions = Some(wanted);
        selection.wanted.excluded = excluded;
        Ok(())
    }
}

impl Selection {
    /// Within these times: Slack is asked for them, in files they are matched here.
    pub(crate) fn within(mut self, range: &Range, origin: Origin<'_>) -> Self {
        let seconds = |time: &crate::time::Time| UnixSeconds::from(time).0;
        let (since, until) = (
            range.since.as_ref().map(seconds),
            range.until.as_ref().map(seconds),
        );
        if matches!(origin, Origin::Files) {
            self.wanted.range = (since, until);
            return self;
        }
        if let Some(since) = since {
            self.request = self.request.oldest(since);
        }
        if let Some(until) = until {
            self.request = self.request.latest(until);
        }
        self
    }

    fn here(&mut self, who: Who, place: impl FnOnce(&mut Wanted) -> &mut Option<Who>) {
        self.notes.push(format!(
            "{} is no single ID, which is all that Slack takes: all events are read, and matched \
             here by ID, e-mail and name",
            who.option()
        ));
        *place(&mut self.wanted) = Some(who);
    }
}

/// What is matched here.
pub(crate) struct Wanted {
    range: (Option<i64>, Option<i64>),
    actions: Option<Actions>,
    excluded: Option<Actions>,
    actors: Option<Who>,
    entities: Option<Who>,
    ips: Vec<IpNet>,
    jq: Option<Jq>,
    /// How often `--jq` failed in a collector.
    failures: AtomicU64,
}

impl Wanted {
    /// Whether everything that Slack sends is wanted.
    pub(crate) fn is_everything(&self) -> bool {
        self.actions.is_none()
            && self.excluded.is_none()
            && self.actors.is_none()
            && self.entities.is_none()
            && self.ips.is_empty()
            && self.jq.is_none()
    }

    /// Whether an entry is wanted, as far as that can be told without `--jq`.
    pub(crate) fn matches(&self, entry: &RawEntry) -> bool {
        let (since, until) = self.range;
        if since.is_some() || until.is_some() {
            let Some(date) = entry.date_create() else {
                return false;
            };
            if since.is_some_and(|since| date < since) || until.is_some_and(|until| date > until) {
                return false;
            }
        }
        let action = entry.action();
        if let Some(actions) = &self.actions
            && !action.is_some_and(|action| actions.matches(action))
        {
            return false;
        }
        if let Some(excluded) = &self.excluded
            && action.is_some_and(|action| excluded.matches(action))
        {
            return false;
        }
        if self.actors.is_none() && self.entities.is_none() && self.ips.is_empty() {
            return true;
        }
        let entry = legible(entry);
        self.matches_actor(&entry) && self.matches_entity(&entry) && self.matches_ip(&entry)
    }

    fn matches_actor(&self, entry: &Entry) -> bool {
        let Some(who) = &self.actors else { return true };
        let user = entry.actor().and_then(|actor| actor.user());
        user.is_some_and(|user| who.matches([user.id(), user.email(), user.name()]))
    }

    fn matches_entity(&self, entry: &Entry) -> bool {
        let Some(who) = &self.entities else {
            return true;
        };
        let Some(entity) = entry.entity() else {
            return false;
        };
        let email = entity.user().and_then(|user| user.email());
        who.matches([entity.id(), email, entity.name()])
    }

    fn matches_ip(&self, entry: &Entry) -> bool {
        if self.ips.is_empty() {
            return true;
        }
        let address = entry.context().and_then(|context| context.ip_address());
        let address: Option<IpAddr> = address.and_then(|address| address.parse().ok());
        address.is_some_and(|address| {
            let address = address.to_canonical();
            self.ips.iter().any(|net| net.contains(&address))
        })
    }

    /// What `--jq` makes of an entry: itself, others, or nothing.
    pub(crate) fn reshape(&self, entry: &RawEntry) -> Result<Reshaped, Exit> {
        match &self.jq {
            None => Ok(Reshaped::Same),
            Some(jq) => jq.apply(entry),
        }
    }

    /// Whether a collector keeps an entry, which stays what it is. One that `--jq` fails for is
    /// kept. Where `--jq` does not end, the process does: nothing after that is committed.
    pub(crate) fn keeps(&self, entry: &RawEntry) -> bool {
        self.is_kept(entry, |others| {
            let is_no = |other: &RawEntry| matches!(&**other.json(), b"false" | b"null");
            others.iter().any(|other| !is_no(other))
        })
    }

    /// Whether anything is to be shown of an entry that a collector reads.
    pub(crate) fn shows(&self, entry: &RawEntry) -> bool {
        self.is_kept(entry, |others| !others.is_empty())
    }

    fn is_kept(&self, entry: &RawEntry, any: impl FnOnce(&[RawEntry]) -> bool) -> bool {
        if !self.matches(entry) {
            return false;
        }
        match self.reshape(entry).unwrap_or_else(exit::now) {
            Reshaped::Same => true,
            Reshaped::Others(others) => any(&others),
            Reshaped::Failed(why) => {
                // Once: what follows is counted.
                if self.failures.fetch_add(1, Ordering::Relaxed) == 0 {
                    trace::say(
                        Level::WARN,
                        &format!("--jq fails for an event ({why}): it is kept, as all such are"),
                    );
                }
                true
            }
        }
    }

    /// What a collector says at its end of events that `--jq` failed for.
    pub(crate) fn failures(&self) -> Option<String> {
        let count = self.failures.load(Ordering::Relaxed);
        (count > 0).then(|| format!("--jq failed {count} times; those events are kept"))
    }

    /// What to say when of all the events that were read none was wanted.
    pub(crate) fn why_nothing(&self) -> Vec<String> {
        let actions = self.actions.iter().filter_map(Actions::why_nothing);
        let who = self.actors.iter().chain(&self.entities);
        actions.chain(who.filter_map(Who::why_nothing)).collect()
    }
}

/// What `--jq` made of an entry.
pub(crate) enum Reshaped {
    Same,
    Others(Vec<RawEntry>),
    /// What kind of failure it is; nothing of the event.
    Failed(&'static str),
}
