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

mod names;

use std::{
    borrow::Borrow,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::names::*;
use crate::json::Lookup;

/// What happened, such as `user_login`: one of the constants of [this module](self), or any other
/// string.
///
/// The constants are patterns:
///
/// ```
/// use slack_audit_logs::model::{Entry, action};
///
/// let entry = Entry::from_json(r#"{"action":"user_login"}"#);
/// let what = match entry.action() {
///     Some(action::user::USER_LOGIN | action::user::USER_LOGOUT) => "a session",
///     Some(other) if other.category() == Some("file") => "a file",
///     _ => "something else",
/// };
/// assert_eq!(what, "a session");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Action(Name);

/// A known name is always `Known`, or equality, which patterns need derived, would not hold.
#[derive(Clone, PartialEq, Eq)]
enum Name {
    Known(&'static str),
    Other(Arc<str>),
}

impl Action {
    /// For the constants: the name is on the list.
    const fn known(name: &'static str) -> Self {
        Self(Name::Known(name))
    }

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Known(name) => name,
            Name::Other(name) => name,
        }
    }

    /// The name of a constant, also where only a constant will do; none for a name that this crate
    /// does not know.
    ///
    /// ```
    /// use slack_audit_logs::model::action::{self, Action};
    ///
    /// // By reference: a constant by value would be dropped, which a constant cannot do.
    /// const LOGIN: &Action = &action::user::USER_LOGIN;
    /// const NAME: &str = LOGIN.as_static().unwrap();
    /// assert_eq!(NAME, "user_login");
    /// ```
    pub const fn as_static(&self) -> Option<&'static str> {
        match self.0 {
            Name::Known(name) => Some(name),
            Name::Other(_) => None,
        }
    }

    /// The category that `GET /actions` lists it under; none for a name this crate does not know.
    /// Of a name under two categories it is the first.
    pub fn category(&self) -> Option<&'static str> {
        names::CATEGORY_OF.get(place(self.as_str())?).copied()
    }

    /// True where the name is among the constants of [this module](self).
    pub fn is_known(&self) -> bool {
        matches!(self.0, Name::Known(_))
    }
}

/// Every category with its actions, in the order of `GET /actions`.
pub fn categories() -> impl Iterator<Item = (&'static str, &'static [Action])> {
    names::CATEGORIES
        .iter()
        .map(|category| (category.name, category.actions))
}

struct Category {
    name: &'static str,
    actions: &'static [Action],
}

static LOOKUP: Lookup<4096> = Lookup::new(names::NAMES);

/// Where a known name stands in the list.
fn place(name: &str) -> Option<usize> {
    LOOKUP.find(name.as_bytes()).map(usize::from)
}

impl From<&str> for Action {
    fn from(name: &str) -> Self {
        let known = place(name).and_then(|place| names::NAMES.get(place));
        Self(known.map_or_else(|| Name::Other(name.into()), |name| Name::Known(name)))
    }
}

impl From<String> for Action {
    fn from(name: String) -> Self {
        Self::from(&*name)
    }
}

impl From<&Action> for Action {
    fn from(action: &Action) -> Self {
        action.clone()
    }
}

impl From<Action> for String {
    fn from(action: Action) -> Self {
        action.as_str().to_owned()
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Action").field(&self.as_str()).finish()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Ord for Action {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Action {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// As its name's, so that maps can be asked by name.
impl Hash for Action {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl AsRef<str> for Action {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Action {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

/// Equality with strings, either way around.
macro_rules! equal_to {
    ($($text:ty)*) => {$(
        impl PartialEq<$text> for Action {
            fn eq(&self, other: &$text) -> bool {
                let other: &str = other;
                self.as_str() == other
            }
        }

        impl PartialEq<Action> for $text {
            fn eq(&self, other: &Action) -> bool {
                other == self
            }
        }
    )*};
}
equal_to! { str &str String }

/// Makes a module of constants per category, and lists over them.
macro_rules! constants {
    ($($category:ident { $($constant:ident $name:literal;)* })*) => {
        $(
            #[doc = concat!("Actions of the category `", stringify!($category), "`.")]
            pub mod $category {
                use super::super::Action;

                $(
                    #[doc = concat!("The action `", $name, "`.")]
                    pub const $constant: Action = Action::known($name);
                )*

                /// Every action of this category.
                pub const ALL: &[Action] = &[$($constant),*];
            }
        )*

        /// The categories in order.
        pub(super) const CATEGORIES: &[super::Category] = &[
            $(super::Category {
                name: stringify!($category),
                actions: $category::ALL,
            }),*
        ];

        /// Every name, in order.
        pub(super) static NAMES: &[&str] = &[$($($name,)*)*];

        /// The category of each.
        pub(super) static CATEGORY_OF: &[&str] =
            &[$($({ let _ = $name; stringify!($category) },)*)*];
    };
}
use constants;
