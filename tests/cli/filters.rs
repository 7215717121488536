//! Filters: what is sent, what is matched here, and that a filter that matches nothing says so.

use slack_audit_logs::fake::{Event, FakeApi};

use super::support::{Done, Served, over};

/// Events of three people, as collected.
const COLLECTED: &str = r#"{"id":"e1","date_create":1700000000,"action":"user_login","actor":{"type":"user","user":{"id":"W1","name":"Ada Lovelace","email":"ada@example.com"}},"entity":{"type":"user","user":{"id":"W1","name":"Ada Lovelace"}},"context":{"ip_address":"203.0.113.7"}}
{"id":"e2","date_create":1700000060,"action":"file_downloaded","actor":{"type":"user","user":{"id":"W2","name":"Grace Hopper","email":"grace@example.org"}},"entity":{"type":"file","file":{"id":"F1","title":"plan.pdf"}},"context":{"ip_address":"2001:db8::7"}}
{"id":"e3","date_create":1700000120,"action":"app_installed","actor":{"type":"user","user":{"id":"W3","name":"Edsger","email":"edsger@example.com"}},"entity":{"type":"app","app":{"id":"A1","name":"Tower"}},"context":{"ip_address":"::ffff:203.0.113.9"}}
"#;

fn ids(done: &Done) -> Vec<String> {
    let id = |line: &&str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        value["id"].as_str().unwrap_or_default().to_owned()
    };
    done.lines().iter().map(id).collect()
}

#[test]
fn by_person_object_address_and_action() {
    for (args, expected) in [
        (&["--actor", "ada@example.com"][..], &["e1"][..]),
        (&["--actor", "grace hopper,W3"], &["e2", "e3"]),
        (&["--actor", "W1", "--actor", "W2"], &["e1", "e2"]),
        (&["--actor", "*@example.com"], &["e1", "e3"]),
        (&["--entity", "plan.pdf"], &["e2"]),
        (&["--entity", "A1"], &["e3"]),
        (&["--ip", "203.0.113.0/24"], &["e1", "e3"]),
        (&["--ip", "203.0.113.7,2001:db8::/32"], &["e1", "e2"]),
        (&["--action", "user_*,app_installed"], &["e1", "e3"]),
        (&["--action", "category:file"], &["e2"]),
        (&["--exclude-action", "category:app,user_login"], &["e2"]),
        (
            &["--action", "user_*", "--actor", "grace*", "--ip", "::/0"],
            &[],
        ),
        (
            &[
                "--since",
                "2023-11-14 22:14",
                "--until",
                "2023-11-14 22:14:20",
            ],
            &["e2"],
        ),
    ] {
        let args: Vec<&str> = ["logs", "--from", "-"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        assert_eq!(ids(&over(COLLECTED, &args).expect(0)), expected, "{args:?}");
    }
}

#[test]
fn one_id_is_sent_and_everything_else_is_matched_here_and_said_so() {
    let people = [("W0AAA1", "Ada"), ("W0BBB2", "Grace"), ("W0CCC3", "Edsger")];
    let now = 1_700_000_000;
    let events = people.map(|(id, name)| Event::new(id, now, "user_login").actor(id, name));
    let builder = FakeApi::builder()
        .start_time(now + 60)
        .entries(0)
        .events(events);
    let served = Served::of(builder.without_rate_limit());
    let logs = |actor: &str| {
        let since = (now - 60).to_string();
        let until = (now + 60).to_string();
        served
            .run([
                "logs", "--since", &since, "--until", &until, "--actor", actor,
            ])
            .expect(0)
    };
    assert_eq!(ids(&logs("W0AAA1")), ["W0AAA1"]);
    assert_eq!(served.api.requests()[0].param("actor"), Some("W0AAA1"));
    for (actor, expected) in [
        ("ada", &["W0AAA1"][..]),
        ("W0AAA1,W0BBB2", &["W0AAA1", "W0BBB2"]),
    ] {
        let done = logs(actor).says("matched here");
        let mut found = ids(&done);
        found.sort();
        assert_eq!(found, expected, "{actor}");
        let requests = served.api.requests();
        assert_eq!(
            requests.last().and_then(|request| request.param("actor")),
            None
        );
    }
}

#[test]
fn a_typo_in_an_action_is_told_before_events_are_asked_for() {
    let served = Served::with(100);
    for (filters, words) in [
        ("--action user_logn", "did you mean user_login"),
        ("--exclude-action user_logn", "did you mean user_login"),
        ("--action category:ap", "did you mean app"),
        ("--action zzz_*", "no action matches"),
        (
            "--action user_login --exclude-action user_*",
            "no event is left",
        ),
        (
            "--action user_log* --exclude-action user_*",
            "no event is left",
        ),
    ] {
        let args = ["logs"].into_iter().chain(filters.split(' '));
        served.run(args).expect(2).says(words);
    }
    let requests = served.api.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.path.ends_with("/actions"))
    );
}

