//! Trials of the collector that need a process of their own.
//!
//! The process dies: aborted before and after every operation of store and sink, in the middle of a
//! write, and killed at random moments; the disk is full. The collector runs in a child then, which
//! is this test binary again. The file must hold every event once, in order, whatever happened.
//! What is traced is looked at here too: a thread of another test could hide it.
#![cfg(feature = "collect")]
#![allow(unreachable_pub)] // shared with the other binary

#[path = "it/support/capture.rs"]
mod capture;
#[allow(dead_code)] // not everything is needed here
#[path = "it/support/collect.rs"]
mod support;

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use capture::Capture;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use slack_audit_logs::{
    LogsRequest,
    collect::{Batch, BatchSink, FileSink, Follow, MemoryStore, RedbStore, SinkPosition},
    fake::{FakeApi, ScriptedResponse},
};
use support::{Counted, Hook, Output, START, api, audit_logs, audit_logs_with_token, ids_in};
use tower::BoxError;

/// Where the child works; without it the child does nothing.
const DIRECTORY: &str = "COLLECT_CHILD_DIRECTORY";
/// At which moment it aborts, counted from 0.
const ABORT_AT: &str = "COLLECT_CHILD_ABORT_AT";
/// In the middle of which batch it aborts, counted from 0.
const TEAR_AT: &str = "COLLECT_CHILD_TEAR_AT";
/// After how many bytes the output goes on in a new file.
const ROTATE_AT: &str = "COLLECT_CHILD_ROTATE_AT";
/// How many events there are, if not five hundred.
const ENTRIES: &str = "COLLECT_CHILD_ENTRIES";
const PAGE_SIZE: u32 = 40;

/// Five hundred events: some six windows of two or three pages.
fn the_api(entries: u32) -> FakeApi {
    api()
        .entries(entries)
        .span(Duration::from_secs(18_000))
        .build()
}

fn number(name: &str) -> Option<u32> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(collect(Path::new(&directory)));
}

async fn collect(directory: &Path) {
    let abort_at = number(ABORT_AT);
    let moments = AtomicU32::new(0);
    let hook: Hook = Arc::new(move |moment| {
        let count = moments.fetch_add(1, Ordering::SeqCst);
        // So that the parent can choose a moment to kill at.
        let mut out = std::io::stdout();
        let _ = writeln!(out, "moment {count} {moment:?}").and_then(|()| out.flush());
        if abort_at == Some(count) {
            std::process::abort();
        }
        Ok(())
    });
    let mut file = FileSink::new(directory.join("out.ndjson"));
    if let Some(bytes) = number(ROTATE_AT) {
        file = file.rotate_at(bytes.into());
    }
    let torn = Torn {
        file,
        directory: directory.to_owned(),
        at: number(TEAR_AT),
        count: 0,
    };
    let store = Counted::new(RedbStore::new(directory.join("state")), hook.clone());
    let follow = Follow::builder(
        audit_logs(&the_api(number(ENTRIES).unwrap_or(500))),
        store,
        Counted::new(torn, hook),
    )
    .since(START - 20_000)
    .page_size(PAGE_SIZE)
    .build()
    .expect("valid");
    follow.run_once().await.expect("collected");
}

/// A file that the process dies over in the middle of a batch, in the middle of a line.
struct Torn {
    file: FileSink,
    directory: PathBuf,
    at: Option<u32>,
    count: u32,
}

impl BatchSink for Torn {
    async fn open(
        &mut self,
        committed: Option<SinkPosition>,
    ) -> Result<Option<SinkPosition>, BoxError> {
        self.file.open(committed).await
    }

    async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        if self.at == Some(self.count) {
            let mut bytes = Vec::new();
            batch.write_ndjson(&mut bytes)?;
            bytes.truncate(bytes.len() / 2);
            let last = files(&self.directory).pop().expect("an output");
            let mut file = std::fs::OpenOptions::new().append(true).open(last)?;
            file.write_all(&bytes)?;
            std::process::abort();
        }
        self.count += 1;
        self.file.deliver(batch).await
    }
}

/// The output's files, in order.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "ndjson")
        })
        .collect();
    files.sort();
    files
}

