//! A client that cannot work is not built, and the error says what to change.

use std::time::Duration;

use slack_audit_logs::{AuditLogsClient, AuditLogsClientBuilder, fake::FakeApi};

/// Why a builder refuses, as a user would print it.
fn refusal(builder: AuditLogsClientBuilder) -> String {
    let error = builder.build().expect_err("it must not be built");
    assert!(error.is_build() && error.attempts() == 0, "{error:?}");
    assert!(std::error::Error::source(&error).is_none(), "all is said");
    format!("{error} / {error:?}")
}

#[test]
fn every_wrong_value_is_named_and_no_secret_shown() {
    let builder = || AuditLogsClient::builder().transport(FakeApi::new());
    for (builder, word) in [
        (builder().token(""), "token"),
        (builder().token("xoxp-CANARY\n\nx"), "token"),
        (builder().token("xoxp-CANARY ä"), "token"),
        (builder().base_url("api.slack.com"), "base URL"),
        (
            builder().base_url("https://u:CANARY@api.slack.com/"),
            "base URL",
        ),
        (
            builder().base_url("https://api.slack.com/?CANARY"),
            "base URL",
        ),
        (builder().base_url("ftp://api.slack.com/"), "base URL"),
        (
            builder()
                .base_url("http://api.slack.com/")
                .token("xoxp-CANARY"),
            "plain http",
        ),
        (builder().timeout(Duration::ZERO), "timeout"),
        (builder().deadline(Duration::ZERO), "deadline"),
        (builder().user_agent_prefix("CANARY\r\nX: y"), "user agent"),
        (builder().user_agent_suffix("CANARY\0"), "user agent"),
        (builder().no_proxy(), "transport"),
        (
            AuditLogsClient::builder().proxy("http://u:CANARY@:99999/"),
            "proxy",
        ),
    ] {
        let text = refusal(builder);
        assert!(text.contains(word), "{word} in {text}");
        assert!(!text.contains("CANARY"), "{text}");
    }
}

#[test]
fn the_first_wrong_value_is_told() {
    let text = refusal(AuditLogsClient::builder().token("").user_agent_prefix("\n"));
    assert!(text.contains("token"), "{text}");
}

#[test]
fn what_is_fine_is_built() {
    let builder = || AuditLogsClient::builder().transport(FakeApi::new());
    for builder in [
        builder(),
        builder().token("xoxp-1\n"),
        builder().token("xoxp-1").base_url("http://127.0.0.1:1"),
        builder()
            .token("xoxp-1")
            .base_url("http://api.slack.com")
            .allow_plain_http(),
        builder().base_url("http://api.slack.com/no/token"),
        builder()
            .rate_limit(None)
            .timeout(Duration::MAX)
            .deadline(Duration::MAX),
    ] {
        builder.build().expect("fine");
    }
}
