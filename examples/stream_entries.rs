//! All logins of the last week, as a stream: the pages behind it are fetched as they are needed.
//!
//! `SLACK_ORG_ADMIN_USER_TOKEN=xoxp-… cargo run --example stream_entries` asks Slack; without a
//! token the embedded API answers.

use std::{
    env,
    time::{Duration, SystemTime},
};

use futures_util::{StreamExt, TryStreamExt};
use slack_audit_logs::{AuditLogsClient, LogsRequest, fake::FakeApi, model::action};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = client()?;
    let audit_logs = client.service();

    // `limit` is the size of a page, `take` how many entries are wanted. Without a page fetched
    // ahead five of them cost one call.
    let week = LogsRequest::new()
        .action(action::user::USER_LOGIN)
        .oldest(SystemTime::now() - Duration::from_secs(7 * 86_400))
        .limit(200);
    let mut newest = audit_logs
        .entries(week.clone())
        .without_fetch_ahead()
        .take(5);
    println!("the newest logins:");
    while let Some(entry) = newest.try_next().await? {
        let user = entry.actor().and_then(|actor| actor.user());
        println!(
            "  {}",
            user.and_then(|user| user.name()).unwrap_or("unknown")
        );
    }

    // Whole pages, with what is known of their calls.
    let mut pages = audit_logs.pages(week);
    let mut logins = 0;
    while let Some(page) = pages.try_next().await? {
        logins += page.entries().len();
        println!(
            "{} entries, status {}, {} attempt(s)",
            page.entries().len(),
            page.status(),
            page.attempts()
        );
    }
    println!("{logins} logins in a week");
    Ok(())
}

/// A client of Slack, or, without a token, one of the embedded API.
fn client() -> Result<AuditLogsClient, slack_audit_logs::Error> {
    if env::var_os(AuditLogsClient::TOKEN_VARIABLE).is_some() {
        return AuditLogsClient::from_env();
    }
    eprintln!(
        "*** {} is not set: everything below is made up by the embedded API ***\n",
        AuditLogsClient::TOKEN_VARIABLE
    );
    let api = FakeApi::builder().entries(10_000).build();
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api)
        .build()
}
