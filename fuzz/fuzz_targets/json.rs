//! Any JSON: read as `serde_json` reads it, or refused with an error that has a place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use slack_audit_logs::model::{Entry, FromBody};

fuzz_target!(|data: &[u8]| {
    let body = bytes::Bytes::copy_from_slice(data);
    let ours = serde_json::Value::from_body(&body);
    let theirs = serde_json::from_slice::<serde_json::Value>(data);
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs),
        (Err(error), Err(_)) => assert!(error.line() > 0 && error.column() > 0),
        // Bytes that are no UTF-8 are repaired here.
        (Ok(_), Err(_)) => assert!(std::str::from_utf8(data).is_err()),
        (Err(error), Ok(_)) => panic!("{error}"),
    }
    let entry = Entry::from_json(body);
    if let Ok(theirs) = theirs {
        assert!(!entry.is_degraded());
        // Of a name that comes twice, both keep the last value.
        let value = entry.value().expect("not degraded");
        let tree = serde_json::to_value(value).expect("JSON");
        // `serde_json` misses some floats by a bit, and writes numbers anew.
        if !data.iter().any(u8::is_ascii_digit) {
            assert_eq!(tree, theirs);
            assert!(value == Entry::from(theirs).value().expect("JSON"));
        }
    }
});
