//! A collector over days of virtual time, with everything that days bring: events that arrive, some
//! of them late, faults, tokens and files that rotate, ends in order and crashes, a disk that is
//! full and freed. Every event is there once, memory and descriptors stay as they are, and the
//! collector's numbers agree with the API's record.
//!
//! One day by default; `SOAK_DAYS=14` for two weeks. With `SOAK_DIRECTORY`, a small file system of
//! its own, the disk is really filled; otherwise its error is made up.
#![cfg(all(feature = "client", feature = "collect"))]
#![allow(unreachable_pub)] // shared with the other binaries

#[allow(dead_code)] // not everything is needed here
#[path = "it/support/collect.rs"]
mod support;

use std::{
    collections::HashSet,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use peak_alloc::PeakAlloc;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use slack_audit_logs::{
    AuditLogsClient, Token,
    collect::{
        EntryId, Follow, Progress,
        destination::{Checkpoint, Commit, Destination, DestinationError, File},
    },
    fake::{FakeApi, ScriptedResponse, WireFault},
    retry::{
        ConnectionErrorRetryHandler, RateLimitErrorRetryHandler, RetryPolicy,
        ServerErrorRetryHandler,
    },
};
use support::{START, api, host_of, ids_of};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const DAY: u64 = 86_400;

/// How a life of the collector ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    InOrder,
    Crash,
    FullDisk,
}

/// A disk that fills up while a collector writes to it.
struct Disk {
    directory: PathBuf,
    /// Whether it may really be filled.
    is_own: bool,
    is_full: AtomicBool,
}

impl Disk {
    fn fill(&self) {
        if self.is_own {
            let mut ballast = fs::File::create(self.ballast()).expect("a file");
            let piece = vec![0; 4_096];
            while ballast.write_all(&piece).is_ok() {}
        }
        self.is_full.store(true, Ordering::SeqCst);
    }

    fn free(&self) {
        if self.is_own {
            fs::remove_file(self.ballast()).expect("the ballast");
        }
        self.is_full.store(false, Ordering::SeqCst);
    }

    fn ballast(&self) -> PathBuf {
        self.directory.join("ballast")
    }
}

/// A file on that disk.
struct OnDisk(File, Arc<Disk>);

impl Destination for OnDisk {
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        self.0.open()
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        self.0.known(ids)
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        if self.1.is_full.load(Ordering::SeqCst) && !self.1.is_own {
            let error = DestinationError::refused("the output cannot be written")
                .with_source(io::Error::from(io::ErrorKind::StorageFull));
            return async { Err(error) }.boxed();
        }
        self.0.commit(commit)
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        self.0.close()
    }

    fn flush_bytes(&self) -> u64 {
        self.0.flush_bytes()
    }

    fn cut_every(&self) -> Option<Duration> {
        self.0.cut_every()
    }
}

/// All ids in the files, those that were rotated first; and takes what is rotated away, as whoever
/// archives them would.
fn take_ids(directory: &Path, taken: &mut Vec<String>) {
    let mut rotated: Vec<_> = fs::read_dir(directory)
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gz"))
        .collect();
    rotated.sort();
    for path in rotated {
        let mut text = String::new();
        let file = fs::File::open(&path).expect("there");
        flate2::read::MultiGzDecoder::new(file)
            .read_to_string(&mut text)
            .expect("whole");
        taken.extend(ids_of(&text));
        fs::remove_file(&path).expect("removable");
    }
}

