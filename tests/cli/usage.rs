//! Options, times, tokens, help.

use super::support::{CANARY, TOKEN_VARIABLE, done, plain_command, run};

#[test]
fn without_a_token_one_line_names_the_variable_and_the_demonstration() {
    for args in [
        &["logs"][..],
        &["follow", "--state", "s"],
        &["backfill", "--since", "1h", "--output", "o"],
    ] {
        for value in [None, Some(""), Some("  ")] {
            let mut command = plain_command();
            command.args(args);
            if let Some(value) = value {
                command.env(TOKEN_VARIABLE, value);
            }
            let done = done(command).expect(2).says(TOKEN_VARIABLE).says("--demo");
            assert_eq!((done.stderr.lines().count(), &*done.stdout), (1, ""));
        }
    }
    let mut command = plain_command();
    command.args(["--token-env", "MY_TOKEN", "logs"]);
    done(command).expect(2).says("MY_TOKEN");
}

#[test]
fn wrong_options_are_code_2_and_named() {
    for (args, words) in [
        (&["logs", "--since", "last tuesday"][..], "7 days ago"),
        (&["logs", "--since", "2026-13-01"], "2026-11-01 10:00"),
        (&["logs", "--tz", "Nowhere/City"], "Europe/Berlin"),
        (&["logs", "--until", "1566215192000"], "milliseconds"),
        (&["logs", "--since", "-24h"], "no sign"),
        (
            &["logs", "--since", "1h", "--until", "2h"],
            "later than --until",
        ),
        (&["logs", "--page-size", "0"], "page-size"),
        (&["logs", "--page-size", "10000"], "page-size"),
        (&["logs", "--format", "xml"], "ndjson"),
        (&["logs", "--action", "a,,b"], "action"),
        (&["logs", "--ip", "203.0.113.300"], "2001:db8::/32"),
        (
            &["logs", "--columns", "actr_email"],
            "did you mean actor_email",
        ),
        (
            &["logs", "--from", "ftp://bucket/audit"],
            "s3://bucket/prefix",
        ),
        (&["logs", "--jq", ".a |"], "expected"),
        (&["logs", "--jq", "nonsense(.)"], "nonsense"),
        (&["logs", "--since", "1d", "--format", "html"], "stats"),
        (&["stats", "--by", "moon"], "weekday"),
        (&["stats", "--by", "ip,ip"], "two different"),
        (&["stats", "--by", "ip,app,day"], "one key"),
        (&["--client-cert", "c.pem", "logs"], "--client-key"),
        (&["logs", "--max", "many"], "max"),
        (&["logs", "--nonsense"], "--nonsense"),
        (&["logs", "-v", "-q"], "cannot be used with"),
        (&["--rate-limit", "0", "logs"], "off"),
        (&["--timeout", "0", "logs"], "above 0"),
        (&["--timeout", "NaN", "logs"], "above 0"),
        (&["--max-retries", "1000", "logs"], "max-retries"),
        (&["--base-url", "ftp://x/", "logs"], "http"),
        (&["--base-url", "http://slack.example/", "logs"], "plain"),
        (&["--proxy", "gopher://x", "logs"], "proxy"),
        (
            &["--demo", "--base-url", "http://127.0.0.1:1/", "logs"],
            "cannot be used with",
        ),
        (&["follow", "--tiers", "nonsense"], "--tiers"),
        (&["backfill", "--since", "1h"], "--output"),
        (&["backfill", "--output", "o"], "--since"),
        (&["fake", "--fault", "nonsense"], "nonsense"),
        (&["fake", "--port", "70000"], "port"),
        (&["nonsense"], "nonsense"),
    ] {
        run(args).expect(2).says(words);
    }
}

#[test]
fn a_token_where_a_name_belongs_is_not_repeated() {
    run(["--token-env", CANARY, "logs"])
        .expect(2)
        .says("not the token itself");
}

#[test]
fn a_certificate_file_that_is_none_is_code_5() {
    run(["--ca-cert", "/no/such.pem", "logs"])
        .expect(5)
        .says("/no/such.pem cannot be read");
    run(["--ca-cert", "/dev/null", "logs"])
        .expect(5)
        .says("/dev/null cannot be used");
}

#[cfg(unix)]
#[test]
fn a_small_file_without_end_is_refused() {
    let zero = "/dev/zero";
    for args in [
        &["--token-file", zero][..],
        &["--ca-cert", zero],
        &["--client-cert", zero, "--client-key", zero],
    ] {
        run(args.iter().chain(&["logs", "--since", "1h"]))
            .expect(5)
            .says("is longer than");
    }
}

#[test]
fn the_demonstration_needs_no_token_and_says_what_it_is() {
    let mut command = plain_command();
    command.args([
        "--demo", "-q", "logs", "--since", "24h", "--format", "table",
    ]);
    let done = done(command).expect(0).says("DEMO").says("made up");
    let lines = done.lines();
    assert!(lines.len() > 100, "a day's worth");
    assert!(lines[0].starts_with("TIME (UTC)"), "{}", lines[0]);
}

#[test]
fn every_command_has_help_with_examples() {
    for command in [
        "logs",
        "stats",
        "actions",
        "schemas",
        "follow",
        "backfill",
        "check",
        "login",
        "fake",
        "completions",
        "man",
    ] {
        let done = run([command, "--help"]).expect(0);
        assert!(
            done.stdout.contains("Examples:"),
            "{command}: {}",
            done.stdout
        );
    }
    assert!(run(["--help"]).expect(0).stdout.contains("Exit codes:"));
    assert!(
        run(["--version"])
            .expect(0)
            .stdout
            .contains(env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn completions_and_manual_pages() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            run(["completions", shell])
                .expect(0)
                .stdout
                .contains("exclude-action"),
            "{shell}"
        );
    }
    assert!(
        run(["man"])
            .expect(0)
            .stdout
            .contains(".TH slack-audit-logs 1")
    );
    // Behind a subcommand bash found nothing: clap#6421. `.ci/shells` asks the shells themselves.
    let bash = run(["completions", "bash"]).expect(0).stdout;
    assert!(!bash.contains("slack__subcmd__audit"));
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_str().expect("text");
    run(["man", "--directory", path]).expect(0);
    let page = std::fs::read_to_string(directory.path().join("slack-audit-logs-logs.1"));
    let page = page.expect("there");
    for words in [".nh\n", ".ad l\n", ".nf\nExamples:\n"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(directory.path().join("slack-audit-logs-follow.1").exists());
    run(["man", "--directory", "/no/such/directory"]).expect(5);
}
