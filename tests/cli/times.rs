//! Times as people write them, and the day that `logs` shows without any.

use super::support::{Served, done, over, plain_command};

fn param(served: &Served, name: &str) -> i64 {
    let requests = served.api.requests();
    let request = requests.last().expect("a request");
    request
        .param(name)
        .and_then(|value| value.parse().ok())
        .expect(name)
}

#[test]
fn every_form_reaches_slack_as_seconds() {
    let served = Served::with(0);
    for (since, until, expected) in [
        (
            "2023-11-01 10:00",
            "2023-11-02",
            (1_698_832_800, 1_698_969_599),
        ),
        (
            "2023-11-01",
            "2023-11-01T12:00:00Z",
            (1_698_796_800, 1_698_840_000),
        ),
        (
            "1698796800",
            "2023-11-01 00:00:05",
            (1_698_796_800, 1_698_796_805),
        ),
    ] {
        served
            .run(["logs", "--since", since, "--until", until])
            .expect(0);
        assert_eq!(
            (param(&served, "oldest"), param(&served, "latest")),
            expected
        );
    }
    served
        .run("--tz Asia/Tokyo logs --since 2023-11-01 --until 2023-11-01".split(' '))
        .expect(0);
    assert_eq!(param(&served, "oldest"), 1_698_796_800 - 9 * 3_600);
    assert_eq!(param(&served, "latest"), 1_698_796_800 + 15 * 3_600 - 1);
    let before = served.api.now_unix();
    served.run(["logs", "--since", "7 days ago"]).expect(0);
    assert!((0..60).contains(&(param(&served, "oldest") - (before - 7 * 86_400))));
    served.run(["logs", "--since", "yesterday"]).expect(0);
    assert_eq!(param(&served, "oldest") % 86_400, 0);
}

#[test]
fn without_bounds_it_is_the_last_day_and_said_so() {
    let served = Served::with(1_000);
    let done = served.run(["logs"]).expect(0).says("the last day");
    let day = served.api.now_unix() - 86_400;
    let expected = served.api.record();
    let expected = expected
        .iter()
        .filter(|event| event.date_create >= day)
        .count();
    assert!((1..1_000).contains(&expected));
    assert_eq!(done.lines().len(), expected);
    assert!(served.api.requests()[0].param("oldest").is_some());
    // So many of the newest are bounds enough.
    let done = served.run(["logs", "--max", "3"]).expect(0);
    assert_eq!((done.lines().len(), &*done.stderr), (3, ""));
    // A day before the end that was given.
    served
        .run(["logs", "--until", "2023-11-14"])
        .expect(0)
        .says("the last day");
    assert_eq!(param(&served, "latest") - param(&served, "oldest"), 86_400);
}

#[test]
fn tables_show_times_in_the_zone_and_name_it() {
    let line = r#"{"id":"a","date_create":1700000000,"action":"user_login"}"#;
    let args = [
        "logs",
        "--from",
        "-",
        "--format",
        "table",
        "--tz",
        "Europe/Berlin",
    ];
    let done = over(line, &args).expect(0);
    assert!(
        done.stdout.starts_with("TIME (Europe/Berlin)"),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("2023-11-14 23:13:20"),
        "{}",
        done.stdout
    );
}

#[test]
fn an_option_from_the_environment() {
    let mut command = plain_command();
    command
        .args(["--demo", "-q", "logs"])
        .env("SLACK_AUDIT_LOGS_MAX", "3")
        .env("SLACK_AUDIT_LOGS_FORMAT", "csv")
        .env("SLACK_AUDIT_LOGS_COLUMNS", "id,action");
    let lines = done(command).expect(0);
    assert_eq!(lines.lines()[0], "id,action");
    assert_eq!(lines.lines().len(), 4);
    let mut command = plain_command();
    command
        .args(["logs", "--max", "1"])
        .env("SLACK_AUDIT_LOGS_DEMO", "true");
    assert_eq!(done(command).expect(0).lines().len(), 1);
}
