//! One call and many calls at once, beside hyper by hand.

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use nix::sys::resource::UsageWho;
use slack_audit_logs::{AuditLogsClient, Body, LogsRequest, fake::FakeApi, http};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::{
    drain::{Server, client, get},
    time::{Row, turns, wall_of},
};

pub const ROWS: &[(&str, fn() -> Row)] = &[
    ("1,000 calls in memory: the transport alone", in_memory),
    ("256 calls at once, wall time", at_once),
];

const PAGE: &str = r#"{"entries":[],"response_metadata":{"next_cursor":""}}"#;

/// A transport that has its response at once.
async fn empty_page(_: http::Request<Body>) -> http::Result<http::Response<Full<Bytes>>> {
    let response = http::Response::builder().header("content-type", "application/json");
    response.body(Full::new(Bytes::from_static(PAGE.as_bytes())))
}

/// The default client over that transport.
pub fn over_empty_pages() -> AuditLogsClient {
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .rate_limit(None)
        .transport(tower::service_fn(empty_page))
        .build()
        .unwrap()
}

/// The difference of both sides is what the whole stack costs a thousand times.
fn in_memory() -> Row {
    let client = over_empty_pages();
    let runtime = Runtime::new().unwrap();
    let ours = || {
        runtime.block_on(async {
            for _ in 0..1_000 {
                client.logs(LogsRequest::new().limit(1)).await.unwrap();
            }
        });
    };
    let by_hand = || {
        runtime.block_on(async {
            for _ in 0..1_000 {
                let request = http::Request::get("https://slack.test/audit/v1/logs?limit=1")
                    .body(Body::empty())
                    .unwrap();
                tower::service_fn(empty_page)
                    .oneshot(request)
                    .await
                    .unwrap();
            }
        });
    };
    turns(UsageWho::RUSAGE_SELF, 200, ours, by_hand)
}

fn at_once() -> Row {
    let server = Server::start(0, 0);
    let runtime = Runtime::new().unwrap();
    let http = Client::builder(TokioExecutor::new()).build_http();
    let client = client(&server);
    let ours = || {
        runtime.block_on(join_all(
            (0..256).map(|_| client.logs(LogsRequest::new().limit(1))),
        ))
    };
    let by_hand = || runtime.block_on(join_all((0..256).map(|_| get(&http, &server.base_url, ""))));
    let mut row = Row {
        ours: wall_of(ours),
        by_hand: wall_of(by_hand),
    };
    for _ in 0..100 {
        row.ours = row.ours.min(wall_of(ours));
        row.by_hand = row.by_hand.min(wall_of(by_hand));
    }
    row
}
