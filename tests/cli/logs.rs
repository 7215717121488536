//! `logs`: formats, filters, bounds, many pages, pipes, files.

use std::collections::HashSet;

use serde_json::Value;
use slack_audit_logs::fake::{Event, FakeApi, ScriptedResponse};
use tempfile::tempdir;

use super::support::{CANARY, Served, TOKEN_VARIABLE, plain_command, run};

fn ids(lines: &[&str]) -> Vec<String> {
    let id = |line: &&str| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        value["id"].as_str().expect("an id").to_owned()
    };
    lines.iter().map(id).collect()
}

fn newest_first(api: &FakeApi) -> Vec<String> {
    let mut record = api.record();
    record.reverse();
    record.into_iter().map(|event| event.id).collect()
}

#[test]
fn fifty_thousand_entries_are_six_requests_and_fifty_thousand_lines() {
    let served = Served::with(50_000);
    let done = served.run(["logs", "--since", "31d"]).expect(0);
    assert_eq!(served.api.request_count(), 6);
    assert_eq!(done.stderr, "", "nothing to say without a terminal");
    let ids = ids(&done.lines());
    assert_eq!(ids.len(), 50_000);
    assert_eq!(ids, newest_first(&served.api));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 50_000);
}

/// Reads all but the last lines, which a pipe does not hold, so that the process is still there to
/// be asked for its memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_number_of_pages() {
    let peak = |entries: u32| {
        let served = Served::with(entries);
        let mut running = served.start(&["logs", "--since", "31d", "--page-size", "1000"]);
        for _ in 0..entries - 500 {
            assert!(running.line().len() > 200);
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.child.id()));
        let status = status.expect("it still runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        let kib: u64 = line
            .and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
            .expect("a number");
        running.end().expect(0);
        kib
    };
    let (few, many) = (peak(4_000), peak(40_000));
    // All of the 40,000 would be over 30 MB more.
    assert!(
        many < few + 8 * 1024,
        "{few} KiB for 4 pages, {many} KiB for 40"
    );
}

#[test]
fn ndjson_lines_are_the_exact_bytes() {
    let served = Served::with(0);
    let page =
        "{\"entries\":[{\"id\": \"a\",\n \"x\" : 1.50,\"date_create\":1},{\"y\":\"\\u00e9\"} ]}";
    served.api.script(ScriptedResponse::status(200).body(page));
    let done = served.run(["logs", "--format", "ndjson"]).expect(0);
    assert_eq!(
        done.stdout,
        "{\"id\": \"a\", \"x\" : 1.50,\"date_create\":1}\n{\"y\":\"\\u00e9\"}\n"
    );
}

#[test]
fn json_is_one_array_also_of_nothing() {
    let served = Served::with(25);
    let done = served
        .run("logs --since 31d --format json --page-size 10".split(' '))
        .expect(0);
    let array: Vec<Value> = serde_json::from_str(&done.stdout).expect("one array");
    assert_eq!(array.len(), 25);
    let done = served
        .run("logs --since 31d --format json --actor W0NOBODY".split(' '))
        .expect(0);
    assert_eq!(done.stdout, "[]\n");
}

