//! The actions that `/actions` serves, what each acts upon, and how often it happens here.

use std::{collections::HashMap, sync::LazyLock};

use super::details;
use super::objects::Kind;
use super::people;
use super::rng::Rng;
use super::schema::{self, Field};

const ACTIONS: &str = include_str!("../../model/facts/actions.tsv");

/// Out of this many events, how many are of which everyday action; the rest is spread over all
/// actions.
const PER: u64 = 1000;
const EVERYDAY: &[(&str, u64)] = &[
    ("user_login", 250),
    ("file_downloaded", 170),
    ("user_logout", 60),
    ("user_channel_join", 60),
    ("file_uploaded", 60),
    ("file_shared", 40),
    ("user_login_failed", 25),
    ("user_channel_leave", 25),
    ("canvas_opened", 15),
    ("canvas_edited", 12),
    ("public_channel_created", 10),
    ("anomaly", 8),
    ("app_installed", 8),
    ("huddle_ended", 8),
    ("huddle_started", 8),
    ("list_opened", 8),
    ("mcp_slack_search_public_tool_called", 8),
    ("private_channel_created", 8),
    ("user_session_invalidated", 8),
    ("slack_ai_summary_requested", 6),
    ("user_created", 6),
    ("app_approved", 5),
    ("emoji_added", 5),
    ("user_deactivated", 5),
    ("channel_renamed", 4),
    ("file_public_link_created", 4),
    ("message_flagged", 4),
    ("app_scopes_expanded", 3),
    ("external_shared_channel_invite_sent", 3),
    ("guest_created", 3),
    ("workflow_published", 3),
    ("role_change_to_admin", 2),
];

pub(crate) struct ActionInfo {
    pub(crate) category: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) details: Vec<&'static Field>,
    /// Whether the event is about the person who acts, as a login is.
    about_self: bool,
}

pub(crate) struct Catalog {
    pub(crate) actions: Vec<ActionInfo>,
    numbers: HashMap<&'static str, u32>,
    everyday: Vec<u32>,
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let actions: Vec<ActionInfo> = ACTIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(category, name)| ActionInfo {
            category,
            name,
            kind: Kind::of_action(category, name),
            details: detail_fields(name),
            about_self: category == "anomaly"
                || name.starts_with("user_log")
                || name.starts_with("user_session"),
        })
        .collect();
    let numbers: HashMap<_, _> = (0u32..)
        .zip(&actions)
        .map(|(number, info)| (info.name, number))
        .collect();
    let mut everyday = Vec::new();
    for (name, share) in EVERYDAY {
        if let Some(number) = numbers.get(name) {
            everyday.extend((0..*share).map(|_| *number));
        }
    }
    Catalog {
        actions,
        numbers,
        everyday,
    }
});

pub(crate) fn catalog() -> &'static Catalog {
    &CATALOG
}

/// An event as numbers: enough to filter it, and to write it whenever it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) index: u32,
    pub(crate) action: u32,
    pub(crate) actor: u32,
    pub(crate) object: u32,
}

impl Catalog {
    /// The event of this number in the history of this seed.
    pub(crate) fn make(&self, seed: u64, index: u32) -> Made {
        let mut rng = Rng::of(&[seed, 0xE7E, u64::from(index)]);
        let at = usize::try_from(rng.below(PER)).unwrap_or(0);
        let action = match self.everyday.get(at) {
            Some(number) => *number,
            None => u32::try_from(rng.index(self.actions.len())).unwrap_or(0),
        };
        let actor = match self.info(action).map_or("", |info| info.name) {
            "user_password_reset_slack_security" | "user_logout_compromised" => {
                people::slack_security()
            }
            _ if rng.one_in(100) => people::slack_itself(),
            _ => number_below(&mut rng, Kind::User),
        };
        let object = match self.info(action) {
            Some(info) if info.about_self && actor < Kind::User.pool() => actor,
            Some(info) => number_below(&mut rng, info.kind),
            None => 0,
        };
        Made {
            index,
            action,
            actor,
            object,
        }
    }

    pub(crate) fn info(&self, action: u32) -> Option<&ActionInfo> {
        usize::try_from(action)
            .ok()
            .and_then(|number| self.actions.get(number))
    }

    pub(crate) fn is_known(&self, name: &str) -> bool {
        self.numbers.contains_key(name)
    }

    /// The body of `/actions`: names by category, in the list's order.
    pub(crate) fn actions_json(&self) -> serde_json::Value {
        let mut categories: Vec<(&str, Vec<&str>)> = Vec::new();
        for info in &self.actions {
            match categories
                .iter_mut()
                .find(|(category, _)| *category == info.category)
            {
                Some((_, names)) => names.push(info.name),
                None => categories.push((info.category, vec![info.name])),
            }
        }
        let categories: serde_json::Map<_, _> = categories
            .into_iter()
            .map(|(category, names)| (category.to_owned(), names.into()))
            .collect();
        serde_json::json!({ "actions": categories })
    }
}

pub(crate) fn number_below(rng: &mut Rng, kind: Kind) -> u32 {
    u32::try_from(rng.below_skewed(u64::from(kind.pool()))).unwrap_or(0)
}

fn detail_fields(action: &str) -> Vec<&'static Field> {
    let mut fields: Vec<&'static Field> = Vec::new();
    for (pattern, names) in details::PATTERNS {
        if !details::fits(pattern, action) {
            continue;
        }
        for name in names.split(' ') {
            if fields.iter().all(|field| field.name != name) {
                fields.extend(
                    schema::fields("Details")
                        .iter()
                        .find(|field| field.name == name),
                );
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_actions_exist_and_leave_room_for_the_others() {
        for (name, _) in EVERYDAY {
            assert!(catalog().is_known(name), "{name}");
        }
        let share = EVERYDAY.iter().map(|(_, share)| share).sum::<u64>();
        assert!((700..=900).contains(&share), "{share}");
    }

    #[test]
    fn every_entity_type_has_an_action() {
        for kind in Kind::ALL {
            assert!(
                catalog().actions.iter().any(|info| info.kind == kind),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn an_event_depends_on_seed_and_number_only() {
        let first = catalog().make(7, 12);
        assert_eq!(first, catalog().make(7, 12));
        assert_ne!(
            (0..50).map(|n| catalog().make(7, n)).collect::<Vec<_>>(),
            (0..50).map(|n| catalog().make(8, n)).collect::<Vec<_>>()
        );
    }
}
