//! `check`: every thing that can be wrong, in plain words, with what to do.

use serde_json::{Value, json};
use slack_audit_logs::fake::{FakeApi, ScriptedResponse, WireFault};

use super::{
    support::{CANARY, Served, TOKEN_VARIABLE, done, plain_command, run},
    tls::{Authority, Speaking, TlsServer},
};

#[test]
fn everything_is_right() {
    let served = Served::with(10);
    let done = served.run(["check"]).expect(0);
    let subjects: Vec<&str> = done
        .lines()
        .iter()
        .map(|line| line.split_whitespace().nth(1).unwrap_or_default())
        .collect();
    assert_eq!(
        subjects,
        [
            "token", "network", "clock", "/schemas", "/actions", "/logs", "is"
        ]
    );
    assert_eq!(served.api.request_count(), 3, "each endpoint once");
    assert_eq!(done.stderr, "");
}

#[test]
fn what_slack_refuses_is_code_3_and_the_rest_code_4() {
    let missing_scope = json!({"ok": false, "error": "missing_scope", "needed": "auditlogs:read", "provided": "chat:write"});
    for (answer, code, words, to_do) in [
        (
            ScriptedResponse::json(&missing_scope).on("/logs"),
            3,
            "lacks the scope auditlogs:read; it has chat:write",
            "add the scope",
        ),
        (
            ScriptedResponse::slack_error(403, "feature_not_enabled").on("/logs"),
            3,
            "not on an Enterprise plan",
            "Enterprise",
        ),
        (
            ScriptedResponse::slack_error(403, "team_not_authorized").on("/logs"),
            3,
            "on a workspace, not on the organization",
            "install the app on the organization",
        ),
        (
            ScriptedResponse::slack_error(403, "user_not_authorized").on("/logs"),
            3,
            "not an owner",
            "owner",
        ),
        (
            ScriptedResponse::slack_error(401, "invalid_authentication").on("/logs"),
            3,
            "not valid",
            "xoxp-",
        ),
        (
            ScriptedResponse::slack_error(200, "token_revoked"),
            3,
            "revoked",
            "install the app again",
        ),
        (
            ScriptedResponse::slack_error(403, "something_new").on("/logs"),
            3,
            "something_new",
            "reference",
        ),
        (
            ScriptedResponse::rate_limited(30).on("/logs"),
            4,
            "somebody else",
            "wait 30 s",
        ),
        (
            ScriptedResponse::status(302).header("location", "https://login.example/"),
            4,
            "redirect",
            "--base-url",
        ),
        (
            ScriptedResponse::status(200).body("<html>Please log in</html>"),
            4,
            "not Slack's: a network may ask for a login",
            "--base-url",
        ),
        (
            ScriptedResponse::status(503).body("<html>"),
            4,
            "has failed",
            "slack-status.com",
        ),
        (
            ScriptedResponse::fault(WireFault::ResetInBody),
            4,
            "before the response was complete",
            "firewall",
        ),
        (
            ScriptedResponse::fault(WireFault::Silence),
            4,
            "no response within 0.5 s",
            "--timeout",
        ),
    ] {
        let served = Served::with(10);
        served.api.script(answer);
        let done = served.run(["check", "--timeout", "0.5"]).expect(code);
        assert_eq!(
            done.lines()
                .iter()
                .filter(|line| line.starts_with("WRONG"))
                .count(),
            1
        );
        assert!(done.stdout.contains(words), "{words}: {}", done.stdout);
        let to_do_line = done.lines().last().copied().unwrap_or_default().to_owned();
        assert!(
            to_do_line.contains("do this:") && to_do_line.contains(to_do),
            "{to_do}: {to_do_line}"
        );
        assert!(done.stderr.is_empty(), "{}", done.stderr);
    }
}

#[test]
fn a_token_that_cannot_do_is_told_before_it_is_sent() {
    let served = Served::with(10);
    for (token, words) in [
        (None, "SLACK_ORG_ADMIN_USER_TOKEN is not set"),
        (Some("xoxb-1"), "a bot token"),
        (Some("xapp-1"), "an app-level token"),
        (Some("xoxe-1"), "a refresh token"),
        (Some("\"xoxp-1\""), "stands in quotes"),
        (Some("'xoxp-1'"), "stands in quotes"),
        (Some("xoxp-1\n"), "holds a line break"),
        (Some("xoxp-1\r\nxoxp-2"), "holds a line break"),
        (Some("Bearer xoxp-1"), "space"),
    ] {
        let mut command = plain_command();
        command.args(["--base-url", &served.base_url(), "check"]);
        if let Some(token) = token {
            command.env(TOKEN_VARIABLE, token);
        }
        let done = done(command).expect(3);
        assert!(done.stdout.contains(words), "{}", done.stdout);
        assert!(token.is_none_or(|token| !done.stdout.contains(token)));
    }
    assert_eq!(served.api.request_count(), 0);
}

#[test]
fn lists_without_anything_are_not_slacks() {
    for (path, body, words) in [
        ("/schemas", json!({"schemas": []}), "no kinds of object"),
        ("/actions", json!({"actions": {}}), "no actions"),
    ] {
        let served = Served::with(10);
        served.api.script(ScriptedResponse::json(&body).on(path));
        let done = served.run(["check"]).expect(4);
        assert!(done.stdout.contains(words), "{}", done.stdout);
    }
}

