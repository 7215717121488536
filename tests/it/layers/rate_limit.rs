//! `RateLimitLayer`: never more than `50·t/60 + 5` in any `t` seconds, first come first served, and
//! pauses.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, Response, StatusCode, header::RETRY_AFTER};
use slack_audit_logs::{
    CallRecord, Failure, FailureKind,
    layers::{DeadlineLayer, RateLimitLayer},
};
use tokio::time::{Instant, advance, sleep, timeout};
use tokio_test::{assert_pending, task};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};

use super::get;

type Limited = BoxCloneSyncService<Request<()>, Response<()>, BoxError>;

/// A limited service that notes when it is called, and answers from a script (200 when that is
/// empty).
struct Probe {
    service: Limited,
    calls: Arc<Mutex<Vec<(Duration, String)>>>,
    script: Arc<Mutex<VecDeque<Response<()>>>>,
}

impl Probe {
    fn new(layer: RateLimitLayer) -> Self {
        Self::with_deadline(layer, Duration::MAX)
    }

    fn with_deadline(layer: RateLimitLayer, deadline: Duration) -> Self {
        let (calls, script) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(Mutex::new(VecDeque::new())),
        );
        let start = Instant::now();
        let (noted, answers) = (Arc::clone(&calls), Arc::clone(&script));
        let service = ServiceBuilder::new()
            .layer(BoxCloneSyncService::layer())
            .layer(DeadlineLayer::new(deadline))
            .layer(layer)
            .service_fn(move |request: Request<()>| {
                noted
                    .lock()
                    .expect("no panic")
                    .push((start.elapsed(), request.uri().path().to_owned()));
                let response: Response<()> = answers
                    .lock()
                    .expect("no panic")
                    .pop_front()
                    .unwrap_or_default();
                async move {
                    if let Some(delay) = response.extensions().get::<Duration>() {
                        sleep(*delay).await;
                    }
                    Ok::<_, BoxError>(response)
                }
            });
        Self {
            service,
            calls,
            script,
        }
    }

    fn answer_429(&self, retry_after: Option<&str>) {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        if let Some(value) = retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, value.parse().expect("a header value"));
        }
        self.script.lock().expect("no panic").push_back(response);
    }

    fn answer_429_after(&self, delay: Duration, retry_after: &str) {
        self.answer_429(Some(retry_after));
        if let Some(response) = self.script.lock().expect("no panic").back_mut() {
            response.extensions_mut().insert(delay);
        }
    }

    async fn call(&self, path: &str) -> Result<Response<()>, BoxError> {
        self.service.clone().oneshot(get(path)).await
    }

    fn times(&self) -> Vec<Duration> {
        self.calls
            .lock()
            .expect("no panic")
            .iter()
            .map(|(at, _)| *at)
            .collect()
    }

    fn paths(&self) -> Vec<String> {
        self.calls
            .lock()
            .expect("no panic")
            .iter()
            .map(|(_, path)| path.clone())
            .collect()
    }
}

fn refused_wait(error: &BoxError) -> Duration {
    assert_eq!(FailureKind::of(&**error), FailureKind::WaitRefused);
    error
        .downcast_ref::<Failure>()
        .and_then(Failure::wait)
        .expect("the wait is named")
}

