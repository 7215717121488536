//! How a collector ends, and what a start after it does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use slack_audit_logs::{
    LogsRequest,
    collect::{
        Backfill, CollectError, EntryId, Follow, FollowBuilder, Progress, Tier,
        destination::{Batch, Checkpoint, Commit, Destination, DestinationError, File, Service},
    },
};
use tokio::time::Instant;
use tower::{BoxError, service_fn};

use crate::support::{
    capture::Capture,
    collect::{Journal, Moment, START},
    slack::{Happened, Odd, Slack, Stack},
};

fn event(id: u64, date: i64, visible_at: i64) -> Happened {
    Happened {
        id,
        date,
        visible_at,
    }
}

fn slack() -> Slack {
    let slack = Slack::new(START);
    slack.add((0..500_u32).map(|n| event(n.into(), START - 50_000 + i64::from(n) * 100, 0)));
    slack
}

async fn backfill(
    slack: &Slack,
    journal: &Journal,
    since: i64,
    until: Option<i64>,
) -> Result<Progress, CollectError> {
    let host = slack.clone();
    let mut backfill = Backfill::builder(slack.audit_logs(), journal.clone())
        .since(since)
        .page_size(100)
        .host_clock(move || host.system_time());
    if let Some(until) = until {
        backfill = backfill.until(until);
    }
    backfill.build().expect("valid").run().await
}

/// Another collector begins just before the first commit of this one, takes its time over it, and
/// then ends.
struct BegunByAnother {
    journal: Journal,
    refusals: u32,
}

