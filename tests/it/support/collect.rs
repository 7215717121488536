//! What trials of the collector share: the embedded API as a transport, destinations to look into,
//! and ways to make things fail.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use slack_audit_logs::{
    AuditLogs, AuditLogsLayer, Body, Token,
    collect::{
        EntryId,
        destination::{Checkpoint, Commit, Destination, DestinationError},
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

/// The host's time where the API's is true.
pub fn host_of(api: &FakeApi) -> impl Fn() -> std::time::SystemTime + Send + Sync + 'static {
    let api = api.clone();
    move || {
        let now = u64::try_from(api.now_unix()).expect("after 1970");
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(now)
    }
}

/// The ids in a file of ndjson, in order. A line that is no whole event is a failure.
pub fn ids_in(path: impl AsRef<Path>) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the output");
    ids_of(&text)
}

pub fn ids_of(text: &str) -> Vec<String> {
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

/// A destination in memory, transactional as a database is; clones are the same. It forgets what it
/// may at once.
#[derive(Clone, Default)]
pub struct Journal {
    inner: Arc<Mutex<Inner>>,
    hook: Option<Hook>,
    pub flush_interval: std::time::Duration,
    pub cut_every: Option<std::time::Duration>,
}

#[derive(Default)]
struct Inner {
    checkpoint: Option<Vec<u8>>,
    ids: HashMap<EntryId, i64>,
    lines: Vec<Line>,
    last: Vec<EntryId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub date: i64,
    pub late: bool,
}

/// Is told each moment; an `Err` fails the operation, which is what a crash looks like from within.
pub type Hook = Arc<dyn Fn(Moment) -> Result<(), DestinationError> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before(&'static str),
    After(&'static str),
}

impl Journal {
    pub fn with_hook(
        &self,
        hook: impl Fn(Moment) -> Result<(), DestinationError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            hook: Some(Arc::new(hook)),
            ..self.clone()
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lines(&self) -> Vec<Line> {
        self.inner().lines.clone()
    }

    pub fn ids(&self) -> Vec<String> {
        self.lines().into_iter().map(|line| line.id).collect()
    }

    pub fn checkpoint(&self) -> Option<Checkpoint> {
        let bytes = self.inner().checkpoint.clone()?;
        Some(Checkpoint::from_bytes(&bytes).expect("whole"))
    }

    fn moment(&self, moment: Moment) -> Result<(), DestinationError> {
        self.hook.as_ref().map_or(Ok(()), |hook| hook(moment))
    }

    fn take(&self, commit: &Commit) {
        let mut inner = self.inner();
        let floor = commit.checkpoint.floor();
        let ids: Vec<EntryId> = commit.batch.entries().iter().map(|it| it.id).collect();
        let repeated = !ids.is_empty() && inner.last == ids;
        for entry in commit.batch.entries() {
            // The same commit again, as its success was not heard of.
            if repeated {
                break;
            }
            inner.lines.push(Line {
                id: entry.entry.id().unwrap_or("none").to_owned(),
                date: entry.entry.date_create().unwrap_or(0),
                late: entry.is_late,
            });
        }
        inner.ids.extend(commit.ids.iter().copied());
        inner.ids.retain(|_, time| *time >= floor);
        inner.checkpoint = Some(commit.checkpoint.to_bytes());
        inner.last = ids;
    }
}

impl Destination for Journal {
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        async {
            self.moment(Moment::Before("open"))?;
            let checkpoint = self.checkpoint();
            self.moment(Moment::After("open"))?;
            Ok(checkpoint)
        }
        .boxed()
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        async {
            self.moment(Moment::Before("known"))?;
            let known = {
                let inner = self.inner();
                ids.iter().map(|id| inner.ids.get(id).copied()).collect()
            };
            self.moment(Moment::After("known"))?;
            Ok(known)
        }
        .boxed()
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        async {
            self.moment(Moment::Before("commit"))?;
            self.take(commit);
            self.moment(Moment::After("commit"))
        }
        .boxed()
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        async { self.moment(Moment::Before("close")) }.boxed()
    }

    fn flush_interval(&self) -> std::time::Duration {
        self.flush_interval
    }

    fn cut_every(&self) -> Option<std::time::Duration> {
        self.cut_every
    }
}
