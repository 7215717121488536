//! The client for programs without an async runtime.

use std::{sync::mpsc, thread, time::Duration};

use slack_audit_logs::{
    ApiRequest, Error, LogsRequest,
    blocking::BlockingClient,
    fake::{FakeApi, ScriptedResponse},
    layers::RateLimitLayer,
    retry::{FixedValueRetryIntervalCalculator, ServerErrorRetryHandler},
};
use tokio::runtime;

fn api(entries: u32) -> FakeApi {
    FakeApi::builder()
        .entries(entries)
        .exact_pages()
        .without_rate_limit()
        .build()
}

fn client(api: &FakeApi) -> BlockingClient {
    BlockingClient::builder()
        .token(FakeApi::TOKEN)
        .rate_limit(None)
        .transport(api.clone())
        .build_blocking()
        .expect("builds")
}

#[test]
fn every_call_answers() {
    let client = client(&api(50));
    let logs = client.logs(LogsRequest::new().limit(10)).expect("logs");
    assert_eq!(logs.typed_body().expect("typed").entries.len(), 10);
    assert!(
        client
            .schemas()
            .expect("schemas")
            .typed_body()
            .expect("typed")
            .schemas()
            .count()
            > 5
    );
    assert!(
        client
            .actions()
            .expect("actions")
            .typed_body()
            .expect("typed")
            .categories()
            .count()
            > 5
    );
    let any = client
        .api_call(ApiRequest::get("logs").query("limit", 1))
        .expect("logs");
    assert_eq!(
        any.body().expect("JSON")["entries"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn iterators_walk_all_pages() {
    let api = api(250);
    let client = client(&api);
    let request = || LogsRequest::new().limit(100);
    let pages: Vec<usize> = client
        .pages(request())
        .map(|page| page.map(|page| page.entries().len()))
        .collect::<Result<_, _>>()
        .expect("pages");
    assert_eq!(pages, [100, 100, 50]);
    let raw: Vec<String> = client
        .raw_entries(request())
        .map(|entry| entry.map(|entry| entry.id().unwrap_or_default().to_owned()))
        .collect::<Result<_, _>>()
        .expect("entries");
    let mut expected: Vec<String> = api.record().into_iter().map(|event| event.id).collect();
    expected.reverse();
    assert_eq!(raw, expected);
    assert_eq!(
        client.entries(request()).filter_map(Result::ok).count(),
        250
    );
    let error = client
        .entries(request())
        .max_pages(2)
        .find_map(Result::err)
        .expect("an error");
    assert!(error.is_page_cap());

    let before = api.request_count();
    let entries = client.entries(request()).without_fetch_ahead();
    assert_eq!(entries.take(5).count(), 5);
    let raw = client.raw_entries(request()).without_fetch_ahead();
    assert_eq!(raw.take(5).count(), 5);
    assert_eq!(api.request_count() - before, 2, "no more than is used");
    assert_eq!(client.entries(request()).take(5).count(), 5);
    assert_eq!(api.request_count() - before, 4, "one page ahead");
}

/// Real sockets, real timers: what the worker is there for.
#[test]
fn it_retries_and_times_out_over_sockets() {
    let runtime = runtime::Runtime::new().expect("a runtime");
    let api = api(10);
    let server = runtime.block_on(api.serve()).expect("a port");
    let client = BlockingClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(server.base_url())
        .retry_handler(ServerErrorRetryHandler::new(1).with_interval_calculator(
            FixedValueRetryIntervalCalculator::new(Duration::from_millis(20)),
        ))
        .timeout(Duration::from_millis(500))
        .build_blocking()
        .expect("builds");
    api.script(ScriptedResponse::status(503));
    let response = client.logs(LogsRequest::new()).expect("the second attempt");
    assert_eq!(response.attempts(), 2);
    api.script(ScriptedResponse::ordinary().delay(Duration::from_secs(3_600)));
    assert!(
        client
            .logs(LogsRequest::new())
            .expect_err("too late")
            .is_timeout()
    );
}

#[test]
fn many_threads_share_one_client() {
    let api = api(10);
    let client = client(&api);
    thread::scope(|scope| {
        for _ in 0..8 {
            let client = client.clone();
            scope.spawn(move || {
                for _ in 0..20 {
                    client.actions().expect("actions");
                }
            });
        }
    });
    assert_eq!(api.request_count(), 160);
}

fn assert_refused(result: Result<(), Error>) {
    let error = result.expect_err("refused");
    assert!(error.is_in_async_context(), "{error}");
    assert!(error.to_string().contains("async client"), "{error}");
}

#[test]
fn inside_async_code_it_is_an_error_and_never_a_panic() {
    let api = api(10);
    let kept = client(&api);
    let use_it = |client: &BlockingClient| {
        assert_refused(client.actions().map(drop));
        let first = client.entries(LogsRequest::new()).next().expect("an item");
        assert_refused(first.map(drop));
    };
    for runtime in [
        runtime::Builder::new_current_thread().enable_all().build(),
        runtime::Builder::new_multi_thread().enable_all().build(),
    ] {
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async {
            use_it(&kept);
            // Built, cloned and dropped there, too.
            let inside = client(&api);
            use_it(&inside.clone());
            drop(inside);
            let moved = client(&api);
            tokio::spawn(async move { assert_refused(moved.actions().map(drop)) })
                .await
                .expect("no panic");
            // Where blocking is allowed it works.
            let there = kept.clone();
            tokio::task::spawn_blocking(move || there.actions().map(drop))
                .await
                .expect("no panic")
                .expect("actions");
        });
        let _entered = runtime.enter();
        kept.actions().expect("a thread of one's own");
    }
    assert_eq!(api.request_count(), 4, "what was refused was not sent");
}

#[test]
fn a_client_may_be_used_after_its_clones_and_iterators_are_gone() {
    let api = api(300);
    let client = client(&api);
    drop(client.clone());
    let mut entries = client.raw_entries(LogsRequest::new().limit(100));
    assert!(entries.next().is_some_and(|entry| entry.is_ok()));
    drop(client);
    // The iterator keeps the worker.
    assert_eq!(entries.count(), 299);
}

/// The worker is the only thread of its name; it is gone a moment after the last clone.
#[cfg(target_os = "linux")]
#[test]
fn the_worker_ends_with_the_last_clone() {
    use std::sync::Arc;

    // What the transport holds is let go when the runtime ends; dropping tells.
    struct Tells(mpsc::Sender<()>);
    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let (sender, gone) = mpsc::channel();
    let tells = Arc::new(Tells(sender));
    let transport = {
        let tells = Arc::clone(&tells);
        tower::service_fn(
            move |_: slack_audit_logs::http::Request<slack_audit_logs::Body>| {
                // Spawned on the worker's runtime, where it waits for ever.
                let tells = Arc::clone(&tells);
                tokio::spawn(async move {
                    let _tells = tells;
                    std::future::pending::<()>().await;
                });
                async {
                    Ok::<_, std::io::Error>(slack_audit_logs::http::Response::new(
                        http_body_util::Full::new(bytes::Bytes::from_static(b"{\"actions\":{}}")),
                    ))
                }
            },
        )
    };
    drop(tells);
    let client = BlockingClient::builder()
        .token("xoxp-1")
        .transport(transport)
        .build_blocking()
        .expect("builds");
    let clone = client.clone();
    client.actions().expect("actions");
    drop(client);
    assert!(gone.try_recv().is_err(), "a clone is left");
    drop(clone);
    gone.recv_timeout(Duration::from_secs(60))
        .expect("the runtime ended");
}

#[test]
fn wrong_settings_are_build_errors() {
    fn usable<T: Send + Sync + Clone + std::fmt::Debug>(_: &T) {}
    let error = BlockingClient::builder()
        .token("")
        .build_blocking()
        .expect_err("no token");
    assert!(error.is_build());
    usable(&client(&api(0)));
}

/// A call that is polled on the caller's thread may park that thread itself, as locks and channels
/// do: the wake-up that came before is not lost.
#[test]
fn a_poll_that_parks_loses_no_wake_up() {
    use std::task::Poll;

    let transport = tower::service_fn(
        |_: slack_audit_logs::http::Request<slack_audit_logs::Body>| {
            let mut woken = false;
            std::future::poll_fn(move |cx| {
                if woken {
                    return Poll::Ready(Ok::<_, std::io::Error>(
                        slack_audit_logs::http::Response::new(http_body_util::Full::new(
                            bytes::Bytes::from_static(b"{\"actions\":{}}"),
                        )),
                    ));
                }
                woken = true;
                cx.waker().wake_by_ref();
                // Returns at once if the wake-up unparked this thread.
                thread::park_timeout(Duration::from_millis(1));
                Poll::Pending
            })
        },
    );
    let client = BlockingClient::builder()
        .token("xoxp-1")
        .transport(transport)
        .build_blocking()
        .expect("builds");
    let (sender, done) = mpsc::channel();
    thread::spawn(move || sender.send(client.actions().map(drop)));
    done.recv_timeout(Duration::from_secs(20))
        .expect("it is woken")
        .expect("actions");
}

/// The iterator's next page, begun ahead, waits for the rate limit; so does the call in the loop.
#[test]
fn a_call_in_the_loop_over_an_iterator() {
    let api = api(100);
    let client = BlockingClient::builder()
        .token(FakeApi::TOKEN)
        .rate_limit(RateLimitLayer::per_minute(3_000).burst(1))
        .transport(api)
        .build_blocking()
        .expect("builds");
    let (sender, done) = mpsc::channel();
    thread::spawn(move || {
        let mut seen = 0;
        for entry in client.entries(LogsRequest::new().limit(4)).take(12) {
            entry.expect("an entry");
            client.actions().expect("actions");
            seen += 1;
        }
        sender.send(seen)
    });
    assert_eq!(done.recv_timeout(Duration::from_secs(20)), Ok(12));
}
