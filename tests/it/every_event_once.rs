//! What a collector promises, against the embedded API: every event once, within frozen bounds,
//! whatever happens in between.

use std::{collections::HashSet, time::Duration};

use slack_audit_logs::{
    collect::{Follow, FollowBuilder, Tier},
    fake::{Event, FakeApi, ScriptedResponse},
};

use crate::support::collect::{
    Journal, START, Service, api, audit_logs, host_of, recorded, sorted,
};

fn follow(api: &FakeApi, journal: &Journal) -> FollowBuilder<Service, Journal> {
    Follow::builder(audit_logs(api), journal.clone())
        .since(START - 4_000)
        .host_clock(host_of(api))
}

/// A day of the paused clock is long enough for each of these.
async fn within_a_day<T>(running: impl Future<Output = T>) -> T {
    let day = Duration::from_secs(86_400);
    tokio::time::timeout(day, running).await.expect("an end")
}

/// Every event that is visible by now is there once, and nothing else.
fn judge(api: &FakeApi, journal: &Journal) {
    let ids = journal.ids();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "twice");
    assert_eq!(sorted(ids), recorded(api, api.now_unix() - 1));
}

#[tokio::test(start_paused = true)]
async fn bounds_stay_through_a_chain_and_nothing_beyond_the_reach_is_asked_for() {
    let api = api()
        .entries(1_000)
        .span(Duration::from_secs(3_600))
        .arrivals(60.0, 0.0, Duration::ZERO)
        .build();
    let journal = Journal::default();
    let tier = Tier::new(Duration::from_secs(30), Duration::from_secs(60));
    let collector = || {
        let builder = follow(&api, &journal).tiers([tier]).page_size(100);
        builder.build().expect("valid")
    };
    within_a_day(collector().run_once())
        .await
        .expect("no error");
    let first = api.request_count();
    let shutdown = tokio::time::sleep(Duration::from_secs(600));
    within_a_day(collector().run_until(shutdown))
        .await
        .expect("no error");

    let second = |request: &slack_audit_logs::fake::RecordedRequest, name| -> Option<i64> {
        request.param(name).and_then(|value| value.parse().ok())
    };
    let mut begun = HashSet::new();
    for (number, request) in api.requests().iter().enumerate() {
        let bounds = (second(request, "oldest"), second(request, "latest"));
        if request.param("cursor").is_some() {
            assert!(begun.contains(&bounds), "{bounds:?} in mid-chain");
        } else {
            begun.insert(bounds);
        }
        if let Some(oldest) = bounds.0 {
            // The tier's reach, and the ten minutes more that the longest tier reads.
            let reach = if number < first { 4_000 } else { 60 + 600 + 60 };
            assert!(oldest >= START - reach, "request {number}: {oldest}");
        }
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    within_a_day(collector().run_once())
        .await
        .expect("no error");
    let dates: Vec<_> = journal.lines().iter().map(|line| line.date).collect();
    assert!(dates.is_sorted(), "oldest first");
}

#[tokio::test(start_paused = true)]
async fn a_second_that_alone_is_many_pages_and_late_events_in_it() {
    let api = api().entries(0).dates(vec![START - 60; 5_000]).build();
    let late = api.push_made(START - 60, START + 40);
    let journal = Journal::default();
    let collector = || {
        follow(&api, &journal)
            .page_size(300)
            .build()
            .expect("valid")
    };
    within_a_day(collector().run_once())
        .await
        .expect("no error");
    assert_eq!(journal.ids().len(), 5_000);
    tokio::time::sleep(Duration::from_secs(400)).await;
    within_a_day(collector().run_once())
        .await
        .expect("no error");
    let ids = journal.ids();
    assert_eq!(ids.iter().filter(|id| **id == late).count(), 1);
    assert_eq!(ids.len(), 5_001);
    assert_eq!(ids.into_iter().collect::<HashSet<_>>().len(), 5_001);
}

#[tokio::test(start_paused = true)]
async fn a_token_revoked_on_the_way_ends_it_and_a_new_one_goes_on() {
    let api = api()
        .entries(1_000)
        .span(Duration::from_secs(3_600))
        .build();
    let journal = Journal::default();
    let collector = || {
        follow(&api, &journal)
            .page_size(100)
            .build()
            .expect("valid")
    };
    api.script(
        ScriptedResponse::slack_error(401, "token_revoked")
            .nth(5)
            .forever(),
    );
    let error = within_a_day(collector().run()).await.expect_err("revoked");
    let api_error = error.api().expect("Slack's refusal");
    assert_eq!(
        api_error.code().map(slack_audit_logs::ErrorCode::as_str),
        Some("token_revoked")
    );
    assert!(!format!("{error} {error:?}").contains(FakeApi::TOKEN));
    assert!(journal.ids().len() < 1_000, "{}", journal.ids().len());
    api.clear_script();
    tokio::time::sleep(Duration::from_secs(60)).await;
    within_a_day(collector().run_once())
        .await
        .expect("no error");
    judge(&api, &journal);
}

#[tokio::test(start_paused = true)]
async fn the_same_id_with_other_content_comes_once() {
    let api = api().entries(0).build();
    let journal = Journal::default();
    let collector = || follow(&api, &journal).build().expect("valid");
    api.push_now(Event::new("same", START - 100, "user_login"));
    api.push_now(Event::new("same", START - 100, "user_logout"));
    within_a_day(collector().run_once())
        .await
        .expect("no error");
    api.push_now(Event::new("same", START - 90, "user_created"));
    tokio::time::sleep(Duration::from_secs(400)).await;
    within_a_day(collector().run_once())
        .await
        .expect("no error");
    assert_eq!(journal.ids(), ["same"]);
}
