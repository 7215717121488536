//! Streams: every page of a chain, once, in order, whatever a page says of the next one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, stream::FusedStream};
use slack_audit_logs::{AuditLogsClient, Error, LogsRequest, fake::FakeApi, model::RawEntry};
use tower::ServiceExt;

use crate::support::pages::{Scripted, json, page};

fn id(entry: &RawEntry) -> String {
    entry.id().expect("an id").to_owned()
}

async fn ids<S>(entries: S) -> Vec<String>
where
    S: Stream<Item = Result<RawEntry, Error>>,
{
    entries
        .map_ok(|entry| id(&entry))
        .try_collect()
        .await
        .expect("no error")
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

/// Three pages of ten.
fn thirty() -> Scripted {
    Scripted::new(|n, _| match n {
        0 => page(0..10, "A"),
        1 => page(10..20, "B"),
        _ => page(20..30, ""),
    })
}

#[tokio::test]
async fn all_pages_in_order_and_what_is_known_of_them() {
    let api = thirty();
    assert_eq!(
        ids(api.audit_logs().raw_entries(LogsRequest::new())).await,
        numbers(0..30)
    );
    assert_eq!(api.asked(), ["/logs", "/logs?cursor=A", "/logs?cursor=B"]);

    let pages: Vec<_> = thirty()
        .audit_logs()
        .pages(LogsRequest::new())
        .try_collect()
        .await
        .expect("no error");
    let sizes: Vec<_> = pages.iter().map(|page| page.entries().len()).collect();
    assert_eq!(sizes, [10, 10, 10]);
    assert_eq!(pages[1].url(), "/logs?cursor=A");
    assert_eq!((pages[1].status().as_u16(), pages[1].attempts()), (200, 1));
    let response = pages[1].clone().into_response();
    assert_eq!(pages[1].raw_body(), response.raw_body());
    assert_eq!(pages[1].raw_body().len(), 643);
    assert_eq!(pages[1].typed_body().expect("typed").entries.len(), 10);
    assert_eq!(
        (pages[0].next_cursor(), pages[2].next_cursor()),
        (Some("A"), None)
    );

    let typed: Vec<_> = thirty()
        .audit_logs()
        .entries(LogsRequest::new())
        .try_collect()
        .await
        .expect("no error");
    assert_eq!(typed.len(), 30);
}

#[tokio::test]
async fn every_request_of_a_chain_repeats_everything() {
    let api = thirty();
    let request = LogsRequest::new()
        .oldest(1_600_000_000)
        .latest(1_700_000_000)
        .actions(["user_login", "user_logout"])
        .actor("W1")
        .entity("F1")
        .limit(10)
        .query("extra", "x y");
    assert_eq!(ids(api.audit_logs().raw_entries(request)).await.len(), 30);
    let asked = api.asked();
    let first = asked[0].clone();
    for name in [
        "oldest=1600000000",
        "latest=1700000000",
        "action=",
        "actor=W1",
        "entity=F1",
        "limit=10",
        "extra=x%20y",
    ] {
        assert!(first.contains(name), "{first}");
    }
    for (n, cursor) in [(1, "&cursor=A"), (2, "&cursor=B")] {
        assert_eq!(asked[n].replace(cursor, ""), first);
    }
}

#[tokio::test]
async fn a_cursor_is_one_value_whatever_is_in_it() {
    for cursor in [
        "a&token=x",
        "a#b",
        "@evil.test",
        "a\r\nHost: evil.test",
        "https://evil.test/logs?x=1",
        "dXNlcjpVMDYx+/=",
    ] {
        let cursor = cursor.to_owned();
        let wanted = cursor.clone();
        let api = Scripted::new(move |n, _| page([n], if n == 0 { &cursor } else { "" }));
        assert_eq!(
            ids(api.audit_logs().raw_entries(LogsRequest::new().limit(1))).await,
            ["0", "1"]
        );
        let uri: slack_audit_logs::http::Uri = api.asked()[1].parse().expect("a URI");
        assert_eq!((uri.host(), uri.path()), (None, "/logs"), "{uri}");
        let value = uri
            .query()
            .and_then(|query| query.strip_prefix("limit=1&cursor="))
            .expect("the cursor comes last");
        assert!(
            !value.contains(['&', '#', '=', '@', '/', ':', '+']),
            "{value}"
        );
        let decoded = percent_decode(value);
        assert_eq!(decoded, wanted);
    }
}

fn percent_decode(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let hex: Vec<u8> = rest.by_ref().take(2).collect();
            u8::from_str_radix(std::str::from_utf8(&hex).expect("hex"), 16).expect("hex")
        } else {
            byte
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[tokio::test]
async fn the_end_in_four_spellings_and_no_end_in_an_empty_page() {
    for end in [
        r#"{"entries":[{"id":"x"}],"response_metadata":{"next_cursor":""}}"#,
        r#"{"entries":[{"id":"x"}],"response_metadata":{"next_cursor":null}}"#,
        r#"{"entries":[{"id":"x"}],"response_metadata":{}}"#,
        r#"{"entries":[{"id":"x"}]}"#,
    ] {
        let api = Scripted::new(move |n, _| match n {
            0 => page(["a"], "A"),
            1 => page::<u8>([], "B"),
            _ => json(end),
        });
        assert_eq!(
            ids(api.audit_logs().raw_entries(LogsRequest::new())).await,
            ["a", "x"],
            "{end}"
        );
        assert_eq!(api.asked().len(), 3, "{end}");
    }
}

#[tokio::test]
async fn what_is_no_page_is_never_the_end() {
    for body in [
        "{}",
        r#"{"ok":true}"#,
        r#"{"message":"please log in"}"#,
        r#"{"entries":null}"#,
        r#"{"ok":false,"error":"fatal_error","entries":[]}"#,
        r#"{"ok":false,"ok":true,"entries":[],"warning":"\ud800"}"#,
        r#"{"\u006fk":false,"entries":[]}"#,
        "null",
        "[]",
    ] {
        for bad in 0..2 {
            let api = Scripted::new(move |n, _| match n {
                n if n == bad => json(body),
                0 => page(["a"], "A"),
                _ => page(["b"], ""),
            });
            let request = LogsRequest::new();
            let raw = api.audit_logs().raw_entries(request.clone());
            let found: Vec<_> = raw.take(bad + 1).collect().await;
            assert!(found[..bad].iter().all(Result::is_ok), "{body}");
            let error = found[bad].as_ref().expect_err(body);
            assert!(error.is_decode() || error.is_refused(), "{body}: {error}");
        }
        let api = Scripted::new(move |_, _| json(body));
        let response = api.audit_logs().oneshot(LogsRequest::new()).await;
        let typed = response.and_then(|response| response.typed_body());
        assert!(typed.is_err(), "{body}");
    }
}

#[tokio::test]
async fn pages_of_any_size_are_taken_whole() {
    let api = Scripted::new(|n, _| match n {
        0 => page(0..15, "A"),
        1 => page(15..16, "B"),
        _ => page(16..30, ""),
    });
    assert_eq!(
        ids(api.audit_logs().raw_entries(LogsRequest::new().limit(10))).await,
        numbers(0..30)
    );
}

#[tokio::test]
async fn a_cursor_that_comes_again_is_an_error_and_then_the_end() {
    // The same again, and there and back; also the one that the user began with.
    for (cursors, begin, whole) in [
        (vec!["A", "A", "A", "A"], None, 2),
        (vec!["A", "B", "A", "B", "A"], None, 3),
        (vec!["A", "S"], Some("S"), 2),
    ] {
        let served = cursors.clone();
        let api = Scripted::new(move |n, _| page([n], served[n]));
        let mut request = LogsRequest::new();
        if let Some(cursor) = begin {
            request = request.cursor(cursor);
        }
        let mut entries = api.audit_logs().raw_entries(request);
        for n in 0..whole {
            assert_eq!(
                id(&entries.next().await.expect("an entry").expect("no error")),
                n.to_string()
            );
        }
        let error = entries
            .next()
            .await
            .expect("not a silent end")
            .expect_err("a loop");
        assert!(error.is_cursor_loop() && !error.is_page_cap(), "{error}");
        assert!(error.to_string().contains("earlier page"), "{error}");
        assert!(entries.next().await.is_none());
        assert!(entries.next().await.is_none());
        assert_eq!(api.asked().len(), whole, "{cursors:?}");
    }
}

#[tokio::test]
async fn a_chain_without_end_stops_at_the_cap_and_goes_on_when_told() {
    let api = Scripted::new(|n, _| page([n], &format!("c{n}")));
    let mut entries = api
        .audit_logs()
        .raw_entries(LogsRequest::new())
        .max_pages(3);
    for round in 0..2 {
        for n in 0..3 {
            assert_eq!(
                id(&entries.next().await.expect("more").expect("no error")),
                (round * 3 + n).to_string()
            );
        }
        let error = entries
            .next()
            .await
            .expect("not a silent end")
            .expect_err("the cap");
        assert!(
            error.is_page_cap() && error.to_string().contains("more than 3 pages"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_next_page_is_asked_for_as_soon_as_its_cursor_is_known() {
    let api = thirty();
    let five: Vec<_> = api
        .audit_logs()
        .raw_entries(LogsRequest::new())
        .take(5)
        .try_collect()
        .await
        .expect("no error");
    assert_eq!((five.len(), api.asked().len()), (5, 2));

    let api = thirty();
    let mut entries = api.audit_logs().raw_entries(LogsRequest::new());
    for taken in 1..=30 {
        entries.next().await.expect("more").expect("no error");
        let pages = (taken - 1) / 10 + 1;
        assert_eq!(api.asked().len(), 3.min(pages + 1), "after {taken}");
    }
    // A page that is the last one has nothing after it.
    let api = Scripted::new(|_, _| page(0..10, ""));
    let one = api
        .audit_logs()
        .raw_entries(LogsRequest::new())
        .next()
        .await;
    assert!(one.is_some_and(|entry| entry.is_ok()));
    assert_eq!(api.asked().len(), 1);
}

#[tokio::test]
async fn on_one_thread_the_request_leaves_before_the_page_at_hand_is_used() {
    // As hyper's client does it: a task of the same thread sends the request.
    let sent = Arc::new(AtomicUsize::new(0));
    let api = thirty();
    let (asked, audit_logs) = (Arc::clone(&sent), api.audit_logs());
    let audit_logs = slack_audit_logs::AuditLogs::new(tower::service_fn(move |request| {
        let (asked, inner) = (Arc::clone(&asked), audit_logs.get_ref().clone());
        async move {
            let task = tokio::spawn(async move {
                asked.fetch_add(1, Ordering::SeqCst);
                inner.oneshot(request).await
            });
            task.await.expect("no panic")
        }
    }));
    let mut entries = audit_logs.raw_entries(LogsRequest::new());
    for taken in 0..30 {
        entries.next().await.expect("more").expect("no error");
        // Nothing here gave way to the task since the page came.
        assert_eq!(sent.load(Ordering::SeqCst), 3.min(taken / 10 + 2));
    }
}

#[tokio::test]
async fn pages_over_one_thread_use_one_connection() {
    let api = FakeApi::builder()
        .entries(3_000)
        .without_rate_limit()
        .build();
    let server = api.serve().await.expect("loopback");
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(server.base_url())
        .rate_limit(None)
        .build()
        .expect("a client");
    let entries = ids(client.raw_entries(LogsRequest::new().limit(200))).await;
    assert_eq!(entries.len(), 3_000);
    assert_eq!(api.connection_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_page_ahead_arrives_while_the_one_at_hand_is_used_and_ends_with_the_stream() {
    let api = Scripted::later(|n, _| async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        page(n * 10..n * 10 + 10, &format!("c{n}"))
    });
    let mut entries = api.audit_logs().raw_entries(LogsRequest::new());
    let begun = tokio::time::Instant::now();
    for _ in 0..12 {
        entries.next().await.expect("more").expect("no error");
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    // The first page in 10 s; the second within the 30 s in which the first one was used.
    assert_eq!(begun.elapsed(), Duration::from_secs(10 + 12 * 3));
    assert_eq!(
        (api.asked().len(), api.dropped.load(Ordering::SeqCst)),
        (3, 0)
    );
    drop(entries);
    assert_eq!(
        api.dropped.load(Ordering::SeqCst),
        1,
        "the fetch ahead ends with the stream"
    );
}

#[tokio::test]
async fn without_fetch_ahead_a_page_is_asked_for_when_the_one_before_is_used_up() {
    let api = thirty();
    let mut raw = api.audit_logs().raw_entries(LogsRequest::new());
    let mut typed = api.audit_logs().entries(LogsRequest::new());
    raw = raw.without_fetch_ahead();
    typed = typed.without_fetch_ahead();
    for _ in 0..10 {
        raw.next().await.expect("an entry").expect("no error");
        typed.next().await.expect("an entry").expect("no error");
    }
    assert_eq!(api.asked().len(), 2);
    raw.next().await.expect("an entry").expect("no error");
    assert_eq!(api.asked().len(), 3);
}

#[tokio::test]
async fn what_is_at_hand_and_the_end_are_told() {
    let api = thirty();
    let mut pages = api.audit_logs().pages(LogsRequest::new());
    let mut raw = thirty().audit_logs().raw_entries(LogsRequest::new());
    let mut typed = thirty().audit_logs().entries(LogsRequest::new());
    assert_eq!((raw.size_hint(), typed.size_hint()), ((0, None), (0, None)));
    for n in 1..=30 {
        raw.next().await.expect("an entry").expect("no error");
        typed.next().await.expect("an entry").expect("no error");
        let at_hand = (30 - n) % 10;
        assert_eq!(raw.size_hint(), (at_hand, None));
        assert_eq!(typed.size_hint(), (at_hand, None));
    }
    for _ in 0..3 {
        assert!(!pages.is_terminated());
        pages.next().await.expect("a page").expect("no error");
    }
    assert!(!raw.is_terminated() && !typed.is_terminated() && !pages.is_terminated());
    assert!(raw.next().await.is_none() && typed.next().await.is_none());
    assert!(pages.next().await.is_none());
    assert!(raw.is_terminated() && typed.is_terminated() && pages.is_terminated());
    let shown = format!("{raw:?}");
    assert!(shown.contains("entries_at_hand: 0"), "{shown}");
    assert!(shown.contains("pages: 3, in_flight: false"), "{shown}");
}

#[tokio::test]
async fn after_an_error_it_goes_on_from_where_it_stood() {
    // The first page fails twice, the second once, the last three times, each in another way.
    let api = Scripted::new(|n, _| match n {
        0 | 3 => Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()),
        1 | 6 => json(r#"{"ok":false,"error":"internal_error"}"#),
        5 => json("<html>"),
        7 => json(r#"{"entries":["#),
        2 => page(0..10, "A"),
        4 => page(10..20, "B"),
        _ => page(20..30, ""),
    });
    let mut entries = api.audit_logs().raw_entries(LogsRequest::new());
    let (mut seen, mut errors) = (Vec::new(), 0);
    while let Some(entry) = entries.next().await {
        match entry {
            Ok(entry) => seen.push(id(&entry)),
            Err(_) => errors += 1,
        }
    }
    assert_eq!((seen, errors), (numbers(0..30), 6));
    let asked: Vec<_> = api
        .asked()
        .iter()
        .map(|uri| uri.replace("/logs?cursor=", ""))
        .collect();
    assert_eq!(
        asked,
        ["/logs", "/logs", "/logs", "A", "A", "B", "B", "B", "B"]
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_entry_can_be_cancelled_without_losing_one() {
    let api = Scripted::later(|n, _| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        if n < 2 {
            page(n * 3..n * 3 + 3, &format!("c{n}"))
        } else {
            page(6..9, "")
        }
    });
    let mut entries = api.audit_logs().raw_entries(LogsRequest::new());
    let (mut seen, mut cancelled) = (Vec::new(), 0);
    loop {
        match tokio::time::timeout(Duration::from_secs(1), entries.next()).await {
            Ok(Some(entry)) => seen.push(id(&entry.expect("no error"))),
            Ok(None) => break,
            Err(_) => cancelled += 1,
        }
        // A poll that is given up at once does no harm either.
        if let Some(Some(entry)) = entries.next().now_or_never() {
            seen.push(id(&entry.expect("no error")));
        }
    }
    assert_eq!(seen, numbers(0..9));
    assert!(cancelled >= 8, "{cancelled}");
    assert_eq!(api.asked().len(), 3, "a call in flight is kept");
}

#[test]
fn streams_are_send_and_unpin() {
    fn assert<T: Send + Unpin>(_: &T) {}
    let audit_logs = thirty().audit_logs();
    assert(&audit_logs.pages(LogsRequest::new()));
    assert(&audit_logs.entries(LogsRequest::new()));
    assert(&audit_logs.raw_entries(LogsRequest::new()));
}
