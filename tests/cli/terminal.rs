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
    let Some(colored) = on_terminal(&served, "logs", false) else {
        return;
    };
    assert!(colored.contains("\x1b[1mTIME (UTC)"), "{colored}");
    let plain = on_terminal(&served, "logs", true).expect("as before");
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
