//! What operators need: logs, metrics, tokens that rotate, variables.

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::ChildStderr,
};

use serde_json::Value;
use slack_audit_logs::fake::{Event, ScriptedResponse};
use tempfile::tempdir;

use super::support::{CANARY, Running, Served, TOKEN_VARIABLE, done, plain_command};

/// Follows into standard output, looking every second.
fn follow(served: &Served, args: &[&str]) -> Running {
    let tiers = ["follow", "--tiers", "1s:60s,1h:24h", "--since", "1h"];
    served.start(&[&tiers, args].concat())
}

fn push(served: &Served, id: &str) {
    let now = served.api.now_unix();
    served.api.push_now(Event::new(id, now, "user_login"));
}

/// Replaced in one step, as `login` and Kubernetes do it.
fn replace(path: &Path, text: &str) {
    let part = path.with_extension("part");
    fs::write(&part, text).expect("writable");
    fs::rename(&part, path).expect("replaced");
}

#[cfg(unix)]
#[test]
fn a_token_that_rotates_needs_no_restart() {
    use std::os::unix::fs::PermissionsExt as _;

    let served = Served::with(0);
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("token");
    fs::write(&path, format!("{CANARY}\n")).expect("writable");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mine");
    let file = path.to_str().expect("text");
    let mut running = follow(&served, &["-v", "--token-file", file]);
    push(&served, "before");
    assert!(running.line().contains("before"));
    // The old one is revoked, and the file holds the new one.
    replace(&path, &format!("{CANARY}-2"));
    served.api.set_token(format!("{CANARY}-2"));
    push(&served, "rotated");
    assert!(running.line().contains("rotated"));
    // Half of a file, then a word in quotes: the old one is kept.
    for text in ["", "\"xoxp-quoted\""] {
        replace(&path, text);
        push(&served, &format!("kept{}", text.len()));
        assert!(running.line().contains("kept"));
    }
    // Refused with the token that was read before the file changed: it is read once more.
    replace(&path, &format!("{CANARY}-3"));
    served
        .api
        .script(ScriptedResponse::slack_error(401, "token_revoked").nth(1));
    served.api.set_token(format!("{CANARY}-3"));
    push(&served, "after");
    assert!(running.line().contains("after"));
    running.signal("TERM");
    let done = running
        .end()
        .expect(0)
        .says("the token has changed")
        .says("gives no new token (it is empty): going on with the last one")
        .says("stands in quotes");
    // Files of others' making are open to others, which is said.
    assert_eq!(
        done.stderr.matches("chmod 600").count(),
        2,
        "{}",
        done.stderr
    );
    assert!(!done.stderr.contains("xoxp"), "{}", done.stderr);
}

#[test]
fn a_token_that_is_revoked_and_not_replaced_is_the_end() {
    let served = Served::with(0);
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("token");
    fs::write(&path, CANARY).expect("writable");
    let mut running = follow(&served, &["--token-file", path.to_str().expect("text")]);
    push(&served, "before");
    assert!(running.line().contains("before"));
    served.api.set_token("xoxp-another");
    running.end().expect(3);
}

