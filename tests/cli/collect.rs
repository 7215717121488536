//! `follow` and `backfill`: every event once, oldest first, over restarts.

use serde_json::Value;
use slack_audit_logs::fake::ScriptedResponse;
use tempfile::tempdir;

use super::support::Served;

fn oldest_first(served: &Served, from: i64) -> Vec<String> {
    let record = served.api.record().into_iter();
    record
        .filter(|event| event.date_create >= from)
        .map(|event| event.id)
        .collect()
}

fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        value["id"].as_str().expect("an id").to_owned()
    };
    text.lines().map(id).collect()
}

#[test]
fn follow_once_twice_is_every_event_once() {
    let served = Served::with(2_000);
    let directory = tempdir().expect("a directory");
    let file = |name: &str| {
        directory
            .path()
            .join(name)
            .to_str()
            .expect("text")
            .to_owned()
    };
    let (state, output) = (file("s"), file("o"));
    let since = served.api.now_unix() - 31 * 86_400;
    let args = [
        "follow",
        "--once",
        "--state",
        &state,
        "--output",
        &output,
        "--since",
        &since.to_string(),
    ];
    served.run(args).expect(0).says("done: 2000 events");
    served.run(args).expect(0).says("done: 0 events");
    let text = std::fs::read_to_string(&output).expect("there");
    assert_eq!(ids(&text), oldest_first(&served, since));
    #[cfg(unix)]
    for path in [state, output] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).expect("there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "its owner's alone: {path}");
    }
}

#[test]
fn backfill_goes_on_where_it_was() {
    let served = Served::with(2_000);
    let directory = tempdir().expect("a directory");
    let output = directory.path().join("all.ndjson");
    let since = served.api.now_unix() - 31 * 86_400;
    let args = [
        "--max-retries",
        "0",
        "backfill",
        "--page-size",
        "200",
        "--since",
        &since.to_string(),
        "--output",
        output.to_str().expect("text"),
    ];
    // Once some windows are done the token is revoked; with a new one it goes on.
    served
        .api
        .script(ScriptedResponse::slack_error(401, "token_revoked").nth(8));
    served.run(args).expect(3).says("token_revoked");
    let before = std::fs::read_to_string(&output)
        .expect("there")
        .lines()
        .count();
    assert!(before < 2_000, "{before}");
    served.run(args).expect(0).says("done: ");
    let text = std::fs::read_to_string(&output).expect("there");
    assert_eq!(ids(&text), oldest_first(&served, since));
    assert!(directory.path().join("all.ndjson.state").exists());
}

#[test]
fn json_that_is_not_a_page_marks_nothing_as_done() {
    for body in [
        "{}",
        r#"{"ok":true}"#,
        r#"{"message":"please log in"}"#,
        "null",
    ] {
        let served = Served::with(50);
        let directory = tempdir().expect("a directory");
        let output = directory.path().join("o");
        let output = output.to_str().expect("text");
        let since = (served.api.now_unix() - 31 * 86_400).to_string();
        let page = ScriptedResponse::status(200).header("content-type", "application/json");
        served.api.script(page.body(body).on("/logs").forever());
        let follow = ["follow", "--once", "--since", &since, "--output", output];
        served.run(follow).expect(4);
        assert_eq!(std::fs::read_to_string(output).unwrap_or_default(), "");
        served.api.clear_script();
        served.run(follow).expect(0).says("done: 50 events");
    }
}

#[test]
fn excluded_actions_are_left_out_of_the_file() {
    let served = Served::with(500);
    let directory = tempdir().expect("a directory");
    let output = directory.path().join("o");
    served
        .run([
            "backfill",
            "--since",
            "31d",
            "--exclude-action",
            "user_login",
            "--output",
            output.to_str().expect("text"),
        ])
        .expect(0);
    let text = std::fs::read_to_string(&output).expect("there");
    let expected: Vec<String> = served
        .api
        .record()
        .into_iter()
        .filter(|event| event.action != "user_login")
        .map(|event| event.id)
        .collect();
    assert_eq!(ids(&text), expected);
}