#[test]
fn json_that_is_not_a_page_is_not_called_right() {
    for body in [
        "{}",
        r#"{"ok":true}"#,
        r#"{"message":"please log in"}"#,
        "null",
    ] {
        for path in ["/schemas", "/actions", "/logs"] {
            let served = Served::with(10);
            let page = ScriptedResponse::status(200)
                .header("content-type", "application/json")
                .body(body);
            served.api.script(page.on(path));
            let done = served.run(["check"]).expect(4);
            assert!(done.stdout.contains("WRONG"), "{path} {body}: {done:?}");
            assert!(
                !done.stdout.contains("everything is right"),
                "{path} {body}"
            );
        }
    }
}

#[test]
fn json_says_the_same_to_programs() {
    let served = Served::with(10);
    let lines = |text: &str| -> Vec<Value> {
        let line = |line| serde_json::from_str(line).expect("JSON");
        text.lines().map(line).collect()
    };
    let all = lines(&served.run(["check", "--format", "json"]).expect(0).stdout);
    let subjects: Vec<&str> = all
        .iter()
        .filter_map(|line| line["subject"].as_str())
        .collect();
    assert_eq!(
        subjects,
        ["token", "network", "clock", "/schemas", "/actions", "/logs"]
    );
    assert!(all.iter().all(|line| line["ok"] == true));

    served
        .api
        .script(ScriptedResponse::slack_error(403, "team_not_authorized").on("/logs"));
    let wrong = lines(&served.run(["check", "--format", "json"]).expect(3).stdout);
    let last = wrong.last().expect("a line");
    assert_eq!(
        (&last["subject"], &last["ok"]),
        (&json!("/logs"), &json!(false))
    );
    assert!(
        last["to_do"]
            .as_str()
            .expect("text")
            .contains("organization")
    );
}

#[test]
fn a_clock_that_is_off_by_more_than_a_minute() {
    for (skew, word) in [(300, "behind"), (-300, "ahead of")] {
        let served = Served::with(10);
        served.api.set_date_skew(Some(skew));
        let done = served.run(["check"]).expect(4);
        assert!(
            done.stdout.contains("clock is") && done.stdout.contains(word),
            "{}",
            done.stdout
        );
        assert!(done.stdout.contains("NTP"), "{}", done.stdout);
    }
    let served = Served::with(10);
    served.api.set_date_skew(Some(20));
    served.run(["check"]).expect(0);
    served.api.set_date_skew(None);
    assert!(served.run(["check"]).expect(0).stdout.contains("no Date"));
}

#[test]
fn network_proxy_and_certificate() {
    let served = Served::with(10);
    let tls = served.base_url().replace("http://", "https://");
    for (args, words) in [
        (
            vec!["--base-url", "http://127.0.0.1:1/", "check"],
            "could not connect: http://127.0.0.1:1/",
        ),
        (
            vec![
                "--proxy",
                "http://user:xoxp-CANARY-4f1d2c@127.0.0.1:1",
                "--base-url",
                &*tls,
                "check",
            ],
            "the proxy",
        ),
        (vec!["--base-url", &*tls, "check"], "certificate"),
        (
            vec!["--base-url", "https://no-such-host.invalid/", "check"],
            "host",
        ),
    ] {
        let done = run(args).expect(4);
        assert!(done.stdout.contains(words), "{words}: {}", done.stdout);
        assert!(done.stdout.contains("because:"), "{}", done.stdout);
    }
}

#[test]
fn a_certificate_that_nobody_trusts_until_its_root_is_given() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let authority = Authority::new();
    let api = FakeApi::builder().entries(10).token(CANARY).build();
    let server = runtime.block_on(TlsServer::start(
        &api,
        Speaking::new(authority.issue("127.0.0.1")),
    ));
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("root.pem");
    std::fs::write(&root, authority.pem()).expect("written");

    let check = |args: &[&str]| {
        let mut command = plain_command();
        command.env(TOKEN_VARIABLE, CANARY);
        command.args(["--base-url", &server.base_url()]);
        command.args(args).arg("check");
        done(command)
    };
    let refused = check(&[]).expect(4).stdout;
    assert!(
        refused.contains("certificate") && refused.contains("--ca-cert"),
        "{refused}"
    );
    assert_eq!(api.request_count(), 0, "nothing is said to a stranger");
    check(&["--ca-cert", root.to_str().expect("UTF-8")]).expect(0);
    assert_eq!(api.request_count(), 3);
}

#[test]
fn a_client_certificate_is_shown_to_who_wants_one() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let authority = Authority::new();
    let api = FakeApi::builder().entries(10).token(CANARY).build();
    let speaking = Speaking::new(authority.issue("127.0.0.1")).clients_of(&authority);
    let server = runtime.block_on(TlsServer::start(&api, speaking));
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let identity = authority.issue("client");
    let root = file("root.pem", &authority.pem());
    let certificate = file("client.pem", &identity.certificate);
    let key = file("client.key", &identity.key);

    let check = |args: &[&str]| {
        let mut command = plain_command();
        command.env(TOKEN_VARIABLE, CANARY);
        command.args(["--base-url", &server.base_url(), "--ca-cert", &root]);
        command.args(args).arg("check");
        done(command)
    };
    check(&[]).expect(4);
    assert_eq!(api.request_count(), 0);
    check(&["--client-cert", &certificate, "--client-key", &key]).expect(0);
    assert_eq!(api.request_count(), 3);
    check(&["--client-cert", &certificate, "--client-key", &root])
        .expect(5)
        .says("root.pem");
}
