//! Events that become visible late, twice, or while clocks go wrong.

use std::time::Duration;

use slack_audit_logs::{
    collect::{
        Batch, BatchSink, CollectError, Follow, FollowBuilder, MemoryStore, Progress, SinkPosition,
    },
    fake::{Event, FakeApi},
};

use tower::BoxError;

use crate::support::collect::{Output, START, Service, api, audit_logs};

fn builder(
    api: &FakeApi,
    store: &MemoryStore,
    output: &Output,
) -> FollowBuilder<Service, MemoryStore, Output> {
    Follow::builder(audit_logs(api), store.clone(), output.clone()).since(START - 100_000)
}

/// Follows until the API's clock has moved on by so many seconds.
async fn follow_for(
    seconds: u64,
    builder: FollowBuilder<Service, MemoryStore, Output>,
) -> Result<Progress, CollectError> {
    let follow = builder.build().expect("valid");
    follow
        .run_until(tokio::time::sleep(Duration::from_secs(seconds)))
        .await
}

fn event(id: &str, date: i64) -> Event {
    Event::new(id, date, "user_login")
}

#[tokio::test(start_paused = true)]
async fn late_by_up_to_the_overlap_is_found_by_the_next_round_later_by_the_deep_scan() {
    let api = api().entries(0).build();
    let (output, store) = (Output::default(), MemoryStore::new());
    let base = START + 200;
    let lateness = [
        ("1s", 1, false),
        ("59s", 59, false),
        ("5min", 300, false),
        ("9min", 540, false),
        ("1h", 3_600, true),
        ("20h", 72_000, true),
        ("23h", 82_800, true),
    ];
    for (id, late, _) in lateness {
        api.push(event(id, base), base + late);
    }
    api.push(event("too late", base), base + 100_000);
    // Younger ones that are there at once, all along.
    for n in 0..1_000 {
        api.push(event(&format!("n{n}"), base + n * 100), base + n * 100);
    }
    let progress = follow_for(110_000, builder(&api, &store, &output))
        .await
        .expect("no error");
    let lines = output.lines();
    for (id, _, is_late) in lateness {
        let found: Vec<_> = lines.iter().filter(|line| line.id == id).collect();
        assert_eq!(found.len(), 1, "{id}");
        assert_eq!(found[0].late, is_late, "{id}");
    }
    assert!(
        !output.counts().contains_key("too late"),
        "out of reach, as documented"
    );
    assert_eq!((progress.late, progress.events), (3, 1_007));
    assert!(output.counts().values().all(|count| *count == 1));
    assert!(progress.duplicates > 0, "the overlap was read again");
}

#[tokio::test(start_paused = true)]
async fn late_events_are_found_after_an_outage_of_days_too() {
    let api = api().entries(500).span(Duration::from_secs(90_000)).build();
    let (output, store) = (Output::default(), MemoryStore::new());
    follow_for(600, builder(&api, &store, &output))
        .await
        .expect("no error");
    let before = output.ids().len();
    assert_eq!(before, 500);
    // While nobody looks: events of before the outage, late by 20 h, and of within it, late by 1 h
    // and by 23 h.
    let stopped = START + 600;
    for (id, date, late) in [
        ("a", stopped - 10, 72_000),
        ("b", stopped - 50_000, 80_000),
        ("c", stopped + 90_000, 3_600),
        ("d", stopped + 150_000, 82_800),
        ("e", stopped + 250_000, 20_000),
    ] {
        api.push(event(id, date), date + late);
    }
    tokio::time::sleep(Duration::from_secs(260_000)).await;
    let progress = follow_for(30_000, builder(&api, &store, &output))
        .await
        .expect("no error");
    for id in ["a", "b", "c", "d", "e"] {
        assert_eq!(output.counts().get(id), Some(&1), "{id}");
    }
    assert_eq!(progress.events, 5, "nothing twice");
    // The others are in the range of the round that catches up.
    assert_eq!(progress.late, 2, "b and e: {progress:?}");
}