#[test]
fn what_is_wrong_with_files_is_code_5() {
    let served = Served::with(10);
    let directory = tempdir().expect("a directory");
    let file = |name: &str| {
        directory
            .path()
            .join(name)
            .to_str()
            .expect("text")
            .to_owned()
    };
    let (state, output) = (file("s"), file("o"));
    std::fs::write(&output, "something else\n").expect("writable");
    served
        .run(["follow", "--once", "--state", &state, "--output", &output])
        .expect(5)
        .says("is not empty");
    std::fs::write(file("text"), "no state at all\n".repeat(1000)).expect("writable");
    served
        .run(["follow", "--once", "--state", &file("text")])
        .expect(5)
        .says("text");
    served
        .run(["follow", "--once", "--state", "/no/such/state"])
        .expect(5)
        .says("/no/such/state");
    served
        .run([
            "backfill",
            "--since",
            "1d",
            "--output",
            "/no/such/output",
            "--state",
            &file("s3"),
        ])
        .expect(5);
}

#[test]
fn a_reader_of_follow_that_leaves_is_no_good_end() {
    let served = Served::with(3_000);
    let directory = tempdir().expect("a directory");
    let state = directory.path().join("s");
    let mut running = served.start(&[
        "-q",
        "follow",
        "--state",
        state.to_str().expect("text"),
        "--since",
        "31d",
        "--page-size",
        "100",
    ]);
    assert!(running.line().starts_with('{'));
    drop(running.lines);
    let output = running.child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(5), "{output:?}");
}

#[test]
fn follow_shows_events_in_a_pipe_without_a_state() {
    let served = Served::with(50);
    let follow = |args: &[&str]| {
        let all = ["follow", "--once", "--since", "31d", "--page-size", "10"];
        served.run(all.iter().chain(args).copied())
    };
    let lines = follow(&[]).expect(0);
    assert_eq!(ids(&lines.stdout), oldest_first(&served, 0));
    let table = follow(&["--format", "table"]).expect(0);
    let titles = table
        .lines()
        .iter()
        .filter(|line| line.starts_with("TIME (UTC)"))
        .count();
    assert_eq!((table.lines().len(), titles), (51, 1), "{}", table.stdout);
    let reshaped = follow(&["--action", "user_*", "--jq", "{id, at: .date_create}"]).expect(0);
    for line in reshaped.lines() {
        assert!(
            line.starts_with("{\"id\":\"") && line.contains(",\"at\":"),
            "{line}"
        );
    }
    assert!(!reshaped.stdout.is_empty());
    let none = follow(&["--ip", "192.0.2.255/32", "--jq", "select(.id == \"x\")"]).expect(0);
    assert_eq!(none.stdout, "");
    follow(&["--format", "table", "--output", "o"])
        .expect(2)
        .says("--format");
}

#[test]
fn follow_into_a_directory_is_its_own_state() {
    let served = Served::with(2_000);
    let directory = tempdir().expect("a directory");
    let output = directory.path().join("archive/");
    let output = output.to_str().expect("text").to_owned();
    let since = served.api.now_unix() - 31 * 86_400;
    let since = since.to_string();
    let args = ["follow", "--once", "--output", &output, "--since", &since];
    served.run(args).expect(0).says("done: 2000 events");
    served.run(args).expect(0).says("done: 0 events");

    let mut objects: Vec<_> = std::fs::read_dir(&output)
        .expect("there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    objects.sort();
    let mut text = String::new();
    for object in objects {
        let object = std::fs::File::open(object).expect("there");
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(object), &mut text)
            .expect("gzip");
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(ids(&lines.join("\n")).len(), 2_000);

    let args = ["follow", "--once", "--output", &output, "--state", "s"];
    served.run(args).expect(2).says("leave --state out");
    let args = ["follow", "--once", "--output", &output, "--rotate", "daily"];
    served.run(args).expect(2).says("--rotate and --compress");
    let args = ["follow", "--once", "--output", "ftp://host/prefix"];
    served.run(args).expect(2).says("s3://bucket/prefix");
}
