//! `--jq`: jq's language by jaq, to filter and reshape.

use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, File, Loader},
    unwrap_valr,
};
use jaq_json::Val;
use slack_audit_logs::model::RawEntry;

use super::Reshaped;
use crate::{exit::Exit, text::harmless};

/// So many bytes may be made of one event.
const MOST: usize = 32 << 20;

/// A program in jq's language.
pub(super) struct Jq {
    filter: jaq_core::Filter<data::JustLut<Val>>,
}

impl Jq {
    /// Several expressions are a pipe of them; none is none.
    pub(super) fn compile(expressions: &[String]) -> Result<Option<Self>, Exit> {
        if expressions.is_empty() {
            return Ok(None);
        }
        // Each alone, so that none ends the other's brackets.
        let piped: Vec<String> = expressions.iter().map(|one| format!("({one}\n)")).collect();
        let piped = piped.join(" | ");
        for one in expressions.iter().chain([&piped]) {
            if let Err(what) = compile(one) {
                return Err(Exit::usage(format!(
                    "--jq: {} cannot be read: {}",
                    harmless(one.trim_end()),
                    harmless(&what)
                )));
            }
        }
        let filter = compile(&piped).map_err(Exit::usage)?;
        Ok(Some(Self { filter }))
    }

    /// What the program makes of an entry.
    pub(super) fn apply(&self, entry: &RawEntry) -> Reshaped {
        let input = match jaq_json::read::parse_single(entry.json()) {
            Ok(input) => input,
            Err(error) => return Reshaped::Failed(error.to_string()),
        };
        let ctx = Ctx::<data::JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let mut outputs = Vec::new();
        let mut size = 0;
        for output in self.filter.id.run((ctx, input.clone())).map(unwrap_valr) {
            let made = match output {
                // What only passes keeps its exact bytes.
                Ok(output) if output == input => entry.clone(),
                Ok(output) => RawEntry::from_json(output.to_string()),
                Err(error) => return Reshaped::Failed(error.to_string()),
            };
            size += made.json().len() + size_of::<RawEntry>();
            if size > MOST {
                return Reshaped::Failed(format!("it makes more than {} MiB", MOST >> 20));
            }
            outputs.push(made);
        }
        Reshaped::Others(outputs)
    }
}

fn compile(code: &str) -> Result<jaq_core::Filter<data::JustLut<Val>>, String> {
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let functions = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = Loader::new(definitions)
        .load(&arena, File { code, path: () })
        .map_err(|errors| {
            let mut what = Vec::new();
            for (_, error) in errors {
                what.push(match error {
                    jaq_core::load::Error::Io(errors) => {
                        errors.iter().map(|(_, error)| error.clone()).collect()
                    }
                    jaq_core::load::Error::Lex(errors) => errors
                        .iter()
                        .map(|(expected, at)| expecting(expected.as_str(), at))
                        .collect::<Vec<_>>()
                        .join(", "),
                    jaq_core::load::Error::Parse(errors) => errors
                        .iter()
                        .map(|(expected, at)| expecting(expected.as_str(), at))
                        .collect::<Vec<_>>()
                        .join(", "),
                });
            }
            what.join(", ")
        })?;
    Compiler::default()
        .with_funs(functions)
        .compile(modules)
        .map_err(|errors| {
            let unknown = errors.iter().flat_map(|(_, errors)| errors);
            let unknown = unknown.map(|(name, kind)| format!("unknown {}: {name}", kind.as_str()));
            unknown.collect::<Vec<_>>().join(", ")
        })
}

fn expecting(expected: &str, at: &str) -> String {
    let place: String = at.chars().take(20).collect();
    if place.trim().is_empty() {
        format!("expected {expected} at its end")
    } else {
        format!("expected {expected} before {}", place.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jq(expressions: &[&str], json: &str) -> Vec<String> {
        let expressions: Vec<String> = expressions.iter().map(|&one| one.to_owned()).collect();
        let jq = Jq::compile(&expressions).expect("valid").expect("some");
        match jq.apply(&RawEntry::from_json(json.to_owned())) {
            Reshaped::Others(others) => others.iter().map(|one| one.as_str().to_owned()).collect(),
            Reshaped::Failed(what) => vec![format!("failed: {what}")],
            Reshaped::Same => Vec::new(),
        }
    }

    #[test]
    fn what_passes_keeps_its_bytes() {
        let json = r#"{"a" : 1.50, "b":"\u00e9"}"#;
        assert_eq!(jq(&["select(.a > 1)"], json), [json]);
        assert_eq!(jq(&["select(.a > 2)"], json), [""; 0]);
        assert_eq!(jq(&[".b", "length"], json), ["1"]);
        assert_eq!(jq(&["{b}, .a"], json), [r#"{"b":"é"}"#, "1.50"]);
        assert!(jq(&[".a[]"], json)[0].starts_with("failed"));
        assert!(jq(&["repeat(.)"], json)[0].starts_with("failed: it makes more than"));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (expression, word) in [
            (".a |", "expected"),
            ("nonsense(.a)", "nonsense"),
            (".a) | (.b", ""),
            ("\"", "expected"),
        ] {
            let outcome = Jq::compile(&[expression.to_owned()]);
            let error = format!("{:?}", outcome.err().expect(expression));
            assert!(error.contains(word), "{error}");
        }
    }
}
