//! What trials of the collector share: the embedded API as a transport, outputs to look into, and
//! ways to make things fail.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use slack_audit_logs::{
    AuditLogs, AuditLogsLayer, Body, Token,
    collect::{
        Batch, BatchSink, Checkpoint, CheckpointStore, CollectError, Commit, EntryId, SinkPosition,
        StoreError,
    },
    fake::FakeApi,
    http,
    layers::{AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer},
};
use tower::{BoxError, ServiceBuilder, util::BoxCloneSyncService};

/// 2024-01-01T00:00:00Z: the beginning of most trials.
pub const START: i64 = 1_704_067_200;
const BASE: &str = "https://slack.test/audit/v1/";

pub type Service = BoxCloneSyncService<http::Request<Body>, http::Response<Bytes>, BoxError>;

/// The embedded API below the layers that a call needs.
pub fn audit_logs(api: &FakeApi) -> AuditLogs<Service> {
    audit_logs_with_token(api, FakeApi::TOKEN)
}

pub fn audit_logs_with_token(api: &FakeApi, token: &str) -> AuditLogs<Service> {
    audit_logs_with_limit(api, token, 1 << 30)
}

/// With bodies of so many bytes at most.
pub fn audit_logs_with_limit(api: &FakeApi, token: &str, max_body: usize) -> AuditLogs<Service> {
    let token = Token::new(token).expect("a token");
    let http = ServiceBuilder::new()
        .layer(BaseUrlLayer::new(BASE).expect("a URL"))
        .layer(AuthorizationLayer::new(token, BASE).expect("a URL"))
        .layer(AttemptTraceLayer::new())
        .layer(CollectBodyLayer::new(max_body))
        .service(api.clone());
    ServiceBuilder::new()
        .layer(AuditLogsLayer)
        .service(BoxCloneSyncService::new(http))
}

/// An API whose pages are plain bytes, without a rate limit.
pub fn api() -> slack_audit_logs::fake::FakeApiBuilder {
    FakeApi::builder()
        .gzip(false)
        .without_rate_limit()
        .start_time(START)
}

/// The ids in a file of ndjson, in order. A line that is no whole event is a failure.
pub fn ids_in(path: impl AsRef<Path>) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the output");
    assert!(text.is_empty() || text.ends_with('\n'), "a torn last line");
    text.lines()
        .map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).expect("a whole line");
            entry["id"].as_str().expect("an id").to_owned()
        })
        .collect()
}

/// The ids of everything that the API had made visible by `visible_by`, sorted.
pub fn recorded(api: &FakeApi, visible_by: i64) -> Vec<String> {
    let mut ids: Vec<_> = api
        .record()
        .into_iter()
        .filter(|event| event.visible_at <= visible_by)
        .map(|event| event.id)
        .collect();
    ids.sort_unstable();
    ids
}

pub fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort_unstable();
    ids
}

/// An output in memory that can be cut back, as a file can; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub lines: Arc<Mutex<Vec<Line>>>,
    /// Fails on a batch after so many of its entries.
    pub refuse_after: Arc<Mutex<Option<usize>>>,
    pub batches: Arc<Mutex<Vec<usize>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub date: i64,
    pub late: bool,
}

impl Output {
    pub fn ids(&self) -> Vec<String> {
        self.lines().into_iter().map(|line| line.id).collect()
    }

    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().expect("whole").clone()
    }

    /// How often each id came.
    pub fn counts(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for id in self.ids() {
            *counts.entry(id).or_default() += 1;
        }
        counts
    }
}

impl BatchSink for Output {
    async fn open(
        &mut self,
        committed: Option<SinkPosition>,
    ) -> Result<Option<SinkPosition>, BoxError> {
        let length = committed.map_or(Ok(0), |position| position.as_str().parse())?;
        self.lines.lock().expect("whole").truncate(length);
        Ok(Some(SinkPosition::new(length.to_string())))
    }

    async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        let late = batch.is_late();
        let refuse_after = self.refuse_after.lock().expect("whole").take();
        self.batches.lock().expect("whole").push(batch.len());
        let mut lines = self.lines.lock().expect("whole");
        for (index, entry) in batch.entries().iter().enumerate() {
            if refuse_after == Some(index) {
                return Err("the output is full".into());
            }
            lines.push(Line {
                id: entry.id().unwrap_or("none").to_owned(),
                date: entry.date_create().unwrap_or(0),
                late,
            });
        }
        Ok(Some(SinkPosition::new(lines.len().to_string())))
    }
}

/// Counts the operations on a store and a sink, and calls a hook before and after each.
#[derive(Clone)]
pub struct Counted<T> {
    pub inner: T,
    pub hook: Hook,
}

/// Is told each moment; an `Err` fails the operation, which is what a crash looks like from within.
pub type Hook = Arc<dyn Fn(Moment) -> Result<(), String> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before(&'static str),
    After(&'static str),
}

impl<T> Counted<T> {
    pub fn new(inner: T, hook: Hook) -> Self {
        Self { inner, hook }
    }

    fn store(&self, moment: Moment) -> Result<(), StoreError> {
        (self.hook)(moment).map_err(|why| StoreError::Io {
            path: "hook".into(),
            doing: "used",
            source: why.into(),
        })
    }
}

impl<T: CheckpointStore> CheckpointStore for Counted<T> {
    async fn load(&mut self) -> Result<Option<Checkpoint>, StoreError> {
        self.store(Moment::Before("load"))?;
        let loaded = self.inner.load().await?;
        self.store(Moment::After("load"))?;
        Ok(loaded)
    }

    async fn known(&mut self, ids: Vec<EntryId>) -> Result<Vec<Option<i64>>, StoreError> {
        self.store(Moment::Before("known"))?;
        let known = self.inner.known(ids).await?;
        self.store(Moment::After("known"))?;
        Ok(known)
    }

    async fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.store(Moment::Before("commit"))?;
        self.inner.commit(commit).await?;
        self.store(Moment::After("commit"))
    }
}

impl<T: BatchSink> BatchSink for Counted<T> {
    async fn open(
        &mut self,
        committed: Option<SinkPosition>,
    ) -> Result<Option<SinkPosition>, BoxError> {
        (self.hook)(Moment::Before("open"))?;
        let position = self.inner.open(committed).await?;
        (self.hook)(Moment::After("open"))?;
        Ok(position)
    }

    async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        (self.hook)(Moment::Before("deliver"))?;
        let position = self.inner.deliver(batch).await?;
        (self.hook)(Moment::After("deliver"))?;
        Ok(position)
    }
}

/// The code with which Slack ended a collector.
pub fn code(error: &CollectError) -> Option<&str> {
    error.api()?.code().map(slack_audit_logs::ErrorCode::as_str)
}
