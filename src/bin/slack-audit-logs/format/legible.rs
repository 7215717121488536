//! An entry as it can be shown: field by field, also where one of its strings has no text.

use std::collections::HashMap;

use serde_json::{Value, value::RawValue};
use slack_audit_logs::model::{Entry, RawEntry};

/// The typed entry, with U+FFFD for what is no text, and without a field that cannot be read at
/// all: neither costs the others. It is for the eye; the entry's bytes stay what they are.
pub(crate) fn legible(entry: &RawEntry) -> Entry {
    let typed = entry.parse();
    if !typed.is_degraded() {
        return typed;
    }
    let text = without_lone_surrogates(entry.as_str());
    let repaired = Entry::from_json(text.clone());
    if !repaired.is_degraded() {
        return repaired;
    }
    // Nested too deeply, most likely: all fields that can be read by themselves.
    let Ok(fields) = serde_json::from_str::<HashMap<&str, &RawValue>>(&text) else {
        return typed;
    };
    let members = fields
        .iter()
        .map(|(name, value)| format!("{}:{value}", Value::from(*name)));
    let is_readable = |member: &String| !Entry::from_json(format!("{{{member}}}")).is_degraded();
    let readable: Vec<String> = members.filter(is_readable).collect();
    Entry::from_json(format!("{{{}}}", readable.join(",")))
}

/// JSON in which every half of a surrogate pair without its other half is `\ufffd`.
fn without_lone_surrogates(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                text.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            // An escaped backslash begins no escape of its own.
            _ => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        let (escape, behind) = escape.split_at(length);
        text.push_str(escape);
        rest = behind;
    }
    text + rest
}

/// The UTF-16 unit of an escape `\uXXXX` at the beginning.
fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_halves_are_replaced() {
        for (json, expected) in [
            (r#""\ud800""#, r#""\ufffd""#),
            (r#""\ud83d\ude00\ud83d""#, r#""\ud83d\ude00\ufffd""#),
            (r#""\ude00\\ud800\"""#, r#""\ufffd\\ud800\"""#),
            (r#""\u00e9 é \\""#, r#""\u00e9 é \\""#),
            (r#""\ud800\ud800\udc00""#, r#""\ufffd\ud800\udc00""#),
            ("\"\\", "\"\\"),
            ("\"\\é", "\"\\é"),
        ] {
            assert_eq!(without_lone_surrogates(json), expected);
        }
    }

    #[test]
    fn what_can_be_read_is_there() {
        let actor = r#""actor":{"user":{"name":"Ada \ud800","id":"W1"}}"#;
        let deep = "[".repeat(200) + &"]".repeat(200);
        for json in [
            format!("{{{actor},\"details\":{{}}}}"),
            format!("{{{actor},\"details\":{{\"x\":{deep}}}}}"),
        ] {
            let entry = legible(&RawEntry::from_json(json));
            let user = entry.actor().and_then(|actor| actor.user()).expect("there");
            assert_eq!((user.name(), user.id()), (Some("Ada \u{fffd}"), Some("W1")));
        }
    }
}
