//! What goes wrong between Slack and the collector: waited out and told, never the end of it, and
//! never the end of the events.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use slack_audit_logs::{
    collect::{Backfill, CollectError, Follow, Progress},
    fake::FakeApi,
};

use crate::support::{
    collect::{Journal, START, api, audit_logs_with_limit, host_of},
    slack::{Happened, Odd, Query, Slack},
};

/// A thousand events in the last hour.
fn slack() -> Slack {
    let slack = Slack::new(START);
    slack.add((0..1_000).map(|n| Happened {
        id: u64::try_from(n).expect("positive"),
        date: START - 3_600 + n * 3,
        visible_at: 0,
    }));
    slack
}

async fn follow_for(slack: &Slack, journal: &Journal, seconds: u64) -> Progress {
    let host = slack.clone();
    let follow = Follow::builder(slack.audit_logs(), journal.clone())
        .since(START - 4_000)
        .page_size(100)
        .host_clock(move || host.system_time())
        .build()
        .expect("valid");
    let shutdown = tokio::time::sleep(Duration::from_secs(seconds));
    follow.run_until(shutdown).await.expect("no error")
}

/// The first so many requests that `when` says yes to are answered so.
fn odd(slack: &Slack, times: u32, when: fn(&Query) -> bool, status: u16, body: &str) {
    let (count, body) = (Arc::new(AtomicU32::new(0)), body.to_owned());
    slack.choose(move |query| {
        let is_odd = when(query) && count.fetch_add(1, Ordering::Relaxed) < times;
        is_odd.then(|| Odd::Is(status, body.clone()))
    });
}

