//! What a collector tells of itself agrees with what the API and the destination saw.
// Counts, exact in floating point.
#![allow(clippy::cast_precision_loss, clippy::float_cmp)]

use std::{collections::BTreeMap, time::Duration};

use slack_audit_logs::{
    AuditLogsClient,
    collect::{Follow, Progress, ProgressReader, destination::DestinationError},
    fake::{FakeApi, ScriptedResponse, WireFault},
    retry::{
        ConnectionErrorRetryHandler, RateLimitErrorRetryHandler, RetryPolicy,
        ServerErrorRetryHandler,
    },
};

use crate::support::collect::{Journal, Moment, START, api, audit_logs, host_of};

fn value(progress: &Progress, name: &str) -> f64 {
    samples(progress, name)[""]
}

fn samples(progress: &Progress, name: &str) -> BTreeMap<String, f64> {
    let name = format!("slack_audit_logs_{name}");
    let metrics = progress.metrics();
    let metric = metrics.iter().find(|metric| metric.name == name);
    let metric = metric.unwrap_or_else(|| panic!("{name}"));
    metric.samples.iter().cloned().collect()
}

fn by_code(counts: &[(&str, f64)]) -> BTreeMap<String, f64> {
    counts
        .iter()
        .map(|(code, count)| ((*code).to_owned(), *count))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn requests_refusals_and_waits_agree_with_the_apis_record() {
    let api = api()
        .entries(1_000)
        .span(Duration::from_secs(3_600))
        .build();
    api.script(ScriptedResponse::status(503).nth(2));
    api.script(ScriptedResponse::slack_error(429, "ratelimited").nth(3));
    api.script(ScriptedResponse::slack_error(400, "made_up_by_the_peer").nth(5));
    api.script(
        ScriptedResponse::ordinary()
            .delay(Duration::from_secs(60))
            .nth(7),
    );
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api.clone())
        .timeout(Duration::from_secs(10))
        .retry_policy(
            RetryPolicy::none()
                .handler(ConnectionErrorRetryHandler::new(3))
                .handler(RateLimitErrorRetryHandler::new(3))
                .handler(ServerErrorRetryHandler::new(3)),
        )
        .build()
        .expect("valid");
    let follow = Follow::builder(client.into_service(), Journal::default())
        .since(START - 4_000)
        .page_size(50)
        .host_clock(host_of(&api))
        .build()
        .expect("valid");
    let reader = follow.progress();
    let shutdown = tokio::time::sleep(Duration::from_secs(900));
    let progress = follow.run_until(shutdown).await.expect("no error");
    let sent = api.request_count();
    let codes = samples(&progress, "requests");
    assert_eq!(codes.values().sum::<f64>(), sent as f64);
    assert_eq!(progress.requests, sent as u64);
    let ok = sent as f64 - 4.0;
    assert_eq!(
        codes,
        by_code(&[
            ("200", ok),
            ("400", 1.0),
            ("429", 1.0),
            ("503", 1.0),
            ("timeout", 1.0)
        ])
    );
    // What a peer makes up is no label.
    assert_eq!(samples(&progress, "refusals"), by_code(&[("other", 1.0)]));
    assert!(value(&progress, "rate_limit_waits") >= 1.0);
    assert!(value(&progress, "rate_limit_wait_seconds") > 1.0);
    let share = value(&progress, "allowance_ratio");
    assert!(share > 0.0 && share <= 1.0, "{share}");
    assert_eq!(value(&progress, "events"), 1_000.0);
    assert!(progress.lag().is_some_and(|lag| lag.as_secs() < 40));
    // Who has ended, or stands by, is not behind.
    assert!(samples(&progress, "lag_seconds").is_empty());
    let watermark = value(&progress, "watermark_timestamp_seconds");
    assert!(
        (api.now_unix() as f64 - watermark).abs() < 40.0,
        "{watermark}"
    );
    // With pages of 50 events the longer tiers cost too much, and run less often.
    let intervals = samples(&progress, "tier_interval_seconds");
    assert!(
        intervals["60"] == 30.0 && intervals["86400"] > 3_600.0,
        "{intervals:?}"
    );
    assert_eq!(samples(&progress, "late_events").len(), 3);
    assert_eq!(value(&reader.get(), "active"), 0.0, "it has ended");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_given_up_at_the_end_counts() {
    let api = api().entries(10).build();
    api.script(ScriptedResponse::fault(WireFault::Silence).forever());
    let follow = Follow::builder(audit_logs(&api), Journal::default())
        .host_clock(host_of(&api))
        .build()
        .expect("valid");
    let shutdown = tokio::time::sleep(Duration::from_secs(5));
    let progress = follow.run_until(shutdown).await.expect("no error");
    assert_eq!(
        samples(&progress, "requests"),
        by_code(&[("cancelled", 1.0)])
    );
}

async fn until(reader: &mut ProgressReader, there: impl Fn(&Progress) -> bool) -> Progress {
    loop {
        let progress = reader.get();
        if there(&progress) {
            return progress;
        }
        assert!(reader.changed().await, "it has ended");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_of_the_destination_and_who_is_active() {
    let api = api().entries(10).build();
    let failures = std::sync::atomic::AtomicU32::new(0);
    let journal = Journal::default().with_hook(move |moment| {
        let is_open = moment == Moment::Before("open");
        let failures = failures.fetch_add(u32::from(is_open), std::sync::atomic::Ordering::SeqCst);
        if is_open && failures < 2 {
            return Err(DestinationError::outage("no room"));
        }
        Ok(())
    });
    let follow = Follow::builder(audit_logs(&api), journal)
        .host_clock(host_of(&api))
        .build()
        .expect("valid");
    let mut reader = follow.progress();
    assert_eq!(value(&reader.get(), "active"), 0.0);
    let running = tokio::spawn(follow.run_until(tokio::time::sleep(Duration::from_secs(60))));
    let waiting = until(&mut reader, |it| it.destination_errors == 2).await;
    let waiting_again = until(&mut reader, |it| {
        it.outage
            .as_ref()
            .is_some_and(|outage| outage.failures == 2)
    });
    assert_eq!(value(&waiting, "active"), 0.0);
    assert_eq!(value(&waiting_again.await, "destination_errors"), 2.0);
    assert!(value(&reader.get(), "outage_seconds") > 0.5);
    let active = until(&mut reader, |it| it.is_active).await;
    assert_eq!(value(&active, "outage_seconds"), 0.0);
    running.await.expect("no panic").expect("no error");
}
