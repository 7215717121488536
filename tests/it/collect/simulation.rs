//! Ten thousand steps of arrivals, faults, crashes and stepping clocks, against the API's own
//! record.
//!
//! `SIMULATION_STEPS` and `SIMULATION_SEED` choose other numbers than the default ones; a failure
//! prints both.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use slack_audit_logs::{
    AuditLogs, Body,
    collect::{BatchSink, CheckpointStore, FileSink, Follow, MemoryStore, RedbStore},
    fake::{Event, FakeApi},
    http,
};
use tokio::{sync::Notify, time::Instant};
use tower::{BoxError, ServiceExt, util::BoxCloneSyncService};

use crate::support::collect::{Counted, Hook, Output, START, Service, api, audit_logs};

const OVERLAP: i64 = 120;
const REACH: i64 = 7_200;
/// How long it is left in peace at the end: several deep scans.
const CALM: Duration = Duration::from_secs(9_000);
/// What the clock's steps may take from the reach.
const SLACK: i64 = 1_200;

/// What the world does to the collector, by one seed.
struct World {
    rng: Mutex<StdRng>,
    api: FakeApi,
    output: Option<Output>,
    crash: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    steps: u64,
    calm: bool,
    faults: HashMap<&'static str, u64>,
    crashes: u64,
    pushed: u64,
}

impl World {
    fn chance(&self, share: f64) -> bool {
        self.rng.lock().expect("whole").random_bool(share)
    }

