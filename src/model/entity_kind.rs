//! Which object an `Entity` is about, and what all kinds have in common.

use std::fmt;

use super::objects::Entity;
use crate::json::{FromValue, Object, Value};

/// The kind of an [`Entity`]. New kinds appear over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntityKind<'a> {
    /// [`Entity::user`]
    User,
    /// [`Entity::workspace`]
    Workspace,
    /// [`Entity::enterprise`]
    Enterprise,
    /// [`Entity::channel`]
    Channel,
    /// [`Entity::file`]
    File,
    /// [`Entity::app`]
    App,
    /// [`Entity::message`]
    Message,
    /// [`Entity::huddle`]
    Huddle,
    /// [`Entity::role`]
    Role,
    /// [`Entity::usergroup`]
    Usergroup,
    /// [`Entity::workflow`]
    Workflow,
    /// [`Entity::barrier`]
    Barrier,
    /// [`Entity::workflow_v2`]
    WorkflowV2,
    /// [`Entity::account_type_role`]
    AccountTypeRole,
    /// [`Entity::list`]
    List,
    /// [`Entity::external_auth_oauth2_token`]
    ExternalAuthOauth2Token,
    /// [`Entity::function`]
    Function,
    /// [`Entity::canvas`]
    Canvas,
    /// [`Entity::template`]
    Template,
    /// [`Entity::legal_hold_policy`]
    LegalHoldPolicy,
    /// A kind that this crate does not know yet; [`Entity::object`] gives its fields all the same.
    Other(&'a str),
}

/// Wire names; the field of an entity is named like its type.
const KINDS: [(&str, EntityKind<'static>); 20] = [
    ("user", EntityKind::User),
    ("workspace", EntityKind::Workspace),
    ("enterprise", EntityKind::Enterprise),
    ("channel", EntityKind::Channel),
    ("file", EntityKind::File),
    ("app", EntityKind::App),
    ("message", EntityKind::Message),
    ("huddle", EntityKind::Huddle),
    ("role", EntityKind::Role),
    ("usergroup", EntityKind::Usergroup),
    ("workflow", EntityKind::Workflow),
    ("barrier", EntityKind::Barrier),
    ("workflow_v2", EntityKind::WorkflowV2),
    ("account_type_role", EntityKind::AccountTypeRole),
    ("list", EntityKind::List),
    (
        "external_auth_oauth2_token",
        EntityKind::ExternalAuthOauth2Token,
    ),
    ("function", EntityKind::Function),
    ("canvas", EntityKind::Canvas),
    ("template", EntityKind::Template),
    ("legal_hold_policy", EntityKind::LegalHoldPolicy),
];

impl<'a> EntityKind<'a> {
    /// The kind as on the wire, such as `user`.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Other(name) => name,
            known => KINDS
                .iter()
                .find(|(_, kind)| *kind == known)
                .map_or("", |(name, _)| name),
        }
    }

    fn from_name(name: &'a str) -> Self {
        KINDS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Self::Other(name), |(_, kind)| *kind)
    }
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
