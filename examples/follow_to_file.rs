//! Every event exactly once into a file, whatever dies when: start it again and it goes on where it
//! was.
//!
//! `SLACK_ORG_ADMIN_USER_TOKEN=xoxp-… cargo run --features collect --example follow_to_file`
//! follows Slack until Ctrl-C, with `audit.state` and `audit.ndjson` in this directory. Without a
//! token the embedded API answers, into a temporary directory, for some seconds.

use std::{
    env,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use slack_audit_logs::{
    AuditLogsClient,
    collect::{Follow, Tier, destination::File},
    fake::FakeApi,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let is_demo = env::var_os(AuditLogsClient::TOKEN_VARIABLE).is_none();
    let (client, directory) = if is_demo {
        demo()?
    } else {
        (AuditLogsClient::from_env()?, PathBuf::new())
    };

    let output = directory.join("audit.ndjson");
    let mut tiers = Tier::DEFAULT;
    if is_demo {
        tiers[0] = Tier::new(Duration::from_secs(2), Duration::from_secs(60));
    }
    let destination = File::new(&output, directory.join("audit.state"));
    let follow = Follow::builder(client.into_service(), destination)
        .since(SystemTime::now() - Duration::from_secs(30 * 86_400))
        .tiers(tiers)
        .build()?;

    // How far it is can be read while it runs.
    let mut progress = follow.progress();
    let reporter = tokio::spawn(async move {
        let mut reported = 0;
        while progress.changed().await {
            let now = progress.get();
            if let Some(outage) = &now.outage {
                eprintln!("waiting: {}", outage.error);
            } else if now.events > reported {
                reported = now.events;
                println!(
                    "{} events, {:?} behind",
                    now.events,
                    now.lag().unwrap_or_default()
                );
            }
        }
    });

    // It stops cleanly: the batch that is being written is committed first.
    let stop = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = tokio::time::sleep(Duration::from_secs(5)), if is_demo => {}
        }
    };
    let done = follow.run_until(stop).await?;
    reporter.await?;
    println!(
        "{} events in {}, {} requests",
        done.events,
        output.display(),
        done.requests
    );
    if is_demo {
        std::fs::remove_dir_all(&directory)?;
    }
    Ok(())
}

/// A client of the embedded API, where events keep arriving, and a directory of its own.
fn demo() -> Result<(AuditLogsClient, PathBuf), Box<dyn std::error::Error>> {
    eprintln!(
        "*** {} is not set: everything below is made up by the embedded API ***\n",
        AuditLogsClient::TOKEN_VARIABLE
    );
    let api = FakeApi::builder()
        .entries(5_000)
        .arrivals(120.0, 0.1, Duration::from_secs(2))
        .build();
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api)
        .build()?;
    let directory = env::temp_dir().join(format!("follow_to_file-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    Ok((client, directory))
}
