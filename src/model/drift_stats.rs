//! How often which known field drifted, over any number of entries.

use std::collections::BTreeMap;

use super::entry::Entry;
use crate::json::ValueKind;

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
        tracing::debug!(entries = stats.degraded(), "entries that are no valid JSON");
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
/// assert_eq!(count.path, "details.channels[]");
/// assert_eq!((count.expected, count.found.as_str()), ("string", "object"));
/// assert_eq!((count.entries, stats.entries()), (1, 2));
/// ```
#[derive(Debug, Clone, Default)]
pub struct DriftStats {
    counts: BTreeMap<(String, &'static str, ValueKind), (u64, u64)>,
    entries: u64,
    degraded: u64,
}

/// One line of [`DriftStats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriftCount<'a> {
    /// Where, as in [`Drift::path`](super::Drift::path), with `[]` for any place in a list.
    pub path: &'a str,
    /// What was expected.
    pub expected: &'static str,
    /// What came instead.
    pub found: ValueKind,
    /// How many entries had it.
    pub entries: u64,
}

impl DriftStats {
    /// Counts an entry's drift.
    pub fn record(&mut self, entry: &Entry) {
        self.entries += 1;
        self.degraded += u64::from(entry.is_degraded());
        for drift in entry.drift() {
            let path = without_places(drift.path());
            let (entries, last) = self
                .counts
                .entry((path, drift.expected(), drift.found()))
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
