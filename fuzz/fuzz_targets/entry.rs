//! One entry: nothing panics, ndjson is one line of JSON, and its text comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use slack_audit_logs::model::{DriftStats, Entry, RawEntry};

fuzz_target!(|data: &[u8]| {
    let raw = RawEntry::from_json(data.to_vec());
    let entry = raw.parse();

    let mut line = Vec::new();
    raw.append_ndjson(&mut line);
    assert_eq!(line.pop(), Some(b'\n'));
    assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
    serde_json::from_slice::<&serde_json::value::RawValue>(&line).expect("every line is JSON");
    if raw.is_json() {
        let again = RawEntry::from_json(line);
        assert_eq!((again.id(), again.action()), (raw.id(), raw.action()));
    } else {
        let text: String = serde_json::from_slice(&line).expect("a string");
        assert_eq!(text, raw.as_str());
        assert!(entry.is_degraded());
    }

    let mut stats = DriftStats::default();
    stats.record(&entry);
    let drift = entry.drift();
    assert!(
        drift
            .iter()
            .all(|drift| !format!("{drift} {drift:?}").is_empty())
    );
    let details = entry.details();
    let _ = (
        details.and_then(|d| d.action_time()),
        details.and_then(|d| d.expires()),
    );
    let entity = entry.entity();
    let _ = (entity.map(|e| (e.kind(), e.id(), e.name())), entry.time());
    let shown = format!("{entry:?}{:?}{:?}{:?}", entry.value(), details, entity);
    assert!(shown.len() < 16_384 + 8 * data.len());

    serde_json::to_value(&entry).expect("a tree holds it");
    let text = serde_json::to_string(&entry).expect("JSON");
    if !entry.is_degraded() {
        let again: Entry = serde_json::from_str(&text).expect("JSON");
        assert_eq!(again.value(), entry.value());
        assert_eq!(entry.detach(), entry);
    }
});
