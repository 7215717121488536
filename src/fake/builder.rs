//! How an embedded API is set up.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use super::{
    Config, FakeApi, FakeState, Shared,
    clock::Clock,
    event::Event,
    faults::FaultLog,
    limiter::{Limiter, TIER_3},
    script::Script,
    store::{Arrivals, Store, milliseconds},
};

/// Sets up a [`FakeApi`]; made by [`FakeApi::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct FakeApiBuilder {
    entries: u32,
    start: Option<i64>,
    span: Duration,
    events: Vec<Event>,
    dates: Vec<i64>,
    arrivals: Option<Arrivals>,
    rate_limit: Option<(u32, u32)>,
    optimistic: bool,
    config: Config,
}

impl Default for FakeApiBuilder {
    fn default() -> Self {
        Self {
            entries: 5_000,
            start: None,
            span: Duration::from_secs(30 * 86_400),
            events: Vec::new(),
            dates: Vec::new(),
            arrivals: None,
            rate_limit: Some(TIER_3),
            optimistic: true,
            config: Config {
                token: FakeApi::TOKEN.to_owned(),
                latency: Duration::ZERO,
                default_limit: 100,
                gzip: true,
                idle_timeout: None,
                seed: 42,
            },
        }
    }
}

impl FakeApiBuilder {
    /// How many events the history holds at the start; 5,000 by default, 10 million at most.
    pub fn entries(mut self, entries: u32) -> Self {
        self.entries = entries;
        self
    }

    /// What the data, the arrivals and the chances of
    /// [`sometimes`](super::ScriptedResponse::sometimes) depend on; 42 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// The API's time when it is built, in Unix seconds; the system's time by default. From then on
    /// it runs with tokio's clock, so a paused test moves it.
    pub fn start_time(mut self, unix_seconds: i64) -> Self {
        self.start = Some(unix_seconds);
        self
    }

    /// How far back the history goes; 30 days by default.
    pub fn span(mut self, span: Duration) -> Self {
        self.span = span;
        self
    }

    /// Adds an event of your own.
    pub fn event(mut self, event: impl Into<Event>) -> Self {
        self.events.push(event.into());
        self
    }

    /// Adds events of your own.
    pub fn events<E: Into<Event>>(mut self, events: impl IntoIterator<Item = E>) -> Self {
        self.events.extend(events.into_iter().map(Into::into));
        self
    }

    /// Adds a made event for each of these times (Unix seconds), beside those of
    /// [`entries`](Self::entries).
    pub fn dates(mut self, dates: impl IntoIterator<Item = i64>) -> Self {
        self.dates.extend(dates);
        self
    }

    /// Lets this many events a minute arrive while the API runs. This share of them (0.0 to 1.0)
    /// becomes visible late, by up to `max_late`.
    pub fn arrivals(mut self, per_minute: f64, late_share: f64, max_late: Duration) -> Self {
        self.arrivals = Some(Arrivals {
            per_minute,
            late_share,
            max_late,
        });
        self
    }

    /// The token that `/logs` wants; [`FakeApi::TOKEN`] by default.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.config.token = token.into();
        self
    }

    /// Allows this many calls a minute and this many at once; 50 and 5 by default, as Slack's Tier
    /// 3.
    pub fn rate_limit(mut self, per_minute: u32, burst: u32) -> Self {
        self.rate_limit = Some((per_minute, burst));
        self
    }

    /// Allows any number of calls.
    pub fn without_rate_limit(mut self) -> Self {
        self.rate_limit = None;
        self
    }

    /// How long every response takes, by tokio's clock; nothing by default.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.config.latency = latency;
        self
    }

    /// How many events a page holds when no `limit` is sent; 100 by default. Slack documents none.
    pub fn default_limit(mut self, limit: usize) -> Self {
        self.config.default_limit = limit.max(1);
        self
    }

    /// Lets every page hold exactly `limit` events as long as there are as many. Without this a
    /// page is sometimes a little shorter, or longer where several events share the last second, as
    /// Slack allows itself.
    pub fn exact_pages(mut self) -> Self {
        self.optimistic = false;
        self
    }

    /// Whether bodies are compressed for clients that accept gzip; true by default.
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.config.gzip = gzip;
        self
    }

    /// Closes connections without a response for this long, half a request
    /// included, without a word in advance; never by default.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.config.idle_timeout = Some(timeout);
        self
    }

    /// Builds the API. Nothing listens yet: use it as a service, or [`serve`](FakeApi::serve) it.
    pub fn build(self) -> FakeApi {
        let seed = self.config.seed;
        let start_ms = match self.start {
            Some(seconds) => seconds.saturating_mul(1000),
            None => milliseconds(UNIX_EPOCH.elapsed().unwrap_or_default()),
        };
        let span = i64::try_from(self.span.as_secs()).unwrap_or(i64::MAX);
        let mut store = Store::new(seed, self.arrivals, start_ms, self.optimistic);
        store.fill(self.entries, span, start_ms.div_euclid(1000));
        let mut dates = self.dates;
        // In order, so that each is added at the end; a long list would take long otherwise.
        dates.sort_unstable();
        for date in dates {
            store.add_generated(date, i64::MIN);
        }
        for event in self.events {
            store.push(event, i64::MIN);
        }
        let limiter = self.rate_limit;
        let state = FakeState {
            clock: Clock::new(start_ms),
            store,
            limiter: limiter.map(|(per_minute, burst)| Limiter::new(per_minute, burst)),
            script: Script::new(seed),
            requests: Vec::new(),
            request_count: 0,
            token: self.config.token.clone(),
            connections: 0,
        };
        FakeApi {
            shared: Arc::new(Shared {
                config: self.config,
                state: Mutex::new(state),
                faults: FaultLog::default(),
            }),
        }
    }
}
