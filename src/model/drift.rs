//! Known fields whose values are of unexpected types: found on demand, counted on request.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::entry::Entry;
use super::objects::{Schema, Shape};
use super::tape::Name;
use super::value::{Kind, List, Object, Value};

/// A known field whose value has an unexpected type.
#[derive(Clone)]
pub struct Drift<'a> {
    path: String,
    expected: &'static str,
    value: Value<'a>,
}

impl<'a> Drift<'a> {
    /// Where: names joined by dots, places in lists in brackets, such as
    /// `details.attributes[2].name`. It is empty where the entry itself is no object. Only known
    /// names appear in it, never a value.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was expected, such as `string`.
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// What came instead. For an integer that is no whole number, or too large for 64 bits, this is
    /// a number, too.
    pub fn found(&self) -> Kind {
        self.value.kind()
    }

    /// The value that came.
    pub fn value(&self) -> Value<'a> {
        self.value
    }
}

/// Shows path and types. The value is left out, so that a log of drift holds no personal data.
impl fmt::Debug for Drift<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drift")
            .field("path", &self.path)
            .field("expected", &self.expected)
            .field("found", &self.found())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Drift<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: expected {}, found {}",
            self.path,
            self.expected,
            self.found()
        )
    }
}

pub(crate) fn of<'a>(value: Value<'a>, schema: &'static Schema) -> Vec<Drift<'a>> {
    let mut walk = Walk::default();
    match value {
        Value::Object(object) => walk.object(object, schema),
        other => walk.report("object", other),
    }
    walk.found
}

/// One walk along the known fields. The path is written out only where something is found.
#[derive(Default)]
struct Walk<'a> {
    path: Vec<Step>,
    found: Vec<Drift<'a>>,
}

enum Step {
    Field(u16),
    Item(usize),
}

impl<'a> Walk<'a> {
    fn object(&mut self, object: Object<'a>, schema: &'static Schema) {
        for (name, cursor) in object.members() {
            if let Name::Known(key) = name
                && let Some(shape) = schema.shape(key)
            {
                self.path.push(Step::Field(key));
                self.value(Value::new(cursor), shape);
                self.path.pop();
            }
        }
    }

    fn value(&mut self, value: Value<'a>, shape: &'static Shape) {
        match (shape, value) {
            (Shape::ObjectsOrAny(schema), Value::List(list)) => self.objects(list, schema, false),
            (_, Value::Null)
            | (Shape::Any | Shape::ObjectsOrAny(_), _)
            | (Shape::Values, Value::List(_))
            | (Shape::Text | Shape::TextOrInteger | Shape::TextsOrText, Value::String(_))
            | (Shape::Boolean, Value::Bool(_)) => {}
            (Shape::TextOrInteger | Shape::Integer, Value::Number(number))
                if number.as_i64().is_some() => {}
            (Shape::Object(schema), Value::Object(object)) => self.object(object, schema),
            (Shape::Texts | Shape::TextsOrText, Value::List(list)) => {
                self.items(list.values(), &Shape::Text);
            }
            (Shape::Objects(schema), Value::List(list)) => self.objects(list, schema, true),
            (expected, other) => self.report(words(expected), other),
        }
    }

    fn items(&mut self, items: impl Iterator<Item = Value<'a>>, shape: &'static Shape) {
        for (place, item) in items.enumerate() {
            self.path.push(Step::Item(place));
            self.value(item, shape);
            self.path.pop();
        }
    }

    /// The items of a list. Where the field may be anything, so may an item.
    fn objects(&mut self, list: List<'a>, schema: &'static Schema, only: bool) {
        for (place, item) in list.values().enumerate() {
            self.path.push(Step::Item(place));
            match item {
                Value::Object(object) => self.object(object, schema),
                Value::Null => {}
                other if only => self.report("object", other),
                _ => {}
            }
            self.path.pop();
        }
    }

    #[cold]
    fn report(&mut self, expected: &'static str, value: Value<'a>) {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Field(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(Name::Known(*key).text());
                }
                Step::Item(place) => {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "[{place}]");
                }
            }
        }
        self.found.push(Drift {
            path,
            expected,
            value,
        });
    }
}

fn words(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text => "string",
        Shape::TextOrInteger => "string or integer",
        Shape::Integer => "integer",
        Shape::Boolean => "bool",
        Shape::Any => "anything",
        Shape::Texts => "list of strings",
        Shape::Values => "list",
        Shape::TextsOrText => "list of strings or string",
        Shape::Object(_) => "object",
        Shape::Objects(_) | Shape::ObjectsOrAny(_) => "list of objects",
    }
}

/// Tells drift at DEBUG, once per field: path and types, never values.
pub(crate) fn trace(entries: &[Entry]) {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    let mut stats = DriftStats::default();
    for entry in entries {
        stats.record(entry);
    }
    for count in stats.counts() {
        tracing::debug!(
            path = count.path,
            expected = count.expected,
            found = count.found.as_str(),
            entries = count.entries,
            "a field of an unexpected type"
        );
    }
    if stats.degraded() > 0 {
        tracing::debug!(entries = stats.degraded(), "entries that are no sound JSON");
    }
}

/// How often which field drifted, over any number of entries.
///
/// ```
/// use slack_audit_logs::model::{DriftStats, Entry};
///
/// let mut stats = DriftStats::default();
/// stats.record(&Entry::from_json(r#"{"details":{"channels":["C1",{"id":"C2"}]}}"#));
/// stats.record(&Entry::from_json(r#"{"details":{"channels":["C1"]}}"#));
/// let count = stats.counts().next().unwrap();
/// // Places in lists count as one.
/// assert_eq!((count.path, count.expected, count.found.as_str()), ("details.channels[]", "string", "object"));
/// assert_eq!((count.entries, stats.entries()), (1, 2));
/// ```
#[derive(Debug, Clone, Default)]
pub struct DriftStats {
    counts: BTreeMap<(String, &'static str, Kind), (u64, u64)>,
    entries: u64,
    degraded: u64,
}

/// One line of [`DriftStats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriftCount<'a> {
    /// Where, as in [`Drift::path`], with `[]` for any place in a list.
    pub path: &'a str,
    /// What was expected.
    pub expected: &'static str,
    /// What came instead.
    pub found: Kind,
    /// How many entries had it.
    pub entries: u64,
}

impl DriftStats {
    /// Counts an entry's drift.
    pub fn record(&mut self, entry: &Entry) {
        self.entries += 1;
        self.degraded += u64::from(entry.is_degraded());
        for drift in entry.drift() {
            let path = without_places(&drift.path);
            let (entries, last) = self
                .counts
                .entry((path, drift.expected, drift.found()))
                .or_default();
            // The number of the last entry that had it: twice in one entry is one.
            if *last != self.entries {
                *entries += 1;
                *last = self.entries;
            }
        }
    }

    /// The fields that drifted, in the order of their paths.
    pub fn counts(&self) -> impl Iterator<Item = DriftCount<'_>> {
        self.counts
            .iter()
            .map(|((path, expected, found), (entries, _))| DriftCount {
                path,
                expected,
                found: *found,
                entries: *entries,
            })
    }

    /// How many entries were recorded.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// How many of them were [degraded](Entry::degraded).
    pub fn degraded(&self) -> u64 {
        self.degraded
    }
}

/// `details.attributes[2].name` as `details.attributes[].name`.
fn without_places(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|&character| {
            let keep = !inside || character == ']';
            inside = (inside && character != ']') || character == '[';
            keep
        })
        .collect()
}
