//! Action names: an open string type, and a constant for every name that Slack is known to serve.
//!
//! The constants stand in a module per category, named as `GET /actions` names them:
//!
//! ```
//! use slack_audit_logs::model::action::{self, Action};
//!
//! assert_eq!(action::user::USER_LOGIN, "user_login");
//! assert_eq!(Action::from("user_login").category(), Some("user"));
//! // The list grows over time; a name of tomorrow is as good as any.
//! assert_eq!(Action::from("teleported").category(), None);
//! ```
//!
//! A name holds `_` where the wire has a dot: `pref.allow_calls` is
//! `workspace_or_org::PREF_ALLOW_CALLS`.

mod a_to_h;
mod l_to_z;
mod organization;

pub use a_to_h::*;
pub use l_to_z::*;
pub use organization::*;

use std::borrow::{Borrow, Cow};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::lookup::Lookup;

/// What happened, such as `user_login`: one of the constants of [this module](self), or any other
/// string.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Action(Cow<'static, str>);

impl Action {
    /// An action of this name, for constants.
    pub const fn from_static(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The category that `GET /actions` lists it under; none for a name this crate does not know.
    /// Of a name under two categories it is the first.
    pub fn category(&self) -> Option<&'static str> {
        known(&self.0).map(|(category, _)| category)
    }

    /// True where the name is among the constants of [this module](self).
    pub fn is_known(&self) -> bool {
        known(&self.0).is_some()
    }

    /// The action of this name; a known one costs no allocation.
    pub(crate) fn intern(name: &str) -> Self {
        match known(name) {
            Some((_, name)) => Self::from_static(name),
            None => Self(Cow::Owned(name.to_owned())),
        }
    }
}

/// Every category with its actions, in alphabetical order of the categories.
pub fn categories() -> impl Iterator<Item = (&'static str, &'static [Action])> {
    [
        a_to_h::CATEGORIES,
        l_to_z::CATEGORIES,
        organization::CATEGORIES,
    ]
    .into_iter()
    .flatten()
    .map(|category| (category.name, category.actions))
}

struct Category {
    name: &'static str,
    names: &'static [&'static str],
    actions: &'static [Action],
}

const COUNT: usize =
    count(a_to_h::CATEGORIES) + count(l_to_z::CATEGORIES) + count(organization::CATEGORIES);

const fn count(categories: &[Category]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < categories.len() {
        sum += categories[at].names.len();
        at += 1;
    }
    sum
}

/// All names, and the category of each, side by side.
const FLAT: ([&str; COUNT], [&str; COUNT]) = {
    let (mut names, mut owners, mut filled) = ([""; COUNT], [""; COUNT], 0);
    let lists = [
        a_to_h::CATEGORIES,
        l_to_z::CATEGORIES,
        organization::CATEGORIES,
    ];
    let mut list = 0;
    while list < lists.len() {
        let mut category = 0;
        while category < lists[list].len() {
            let mut name = 0;
            while name < lists[list][category].names.len() {
                names[filled] = lists[list][category].names[name];
                owners[filled] = lists[list][category].name;
                filled += 1;
                name += 1;
            }
            category += 1;
        }
        list += 1;
    }
    (names, owners)
};
static NAMES: [&str; COUNT] = FLAT.0;
static OWNERS: [&str; COUNT] = FLAT.1;
static LOOKUP: Lookup<4096> = Lookup::new(&NAMES);

/// Category and name of a known action.
fn known(name: &str) -> Option<(&'static str, &'static str)> {
    let place = usize::from(LOOKUP.find(name.as_bytes())?);
    Some((OWNERS.get(place)?, NAMES.get(place)?))
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Action").field(&self.0).finish()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for Action {
    fn from(name: &str) -> Self {
        Self::intern(name)
    }
}

impl From<String> for Action {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl From<&Action> for Action {
    fn from(action: &Action) -> Self {
        action.clone()
    }
}

impl From<Action> for String {
    fn from(action: Action) -> Self {
        action.0.into_owned()
    }
}

impl AsRef<str> for Action {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Action {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Action {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Action {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<String> for Action {
    fn eq(&self, other: &String) -> bool {
        self.0 == *other
    }
}

impl PartialEq<Action> for str {
    fn eq(&self, other: &Action) -> bool {
        other == self
    }
}

impl PartialEq<Action> for &str {
    fn eq(&self, other: &Action) -> bool {
        other == self
    }
}

/// Makes a module of constants per category, and `CATEGORIES` over them.
macro_rules! constants {
    ($($category:ident { $($constant:ident $name:literal;)* })*) => {
        $(
            #[doc = concat!("Actions of the category `", stringify!($category), "`.")]
            pub mod $category {
                use super::super::Action;

                $(
                    #[doc = concat!("The action `", $name, "`.")]
                    pub const $constant: Action = Action::from_static($name);
                )*

                /// Every action of this category.
                pub const ALL: &[Action] = &[$($constant),*];
            }
        )*

        pub(super) const CATEGORIES: &[super::Category] = &[
            $(super::Category {
                name: stringify!($category),
                names: &[$($name),*],
                actions: $category::ALL,
            }),*
        ];
    };
}
use constants;
