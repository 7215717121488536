//! `login`: on a terminal, which `script` of util-linux plays, and by a pipe.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use slack_audit_logs::fake::ScriptedResponse;
use tempfile::tempdir;

use super::support::{CANARY, Served, done, plain_command};

#[test]
fn a_token_is_pasted_unseen_checked_and_saved_and_other_commands_find_it() {
    let served = Served::with(10);
    let home = tempdir().expect("a directory");
    let command = format!(
        "tty; exec {} --base-url {} login",
        env!("CARGO_BIN_EXE_slack-audit-logs"),
        served.base_url()
    );
    let child = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("not tested, there is no script");
        return;
    };
    let mut shown = Vec::new();
    let mut stdout = child.stdout.take().expect("piped");
    // What is typed before it asks would be shown by the terminal itself.
    while !String::from_utf8_lossy(&shown).contains("not shown): ") {
        let mut byte = [0];
        assert_eq!(stdout.read(&mut byte).expect("readable"), 1, "{shown:?}");
        shown.push(byte[0]);
    }
    // Nor is the terminal silent as soon as it asks.
    let terminal = String::from_utf8_lossy(&shown);
    let terminal = terminal.lines().next().unwrap_or_default();
    let echoes = || {
        let stty = Command::new("stty").args(["-aF", terminal]).output();
        let settings = String::from_utf8(stty.expect("runs").stdout).expect("text");
        assert!(settings.contains("echo"), "{terminal}: {settings}");
        settings.split_whitespace().any(|setting| setting == "echo")
    };
    assert!(
        (0..10_000).any(|_| !echoes()),
        "what is typed would be seen"
    );
    let mut stdin = child.stdin.take().expect("piped");
    stdin
        .write_all(format!("{CANARY}\n").as_bytes())
        .expect("typed");
    stdout.read_to_end(&mut shown).expect("readable");
    drop(stdin);
    assert!(
        child.wait().expect("ends").success(),
        "{}",
        String::from_utf8_lossy(&shown)
    );
    let shown = String::from_utf8_lossy(&shown);
    assert!(!shown.contains(CANARY), "{shown}");
    for words in [
        "https://api.slack.com/apps?new_app=1&manifest_json=%7B",
        "ORGANIZATION",
        "User OAuth Token",
        "next: slack-audit-logs logs --since yesterday",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let saved = home.path().join(".config/slack-audit-logs/token");
    let mode = fs::metadata(&saved).expect("saved").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        fs::read_to_string(&saved).expect("text"),
        format!("{CANARY}\n")
    );

    let logs = || {
        let mut command = plain_command();
        command
            .args(["--base-url", &served.base_url(), "logs", "--since", "31d"])
            .env("HOME", home.path());
        done(command).expect(0)
    };
    let quiet = logs();
    assert_eq!((quiet.lines().len(), &*quiet.stderr), (10, ""));
    fs::set_permissions(&saved, fs::Permissions::from_mode(0o644)).expect("changed");
    logs().says("chmod 600");
}

#[test]
fn a_pipe_gives_it_too_and_what_is_refused_is_not_saved() {
    let served = Served::with(10);
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("deep/er/token");
    let login = |token: &str| {
        let mut command = plain_command();
        command
            .args(["--base-url", &served.base_url(), "login", "--token-file"])
            .arg(&path);
        let output = assert_cmd::Command::from_std(command)
            .write_stdin(token)
            .output()
            .expect("runs");
        super::support::Done::new(&output)
    };
    for (token, code, words) in [
        ("", 2, "no token"),
        ("xoxb-1", 2, "a bot token"),
        ("\"xoxp-1\"", 2, "quotes"),
        ("xoxp-wrong", 3, "invalid_authentication"),
    ] {
        login(token).expect(code).says(words);
        assert!(!path.exists(), "{token}");
    }
    served
        .api
        .script(ScriptedResponse::slack_error(403, "team_not_authorized"));
    login(CANARY).expect(3).says("organization");
    assert!(!path.exists());
    login(&format!("{CANARY}\r\n"))
        .expect(0)
        .says("--token-file");
    let mut command = plain_command();
    command.args([
        "--base-url",
        &served.base_url(),
        "logs",
        "--since",
        "31d",
        "--token-file",
    ]);
    command.arg(&path);
    assert_eq!(done(command).expect(0).lines().len(), 10);
}
