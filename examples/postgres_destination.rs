//! Every event exactly once into PostgreSQL: events, their ids and the checkpoint in one
//! transaction.
//!
//! Any number of collectors may run on one database. One works, the others stand by: it holds a
//! lease that every commit renews. The lease only saves work. What keeps every event once is the
//! **epoch**: whoever takes over raises it, and each commit begins by looking that it is still the
//! own one. A writer that was frozen for an hour wakes up, commits nothing, and stands by.
//!
//! `DATABASE_URL=postgresql:///audit cargo run --features collect --example postgres_destination`
//! follows Slack with the token in `SLACK_ORG_ADMIN_USER_TOKEN` until Ctrl-C. Without a token it
//! takes the embedded API's events, for some seconds; without a database it says what to set.

use std::{
    collections::HashMap,
    env,
    error::Error,
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt, future::BoxFuture};
use slack_audit_logs::{
    AuditLogsClient,
    collect::{
        EntryId, Follow,
        destination::{Checkpoint, Commit, Destination, DestinationError},
    },
    fake::FakeApi,
};
use tokio_postgres::{Client, Config, NoTls, Transaction};

/// The tables. Run it once, as a role that may create them.
///
/// An event is `text`, so that its exact bytes are kept and none is ever refused: `jsonb` drops
/// repeated keys and takes no `\u0000`. Query it with `event::json -> 'actor'`.
const SCHEMA: &str = "
    SELECT pg_advisory_xact_lock(73796); -- `IF NOT EXISTS` alone fails where two start at once
    CREATE TABLE IF NOT EXISTS audit_events (
        id          bytea PRIMARY KEY,  -- of `EntryId`, 16 bytes
        date_create bigint,             -- Unix seconds
        action      text,
        is_late     boolean NOT NULL,
        event       text NOT NULL
    );
    CREATE TABLE IF NOT EXISTS audit_ids (
        id   bytea PRIMARY KEY,
        time bigint NOT NULL
    );
    CREATE INDEX IF NOT EXISTS audit_ids_time ON audit_ids (time);
    CREATE TABLE IF NOT EXISTS audit_collector (
        is_only    boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        epoch      bigint NOT NULL,
        held_until timestamptz NOT NULL,
        checkpoint bytea
    );
";

/// Takes the next epoch, unless another collector's lease runs. The row's lock puts this before or
/// after any commit.
const TAKE_OVER: &str = "
    INSERT INTO audit_collector AS it (epoch, held_until)
    VALUES (1, now() + $1::bigint * interval '1 ms')
    ON CONFLICT (is_only) DO UPDATE
    SET epoch = it.epoch + 1, held_until = excluded.held_until
    WHERE it.held_until < now()
    RETURNING epoch, checkpoint";

/// First in every commit: it locks the row, so nobody takes over before the commit has ended.
const CHECKPOINT: &str = "
    UPDATE audit_collector
    SET checkpoint = $1, held_until = now() + $2::bigint * interval '1 ms'
    WHERE epoch = $3";

// A commit whose response was lost is made again: neither of these doubles anything.
const EVENTS: &str = "
    INSERT INTO audit_events
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::boolean[], $5::text[])
    ON CONFLICT (id) DO NOTHING";
const IDS: &str = "
    INSERT INTO audit_ids SELECT * FROM unnest($1::bytea[], $2::bigint[])
    ON CONFLICT (id) DO UPDATE SET time = greatest(audit_ids.time, excluded.time)";
const FORGET: &str = "DELETE FROM audit_ids WHERE time < $1";

const KNOWN: &str = "SELECT id, time FROM audit_ids WHERE id = ANY($1)";
const RELEASE: &str = "UPDATE audit_collector SET held_until = '-infinity' WHERE epoch = $1";

/// How often a collector that stands by looks.
const LOOK: Duration = Duration::from_secs(1);
/// No statement takes longer, so that a database that does not respond is an outage.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// A [`Destination`] on PostgreSQL.
struct Postgres {
    config: Config,
    /// A collector that dies is followed after as long. One that is quiet commits every 30 s.
    lease: Duration,
    client: Option<Client>,
    epoch: i64,
}

impl Postgres {
    fn new(config: Config, lease: Duration) -> Self {
        Self {
            config,
            lease,
            client: None,
            epoch: 0,
        }
    }

    /// The connection; a new one if the last has ended.
    async fn client(&mut self) -> Result<&mut Client, tokio_postgres::Error> {
        self.client.take_if(|client| client.is_closed());
        match &mut self.client {
            Some(client) => Ok(client),
            empty => Ok(empty.insert(connect(&self.config, self.lease).await?)),
        }
    }

