//! What the default stack allocates for a call. A process of its own: it counts all allocations of
//! the thread.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "client")]

use bytes::Bytes;
use http_body_util::Full;
use slack_audit_logs::{AuditLogsClient, Body, LogsRequest, http};
use tower::ServiceExt;

const PAGE: &[u8] = br#"{"entries":[],"response_metadata":{"next_cursor":""}}"#;

/// By the default client beside what the transport alone allocates for a request made by hand.
/// `docs/performance.md` says which they are.
const MOST: u64 = 18;

#[test]
fn a_call_in_memory() {
    let transport = tower::service_fn(|_: http::Request<Body>| async {
        let response = http::Response::builder().header("content-type", "application/json");
        response.body(Full::new(Bytes::from_static(PAGE)))
    });
    let client = AuditLogsClient::builder()
        .token("xoxp-1")
        .rate_limit(None)
        .transport(transport)
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let by_client = || {
        let call = client.logs(LogsRequest::new().limit(1));
        assert!(runtime.block_on(call).unwrap().status().is_success());
    };
    let by_hand = || {
        let request = http::Request::get("https://slack.test/audit/v1/logs?limit=1")
            .body(Body::empty())
            .unwrap();
        let response = runtime.block_on(transport.oneshot(request)).unwrap();
        assert!(response.status().is_success());
    };
    // What is made once is made.
    by_client();
    by_hand();
    let client = allocation_counter::measure(by_client).count_total;
    let hand = allocation_counter::measure(by_hand).count_total;
    assert!(hand > 0, "nothing was counted");
    assert!(
        client <= hand + MOST,
        "{client} by the client, {hand} by hand"
    );
}
