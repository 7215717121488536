//! `RateLimitLayer` under random arrivals, cancels, callers that stop polling, and 429s: the
//! window law holds, order is kept among those that are polled, and nobody starves.

use std::{collections::VecDeque, sync::Arc, sync::Mutex, time::Duration};

use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode, header::RETRY_AFTER};
use proptest::prelude::*;
use slack_audit_logs::layers::RateLimitLayer;
use tokio::time::{Instant, advance};
use tokio_test::task::{self, Spawn};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};

use super::get;

#[derive(Clone, Debug)]
enum Event {
    /// A call; one that is not attentive is polled once, and then not before the end.
    Arrive {
        attentive: bool,
    },
    Cancel(usize),
    Advance(u64),
    /// The next call that passes is answered with 429 and this `Retry-After`.
    Limit(u64),
}

fn step() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => any::<bool>().prop_map(|attentive| Event::Arrive { attentive }),
        2 => (0..20_usize).prop_map(Event::Cancel),
        4 => (0..4_000_u64).prop_map(Event::Advance),
        1 => (0..20_u64).prop_map(Event::Limit),
    ]
}

struct Caller {
    number: usize,
    attentive: bool,
    call: Spawn<BoxFuture<'static, Result<Response<()>, BoxError>>>,
}

#[derive(Clone, Default)]
struct Log {
    /// When the call of each number passed.
    passed: Arc<Mutex<Vec<(usize, Duration)>>>,
    limits: Arc<Mutex<VecDeque<u64>>>,
}

impl Log {
    fn service(
        &self,
        layer: RateLimitLayer,
    ) -> BoxCloneSyncService<Request<()>, Response<()>, BoxError> {
        let log = self.clone();
        let start = Instant::now();
        BoxCloneSyncService::new(ServiceBuilder::new().layer(layer).service_fn(
            move |request: Request<()>| {
                let number = request.uri().path()[1..].parse().expect("a number");
                let mut passed = log.passed.lock().expect("no panic");
                passed.push((number, start.elapsed()));
                let mut response = Response::new(());
                if let Some(seconds) = log.limits.lock().expect("no panic").pop_front() {
                    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                    let headers = response.headers_mut();
                    headers.insert(RETRY_AFTER, seconds.into());
                }
                std::future::ready(Ok::<_, BoxError>(response))
            },
        ))
    }
}

/// Polls those that were woken, the last first, as no executor promises an order.
fn settle(callers: &mut Vec<Caller>) {
    loop {
        let before = callers.len();
        let mut woken = false;
        for index in (0..before).rev() {
            let caller = &mut callers[index];
            if caller.attentive && caller.call.is_woken() {
                woken = true;
                if caller.call.poll().is_ready() {
                    callers.remove(index);
                }
            }
        }
        if !woken {
            return;
        }
    }
}

async fn run(per_minute: u32, burst: u32, steps: Vec<Event>) -> Result<(), TestCaseError> {
    let interval = 60.0 / f64::from(per_minute);
    let log = Log::default();
    let layer = RateLimitLayer::per_minute(per_minute).burst(burst);
    let mut service = log.service(layer);
    let mut callers: Vec<Caller> = Vec::new();
    let (mut attentive, mut cancelled, mut count) = (Vec::new(), Vec::new(), 0);
    let mut pauses = 0;
    for step in steps {
        match step {
            Event::Arrive { attentive: polled } => {
                let call = service
                    .ready()
                    .await
                    .expect("ready")
                    .call(get(&format!("/{count}")));
                let mut caller = Caller {
                    number: count,
                    attentive: polled,
                    call: task::spawn(call),
                };
                if polled {
                    attentive.push(count);
                }
                count += 1;
                if caller.call.poll().is_pending() {
                    callers.push(caller);
                }
            }
            Event::Cancel(index) if index < callers.len() => {
                cancelled.push(callers.remove(index).number);
            }
            Event::Cancel(_) => {}
            Event::Advance(millis) => {
                // In steps below an interval: who is attentive is polled when its turn comes.
                for _ in 0..millis / 50 {
                    advance(Duration::from_millis(50)).await;
                    settle(&mut callers);
                }
            }
            Event::Limit(seconds) => {
                pauses += seconds + 2;
                log.limits.lock().expect("no panic").push_back(seconds);
            }
        }
        settle(&mut callers);
    }
    // Each that is polled is served within two intervals for each that arrived at all.
    let calls = u32::try_from(count).expect("few") + 2;
    let patience =
        Duration::from_secs_f64(2.0 * interval * f64::from(calls)) + Duration::from_secs(pauses);
    let end = Instant::now() + patience;
    while callers.iter().any(|caller| caller.attentive) {
        prop_assert!(Instant::now() < end, "somebody starves");
        advance(Duration::from_millis(50)).await;
        settle(&mut callers);
    }
    // Those that were not polled come back and are served, too.
    let end = Instant::now() + patience;
    for caller in &mut callers {
        caller.attentive = true;
    }
    callers.retain_mut(|caller| caller.call.poll().is_pending());
    while !callers.is_empty() {
        prop_assert!(Instant::now() < end, "who comes back starves");
        advance(Duration::from_millis(50)).await;
        settle(&mut callers);
    }
    let passed = log.passed.lock().expect("no panic").clone();
    prop_assert_eq!(passed.len() + cancelled.len(), count, "each once");
    for (first, (_, from)) in passed.iter().enumerate() {
        for (last, (_, to)) in passed.iter().enumerate().skip(first) {
            let span = to.saturating_sub(*from).as_secs_f64() + 1e-6;
            let calls = u32::try_from(last - first + 1).expect("few");
            prop_assert!(
                f64::from(calls) <= span / interval + f64::from(burst),
                "{calls} calls in {span} s"
            );
        }
    }
    let when = |number| passed.iter().find(|(n, _)| *n == number).map(|(_, at)| *at);
    let times: Vec<_> = attentive.into_iter().filter_map(when).collect();
    prop_assert!(times.is_sorted(), "out of order: {times:?} {passed:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_law_and_the_order_hold_and_nobody_starves(
        per_minute in prop_oneof![Just(50_u32), Just(60), 20..200_u32],
        burst in 1..8_u32,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(run(per_minute, burst, steps))?;
    }
}