/// Where the metrics are, as it says.
fn listening(running: &mut Running) -> (String, BufReader<ChildStderr>) {
    let mut lines = BufReader::new(running.child.stderr.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("metrics are at http://") {
        line.clear();
        assert!(lines.read_line(&mut line).expect("readable") > 0, "ended");
    }
    let (_, at) = line.trim().split_once("http://").expect("there");
    (at.trim_end_matches("/metrics").to_owned(), lines)
}

fn ask(at: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(at).expect("listens");
    stream.write_all(request.as_bytes()).expect("taken");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("text");
    response
}

fn get(at: &str, path: &str) -> String {
    ask(at, &format!("GET {path} HTTP/1.1\r\nHost: {at}\r\n\r\n"))
}

/// The value of a sample.
fn sample(metrics: &str, name: &str) -> Option<f64> {
    let name = format!("slack_audit_logs_{name} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name))?;
    line.parse().ok()
}

#[test]
fn metrics_health_and_readiness() {
    let served = Served::with(0);
    let mut running = follow(&served, &["--metrics-listen", "0"]);
    let (at, _stderr) = listening(&mut running);
    assert!(at.starts_with("127.0.0.1:"), "{at}");
    push(&served, "one");
    assert!(running.line().contains("one"));
    let metrics = loop {
        let metrics = get(&at, "/metrics");
        if sample(&metrics, "events_total") == Some(1.0) {
            break metrics;
        }
    };
    assert!(
        metrics.contains("application/openmetrics-text"),
        "{metrics}"
    );
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    for (name, value) in [
        ("active", 1.0),
        ("outage_seconds", 0.0),
        ("destination_errors_total", 0.0),
        ("tier_interval_seconds{tier=\"60\"}", 1.0),
        ("late_events_total{tier=\"86400\"}", 0.0),
    ] {
        assert_eq!(sample(&metrics, name), Some(value), "{name}: {metrics}");
    }
    let requests = sample(&metrics, "requests_total{code=\"200\"}").expect("some");
    let sent = f64::from(u32::try_from(served.api.request_count()).expect("few"));
    assert!(requests >= 1.0 && requests <= sent, "{requests} of {sent}");
    assert!(sample(&metrics, "lag_seconds").expect("known") < 60.0);
    assert!(get(&at, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(get(&at, "/readyz").ends_with("active\n"));
    assert!(get(&at, "/").starts_with("HTTP/1.1 404"));
    let post = format!("POST /metrics HTTP/1.1\r\nHost: {at}\r\nContent-Length: 1\r\n\r\nx");
    assert!(ask(&at, &post).starts_with("HTTP/1.1 405"));
    // Nonsense, and heads beyond any measure.
    ask(&at, "nonsense\r\n\r\n");
    assert!(get(&at, &"/x".repeat(2_000)).starts_with("HTTP/1.1 404"));
    // An outage is not ready, and what a peer says is not shown.
    served
        .api
        .script(ScriptedResponse::slack_error(500, CANARY).forever());
    let response = loop {
        let response = get(&at, "/readyz");
        if response.starts_with("HTTP/1.1 503") {
            break response;
        }
    };
    assert!(
        response.contains("outage") && !response.contains(CANARY),
        "{response}"
    );
    running.signal("TERM");
    assert!(running.child.wait().expect("ends").success());
}

#[test]
fn a_port_that_is_taken_is_said_at_the_start() {
    let served = Served::with(0);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let before = served.api.request_count();
    let args = ["follow", "--once", "--metrics-listen", &port];
    served.run(args).expect(4).says("cannot be listened on");
    assert_eq!(
        served.api.request_count(),
        before,
        "before anything is asked"
    );
}

/// A line of a log without its time.
fn without_time(line: &str) -> &str {
    let (time, rest) = line.split_once(' ').expect("a time");
    time.parse::<jiff::Timestamp>().expect(line);
    rest
}

#[test]
fn each_line_of_a_log_has_its_time_and_nothing_of_a_body() {
    let served = Served::with(20);
    let ids: Vec<String> = served.api.record().into_iter().map(|it| it.id).collect();
    let is_clean = |line: &str| {
        assert!(!line.contains(CANARY), "{line}");
        assert!(!ids.iter().any(|id| line.contains(id.as_str())), "{line}");
    };
    for args in [
        &["logs", "--since", "31d"][..],
        &["stats", "--since", "31d"],
        &["actions"],
        &["schemas"],
        &["check"],
        &["follow", "--once", "--since", "31d"],
        &["completions", "bash"],
    ] {
        let done = served.run([&["-v"], args].concat());
        assert!(!done.stderr.is_empty(), "{args:?} says something");
        for line in done.stderr.lines() {
            without_time(line);
            is_clean(line);
        }
        let done = served.run([&["-vv", "--log-format", "json"], args].concat());
        assert!(!done.stderr.is_empty(), "{args:?} says something");
        for line in done.stderr.lines() {
            let value: Value = serde_json::from_str(line).expect(line);
            assert!(
                value["timestamp"].is_string() && value["level"].is_string(),
                "{line}"
            );
            is_clean(line);
        }
    }
    let wire = served.run(["-vv", "actions"]).expect(0).stderr;
    let lines: Vec<_> = wire.lines().map(without_time).collect();
    assert!(wire.contains("connected to 127.0.0.1"), "{wire}");
    assert_eq!(
        lines.iter().collect::<HashSet<_>>().len(),
        lines.len(),
        "{wire}"
    );
}

#[test]
fn the_last_word_is_a_line_of_the_log_too() {
    let mut command = plain_command();
    command.args(["--log-format", "json", "logs"]);
    let json = done(command).expect(2).stderr;
    let json: Value = serde_json::from_str(&json).expect("one line");
    assert_eq!(json["level"], "ERROR");
    let words = json["message"].as_str().expect("words");
    assert!(words.starts_with("no token"), "{words}");
    let mut command = plain_command();
    // Nobody listens there.
    command
        .args([
            "--base-url",
            "http://127.0.0.1:1/",
            "--max-retries",
            "0",
            "logs",
            "--since",
            "1h",
        ])
        .env(TOKEN_VARIABLE, CANARY);
    let text = done(command).expect(4).says("; because: ").stderr;
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        without_time(&text).starts_with("ERROR slack-audit-logs: "),
        "{text}"
    );
}

#[test]
fn a_variable_set_to_nothing_or_to_no_is_not_set() {
    let served = Served::with(0);
    let mut command = plain_command();
    command
        .args(["-v", "follow", "--once", "--since", "1h"])
        .env(TOKEN_VARIABLE, CANARY)
        .env("SLACK_AUDIT_LOGS_BASE_URL", served.base_url())
        .env("SLACK_AUDIT_LOGS_RATE_LIMIT", "off")
        .env("SLACK_AUDIT_LOGS_QUIET", "false")
        .env("SLACK_AUDIT_LOGS_DEMO", "0")
        .env("SLACK_AUDIT_LOGS_STATE", "")
        .env("SLACK_AUDIT_LOGS_METRICS_LISTEN", "");
    done(command).expect(0).says("done: 0 events");
    let mut command = plain_command();
    command
        .args(["logs", "--since", "1d"])
        .env("SLACK_AUDIT_LOGS_DEMO", "yes")
        .env("SLACK_AUDIT_LOGS_MAX", "1");
    assert_eq!(done(command).expect(0).lines().len(), 1);
}
