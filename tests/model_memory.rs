//! What a typed page needs in memory, its own bytes included. A process of its own: it counts all
//! allocations.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]

#[path = "../benches/support/pages.rs"]
mod pages;

use bytes::Bytes;
use peak_alloc::PeakAlloc;
use slack_audit_logs::model::{LogsResponse, RawPage};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The highest use of memory while `read` runs, as a multiple of the page's bytes.
fn peak<T>(read: impl FnOnce(Bytes) -> T) -> f64 {
    let page = pages::page(9_999);
    let before = ALLOCATOR.current_usage() - page.capacity();
    // Exactly the page's bytes, as a collected body has them.
    let body = Bytes::from(page.into_boxed_slice());
    let length = body.len();
    ALLOCATOR.reset_peak_usage();
    let result = read(body);
    let peak = ALLOCATOR.peak_usage() - before;
    drop(result);
    // Both are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let multiple = peak as f64 / length as f64;
    multiple
}

#[test]
fn a_page_needs_at_most_twice_its_bytes() {
    let raw = peak(|body| RawPage::parse(body).unwrap());
    let typed = peak(|body| LogsResponse::parse(&body).unwrap());
    assert!(raw <= 1.5, "raw page: {raw:.2} times its bytes");
    assert!(typed <= 2.0, "typed page: {typed:.2} times its bytes");
    // For whoever runs this with `--nocapture`.
    eprintln!("raw page: {raw:.2} times its bytes, typed page: {typed:.2}");
}
