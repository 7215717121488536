//! A sink of one's own: events go to a store that keeps each under its key, so that handing one on
//! twice changes nothing.
//!
//! `SLACK_ORG_ADMIN_USER_TOKEN=xoxp-… cargo run --features collect --example custom_sink` collects
//! the last day from Slack; without a token the embedded API answers.

use std::{
    collections::BTreeMap,
    env,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use slack_audit_logs::{
    AuditLogsClient,
    collect::{Backfill, Batch, BatchSink, EntryId, MemoryStore, SinkPosition},
    fake::FakeApi,
};
use tower::BoxError;

/// Stands for a database with a primary key.
type Table = Arc<Mutex<BTreeMap<EntryId, String>>>;

/// Writes every event under its key: an upsert. The collector hands each on at least once; the key
/// makes it exactly once.
struct Upsert(Table);

impl BatchSink for Upsert {
    async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        let mut table = self.0.lock().map_err(|_| "the table is gone")?;
        for (id, entry) in batch.ids().iter().zip(batch.entries()) {
            table.insert(*id, entry.as_str().to_owned());
        }
        // Only what is safe may be acknowledged: this `Ok` lets the collector forget the batch. An
        // `Err` ends it, and the batch comes again.
        Ok(None)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let table = Table::default();
    let day = SystemTime::now() - Duration::from_secs(86_400);
    let backfill = Backfill::builder(
        client()?.into_service(),
        // A table that outlives the process would have a `RedbStore` beside it.
        MemoryStore::new(),
        Upsert(Arc::clone(&table)),
        day,
    )
    .jobs(2)
    .build()?;
    let done = backfill.run().await?;
    let rows = table.lock().map_err(|_| "the table is gone")?.len();
    println!(
        "{rows} rows from {} events in {} batches, {} requests",
        done.events, done.batches, done.requests
    );
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
    let api = FakeApi::builder().entries(20_000).build();
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api)
        .build()
}
