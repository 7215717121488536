//! Where results go and in which format; text of others in every one of them.

use std::{fs, io::Read as _};

use serde_json::Value;
use slack_audit_logs::fake::ScriptedResponse;
use tempfile::tempdir;

use super::support::{Served, over};

const EVENT: &str = r#"{"id":"e1","date_create":1700000000,"action":"user_login","actor":{"type":"user","user":{"id":"W1","name":"Ada","email":"ada@example.com"}},"entity":{"type":"channel","channel":{"id":"C1","name":"general"}},"context":{"ip_address":"2001:db8:1111:2222:3333:4444:5555:6666","location":{"type":"workspace","name":"Birdland"},"ua":"agent"},"details":{}}"#;

fn event_with_name(name: &str) -> String {
    EVENT.replace("\"name\":\"Ada\"", &format!("\"name\":\"{name}\""))
}

#[test]
fn one_string_without_text_costs_no_other_field() {
    // Half of a surrogate pair, as a cut emoji leaves it.
    let page = format!("{{\"entries\":[{}]}}", event_with_name("Ada \\ud83d"));
    let served = Served::with(0);
    for format in ["table", "csv"] {
        served
            .api
            .script(ScriptedResponse::status(200).body(page.clone()));
        let done = served
            .run(["logs", "--since", "1d", "--format", format])
            .expect(0);
        for field in [
            "Ada \u{fffd}",
            "2001:db8:1111:2222:3333:4444:5555:6666",
            "general",
        ] {
            assert!(
                done.stdout.contains(field),
                "{format} {field}: {}",
                done.stdout
            );
        }
    }
    // Nested deeper than anything that is read.
    let deep = "[".repeat(300) + &"]".repeat(300);
    let line = EVENT.replace("\"details\":{}", &format!("\"details\":{{\"x\":{deep}}}"));
    let done = over(&line, &["logs", "--from", "-", "--format", "csv"]).expect(0);
    assert!(done.stdout.contains("ada@example.com"), "{}", done.stdout);
}

#[test]
fn the_name_of_the_output_says_the_format() {
    let directory = tempdir().expect("a directory");
    let write = |name: &str| {
        let path = directory.path().join(name);
        let text = path.to_str().expect("text");
        let done = over(EVENT, &["logs", "--from", "-", "--output", text]).expect(0);
        assert_eq!((&*done.stdout, &*done.stderr), ("", ""));
        fs::read(path).expect("there")
    };
    let csv = String::from_utf8(write("x.csv")).expect("text");
    assert!(csv.starts_with("time,date_create,"), "{csv}");
    let json: Value = serde_json::from_slice(&write("x.JSON")).expect("JSON");
    assert_eq!(json[0]["id"], "e1");
    assert_eq!(write("x.ndjson"), format!("{EVENT}\n").as_bytes());
    assert_eq!(write("x"), format!("{EVENT}\n").as_bytes());
    let mut plain = String::new();
    flate2::read::GzDecoder::new(&*write("x.ndjson.gz"))
        .read_to_string(&mut plain)
        .expect("gzip");
    assert_eq!(plain, format!("{EVENT}\n"));
    let table = String::from_utf8(write("x.txt")).expect("text");
    assert!(table.starts_with("TIME (UTC)"), "{table}");
}

#[cfg(unix)]
#[test]
fn a_dash_is_standard_output_and_a_link_stays_a_link() {
    let directory = tempdir().expect("a directory");
    let (link, target) = (
        directory.path().join("link"),
        directory.path().join("to/target"),
    );
    fs::create_dir(directory.path().join("to")).expect("made");
    fs::write(&target, "old").expect("written");
    std::os::unix::fs::symlink("to/target", &link).expect("linked");
    let args = ["logs", "--from", "-", "--output"];
    let run = |to: &str| over(EVENT, &[&args[..], &[to]].concat()).expect(0);
    assert_eq!(run("-").stdout, format!("{EVENT}\n"));
    assert!(!std::path::Path::new("-").exists());
    run(link.to_str().expect("text"));
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert_eq!(
        fs::read_to_string(&target).expect("there"),
        format!("{EVENT}\n")
    );
    assert_eq!(
        fs::read_dir(directory.path().join("to"))
            .expect("there")
            .count(),
        1
    );
}

/// A limit on the size of files plays the full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_piece_behind() {
    let directory = tempdir().expect("a directory");
    let input = directory.path().join("in.ndjson");
    fs::write(&input, format!("{EVENT}\n").repeat(2_000)).expect("written");
    let command = format!(
        "trap '' XFSZ; ulimit -f 100; exec {} logs --from {} --output {}",
        env!("CARGO_BIN_EXE_slack-audit-logs"),
        input.display(),
        directory.path().join("out.ndjson").display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &command])
        .output()
        .expect("runs");
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{words}");
    assert!(words.contains("out.ndjson cannot be written"), "{words}");
    assert_eq!(
        fs::read_dir(directory.path()).expect("there").count(),
        1,
        "only the input"
    );
}

#[test]
fn a_pipe_gets_whole_values() {
    let name = "A name that is longer than a terminal is wide: ".repeat(5);
    let line = event_with_name(&name);
    let done = over(&line, &["logs", "--from", "-", "--format", "table"]).expect(0);
    assert!(done.stdout.contains(name.trim_end()), "{}", done.stdout);
    assert!(
        done.stdout
            .contains("2001:db8:1111:2222:3333:4444:5555:6666")
    );
}

#[test]
fn columns_are_chosen_by_name() {
    let args = [
        "logs",
        "--from",
        "-",
        "--format",
        "csv",
        "--columns",
        "ip,actor_email,actor_type",
    ];
    let done = over(EVENT, &args).expect(0);
    assert_eq!(
        done.stdout,
        "ip_address,actor_email,actor_type\n\
         2001:db8:1111:2222:3333:4444:5555:6666,ada@example.com,user\n"
    );
    let args = [
        "logs",
        "--from",
        "-",
        "--format",
        "table",
        "--columns",
        "actor,category",
    ];
    assert_eq!(
        over(EVENT, &args).expect(0).stdout,
        "WHO CATEGORY\nAda user\n"
    );
}

#[test]
fn no_cell_of_csv_is_a_formula_unless_raw_is_wanted() {
    let line = event_with_name("=HYPERLINK(1)");
    let args = [
        "logs",
        "--from",
        "-",
        "--format",
        "csv",
        "--columns",
        "actor_name",
    ];
    assert_eq!(over(&line, &args).expect(0).lines()[1], "'=HYPERLINK(1)");
    let raw = [&args[..], &["--csv-raw"]].concat();
    assert_eq!(over(&line, &raw).expect(0).lines()[1], "=HYPERLINK(1)");
}

#[test]
fn nothing_in_a_table_is_hidden_or_moves_the_cursor() {
    let line = event_with_name("A\\u001b[2Jd\\u200ba\\u2028\\u202ex\\u009b");
    let done = over(&line, &["logs", "--from", "-", "--format", "table"]).expect(0);
    assert!(
        done.stdout
            .contains("A\u{fffd}[2Jd\u{fffd}a\u{fffd}\u{fffd}x\u{fffd}"),
        "{}",
        done.stdout
    );
    assert_eq!(done.lines().len(), 2);
}
