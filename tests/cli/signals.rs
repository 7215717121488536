//! SIGTERM and SIGINT: an orderly end with code 130.
#![cfg(unix)]

use slack_audit_logs::fake::{ScriptedResponse, WireFault};
use tempfile::tempdir;

use super::support::Served;

#[test]
fn logs_writes_what_came_and_says_how_much() {
    let served = Served::with(30);
    served
        .api
        .script(ScriptedResponse::fault(WireFault::Silence).nth(2).forever());
    let mut running = served.start(&["logs", "--since", "31d", "--page-size", "10"]);
    for _ in 0..10 {
        assert!(running.line().ends_with("}\n"));
    }
    running.signal("TERM");
    running
        .end()
        .expect(130)
        .says("interrupted after 10 events");
}

#[test]
fn follow_commits_and_the_next_start_goes_on() {
    // For whoever runs services, the end that it has asked for is no failure.
    for (signal, code) in [("TERM", 0), ("INT", 130)] {
        let served = Served::with(200);
        let directory = tempdir().expect("a directory");
        let state = directory.path().join("s");
        let args = [
            "follow",
            "--state",
            state.to_str().expect("text"),
            "--since",
            "31d",
        ];
        let mut running = served.start(&args);
        for _ in 0..200 {
            assert!(running.line().ends_with("}\n"));
        }
        running.signal(signal);
        let done = running
            .end()
            .expect(code)
            .says("interrupted after 200 events");
        assert_eq!(done.stdout, "");
        let again = served
            .run(args.iter().chain(&["--once"]).copied())
            .expect(0);
        assert_eq!(again.stdout, "", "all of it was committed");
    }
}
