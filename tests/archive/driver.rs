//! A collector for `.ci/archive`: `archive_driver BASE_URL ARCHIVE`, with short tiers and small
//! objects, so that much happens in a minute. It ends when its standard input does.

use std::{env, error::Error, time::Duration};

use slack_audit_logs::{
    AuditLogsClient,
    collect::{Follow, Tier, destination::Archive},
    transport::HttpTransport,
};
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter("warn,slack_audit_logs=debug")
        .init();
    let mut args = env::args().skip(1);
    let (base_url, target) = args.next().zip(args.next()).ok_or("BASE_URL ARCHIVE")?;
    let client = AuditLogsClient::builder()
        .token(env::var(AuditLogsClient::TOKEN_VARIABLE)?)
        .base_url(base_url)
        .rate_limit(None)
        .build()?;
    let archive = if target.contains("://") {
        Archive::from_url(&target, HttpTransport::new()?)?
    } else {
        Archive::directory(target)
    };
    let seconds = Duration::from_secs;
    let tiers = [(1, 5), (5, 60)].map(|(every, reach)| Tier::new(seconds(every), seconds(reach)));
    let follow = Follow::builder(client.into_service(), archive.flush_interval(seconds(1)))
        .since(env::var("SINCE")?.parse::<i64>()?)
        .tiers(tiers)
        .build()?;
    let end = async {
        let mut input = Vec::new();
        // Whatever it is, the other side is gone.
        let _ = tokio::io::stdin().read_to_end(&mut input).await;
    };
    let done = follow.run_until(end).await?;
    eprintln!("done: {} events", done.events);
    Ok(())
}
