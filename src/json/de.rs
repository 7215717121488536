//! The text of a value that serde gives: exact where it comes from `serde_json` itself.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    error::{DecodeError, Reason, ScanFault},
    scan::{Scanner, Sink, Span},
    tape::{Builder, decode},
};

/// What `serde_json` knows its raw values by. Other formats do not know the name and give the value
/// inside, so that a new name would cost the exact text, and a test.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The JSON text of whatever comes next.
pub(crate) fn text_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_newtype_struct(RAW_VALUE, Text)
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    /// A raw value is a map of one member; any other map is an object.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == RAW_VALUE {
                return map.next_value();
            }
            object.insert(name, map.next_value()?);
        }
        Ok(Value::Object(object).to_string())
    }

    /// Anything else.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<String, D::Error> {
        Value::deserialize(value).map(|value| value.to_string())
    }
}

/// Any JSON that a `serde_json::Value` can hold; an error says in this crate's words what it is.
pub(crate) fn any_value(text: &str) -> Result<Value, DecodeError> {
    serde_json::from_str(text).map_err(|error| {
        let mut scanner = Scanner::new(text.as_bytes());
        match scanner.value(&mut Limits).and_then(|()| scanner.finish()) {
            Err(fault) => fault.locate(text.as_bytes()),
            Ok(()) => error.into(),
        }
    })
}

/// Finds what is JSON, but has no place in a `serde_json::Value`.
struct Limits;

impl Limits {
    fn text(input: &[u8], span: Span) -> Result<(), ScanFault> {
        if span.escaped {
            decode(input, span, &mut String::new())?;
        }
        Ok(())
    }
}

impl Sink for Limits {
    const MAX_DEPTH: usize = Builder::MAX_DEPTH;

    fn key(&mut self, input: &[u8], span: Span, _: usize) -> Result<(), ScanFault> {
        Self::text(input, span)
    }

    fn string(&mut self, input: &[u8], span: Span, _: usize) -> Result<(), ScanFault> {
        Self::text(input, span)
    }

    fn number(&mut self, input: &[u8], span: Span, _: usize) -> Result<(), ScanFault> {
        let digits = input.get(span.start..span.end).map(std::str::from_utf8);
        let float = digits.and_then(|digits| digits.ok()?.parse().ok());
        if !float.is_some_and(f64::is_finite) {
            return Err(ScanFault::new(Reason::FLOAT, span.start));
        }
        Ok(())
    }
}