    fn lease_ms(&self) -> i64 {
        i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX)
    }

    async fn take_over(&mut self) -> Result<Option<Checkpoint>, DestinationError> {
        let lease = self.lease_ms();
        let mut stands_by = false;
        loop {
            let client = self.client().await.map_err(of_database)?;
            let row = client.query_opt(TAKE_OVER, &[&lease]).await;
            if let Some(row) = row.map_err(of_database)? {
                self.epoch = row.get("epoch");
                tracing::info!(epoch = self.epoch, "active");
                let checkpoint: Option<&[u8]> = row.get("checkpoint");
                return checkpoint.map(Checkpoint::from_bytes).transpose();
            }
            if !stands_by {
                tracing::info!("another collector is active: standing by");
                stands_by = true;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn write(&mut self, commit: &Commit) -> Result<(), DestinationError> {
        let (epoch, lease) = (self.epoch, self.lease_ms());
        let client = self.client().await.map_err(of_database)?;
        let transaction = client.transaction().await.map_err(of_database)?;
        let checkpoint = commit.checkpoint.to_bytes();
        let updated = transaction
            .execute(CHECKPOINT, &[&checkpoint, &lease, &epoch])
            .await;
        if updated.map_err(of_database)? == 0 {
            return Err(DestinationError::superseded(
                "another collector has taken over this database",
            ));
        }
        insert(&transaction, commit).await.map_err(of_database)?;
        transaction.commit().await.map_err(of_database)
    }
}

impl Destination for Postgres {
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        self.take_over().boxed()
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        async move {
            let keys: Vec<[u8; 16]> = ids.iter().map(|id| key(*id)).collect();
            let client = self.client().await.map_err(of_database)?;
            let rows = client.query(KNOWN, &[&slices(&keys)]).await;
            let rows = rows.map_err(of_database)?;
            let times: HashMap<&[u8], i64> =
                rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            Ok(keys
                .iter()
                .map(|key| times.get(&key[..]).copied())
                .collect())
        }
        .boxed()
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        self.write(commit).boxed()
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        async move {
            let epoch = self.epoch;
            let client = self.client().await.map_err(of_database)?;
            let released = client.execute(RELEASE, &[&epoch]).await;
            released.map(drop).map_err(of_database)
        }
        .boxed()
    }
}

/// The batch and the ids; after the checkpoint and in the same transaction.
async fn insert(to: &Transaction<'_>, commit: &Commit) -> Result<(), tokio_postgres::Error> {
    let events = commit.batch.entries();
    let keys: Vec<[u8; 16]> = events.iter().map(|event| key(event.id)).collect();
    let dates: Vec<Option<i64>> = events.iter().map(|it| it.entry.date_create()).collect();
    let actions: Vec<Option<&str>> = events.iter().map(|it| it.entry.action()).collect();
    let late: Vec<bool> = events.iter().map(|event| event.is_late).collect();
    let texts: Vec<&str> = events.iter().map(|event| event.entry.as_str()).collect();
    to.execute(EVENTS, &[&slices(&keys), &dates, &actions, &late, &texts])
        .await?;

    let keys: Vec<[u8; 16]> = commit.ids.iter().map(|(id, _)| key(*id)).collect();
    let times: Vec<i64> = commit.ids.iter().map(|(_, time)| *time).collect();
    to.execute(IDS, &[&slices(&keys), &times]).await?;
    to.execute(FORGET, &[&commit.checkpoint.floor()]).await?;
    Ok(())
}

fn key(id: EntryId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

fn slices(keys: &[[u8; 16]]) -> Vec<&[u8]> {
    keys.iter().map(|key| &key[..]).collect()
}

/// Connects, with bounds on what a dead or frozen side can hold up.
///
/// Over a network, put a TLS connector from `tokio-postgres-rustls` in the place of `NoTls`.
async fn connect(config: &Config, lease: Duration) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "the connection to the database ended");
        }
    });
    // A writer that is frozen within a transaction would hold the row's lock until it wakes up.
    let settings = format!(
        "SET idle_in_transaction_session_timeout = {}; SET statement_timeout = {};
         SET client_min_messages = warning",
        lease.as_millis(),
        STATEMENT_TIMEOUT.as_millis(),
    );
    client.batch_execute(&settings).await?;
    Ok(client)
}

/// What the operator has to mend ends the collector; started again, it goes on. All else passes.
fn of_database(error: tokio_postgres::Error) -> DestinationError {
    // Invalid password, no such database, no such table or no right to it.
    let is_refusal = error
        .code()
        .is_some_and(|code| ["28", "3D", "42"].contains(&&code.code()[..2]));
    if is_refusal {
        DestinationError::refused("the database refuses: check its URL, its tables and grants")
    } else {
        DestinationError::outage("the database did not do it")
    }
    .with_source(error)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))
        .init();
    let Ok(database) = env::var("DATABASE_URL") else {
        println!("set DATABASE_URL, for example to postgresql:///audit, and start it again");
        return Ok(());
    };
    let config: Config = database.parse()?;
    let lease = Duration::from_secs(env::var("LEASE").map_or(Ok(60), |text| text.parse())?);

    connect(&config, lease).await?.batch_execute(SCHEMA).await?;
    let is_demo = env::var_os(AuditLogsClient::TOKEN_VARIABLE).is_none();
    let client = if is_demo { demo()? } else { client()? };
    let follow = Follow::builder(client.into_service(), Postgres::new(config, lease))
        .since(SystemTime::now() - Duration::from_secs(2 * 86_400))
        .build()?;
    let end = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = tokio::time::sleep(Duration::from_secs(5)), if is_demo => {}
        }
    };
    let done = follow.run_until(end).await?;
    println!("{} events in {} commits", done.events, done.commits);
    Ok(())
}

/// A client of Slack, or of what `BASE_URL` names.
fn client() -> Result<AuditLogsClient, Box<dyn Error>> {
    let client = AuditLogsClient::builder().token(env::var(AuditLogsClient::TOKEN_VARIABLE)?);
    Ok(match env::var("BASE_URL") {
        Ok(url) => client.base_url(url).rate_limit(None).build()?,
        Err(_) => client.build()?,
    })
}

/// A client of the embedded API, where events keep arriving.
fn demo() -> Result<AuditLogsClient, Box<dyn Error>> {
    eprintln!("*** no token is set: everything below is made up by the embedded API ***\n");
    let api = FakeApi::builder()
        .entries(5_000)
        .arrivals(120.0, 0.1, Duration::from_secs(2))
        .build();
    let client = AuditLogsClient::builder().token(FakeApi::TOKEN);
    Ok(client.transport(api).build()?)
}
