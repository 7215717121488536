//! The columns of events: one list for tables and CSV, and for `--columns`.

use std::borrow::Cow;

use slack_audit_logs::model::{Context, Entity, EntityKind, Entry, Location, User};

use crate::{names, time};

/// A column of events.
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

const fn text(name: &'static str, title: &'static str, of: fn(&Entry) -> Cow<'_, str>) -> Column {
    Column {
        name,
        title,
        whole: false,
        is_number: false,
        of,
    }
}

const fn whole(mut column: Column) -> Column {
    column.whole = true;
    column
}

const fn number(mut column: Column) -> Column {
    column.is_number = true;
    column
}

/// Every column there is.
pub(crate) const ALL: [Column; 23] = [
    whole(text("time", "TIME", |entry| {
        entry
            .date_create()
            .map(time::rfc3339)
            .unwrap_or_default()
            .into()
    })),
    number(text("date_create", "UNIX", |entry| {
        let date = entry.date_create().map(|date| date.to_string());
        date.unwrap_or_default().into()
    })),
    text("id", "ID", |entry| entry.id().unwrap_or_default().into()),
    text("action", "ACTION", action),
    text("actor_id", "ACTOR ID", |entry| {
        user(entry, |user| user.id())
    }),
    text("actor_name", "ACTOR NAME", |entry| {
        user(entry, |user| user.name())
    }),
    text("actor_email", "ACTOR E-MAIL", |entry| {
        user(entry, |user| user.email())
    }),
    text("entity_type", "ENTITY TYPE", |entry| {
        let kind = entry.entity().and_then(|entity| entity.kind());
        kind.map_or("", |kind| kind.as_str()).into()
    }),
    text("entity_id", "ENTITY ID", |entry| {
        entity_of(entry, |entity| entity.id())
    }),
    text("entity_name", "ENTITY NAME", |entry| {
        entity_of(entry, |entity| entity.name())
    }),
    text("location_type", "LOCATION TYPE", |entry| {
        location_of(entry, |location| location.type_name())
    }),
    text("location_id", "LOCATION ID", |entry| {
        location_of(entry, |location| location.id())
    }),
    text("location_name", "LOCATION NAME", |entry| {
        location_of(entry, |location| location.name())
    }),
    whole(text("ip_address", "FROM", |entry| {
        context(entry, |context| context.ip_address())
    })),
    text("user_agent", "USER AGENT", |entry| {
        context(entry, |context| context.ua())
    }),
    text("session_id", "SESSION", |entry| {
        context(entry, |context| context.session_id())
    }),
    text("details", "DETAILS", |entry| {
        let details = entry.details();
        let json = details.and_then(|details| serde_json::to_string(&details.as_object()).ok());
        json.unwrap_or_default().into()
    }),
    text("actor_type", "ACTOR TYPE", |entry| {
        let actor = entry.actor();
        actor
            .and_then(|actor| actor.type_name())
            .unwrap_or_default()
            .into()
    }),
    text("app", "APP", app),
    text("category", "CATEGORY", |entry| {
        let category = entry.action().and_then(|action| action.category());
        category.unwrap_or_default().into()
    }),
    text("actor", "WHO", actor),
    text("entity", "WHAT", entity),
    text("location", "WHERE", location),
];

/// The header of CSV as it has always been, and what has come since.
pub(crate) const CSV: [&str; 18] = [
    "time",
    "date_create",
    "id",
    "action",
    "actor_id",
    "actor_name",
    "actor_email",
    "entity_type",
    "entity_id",
    "entity_name",
    "location_type",
    "location_id",
    "location_name",
    "ip_address",
    "user_agent",
    "session_id",
    "details",
    "actor_type",
];

/// Who did what to what, where, and from where.
pub(crate) const TABLE: [&str; 6] = [
    "time",
    "action",
    "actor",
    "entity",
    "location",
    "ip_address",
];

/// A column by its name.
pub(crate) fn find(name: &str) -> Result<&'static Column, String> {
    // Whoever writes `--columns ip` means what everybody means.
    let name = match name {
        "ip" => "ip_address",
        "ua" => "user_agent",
        other => other,
    };
    ALL.iter()
        .find(|column| column.name == name)
        .ok_or_else(|| {
            let all = ALL.iter().map(|column| column.name);
            format!(
                "no such column{}; there are {}",
                names::suggestion(name, all.clone()),
                all.collect::<Vec<_>>().join(", ")
            )
        })
}

/// Columns by their names.
pub(crate) fn of(names: &[&'static str]) -> Vec<&'static Column> {
    names.iter().filter_map(|name| find(name).ok()).collect()
}

pub(crate) fn action(entry: &Entry) -> Cow<'_, str> {
    let action = entry.action();
    action.map_or(Cow::default(), |action| action.as_str().to_owned().into())
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

/// The workspace or organization.
pub(crate) fn location(entry: &Entry) -> Cow<'_, str> {
    location_of(entry, |location| {
        location.name().or(location.domain()).or(location.id())
    })
}

/// The app that acted, or that was acted upon.
pub(crate) fn app(entry: &Entry) -> Cow<'_, str> {
    let acting = entry.context().and_then(|context| context.app());
    let app = acting.or_else(|| entry.entity()?.app());
    let name = app.and_then(|app| app.name().or(app.id()));
    name.unwrap_or_default().into()
}

fn user<'a>(entry: &'a Entry, field: fn(User<'a>) -> Option<&'a str>) -> Cow<'a, str> {
    let user = entry.actor().and_then(|actor| actor.user());
    user.and_then(field).unwrap_or_default().into()
}

fn entity_of<'a>(entry: &'a Entry, field: fn(Entity<'a>) -> Option<&'a str>) -> Cow<'a, str> {
    entry.entity().and_then(field).unwrap_or_default().into()
}

fn context<'a>(entry: &'a Entry, field: fn(Context<'a>) -> Option<&'a str>) -> Cow<'a, str> {
    entry.context().and_then(field).unwrap_or_default().into()
}

fn location_of<'a>(entry: &'a Entry, field: fn(Location<'a>) -> Option<&'a str>) -> Cow<'a, str> {
    let location = entry.context().and_then(|context| context.location());
    location.and_then(field).unwrap_or_default().into()
}
