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
use slack_audit_logs::{
    collect::{Backfill, Follow, Progress, destination},
    layers::RateLimitLayer,
};
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
            // Five of six in bursts of ten minutes.
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

fn most_requests(shape: &str, pages: f64) -> f64 {
    match shape {
        "steady" => 1.1 * pages + 10.0,
        _ => 1.25 * pages + 20.0,
    }
}

async fn first_run(follow: bool, slack: &Slack, since: i64, page: u32) -> Progress {
    let host = slack.clone();
    let host = move || host.system_time();
    let progress = if follow {
        let follow = Follow::builder(slack.audit_logs(), nowhere());
        let follow = follow.since(since).page_size(page).host_clock(host);
        follow.build().expect("valid").run_once().await
    } else {
        let backfill = Backfill::builder(slack.audit_logs(), nowhere());
        let backfill = backfill.since(since).page_size(page).host_clock(host);
        backfill.build().expect("valid").run().await
    };
    let progress = progress.expect("no error");
    assert_eq!(progress.events, slack.events().len() as u64);
    progress
}

#[tokio::test(start_paused = true)]
async fn a_first_run_costs_little_more_than_its_pages() {
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
        for (follow, latency, who, small) in [
            (true, 300, "follow", 50),
            (false, 300, "backfill", 50),
            // Several windows at once are shorter, so that chance counts for more in small ones.
            (false, 4_000, "backfill with slow pages", 10),
        ] {
            let scale = scale(small);
            let mut rng = StdRng::seed_from_u64(7);
            let dates = dates(shape, events / i64::from(scale), &mut rng);
            let page = 9_999 / scale;
            let pages = dates.len().div_ceil(page as usize) as f64;
            let most = most_requests(shape, pages);
            for (since, what) in [
                (START - DAYS * 86_400, "from their beginning"),
                (1_519_862_400, "from 2018"),
            ] {
                let slack = slack(dates.iter().copied());
                slack.latency(Duration::from_millis(latency));
                let progress = first_run(follow, &slack, since, page).await;
                let requests = slack.request_count();
                let held = progress.peak_entries as f64 / f64::from(page);
                let line = format!(
                    "{who}, {events} events ({shape}) {what}: {requests} requests, {pages} pages, \
                     at most {most:.0}; {held:.1} pages held"
                );
                println!("{line}");
                let room = if latency > 1_200 { 20.0 } else { 10.0 };
                if requests as f64 > most || held > room {
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

/// Slow pages leave little of the rate limit unused, and pages are full all the same.
#[tokio::test(start_paused = true)]
async fn who_catches_up_uses_the_rate_limit_whatever_a_page_takes() {
    let scale = scale(10);
    let page = 9_999 / scale;
    let mut rng = StdRng::seed_from_u64(11);
    for (shape, latency, least) in [
        ("steady", 300, 0.95),
        ("steady", 1_500, 0.95),
        // It takes some 25 s to begin and to end.
        ("steady", 3_000, 0.85),
        // Density changes, which takes one window at a time: 1.2 s of 3.
        ("office", 3_000, 0.35),
        ("bursts", 3_000, 0.35),
    ] {
        // At full size a steady run is long beside its beginning and its end.
        let pages = if scale == 1 && shape == "steady" {
            600
        } else {
            150
        };
        let slack = slack(dates(shape, pages * i64::from(page), &mut rng));
        slack.latency(Duration::from_millis(latency));
        let begun = tokio::time::Instant::now();
        let host = slack.clone();
        let limited = slack.audit_logs_within(RateLimitLayer::default());
        let follow = Follow::builder(limited, nowhere())
            .since(START - DAYS * 86_400)
            .page_size(page)
            .host_clock(move || host.system_time());
        let progress = follow.build().expect("valid").run_once().await;
        let events = slack.events().len();
        assert_eq!(progress.expect("no error").events, events as u64);
        let requests = slack.request_count() as f64;
        let capacity = events as f64 / (requests * f64::from(page));
        // The burst of the first five comes without waiting.
        let calls = requests / (begun.elapsed().as_secs_f64() / 1.2 + 5.0);
        println!(
            "{shape}, {latency} ms a page: {:.1} % of the pages' capacity, {:.1} % of the calls",
            capacity * 100.0,
            calls * 100.0
        );
        assert!(calls >= least, "{shape}, {latency} ms: {calls}");
        let most = most_requests(shape, events as f64 / f64::from(page));
        assert!(requests <= most, "{shape}, {latency} ms: {requests}");
    }
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