#[test]
fn globs_are_sent_by_name_and_more_than_thirty_are_matched_here() {
    let served = Served::with(2_000);
    let few = served
        .run(["logs", "--since", "31d", "--action", "user_log*"])
        .expect(0);
    let sent = served.api.requests();
    let sent = sent
        .last()
        .and_then(|request| request.param("action"))
        .expect("sent")
        .to_owned();
    assert!(
        sent.contains("user_login") && sent.contains("user_logout"),
        "{sent}"
    );
    assert!(!few.lines().is_empty());

    let many = served
        .run(["logs", "--since", "31d", "--action", "category:user"])
        .expect(0)
        .says("matched here");
    let expected = served.api.record();
    // Some actions stand in two categories.
    let mut categories = slack_audit_logs::model::action::categories();
    let (_, all) = categories.find(|(name, _)| *name == "user").expect("there");
    let user = |action: &str| all.iter().any(|one| one.as_str() == action);
    let expected = expected.iter().filter(|event| user(&event.action));
    assert_eq!(many.lines().len(), expected.count());
    let last = served.api.requests();
    assert_eq!(
        last.last().and_then(|request| request.param("action")),
        None
    );
}

#[test]
fn nothing_found_says_what_was_near() {
    for (args, words) in [
        (
            &["--actor", "ada@exmple.com"][..],
            "near are ada@example.com",
        ),
        (&["--entity", "plan.pfd"], "near are plan.pdf"),
        (&["--action", "file_downloadd"], "near are file_downloaded"),
        (&["--ip", "192.0.2.0/24"], "none of the 3 events"),
        (&["--since", "2024-01-01"], "none of the 3 events"),
    ] {
        let args: Vec<&str> = ["logs", "--from", "-"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        let done = over(COLLECTED, &args).expect(0).says(words);
        assert_eq!(done.stdout, "");
    }
    let served = Served::with(10);
    served
        .run(["logs", "--since", "31d", "--actor", "W0NOBODY"])
        .expect(0)
        .says("--actor");
}

#[test]
fn jq_filters_and_reshapes() {
    let run = |args: &[&str]| {
        let args: Vec<&str> = ["logs", "--from", "-"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        over(COLLECTED, &args)
    };
    let first = COLLECTED.lines().next().expect("a line");
    let kept = run(&["--jq", "select(.action == \"user_login\")"]).expect(0);
    assert_eq!(kept.lines(), [first], "the exact bytes");
    let made = run(&[
        "--jq",
        "{id, who: .actor.user.name}",
        "--jq",
        "select(.who < \"B\")",
    ]);
    assert_eq!(
        made.expect(0).stdout,
        "{\"id\":\"e1\",\"who\":\"Ada Lovelace\"}\n"
    );
    run(&["--jq", "repeat(.)", "--max", "3"])
        .expect(0)
        .says("it makes more than 32 MiB");
    run(&["--jq", ".action[]"])
        .expect(0)
        .says("--jq failed for 3 of 3 events");
    let table = run(&["--format", "table", "--jq", "select(.id == \"e2\")"]).expect(0);
    assert!(
        table.lines()[1].contains("Grace Hopper"),
        "{}",
        table.stdout
    );
}

#[test]
fn others_names_do_nothing_to_the_terminal() {
    let trick = r"\u001b]0;x\u0007\u202e";
    let event = COLLECTED.replace("Ada Lovelace", &format!("Ada Lovelace{trick}"));
    for value in ["Ada Lovelac", "Ada Lovelace]0;\u{1b}\u{202e}"] {
        let done = over(&event, &["logs", "--from", "-", "--actor", value]).expect(0);
        let done = done.says("near are Ada Lovelace");
        let harmful = ['\u{1b}', '\u{7}', '\u{202e}'];
        assert!(!done.stderr.contains(harmful), "{done:?}");
    }
    for args in [
        ["--from", "/no/such\u{1b}\u{202e}"],
        ["--action", "no\u{1b}\u{202e}"],
    ] {
        let done = over("", &[&["logs", "--demo"][..], &args].concat());
        assert!(done.code != Some(0) && !done.stderr.is_empty(), "{done:?}");
        assert!(!done.stderr.contains(['\u{1b}', '\u{202e}']), "{done:?}");
    }
}

/// An API with an event of the last minutes, whose details are this.
fn with_details(details: &str) -> Served {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let time = i64::try_from(now.expect("after 1970").as_secs()).expect("small") - 120;
    let event = |id: &str, details: &str| {
        let json = format!(
            r#"{{"id":"{id}","date_create":{time},"action":"user_login","details":{details}}}"#
        );
        Event::raw(id, time, "user_login", json)
    };
    let events = [event("e1", details), event("e2", "null")];
    Served::of(
        FakeApi::builder()
            .entries(0)
            .events(events)
            .without_rate_limit(),
    )
}

/// What `follow --once` with a program says, and what it collects.
fn follow_by(served: &Served, program: &str, code: i32) -> (Done, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let output = directory.path().join("o.ndjson");
    let path = output.to_str().expect("text");
    let args = [
        "follow", "--once", "--since", "1h", "--output", path, "--jq", program,
    ];
    let done = served.run(args).expect(code);
    // Where a program ends it, the next start without it collects everything.
    if code != 0 {
        assert_eq!(std::fs::read(&output).unwrap_or_default(), b"", "{program}");
    }
    (done, std::fs::read_to_string(&output).unwrap_or_default())
}

#[test]
fn an_event_that_jq_fails_for_is_kept_by_collectors_and_told_without_its_content() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for (details, program, words) in [
        (&*deep, "false", "nested deeper"),
        (
            r#"{"a":"CONTENT"}"#,
            "select(.id == \"e1\") | .details.a[]",
            "another type",
        ),
        (
            r#"{"a":"CONTENT"}"#,
            "select(.id == \"e1\") | halt_error",
            "it halts",
        ),
    ] {
        let served = with_details(details);
        let (done, kept) = follow_by(&served, program, 0);
        assert!(!done.stderr.contains("CONTENT"), "{done:?}");
        done.says("it is kept")
            .says(words)
            .says("--jq failed 1 times");
        assert_eq!(kept.lines().count(), 1, "{program}");
        assert!(kept.contains("\"e1\""), "{program}");
        for command in ["logs", "stats"] {
            let done = served
                .run([command, "--since", "1h", "--jq", program])
                .expect(0);
            assert!(!done.stderr.contains("CONTENT"), "{done:?}");
            done.says("failed for 1 of 2 events").says(words);
        }
    }
}

#[test]
fn a_program_that_never_ends_ends_the_command() {
    let program = "last(repeat(1))";
    let served = with_details("null");
    follow_by(&served, program, 2)
        .0
        .says("--jq: the program does not end");
    served
        .run(["logs", "--since", "1h", "--jq", program])
        .expect(2)
        .says("--jq: the program does not end");
}
