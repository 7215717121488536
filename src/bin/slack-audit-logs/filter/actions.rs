//! Actions by name, by glob (`user_*`) and by category (`category:app`).

use std::collections::{BTreeSet, HashSet};

use slack_audit_logs::{
    AuditLogsClient, Error,
    model::action::{self, Action},
};

use super::Origin;
use crate::{
    exit::Exit,
    names::{self, Seen},
    progress::Screen,
};

const CATEGORY: &str = "category:";
const LISTED: &str = "`slack-audit-logs actions` lists them";

/// The actions that there are, with their categories.
pub(super) struct Names(BTreeSet<(String, String)>);

impl Names {
    /// The actions that this program knows and, where it cannot tell by those, Slack's list.
    pub(super) async fn for_patterns(
        mut patterns: impl Iterator<Item = &String>,
        origin: Origin<'_>,
        screen: &Screen,
    ) -> Self {
        let known = action::categories().flat_map(|(category, actions)| {
            let pair = move |action: &Action| (action.as_str().to_owned(), category.to_owned());
            actions.iter().map(pair)
        });
        let mut names = Self(known.collect());
        let is_known = |pattern: &String| Action::from(pattern.as_str()).is_known();
        let (Origin::Slack(client) | Origin::Collector(client)) = origin else {
            return names;
        };
        if patterns.all(is_known) {
            return names;
        }
        match of_slack(client).await {
            Ok(theirs) => names.0.extend(theirs),
            Err(error) => screen.note(&format!(
                "Slack's list of actions could not be had ({error}); \
                 names are checked against those of this program"
            )),
        }
        names
    }

    fn actions(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(action, _)| &**action)
    }

    fn categories(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(_, category)| &**category).collect()
    }
}

async fn of_slack(client: &AuditLogsClient) -> Result<Vec<(String, String)>, Error> {
    let response = client.actions().await?.typed_body()?;
    let pairs = response.categories().flat_map(|(category, actions)| {
        let pair = move |action: &str| (action.to_owned(), category.to_owned());
        actions.iter().map(pair)
    });
    Ok(pairs.collect())
}

pub(super) struct Actions {
    option: &'static str,
    exact: HashSet<String>,
    globs: Vec<String>,
    seen: Seen,
}

impl Actions {
    /// None if there is no pattern. One that can match nothing is an error, unless files are read,
    /// which may hold what is not known today.
    pub(super) fn new(
        option: &'static str,
        patterns: &[String],
        names: &Names,
        origin: Origin<'_>,
    ) -> Result<Option<Self>, Exit> {
        if patterns.is_empty() {
            return Ok(None);
        }
        let (mut exact, mut globs) = (HashSet::new(), Vec::new());
        for pattern in patterns {
            if let Some(category) = pattern.strip_prefix(CATEGORY) {
                let members = names.0.iter().filter(|(_, of)| of == category);
                let before = exact.len();
                exact.extend(members.map(|(action, _)| action.clone()));
                if exact.len() == before && !names.categories().contains(category) {
                    let near = names::suggestion(category, names.categories());
                    let words = format!("{option}: no such category, {category}{near}");
                    return Err(Exit::usage(words));
                }
            } else if pattern.contains(['*', '?']) {
                if !names.actions().any(|name| glob(pattern, name)) {
                    let words = format!("{option}: no action matches {pattern}; {LISTED}");
                    return Err(Exit::usage(words));
                }
                globs.push(pattern.clone());
            } else {
                let is_known = names.actions().any(|name| name == pattern);
                if !is_known && !matches!(origin, Origin::Files) {
                    let near = names::suggestion(pattern, names.actions());
                    let words = format!("{option}: no such action, {pattern}{near}; {LISTED}");
                    return Err(Exit::usage(words));
                }
                exact.insert(pattern.clone());
            }
        }
        Ok(Some(Self {
            option,
            exact,
            globs,
            seen: Seen::default(),
        }))
    }

    /// Whether all of them have been named.
    pub(super) fn is_closed(&self) -> bool {
        self.globs.is_empty()
    }

    /// All of them that are known.
    pub(super) fn listed(&self, names: &Names) -> Vec<String> {
        let mut all = self.exact.clone();
        let by_glob = names.actions().filter(|name| self.has_glob_of(name));
        all.extend(by_glob.map(str::to_owned));
        let mut all: Vec<String> = all.into_iter().collect();
        all.sort_unstable();
        all
    }

    fn has_glob_of(&self, action: &str) -> bool {
        self.globs.iter().any(|pattern| glob(pattern, action))
    }

    pub(super) fn matches(&self, action: &str) -> bool {
        let matches = self.exact.contains(action) || self.has_glob_of(action);
        self.seen.remember(matches, [action]);
        matches
    }

    /// What to say if nothing has matched.
    pub(super) fn why_nothing(&self) -> Option<String> {
        let known = action::categories().flat_map(|(_, actions)| actions);
        let known: Vec<&str> = known.map(|action| action.as_str()).collect();
        let near = self.seen.near(&self.exact, &known)?;
        let option = self.option;
        Some(format!("{option}: no event has such an action{near}"))
    }
}

/// Whether a name matches a pattern in which `*` is any text and `?` any character.
pub(super) fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut in_name) = (0, 0);
    // Where the last star stands, and how much of the name it takes.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(in_name) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted.eq_ignore_ascii_case(byte) => {
                at += 1;
                in_name += 1;
            }
            _ => {
                let Some((of_star, taken)) = star else {
                    return false;
                };
                star = Some((of_star, taken + 1));
                at = of_star + 1;
                in_name = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, name, expected) in [
            ("user_*", "user_login", true),
            ("user_*", "user", false),
            ("*_login*", "user_login_failed", true),
            ("*", "", true),
            ("?ser_login", "user_login", true),
            ("user_login?", "user_login", false),
            ("*a*a*a*b", &"a".repeat(1_000), false),
            ("*@Example.com", "ada@example.com", true),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
    }
}
