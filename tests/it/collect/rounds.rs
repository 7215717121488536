//! Rounds and windows: what is asked for, in which order, and how many calls it takes.

use std::time::Duration;

use slack_audit_logs::{
    LogsRequest,
    collect::{Backfill, Follow, MemoryStore},
    fake::{Event, FakeApi},
};

use crate::support::collect::{Output, START, api, audit_logs, recorded, sorted};

const DAY: i64 = 86_400;
/// The first day that there is.
const MARCH_2018: i64 = 1_519_862_400;

fn assert_ascending(output: &Output) {
    let lines = output.lines();
    for pair in lines.windows(2) {
        assert!(pair[0].date <= pair[1].date || pair[1].late, "{pair:?}");
    }
}

/// Oldest and latest of every call but the first one, which asks for the time.
fn bounds(api: &FakeApi) -> Vec<(i64, i64)> {
    api.requests()
        .iter()
        .filter_map(|request| {
            let number = |name| request.param(name)?.parse().ok();
            Some((number("oldest")?, number("latest")?))
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn empty_years_cost_a_handful_of_calls() {
    let api = api()
        .entries(25_000)
        .span(Duration::from_secs(30 * 86_400))
        .start_time(1_798_761_600)
        .build();
    let output = Output::default();
    let follow = Follow::builder(audit_logs(&api), MemoryStore::new(), output.clone())
        .since(MARCH_2018)
        .build()
        .expect("valid");
    let progress = follow.run_once().await.expect("collected");
    assert_eq!(progress.events, 25_000);
    let calls = api.request_count();
    println!("{calls} calls from March 2018 to {}", 1_798_761_600);
    assert!(calls <= 40, "{calls} calls");
    assert_eq!(progress.requests, calls as u64);
    assert_eq!(sorted(output.ids()), recorded(&api, api.now_unix()));
    assert_ascending(&output);

    // A backfill, several windows at once, too.
    let before = api.request_count();
    let output = Output::default();
    let backfill = Backfill::builder(audit_logs(&api), MemoryStore::new(), output.clone(), 0_i64)
        .build()
        .expect("valid");
    backfill.run().await.expect("collected");
    let calls = api.request_count() - before;
    println!("{calls} calls for a backfill");
    assert!(calls <= 40, "{calls} calls");
    assert_eq!(sorted(output.ids()), recorded(&api, api.now_unix()));
    assert_ascending(&output);
}

#[tokio::test(start_paused = true)]
async fn nothing_older_than_the_overlap_or_the_deep_scan_is_asked_for_and_bounds_stay() {
    let api = api()
        .entries(3_000)
        .span(Duration::from_secs(7_200))
        .arrivals(40.0, 0.1, Duration::from_secs(300))
        .latency(Duration::from_secs(1))
        .build();
    let output = Output::default();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let follow = Follow::builder(audit_logs(&api), MemoryStore::new(), output.clone())
        .since(START - 3_600)
        .page_size(40)
        .filters(LogsRequest::new().query("extra", "same"))
        .deep_scan(Duration::from_secs(1_200), Duration::from_secs(1_800))
        .build()
        .expect("valid");
    let task = tokio::spawn(follow.run_until(async {
        let _ = stopped.await;
    }));
    tokio::time::sleep(Duration::from_secs(3_000)).await;
    let _ = stop.send(());
    let progress = task.await.expect("no panic").expect("no error");
    assert!(progress.events > 3_000, "{progress:?}");

    // Chains: the same bounds, filters and limit on every page, while events arrive.
    let mut chains = 0;
    let requests = api.requests();
    let logs: Vec<_> = requests
        .iter()
        .filter(|r| r.param("oldest").is_some())
        .collect();
    for pair in logs.windows(2) {
        if pair[1].param("cursor").is_some() {
            chains += 1;
            for name in ["oldest", "latest", "limit", "extra"] {
                assert_eq!(pair[0].param(name), pair[1].param(name), "{name}");
            }
        }
    }
    assert!(chains > 20, "{chains} further pages");
    assert!(logs.iter().all(|r| r.param("extra") == Some("same")));

    // Bounds: never before `since`; after the first round never before the deep scan's reach, and
    // outside deep scans never before the overlap.
    let at = |r: &slack_audit_logs::fake::RecordedRequest| {
        i64::try_from(r.at.as_secs()).expect("seconds")
    };
    let oldest = |r: &slack_audit_logs::fake::RecordedRequest| {
        r.param("oldest").and_then(|o| o.parse::<i64>().ok())
    };
    let first_round = 120;
    let mut deep = 0;
    for request in &logs {
        let (now, from) = (at(request), oldest(request).expect("a bound"));
        assert!(from >= START - 3_600);
        if now > START + first_round {
            let behind = now - from;
            // A deep scan begins at its predecessor's beginning less the reach; an interval and a
            // round may pass before.
            assert!(behind <= 1_200 + 1_800 + 120, "{behind} s behind");
            if behind > 600 + 120 {
                deep += 1;
            }
        }
    }
    assert!(deep > 0, "a deep scan ran");
    assert!(deep < logs.len() / 3, "{deep} of {}", logs.len());
    let by = at(logs.last().expect("calls")) - 700;
    let expected = recorded(&api, by);
    let counts = output.counts();
    for event in api.record() {
        if event.date_create >= START - 3_600 && event.visible_at <= by {
            assert_eq!(counts.get(&event.id), Some(&1), "{event:?}");
        }
    }
    assert!(expected.len() > 1_000);
    assert!(counts.values().all(|count| *count == 1));
}

#[tokio::test(start_paused = true)]
async fn sixty_days_behind_memory_is_bounded_and_progress_is_kept_by_window() {
    let api = api()
        .entries(30_000)
        .span(Duration::from_secs(60 * 86_400))
        .build();
    let (output, store) = (Output::default(), MemoryStore::new());
    let follow = || {
        Follow::builder(audit_logs(&api), store.clone(), output.clone())
            .since(START - 60 * DAY)
            .page_size(200)
            .build()
            .expect("valid")
    };
    // Cut off again and again; each start goes on where the one before was.
    let mut marks = Vec::new();
    for _ in 0..5 {
        let asked = api.request_count();
        let watched = api.clone();
        let done = follow()
            .run_once_until(async move {
                while watched.request_count() < asked + 30 {
                    tokio::task::yield_now().await;
                }
            })
            .await
            .expect("no error");
        marks.push(done.mark);
        assert!(done.mark.is_some_and(|mark| mark < START), "{done:?}");
    }
    assert!(
        marks.is_sorted() && marks.first() < marks.last(),
        "{marks:?}"
    );
    let done = follow().run_once().await.expect("no error");
    assert!(done.peak_entries <= 7 * 200, "{done:?}");
    assert_eq!(sorted(output.ids()), recorded(&api, START));
    assert_ascending(&output);
    let largest = output.batches.lock().expect("whole").iter().copied().max();
    assert!(
        largest.is_some_and(|largest| largest <= 6 * 200),
        "{largest:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_overlap_of_more_than_five_pages_is_read_in_windows() {
    let api = api()
        .entries(1_500)
        .span(Duration::from_secs(600))
        .arrivals(150.0, 0.2, Duration::from_secs(300))
        .build();
    let output = Output::default();
    let follow = Follow::builder(audit_logs(&api), MemoryStore::new(), output.clone())
        .since(START - 1_000)
        .page_size(25)
        .build()
        .expect("valid");
    let watched = api.clone();
    let progress = follow
        .run_until(async move {
            while watched.now_unix() < START + 1_000 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        })
        .await
        .expect("no error");
    assert!(progress.peak_entries <= 175, "{progress:?}");
    assert!(progress.events > 1_500);
    let counts = output.counts();
    for event in api.record() {
        if event.visible_at < START + 900 {
            assert_eq!(counts.get(&event.id), Some(&1), "{event:?}");
        }
    }
}

/// A thousand events in a day and so many more in one second of it.
fn with_a_full_second(events: u32) -> FakeApi {
    let flood = (0..events).map(|n| Event::new(format!("flood-{n}"), START - 1_000, "user_login"));
    api()
        .entries(1_000)
        .span(Duration::from_secs(86_400))
        .events(flood)
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_second_of_25_000_events_is_handed_on_page_by_page() {
    let (api, output) = (with_a_full_second(25_000), Output::default());
    let follow = Follow::builder(audit_logs(&api), MemoryStore::new(), output.clone())
        .since(START - DAY)
        .page_size(1_000)
        .build()
        .expect("valid");
    let progress = follow.run_once().await.expect("no error");
    assert_eq!(sorted(output.ids()), recorded(&api, START));
    assert!(progress.peak_entries <= 6_100, "{progress:?}");
    assert_ascending(&output);
    assert!(bounds(&api).iter().any(|(from, to)| from == to));
    println!("{} calls", api.request_count());
}

#[tokio::test(start_paused = true)]
async fn a_backfill_splits_windows_in_place_down_to_a_second() {
    let (api, output) = (with_a_full_second(2_500), Output::default());
    let backfill = Backfill::builder(
        audit_logs(&api),
        MemoryStore::new(),
        output.clone(),
        START - DAY,
    )
    .page_size(100)
    .jobs(3)
    .build()
    .expect("valid");
    let progress = backfill.run().await.expect("no error");
    assert_eq!(sorted(output.ids()), recorded(&api, START));
    assert!(progress.peak_entries <= 610, "{progress:?}");
    assert_ascending(&output);
    assert!(bounds(&api).iter().any(|(from, to)| from == to));
    println!("{} calls", api.request_count());
}

#[tokio::test(start_paused = true)]
async fn pages_larger_than_the_client_takes_are_asked_for_in_halves() {
    let api = api()
        .entries(2_000)
        .span(Duration::from_secs(3_000))
        .build();
    let output = Output::default();
    let small = crate::support::collect::audit_logs_with_limit(&api, FakeApi::TOKEN, 200_000);
    let follow = Follow::builder(small, MemoryStore::new(), output.clone())
        .since(START - 3_600)
        .build()
        .expect("valid");
    let progress = follow.run_once().await.expect("no error");
    assert!(progress.restarts > 3, "{progress:?}");
    assert_eq!(sorted(output.ids()), recorded(&api, START));
    let limits: std::collections::BTreeSet<_> = api
        .requests()
        .iter()
        .filter_map(|r| r.param("limit")?.parse::<u32>().ok())
        .collect();
    assert!(
        limits.contains(&9_999) && limits.contains(&4_999),
        "{limits:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_be_are_named() {
    let api = api().build();
    let builder = || Follow::builder(audit_logs(&api), MemoryStore::new(), Output::default());
    for (builder, word) in [
        (builder().filters(LogsRequest::new().oldest(5)), "oldest"),
        (
            builder().filters(LogsRequest::new().query("cursor", "x")),
            "cursor",
        ),
        (builder().filters(LogsRequest::new().limit(5)), "limit"),
        (builder().filters(LogsRequest::new().actor(" ")), "actor"),
        (builder().page_size(0), "limit"),
        (builder().interval(Duration::ZERO), "interval"),
        (builder().overlap(Duration::from_secs(100_000)), "deep_scan"),
        (builder().overlap(Duration::MAX), "overlap"),
    ] {
        let error = builder.build().map(drop).expect_err(word);
        let words = std::error::Error::source(&error)
            .expect("a cause")
            .to_string();
        assert!(words.contains(word), "{words}");
    }
    let backfill = || {
        Backfill::builder(
            audit_logs(&api),
            MemoryStore::new(),
            Output::default(),
            START,
        )
    };
    assert!(backfill().jobs(0).build().is_err());
    assert!(backfill().until(START - 1).build().is_err());
}