fn growing(directory: &Path) -> Vec<String> {
    let text = fs::read_to_string(directory.join("out.ndjson")).unwrap_or_default();
    ids_of(&text)
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// In KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

fn faults(api: &FakeApi) {
    for fault in [
        ScriptedResponse::status(503).sometimes(0.01),
        ScriptedResponse::rate_limited(20).sometimes(0.005),
        ScriptedResponse::fault(WireFault::ResetInBody).sometimes(0.005),
        ScriptedResponse::ordinary()
            .delay(Duration::from_secs(45))
            .sometimes(0.002),
    ] {
        api.script(fault.forever());
    }
    // An outage of its own.
    api.script(ScriptedResponse::status(500).nth(2_000).times(20));
}

fn client(api: &FakeApi, token: &Arc<Mutex<String>>) -> AuditLogsClient {
    let token = Arc::clone(token);
    AuditLogsClient::builder()
        .token_provider(move || {
            let token = token.lock().expect("no panic").clone();
            async move { Ok(Token::new(token)?) }
        })
        .transport(api.clone())
        .timeout(Duration::from_secs(30))
        .retry_policy(
            RetryPolicy::none()
                .handler(ConnectionErrorRetryHandler::new(3).with_timeouts(true))
                .handler(RateLimitErrorRetryHandler::new(3))
                .handler(ServerErrorRetryHandler::new(3)),
        )
        .build()
        .expect("valid")
}

// One life after the other.
#[allow(clippy::too_many_lines)]
#[tokio::test(start_paused = true)]
async fn every_event_once_over_days() {
    let days = std::env::var("SOAK_DAYS").map_or(1, |days| days.parse().expect("days"));
    // Each end comes at least once.
    let longest = DAY.min(days * DAY / 4);
    let begun = std::time::Instant::now();
    let temporary = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a directory");
    let own = std::env::var_os("SOAK_DIRECTORY").map(PathBuf::from);
    let disk = Arc::new(Disk {
        is_own: own.is_some(),
        directory: own.unwrap_or_else(|| temporary.path().to_owned()),
        is_full: AtomicBool::new(false),
    });
    let directory = &disk.directory;
    let mut rng = StdRng::seed_from_u64(11);
    let api = api()
        .entries(300)
        .span(Duration::from_secs(40_000))
        .arrivals(2.0, 0.1, Duration::from_secs(20 * 3_600))
        .rate_limit(50, 5)
        .build();
    faults(&api);
    let token = Arc::new(Mutex::new(FakeApi::TOKEN.to_owned()));
    let end = START + i64::try_from(days * DAY).expect("some days");
    let mut ids = Vec::new();
    let (mut lives, mut crashes, mut requests, mut late) = (0_u64, 0, 0, 0);
    let (mut held, mut open) = (Vec::new(), Vec::new());
    while api.now_unix() < end {
        let how = [End::InOrder, End::Crash, End::InOrder, End::FullDisk]
            [usize::try_from(lives % 4).expect("small")];
        lives += 1;
        let life = Duration::from_secs(rng.random_range(longest / 4..longest));
        let before = api.request_count();
        let known = ids.len() + growing(directory).len();
        let file = File::new(directory.join("out.ndjson"), directory.join("state"))
            .rotate_daily()
            .compress();
        let rotate = file.rotate_handle();
        let closed = descriptors();
        let mut at_end = 0;
        let follow = Follow::builder(
            client(&api, &token).into_service(),
            OnDisk(file, Arc::clone(&disk)),
        )
        .since(START - 50_000)
        .host_clock(host_of(&api))
        .build()
        .expect("valid");
        let reader = follow.progress();
        // In the middle of it, the token is another one, and somebody rotates the file.
        let events = async {
            tokio::time::sleep(life / 2).await;
            let new = format!("xoxp-soak-{lives}");
            token.lock().expect("no panic").clone_from(&new);
            api.set_token(new);
            rotate.rotate();
            tokio::time::sleep(life / 2).await;
            at_end = ALLOCATED.current_usage();
            open.push(descriptors());
            if how == End::FullDisk {
                disk.fill();
                // What is read meanwhile cannot be committed, and that ends it.
                tokio::time::sleep(Duration::from_secs(DAY)).await;
            }
        };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let mut running = Box::pin(follow.run_until(async {
            let _ = stopped.await;
        }));
        let progress: Progress = tokio::select! {
            ended = &mut running => {
                let error = ended.expect_err("nobody has asked it to end");
                assert_eq!(how, End::FullDisk, "{error}");
                reader.get()
            }
            () = events => {
                assert_ne!(how, End::FullDisk, "the disk was full for a day");
                if how == End::InOrder {
                    stop.send(()).expect("it runs");
                    running.as_mut().await.expect("an end in order")
                } else {
                    reader.get()
                }
            }
        };
        drop(running);
        drop(reader);
        // What only the collector held: the API keeps all that it has made.
        held.push(at_end.saturating_sub(ALLOCATED.current_usage()));
        if how == End::FullDisk {
            disk.free();
        }
        take_ids(directory, &mut ids);
        let written = ids.len() + growing(directory).len() - known;
        let sent = api.request_count() - before;
        println!(
            "life {lives}, {:.1} days, {how:?}: {written} events, {sent} requests {:?}, held {} \
             KiB, {} descriptors, resident {} KiB",
            to_days(api.now_unix() - START),
            progress.requests_by_code,
            held.last().expect("one") / 1_024,
            open.last().expect("one"),
            resident(),
        );
        if how == End::Crash {
            crashes += 1;
            // One may have been on its way.
            assert!(sent as u64 - progress.requests <= 1, "{sent} {progress:?}");
        } else {
            assert_eq!(progress.requests, sent as u64, "{progress:?}");
            assert_eq!(progress.events, written as u64, "{progress:?}");
        }
        let by_code: u64 = progress.requests_by_code.values().sum();
        assert_eq!(by_code, progress.requests);
        assert_eq!(progress.beyond_reach, 0);
        assert_eq!(descriptors(), closed, "nothing stays open");
        requests += progress.requests;
        late += progress.late_events();
        tokio::time::sleep(Duration::from_secs(rng.random_range(1..600))).await;
    }
    ids.extend(growing(directory));

    // Once each; and whatever became visible before the last pass of the longest tier is there.
    let once: HashSet<_> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "twice");
    let record = api.record();
    let all: HashSet<_> = record.iter().map(|event| &event.id).collect();
    assert!(once.is_subset(&all));
    let missing = record
        .iter()
        .filter(|event| event.visible_at < end - 2 * 3_600 && !once.contains(&event.id));
    assert_eq!(missing.count(), 0, "missing");
    assert!(late > 20 * days, "{late} late events");
    assert!(api.request_count() as u64 - requests <= crashes);
    // What a day's life holds does not grow with the days.
    let (first, rest) = held.split_at(held.len() / 2);
    let most = |held: &[usize]| held.iter().copied().max().unwrap_or(0);
    assert!(most(rest) <= most(first) * 3 / 2 + (1 << 19), "{held:?}");
    assert!(open.iter().all(|count| *count <= open[0] + 2), "{open:?}");
    println!(
        "{days} days, {lives} lives, {} events ({late} late), {} requests, {:?}",
        ids.len(),
        api.request_count(),
        begun.elapsed()
    );
}

// Figures, far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn to_days(seconds: i64) -> f64 {
    seconds as f64 / 86_400.0
}
