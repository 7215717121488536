//! `stats`: counts by one or two keys, in every format.

use serde_json::Value;

use super::support::{Done, Served, done, over, plain_command};

fn event(id: u32, date: i64, action: &str, who: &str, ip: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"date_create\":{date},\"action\":\"{action}\",\"actor\":{{\"type\":\
         \"user\",\"user\":{{\"id\":\"W{id}\",\"email\":\"{who}\"}}}},\"entity\":{{\"type\":\
         \"file\",\"file\":{{\"id\":\"F1\",\"name\":\"plan\"}}}},\"context\":{{\"ip_address\":\
         \"{ip}\",\"app\":{{\"id\":\"A1\",\"name\":\"Tower\"}},\"location\":{{\"name\":\
         \"Birdland\"}}}}}}\n"
    )
}

/// 2023-11-14 is a Tuesday.
fn collected() -> String {
    [
        event(1, 1_699_920_000, "user_login", "ada@x", "192.0.2.1"),
        event(2, 1_699_923_600, "user_login", "ada@x", "192.0.2.1"),
        event(3, 1_700_006_400, "user_login", "bob@x", "192.0.2.2"),
        event(4, 1_700_006_400, "file_shared", "bob@x", "192.0.2.2"),
    ]
    .concat()
}

fn stats(args: &[&str]) -> Done {
    let args: Vec<&str> = ["stats", "--from", "-"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    over(&collected(), &args)
}

#[test]
fn every_key() {
    for (by, expected) in [
        (
            "action",
            "action,count,first,last\nuser_login,3,2023-11-14T00:00:00Z,2023-11-15T00:00:00Z\nfile_shared,1,2023-11-15T00:00:00Z,2023-11-15T00:00:00Z\n",
        ),
        (
            "actor",
            "actor,count,first,last\nada@x,2,2023-11-14T00:00:00Z,2023-11-14T01:00:00Z\nbob@x,2,2023-11-15T00:00:00Z,2023-11-15T00:00:00Z\n",
        ),
        (
            "day",
            "day,count,first,last\n2023-11-14,2,2023-11-14T00:00:00Z,2023-11-14T01:00:00Z\n2023-11-15,2,2023-11-15T00:00:00Z,2023-11-15T00:00:00Z\n",
        ),
        (
            "weekday",
            "weekday,count,first,last\nTue,2,2023-11-14T00:00:00Z,2023-11-14T01:00:00Z\nWed,2,2023-11-15T00:00:00Z,2023-11-15T00:00:00Z\n",
        ),
        (
            "ip,hour",
            "ip,hour,count,first,last\n192.0.2.2,00,2,2023-11-15T00:00:00Z,2023-11-15T00:00:00Z\n192.0.2.1,00,1,2023-11-14T00:00:00Z,2023-11-14T00:00:00Z\n192.0.2.1,01,1,2023-11-14T01:00:00Z,2023-11-14T01:00:00Z\n",
        ),
    ] {
        assert_eq!(
            stats(&["--by", by, "--format", "csv"]).expect(0).stdout,
            expected,
            "{by}"
        );
    }
    for (by, value) in [
        ("category", "file"),
        ("entity", "file plan (F1)"),
        ("location", "Birdland"),
        ("app", "Tower"),
        ("hour", "00"),
    ] {
        let json = stats(&["--by", by, "--format", "json"]).expect(0);
        let rows: Vec<Value> = serde_json::from_str(&json.stdout).expect("one array");
        assert!(
            rows.iter().any(|row| row[by] == value),
            "{by}: {}",
            json.stdout
        );
        let sum: u64 = rows.iter().filter_map(|row| row["count"].as_u64()).sum();
        assert_eq!(sum, 4);
    }
}

#[test]
fn a_table_has_bars_trends_and_what_is_left_out() {
    let done = stats(&["--format", "table", "--top", "1"]).expect(0);
    let lines = done.lines();
    assert!(lines[0].starts_with("4 events, 2023-11-14 00:00 to 2023-11-15 00:00 (UTC)"));
    assert!(
        lines[1].starts_with("ACTION") && lines[1].contains("SHARE"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].contains("75.0 %") && lines[2].ends_with('█'),
        "{}",
        lines[2]
    );
    assert_eq!(lines[3], "… and 1 events of others");
}

#[test]
fn the_same_of_slack_with_filters_and_in_the_zone() {
    let served = Served::with(2_000);
    let args = [
        "stats", "--since", "31d", "--by", "action", "--format", "json",
    ];
    let rows: Vec<Value> = serde_json::from_str(&served.run(args).expect(0).stdout).expect("JSON");
    let mut expected = std::collections::BTreeMap::<String, u64>::new();
    for event in served.api.record() {
        *expected.entry(event.action).or_default() += 1;
    }
    assert_eq!(rows.len(), expected.len());
    for row in &rows {
        let action = row["action"].as_str().expect("text");
        assert_eq!(
            row["count"].as_u64(),
            expected.get(action).copied(),
            "{action}"
        );
    }
    let tokyo = stats(&["--by", "hour", "--tz", "Asia/Tokyo", "--format", "csv"]).expect(0);
    assert!(tokyo.lines()[1].starts_with("09,3,"), "{}", tokyo.stdout);
}

#[test]
fn a_page_that_asks_nobody_for_anything() {
    let evil = event(
        9,
        1_700_006_500,
        "<script>alert(1)</script>",
        "\\\"><img onerror=x>",
        "::1",
    );
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("report.html");
    let text = collected() + &evil;
    over(
        &text,
        &["stats", "--from", "-", "-o", path.to_str().expect("text")],
    )
    .expect(0);
    let page = std::fs::read_to_string(&path).expect("there");
    assert!(page.starts_with("<!doctype html>"));
    assert!(
        page.contains("Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-")
    );
    let lower = page.to_ascii_lowercase();
    for word in [
        "<script", "<img", "src=", "href=", "url(", "@import", "http:", "https:", "style=\"",
    ] {
        assert!(!lower.contains(word), "{word}");
    }
    for word in [
        "&lt;script&gt;",
        "Events over time",
        "Weekday and hour",
        "New since",
        "Anomalies",
    ] {
        assert!(page.contains(word), "{word}");
    }
    // Times that no calendar holds are only numbers.
    let first = event(1, -5, "anomaly", "ada@x", "::1");
    let times = first + &event(2, i64::MAX, "anomaly", "ada@x", "::1");
    over(&times, &["stats", "--from", "-", "--format", "html"]).expect(0);
    let empty = over("", &["stats", "--from", "-", "--format", "html"]).expect(0);
    assert!(empty.stdout.contains("No events"), "{}", empty.stdout);
}

#[test]
fn nothing_is_counted_too() {
    for (format, expected) in [
        ("csv", "action,count,first,last\n"),
        ("json", "[]\n"),
        ("ndjson", ""),
        ("table", "no events\n"),
    ] {
        let done = over("", &["stats", "--from", "-", "--format", format]).expect(0);
        assert_eq!(done.stdout, expected, "{format}");
    }
    let mut command = plain_command();
    command.args(["stats", "--from", "/no/such"]);
    done(command).expect(5);
}

/// A bound on memory and on pages, whatever somebody has called a file.
#[test]
fn a_value_without_end_is_counted_by_its_beginning() {
    let name = "n".repeat(100_000);
    let event = format!(
        "{{\"id\":\"e\",\"date_create\":1700000000,\"action\":\"anomaly\",\"actor\":{{\"user\":\
         {{\"name\":\"{name}\"}}}},\"context\":{{\"ua\":\"{name}\",\"ip_address\":\"{name}\"}},\
         \"details\":{{\"reason\":\"{name}\"}}}}\n"
    );
    for by in ["actor", "ip", "actor,ip"] {
        let done = over(
            &event,
            &["stats", "--from", "-", "--by", by, "--format", "csv"],
        );
        let size = done.expect(0).stdout.len();
        assert!((500..2_000).contains(&size), "{by}: {size}");
    }
    let page = over(&event, &["stats", "--from", "-", "--format", "html"]).expect(0);
    assert!(page.stdout.len() < 100_000, "{}", page.stdout.len());
}
