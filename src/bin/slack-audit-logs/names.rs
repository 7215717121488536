//! The nearest names to one that there is not.

use std::{collections::BTreeSet, sync::Mutex};

use strsim::damerau_levenshtein;

use crate::text::harmless;

/// So many are worth suggesting.
const MOST: usize = 3;

/// The nearest of the names, nearest first; none that takes more than a third of it to be changed,
/// unless it contains it.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let other = name.to_lowercase();
            // The distance costs both lengths: what is much longer cannot be near.
            let distance = if other.len().abs_diff(wanted.len()) > 4 * most {
                usize::MAX
            } else {
                damerau_levenshtein(&wanted, &other)
            };
            let part = wanted.len() >= 4 && other.contains(&wanted);
            (distance <= most || part).then(|| (distance.min(most + 1), name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    // What is much further off than the nearest was not meant.
    let furthest = near.first().map_or(0, |(nearest, _)| nearest + 1);
    near.retain(|(distance, _)| *distance <= furthest);
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// `; did you mean …?`, or nothing.
pub(crate) fn suggestion<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let near = nearest(name, names);
    if near.is_empty() {
        return String::new();
    }
    format!("; did you mean {}?", harmless(&near.join(", ")))
}

/// What was there instead of what is wanted, as long as nothing has matched.
pub(crate) struct Seen(Mutex<Option<BTreeSet<String>>>);

impl Default for Seen {
    fn default() -> Self {
        Self(Mutex::new(Some(BTreeSet::new())))
    }
}

impl Seen {
    /// Remembers what an event has, unless one has matched.
    pub(crate) fn remember<'a>(&self, matches: bool, names: impl IntoIterator<Item = &'a str>) {
        /// So many names are kept for a suggestion, none of them longer than this.
        const MOST: usize = 5_000;
        const LONGEST: usize = 200;
        // Nobody panics with it in hand.
        let Ok(mut seen) = self.0.try_lock() else {
            return;
        };
        if matches {
            *seen = None;
        } else if let Some(seen) = &mut *seen {
            for name in names {
                if seen.len() < MOST && name.len() <= LONGEST && !seen.contains(name) {
                    seen.insert(name.to_owned());
                }
            }
        }
    }

    /// What to say if nothing has matched: the nearest of what was there, and of others.
    pub(crate) fn near<'a>(
        &self,
        wanted: impl IntoIterator<Item = &'a String>,
        others: &[&str],
    ) -> Option<String> {
        let seen = self.0.lock().ok()?;
        let seen = seen.as_ref()?;
        let wanted: BTreeSet<&str> = wanted.into_iter().map(String::as_str).collect();
        let names = || {
            seen.iter()
                .map(String::as_str)
                .chain(others.iter().copied())
        };
        let near = wanted.iter().flat_map(|name| nearest(name, names()));
        let near: BTreeSet<&str> = near.filter(|name| !wanted.contains(name)).collect();
        if near.is_empty() {
            return Some(String::new());
        }
        let near: Vec<&str> = near.into_iter().collect();
        Some(format!("; near are {}", harmless(&near.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_only() {
        let names = [
            "user_login",
            "user_logout",
            "user_login_failed",
            "file_shared",
        ];
        assert_eq!(nearest("user_logn", names), ["user_login"]);
        assert_eq!(nearest("userlogin", names), ["user_login"]);
        assert_eq!(nearest("USER_LOGIN_FAILD", names), ["user_login_failed"]);
        assert_eq!(nearest("shared", names), ["file_shared"]);
        assert!(nearest("teleported", names).is_empty());
        assert_eq!(suggestion("x", names), "");
    }

    #[test]
    fn names_are_others_text() {
        let seen = Seen::default();
        seen.remember(false, ["ada@example\u{1b}]0;x\u{7}\u{202e}\n"]);
        let near = seen.near(&["ada@example".to_owned()], &[]);
        let expected = "; near are ada@example\u{fffd}]0;x\u{fffd}\u{fffd}\u{fffd}";
        assert_eq!(near.as_deref(), Some(expected));
    }
}