    fn below(&self, end: i64) -> i64 {
        self.rng.lock().expect("whole").random_range(0..end)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_calm(&self) -> bool {
        self.state().calm
    }

    fn count(&self, fault: &'static str) {
        *self.state().faults.entry(fault).or_default() += 1;
    }

    /// One step of anything: now and then the clock steps, or an event arrives that is late in an
    /// odd way.
    fn step(&self) {
        self.state().steps += 1;
        if self.is_calm() {
            return;
        }
        if self.chance(0.002) {
            let step = self.below(120) - 60;
            self.api.step_clock(step);
            self.count("clock step");
        }
        if self.chance(0.02) {
            let number = {
                let mut state = self.state();
                state.pushed += 1;
                state.pushed
            };
            let now = self.api.now_unix();
            let late = match number % 4 {
                0 => 0,
                1 => self.below(OVERLAP),
                2 => self.below(REACH - SLACK),
                _ => REACH + self.below(20_000),
            };
            let date = now - self.below(late + 1);
            // A burst in one second now and then.
            for n in 0..if number % 16 == 0 { 80 } else { 1 } {
                let event = Event::new(format!("pushed-{number}-{n}"), date, "user_login");
                self.api.push(event, date + late);
            }
        }
    }

    /// Between any two operations of store and sink the process may die.
    fn moment(&self) -> Result<(), String> {
        self.step();
        if !self.is_calm() && self.chance(0.01) {
            self.state().crashes += 1;
            return Err("crashed".to_owned());
        }
        if let Some(output) = &self.output
            && !self.is_calm()
            && self.chance(0.005)
        {
            // In the middle of a batch.
            let at = usize::try_from(self.below(30)).expect("small");
            *output.refuse_after.lock().expect("whole") = Some(at);
            self.state().crashes += 1;
        }
        Ok(())
    }

    /// As a proxy with a wrong clock sends it.
    fn with_false_date(
        &self,
        mut response: http::Response<Bytes>,
    ) -> Result<http::Response<Bytes>, BoxError> {
        let date = u64::try_from(self.api.now_unix() + self.below(2_000_000))?;
        let date = std::time::UNIX_EPOCH + Duration::from_secs(date);
        let date = httpdate::fmt_http_date(date).parse()?;
        response.headers_mut().insert("date", date);
        Ok(response)
    }

    /// Answers a call, in three of ten cases badly.
    async fn answer(
        self: Arc<Self>,
        inner: Service,
        request: http::Request<Body>,
    ) -> Result<http::Response<Bytes>, BoxError> {
        self.step();
        let query = request.uri().query().unwrap_or_default();
        let (is_window, is_further) = (query.contains("oldest="), query.contains("cursor="));
        if !self.is_calm() && self.chance(0.003) {
            self.state().crashes += 1;
            self.crash.notify_one();
            return std::future::pending().await;
        }
        if self.is_calm() || !self.chance(0.3) {
            return inner.oneshot(request).await;
        }
        let kind = self.below(16);
        let reply = |status: u16, body: &str| {
            let mut response = http::Response::new(Bytes::copy_from_slice(body.as_bytes()));
            *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
            Ok(response)
        };
        match kind {
            0 => {
                self.count("503");
                reply(503, "")
            }
            1 => {
                self.count("502");
                reply(502, "<html>invalid_cursor</html>")
            }
            2 => {
                self.count("429");
                let mut response = reply(429, r#"{"ok":false,"error":"ratelimited"}"#)?;
                let wait = http::HeaderValue::from(self.below(40));
                response.headers_mut().insert("retry-after", wait);
                Ok(response)
            }
            3 => {
                self.count("reset");
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
            }
            4 => {
                self.count("timeout");
                tokio::time::sleep(Duration::from_secs(30)).await;
                Err(Box::new(tower::timeout::error::Elapsed::new()))
            }
            5 => {
                self.count("html");
                reply(200, "<html>guest network</html>")
            }
            6 => {
                self.count("cut page");
                let response = inner.oneshot(request).await?;
                let (parts, body) = response.into_parts();
                let cut = usize::try_from(self.below(i64::try_from(body.len())?))?;
                Ok(http::Response::from_parts(parts, body.slice(..cut)))
            }
            7 => {
                self.count("internal_error");
                reply(200, r#"{"ok":false,"error":"internal_error"}"#)
            }
            8 | 9 if is_further => {
                self.count("invalid_cursor");
                reply(
                    if kind == 8 { 400 } else { 200 },
                    r#"{"ok":false,"error":"invalid_cursor"}"#,
                )
            }
            10 if self.chance(0.1) => {
                self.count("token_revoked");
                reply(401, r#"{"ok":false,"error":"token_revoked"}"#)
            }
            11 if is_window => {
                self.count("no date");
                let mut response = inner.oneshot(request).await?;
                response.headers_mut().remove("date");
                Ok(response)
            }
            12 if is_window => {
                self.count("false date");
                self.with_false_date(inner.oneshot(request).await?)
            }
            13 => {
                self.count("answer lost");
                inner.oneshot(request).await?;
                Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into())
            }
            14 => {
                self.count("slow");
                tokio::time::sleep(Duration::from_secs(20)).await;
                inner.oneshot(request).await
            }
            _ => {
                self.count("500");
                reply(500, "")
            }
        }
    }
}

/// Runs the collector again and again until the steps are used up, then in peace until everything
/// must be there.
async fn simulate<St: CheckpointStore, K: BatchSink>(
    world: Arc<World>,
    steps: u64,
    mut store: impl FnMut() -> St,
    mut sink: impl FnMut() -> K,
) {
    let inner = audit_logs(&world.api).into_inner();
    let transport = {
        let world = Arc::clone(&world);
        tower::service_fn(move |request| Arc::clone(&world).answer(inner.clone(), request))
    };
    let service = AuditLogs::new(BoxCloneSyncService::new(transport));
    let hook: Hook = {
        let world = Arc::clone(&world);
        Arc::new(move |_| world.moment())
    };
    let mut follow = || {
        Follow::builder(
            service.clone(),
            Counted::new(store(), hook.clone()),
            Counted::new(sink(), hook.clone()),
        )
        .since(START - 3_000)
        .page_size(20)
        .overlap(Duration::from_secs(120))
        .deep_scan(Duration::from_secs(600), Duration::from_secs(7_200))
        .build()
        .expect("valid")
    };
    let mut runs = 0;
    while world.state().steps < steps {
        runs += 1;
        let watched = Arc::clone(&world);
        let used_up = async move {
            while watched.state().steps < steps {
                tokio::time::sleep(Duration::from_secs(7)).await;
            }
        };
        tokio::select! {
            // Whatever it ended with, somebody starts it again.
            ended = follow().run_until(used_up) => drop(ended),
            () = world.crash.notified() => {}
        }
        let pause = Duration::from_secs(u64::try_from(world.below(200)).expect("small"));
        tokio::time::sleep(pause).await;
    }
    {
        let mut state = world.state();
        state.calm = true;
        println!("{runs} runs, {} crashes, {:?}", state.crashes, state.faults);
        assert!(state.crashes > steps / 200, "crashes");
        assert!(state.faults.len() >= 14, "every fault: {:?}", state.faults);
    }
    if let Some(output) = &world.output {
        *output.refuse_after.lock().expect("whole") = None;
    }
    let begun = Instant::now();
    follow()
        .run_until(tokio::time::sleep(CALM))
        .await
        .expect("nothing is wrong any more");
    assert!(begun.elapsed() >= CALM);
}

/// Compares with the API's record.
fn check(world: &World, ids: impl IntoIterator<Item = String>) {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for id in ids {
        *counts.entry(id).or_default() += 1;
    }
    let now = world.api.now_unix();
    let (mut expected, mut late, mut beyond) = (0, 0, 0);
    let record = world.api.record();
    for event in &record {
        let count = counts.remove(&event.id).unwrap_or(0);
        let lateness = event.visible_at - event.date_create;
        assert!(count <= 1, "{count} times: {event:?}");
        if event.date_create < START - 3_000 || event.visible_at > now - 5_000 {
            continue;
        }
        if lateness <= REACH - SLACK {
            assert_eq!(
                count, 1,
                "missing: {event:?}, {lateness} s late, it is {now}"
            );
            expected += 1;
            late += i64::from(lateness > OVERLAP);
        } else {
            beyond += 1;
        }
    }
    assert!(counts.is_empty(), "never recorded: {counts:?}");
    println!("{expected} events, {late} later than the overlap, {beyond} beyond reach");
    assert!(
        expected > 1_000 && late > 100 && beyond > 0,
        "{expected} {late} {beyond}"
    );
}

fn world(seed: u64, output: Option<Output>) -> Arc<World> {
    let api = api()
        .seed(seed)
        .entries(300)
        .span(Duration::from_secs(10_000))
        .arrivals(6.0, 0.2, Duration::from_secs(6_000))
        .build();
    Arc::new(World {
        rng: Mutex::new(StdRng::seed_from_u64(seed)),
        api,
        output,
        crash: Notify::new(),
        state: Mutex::default(),
    })
}

/// The steps and the seed to use.
fn chosen(seed: u64) -> (u64, u64) {
    let number = |name| std::env::var(name).ok()?.parse().ok();
    let steps = number("SIMULATION_STEPS").unwrap_or(10_000);
    let seed = number("SIMULATION_SEED").unwrap_or(seed);
    println!("SIMULATION_STEPS={steps} SIMULATION_SEED={seed}");
    (steps, seed)
}

async fn in_memory(seed: u64) {
    let (steps, seed) = chosen(seed);
    let (output, store) = (Output::default(), MemoryStore::new());
    let world = world(seed, Some(output.clone()));
    simulate(
        Arc::clone(&world),
        steps,
        || store.clone(),
        || output.clone(),
    )
    .await;
    check(&world, output.ids());
}

#[tokio::test(start_paused = true)]
async fn seed_1() {
    in_memory(1).await;
}

#[tokio::test(start_paused = true)]
async fn seed_2() {
    in_memory(2).await;
}

#[tokio::test(start_paused = true)]
async fn seed_3() {
    in_memory(3).await;
}

#[tokio::test(start_paused = true)]
async fn seed_5() {
    in_memory(5).await;
}

#[tokio::test(start_paused = true)]
async fn with_a_real_state_and_a_real_file() {
    let (steps, seed) = chosen(4);
    // In memory where there is such a place: what is tried here is not the disk.
    let shared = std::path::Path::new("/dev/shm");
    let directory = match tempfile::tempdir_in(shared) {
        Ok(directory) => directory,
        Err(_) => tempfile::tempdir().expect("a directory"),
    };
    let (state, file) = (
        directory.path().join("state"),
        directory.path().join("out.ndjson"),
    );
    let world = world(seed, None);
    simulate(
        Arc::clone(&world),
        steps.min(3_000),
        || RedbStore::new(&state),
        || FileSink::new(&file),
    )
    .await;
    check(&world, crate::support::collect::ids_in(&file));
}