#[tokio::test(start_paused = true)]
async fn two_in_the_second_of_the_mark_one_of_them_late() {
    let api = api().entries(0).build();
    let (output, store) = (Output::default(), MemoryStore::new());
    // The first round ends one second before the start.
    let mark = START - 1;
    api.push(event("punctual", mark), mark);
    api.push(event("late", mark), mark + 2);
    follow_for(1, builder(&api, &store, &output))
        .await
        .expect("no error");
    assert_eq!(store.checkpoint().and_then(|c| c.mark()), Some(mark));
    assert_eq!(output.ids(), ["punctual"]);
    follow_for(100, builder(&api, &store, &output))
        .await
        .expect("no error");
    assert_eq!(output.ids(), ["punctual", "late"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_id_with_other_content_or_another_date_comes_once() {
    let api = api().entries(0).build();
    let (output, store) = (Output::default(), MemoryStore::new());
    for (n, date) in [
        (0, START - 50_000),
        (1, START - 50_000),
        (2, START - 49_000),
        (3, START - 400),
        (4, START + 100),
    ] {
        api.push(event("same", date).detail("n", n), date);
    }
    // Without an id the bytes count.
    for _ in 0..2 {
        api.push(
            Event::raw(
                "x",
                START - 300,
                "user_login",
                r#"{"date_create":1704066900,"action":"user_login"}"#,
            ),
            START,
        );
    }
    api.push(
        Event::raw(
            "y",
            START - 300,
            "user_login",
            r#"{"id":"","action":"odd"}"#,
        ),
        START,
    );
    let progress = follow_for(7_300, builder(&api, &store, &output))
        .await
        .expect("no error");
    assert_eq!(output.counts().get("same"), Some(&1));
    assert_eq!(output.ids().len(), 3, "{:?}", output.ids());
    assert_eq!(progress.drifted, 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_clock_that_steps_leaves_no_gap() {
    let api = api()
        .entries(0)
        .arrivals(10.0, 0.2, Duration::from_secs(120))
        .build();
    let (output, store) = (Output::default(), MemoryStore::new());
    let follow = builder(&api, &store, &output).build().expect("valid");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(follow.run_until(async {
        let _ = stopped.await;
    }));
    for step in [300, -300, -400, 90, -1, 30, 500, -60] {
        tokio::time::sleep(Duration::from_secs(1_000)).await;
        api.step_clock(step);
    }
    tokio::time::sleep(Duration::from_secs(5_000)).await;
    let by = api.now_unix() - 100;
    let _ = stop.send(());
    task.await.expect("no panic").expect("no error");
    let counts = output.counts();
    let record = api.record();
    assert!(record.len() > 1_500);
    for event in record {
        if event.visible_at <= by && event.date_create <= by {
            assert_eq!(counts.get(&event.id), Some(&1), "{event:?}");
        }
    }
    assert!(counts.values().all(|count| *count == 1));
}

#[tokio::test(start_paused = true)]
async fn a_date_that_lies_for_one_reply_moves_nothing() {
    let api = api().entries(0).arrivals(20.0, 0.0, Duration::ZERO).build();
    let (output, store) = (Output::default(), MemoryStore::new());
    let follow = builder(&api, &store, &output)
        .without_deep_scan()
        .build()
        .expect("valid");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(follow.run_until(async {
        let _ = stopped.await;
    }));
    let mut lies = 0;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(95)).await;
        api.set_date_skew(Some(86_400));
        let asked = api.request_count();
        while api.request_count() == asked {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        lies += 1;
        api.set_date_skew(Some(0));
    }
    tokio::time::sleep(Duration::from_secs(100)).await;
    let mark = store.checkpoint().and_then(|c| c.mark()).expect("a mark");
    assert!(
        mark <= api.now_unix(),
        "{lies} lies did not move the mark ahead"
    );
    let _ = stop.send(());
    task.await.expect("no panic").expect("no error");
    let counts = output.counts();
    for event in api.record() {
        if event.date_create <= mark {
            assert_eq!(counts.get(&event.id), Some(&1), "{event:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_date_it_is_an_error_unless_a_clock_is_allowed() {
    let api = api().entries(100).span(Duration::from_secs(1_000)).build();
    api.set_date_skew(None);
    let (output, store) = (Output::default(), MemoryStore::new());
    let error = follow_for(100, builder(&api, &store, &output))
        .await
        .expect_err("no time");
    assert!(matches!(error, CollectError::NoDate), "{error}");
    assert!(error.to_string().contains("fallback_clock"));
    assert_eq!(output.ids().len(), 0);

    let now = api.now();
    let with_clock =
        builder(&api, &store, &output).fallback_clock(move || std::time::UNIX_EPOCH + now);
    follow_for(100, with_clock).await.expect("no error");
    assert_eq!(output.ids().len(), 100);
}

/// A sink that has no position: at least once.
#[derive(Clone, Default)]
struct Plain(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl BatchSink for Plain {
    async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        let ids = batch
            .entries()
            .iter()
            .filter_map(|entry| entry.id().map(str::to_owned));
        self.0.lock().expect("whole").extend(ids);
        Ok(None)
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_fresh_state_begins_is_kept_from_the_first_moment() {
    let api = api().entries(100).span(Duration::from_secs(1_000)).build();
    let (sink, store) = (Plain::default(), MemoryStore::new());
    let once = || {
        Follow::builder(audit_logs(&api), store.clone(), sink.clone())
            .build()
            .expect("valid")
            .run_once()
    };
    // From now on, and nothing has happened yet.
    once().await.expect("no error");
    for n in 0..5 {
        api.push_now(event(&format!("e{n}"), START + n * 100));
    }
    tokio::time::sleep(Duration::from_secs(5_000)).await;
    once().await.expect("no error");
    assert_eq!(
        *sink.0.lock().expect("whole"),
        ["e0", "e1", "e2", "e3", "e4"]
    );
}

#[test]
fn the_machines_own_clock_is_not_asked() {
    let mut files = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/collect"
    ))];
    let mut read = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).expect("a directory");
            files.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        read += 1;
        let text = std::fs::read_to_string(&path).expect("text");
        for call in ["SystemTime::now()", "Utc::now", "Timestamp::now"] {
            assert!(!text.contains(call), "{}: {call}", path.display());
        }
    }
    assert!(read > 10, "{read} files");
}
