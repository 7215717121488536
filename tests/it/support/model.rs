//! What typed views gave, back as JSON, so that it can be compared with what went in.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]

use serde::Serialize;
use serde_json::Value as Json;
use slack_audit_logs::model::{FromValue, List, ListOr, StringList, UnknownFields};

pub(crate) fn seen<T: Serialize>(value: Option<T>) -> Json {
    value.map_or(Json::Null, |value| serde_json::to_value(value).unwrap())
}

/// A list's items as they were read, so that one that was left out is missed.
pub(crate) fn items<'a, T: FromValue<'a> + Serialize>(list: Option<List<'a, T>>) -> Json {
    seen(list.map(|list| list.iter().collect::<Vec<T>>()))
}

pub(crate) fn string_list(value: Option<StringList<'_>>) -> Json {
    seen(value.map(StringList::to_vec))
}

// By value, like its siblings.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn list_or<'a, T: FromValue<'a> + Serialize>(value: Option<ListOr<'a, T>>) -> Json {
    match value {
        Some(ListOr::List(list)) => items(Some(list)),
        Some(ListOr::Other(other)) => seen(Some(other)),
        _ => Json::Null,
    }
}

pub(crate) fn map(fields: UnknownFields<'_>) -> Json {
    fields
        .map(|(name, value)| (name.to_owned(), serde_json::to_value(value).unwrap()))
        .collect()
}
