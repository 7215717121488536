//! The output file: rotated by the collector, moved and truncated by others.

use std::{io::Read, path::Path, time::Duration};

use slack_audit_logs::collect::{CollectError, Follow, Progress, destination::File};

use crate::support::{
    collect::{START, ids_in},
    slack::{Happened, Odd, Slack},
};

fn slack(events: i64) -> Slack {
    let slack = Slack::new(START);
    add(&slack, START - 4_000, events);
    slack
}

fn add(slack: &Slack, from: i64, events: i64) {
    let first = u64::try_from(slack.events().len()).expect("small");
    slack.add((first..).zip(0..events).map(|(id, n)| Happened {
        id,
        date: from + n * 4,
        visible_at: from + n * 4,
    }));
}

fn file(directory: &Path) -> File {
    File::new(directory.join("out.ndjson"), directory.join("state"))
}

async fn follow(slack: &Slack, file: File, seconds: u64) -> Result<Progress, CollectError> {
    let host = slack.clone();
    Follow::builder(slack.audit_logs(), file)
        .since(START - 5_000)
        .page_size(50)
        .host_clock(move || host.system_time())
        .build()
        .expect("valid")
        .run_until(tokio::time::sleep(Duration::from_secs(seconds)))
        .await
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("the directory");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("text")
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_touched_while_it_is_written_ends_it_and_nothing_is_doubled() {
    for how in ["move", "delete", "truncate", "replace", "append"] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("out.ndjson");
        let slack = slack(40);
        let running = tokio::spawn({
            let (slack, file) = (slack.clone(), file(directory.path()));
            async move { follow(&slack, file, 10_000).await }
        });
        while ids_in_or_none(&path).len() < 40 {
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        let moved = directory.path().join("moved");
        match how {
            "move" => std::fs::rename(&path, &moved).expect("moved"),
            "delete" => std::fs::remove_file(&path).expect("deleted"),
            "truncate" => std::fs::write(&path, "").expect("truncated"),
            "replace" => {
                std::fs::rename(&path, &moved).expect("moved");
                std::fs::write(&path, "").expect("made");
            }
            _ => {
                let mut text = std::fs::read(&path).expect("there");
                text.extend_from_slice(b"x\n");
                std::fs::write(&path, text).expect("written");
            }
        }
        add(&slack, slack.now(), 20);
        let error = running.await.expect("no panic").expect_err("touched");
        let CollectError::Destination(source) = &error else {
            panic!("{how}: {error}")
        };
        assert!(source.to_string().contains("out.ndjson"), "{how}: {source}");
        if how == "append" {
            continue;
        }
        // What was committed is where it was moved; started again it goes on in a new file.
        follow(&slack, file(directory.path()), 600)
            .await
            .expect("it goes on");
        let mut ids = ids_in(&path);
        assert_eq!(ids.len(), 20, "{how}");
        if moved.exists() {
            ids.extend(ids_in(&moved));
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), 60, "{how}");
        }
    }
}

fn ids_in_or_none(path: &Path) -> Vec<String> {
    if path.exists() {
        ids_in(path)
    } else {
        Vec::new()
    }
}

