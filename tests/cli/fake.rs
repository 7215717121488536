//! `fake`: the embedded API as a process of its own, asked by the same command.
#![cfg(unix)]

use std::io::BufReader;

use super::support::{Done, Running, done, plain_command};

fn fake(args: &[&str]) -> (Running, String, String) {
    let mut child = plain_command()
        .arg("fake")
        .args(args)
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("piped"));
    let mut running = Running { child, lines };
    let base_url = running.line().trim_end().to_owned();
    let token = running.line().trim_end().to_owned();
    assert!(base_url.starts_with("http://127.0.0.1:"), "{base_url}");
    (running, base_url, token)
}

fn ask(base_url: &str, token: &str, args: &[&str]) -> Done {
    let mut command = plain_command();
    command
        .args([
            "--base-url",
            base_url,
            "--token-env",
            "OTHER",
            "--rate-limit",
            "off",
        ])
        .args(args)
        .env("OTHER", token);
    done(command)
}

#[test]
fn it_answers_the_command_and_ends_at_sigterm() {
    let (running, base_url, token) = fake(&[
        "--entries",
        "1234",
        "--seed",
        "7",
        "--rate-limit",
        "off",
        "--fault",
        "status=503,nth=2,times=1",
    ]);
    let all = ask(
        &base_url,
        &token,
        &["logs", "--since", "31d", "--page-size", "500"],
    )
    .expect(0)
    .says("trying again");
    assert_eq!(all.lines().len(), 1_234);
    ask(&base_url, "xoxp-wrong", &["logs"])
        .expect(3)
        .says("invalid_authentication");
    assert!(
        ask(&base_url, &token, &["check"])
            .expect(0)
            .stdout
            .contains("everything is right")
    );
    running.signal("TERM");
    running.end().expect(0).says("requests");
}

#[test]
fn a_port_that_is_taken_is_code_4() {
    let (running, base_url, _) = fake(&["--entries", "1"]);
    let port = base_url
        .split(':')
        .nth(2)
        .and_then(|rest| rest.split('/').next())
        .expect("a port");
    let mut command = plain_command();
    command.args(["fake", "--port", port]);
    done(command).expect(4).says(port).says("--port");
    running.signal("INT");
    running.end().expect(130);
}
