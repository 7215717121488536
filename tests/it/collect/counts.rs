//! How many requests it takes: figures, printed and bounded. `COUNTS_SCALE=1` has them at full
//! size, which takes minutes.
// Figures, far below 2^52.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss
)]

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use slack_audit_logs::collect::{Backfill, Follow, destination};
use tower::{BoxError, service_fn};

use crate::support::{
    collect::START,
    slack::{Happened, Slack, Stack},
};

/// Takes everything.
fn nowhere() -> impl slack_audit_logs::collect::destination::Destination {
    destination::Service::in_memory(service_fn(
        |_: slack_audit_logs::collect::destination::Batch| async { Ok::<_, BoxError>(()) },
    ))
}

/// Events at these dates, all of them visible at once.
fn slack(dates: impl IntoIterator<Item = i64>) -> Slack {
    let slack = Slack::new(START);
    slack.add((1..).zip(dates).map(|(id, date)| Happened {
        id,
        date,
        visible_at: date,
    }));
    slack
}

const DAYS: i64 = 90;

/// So many events over the last 90 days.
fn dates(shape: &str, events: i64, rng: &mut StdRng) -> Vec<i64> {
    let span = DAYS * 86_400;
    let begin = START - span;
    let mut dates = Vec::new();
    while (dates.len() as i64) < events {
        let at = begin + rng.random_range(0..span);
        match shape {
            "steady" => dates.push(at),
            // Nine to five on weekdays, and a tenth of that at other times.
            "office" => {
                let hour = at.rem_euclid(86_400) / 3_600;
                let weekday = at.div_euclid(86_400).rem_euclid(7) < 5;
                if weekday && (9..17).contains(&hour) || rng.random_bool(0.05) {
                    dates.push(at);
                }
            }
            // A third of all in bursts of ten minutes.
            _ => {
                if rng.random_bool(0.000_1) {
                    let burst = events / 20;
                    dates.extend((0..burst).map(|_| at + rng.random_range(0..600)));
                }
                dates.push(at);
            }
        }
    }
    dates.truncate(usize::try_from(events).expect("positive"));
    dates.retain(|date| *date < START - 1);
    dates
}

/// By how much events and pages are fewer and smaller, so that the tests are quick.
fn scale(otherwise: u32) -> u32 {
    std::env::var("COUNTS_SCALE").map_or(otherwise, |it| it.parse().expect("a number"))
}

async fn requests(follow: bool, slack: &Slack, since: i64, page: u32) -> usize {
    let host = slack.clone();
    let host = move || host.system_time();
    let progress = if follow {
        let follow = Follow::builder(slack.audit_logs(), nowhere());
        let follow = follow.since(since).page_size(page).host_clock(host);
        let follow = follow.build().expect("valid");
        follow.run_once().await.expect("no error")
    } else {
        let backfill = Backfill::builder(slack.audit_logs(), nowhere());
        let backfill = backfill.since(since).page_size(page).host_clock(host);
        backfill
            .build()
            .expect("valid")
            .run()
            .await
            .expect("no error")
    };
    let events = slack.events().len() as u64;
    assert_eq!(progress.events, events);
    slack.request_count()
}

#[tokio::test(start_paused = true)]
async fn a_first_run_costs_little_more_than_its_pages() {
    let scale = scale(50);
    let mut wrong = Vec::new();
    for (events, shape) in [
        (25_000, "steady"),
        (25_000, "office"),
        (25_000, "bursts"),
        (300_000, "steady"),
        (1_000_000, "steady"),
        (1_000_000, "office"),
        (1_000_000, "bursts"),
    ] {
        let mut rng = StdRng::seed_from_u64(7);
        let dates = dates(shape, events / i64::from(scale), &mut rng);
        let page = 9_999 / scale;
        let pages = dates.len().div_ceil(page as usize) as f64;
        let most = match shape {
            "steady" => 1.1 * pages + 10.0,
            _ => 1.25 * pages + 20.0,
        };
        for (since, what) in [
            (START - DAYS * 86_400, "from their beginning"),
            (1_519_862_400, "from 2018"),
        ] {
            for (follow, latency, who) in [
                (true, 300, "follow"),
                (false, 300, "backfill"),
                (false, 4_000, "backfill with slow pages"),
            ] {
                let slack = slack(dates.iter().copied());
                slack.latency(Duration::from_millis(latency));
                let requests = requests(follow, &slack, since, page).await;
                let line = format!(
                    "{who}, {events} events ({shape}) {what}: {requests} requests, {pages} pages, \
                     at most {most:.0}"
                );
                println!("{line}");
                if requests as f64 > most {
                    wrong.push(line);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Requests a minute over some hours, with a first day behind.
async fn per_minute(
    audit_logs: slack_audit_logs::AuditLogs<Stack>,
    slack: &Slack,
    page: u32,
    hours: u64,
) -> f64 {
    let host = slack.clone();
    let follow = Follow::builder(audit_logs, nowhere())
        .since(START - 90_000)
        .page_size(page)
        .host_clock(move || host.system_time())
        .build()
        .expect("valid");
    let progress = follow.progress();
    let ended = tokio::time::timeout(Duration::from_secs(hours * 3_600), follow.run()).await;
    assert!(ended.is_err(), "{ended:?}");
    let progress = progress.get();
    println!(
        "  {} events, {} late, {} requests, tiers every {:?}, lag {:?}",
        progress.events,
        progress.late_events(),
        progress.requests,
        progress.tiers_every,
        progress.lag()
    );
    slack.request_count() as f64 / (hours as f64 * 60.0)
}

#[tokio::test(start_paused = true)]
async fn a_quiet_organization_costs_two_requests_a_minute() {
    let slack = Slack::new(START);
    slack.add((0..2_000).map(|n| Happened {
        id: u64::try_from(n).expect("positive"),
        date: START + n * 200,
        visible_at: START + n * 200,
    }));
    let rate = per_minute(slack.audit_logs(), &slack, 9_999, 48).await;
    println!("quiet: {rate:.2} requests a minute");
    assert!(rate <= 2.1, "{rate}");
}

/// A tenth of the events and of the page size, so that the test is quick; the pages are as many.
#[tokio::test(start_paused = true)]
async fn a_hundred_events_a_second_cost_less_than_five_requests_a_minute() {
    let scale = scale(50);
    let slack = Slack::new(START);
    let mut rng = StdRng::seed_from_u64(3);
    let per_second = 100.0 / f64::from(scale);
    let mut id = 0;
    let mut events = Vec::new();
    let mut at = (START - 90_000) as f64;
    while at < (START + 48 * 3_600) as f64 {
        at += -f64::ln(1.0 - rng.random::<f64>()) / per_second;
        let date = at as i64;
        let late = if rng.random_bool(0.1) {
            match rng.random_range(0..3) {
                0 => rng.random_range(0..60),
                1 => rng.random_range(0..600),
                _ => rng.random_range(0..86_400),
            }
        } else {
            0
        };
        id += 1;
        events.push(Happened {
            id,
            date,
            visible_at: date + late,
        });
    }
    slack.add(events);
    let rate = per_minute(slack.audit_logs(), &slack, 9_999 / scale, 48).await;
    println!("busy: {rate:.2} requests a minute");
    assert!(rate <= 5.0, "{rate}");
}
