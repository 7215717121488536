//! Every event exactly once into a bucket or a directory, by as many hosts as you like: one works,
//! the others stand by.
//!
//! `SLACK_ORG_ADMIN_USER_TOKEN=xoxp-… cargo run --features archive-s3 --example follow_to_archive --
//! s3://bucket/prefix` follows Slack until Ctrl-C, with credentials and region from the environment
//! (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, …). A path is an archive in a
//! directory. Without an argument the embedded API answers, into a temporary directory, for some
//! seconds.

use std::{
    env,
    error::Error,
    time::{Duration, SystemTime},
};

use slack_audit_logs::{
    AuditLogsClient,
    collect::{Follow, destination::Archive},
    fake::FakeApi,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned()))
        .init();
    let target = env::args().nth(1);
    let is_demo = target.is_none();
    let directory = env::temp_dir().join(format!("follow_to_archive-{}", std::process::id()));
    let (client, archive) = if let Some(target) = target {
        (AuditLogsClient::from_env()?, archive(&target)?)
    } else {
        let archive = Archive::directory(&directory);
        (demo()?, archive.flush_interval(Duration::from_secs(2)))
    };

    let follow = Follow::builder(client.into_service(), archive)
        .since(SystemTime::now() - Duration::from_secs(2 * 86_400))
        .build()?;
    // It ends cleanly: what has been read is written first, and the next host goes on at once.
    let end = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = tokio::time::sleep(Duration::from_secs(5)), if is_demo => {}
        }
    };
    let done = follow.run_until(end).await?;
    println!(
        "{} events in {} objects, {} requests",
        done.events, done.commits, done.requests
    );
    if is_demo {
        for date in std::fs::read_dir(&directory)? {
            println!("{}", date?.file_name().display());
        }
        std::fs::remove_dir_all(&directory)?;
    }
    Ok(())
}

/// The archive at a URL or a path.
fn archive(target: &str) -> Result<Archive, Box<dyn Error>> {
    if target.contains("://") {
        #[cfg(any(
            feature = "archive-s3",
            feature = "archive-gcs",
            feature = "archive-azure"
        ))]
        return Ok(Archive::from_url(
            target,
            slack_audit_logs::transport::HttpTransport::new()?,
        )?);
        #[cfg(not(any(
            feature = "archive-s3",
            feature = "archive-gcs",
            feature = "archive-azure"
        )))]
        return Err("this example was built without a feature for buckets".into());
    }
    Ok(Archive::directory(target))
}

/// A client of the embedded API, where events keep arriving.
fn demo() -> Result<AuditLogsClient, Box<dyn Error>> {
    eprintln!("*** no archive is named: everything below is made up by the embedded API ***\n");
    let api = FakeApi::builder()
        .entries(5_000)
        .arrivals(120.0, 0.1, Duration::from_secs(2))
        .build();
    let client = AuditLogsClient::builder().token(FakeApi::TOKEN);
    Ok(client.transport(api).build()?)
}
