//! People and things by ID, e-mail or name.

use super::actions::glob;
use crate::names::Seen;

pub(super) struct Who {
    option: &'static str,
    /// As they were written.
    values: Vec<String>,
    /// The same in lower case.
    wanted: Vec<String>,
    seen: Seen,
}

impl Who {
    pub(super) fn new(option: &'static str, values: &[String]) -> Option<Self> {
        (!values.is_empty()).then(|| Self {
            option,
            values: values.to_vec(),
            wanted: values.iter().map(|value| value.to_lowercase()).collect(),
            seen: Seen::default(),
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
        self.seen.remember(matches, are.into_iter().flatten());
        matches
    }

    /// What to say if nothing has matched.
    pub(super) fn why_nothing(&self) -> Option<String> {
        let near = self.seen.near(&self.values, &[])?;
        let values = self.values.join(", ");
        Some(format!("{}: no event is of {values}{near}", self.option))
    }
}

/// Whether it looks like a user's ID: `W` or `U`, then capital letters and digits.
pub(super) fn is_user_id(value: &str) -> bool {
    value.starts_with(['U', 'W']) && is_id(value)
}

/// Whether it looks like an ID of Slack's: capital letters and digits. A word in capitals without
/// a digit is one only if no word is so long.
pub(super) fn is_id(value: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    value.starts_with(|c: char| c.is_ascii_uppercase())
        && value.bytes().all(is_allowed)
        && (value.len() >= 9 || value.bytes().any(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_id() {
        for id in ["W123AB456", "U1", "USLACKUSER", "USLACKSECURITY"] {
            assert!(is_user_id(id), "{id}");
        }
        for name in "ada@example.com|Ada|w123ab456|WENDY|C123||UÄ1".split('|') {
            assert!(!is_user_id(name), "{name}");
        }
        assert!(is_id("C0123ABCD") && is_id("F1") && !is_id("HR") && !is_id("general"));
    }

    #[test]
    fn by_id_mail_name_and_glob() {
        let who = |value: &str| Who::new("--actor", &[value.to_owned()]).expect("a value");
        let ada = [Some("W1"), Some("Ada@Example.com"), Some("Ada Lovelace")];
        for value in "W1|w1|ada@example.com|ada lovelace|*@example.COM|ada*".split('|') {
            assert!(who(value).matches(ada), "{value}");
        }
        let other = who("adam lovelace");
        assert!(!other.matches(ada) && !other.matches([None; 3]));
        let why = other.why_nothing().expect("nothing matched");
        assert!(why.contains("Ada Lovelace"), "{why}");
    }
}