#[tokio::test(start_paused = true)]
async fn it_rotates_by_size_by_hour_and_on_demand() {
    let directory = tempfile::tempdir().expect("a directory");
    let slack = slack(500);
    let by_size = file(directory.path()).rotate_at(5_000);
    follow(&slack, by_size, 100).await.expect("no error");
    let by_size = names(directory.path()).len();
    assert!(by_size > 5, "{:?}", names(directory.path()));
    for name in names(directory.path()) {
        let path = directory.path().join(name);
        let length = std::fs::metadata(&path).expect("there").len();
        assert!(path.ends_with("state") || length <= 5_000, "{length}");
    }
    let by_hand = file(directory.path()).compress();
    by_hand.rotate_handle().rotate();
    add(&slack, slack.now(), 5);
    follow(&slack, by_hand, 100).await.expect("no error");
    let all = names(directory.path());
    assert_eq!(all.len(), by_size + 1, "{all:?}");
    let is_compressed = |name: &String| Path::new(name).extension() == Some("gz".as_ref());
    assert_eq!(
        all.iter().filter(|name| is_compressed(name)).count(),
        by_size - 1,
        "{all:?}"
    );
    assert_eq!(ids_in(directory.path().join("out.ndjson")).len(), 5);

    let directory = tempfile::tempdir().expect("a directory");
    let by_hour = file(directory.path()).rotate_hourly();
    follow(&slack, by_hour, 100).await.expect("no error");
    // START begins an hour; the events began 4,000 s before.
    assert_eq!(
        ids_in(directory.path().join("out-000001.ndjson")).len(),
        100
    );
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_refused_leaves_nothing_and_a_second_one_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let slack = slack(10);
    slack.choose(|_| {
        Some(Odd::Is(
            200,
            r#"{"ok":false,"error":"invalid_auth"}"#.to_owned(),
        ))
    });
    let error = follow(&slack, file(directory.path()), 100).await;
    assert!(error.expect_err("refused").api().is_some());
    assert_eq!(names(directory.path()), Vec::<String>::new());

    std::fs::write(directory.path().join("out.ndjson"), "something\n").expect("written");
    slack.choose(|_| None);
    let error = follow(&slack, file(directory.path()), 100)
        .await
        .expect_err("not empty");
    assert!(matches!(error, CollectError::Destination(_)), "{error}");
    assert_eq!(names(directory.path()), ["out.ndjson"]);

    std::fs::remove_file(directory.path().join("out.ndjson")).expect("removed");
    let first = tokio::spawn({
        let (slack, file) = (slack.clone(), file(directory.path()));
        async move { follow(&slack, file, 1_000).await }
    });
    while !directory.path().join("state").exists() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let error = follow(&slack, file(directory.path()), 100)
        .await
        .expect_err("in use");
    let words = format!("{error:?}");
    assert!(words.contains("another collector"), "{words}");
    first.await.expect("no panic").expect("no error");
}

#[tokio::test(start_paused = true)]
async fn one_file_cannot_be_output_and_state() {
    let directory = tempfile::tempdir().expect("a directory");
    let output = directory.path().join("out.ndjson");
    let state = directory.path().join(".").join("out.ndjson");
    let error = follow(&slack(10), File::new(output, state), 100).await;
    let words = format!("{:?}", error.expect_err("refused"));
    assert!(words.contains("output and state at once"), "{words}");
    assert_eq!(names(directory.path()), Vec::<String>::new());
}

/// The fixture was written by version 0.1.0 itself, with 24 events behind it.
#[tokio::test(start_paused = true)]
async fn a_state_of_version_0_1_0_is_refused_with_the_way_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let packed = include_bytes!("../../fixtures/state-0.1.0.redb.gz");
    let mut state = Vec::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_end(&mut state)
        .expect("gzip");
    std::fs::write(directory.path().join("state"), &state).expect("written");
    std::fs::write(directory.path().join("out.ndjson"), "{\"id\":\"old\"}\n").expect("written");
    let slack = slack(40);
    let error = follow(&slack, file(directory.path()), 60).await;
    let error = error.expect_err("refused");
    let source = std::error::Error::source(&error).expect("the destination's words");
    let words = source.to_string();
    assert!(
        words.contains("version 0.1.0") && words.contains("--since"),
        "{words}"
    );
    assert_eq!(ids_in(directory.path().join("out.ndjson")), ["old"]);
    assert_eq!(names(directory.path()), ["out.ndjson", "state"]);
    // Another destination over the same state says the same.
    let state = directory.path().join("state");
    let never = tower::service_fn(async |_: slack_audit_logs::collect::destination::Batch| {
        Err::<(), _>(tower::BoxError::from("nothing is to be delivered"))
    });
    let mut service = slack_audit_logs::collect::destination::Service::new(never, state);
    let error = slack_audit_logs::collect::destination::Destination::open(&mut service).await;
    assert_eq!(error.expect_err("refused").to_string(), words);
}
