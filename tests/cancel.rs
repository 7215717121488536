//! Calls that are dropped wherever they wait, ten thousand times over sockets: nothing is left of
//! them. A process of its own: it counts its sockets.
#![cfg(feature = "client")]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response};
use slack_audit_logs::{
    AuditLogsClient, AuditLogsClientBuilder, Error, LogsRequest,
    fake::{FakeApi, ScriptedResponse, WireFault},
    layers::{DeadlineLayer, RateLimitLayer},
    retry::{
        ConnectionErrorRetryHandler, FixedValueRetryIntervalCalculator, NoJitter,
        RateLimitErrorRetryHandler, RetryPolicy, ServerErrorRetryHandler,
    },
};
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{sleep, timeout},
};
use tower::{BoxError, ServiceBuilder, ServiceExt, limit::GlobalConcurrencyLimitLayer};

/// Calls in flight at once, and how many of them may be making an attempt.
const CALLERS: usize = 32;
const PERMITS: usize = 12;
/// Connections that a client keeps to one host when nothing is going on.
const KEPT: usize = CALLERS;
/// How long anything may take that should take no time; reached only when the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server does, and how often a call to it is dropped.
struct Scenario {
    name: &'static str,
    drops: usize,
    answer: ScriptedResponse,
    rate_limit: RateLimitLayer,
    timeout: Duration,
    /// How a call ends that is not dropped.
    ends: fn(Result<(), Error>) -> bool,
    /// At least so many times a call can be polled before it is done: how many places to drop it
    /// at.
    polls: usize,
}

impl Scenario {
    fn new(name: &'static str, drops: usize, answer: ScriptedResponse) -> Self {
        Self {
            name,
            drops,
            answer: answer.forever(),
            // Wide enough to be in nobody's way for long.
            rate_limit: RateLimitLayer::per_minute(600_000).burst(100),
            timeout: PATIENCE,
            ends: |result| result.is_ok(),
            polls: 2,
        }
    }
}

fn scenarios() -> Vec<Scenario> {
    let times_out = |result: Result<(), Error>| result.is_err_and(|error| error.is_timeout());
    let empty_page = ScriptedResponse::json(&serde_json::json!({ "entries": [] }));
    vec![
        Scenario::new("at once", 2_000, ScriptedResponse::ordinary()),
        Scenario::new(
            "slow",
            1_500,
            ScriptedResponse::ordinary().delay(Duration::from_millis(3)),
        ),
        Scenario {
            polls: 10,
            ..Scenario::new(
                "one byte at a time",
                1_500,
                empty_page.with_fault(WireFault::Drip(Duration::from_millis(1))),
            )
        },
        Scenario {
            timeout: Duration::from_millis(15),
            ends: times_out,
            polls: 4,
            ..Scenario::new("silent", 1_000, ScriptedResponse::fault(WireFault::Silence))
        },
        Scenario {
            timeout: Duration::from_millis(15),
            ends: times_out,
            polls: 4,
            ..Scenario::new(
                "silent after the head",
                1_000,
                ScriptedResponse::fault(WireFault::SilenceAfterHead),
            )
        },
        Scenario {
            ends: |result| result.is_err_and(|error| error.is_incomplete()),
            polls: 4,
            ..Scenario::new("cut", 1_000, ScriptedResponse::fault(WireFault::CutChunk))
        },
        Scenario {
            ends: |result| result.is_err_and(|error| error.is_server_error()),
            polls: 4,
            ..Scenario::new("503", 500, ScriptedResponse::status(503))
        },
        Scenario {
            ends: |result| result.is_err_and(|error| error.is_rate_limited()),
            polls: 4,
            ..Scenario::new("429", 500, ScriptedResponse::rate_limited(0))
        },
        Scenario {
            // A permit every 2 ms for all callers: most calls are dropped in its queue.
            rate_limit: RateLimitLayer::per_minute(30_000).burst(1),
            polls: 3,
            ..Scenario::new("paced", 1_000, ScriptedResponse::ordinary())
        },
    ]
}

/// Retries at once, as far as the crate's handlers ever do, so that calls wait in every place and
/// the test is done soon.
fn builder() -> AuditLogsClientBuilder {
    let soon = FixedValueRetryIntervalCalculator::new(Duration::from_millis(2));
    let connection = ConnectionErrorRetryHandler::new(1).with_timeouts(true);
    let rate_limit = RateLimitErrorRetryHandler::new(1).with_jitter(NoJitter);
    let policy = RetryPolicy::none()
        .handler(connection.with_interval_calculator(soon))
        .handler(rate_limit.with_interval_calculator(soon))
        .handler(ServerErrorRetryHandler::new(1).with_interval_calculator(soon));
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .retry_policy(policy)
}

/// Polls a future so many times, then drops it, unless it is done before.
async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|cx| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // Dropped at once, not when it would be woken.
            Poll::Pending if polled == polls => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// How many calls were dropped after how many polls, and how many were not.
#[derive(Debug, Default)]
struct Tally {
    dropped: BTreeMap<usize, usize>,
    drops: usize,
    done: usize,
}

