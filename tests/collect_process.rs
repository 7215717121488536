//! Trials of the collector that need a process of their own.
//!
//! The process dies: aborted before and after every operation of the destination, and killed at
//! random moments; the disk is full. The collector runs in a child then, which is this test binary
//! again. The files must hold every event once, in order, whatever happened, and nothing else may
//! lie beside them.
#![cfg(feature = "collect")]
#![allow(unreachable_pub)] // shared with the other binary

#[allow(dead_code)] // not everything is needed here
#[path = "it/support/collect.rs"]
mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use slack_audit_logs::{
    collect::{
        EntryId, Follow,
        destination::{Checkpoint, Commit, Destination, DestinationError, File},
    },
    fake::FakeApi,
};
use support::{START, api, audit_logs, host_of, ids_of};

/// Where the child works; without it the child does nothing.
const DIRECTORY: &str = "COLLECT_CHILD_DIRECTORY";
/// At which moment it aborts, counted from 0.
const ABORT_AT: &str = "COLLECT_CHILD_ABORT_AT";
/// After how many bytes the output goes on in a new file.
const ROTATE_AT: &str = "COLLECT_CHILD_ROTATE_AT";
/// How many events there are, if not five hundred.
const ENTRIES: &str = "COLLECT_CHILD_ENTRIES";
const PAGE_SIZE: u32 = 40;

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
        .build()
        .expect("a runtime");
    runtime.block_on(collect(Path::new(&directory)));
}

async fn collect(directory: &Path) {
    let mut file = File::new(directory.join("out.ndjson"), directory.join("state"));
    if let Some(bytes) = number(ROTATE_AT) {
        file = file.rotate_at(bytes.into()).compress();
    }
    let dying = Dying {
        file,
        at: number(ABORT_AT),
        moments: AtomicU32::new(0),
    };
    let api = the_api(number(ENTRIES).unwrap_or(500));
    let follow = Follow::builder(audit_logs(&api), dying)
        .since(START - 20_000)
        .page_size(PAGE_SIZE)
        .host_clock(host_of(&api))
        .build()
        .expect("valid");
    follow.run_once().await.expect("collected");
}

/// A file whose process dies at a moment before or after an operation.
struct Dying {
    file: File,
    at: Option<u32>,
    moments: AtomicU32,
}

impl Dying {
    fn moment(&self, what: &str) {
        let count = self.moments.fetch_add(1, Ordering::SeqCst);
        // So that the parent can choose a moment to kill at.
        let mut out = std::io::stdout();
        let _ = writeln!(out, "moment {count} {what}").and_then(|()| out.flush());
        if self.at == Some(count) {
            std::process::abort();
        }
    }
}

impl Destination for Dying {
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        async {
            self.moment("open");
            let opened = self.file.open().await;
            self.moment("opened");
            opened
        }
        .boxed()
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        self.moment("known");
        self.file.known(ids)
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        async {
            self.moment("commit");
            let committed = self.file.commit(commit).await;
            self.moment("committed");
            committed
        }
        .boxed()
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        async {
            self.moment("close");
            let closed = self.file.close().await;
            self.moment("closed");
            closed
        }
        .boxed()
    }

    fn flush_bytes(&self) -> u64 {
        self.file.flush_bytes()
    }
}

/// The names in a directory, in order.
fn names(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("the directory");
    let mut names: Vec<_> = entries.map(|it| it.expect("an entry").path()).collect();
    names.sort();
    names
}

/// What the rotated files and the growing one hold, in order.
fn text(directory: &Path) -> String {
    let mut text = String::new();
    let (mut rotated, mut growing) = (Vec::new(), Vec::new());
    for path in names(directory) {
        let name = path
            .file_name()
            .expect("a name")
            .to_str()
            .expect("text")
            .to_owned();
        match name.as_str() {
            "state" => {}
            "out.ndjson" => growing.push(path),
            name if name.starts_with("out-0") => rotated.push(path),
            name => panic!("{name} was left behind"),
        }
    }
    for path in rotated.into_iter().chain(growing) {
        let file = std::fs::File::open(&path).expect("there");
        if path.extension().is_some_and(|it| it == "gz") {
            flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text)
        } else {
            BufReader::new(file).read_to_string(&mut text)
        }
        .expect("whole");
    }
    text
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
    let mut command = command(directory, settings);
    let output = command.stderr(Stdio::piped()).output().expect("a child");
    let said = String::from_utf8_lossy(&output.stderr);
    eprintln!("{}", said.lines().take(5).collect::<Vec<_>>().join("\n"));
    output.status.success()
}

/// Everything once, in the API's order.
fn check(directory: &Path, entries: u32, what: &str) {
    let ids = ids_of(&text(directory));
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

/// Lets the child die at every moment, and start again until it comes to its end.
fn every_moment(rotate: Option<u32>) {
    let settings: Vec<_> = rotate.map(|bytes| (ROTATE_AT, bytes)).into_iter().collect();
    let mut moment = 0;
    loop {
        let directory = directory();
        let mut dying = settings.clone();
        dying.push((ABORT_AT, moment));
        let ended = run(directory.path(), &dying);
        if !ended {
            assert!(
                run(directory.path(), &settings),
                "{dying:?}: it starts again"
            );
        }
        check(directory.path(), 500, &format!("{dying:?}"));
        if ended {
            break;
        }
        moment += 1;
    }
    println!("aborted at {moment} moments");
    // Four to open and close, two to begin, three for each window.
    assert!(
        moment >= 6 + 3 * 3,
        "{moment} moments: three windows at least"
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
fn killed_at_random_moments() {
    let seed = number("KILL_SEED").unwrap_or(7);
    let wanted = number("KILLS").unwrap_or(20);
    println!("KILL_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed.into());
    let (mut kills, mut ends) = (0, 0);
    let settings = [(ROTATE_AT, 60_000)];
    let mut place = directory();
    while kills < wanted {
        let mut child = command(place.path(), &settings).spawn().expect("a child");
        let output = child.stdout.take().expect("piped");
        let moments = rng.random_range(1..20_usize);
        let spins = rng.random_range(0..2_000_000_u32);
        let mut said = BufReader::new(output).lines();
        let mut passed = 0;
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
            check(place.path(), 500, "between kills");
            place = directory();
        }
    }
    assert!(run(place.path(), &settings), "it starts again");
    check(place.path(), 500, "after all kills");
    println!("{kills} kills, {ends} runs that came to their end");
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_a_loud_error_and_afterwards_nothing_is_missing() {
    // So many blocks of 512 bytes may a file have. First the state cannot be made, then the output
    // grows over it.
    for (blocks, word) in [(64, "state"), (2_500, "out.ndjson")] {
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
        check(directory.path(), 5_000, &format!("{blocks} blocks"));
    }
}
