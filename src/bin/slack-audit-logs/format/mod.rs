//! How results are written: tables for people, ndjson, JSON and CSV for programs.

pub(crate) mod columns;
mod csv;
mod legible;
mod table;

use std::{env, mem, path::Path};

use serde_json::Value;
use slack_audit_logs::model::RawEntry;

use self::columns::Column;
pub(crate) use self::{
    csv::{line as csv_line, no_formula},
    legible::legible,
    table::{Cell, Color, Head, Table},
};
use crate::{
    args::Format,
    exit::{Exit, Outcome},
    output::Output,
};

/// Whether colours are wanted on a terminal: see <https://no-color.org>.
pub(crate) fn wants_color() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Which columns of events, and how.
#[derive(Default)]
pub(crate) struct Choice {
    pub(crate) columns: Vec<&'static Column>,
    pub(crate) csv_raw: bool,
    /// Nobody knows what comes, and it is to be seen at once.
    pub(crate) is_live: bool,
}

pub(crate) struct Entries {
    output: Output,
    style: Style,
    line: Vec<u8>,
    any: bool,
}

enum Style {
    Table(Vec<&'static Column>, Table),
    Ndjson,
    Json,
    Csv(Vec<&'static Column>, bool),
}

impl Entries {
    /// Writes what comes before all entries.
    pub(crate) fn begin(format: Format, choice: Choice, output: Output) -> Result<Self, Exit> {
        let chosen = |default: &str| match choice.columns {
            none if none.is_empty() => columns::of(default),
            columns => columns,
        };
        let style = match format {
            Format::Table | Format::Html => {
                let columns = chosen(columns::TABLE);
                let table = Table::of_events(&columns, choice.is_live, &output);
                Style::Table(columns, table)
            }
            Format::Ndjson => Style::Ndjson,
            Format::Json => Style::Json,
            Format::Csv => Style::Csv(chosen(columns::CSV), choice.csv_raw),
        };
        let mut entries = Self {
            output,
            style,
            line: Vec::new(),
            any: false,
        };
        match &mut entries.style {
            Style::Csv(columns, _) => {
                csv::header(&mut entries.line, columns);
                entries.write_line()?;
            }
            Style::Table(_, table) => table.begin(&mut entries.output)?,
            Style::Ndjson | Style::Json => {}
        }
        Ok(entries)
    }

    pub(crate) fn entry(&mut self, entry: &RawEntry) -> Outcome {
        let is_first = !mem::replace(&mut self.any, true);
        match &mut self.style {
            Style::Table(columns, table) => {
                return table.push_event(columns, &legible(entry), &mut self.output);
            }
            Style::Ndjson if !self.output.is_terminal() => {
                return self.output.write_with(|writer| entry.write_ndjson(writer));
            }
            Style::Ndjson => entry.append_ndjson(&mut self.line),
            Style::Json => {
                let before = if is_first { b"[\n" } else { b",\n" };
                self.line.extend_from_slice(before);
                append_json(entry, &mut self.line);
            }
            Style::Csv(columns, raw) => csv::event(&mut self.line, columns, *raw, &legible(entry)),
        }
        self.write_line()
    }

    fn write_line(&mut self) -> Outcome {
        self.output.write_text(&self.line)?;
        self.line.clear();
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Outcome {
        if let Style::Table(_, table) = &mut self.style {
            table.flush(&mut self.output)?;
        }
        self.output.flush()
    }

    /// Where the results are while they are not whole.
    pub(crate) fn unfinished(&self) -> Option<&Path> {
        self.output.unfinished()
    }

    pub(crate) fn finish(mut self) -> Outcome {
        self.flush()?;
        match &self.style {
            Style::Json if self.any => self.output.write(b"\n]\n")?,
            Style::Json => self.output.write(b"[]\n")?,
            Style::Table(..) if !self.any => self.output.write(b"no events\n")?,
            _ => {}
        }
        self.output.finish()
    }

    /// Ends without the end: an array stays open, so that nobody takes it for whole.
    pub(crate) fn break_off(mut self) -> Outcome {
        self.flush()
    }
}

/// Writes objects: one a line, or an array of them.
pub(crate) fn write_objects(
    output: &mut Output,
    objects: impl IntoIterator<Item = Value>,
    is_array: bool,
) -> Outcome {
    let [first, between, last, none] = if is_array {
        ["[\n", ",\n", "\n]\n", "[]\n"]
    } else {
        ["", "\n", "\n", ""]
    };
    let mut before = first;
    for object in objects {
        output.write_text(format!("{before}{object}").as_bytes())?;
        before = between;
    }
    let end = if before == first { none } else { last };
    output.write(end.as_bytes())
}

/// The exact bytes, without line breaks between tokens. What is no JSON by itself becomes a string
/// with its text, or the array would be no JSON.
fn append_json(entry: &RawEntry, to: &mut Vec<u8>) {
    if entry.is_json() {
        entry.append_ndjson(to);
        // The array has its own line breaks.
        to.pop();
    } else {
        let text = String::from_utf8_lossy(entry.json());
        to.extend_from_slice(Value::from(text).to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_json_whatever_an_entry_is() {
        for (entry, expected) in [
            ("{\"id\":\n \"a\"}", "{\"id\": \"a\"}"),
            ("{\"id\":\"a\",}", r#""{\"id\":\"a\",}""#),
        ] {
            let mut json = Vec::new();
            append_json(&RawEntry::from_json(entry.to_owned()), &mut json);
            assert_eq!(String::from_utf8_lossy(&json), expected);
            assert!(serde_json::from_slice::<Value>(&json).is_ok());
        }
    }
}
