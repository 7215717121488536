//! A destination in a few lines: batches go through a channel to another task, which says when each
//! is safe.
//!
//! Any `tower::Service<Batch, Response = ()>` is a destination, at least once for each event: a
//! batch whose call failed comes again. The task writes every event under its key, so that one that
//! comes twice changes nothing.
//!
//! `SLACK_ORG_ADMIN_USER_TOKEN=xoxp-… cargo run --features collect --example channel_destination`
//! collects the last day from Slack; without a token the embedded API answers.

use std::{
    collections::BTreeMap,
    env,
    time::{Duration, SystemTime},
};

use slack_audit_logs::{
    AuditLogsClient,
    collect::{
        Backfill, EntryId,
        destination::{self, Batch},
    },
    fake::FakeApi,
};
use tokio::sync::{mpsc, oneshot};
use tower::{BoxError, service_fn};

/// A batch, and the way to say that it is safe.
type Delivery = (Batch, oneshot::Sender<()>);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (sender, receiver) = mpsc::channel::<Delivery>(1);
    let table = tokio::spawn(keep(receiver));

    let service = service_fn(move |batch: Batch| {
        let sender = sender.clone();
        async move {
            let (safe, is_safe) = oneshot::channel();
            sender.send((batch, safe)).await?;
            // An `Ok` lets the collector forget the batch, so it waits for the task's word.
            is_safe.await?;
            Ok::<_, BoxError>(())
        }
    });
    // What outlives the process would have its checkpoint in a file: `Service::new(service, path)`.
    let destination = destination::Service::in_memory(service);
    let backfill = Backfill::builder(client()?.into_service(), destination)
        .since(SystemTime::now() - Duration::from_secs(86_400))
        .build()?;
    let done = backfill.run().await?;

    println!(
        "{} rows from {} events in {} requests",
        table.await?.len(),
        done.events,
        done.requests
    );
    Ok(())
}

/// Stands for a database with a primary key.
async fn keep(mut deliveries: mpsc::Receiver<Delivery>) -> BTreeMap<EntryId, String> {
    let mut table = BTreeMap::new();
    while let Some((batch, safe)) = deliveries.recv().await {
        for event in batch.entries() {
            table.insert(event.id, event.entry.as_str().to_owned());
        }
        let _ = safe.send(());
    }
    table
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
    let api = FakeApi::builder().entries(20_000).build();
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api)
        .build()
}
