//! A collector while it runs: outages, stops, what it tells of itself, and sinks that set the pace.

use std::time::Duration;

use futures_util::StreamExt;
use slack_audit_logs::{
    collect::{
        Backfill, ChannelSink, CollectError, FileSink, Follow, MemoryStore, RedbStore, WriterSink,
    },
    fake::{FakeApi, ScriptedResponse},
};
use tokio::time::Instant;

use crate::support::collect::{
    Counted, Hook, Moment, Output, START, api, audit_logs, ids_in, recorded, sorted,
};

fn the_api() -> FakeApi {
    api().entries(600).span(Duration::from_secs(9_000)).build()
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_two_days_is_waited_out_and_told() {
    let api = the_api();
    let (output, store) = (Output::default(), MemoryStore::new());
    let follow = Follow::builder(audit_logs(&api), store, output.clone())
        .since(START - 10_000)
        .page_size(100)
        .build()
        .expect("valid");
    let reader = follow.progress();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(follow.run_until(async {
        let _ = stopped.await;
    }));
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(output.ids().len(), 600);
    api.script(ScriptedResponse::status(503).forever());
    let asked = api.request_count();
    tokio::time::sleep(Duration::from_secs(2 * 86_400)).await;
    let during = reader.get();
    let outage = during.outage.clone().expect("an outage");
    let failures = u64::from(outage.failures);
    assert!(outage.error.contains("503"), "{}", outage.error);
    assert!(outage.since.elapsed() > Duration::from_secs(170_000));
    // Capped backoff: one call a minute, not more and not much less.
    assert!((2_700..2_900).contains(&failures), "{failures}");
    assert_eq!(failures, (api.request_count() - asked) as u64);
    assert!(
        during
            .lag()
            .is_some_and(|lag| lag > Duration::from_secs(170_000)),
        "{:?}",
        during.lag()
    );

    api.clear_script();
    tokio::time::sleep(Duration::from_secs(200)).await;
    let after = reader.get();
    assert!(
        after.outage.is_none() && after.lag().is_some_and(|lag| lag < Duration::from_secs(60)),
        "{after:?}"
    );
    let _ = stop.send(());
    task.await.expect("no panic").expect("no error");

    // Once is once.
    api.script(ScriptedResponse::status(503).forever());
    let once = Follow::builder(audit_logs(&api), MemoryStore::new(), output)
        .build()
        .expect("valid");
    let begun = Instant::now();
    let error = once.run_once().await.expect_err("an outage");
    assert!(
        matches!(&error, CollectError::Api(error) if error.is_server_error()),
        "{error:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_in_an_outage() {
    let api = the_api();
    api.script(ScriptedResponse::rate_limited(300).when(|r| r.param("oldest").is_some()));
    let output = Output::default();
    let follow =
        Follow::builder(audit_logs(&api), MemoryStore::new(), output.clone()).since(START - 10_000);
    let follow = follow.build().expect("valid");
    let _ = follow
        .run_until(tokio::time::sleep(Duration::from_secs(400)))
        .await
        .expect("no error");
    let times: Vec<_> = api.requests().iter().map(|r| r.at).collect();
    assert_eq!(times[2], times[1] + Duration::from_secs(300));
    assert_eq!(output.ids().len(), 600);
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_the_batch_that_is_handed_on_and_nothing_else() {
    // At each moment of store and sink in turn.
    for at in 0..30 {
        let api = the_api();
        let (output, store) = (Output::default(), MemoryStore::new());
        let (stop, mut stopped) = tokio::sync::watch::channel(false);
        let stop = std::sync::Arc::new(stop);
        let count = std::sync::atomic::AtomicUsize::new(0);
        let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = log.clone();
        let hook: Hook = std::sync::Arc::new(move |moment| {
            if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == at {
                stop.send_replace(true);
            }
            seen.lock().expect("whole").push(moment);
            Ok(())
        });
        let follow = Follow::builder(
            audit_logs(&api),
            Counted::new(store.clone(), hook.clone()),
            Counted::new(output.clone(), hook),
        )
        .since(START - 10_000)
        .page_size(50)
        .build()
        .expect("valid");
        follow
            .run_until(async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            })
            .await
            .expect("a clean end");
        let log = log.lock().expect("whole").clone();
        // Whatever was begun is ended, and at most one batch follows.
        assert!(
            matches!(log.last(), Some(Moment::After(_))),
            "{at}: {log:?}"
        );
        if let Some(Moment::Before("deliver" | "known")) = log.get(at) {
            assert_eq!(log.last(), Some(&Moment::After("commit")), "{at}: {log:?}");
        }
        assert!(log.len() <= at + 8, "{at}: {log:?}");
        // What is in the output is what is marked as done.
        let again = Follow::builder(audit_logs(&api), store, output.clone()).since(START - 10_000);
        again
            .build()
            .expect("valid")
            .run_once()
            .await
            .expect("no error");
        assert_eq!(sorted(output.ids()), recorded(&api, START), "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_heeded_while_waiting_for_slack_and_between_rounds() {
    for answer in [
        Some(ScriptedResponse::status(503).forever()),
        Some(
            ScriptedResponse::ordinary()
                .delay(Duration::from_secs(100_000))
                .forever(),
        ),
        None,
    ] {
        let api = the_api();
        if let Some(answer) = answer {
            api.script(answer.when(|r| r.param("oldest").is_some()));
        }
        let follow = Follow::builder(audit_logs(&api), MemoryStore::new(), Output::default())
            .since(START - 10_000);
        let begun = Instant::now();
        let stop = tokio::time::sleep(Duration::from_secs(45));
        follow
            .build()
            .expect("valid")
            .run_until(stop)
            .await
            .expect("a clean end");
        assert_eq!(begun.elapsed().as_secs(), 45);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_sink_slows_the_collector_down() {
    let api = api()
        .entries(3_000)
        .span(Duration::from_secs(9_000))
        .build();
    for jobs in [None, Some(3)] {
        let asked = api.request_count();
        let (sink, mut deliveries) = ChannelSink::new();
        let task = match jobs {
            None => {
                let follow = Follow::builder(audit_logs(&api), MemoryStore::new(), sink)
                    .since(START - 10_000)
                    .page_size(20);
                tokio::spawn(follow.build().expect("valid").run_once())
            }
            Some(jobs) => {
                let backfill =
                    Backfill::builder(audit_logs(&api), MemoryStore::new(), sink, START - 10_000)
                        .page_size(20)
                        .jobs(jobs);
                tokio::spawn(backfill.build().expect("valid").run())
            }
        };
        let mut ids = Vec::new();
        let first = deliveries.recv().await.expect("a batch");
        tokio::time::sleep(Duration::from_secs(1_000)).await;
        let calls = api.request_count() - asked;
        assert!(
            calls < 60 * jobs.unwrap_or(1),
            "{calls} calls while nothing was acknowledged"
        );
        let mut next = Some(first);
        while let Some(delivery) = next {
            let (batch, acknowledgement) = delivery.into_parts();
            assert!(!batch.is_empty() && batch.len() == batch.ids().len());
            ids.extend(
                batch
                    .entries()
                    .iter()
                    .map(|entry| entry.id().expect("an id").to_owned()),
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
            acknowledgement.acknowledge();
            next = deliveries.next().await;
        }
        task.await.expect("no panic").expect("no error");
        assert_eq!(
            ids,
            api.record()
                .into_iter()
                .map(|event| event.id)
                .collect::<Vec<_>>(),
            "{jobs:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_without_acknowledgement_ends_the_collector_with_nothing_done() {
    for drop_receiver in [true, false] {
        let (api, store) = (the_api(), MemoryStore::new());
        let (sink, mut deliveries) = ChannelSink::new();
        let follow = Follow::builder(audit_logs(&api), store.clone(), sink).since(START - 10_000);
        let task = tokio::spawn(follow.build().expect("valid").run());
        if !drop_receiver {
            drop(deliveries.recv().await.expect("a batch"));
        }
        drop(deliveries);
        let error = task.await.expect("no panic").expect_err("not acknowledged");
        assert!(matches!(error, CollectError::Sink(_)), "{error:?}");
        assert!(store.is_empty(), "nothing is remembered");
    }
}

#[tokio::test(start_paused = true)]
async fn a_writer_gets_whole_lines() {
    let api = the_api();
    let (near, far) = tokio::io::duplex(1_000);
    let follow = Follow::builder(audit_logs(&api), MemoryStore::new(), WriterSink::new(near))
        .since(START - 10_000);
    let task = tokio::spawn(follow.build().expect("valid").run_once());
    let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(far));
    let mut count = 0;
    while let Some(line) = lines.next_line().await.expect("no error") {
        let entry: serde_json::Value = serde_json::from_str(&line).expect("a whole line");
        assert!(entry["id"].is_string());
        count += 1;
    }
    task.await.expect("no panic").expect("no error");
    assert_eq!(count, 600);
}

#[tokio::test(start_paused = true)]
async fn a_backfill_goes_on_where_it_was_and_ends() {
    let api = api()
        .entries(2_000)
        .span(Duration::from_secs(40_000))
        .build();
    let directory = tempfile::tempdir().expect("a directory");
    let (state, out) = (directory.path().join("state"), directory.path().join("out"));
    let backfill = || {
        Backfill::builder(
            audit_logs(&api),
            RedbStore::new(&state),
            FileSink::new(&out),
            START - 50_000,
        )
        .until(START - 1_000)
        .page_size(50)
        .jobs(3)
        .build()
        .expect("valid")
    };
    let mut stops = 0;
    loop {
        let asked = api.request_count();
        let watched = api.clone();
        let progress = backfill()
            .run_until(async move {
                while watched.request_count() < asked + 15 {
                    tokio::task::yield_now().await;
                }
            })
            .await
            .expect("no error");
        if progress.mark == Some(START - 1_000) {
            break;
        }
        stops += 1;
        assert!(stops < 60);
    }
    assert!(stops > 2, "{stops}");
    let expected: Vec<_> = api
        .record()
        .into_iter()
        .filter(|event| event.date_create < START - 999)
        .map(|event| event.id)
        .collect();
    assert_eq!(ids_in(&out), expected);
    // Once it is through there is nothing left to do.
    let asked = api.request_count();
    backfill().run().await.expect("no error");
    assert_eq!(
        (api.request_count(), ids_in(&out).len()),
        (asked, expected.len())
    );
}
