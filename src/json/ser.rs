//! Values back to JSON: members in order, numbers as exact as they came.

use std::{any::type_name, fmt};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use super::{List, Number, Object, Value};

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(list) => list.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

/// Integers and plain floats go to any format. What fits neither, such as 2^64 or `1e400`, keeps
/// its digits in `serde_json`'s output through its raw values.
impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // `-0` would lose its sign as an integer.
        if let Some(value) = self.as_i64().filter(|_| self.as_str() != "-0") {
            return serializer.serialize_i64(value);
        }
        if let Some(value) = self.as_u64() {
            return serializer.serialize_u64(value);
        }
        let float = self.as_f64().and_then(serde_json::Number::from_f64);
        if let Some(value) = float
            .filter(|float| float.to_string() == self.as_str())
            .and_then(|f| f.as_f64())
        {
            return serializer.serialize_f64(value);
        }
        raw(self.as_str(), serializer)
    }
}

impl<T> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.len()))?;
        for item in self.values() {
            items.serialize_element(&item)?;
        }
        items.end()
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in *self {
            members.serialize_entry(name, &value)?;
        }
        members.end()
    }
}

/// Whether JSON text can be given to this serializer as it stands: `serde_json`'s own can take it.
/// To others (of other formats, inside `#[serde(flatten)]` and tagged enums) its raw values are a
/// struct with an odd field.
pub(crate) fn takes_text<S: Serializer>() -> bool {
    let name = type_name::<S>();
    name.strip_prefix("&mut ")
        .unwrap_or(name)
        .starts_with("serde_json::")
}

/// JSON text as it stands, or one string that holds it where the text is no JSON or the serializer
/// takes none.
///
/// A `serde_json::Value` cannot hold everything that is JSON: neither a lone surrogate, nor a
/// number beyond any float, nor a hundred and more levels. Into one of those such text goes as a
/// string, too, so that it does not fail all that stands around it.
pub(crate) fn raw<S: Serializer>(json: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let into_value = type_name::<S::Ok>() == type_name::<serde_json::Value>();
    let fits = takes_text::<S>()
        && (!into_value || serde_json::from_str::<serde_json::Value>(json).is_ok());
    match serde_json::from_str::<&RawValue>(json) {
        Ok(raw) if fits => raw.serialize(serializer),
        _ => serializer.serialize_str(json),
    }
}

/// The JSON text.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
