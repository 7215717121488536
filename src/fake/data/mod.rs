//! Seeded data: events as a few numbers each, written as JSON only when somebody asks for them.

mod catalog;
mod details;
mod objects;
mod pen;
mod people;
mod rng;
mod schema;
mod strings;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use catalog::{Made, catalog};
pub(crate) use pen::{event_id, write_event};
pub(crate) use rng::{Rng, mix};
pub(crate) use schema::schemas_json;

/// The id of the person who acts in the event.
pub(crate) fn actor_id(made: &Made) -> &'static str {
    people::get(made.actor).map_or("", |person| person.id.as_str())
}

/// Appends the id of the object that the event is about.
pub(crate) fn entity_id(made: &Made, out: &mut String) {
    if let Some(info) = catalog().info(made.action) {
        pen::entity_id(info.kind, made.object, out);
    }
}

/// The event's action.
pub(crate) fn action(made: &Made) -> &'static str {
    catalog().info(made.action).map_or("", |info| info.name)
}
