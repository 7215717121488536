//! The latest logins as a table.
//!
//! `SLACK_ORG_ADMIN_USER_TOKEN=xoxp-… cargo run --example quickstart` asks Slack; without a token
//! the embedded API answers, over HTTP on loopback.

use std::env;

use slack_audit_logs::{
    AuditLogsClient, LogsRequest,
    fake::{FakeApi, FakeServer},
    model::{Entry, action},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The server of the embedded API stops when it is dropped.
    let (client, _server) = client().await?;

    let request = LogsRequest::new()
        .action(action::user::USER_LOGIN)
        .limit(10);
    let response = client.logs(request).await?;

    println!("{:<20}  {:<24}  {:<39}  WITH", "TIME", "WHO", "FROM");
    let page = response.typed_body()?;
    for entry in &page.entries {
        print_login(entry);
    }
    println!(
        "\n{} entries of user_login, after {} attempt(s)",
        page.entries.len(),
        response.attempts()
    );
    Ok(())
}

/// One line of the table. Every field may be absent, so each is asked for.
fn print_login(entry: &Entry) {
    let time = entry
        .date_create()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let user = entry.actor().and_then(|actor| actor.user());
    let context = entry.context();
    println!(
        "{:<20}  {:<24}  {:<39}  {}",
        time.map_or("-".into(), |time| time.to_string()),
        user.and_then(|user| user.name()).unwrap_or("-"),
        context
            .and_then(|context| context.ip_address())
            .unwrap_or("-"),
        context
            .and_then(|context| context.ua())
            .map_or("-", |ua| ua.split(' ').next().unwrap_or(ua)),
    );
}

/// A client of Slack, or, without a token, one of the embedded API and the server it talks to.
async fn client() -> Result<(AuditLogsClient, Option<FakeServer>), Box<dyn std::error::Error>> {
    if env::var_os(AuditLogsClient::TOKEN_VARIABLE).is_some() {
        return Ok((AuditLogsClient::from_env()?, None));
    }
    eprintln!(
        "*** {} is not set: everything below is made up by the embedded API ***\n",
        AuditLogsClient::TOKEN_VARIABLE
    );
    let server = FakeApi::builder().entries(10_000).build().serve().await?;
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(server.base_url())
        .build()?;
    Ok((client, Some(server)))
}