impl Destination for BegunByAnother {
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        self.journal.open()
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        self.journal.known(ids)
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        async move {
            let Some(left) = self.refusals.checked_sub(1) else {
                return self.journal.commit(commit).await;
            };
            self.refusals = left;
            if left == 0 {
                self.journal.commit(commit).await?;
            }
            Err(DestinationError::superseded("another has begun"))
        }
        .boxed()
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        self.journal.close()
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_begins_a_moment_after_another_goes_on_from_there() {
    let (slack, journal) = (slack(), Journal::default());
    for run in 0..2 {
        let host = slack.clone();
        let destination = BegunByAnother {
            journal: journal.clone(),
            refusals: if run == 0 { 3 } else { 0 },
        };
        let follow = Follow::builder(slack.audit_logs(), destination)
            .since(START - 60_000)
            .page_size(100)
            .host_clock(move || host.system_time());
        let begun = Instant::now();
        let done = follow.build().expect("valid").run_once().await;
        let events = done.expect("no error").events;
        assert_eq!(events, if run == 0 { 500 } else { 0 });
        let waited = begun.elapsed() >= Duration::from_secs(3);
        assert_eq!(waited, run == 0, "no tight loop, and no wait without need");
    }
    assert_eq!(journal.ids().len(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_backfill_that_is_run_again_brings_what_came_late() {
    let (slack, journal) = (slack(), Journal::default());
    let since = START - 60_000;
    let end = START - 1;
    let first = backfill(&slack, &journal, since, Some(end))
        .await
        .expect("no error");
    assert_eq!(first.events, 500);
    let settled = first.settled.expect("it has ended");
    assert!(
        (START - 86_403..START - 86_390).contains(&settled),
        "{settled}"
    );
    // 50 events of its range appear only now.
    slack.add((1_000..1_050).map(|id| event(id, START - 20_000, 0)));
    let second = backfill(&slack, &journal, since, Some(end))
        .await
        .expect("no error");
    assert_eq!((second.events, second.late_events()), (50, 50));
    tokio::time::sleep(Duration::from_secs(90_000)).await;
    let third = backfill(&slack, &journal, since, Some(end))
        .await
        .expect("no error");
    assert_eq!((third.events, third.settled), (0, Some(end)));
    assert_eq!(journal.ids().len(), 550);
}

#[tokio::test(start_paused = true)]
async fn another_range_extends_a_backfill_or_is_refused_in_words() {
    let (slack, journal) = (slack(), Journal::default());
    let since = START - 60_000;
    let until = START - 25_000;
    let first = backfill(&slack, &journal, since, Some(until))
        .await
        .expect("no error");
    assert_eq!(first.events, 251);
    for (since, until, words) in [
        (since - 10_000, START, "in front of it"),
        (START - 10, START, "after that"),
        (since, until - 10_000, "already"),
    ] {
        let error = backfill(&slack, &journal, since, Some(until))
            .await
            .expect_err("refused");
        assert!(error.to_string().contains(words), "{error}");
    }
    let second = backfill(&slack, &journal, since + 5, None)
        .await
        .expect("no error");
    assert_eq!(second.events, 249);
    let dates: Vec<_> = journal.lines().iter().map(|line| line.date).collect();
    assert!(dates.is_sorted());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_batch_that_is_never_taken() {
    let slack = slack();
    let never = service_fn(|_: Batch| std::future::pending::<Result<(), BoxError>>());
    let follow = Follow::builder(slack.audit_logs(), Service::in_memory(never))
        .since(START - 60_000)
        .build()
        .expect("valid");
    let begun = tokio::time::Instant::now();
    let progress = follow
        .run_until(tokio::time::sleep(Duration::from_secs(5)))
        .await;
    assert_eq!(progress.expect("no error").events, 0);
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_gets_the_same_batch_until_it_takes_it() {
    let slack = slack();
    let taken = std::sync::Arc::new(std::sync::Mutex::new((0, Vec::new())));
    let sink = taken.clone();
    let service = service_fn(move |batch: Batch| {
        let sink = sink.clone();
        async move {
            let mut sink = sink.lock().expect("whole");
            sink.0 += 1;
            if sink.0 % 3 != 0 {
                return Err(BoxError::from("not now"));
            }
            sink.1.extend(batch.entries().iter().map(|event| event.id));
            Ok(())
        }
    });
    let host = slack.clone();
    let follow = Follow::builder(slack.audit_logs(), Service::in_memory(service))
        .since(START - 60_000)
        .page_size(100)
        .host_clock(move || host.system_time())
        .build()
        .expect("valid");
    let shutdown = tokio::time::sleep(Duration::from_secs(600));
    let progress = follow.run_until(shutdown).await.expect("no error");
    assert_eq!(progress.events, 500);
    let mut ids = taken.lock().expect("whole").1.clone();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 500);
}

#[tokio::test(start_paused = true)]
async fn late_events_are_found_by_the_smallest_tier_that_reaches_them() {
    let (slack, journal) = (Slack::new(START), Journal::default());
    // Late by so much, and delivered within so much by the rules.
    let lates = [
        (1, 30),
        (59, 30),
        (300, 300),
        (3_500, 3_600),
        (72_000, 3_600),
    ];
    let begin = START + 100_000;
    slack.add(
        (0..)
            .zip(lates)
            .map(|(id, (late, _))| event(id, begin, begin + late)),
    );
    // In the second of the watermark, one of them late.
    slack.add([event(100, begin, begin), event(101, begin, begin + 40)]);
    let host = slack.clone();
    let follow = Follow::builder(slack.audit_logs(), journal.clone())
        .since(START - 10)
        .host_clock(move || host.system_time())
        .build()
        .expect("valid");
    let running = tokio::spawn(follow.run_until(tokio::time::sleep(Duration::from_secs(200_000))));
    let mut found = Vec::new();
    while !running.is_finished() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for id in journal.ids().into_iter().skip(found.len()) {
            found.push((id, slack.now()));
        }
    }
    let progress = running.await.expect("no panic").expect("no error");
    assert_eq!(found.len(), lates.len() + 2);
    for (id, (late, within)) in (0..).zip(lates) {
        let name = format!("e{id}");
        let (_, at) = found.iter().find(|(id, _)| *id == name).expect("delivered");
        let took = at - (begin + late);
        assert!(took <= within + 40, "{late} s late: after {took} s");
    }
    // One that is late by a second may still come before the watermark has passed it.
    let late = progress.late_events();
    assert!((5..=6).contains(&late), "{:?}", progress.late);
    assert_eq!(progress.late.len(), 3, "{:?}", progress.late);
}

/// A follower of the last 4,000 seconds with these filters.
fn with_filters(
    slack: &Slack,
    journal: &Journal,
    filters: LogsRequest,
) -> FollowBuilder<Stack, Journal> {
    let host = slack.clone();
    Follow::builder(slack.audit_logs(), journal.clone())
        .since(START - 60_000)
        .filters(filters)
        .host_clock(move || host.system_time())
}

#[tokio::test(start_paused = true)]
async fn changed_filters_are_refused_unless_they_are_allowed() {
    let (slack, journal) = (slack(), Journal::default());
    let logins = || LogsRequest::new().action("user_login");
    let first = with_filters(&slack, &journal, logins());
    first
        .build()
        .expect("valid")
        .run_once()
        .await
        .expect("runs");
    assert_eq!(journal.ids().len(), 500);
    let requests = slack.request_count();
    let others = [
        with_filters(&slack, &journal, LogsRequest::new()),
        with_filters(&slack, &journal, logins().actor("W1")),
        // The same for Slack, another one on this side.
        with_filters(&slack, &journal, logins()).keep("mine", |_| true),
    ];
    for other in others {
        let error = other.build().expect("valid").run_once().await;
        let error = error.expect_err("refused");
        assert!(matches!(error, CollectError::OtherState(_)), "{error:?}");
        assert!(error.to_string().contains("filters"), "{error}");
    }
    assert_eq!(slack.request_count(), requests, "nothing was read");
    for same in [false, true] {
        let filters = if same { logins() } else { LogsRequest::new() };
        let follow = with_filters(&slack, &journal, filters).allow_changed_filters();
        follow
            .build()
            .expect("valid")
            .run_once()
            .await
            .expect("runs");
    }
    let last = with_filters(&slack, &journal, logins());
    last.build().expect("valid").run_once().await.expect("runs");
    assert_eq!(journal.ids().len(), 500);
}

/// What dates an event has in its own bytes is nobody's promise: where the server finds it counts.
#[tokio::test(start_paused = true)]
async fn an_id_is_remembered_for_as_long_as_its_window_may_be_read() {
    for date in ["5", r#""soon""#, "null", "99999999999"] {
        let (slack, journal) = (Slack::new(START), Journal::default());
        let entry = format!(r#"{{"id":"e1","date_create":{date},"action":"user_login"}}"#);
        slack.choose(move |query| {
            let is_in = (query.oldest..=query.latest).contains(&(START + 30));
            let entries = if is_in { &*entry } else { "" };
            Some(Odd::Is(200, format!(r#"{{"entries":[{entries}]}}"#)))
        });
        // One that moves the floor on.
        let tier = Tier::new(Duration::from_secs(30), Duration::from_secs(300));
        let follow = with_filters(&slack, &journal, LogsRequest::new()).tiers([tier]);
        let shutdown = tokio::time::sleep(Duration::from_secs(2_000));
        let progress = follow.build().expect("valid").run_until(shutdown).await;
        assert_eq!(journal.ids(), ["e1"], "{date}");
        assert!(progress.expect("no error").duplicates > 5, "{date}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_trace_tells_what_slack_or_an_event_says() {
    let traces = Capture::start();
    let (slack, journal) = (Slack::new(START), Journal::default());
    let count = AtomicU32::new(0);
    slack.choose(move |query| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let body = match number % 4 {
            0 => r#"{"ok":false,"error":"service_unavailable","CANARY":1}"#.to_owned(),
            1 => "<html>CANARY</html>".to_owned(),
            _ => format!(
                r#"{{"entries":[{{"id":"CANARY{number}","date_create":{},"action":"CANARY"}}]}}"#,
                query.at - 20
            ),
        };
        Some(Odd::Is(200, body))
    });
    let filters = LogsRequest::new().actor("CANARY");
    let hooked = journal.with_hook({
        let count = AtomicU32::new(0);
        move |moment| {
            let is_to_fail = moment == Moment::Before("commit")
                && count.fetch_add(1, Ordering::Relaxed) % 3 == 1;
            if is_to_fail {
                return Err(DestinationError::outage("no room"));
            }
            Ok(())
        }
    });
    let follow = with_filters(&slack, &hooked, filters);
    let shutdown = tokio::time::sleep(Duration::from_secs(3_000));
    let progress = follow.build().expect("valid").run_until(shutdown).await;
    assert!(progress.as_ref().expect("no error").events > 5);
    let text = traces.text();
    for field in [
        "watermark",
        "lag_seconds",
        "late_events",
        "allowance_ratio",
        "last_error",
    ] {
        assert!(text.contains(&format!("{field}=")), "no {field} in {text}");
    }
    assert!(text.contains("no room"), "{text}");
    assert!(!format!("{text}{progress:?}").contains("CANARY"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn what_keep_does_not_want_is_left_out() {
    let (slack, journal) = (slack(), Journal::default());
    let is_even = |id: &str| id.ends_with(['0', '2', '4', '6', '8']);
    let follow = with_filters(&slack, &journal, LogsRequest::new())
        .keep("even", move |entry| entry.id().is_some_and(is_even));
    let progress = follow.build().expect("valid").run_once().await;
    assert_eq!(progress.expect("no error").events, 250);
    assert_eq!(journal.ids().len(), 250);
    assert!(journal.ids().iter().all(|id| is_even(id)));
}

#[tokio::test(start_paused = true)]
async fn a_run_up_to_now_ends_though_passes_take_longer_than_the_time_between_them() {
    let (slack, journal) = (slack(), Journal::default());
    slack.latency(Duration::from_secs(2));
    for events in [500, 1] {
        let host = slack.clone();
        let follow = Follow::builder(slack.audit_logs(), journal.clone())
            .since(START - 60_000)
            .page_size(100)
            .tiers([Tier::new(
                Duration::from_secs(1),
                Duration::from_secs(60_000),
            )])
            .host_clock(move || host.system_time())
            .build()
            .expect("valid");
        let run = tokio::time::timeout(Duration::from_secs(600), follow.run_once());
        let progress = run.await.expect("it ends").expect("no error");
        assert_eq!(progress.events, events);
        slack.add([event(1_000, slack.now(), 0)]);
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
}

/// The clocks went back, or objects of an archive are gone.
#[tokio::test(start_paused = true)]
async fn a_run_up_to_now_ends_where_all_is_read_that_may_be() {
    let (slack, journal) = (slack(), Journal::default());
    for (jump, expected) in [(0, 500), (-20_000, 500), (20_000, 501)] {
        slack.jump(jump);
        let host = slack.clone();
        let follow = Follow::builder(slack.audit_logs(), journal.clone())
            .since(START - 60_000)
            .page_size(100)
            .tiers([Tier::new(Duration::from_secs(10), Duration::from_secs(100))])
            .host_clock(move || host.system_time());
        let progress = follow.build().expect("valid").run_once().await;
        progress.expect("no error");
        assert_eq!(journal.ids().len(), expected);
        slack.add([event(1_000, START + 1, 0)]);
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_up_to_now_ends_with_what_goes_on_failing() {
    for operation in ["open", "known", "commit"] {
        let count = Arc::new(AtomicU32::new(0));
        let failing = Journal::default().with_hook({
            let count = count.clone();
            move |moment| {
                if moment != Moment::Before(operation) {
                    return Ok(());
                }
                count.fetch_add(1, Ordering::Relaxed);
                Err(DestinationError::outage("no room"))
            }
        });
        let begun = Instant::now();
        let follow = with_filters(&slack(), &failing, LogsRequest::new());
        let error = follow.build().expect("valid").run_once().await;
        let error = error.expect_err("no room");
        assert!(matches!(error, CollectError::Destination(_)), "{error:?}");
        assert_eq!(count.load(Ordering::Relaxed), 4, "{operation}");
        // 1 + 2 + 4 s
        let waited = begun.elapsed().as_secs();
        assert!((7..12).contains(&waited), "{operation}: {waited} s");
    }

    let (slack, count) = (slack(), Arc::new(AtomicU32::new(0)));
    let rejected = count.clone();
    slack.choose(move |query| {
        let is_page = query.limit > 1;
        rejected.fetch_add(u32::from(is_page), Ordering::Relaxed);
        let body = r#"{"ok":false,"error":"invalid_cursor"}"#;
        is_page.then(|| Odd::Is(400, body.to_owned()))
    });
    let follow = with_filters(&slack, &Journal::default(), LogsRequest::new());
    let error = follow.build().expect("valid").run_once().await;
    let error = error.expect_err("rejected");
    assert!(matches!(error, CollectError::Window { .. }), "{error:?}");
    assert_eq!(count.load(Ordering::Relaxed), 5);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_committed_at_the_end_is_an_error_and_comes_again() {
    let (slack, mut journal) = (slack(), Journal::default());
    journal.flush_interval = Duration::from_secs(3_600);
    let (commits, closes) = (AtomicU32::new(0), Arc::new(AtomicU32::new(0)));
    let failing = journal.with_hook({
        let closes = closes.clone();
        move |moment| match moment {
            // The first is the beginning, before anything was read.
            Moment::Before("commit") if commits.fetch_add(1, Ordering::Relaxed) > 0 => {
                Err(DestinationError::refused("full"))
            }
            Moment::Before("close") => {
                closes.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            _ => Ok(()),
        }
    });
    let follow = |journal| {
        let follow = with_filters(&slack, journal, LogsRequest::new());
        let shutdown = tokio::time::sleep(Duration::from_secs(100));
        follow.build().expect("valid").run_until(shutdown)
    };
    let error = follow(&failing).await.expect_err("full");
    assert!(matches!(error, CollectError::Destination(_)), "{error:?}");
    assert_eq!(journal.ids().len(), 0);
    assert_eq!(closes.load(Ordering::Relaxed), 1);
    follow(&journal).await.expect("no error");
    assert_eq!(journal.ids().len(), 500);
}

#[tokio::test(start_paused = true)]
async fn debug_tells_settings_and_nothing_of_an_event() {
    let slack = slack();
    let shown = Arc::new(std::sync::Mutex::new(String::new()));
    let service = service_fn({
        let shown = shown.clone();
        move |batch: Batch| {
            *shown.lock().expect("whole") = format!("{batch:?} {:?}", batch.entries()[0]);
            std::future::ready(Ok::<_, BoxError>(()))
        }
    });
    let service = Service::in_memory(service);
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name| directory.path().join(name);
    let file = File::new(path("out"), path("state")).rotate_hourly();
    let destinations = format!("{service:?} {file:?}");
    let host = slack.clone();
    let follow = Follow::builder(slack.audit_logs(), service)
        .since(START - 60_000)
        .filters(LogsRequest::new().actor("CANARY"))
        .keep("mine", |_| true)
        .host_clock(move || host.system_time());
    let settings = format!("{follow:?}");
    follow
        .build()
        .expect("valid")
        .run_once()
        .await
        .expect("no error");
    let shown = shown.lock().expect("whole");
    for (shown, parts) in [
        (
            &destinations,
            &["Service", "File", "period: Some(3600)"][..],
        ),
        (&settings, &["mine", "page_size: 9999", "actor"]),
        (
            &shown,
            &[
                "len: 500",
                "range: 1704007200..",
                "EntryId(",
                "is_late: false",
            ],
        ),
    ] {
        for part in parts {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        for private in ["CANARY", "user_login", "\"e0\""] {
            assert!(!shown.contains(private), "{private} in {shown}");
        }
    }
}

#[test]
fn settings_that_cannot_be_are_named() {
    let (slack, journal) = (slack(), Journal::default());
    let (service, destination) = (|| slack.audit_logs(), || journal.clone());
    let filters = |filters: LogsRequest| {
        let follow = Follow::builder(service(), destination()).filters(filters);
        follow.build().map(drop)
    };
    let page_size = |size| {
        Follow::builder(service(), destination())
            .page_size(size)
            .build()
            .map(drop)
    };
    let range = |since: i64, until: i64| {
        let backfill = Backfill::builder(service(), destination())
            .since(since)
            .until(until);
        backfill.build().map(drop)
    };
    for (result, words) in [
        (filters(LogsRequest::new().action("user_login")), ""),
        (filters(LogsRequest::new().oldest(5)), "filters: oldest"),
        (filters(LogsRequest::new().limit(5)), "filters: limit"),
        (page_size(9_999), ""),
        (page_size(0), "limit"),
        (page_size(10_000), "limit"),
        (range(5, 6), ""),
        (range(5, 5), ""),
        (range(5, 4), "until: must not be before since"),
        (
            Backfill::builder(service(), destination())
                .build()
                .map(drop),
            "since",
        ),
    ] {
        let said = result.err().map(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            cause.unwrap_or_else(|| error.to_string())
        });
        let said = said.unwrap_or_default();
        assert!(
            said.contains(words) && said.is_empty() == words.is_empty(),
            "{words}: {said}"
        );
    }
}
