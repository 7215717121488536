//! A page, raw and typed: the same entries, or the same error, and no byte of an entry lost.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use slack_audit_logs::{
    Endpoint, LogsRequest,
    model::{Entry, LogsResponse, RawEntry, RawPage},
};

fuzz_target!(|data: &[u8]| {
    let body = Bytes::copy_from_slice(data);
    let (raw, typed) = match (RawPage::parse(body.clone()), LogsResponse::parse(&body)) {
        (Ok(raw), Ok(typed)) => (raw, typed),
        (Err(raw), Err(typed)) => {
            assert_eq!(raw, typed);
            return;
        }
        (raw, typed) => panic!("{raw:?} {typed:?}"),
    };
    assert_ne!(raw.ok(), Some(false));
    assert_eq!(raw.next_cursor(), typed.next_cursor());
    if let Some(cursor) = raw.next_cursor() {
        let request = LogsRequest::new().cursor(cursor).into_request();
        if let Ok(request) = request {
            assert!(request.uri().path().ends_with("logs"));
        }
    }
    assert_eq!(raw.entries().len(), typed.entries.len());
    let text = String::from_utf8_lossy(data);
    for (raw, typed) in raw.iter().zip(&typed) {
        assert!(text.contains(raw.as_str()));
        assert_eq!(raw.json(), typed.json());
        assert_eq!(raw.is_repaired(), typed.is_repaired());
        assert_eq!(
            (raw.id(), raw.date_create()),
            (typed.id(), typed.date_create())
        );
        same(raw, typed);
    }
    let _ = (
        format!("{raw:?}{typed:?}"),
        typed.drift(),
        typed.unknown_fields().count(),
    );
    let tree = serde_json::to_value(&typed).expect("no entry fails its page");
    assert!(
        tree["entries"]
            .as_array()
            .is_some_and(|list| list.len() >= typed.entries.len().min(1))
    );
});

fn same(raw: &RawEntry, typed: &Entry) {
    let parsed = raw.parse();
    assert_eq!(&parsed, typed);
    assert_eq!(parsed.is_degraded(), typed.is_degraded());
    assert_eq!(parsed.degraded(), typed.degraded());
    assert_eq!(typed.action(), raw.action().map(Into::into));
    let back = typed.to_raw();
    assert_eq!(
        (back.id(), back.is_json(), back.is_repaired()),
        (raw.id(), raw.is_json(), raw.is_repaired())
    );
}