#[tokio::test(start_paused = true)]
async fn what_is_no_page_and_no_clear_refusal_is_waited_out() {
    for (status, body) in [
        (200, "{}"),
        (200, r#"{"ok":false}"#),
        (200, r#"{"entries":null}"#),
        (200, r#"{"message":"hello"}"#),
        (200, r#"{"ok":false,"error":"service_unavailable"}"#),
        (200, r#"{"ok":false,"error":"request_timeout"}"#),
        (400, r#"{"ok":false,"error":"never_heard_of"}"#),
        (403, "<html>forbidden</html>"),
        (404, "<html>not found</html>"),
        (302, ""),
        (407, ""),
    ] {
        for first in [false, true] {
            let (slack, journal) = (slack(), Journal::default());
            let further: fn(&Query) -> bool = |query| query.position > 0;
            odd(
                &slack,
                8,
                if first { |_| true } else { further },
                status,
                body,
            );
            let progress = follow_for(&slack, &journal, 1_000).await;
            assert_eq!(journal.ids().len(), 1_000, "{status} {body}");
            assert!(progress.last_error.is_some(), "{status} {body}");
            assert!(progress.outage.is_none(), "{status} {body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn json_that_is_not_a_page_never_marks_a_range_as_done() {
    for body in [
        "{}",
        r#"{"ok":true}"#,
        r#"{"message":"please log in"}"#,
        "null",
        "[]",
        r#"{"entries":{}}"#,
    ] {
        let (slack, journal) = (slack(), Journal::default());
        odd(&slack, u32::MAX, |_| true, 200, body);
        let progress = follow_for(&slack, &journal, 1_000).await;
        assert!(progress.outage.is_some(), "{body}: {progress:?}");
        assert_eq!((progress.events, progress.settled), (0, None), "{body}");

        let host = slack.clone();
        let backfill = || {
            Backfill::builder(slack.audit_logs(), journal.clone())
                .since(START - 4_000)
                .until(START)
                .page_size(100)
                .host_clock({
                    let host = host.clone();
                    move || host.system_time()
                })
        };
        let progress = backfill()
            .build()
            .expect("valid")
            .run_until(tokio::time::sleep(Duration::from_secs(1_000)))
            .await
            .expect("no error");
        assert_eq!((progress.events, progress.settled), (0, None), "{body}");
        backfill()
            .give_up_on_outage()
            .build()
            .expect("valid")
            .run()
            .await
            .expect_err("not done");
        // Nothing was passed over: all is there once pages are pages.
        slack.choose(|_| None);
        follow_for(&slack, &journal, 1_000).await;
        assert_eq!(journal.ids().len(), 1_000, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn rejected_cursors_do_not_end_it_and_cost_no_page_twice() {
    let (slack, journal) = (slack(), Journal::default());
    let rejected = r#"{"ok":false,"error":"invalid_cursor"}"#;
    odd(&slack, 30, |query| query.position > 0, 400, rejected);
    let progress = follow_for(&slack, &journal, 3_000).await;
    assert_eq!(journal.ids().len(), 1_000);
    assert!(progress.restarts >= 5, "{progress:?}");
    // Each rejection cost the page that came before it at most.
    assert!(slack.request_count() < 250, "{}", slack.request_count());
}

#[tokio::test(start_paused = true)]
async fn endless_empty_pages_cost_few_requests() {
    let (slack, journal) = (slack(), Journal::default());
    let count = AtomicU32::new(0);
    slack.choose(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let body = format!(
            r#"{{"entries":[],"response_metadata":{{"next_cursor":"{}"}}}}"#,
            1_000_000 + number
        );
        (number < 1_500).then_some(Odd::Is(200, body))
    });
    follow_for(&slack, &journal, 600).await;
    let requests = slack.request_count();
    assert!(requests < 1_000, "{requests} in ten minutes");
    follow_for(&slack, &journal, 7_200).await;
    assert_eq!(journal.ids().len(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn pages_that_are_too_slow_are_asked_for_in_halves_and_whole_ones_again() {
    let (slack, journal) = (slack(), Journal::default());
    let world = slack.clone();
    slack.choose(move |query| {
        let is_slow = world.now() < START + 1_200 && query.limit > 100 && query.position > 0;
        is_slow.then(|| Odd::Slow(Duration::from_secs(61)))
    });
    let host = slack.clone();
    let follow = Follow::builder(slack.audit_logs(), journal.clone())
        .since(START - 4_000)
        .page_size(400)
        .host_clock(move || host.system_time())
        .build()
        .expect("valid");
    let shutdown = tokio::time::sleep(Duration::from_secs(7_200));
    follow.run_until(shutdown).await.expect("no error");
    assert_eq!(journal.ids().len(), 1_000);
    let limits: Vec<_> = slack.requests().iter().map(|query| query.limit).collect();
    assert!(limits.contains(&200) && limits.contains(&100), "{limits:?}");
    assert_eq!(limits.last(), Some(&400), "{limits:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_date_it_waits_and_says_so() {
    let (slack, journal) = (slack(), Journal::default());
    slack.without_date(true);
    let progress = follow_for(&slack, &journal, 600).await;
    let words = progress.last_error.expect("an error");
    assert!(words.contains("Date"), "{words}");
    assert!(journal.checkpoint().is_none());
    slack.without_date(false);
    follow_for(&slack, &journal, 600).await;
    assert_eq!(journal.ids().len(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn an_event_larger_than_the_limit_is_named_with_the_way_on() {
    let api: FakeApi = api().entries(300).span(Duration::from_secs(3_000)).build();
    let journal = Journal::default();
    let follow = |limit| {
        Follow::builder(
            audit_logs_with_limit(&api, FakeApi::TOKEN, limit),
            journal.clone(),
        )
        .since(START - 4_000)
        .host_clock(host_of(&api))
        .build()
        .expect("valid")
    };
    let error = follow(150).run().await.expect_err("too large");
    assert!(
        matches!(error, CollectError::EventTooLarge { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("--max-body-size"), "{error}");
    assert!(api.request_count() < 60, "{}", api.request_count());
    // Halves will do where no event is too large by itself.
    follow(60_000).run_once().await.expect("no error");
    assert_eq!(journal.ids().len(), 300);
}

/// A proxy that refuses its credentials may lock the account.
#[tokio::test(start_paused = true)]
async fn a_proxy_that_wants_credentials_is_asked_once_a_minute() {
    for (status, at_least, at_most) in [(407, 1, 1), (403, 4, 6)] {
        let slack = slack();
        odd(&slack, u32::MAX, |_| true, status, "");
        follow_for(&slack, &Journal::default(), 50).await;
        let requests = slack.request_count();
        assert!(
            (at_least..=at_most).contains(&requests),
            "{status}: {requests}"
        );
    }
}
