//! What pages need in memory, their own bytes included, whatever they say. A process of its own: it counts all
//! allocations.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]

#[path = "../benches/support/pages.rs"]
mod pages;

use bytes::Bytes;
use peak_alloc::PeakAlloc;
use slack_audit_logs::model::{ActionsResponse, FromBody, LogsResponse, RawPage, SchemasResponse};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The highest use of memory while `read` runs, the body included, and the body's length.
fn peak<T>(page: Vec<u8>, read: impl FnOnce(Bytes) -> T) -> (usize, usize) {
    let before = ALLOCATOR.current_usage() - page.capacity();
    // Exactly the page's bytes, as a collected body has them.
    let body = Bytes::from(page.into_boxed_slice());
    let length = body.len();
    ALLOCATOR.reset_peak_usage();
    let result = read(body);
    let peak = ALLOCATOR.peak_usage() - before;
    drop(result);
    (peak, length)
}

/// Many MiB of `unit`, between what begins and what ends a body.
fn filled(begin: &str, unit: &[u8], end: &str) -> Vec<u8> {
    let mut body = begin.as_bytes().to_vec();
    while body.len() < 20 << 20 {
        body.extend_from_slice(unit);
    }
    body.extend_from_slice(end.as_bytes());
    body
}

// One test: the allocator counts for the whole process.
#[test]
fn memory_is_bounded_by_the_body() {
    let page = || pages::page(9_999);
    let (raw, length) = peak(page(), |body| RawPage::parse(body).unwrap());
    let (typed, _) = peak(page(), |body| LogsResponse::parse(&body).unwrap());
    // For whoever runs this with `--nocapture`.
    eprintln!("a page of {length} bytes: {raw} raw, {typed} typed");
    assert!(raw <= length + length / 2, "raw page: {raw} of {length}");
    assert!(typed <= length * 2, "typed page: {typed} of {length}");

    let dense = format!("[{}0],", "0,".repeat(1_000));
    let list = r#"{"entries":["#;
    for (what, body) in [
        ("smallest entries", filled(list, b"{},", "{}]}")),
        ("dense entries", filled(list, dense.as_bytes(), "0]}")),
        ("one dense entry", filled(r#"{"entries":[["#, b"0,", "0]]}")),
        (
            "a dense field of the page",
            filled(r#"{"x":["#, b"0,", r#"0],"entries":[]}"#),
        ),
        (
            "invalid bytes",
            filled(r#"{"entries":[{"id":""#, b"\xff", r#""}]}"#),
        ),
        (
            "some invalid bytes",
            filled(
                r#"{"entries":[{"id":""#,
                &[[b'x'; 400].as_slice(), b"\xff"].concat(),
                r#""}]}"#,
            ),
        ),
        ("nesting", filled(list, b"[", "")),
        (
            "escapes",
            filled(r#"{"entries":[{"id":""#, br"\n", r#""}]}"#),
        ),
        (
            "escapes in a name",
            filled(r#"{"entries":[{""#, br"\n", r#"":1}]}"#),
        ),
        (
            "escapes in a name of the page",
            filled(r#"{""#, br"\n", r#"":1,"entries":[]}"#),
        ),
        (
            "a degraded id",
            filled(r#"{"entries":[{"id":""#, b"x", r#"","x":"\ud800"}]}"#),
        ),
        (
            "a degraded id with escapes",
            filled(r#"{"entries":[{"id":""#, br"\n", r#"","x":"\ud800"}]}"#),
        ),
        ("a cut page", filled(list, b"{\"a\":[0]},", "")),
        (
            "broken entries",
            filled(list, b"{01},{\"id\":\"\\ud800\"},", "0]}"),
        ),
    ] {
        let (raw, length) = peak(body.clone(), |body| RawPage::parse(body).map(drop));
        let (typed, _) = peak(body, |body| LogsResponse::parse(&body).map(drop));
        let bound = 3 * length + (16 << 20);
        eprintln!("{what}: {length} bytes, {raw} raw, {typed} typed");
        assert!(
            raw < bound && typed < bound,
            "{what}: {raw} and {typed} of {bound}"
        );
    }
    for (what, body) in [
        ("dense schemas", filled(r#"{"schemas":["#, b"0,", "0]}")),
        (
            "dense actions",
            filled(r#"{"actions":{"a":["#, b"0,", "0]}}"),
        ),
        (
            "small actions",
            filled(r#"{"actions":{"a":["#, b"\"\",", "0]}}"),
        ),
        (
            "categories",
            filled(r#"{"actions":{"#, b"\"\":[],", "\"\":[]}}"),
        ),
    ] {
        let (schemas, length) = peak(body.clone(), |body| {
            SchemasResponse::from_body(&body).map(drop)
        });
        let (actions, _) = peak(body, |body| ActionsResponse::from_body(&body).map(drop));
        let bound = 3 * length + (16 << 20);
        eprintln!("{what}: {length} bytes, {schemas} schemas, {actions} actions");
        assert!(
            schemas < bound && actions < bound,
            "{what}: {schemas} and {actions} of {bound}"
        );
    }
}
