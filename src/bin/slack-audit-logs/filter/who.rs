//! People and things by ID, e-mail or name.

use std::{collections::BTreeSet, sync::Mutex};

use super::actions::glob;
use crate::names;

/// So many names are kept for a suggestion.
const SEEN: usize = 5_000;

/// Whom or what a filter names.
pub(super) struct Who {
    option: &'static str,
    /// As they were written.
    values: Vec<String>,
    /// The same in lower case.
    wanted: Vec<String>,
    /// What was there instead, as long as nothing matched.
    seen: Mutex<Option<BTreeSet<String>>>,
}

impl Who {
    pub(super) fn new(option: &'static str, values: &[String]) -> Option<Self> {
        (!values.is_empty()).then(|| Self {
            option,
            values: values.to_vec(),
            wanted: values.iter().map(|value| value.to_lowercase()).collect(),
            seen: Mutex::new(Some(BTreeSet::new())),
        })
    }

    pub(super) fn option(&self) -> &'static str {
        self.option
    }

    /// The one value that Slack takes.
    pub(super) fn id(&self, is_id: fn(&str) -> bool) -> Option<&str> {
        match &*self.values {
            [one] if is_id(one) => Some(one),
            _ => None,
        }
    }

    /// Whether any of these is one of them, in any case.
    pub(super) fn matches(&self, are: [Option<&str>; 3]) -> bool {
        let is_wanted = |value: &str| {
            let value = value.to_lowercase();
            self.wanted.iter().any(|wanted| {
                *wanted == value || (wanted.contains(['*', '?']) && glob(wanted, &value))
            })
        };
        let matches = are.iter().flatten().any(|value| is_wanted(value));
        if let Ok(mut seen) = self.seen.try_lock() {
            if matches {
                *seen = None;
            } else if let Some(seen) = &mut *seen
                && seen.len() < SEEN
            {
                for value in are.into_iter().flatten() {
                    if !seen.contains(value) {
                        seen.insert(value.to_owned());
                    }
                }
            }
        }
        matches
    }

    /// What to say if nothing has matched.
    pub(super) fn why_nothing(&self) -> Option<String> {
        let seen = self.seen.lock().ok()?;
        let seen = seen.as_ref()?;
        let near: BTreeSet<&str> = self
            .values
            .iter()
            .flat_map(|value| names::nearest(value, seen.iter().map(String::as_str)))
            .collect();
        let near: Vec<&str> = near.into_iter().collect();
        Some(if near.is_empty() {
            format!("{}: no event is of {}", self.option, self.values.join(", "))
        } else {
            format!(
                "{}: no event is of {}; near are {}",
                self.option,
                self.values.join(", "),
                near.join(", ")
            )
        })
    }
}

/// Whether it looks like a user's ID: `W` or `U`, then capital letters and digits.
pub(super) fn is_user_id(value: &str) -> bool {
    value.starts_with(['U', 'W']) && is_id(value)
}

/// Whether it looks like an ID of Slack's: capital letters and digits. A word in capitals without
/// a digit is one only if no word is so long.
pub(super) fn is_id(value: &str) -> bool {
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    value.starts_with(|c: char| c.is_ascii_uppercase())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && (has_digit || value.len() >= 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_id() {
        for id in ["W123AB456", "U1", "USLACKUSER", "USLACKSECURITY"] {
            assert!(is_user_id(id), "{id}");
        }
        for name in [
            "ada@example.com",
            "Ada",
            "w123ab456",
            "WENDY",
            "C123",
            "",
            "UÄ1",
        ] {
            assert!(!is_user_id(name), "{name}");
        }
        assert!(is_id("C0123ABCD") && is_id("F1") && !is_id("HR") && !is_id("general"));
    }

    #[test]
    fn by_id_mail_name_and_glob() {
        let who = |value: &str| Who::new("--actor", &[value.to_owned()]).expect("a value");
        let ada = [Some("W1"), Some("Ada@Example.com"), Some("Ada Lovelace")];
        for value in [
            "W1",
            "w1",
            "ada@example.com",
            "ada lovelace",
            "*@example.COM",
            "ada*",
        ] {
            assert!(who(value).matches(ada), "{value}");
        }
        let other = who("adam lovelace");
        assert!(!other.matches(ada) && !other.matches([None; 3]));
        let why = other.why_nothing().expect("nothing matched");
        assert!(why.contains("Ada Lovelace"), "{why}");
    }
}
