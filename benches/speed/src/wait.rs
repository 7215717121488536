//! A stream of pages under latency, beside the waits alone.

use futures_util::TryStreamExt;
use slack_audit_logs::LogsRequest;
use tokio::runtime::{Builder, Runtime};

use crate::{
    drain::{Server, client},
    time::{Row, wall_of},
};

pub const ROWS: &[(&str, fn() -> Row)] = &[
    (
        "typed entries under 50 ms, two threads, wall time: the pages alone",
        || stream(&Runtime::new().unwrap()),
    ),
    (
        "typed entries under 50 ms, one thread, wall time: the pages alone",
        || stream(&Builder::new_current_thread().enable_all().build().unwrap()),
    ),
];

/// Both read the same pages; one of them does nothing with their bytes but follow the cursor.
fn stream(runtime: &Runtime) -> Row {
    let server = Server::start(100_000, 50);
    let client = client(&server);
    let request = || LogsRequest::new().limit(9_999);
    let ours = || {
        runtime.block_on(async {
            let mut entries = client.entries(request());
            while entries.try_next().await.unwrap().is_some() {}
        });
    };
    let network = || {
        runtime.block_on(async {
            let mut cursor = None::<String>;
            loop {
                let mut request = request();
                if let Some(cursor) = cursor {
                    request = request.cursor(cursor);
                }
                let response = client.logs(request).await.unwrap();
                let tail = response.raw_body();
                let tail = String::from_utf8_lossy(&tail[tail.len().saturating_sub(200)..]);
                let (_, rest) = tail.split_once("\"next_cursor\":\"").unwrap();
                let next = rest.split('"').next().unwrap().replace("\\/", "/");
                if next.is_empty() {
                    return;
                }
                cursor = Some(next);
            }
        });
    };
    let mut row = Row {
        ours: wall_of(ours),
        by_hand: wall_of(network),
    };
    for _ in 0..5 {
        row.ours = row.ours.min(wall_of(ours));
        row.by_hand = row.by_hand.min(wall_of(network));
    }
    row
}