fn command(directory: &Path, settings: &[(&str, u32)]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args(["--exact", "child", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    for (name, value) in settings {
        command.env(name, value.to_string());
    }
    command
}

/// Whether the child came to its end.
fn run(directory: &Path, settings: &[(&str, u32)]) -> bool {
    let output = command(directory, settings).output().expect("a child");
    output.status.success()
}

/// Everything once, in the API's order.
fn check(directory: &Path, what: &str) {
    check_all(directory, 500, what);
}

fn check_all(directory: &Path, entries: u32, what: &str) {
    let ids: Vec<_> = files(directory).iter().flat_map(ids_in).collect();
    let expected: Vec<_> = the_api(entries)
        .record()
        .into_iter()
        .map(|event| event.id)
        .collect();
    assert_eq!(ids.len(), expected.len(), "{what}");
    assert_eq!(ids, expected, "{what}");
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a directory")
}

/// Lets the child die in one way, and start again until it comes to its end.
fn die_and_start_again(setting: (&str, u32), rotate: Option<u32>) -> bool {
    let directory = directory();
    let mut settings: Vec<_> = rotate.map(|bytes| (ROTATE_AT, bytes)).into_iter().collect();
    settings.push(setting);
    if run(directory.path(), &settings) {
        check(directory.path(), &format!("{settings:?}: not reached"));
        return false;
    }
    settings.pop();
    assert!(
        run(directory.path(), &settings),
        "{setting:?}: it starts again"
    );
    check(directory.path(), &format!("{setting:?} {rotate:?}"));
    true
}

fn every_moment(rotate: Option<u32>) {
    let mut moments = 0;
    while die_and_start_again((ABORT_AT, moments), rotate) {
        moments += 1;
    }
    println!("aborted at {moments} moments");
    // Two for each load, open and commit at the start, six for each window.
    assert!(
        moments >= 6 + 5 * 6,
        "{moments} moments: five windows at least"
    );
}

#[test]
fn aborted_before_and_after_every_operation() {
    every_moment(None);
}

#[test]
fn aborted_before_and_after_every_operation_with_files_that_rotate() {
    every_moment(Some(30_000));
}

#[test]
fn aborted_in_the_middle_of_every_batch() {
    for rotate in [None, Some(30_000)] {
        let mut batches = 0;
        while die_and_start_again((TEAR_AT, batches), rotate) {
            batches += 1;
        }
        println!("torn in {batches} batches");
        assert!(batches >= 5, "{batches}");
    }
}

#[test]
fn aborted_at_the_same_moment_of_every_run_until_it_is_through() {
    // A run that goes on commits its first window before moment 9.
    for at in [9, 10, 11, 13] {
        let directory = directory();
        let mut deaths = 0;
        while !run(directory.path(), &[(ABORT_AT, at)]) {
            deaths += 1;
            assert!(deaths < 50, "it makes progress");
        }
        check(directory.path(), &format!("{deaths} deaths at {at}"));
    }
}

#[test]
fn killed_at_twenty_random_moments() {
    let seed: u64 = std::env::var("KILL_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(7);
    println!("KILL_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut kills, mut ends) = (0, 0);
    let mut place = directory();
    while kills < 20 {
        let mut child = command(place.path(), &[]).spawn().expect("a child");
        let output = child.stdout.take().expect("piped");
        let (moments, spins) = (
            rng.random_range(1..20_usize),
            rng.random_range(0..200_000_u32),
        );
        let mut passed = 0;
        let mut said = BufReader::new(output).lines();
        while passed < moments {
            match said.next() {
                Some(Ok(line)) => passed += usize::from(line.starts_with("moment")),
                _ => break,
            }
        }
        // A little later, wherever that is.
        for spin in 0..spins {
            std::hint::black_box(spin);
        }
        let _ = child.kill();
        let killed = !child.wait().expect("it ended").success();
        drop(said);
        if killed {
            kills += 1;
        } else {
            ends += 1;
            check(place.path(), "between kills");
            place = directory();
        }
    }
    assert!(run(place.path(), &[]), "it starts again");
    check(place.path(), "after all kills");
    println!("{kills} kills, {ends} runs that came to their end");
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_a_loud_error_and_afterwards_nothing_is_missing() {
    // So many blocks of 512 bytes may a file have. First the state cannot be made, then the output
    // grows over it.
    for (blocks, word) in [(64, "state"), (4_000, "out.ndjson")] {
        let directory = tempfile::tempdir().expect("a directory");
        let entries = [(ENTRIES, 5_000)];
        let child = command(directory.path(), &entries);
        let mut limited = Command::new("sh");
        limited
            .args([
                "-c",
                &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""),
            ])
            .arg(child.get_program())
            .args(child.get_args())
            .envs(
                child
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
        let output = limited.output().expect("a child");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{blocks}: the disk was full");
        assert!(
            words.contains(word) && words.contains("FileTooLarge"),
            "{blocks}: {words}"
        );
        assert!(
            run(directory.path(), &entries),
            "{blocks}: there is room again"
        );
        check_all(directory.path(), 5_000, &format!("{blocks} blocks"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_it_tells_holds_no_secret_and_no_event() {
    let capture = Capture::start();
    let api = the_api(500);
    api.set_token("xoxp-CANARY-token");
    api.script(ScriptedResponse::status(503).times(3));
    api.script(
        ScriptedResponse::slack_error(400, "invalid_cursor").when(|r| r.param("cursor").is_some()),
    );
    let store = MemoryStore::new();
    let follow = Follow::builder(
        audit_logs_with_token(&api, "xoxp-CANARY-token"),
        store.clone(),
        Output::default(),
    )
    .filters(LogsRequest::new().query("team", "CANARY-value"))
    .since(START - 20_000)
    .page_size(50)
    .build()
    .expect("valid");
    let shown = format!("{follow:?}");
    let mut reader = follow.progress();
    let watcher = tokio::spawn(async move {
        let mut changes = 0;
        while reader.changed().await {
            changes += 1;
        }
        (changes, reader.get())
    });
    let progress = follow
        .run_until(tokio::time::sleep(Duration::from_secs(5_000)))
        .await
        .expect("no error");
    let (changes, last) = watcher.await.expect("no panic");
    assert!(
        changes > 3 && last.events == progress.events && progress.events == 500,
        "{changes} {progress:?}"
    );
    assert!(
        progress.requests > 10 && progress.windows > 5 && progress.restarts == 1,
        "{progress:?}"
    );
    let state = String::from_utf8(store.checkpoint().expect("one").to_bytes()).expect("JSON");
    let text = capture.text();
    assert!(
        text.contains("round done") && text.contains("Slack can be read again"),
        "{text}"
    );
    for text in [&text, &shown, &state, &format!("{progress:?}")] {
        assert!(!text.contains("CANARY"), "{text}");
        assert!(!text.contains("\"entries\""));
    }
}
