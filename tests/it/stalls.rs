//! Nothing stalls: a call that its caller does not poll holds up nobody. The default client, with
//! its rate limit, over the embedded API, under a paused clock.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use slack_audit_logs::{AuditLogsClient, LogsRequest, fake::FakeApi};
use tokio::time::{Instant, sleep, timeout};

fn client() -> AuditLogsClient {
    let api = FakeApi::builder()
        .entries(100)
        .exact_pages()
        .without_rate_limit()
        .build();
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api)
        .build()
        .expect("builds")
}

fn request() -> LogsRequest {
    LogsRequest::new().limit(10)
}

/// What stalls fails, in no time under the paused clock.
async fn bounded<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(3_600), future)
        .await
        .expect("it stalls")
}

#[tokio::test(start_paused = true)]
async fn a_call_for_each_entry_of_a_stream() {
    let client = client();
    let mut entries = client.entries(request());
    let mut seen = 0;
    bounded(async {
        while let Some(entry) = entries.next().await {
            entry.expect("an entry");
            client.logs(request()).await.expect("a page");
            seen += 1;
        }
    })
    .await;
    assert_eq!(seen, 100);
}

#[tokio::test(start_paused = true)]
async fn a_call_in_the_body_over_unordered_calls() {
    let client = client();
    let mut pages = stream::iter(0..40)
        .map(|_| client.logs(request()))
        .buffer_unordered(8);
    let mut seen = 0;
    bounded(async {
        while let Some(page) = pages.next().await {
            page.expect("a page");
            client.logs(request()).await.expect("a page");
            seen += 1;
        }
    })
    .await;
    assert_eq!(seen, 40);
}

#[tokio::test(start_paused = true)]
async fn a_call_in_a_branch_of_select_beside_a_pinned_one() {
    let client = client();
    for _ in 0..5 {
        client.logs(request()).await.expect("within the burst");
    }
    let mut pinned = pin!(client.logs(request()));
    let mut in_between = 0;
    bounded(async {
        loop {
            tokio::select! {
                page = &mut pinned => break page.expect("a page"),
                () = sleep(Duration::from_millis(100)) => {
                    client.logs(request()).await.expect("a page");
                    in_between += 1;
                }
            }
        }
    })
    .await;
    assert!(in_between >= 1);
}

#[tokio::test(start_paused = true)]
async fn waiters_that_are_polled_once_and_kept_hold_up_nobody() {
    let client = client();
    // The burst, and more that wait; none of them is polled again.
    let mut kept: Vec<_> = (0..55).map(|_| Box::pin(client.logs(request()))).collect();
    kept.retain_mut(|call| call.now_or_never().is_none());
    assert_eq!(kept.len(), 50);
    let start = Instant::now();
    bounded(client.logs(request())).await.expect("a page");
    // Those before it keep their turns for as long as they can take them, and no longer.
    assert!(
        start.elapsed() <= Duration::from_secs(90),
        "{:?}",
        start.elapsed()
    );
    bounded(async {
        for call in kept {
            call.await.expect("late, and served");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn several_streams_that_are_read_in_turn() {
    let client = client();
    bounded(async {
        let mut streams: Vec<_> = (0..4).map(|_| client.raw_entries(request())).collect();
        let mut seen = 0;
        loop {
            let before = seen;
            for stream in &mut streams {
                seen += usize::from(stream.try_next().await.expect("an entry").is_some());
            }
            if seen == before {
                break;
            }
        }
        assert_eq!(seen, 400);
    })
    .await;
}
