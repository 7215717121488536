//! The columns of events: one list for tables and CSV, and for `--columns`.

use std::borrow::Cow;

use slack_audit_logs::model::{Actor, Context, Entity, EntityKind, Entry, Location, User};

use crate::{names, time};

#[derive(Debug)]
pub(crate) struct Column {
    /// As `--columns` and CSV's header have it.
    pub(crate) name: &'static str,
    /// As a table's head has it.
    pub(crate) title: &'static str,
    /// Shown whole or not at all.
    pub(crate) whole: bool,
    /// A number: nothing in it is a formula.
    pub(crate) is_number: bool,
    pub(crate) of: fn(&Entry) -> Cow<'_, str>,
}

/// Makes the list of columns: name, title, what is true of it, and its value.
macro_rules! columns {
    ($($name:literal $title:literal $($flag:ident)?: $of:expr;)*) => {
        pub(crate) const ALL: &[Column] = &[$(Column {
            $($flag: true,)?
            ..Column { name: $name, title: $title, whole: false, is_number: false, of: $of }
        }),*];
    };
}

columns! {
    "time" "TIME" whole: |entry| or_empty(entry.date_create().map(time::rfc3339));
    "date_create" "UNIX" is_number: |entry| {
        or_empty(entry.date_create().map(|date| date.to_string()))
    };
    "id" "ID": |entry| or_empty(entry.id());
    "action" "ACTION": action;
    "actor_id" "ACTOR ID": |entry| user(entry, User::id);
    "actor_name" "ACTOR NAME": |entry| user(entry, User::name);
    "actor_email" "ACTOR E-MAIL": |entry| user(entry, User::email);
    "entity_type" "ENTITY TYPE": |entry| {
        or_empty(entry.entity().and_then(Entity::kind).map(EntityKind::as_str))
    };
    "entity_id" "ENTITY ID": |entry| or_empty(entry.entity().and_then(Entity::id));
    "entity_name" "ENTITY NAME": |entry| or_empty(entry.entity().and_then(Entity::name));
    "location_type" "LOCATION TYPE": |entry| location_of(entry, Location::type_name);
    "location_id" "LOCATION ID": |entry| location_of(entry, Location::id);
    "location_name" "LOCATION NAME": |entry| location_of(entry, Location::name);
    "ip_address" "FROM" whole: |entry| or_empty(entry.context().and_then(Context::ip_address));
    "user_agent" "USER AGENT": |entry| or_empty(entry.context().and_then(Context::ua));
    "session_id" "SESSION": |entry| or_empty(entry.context().and_then(Context::session_id));
    "details" "DETAILS": |entry| {
        or_empty(entry.details().and_then(|details| serde_json::to_string(&details).ok()))
    };
    "actor_type" "ACTOR TYPE": |entry| or_empty(entry.actor().and_then(Actor::type_name));
    "app" "APP": app;
    "category" "CATEGORY": |entry| or_empty(entry.action().and_then(|action| action.category()));
    "actor" "WHO": actor;
    "entity" "WHAT": entity;
    "location" "WHERE": location;
}

/// The header of CSV as it has always been, and what has come since.
pub(crate) const CSV: &str = "time,date_create,id,action,actor_id,actor_name,actor_email,\
    entity_type,entity_id,entity_name,location_type,location_id,location_name,ip_address,\
    user_agent,session_id,details,actor_type";

/// Who did what to what, where, and from where.
pub(crate) const TABLE: &str = "time,action,actor,entity,location,ip_address";

pub(crate) fn find(name: &str) -> Result<&'static Column, String> {
    // Whoever writes `--columns ip` means what everybody means.
    let name = match name {
        "ip" => "ip_address",
        "ua" => "user_agent",
        other => other,
    };
    let column = ALL.iter().find(|column| column.name == name);
    column.ok_or_else(|| {
        let all: Vec<&str> = ALL.iter().map(|column| column.name).collect();
        let near = names::suggestion(name, all.iter().copied());
        format!("no such column{near}; there are {}", all.join(", "))
    })
}

pub(crate) fn of(names: &str) -> Vec<&'static Column> {
    names.split(',').flat_map(find).collect()
}

fn or_empty<'a>(value: Option<impl Into<Cow<'a, str>>>) -> Cow<'a, str> {
    value.map_or(Cow::default(), Into::into)
}

pub(crate) fn action(entry: &Entry) -> Cow<'_, str> {
    or_empty(entry.action().map(String::from))
}

/// The actor's name, or whatever else there is.
pub(crate) fn actor(entry: &Entry) -> Cow<'_, str> {
    user(entry, |user| user.name().or(user.email()).or(user.id()))
}

/// Kind and name of what was acted upon.
pub(crate) fn entity(entry: &Entry) -> Cow<'_, str> {
    let Some(entity) = entry.entity() else {
        return Cow::default();
    };
    let name = entity.name().or(entity.id()).unwrap_or_default();
    match entity.kind() {
        // That a person is a user goes without saying.
        None | Some(EntityKind::User) => name.into(),
        Some(kind) if name.is_empty() => kind.as_str().into(),
        Some(kind) => format!("{} {name}", kind.as_str()).into(),
    }
}

pub(crate) fn location(entry: &Entry) -> Cow<'_, str> {
    location_of(entry, |location| {
        location.name().or(location.domain()).or(location.id())
    })
}

/// The app that acted, or that was acted upon.
pub(crate) fn app(entry: &Entry) -> Cow<'_, str> {
    let acting = entry.context().and_then(|context| context.app());
    let app = acting.or_else(|| entry.entity()?.app());
    or_empty(app.and_then(|app| app.name().or(app.id())))
}

fn user<'a>(entry: &'a Entry, field: fn(User<'a>) -> Option<&'a str>) -> Cow<'a, str> {
    or_empty(entry.actor().and_then(Actor::user).and_then(field))
}

fn location_of<'a>(entry: &'a Entry, field: fn(Location<'a>) -> Option<&'a str>) -> Cow<'a, str> {
    or_empty(entry.context().and_then(Context::location).and_then(field))
}