#[test]
fn csv_has_a_stable_header_and_a_line_for_each() {
    let served = Served::with(0);
    served
        .api
        .push_now(Event::new("e1", 1_566_215_192, "file_downloaded"));
    let done = served
        .run(["logs", "--format", "csv", "--until", "2019-08-19 11:46:32"])
        .expect(0);
    let lines = done.lines();
    assert_eq!(
        lines[0],
        "time,date_create,id,action,actor_id,actor_name,actor_email,entity_type,entity_id,entity_name,location_type,location_id,\
         location_name,ip_address,user_agent,session_id,details,actor_type"
    );
    assert!(
        lines[1].starts_with("2019-08-19T11:46:32Z,1566215192,"),
        "{}",
        lines[1]
    );
    assert!(lines[1].contains(",file_downloaded,"), "{}", lines[1]);
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_table_fits_its_width_and_carries_no_control_characters() {
    let served = Served::with(3_000);
    for width in ["80", "60", "132"] {
        let mut command = plain_command();
        command
            .args([
                "--base-url",
                &served.base_url(),
                "logs",
                "--since",
                "31d",
                "--format",
                "table",
            ])
            .env("COLUMNS", width)
            .env(TOKEN_VARIABLE, CANARY);
        let done = super::support::done(command).expect(0);
        let lines = done.lines();
        assert_eq!(lines.len(), 3_001);
        assert!(
            lines[0].starts_with("TIME (UTC)") && lines[0].contains("WHO"),
            "{}",
            lines[0]
        );
        let width: usize = width.parse().expect("a number");
        for line in lines {
            assert!(line.chars().count() <= width, "{width}: {line}");
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}

#[test]
fn every_page_repeats_all_filters() {
    let served = Served::with(2_000);
    let now = served.api.now_unix();
    let since = now - 20 * 86_400;
    let done = served
        .run([
            "logs",
            "--since",
            &since.to_string(),
            "--until",
            &now.to_string(),
            "--action",
            "user_login,user_logout",
            "--page-size",
            "50",
        ])
        .expect(0);
    let expected: Vec<String> = served
        .api
        .record()
        .into_iter()
        .rev()
        .filter(|event| event.date_create >= since && event.date_create <= now)
        .filter(|event| ["user_login", "user_logout"].contains(&event.action.as_str()))
        .map(|event| event.id)
        .collect();
    assert!(expected.len() > 100, "several pages");
    assert_eq!(ids(&done.lines()), expected);
    let requests = served.api.requests();
    for request in &requests {
        assert_eq!(request.param("oldest"), Some(&*since.to_string()));
        assert_eq!(request.param("latest"), Some(&*now.to_string()));
        assert_eq!(request.param("action"), Some("user_login,user_logout"));
        assert_eq!(request.param("limit"), Some("50"));
    }
    assert_eq!(requests.len(), expected.len().div_ceil(50));
}

#[test]
fn excluded_actions_are_left_out_and_max_counts_the_others() {
    let served = Served::with(2_000);
    let done = served
        .run("logs --since 31d --exclude-action user_login,user_logout --max 100".split(' '))
        .expect(0);
    let expected: Vec<String> = served
        .api
        .record()
        .into_iter()
        .rev()
        .filter(|event| !["user_login", "user_logout"].contains(&event.action.as_str()))
        .map(|event| event.id)
        .take(100)
        .collect();
    assert_eq!(ids(&done.lines()), expected);
}

#[test]
fn actor_and_entity_are_sent() {
    let served = Served::with(10);
    served
        .run(["logs", "--actor", "W1", "--entity", "F1"])
        .expect(0);
    let request = &served.api.requests()[0];
    assert_eq!(
        (request.param("actor"), request.param("entity")),
        (Some("W1"), Some("F1"))
    );
}

#[test]
fn no_more_is_fetched_than_is_wanted() {
    let served = Served::with(1_000);
    assert_eq!(
        served.run(["logs", "--max", "7"]).expect(0).lines().len(),
        7
    );
    assert_eq!(served.api.request_count(), 1);
    assert_eq!(served.api.requests()[0].param("limit"), Some("7"));
    assert_eq!(served.run(["logs", "--max", "0"]).expect(0).stdout, "");
    assert_eq!(served.api.request_count(), 1);
}

#[test]
fn a_reader_that_leaves_is_a_quiet_end() {
    let served = Served::with(20_000);
    let mut running = served.start(&["logs", "--since", "31d", "--page-size", "1000"]);
    assert!(running.line().starts_with('{'));
    drop(running.lines);
    let output = running.child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(served.api.request_count() < 20, "it stopped early");
}

#[test]
fn a_file_is_replaced_only_when_all_is_there() {
    let served = Served::with(300);
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("events.ndjson");
    std::fs::write(&path, "old\n").expect("writable");
    let file = path.to_str().expect("text");

    served
        .api
        .script(ScriptedResponse::slack_error(403, "team_not_authorized").nth(2));
    let args = [
        "logs",
        "--since",
        "31d",
        "--page-size",
        "100",
        "--output",
        file,
    ];
    served
        .run(args)
        .expect(3)
        .says("install the app on the organization");
    assert_eq!(std::fs::read_to_string(&path).expect("there"), "old\n");
    let part = std::fs::read_to_string(path.with_extension("ndjson.part")).expect("there");
    assert_eq!(part.lines().count(), 100);

    served.api.clear_script();
    let done = served.run(args).expect(0);
    assert_eq!(done.stdout, "");
    let text = std::fs::read_to_string(&path).expect("there");
    assert_eq!(
        ids(&text.lines().collect::<Vec<_>>()),
        newest_first(&served.api)
    );
    assert!(!path.with_extension("ndjson.part").exists());
}

#[test]
fn an_output_that_cannot_be_written_is_code_5_before_anything_is_asked() {
    let served = Served::with(10);
    let directory = tempdir().expect("a directory");
    let missing = directory.path().join("no/such/file");
    for path in [missing.as_path(), directory.path()] {
        let done = served
            .run(["logs", "--output", path.to_str().expect("text")])
            .expect(5);
        assert!(done.stderr.contains("cannot be written"), "{}", done.stderr);
    }
    assert_eq!(served.api.request_count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_code_5() {
    let served = Served::with(10);
    served
        .run(["logs", "--since", "31d", "--output", "/dev/full"])
        .expect(5)
        .says("/dev/full cannot be written");
    let mut command = plain_command();
    command
        .args(["--base-url", &served.base_url(), "logs", "--since", "31d"])
        .env(TOKEN_VARIABLE, CANARY)
        .stdout(std::fs::File::create("/dev/full").expect("opens"));
    let output = command.output().expect("runs");
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output cannot be written"));
}

#[test]
fn refusals_are_3_and_servers_and_networks_4() {
    let served = Served::with(10);
    for (answer, code, words) in [
        (
            ScriptedResponse::slack_error(403, "missing_scope"),
            3,
            "auditlogs:read",
        ),
        (
            ScriptedResponse::slack_error(200, "feature_not_enabled"),
            3,
            "Enterprise",
        ),
        (
            ScriptedResponse::slack_error(400, "invalid_action"),
            3,
            "invalid_action",
        ),
        (ScriptedResponse::status(500).forever(), 4, "500"),
        (ScriptedResponse::rate_limited(3_600), 4, "3600"),
        (
            ScriptedResponse::status(302).header("location", "https://evil.example/"),
            4,
            "redirect",
        ),
        (
            ScriptedResponse::status(200).body("<html>"),
            4,
            "could not be read",
        ),
        (ScriptedResponse::status(404).body("<html>"), 4, "404"),
    ] {
        served.api.clear_script();
        served.api.script(answer);
        let done = served
            .run(["--max-retries", "0", "logs", "--since", "31d"])
            .expect(code)
            .says(words);
        assert!(done.stderr.lines().count() <= 2, "{}", done.stderr);
        assert!(!done.stderr.contains("Error {"), "{}", done.stderr);
    }
    run("--base-url http://127.0.0.1:1/ --max-retries 0 logs".split(' '))
        .expect(4)
        .says("could not connect");
}

#[test]
fn it_tries_again_and_says_so() {
    let served = Served::with(10);
    served.api.script(ScriptedResponse::status(503));
    let done = served
        .run(["logs", "--since", "31d"])
        .expect(0)
        .says("trying again");
    assert_eq!(done.lines().len(), 10);
    assert_eq!(served.api.request_count(), 2);

    served.api.script(ScriptedResponse::status(503));
    let done = served.run(["-q", "logs", "--since", "31d"]).expect(0);
    assert_eq!(done.stderr, "");
}

#[test]
fn the_most_talkative_output_has_no_token() {
    let served = Served::with(10);
    let done = served
        .run(["-vv", "logs", "--actor", "WSECRETPERSON"])
        .expect(0);
    assert!(done.stderr.contains("/logs"), "{}", done.stderr);
    assert!(!done.stderr.contains("WSECRETPERSON"), "{}", done.stderr);
}

#[test]
fn a_response_over_the_limit_names_the_options_that_help() {
    let served = Served::with(500);
    let args = ["logs", "--since", "31d", "--max-body-size", "10K"];
    served
        .run(args)
        .expect(4)
        .says("(--page-size, --max-body-size)");
    let fewer = served
        .run(args.iter().chain(&["--page-size", "5"]))
        .expect(0);
    assert_eq!(fewer.lines().len(), 500);
    for size in ["0", "x", "10Q", "99999999999999G"] {
        run(["logs", "--max-body-size", size]).expect(2).says("64M");
    }
}