/// Drops a call after no poll, the next after one, and so on until one is done before it is
/// dropped; then from the start.
async fn caller(client: &AuditLogsClient, scenario: &Scenario, tally: &Mutex<Tally>) {
    let mut polls = 0;
    loop {
        {
            let mut tally = tally.lock().expect("no panic");
            if tally.drops == scenario.drops {
                return;
            }
            // Counted before, so that all callers together make exactly so many.
            tally.drops += 1;
        }
        let call = client.logs(LogsRequest::new().limit(10));
        let outcome = dropped_after(polls, call).await;
        let mut tally = tally.lock().expect("no panic");
        if let Some(result) = outcome {
            tally.drops -= 1;
            tally.done += 1;
            let shown = format!("{result:?}");
            let as_expected = (scenario.ends)(result.map(drop));
            assert!(as_expected, "{}: {shown}", scenario.name);
            polls = 0;
        } else {
            *tally.dropped.entry(polls).or_default() += 1;
            polls += 1;
        }
    }
}

/// What the process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    tasks: usize,
    sockets: usize,
}

impl Usage {
    fn now() -> Self {
        Self {
            tasks: Handle::current().metrics().num_alive_tasks(),
            sockets: sockets(),
        }
    }
}

#[cfg(target_os = "linux")]
fn sockets() -> usize {
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("Linux has it");
    descriptors
        .filter_map(|descriptor| std::fs::read_link(descriptor.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

/// Only Linux tells.
#[cfg(not(target_os = "linux"))]
fn sockets() -> usize {
    0
}

/// Waits until this holds. Connections take a moment to close: each end learns of it from the
/// other.
async fn settles(what: &str, holds: impl Fn(Usage) -> bool) {
    let settled = async {
        while !holds(Usage::now()) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let in_time = timeout(PATIENCE, settled).await;
    assert!(in_time.is_ok(), "{what}: {:?}", Usage::now());
}

/// A permit of this limit, for a call that goes nowhere. Within a second, and the limiter refuses
/// at once what it takes to be longer: a place in its queue that a dropped call had not given up
/// would be seen.
async fn permit(limit: &RateLimitLayer) -> Result<(), BoxError> {
    let nowhere = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(1)))
        .layer(limit.clone())
        .service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Bytes::new())) });
    nowhere.oneshot(Request::new(())).await.map(drop)
}

async fn nothing_is_left(scenario: &Scenario) {
    let Scenario { name, drops, .. } = *scenario;
    let api = FakeApi::builder().entries(50).without_rate_limit().build();
    let server = api.serve().await.expect("loopback");
    settles("the server stands alone", |usage| usage.tasks == 1).await;
    let baseline = Usage::now();
    let permits = Arc::new(Semaphore::new(PERMITS));
    let client = builder()
        .base_url(server.base_url())
        .timeout(scenario.timeout)
        .rate_limit(scenario.rate_limit.clone())
        .attempt_layer(GlobalConcurrencyLimitLayer::with_semaphore(permits.clone()))
        .build()
        .expect("a client");

    api.script(scenario.answer.clone());
    let begun = Instant::now();
    let tally = Mutex::default();
    join_all((0..CALLERS).map(|_| caller(&client, scenario, &tally))).await;
    let tally = tally.into_inner().expect("no panic");
    // For whoever runs this with `--nocapture`.
    eprintln!("{name}: {:?}, {tally:?}", begun.elapsed());
    assert_eq!(tally.drops, drops, "{name}");
    assert!(tally.done > 0, "{name}: no call ever came to its end");
    // The places to be dropped at were there, and all of them were.
    let places = tally.dropped.len();
    assert!(places > scenario.polls, "{name}: {places} places");
    assert!(tally.dropped.keys().copied().eq(0..places), "{name}");
    // Some never got to the server, some did.
    let calls = drops + tally.done;
    assert!((1..2 * calls).contains(&api.request_count()), "{name}");

    assert_eq!(permits.available_permits(), PERMITS, "{name}");
    // Whatever the dropped calls waited for, nobody waits for it after them.
    // Two, as the second waits where permits are few.
    for _ in 0..2 {
        let permit = permit(&scenario.rate_limit).await;
        assert!(permit.is_ok(), "{name}: {permit:?}");
    }
    // What is left is what the pool keeps: a connection has a task and a socket on both ends, and
    // the pool has a task.
    settles(name, |usage| {
        usage.sockets <= baseline.sockets + 2 * KEPT && usage.tasks <= baseline.tasks + 2 * KEPT + 1
    })
    .await;

    // The client is as good as new.
    api.clear_script();
    let works = async {
        loop {
            match client.logs(LogsRequest::new().limit(1)).await {
                Ok(_) => return,
                // A busy machine may be slower than the short timeouts of some scenarios.
                Err(error) => assert!(error.is_timeout(), "{name}: {error}"),
            }
        }
    };
    timeout(PATIENCE, works).await.expect("in time");
    assert_eq!(permits.available_permits(), PERMITS, "{name}");

    // And the pool goes with its client.
    drop(client);
    settles(name, |usage| usage == baseline).await;
    assert_eq!(Arc::strong_count(&permits), 1, "{name}");
    server.shutdown().await;
    settles("the server is gone", |usage| usage.tasks == 0).await;
}

/// One after the other, as each counts what the whole process has open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_dropped_calls_leave_nothing_behind() {
    let scenarios = scenarios();
    let drops: usize = scenarios.iter().map(|scenario| scenario.drops).sum();
    assert_eq!(drops, 10_000);
    for scenario in &scenarios {
        nothing_is_left(scenario).await;
    }
}
