//! Which events: what of it Slack is asked for, and what is matched here.

mod actions;
mod jq;
mod who;

use std::{
    net::IpAddr,
    ops::RangeInclusive,
    sync::atomic::{AtomicU64, Ordering},
};

use ipnet::IpNet;
use slack_audit_logs::{
    AuditLogsClient, LogsRequest,
    model::{Entry, RawEntry},
};
use tracing::Level;

use self::{actions::Actions, jq::Jq, who::Who};
use crate::{
    args::Filters,
    exit::{self, Exit},
    format::legible,
    progress::Screen,
    trace,
};

/// Slack's reference: at most 30 actions in a call.
const MOST_ACTIONS: usize = 30;

#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// One call after the other.
    Slack(&'a AuditLogsClient),
    /// A collector that goes on: what Slack calls its actions tomorrow is not known today.
    Collector(&'a AuditLogsClient),
    Files,
}

impl Filters {
    /// The filters in one word, by which a collector's checkpoint tells them from others.
    pub(crate) fn name(&self) -> String {
        let mut lists = [
            self.action.clone(),
            self.exclude_action.clone(),
            self.actor.clone(),
            self.entity.clone(),
            self.ip.iter().map(|cidr| cidr.0.to_string()).collect(),
        ];
        for list in &mut lists {
            list.sort_unstable();
        }
        let [actions, excluded, actors, entities, ips] = lists;
        format!(
            "{:?}",
            [actions, excluded, actors, entities, ips, self.jq.clone()]
        )
    }

    /// What to ask Slack for and what to match here; a person is told what Slack cannot do. Names
    /// of actions are checked: against the known ones, and against Slack's own list where one is
    /// not among those.
    pub(crate) async fn select(
        &self,
        origin: Origin<'_>,
        screen: &Screen,
    ) -> Result<(LogsRequest, Wanted), Exit> {
        let mut wanted = Wanted {
            ips: self.ip.iter().map(|cidr| cidr.0).collect(),
            jq: Jq::compile(&self.jq)?,
            ..Wanted::default()
        };
        let actions = self.select_actions(origin, screen, &mut wanted).await?;
        let mut request = LogsRequest::new().actions(actions);
        let is_local = matches!(origin, Origin::Files);
        let here = |who: Who| {
            if !is_local {
                screen.note(&format!(
                    "{} is no single ID, which is all that Slack takes: all events are read, and \
                     matched here by ID, e-mail and name",
                    who.option()
                ));
            }
            Some(who)
        };
        if let Some(who) = Who::new("--actor", &self.actor) {
            match who.id(who::is_user_id).filter(|_| !is_local) {
                Some(id) => request = request.actor(id),
                None => wanted.actors = here(who),
            }
        }
        if let Some(who) = Who::new("--entity", &self.entity) {
            match who.id(who::is_id).filter(|_| !is_local) {
                Some(id) => request = request.entity(id),
                None => wanted.entities = here(who),
            }
        }
        Ok((request, wanted))
    }

    /// The actions to ask Slack for; none where they are matched here.
    async fn select_actions(
        &self,
        origin: Origin<'_>,
        screen: &Screen,
        to_match: &mut Wanted,
    ) -> Result<Vec<String>, Exit> {
        let patterns = self.action.iter().chain(&self.exclude_action);
        let names = actions::Names::for_patterns(patterns, origin, screen).await;
        let wanted = Actions::new("--action", &self.action, &names, origin)?;
        let excluded = Actions::new("--exclude-action", &self.exclude_action, &names, origin)?;
        let Some(wanted) = wanted else {
            to_match.excluded = excluded;
            return Ok(Vec::new());
        };
        let mut listed = wanted.listed(&names);
        if let Some(excluded) = &excluded {
            listed.retain(|name| !excluded.matches(name));
            // Files may hold others, and a collector may see others some day.
            if listed.is_empty() && (wanted.is_closed() || matches!(origin, Origin::Slack(_))) {
                return Err(Exit::usage(
                    "--action and --exclude-action name the same actions: no event is left",
                ));
            }
        }
        let can_ask = match origin {
            Origin::Slack(_) => true,
            Origin::Collector(_) => wanted.is_closed(),
            Origin::Files => false,
        };
        if can_ask && listed.len() <= MOST_ACTIONS {
            return Ok(listed);
        }
        if !matches!(origin, Origin::Files) {
            screen.note(&format!(
                "{} actions match, and Slack takes {MOST_ACTIONS} at once: \
                 all events are read, and matched here",
                listed.len()
            ));
        }
        to_match.actions = Some(wanted);
        to_match.excluded = excluded;
        Ok(Vec::new())
    }
}

/// What is matched here.
#[derive(Default)]
pub(crate) struct Wanted {
    /// In Unix seconds.
    range: Option<RangeInclusive<i64>>,
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
    /// Of these, only the events within these times.
    pub(crate) fn within(self, (since, until): (Option<i64>, Option<i64>)) -> Self {
        let range = since.unwrap_or(i64::MIN)..=until.unwrap_or(i64::MAX);
        let range = (since.is_some() || until.is_some()).then_some(range);
        Self { range, ..self }
    }

    /// Whether everything that Slack sends is wanted.
    pub(crate) fn is_everything(&self) -> bool {
        self.range.is_none()
            && self.actions.is_none()
            && self.excluded.is_none()
            && self.actors.is_none()
            && self.entities.is_none()
            && self.ips.is_empty()
            && self.jq.is_none()
    }

    /// Whether an entry is wanted, as far as that can be told without `--jq`.
    pub(crate) fn matches(&self, entry: &RawEntry) -> bool {
        let date = entry.date_create();
        if let Some(range) = &self.range
            && !date.is_some_and(|date| range.contains(&date))
        {
            return false;
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
        let address = address.and_then(|address| address.parse::<IpAddr>().ok());
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
                    let words =
                        format!("--jq fails for an event ({why}): it is kept, as all such are");
                    trace::say(Level::WARN, &words);
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
