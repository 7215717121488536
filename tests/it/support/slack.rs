//! A judge for collectors: a small Audit Logs API of its own, in memory, that shares no code with
//! the collector or with the embedded API, and knows what must have been delivered.

use std::{
    collections::HashMap,
    fmt::Write as _,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use slack_audit_logs::{AuditLogs, AuditLogsLayer, Body, Failure, http, layers::RateLimitLayer};
use tokio::time::Instant;
use tower::{BoxError, Service, ServiceBuilder};

/// An event, as the judge knows it.
#[derive(Clone, Copy, Debug)]
pub struct Happened {
    pub id: u64,
    pub date: i64,
    pub visible_at: i64,
}

/// How a request is answered, other than with a page.
#[derive(Clone, Debug)]
pub enum Odd {
    /// This status and body.
    Is(u16, String),
    /// No response.
    Lost,
    /// Nothing for so long, then a page.
    Slow(Duration),
}

/// Chooses an odd answer for a request, by its query.
pub type Choose = Arc<dyn Fn(&Query) -> Option<Odd> + Send + Sync>;

#[derive(Clone, Debug)]
pub struct Query {
    pub oldest: i64,
    pub latest: i64,
    pub limit: usize,
    pub position: usize,
    /// In true time.
    pub at: i64,
}

#[derive(Clone)]
pub struct Slack {
    inner: Arc<Mutex<Inner>>,
    begun: Instant,
    start: i64,
    gate: Option<Gate>,
}

/// What a call waits for before it is sent and after it is answered.
pub type Gate = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

struct Inner {
    /// By date; of one date the earlier visible first.
    events: Vec<Happened>,
    /// What its time is ahead of its beginning and the time since.
    jumped: i64,
    /// What `Date` is ahead of the truth, for so many responses.
    skew: Option<(i64, u32)>,
    date: bool,
    choose: Option<Choose>,
    latency: Duration,
    requests: Vec<Query>,
    refuse_future: bool,
}

impl Slack {
    /// Its time begins at `start`.
    pub fn new(start: i64) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                events: Vec::new(),
                jumped: 0,
                skew: None,
                date: true,
                choose: None,
                latency: Duration::from_millis(300),
                requests: Vec::new(),
                refuse_future: false,
            })),
            begun: Instant::now(),
            start,
            gate: None,
        }
    }

    /// The same, but calls wait for something.
    pub fn with_gate(&self, gate: Gate) -> Self {
        Self {
            gate: Some(gate),
            ..self.clone()
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true time.
    pub fn now(&self) -> i64 {
        self.since_jump() + self.inner().jumped
    }

    fn since_jump(&self) -> i64 {
        self.start + i64::try_from(self.begun.elapsed().as_secs()).expect("a time")
    }

    /// Time passes in which every machine is suspended.
    pub fn jump(&self, seconds: i64) {
        self.inner().jumped += seconds;
    }

    /// The true time as a host would have it.
    pub fn system_time(&self) -> std::time::SystemTime {
        std::time::UNIX_EPOCH
            + Duration::from_secs(u64::try_from(self.start).expect("after 1970"))
            + self.begun.elapsed()
    }

    pub fn add(&self, events: impl IntoIterator<Item = Happened>) {
        let mut inner = self.inner();
        let old = inner.events.len();
        inner.events.extend(events);
        let grew = inner.events.len() - old;
        if grew > 50 {
            inner
                .events
                .sort_by_key(|event| (event.date, event.visible_at));
            return;
        }
        for index in old..inner.events.len() {
            let event = inner.events[index];
            let at = inner.events[..index]
                .partition_point(|it| (it.date, it.visible_at) <= (event.date, event.visible_at));
            inner.events[at..=index].rotate_right(1);
        }
    }

    pub fn events(&self) -> Vec<Happened> {
        self.inner().events.clone()
    }

    pub fn requests(&self) -> Vec<Query> {
        self.inner().requests.clone()
    }

    pub fn request_count(&self) -> usize {
        self.inner().requests.len()
    }

    /// The next `responses` have a `Date` that is so much ahead.
    pub fn skew(&self, seconds: i64, responses: u32) {
        self.inner().skew = Some((seconds, responses));
    }

    pub fn without_date(&self, without: bool) {
        self.inner().date = !without;
    }

    pub fn latency(&self, latency: Duration) {
        self.inner().latency = latency;
    }

    pub fn refuse_future(&self, refuse: bool) {
        self.inner().refuse_future = refuse;
    }

    pub fn choose(&self, choose: impl Fn(&Query) -> Option<Odd> + Send + Sync + 'static) {
        self.inner().choose = Some(Arc::new(choose));
    }

    /// The typed service over it, with attempts that time out after a minute.
    pub fn audit_logs(&self) -> AuditLogs<Stack> {
        self.audit_logs_within(RateLimitLayer::per_minute(1_000_000).burst(1_000_000))
    }

    /// The same within a rate limit.
    pub fn audit_logs_within(&self, limit: RateLimitLayer) -> AuditLogs<Stack> {
        let stack = ServiceBuilder::new()
            .layer(limit)
            .layer(slack_audit_logs::layers::AttemptTraceLayer::new())
            .layer(tower::timeout::TimeoutLayer::new(Duration::from_secs(60)))
            .service(self.clone());
        ServiceBuilder::new()
            .layer(AuditLogsLayer)
            .service(tower::util::BoxCloneSyncService::new(
                ServiceBuilder::new().map_err(Failure::from).service(stack),
            ))
    }

    /// Every event that must have come once; `by` in true time, `reach` in seconds.
    pub fn due(&self, since: i64, by: i64, reach: i64) -> Vec<Happened> {
        let events = self.events().into_iter();
        events
            .filter(|event| {
                event.date >= since
                    && event.visible_at <= by
                    && event.visible_at - event.date <= reach
            })
            .collect()
    }

    async fn pass(&self) {
        if let Some(gate) = &self.gate {
            gate().await;
        }
    }

    fn page(&self, query: &Query) -> (u16, String) {
        let inner = self.inner();
        if inner.refuse_future && query.latest > query.at && query.latest < i64::MAX / 2 {
            return (400, r#"{"ok":false,"error":"invalid_range"}"#.to_owned());
        }
        let from = inner.events.partition_point(|it| it.date < query.oldest);
        let to = inner.events.partition_point(|it| it.date <= query.latest);
        let visible = inner.events[from.min(to)..to]
            .iter()
            .rev()
            .filter(|event| event.visible_at <= query.at);
        let mut body = String::from("{\"entries\":[");
        let mut count = 0;
        let mut more = false;
        for event in visible.skip(query.position) {
            if count == query.limit {
                more = true;
                break;
            }
            if count > 0 {
                body.push(',');
            }
            count += 1;
            let Happened { id, date, .. } = event;
            let _ = write!(
                body,
                r#"{{"id":"e{id}","date_create":{date},"action":"user_login"}}"#,
            );
        }
        let cursor = if more {
            (query.position + count).to_string()
        } else {
            String::new()
        };
        let _ = write!(
            body,
            "],\"response_metadata\":{{\"next_cursor\":\"{cursor}\"}}}}"
        );
        (200, body)
    }
}

/// With the crate's own error: a follower over a `BoxError` cannot be spawned.
pub type Stack =
    tower::util::BoxCloneSyncService<http::Request<Body>, http::Response<Bytes>, Failure>;

impl Service<http::Request<Body>> for Slack {
    type Response = http::Response<Bytes>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let slack = self.clone();
        Box::pin(async move {
            let query: HashMap<&str, &str> = request
                .uri()
                .query()
                .unwrap_or_default()
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .collect();
            let number = |name: &str| query.get(name).map(|it| it.parse::<i64>().expect("number"));
            let latency = slack.inner().latency;
            slack.pass().await;
            tokio::time::sleep(latency).await;
            let mut query = Query {
                oldest: number("oldest").unwrap_or(0),
                latest: number("latest").unwrap_or(i64::MAX / 2),
                limit: usize::try_from(number("limit").unwrap_or(100)).expect("positive"),
                position: usize::try_from(number("cursor").unwrap_or(0)).expect("positive"),
                at: slack.now(),
            };
            let choose = {
                let mut inner = slack.inner();
                inner.requests.push(query.clone());
                inner.choose.clone()
            };
            let (status, body) = match choose.and_then(|choose| choose(&query)) {
                None => slack.page(&query),
                Some(Odd::Is(status, body)) => (status, body),
                Some(Odd::Lost) => return Err("the connection was closed".into()),
                Some(Odd::Slow(wait)) => {
                    tokio::time::sleep(wait).await;
                    query.at = slack.now();
                    slack.page(&query)
                }
            };
            slack.pass().await;
            let mut response = http::Response::builder().status(status);
            let mut inner = slack.inner();
            if inner.date {
                let mut now = slack.since_jump() + inner.jumped;
                if let Some((seconds, left)) = inner.skew {
                    // Ahead of the truth, or one second after 1970 began.
                    now = if seconds == i64::MIN {
                        1
                    } else {
                        now + seconds
                    };
                    inner.skew = (left > 1).then_some((seconds, left - 1));
                }
                let now = Duration::from_secs(u64::try_from(now).expect("after 1970"));
                let date = httpdate(std::time::UNIX_EPOCH + now);
                response = response.header("date", date);
            }
            Ok(response.body(Bytes::from(body)).expect("a response"))
        })
    }
}

fn httpdate(time: std::time::SystemTime) -> String {
    let seconds = time
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let time = jiff::Timestamp::from_second(i64::try_from(seconds).expect("a time")).expect("one");
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
