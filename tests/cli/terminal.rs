//! On a terminal, which `script` of util-linux plays: tables, colours, progress.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
};

use super::support::{CANARY, Served, TOKEN_VARIABLE};

/// What a terminal of 80 columns shows, with `script`'s own lines taken off; none where there is no
/// `script`.
fn on_terminal(served: &Served, args: &str, no_color: bool) -> Option<String> {
    let output = start(served, args, no_color)?
        .wait_with_output()
        .expect("ends");
    assert!(output.status.success(), "{output:?}");
    Some(shown(&output.stdout))
}

fn shown(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).expect("text");
    text.replace('\r', "")
}

/// Starts it on a terminal, whose keys are its standard input.
fn start(served: &Served, args: &str, no_color: bool) -> Option<Child> {
    let command = format!(
        "stty cols 80 rows 24; exec {} --base-url {} --rate-limit off {args}",
        env!("CARGO_BIN_EXE_slack-audit-logs"),
        served.base_url(),
    );
    let mut script = Command::new("script");
    script
        .args(["-qec", &command, "/dev/null"])
        .env(TOKEN_VARIABLE, CANARY)
        .env("TERM", "xterm-256color")
        .env("TZ", "UTC")
        .env("HOME", "/no/such/home")
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if no_color {
        script.env("NO_COLOR", "1");
    }
    match script.spawn() {
        Ok(child) => Some(child),
        Err(error) => {
            eprintln!("not tested, there is no script: {error}");
            None
        }
    }
}

#[test]
fn a_table_that_fits_with_colours_unless_they_are_not_wanted() {
    let served = Served::with(200);
    let Some(colored) = on_terminal(&served, "logs --since 31d", false) else {
        return;
    };
    assert!(colored.contains("\x1b[1mTIME (UTC)"), "{colored}");
    let plain = on_terminal(&served, "logs --since 31d", true).expect("as before");
    assert!(!plain.contains('\x1b'), "{plain}");
    assert!(plain.starts_with("TIME (UTC)"), "{plain}");
    assert_eq!(plain.lines().count(), 201);
    assert!(plain.lines().all(|line| line.chars().count() <= 80));
    assert!(
        plain.lines().any(|line| line.chars().count() > 75),
        "the width is used"
    );
}

#[test]
fn progress_tells_how_many_and_goes_away() {
    let served = Served::with(3_000);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("o");
    let args = format!(
        "logs --page-size 100 --since 31d --output {}",
        path.display()
    );
    let Some(shown) = on_terminal(&served, &args, true) else {
        return;
    };
    assert!(shown.contains("entries"), "{shown:?}");
    let quiet = on_terminal(&served, &format!("-q {args}"), true).expect("as before");
    assert_eq!(quiet, "");
}

/// A name that sets the window's title, in bytes that JSON need not escape.
#[test]
fn no_format_lets_text_of_others_through_to_the_terminal() {
    let served = Served::with(0);
    let page = "{\"entries\":[{\"id\":\"e1\",\"date_create\":1700000000,\"action\":\
                \"user_login\",\"actor\":{\"user\":{\"name\":\"A\\u001b]0;owned\\u0007\u{9d}0;b\"}}}]}";
    for format in ["csv", "ndjson", "json", "table"] {
        served
            .api
            .script(slack_audit_logs::fake::ScriptedResponse::status(200).body(page.to_owned()));
        let args = format!("logs --since 1d --format {format}");
        let Some(shown) = on_terminal(&served, &args, true) else {
            return;
        };
        assert!(
            shown.contains("e1") || shown.contains("user_login"),
            "{format}: {shown:?}"
        );
        for c in ['\u{1b}', '\u{7}', '\u{9d}'] {
            assert!(!shown.contains(c), "{format}: {shown:?}");
        }
    }
}

#[test]
fn time_and_address_are_whole_on_any_terminal_and_wide_text_is_aligned() {
    let served = Served::with(0);
    let entry = |name: &str| {
        format!(
            "{{\"id\":\"{name}\",\"date_create\":1700000000,\"action\":\"user_login\",\"actor\":\
             {{\"user\":{{\"name\":\"{name}\"}}}},\"context\":{{\"ip_address\":\
             \"2001:db8:1111:2222:3333:4444:5555:6666\"}}}}"
        )
    };
    let names = [
        "日本語日本語日本語日本語日本語",
        "שלום עולם שלום עולם",
        "Ada Lovelace of somewhere",
    ];
    let page = format!("{{\"entries\":[{}]}}", names.map(entry).join(","));
    served
        .api
        .script(slack_audit_logs::fake::ScriptedResponse::status(200).body(page));
    let Some(shown) = on_terminal(&served, "logs --since 1d", true) else {
        return;
    };
    let rows: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with("2023-"))
        .collect();
    assert_eq!(rows.len(), 3, "{shown}");
    for row in rows {
        assert!(row.starts_with("2023-11-14 22:13 "), "{row}");
        assert!(
            row.ends_with(" 2001:db8:1111:2222:3333:4444:5555:6666"),
            "{row}"
        );
    }
}

#[test]
fn counts_have_bars_that_fit() {
    let served = Served::with(500);
    let Some(shown) = on_terminal(&served, "stats --since 31d --top 5", true) else {
        return;
    };
    assert_eq!(shown.lines().count(), 8, "{shown}");
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    assert!(shown.contains('█') && shown.contains("TREND"), "{shown}");
}

#[test]
fn follow_is_a_table_that_goes_on_until_ctrl_c() {
    let served = Served::with(60);
    let args = "follow --since 31d --page-size 10";
    let Some(mut script) = start(&served, args, false) else {
        return;
    };
    let mut lines = BufReader::new(script.stdout.take().expect("piped"));
    let mut rows = Vec::new();
    for _ in 0..61 {
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).expect("readable");
        rows.push(shown(&line));
    }
    let keys = script.stdin.as_mut().expect("piped");
    keys.write_all(b"\x03").expect("typed");
    let mut rest = Vec::new();
    lines.read_to_end(&mut rest).expect("readable");
    assert_eq!(script.wait().expect("ends").code(), Some(130));
    let rest = shown(&rest);
    assert!(rest.contains("interrupted after 60 events"), "{rest}");
    assert!(!rest.contains("next start"), "nothing is kept: {rest}");

    assert!(rows[0].starts_with("\x1b[1mTIME (UTC)"), "{rows:?}");
    let titles = rows.iter().filter(|row| row.contains("ACTION")).count();
    assert_eq!(titles, 1, "{rows:?}");
    let login = rows
        .iter()
        .find(|row| row.contains("user_login"))
        .expect("one");
    assert!(login.contains("\x1b[36muser_login"), "{login}");
    for row in &rows {
        let plain: String = row
            .split('\x1b')
            .map(|part| match part.split_once('m') {
                Some((code, text)) if code.starts_with('[') => text,
                _ => part,
            })
            .collect();
        assert!(plain.trim_end().chars().count() <= 80, "{plain:?}");
    }
}