/// No span of time has more calls than the tier allows.
fn assert_within_tier_3(times: &[Duration]) {
    for (i, from) in times.iter().enumerate() {
        for (j, to) in times.iter().enumerate().skip(i) {
            // A microsecond for the rounding of timers.
            let allowed = 50.0 * (to.saturating_sub(*from).as_secs_f64() + 1e-6) / 60.0 + 5.0;
            let count = f64::from(u32::try_from(j - i + 1).expect("few"));
            assert!(count <= allowed, "{count} calls from {from:?} to {to:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn six_waiters_on_clones_finish_in_order_and_within_the_tier() {
    let probe = Arc::new(Probe::new(RateLimitLayer::default()));
    let mut tasks = Vec::new();
    for number in 0..40 {
        let probe = Arc::clone(&probe);
        tasks.push(tokio::spawn(async move {
            probe.call(&format!("/{number:02}")).await.map(drop)
        }));
        tokio::task::yield_now().await;
    }
    for task in tasks {
        task.await.expect("no panic").expect("a response");
    }
    let paths = probe.paths();
    assert!(paths.is_sorted() && paths.len() == 40, "{paths:?}");
    assert_within_tier_3(&probe.times());
    let last = probe.times().pop().expect("calls").as_secs_f64();
    assert!(
        (42.0..42.2).contains(&last),
        "35 calls after the burst, 1.2 s each, and no more: {last}"
    );
}

#[tokio::test(start_paused = true)]
async fn random_arrivals_stay_within_the_tier() {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    for seed in 0..20 {
        let probe = Arc::new(Probe::new(RateLimitLayer::default()));
        let mut random = StdRng::seed_from_u64(seed);
        let mut tasks = Vec::new();
        for _ in 0..60 {
            sleep(Duration::from_millis(random.random_range(0..2_500))).await;
            let probe = Arc::clone(&probe);
            tasks.push(tokio::spawn(async move { probe.call("/").await.map(drop) }));
        }
        for task in tasks {
            task.await.expect("no panic").expect("a response");
        }
        assert_within_tier_3(&probe.times());
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_pauses_every_clone_and_the_burst_starts_empty() {
    let probe = Arc::new(Probe::new(RateLimitLayer::default()));
    probe.answer_429(Some("30"));
    assert_eq!(
        probe.call("/first").await.expect("the 429 itself").status(),
        429
    );
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let probe = Arc::clone(&probe);
            tokio::spawn(async move { probe.call("/later").await.map(drop) })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic").expect("a response");
    }
    let times: Vec<f64> = probe.times().iter().map(Duration::as_secs_f64).collect();
    for (index, (time, earliest)) in times[1..].iter().zip([30.0, 31.2, 32.4, 33.6]).enumerate() {
        assert!(
            (earliest..earliest + 1.3).contains(time),
            "call {index} at {time}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_without_calls_the_burst_has_filled_again() {
    let probe = Probe::new(RateLimitLayer::default());
    probe.answer_429(Some("10"));
    probe.call("/").await.expect("the 429 itself");
    advance(Duration::from_secs(10 + 6)).await;
    for _ in 0..5 {
        probe.call("/").await.expect("a response");
    }
    assert_eq!(
        probe.times().last().map(Duration::as_secs),
        Some(16),
        "no wait: six seconds are five permits"
    );
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_usable_retry_after_pauses_for_a_second() {
    for value in [None, Some("soon"), Some("1.5")] {
        let probe = Probe::new(RateLimitLayer::default());
        probe.answer_429(value);
        probe.call("/").await.expect("the 429 itself");
        probe.call("/").await.expect("a response");
        let waited = probe.times()[1].as_secs_f64();
        assert!((1.0..2.3).contains(&waited), "{waited}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_over_the_cap_is_refused_at_once_and_names_the_wait() {
    let probe = Probe::new(RateLimitLayer::default());
    for huge in ["301", "86400", "18446744073709551615"] {
        probe.answer_429(Some(huge));
    }
    probe.call("/").await.expect("the 429 itself");
    let before = Instant::now();
    let wait = refused_wait(&probe.call("/").await.expect_err("over the cap"));
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert!((301..304).contains(&wait.as_secs()), "{wait:?}");
    // What is left of the pause falls below the cap: then it is waited for.
    advance(Duration::from_secs(5)).await;
    probe.call("/").await.expect("the second 429");
    advance(Duration::from_secs(3_600)).await;
    probe
        .call("/")
        .await
        .expect("no pause is remembered for more than an hour");
}

#[tokio::test(start_paused = true)]
async fn the_cap_is_what_it_is_set_to_and_is_itself_waited_for() {
    let set = RateLimitLayer::default().max_pause(Duration::from_secs(20));
    for (layer, cap) in [(set, 20), (RateLimitLayer::default(), 300)] {
        for (pause, refused) in [(cap, false), (cap + 1, true)] {
            let probe = Probe::new(layer.clone().burst(5));
            probe.answer_429(Some(&pause.to_string()));
            probe.call("/").await.expect("the 429 itself");
            assert_eq!(probe.call("/").await.is_err(), refused, "{pause} of {cap}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_past_the_deadline_is_refused_at_once() {
    let probe = Arc::new(Probe::with_deadline(
        RateLimitLayer::default(),
        Duration::from_secs(3),
    ));
    for _ in 0..5 {
        probe.call("/burst").await.expect("a response");
    }
    let before = Instant::now();
    let mut tasks: Vec<_> = (0..10)
        .map(|_| {
            let probe = Arc::clone(&probe);
            tokio::spawn(async move {
                let result = probe.call("/").await;
                (before.elapsed(), result)
            })
        })
        .collect();
    let mut served = 0;
    for task in &mut tasks {
        let (took, result) = task.await.expect("no panic");
        match result {
            Ok(_) => served += 1,
            Err(error) => {
                assert!(refused_wait(&error) > Duration::from_secs(3));
                assert_eq!(took, Duration::ZERO, "refused without waiting");
            }
        }
    }
    assert_eq!(
        served, 2,
        "1.2 s and 2.4 s are within the deadline, the rest is not"
    );
}

#[tokio::test(start_paused = true)]
async fn cancelled_waiters_give_their_place_back() {
    let probe = Arc::new(Probe::new(RateLimitLayer::default()));
    for _ in 0..5 {
        probe.call("/").await.expect("a response");
    }
    let mut waiters: Vec<_> = (0..20)
        .map(|_| {
            let probe = Arc::clone(&probe);
            tokio::spawn(async move { probe.call("/cancelled").await.map(drop) })
        })
        .collect();
    tokio::task::yield_now().await;
    for waiter in waiters.drain(..) {
        waiter.abort();
        assert!(waiter.await.expect_err("aborted").is_cancelled());
    }
    let before = Instant::now();
    probe.call("/after").await.expect("a response");
    assert!(
        before.elapsed() <= Duration::from_millis(1_201),
        "nobody is ahead: {:?}",
        before.elapsed()
    );
    assert_eq!(probe.times().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn one_layer_is_one_limit_for_all_services_made_from_it() {
    let layer = RateLimitLayer::per_minute(60).burst(1);
    let probes = [Probe::new(layer.clone()), Probe::new(layer)];
    let start = Instant::now();
    for _ in 0..3 {
        for probe in &probes {
            probe.call("/").await.expect("a response");
        }
    }
    assert!(
        (4_999..5_100).contains(&start.elapsed().as_millis()),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_holds_the_readied_service() {
    let layer = RateLimitLayer::per_minute(60).burst(1);
    let mut service = ServiceBuilder::new()
        .layer(layer)
        .concurrency_limit(1)
        .service_fn(|request: Request<()>| async move {
            assert!(
                CallRecord::of(&request).is_none(),
                "the layer needs no record"
            );
            Ok::<_, BoxError>(Response::new(()))
        });
    for _ in 0..3 {
        service
            .ready()
            .await
            .expect("ready")
            .call(get("/"))
            .await
            .expect("ConcurrencyLimit panics if it was not polled ready");
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_not_polled_holds_up_nobody() {
    let probe = Probe::new(RateLimitLayer::default());
    for _ in 0..5 {
        probe.call("/burst").await.expect("a response");
    }
    let mut kept = task::spawn(probe.call("/kept"));
    assert_pending!(kept.poll());
    let start = Instant::now();
    let others = async {
        for _ in 0..3 {
            probe.call("/others").await.expect("a response");
        }
    };
    timeout(Duration::from_secs(600), others)
        .await
        .expect("it stalls");
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    assert!(kept.is_woken(), "its turn had come long ago");
    kept.await.expect("a response");
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "it takes the next permit: {:?}",
        start.elapsed()
    );
    assert_within_tier_3(&probe.times());
}

#[tokio::test(start_paused = true)]
async fn those_behind_one_that_is_given_up_go_in_order_whoever_is_polled_first() {
    let probe = Probe::new(RateLimitLayer::default());
    for _ in 0..5 {
        probe.call("/burst").await.expect("a response");
    }
    let mut kept = task::spawn(probe.call("/kept"));
    let mut older = task::spawn(probe.call("/older"));
    let mut younger = task::spawn(probe.call("/younger"));
    assert_pending!(kept.poll());
    assert_pending!(older.poll());
    assert_pending!(younger.poll());
    // Whoever is the first to go parts them.
    probe.answer_429(Some("60"));
    while probe.times().len() == 5 {
        advance(Duration::from_millis(50)).await;
        if younger.is_woken() {
            assert_pending!(younger.poll());
        }
        if older.is_woken() && older.poll().is_ready() {
            break;
        }
    }
    assert_eq!(probe.paths()[5..], ["/older"]);
    younger.await.expect("a response");
    assert!(probe.times()[6] > Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_waiters_that_are_dropped_at_random_leave_the_others_in_order() {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    let mut random = StdRng::seed_from_u64(12);
    let probe = Arc::new(Probe::new(RateLimitLayer::default()));
    let mut tasks = Vec::new();
    for number in 0..600 {
        let probe = Arc::clone(&probe);
        tasks.push(tokio::spawn(async move {
            probe.call(&format!("/{number:03}")).await.map(drop)
        }));
    }
    // One in twenty is served meanwhile, some are dropped as they are, and one stays.
    while tasks.len() > 1 {
        sleep(Duration::from_millis(random.random_range(0..100))).await;
        tasks
            .swap_remove(random.random_range(0..tasks.len()))
            .abort();
    }
    let last = tasks.pop().expect("the last");
    timeout(Duration::from_secs(3), last)
        .await
        .expect("nobody is before it")
        .expect("no panic")
        .expect("a response");
    let paths = probe.paths();
    assert!(paths.is_sorted() && paths.len() > 20, "{paths:?}");
    assert_within_tier_3(&probe.times());
}

#[tokio::test(start_paused = true)]
async fn a_pause_past_their_deadlines_fails_all_waiters_at_once() {
    let probe = Arc::new(Probe::with_deadline(
        RateLimitLayer::default(),
        Duration::from_secs(20),
    ));
    for _ in 0..4 {
        probe.call("/burst").await.expect("a response");
    }
    probe.answer_429_after(Duration::from_secs(1), "60");
    let limited = {
        let probe = Arc::clone(&probe);
        tokio::spawn(async move { probe.call("/limited").await.map(drop) })
    };
    tokio::task::yield_now().await;
    let start = Instant::now();
    let waiters: Vec<_> = (0..10)
        .map(|_| {
            let probe = Arc::clone(&probe);
            tokio::spawn(async move {
                let result = probe.call("/waits").await;
                (start.elapsed(), result)
            })
        })
        .collect();
    limited.await.expect("no panic").expect("the 429 itself");
    for waiter in waiters {
        let (took, result) = waiter.await.expect("no panic");
        assert!(refused_wait(&result.expect_err("paused")) > Duration::from_secs(50));
        assert!(
            (1_000..1_010).contains(&took.as_millis()),
            "at once, with the 429: {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_429_never_shortens_a_pause() {
    for (first, second) in [("30", "1"), ("1", "30")] {
        let probe = Arc::new(Probe::new(RateLimitLayer::default()));
        probe.answer_429_after(Duration::from_millis(100), first);
        probe.answer_429_after(Duration::from_millis(500), second);
        let (one, two) = tokio::join!(probe.call("/"), probe.call("/"));
        assert_eq!(
            (one.expect("429").status(), two.expect("429").status()),
            (StatusCode::TOO_MANY_REQUESTS, StatusCode::TOO_MANY_REQUESTS)
        );
        probe.call("/").await.expect("a response");
        let third = probe.times()[2].as_secs_f64();
        assert!((30.0..32.0).contains(&third), "{third}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_never_overtakes() {
    let probe = Arc::new(Probe::new(RateLimitLayer::default()));
    for _ in 0..5 {
        probe.call("/burst").await.expect("a response");
    }
    let first = {
        let probe = Arc::clone(&probe);
        tokio::spawn(async move { probe.call("/first").await.map(drop) })
    };
    tokio::task::yield_now().await;
    // The permit is there, and the waiter has not run yet.
    advance(Duration::from_millis(1_300)).await;
    let newcomer = probe.call("/newcomer");
    newcomer.await.expect("a response");
    first.await.expect("no panic").expect("a response");
    assert_eq!(probe.paths()[5..], ["/first", "/newcomer"]);
}

#[test]
fn the_largest_burst_and_the_slowest_rate_cost_nothing() {
    use std::sync::mpsc;
    let (sender, done) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            for burst in [400_000_000, u32::MAX] {
                for per_minute in [1, 50, u32::MAX] {
                    let probe = Probe::new(RateLimitLayer::per_minute(per_minute).burst(burst));
                    probe.answer_429(Some("2"));
                    for _ in 0..3 {
                        probe.call("/").await.expect("a response");
                    }
                }
            }
        });
        sender.send(())
    });
    done.recv_timeout(Duration::from_secs(60))
        .expect("neither a panic nor a loop");
}
