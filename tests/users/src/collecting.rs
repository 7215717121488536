//! Collectors: destinations of the user's own, behind `dyn`, over a store that is no file.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt, TryStreamExt, future::BoxFuture};
use slack_audit_logs::{
    AuditLogsClient, LogsRequest, TokenProvider,
    collect::{
        EntryId, Follow, Tier,
        destination::{self, Batch, Checkpoint, Commit, Destination, DestinationError, File},
    },
    retry::{Jitter, NoJitter, RandomJitter, RetryHandler, RetryIntervalCalculator},
    tower::{BoxError, service_fn},
};

use crate::stack::client;

/// A store that is no file: a transaction of some database.
#[derive(Clone, Default)]
struct Database(Arc<Mutex<Tables>>);

#[derive(Default)]
struct Tables {
    events: Vec<String>,
    ids: HashMap<EntryId, i64>,
    checkpoint: Option<Vec<u8>>,
}

impl Destination for Database {
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        let tables = self.0.lock().expect("whole");
        let checkpoint = tables.checkpoint.as_deref().map(Checkpoint::from_bytes);
        std::future::ready(checkpoint.transpose()).boxed()
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        let tables = self.0.lock().expect("whole");
        let known = ids.iter().map(|id| tables.ids.get(id).copied()).collect();
        std::future::ready(Ok(known)).boxed()
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        let mut tables = self.0.lock().expect("whole");
        for event in commit.batch.entries() {
            tables.events.push(event.entry.as_str().to_owned());
        }
        tables.ids.extend(commit.ids.iter().copied());
        tables.checkpoint = Some(commit.checkpoint.to_bytes());
        std::future::ready(Ok(())).boxed()
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        std::future::ready(Ok(())).boxed()
    }
}

/// A store's own errors fit: what passes by itself, what ends it, what another has done.
#[test]
fn errors_of_a_store_that_is_no_file() {
    let outage = DestinationError::outage("the database cannot be reached")
        .with_source(BoxError::from("connection refused"));
    assert!(outage.is_outage());
    assert!(DestinationError::refused("the table is missing").is_refused());
    assert!(DestinationError::superseded("another writer").is_superseded());
}

#[tokio::test]
async fn which_destination_is_decided_at_run_time() {
    let database = Database::default();
    for name in ["database", "service", "file"] {
        let destination: Box<dyn Destination> = match name {
            "database" => Box::new(database.clone()),
            "service" => Box::new(destination::Service::in_memory(service_fn(
                |_: Batch| async { Ok::<_, BoxError>(()) },
            ))),
            _ => Box::new(File::new("audit.ndjson", "audit.state")),
        };
        let follow = Follow::builder(client().into_service(), destination)
            .since(1_700_000_000)
            .build()
            .expect("a collector");
        // It can be spawned, whatever it is made of.
        fn is_send<T: Send>(value: T) -> T {
            value
        }
        drop(is_send(follow.run_until(std::future::ready(()))));
    }
}

/// Every trait that users implement has a `dyn`.
#[test]
fn traits_as_dyn() {
    let _: fn(&dyn Destination, &dyn RetryHandler, &dyn RetryIntervalCalculator) = |_, _, _| ();
    let _: fn(&dyn TokenProvider) = |_| ();
    let jitters: [Box<dyn Jitter>; 2] = [Box::new(NoJitter), Box::new(RandomJitter::new())];
    let second = Duration::from_secs(1);
    assert!(
        jitters
            .iter()
            .all(|jitter| jitter.recalculate(second) >= second)
    );
    let _ = Tier::new(Duration::from_secs(30), Duration::from_secs(60));
}

/// Streams in a spawned block.
#[tokio::test]
async fn streams_in_spawned_blocks() {
    let client: AuditLogsClient = client();
    let ids = tokio::spawn(async move {
        let entries = client.entries(LogsRequest::new());
        let ids = entries.map_ok(|entry| entry.id().map(str::to_owned));
        ids.try_collect::<Vec<_>>().await
    });
    let ids = ids.await.expect("no panic").expect("events");
    assert_eq!(ids, [Some("e1".to_owned())]);
}
