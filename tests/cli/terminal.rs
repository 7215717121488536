//! On a terminal, which `script` of util-linux plays: tables, colours, progress.

use std::process::{Command, Stdio};

use super::support::{CANARY, Served, TOKEN_VARIABLE};

/// What a terminal of 80 columns shows, with `script`'s own lines taken off; none where there is no
/// `script`.
fn on_terminal(served: &Served, args: &str, no_color: bool) -> Option<String> {
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
        .stdin(Stdio::null());
    if no_color {
        script.env("NO_COLOR", "1");
    }
    match script.output() {
        Ok(output) => {
            assert!(output.status.success(), "{output:?}");
            Some(
                String::from_utf8(output.stdout)
                    .expect("text")
                    .replace('\r', ""),
            )
        }
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
