//! Which object an `Entity` is about, and what all kinds have in common.

use std::fmt;

use super::objects::Entity;
use crate::json::{FromValue, Object, Value};

macro_rules! kinds {
    ($($kind:ident $name:literal;)*) => {
        /// The kind of an [`Entity`]. New kinds appear over time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EntityKind<'a> {
            $(
                #[doc = concat!("[`Entity::", $name, "`]")]
                $kind,
            )*
            /// A kind that this crate does not know yet; [`Entity::object`] gives its fields all
            /// the same.
            Other(&'a str),
        }

        impl<'a> EntityKind<'a> {
            /// The kind as on the wire, such as `user`.
            pub fn as_str(self) -> &'a str {
                match self {
                    $(Self::$kind => $name,)*
                    Self::Other(name) => name,
                }
            }

            fn from_name(name: &'a str) -> Self {
                match name {
                    $($name => Self::$kind,)*
                    other => Self::Other(other),
                }
            }
        }
    };
}

// The field of an entity is named like its type.
kinds! {
    User "user";
    Workspace "workspace";
    Enterprise "enterprise";
    Channel "channel";
    File "file";
    App "app";
    Message "message";
    Huddle "huddle";
    Role "role";
    Usergroup "usergroup";
    Workflow "workflow";
    Barrier "barrier";
    WorkflowV2 "workflow_v2";
    AccountTypeRole "account_type_role";
    List "list";
    ExternalAuthOauth2Token "external_auth_oauth2_token";
    Function "function";
    Canvas "canvas";
    Template "template";
    LegalHoldPolicy "legal_hold_policy";
}

impl fmt::Display for EntityKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'a> Entity<'a> {
    /// Its kind: what `type` says, or the first object that is filled.
    pub fn kind(self) -> Option<EntityKind<'a>> {
        self.type_name()
            .or_else(|| self.filled().map(|(name, _)| name))
            .map(EntityKind::from_name)
    }

    /// The object that `type` names, or else the first that is filled; also of a kind this crate
    /// does not know.
    pub fn object(self) -> Option<Object<'a>> {
        let named = self
            .type_name()
            .and_then(|name| self.as_object().get(name))
            .and_then(Value::as_object);
        named.or_else(|| self.filled().map(|(_, object)| object))
    }

    /// The id of that object. A message has none.
    pub fn id(self) -> Option<&'a str> {
        self.text(&["id"])
    }

    /// The name of that object, or its title where it has no name.
    pub fn name(self) -> Option<&'a str> {
        self.text(&["name", "title", "template_name"])
    }

    fn text(self, fields: &[&str]) -> Option<&'a str> {
        let object = self.object()?;
        fields
            .iter()
            .find_map(|field| FromValue::from_value(object.get(field)?))
    }

    fn filled(self) -> Option<(&'a str, Object<'a>)> {
        self.as_object()
            .iter()
            .find_map(|(name, value)| Some((name, value.as_object()?)))
    }
}
