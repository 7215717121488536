//! What follow and backfill are told alike, and how it is checked.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, atomic::AtomicU32},
    time::SystemTime,
};

use super::{
    CollectError,
    clock::ServerClock,
    progress::ProgressWriter,
    source::{FallbackClock, Source},
    stop::Stop,
};
use crate::{endpoint::LogsRequest, error::InvalidConfig, service::AuditLogs};

/// Slack's reference: at most 9999 events a page. Large pages cost the fewest calls.
const PAGE_SIZE: u32 = 9_999;

/// 2018-03-01T00:00:00Z. Slack's reference: nothing exists before March 2018; asking for it may be
/// refused (`invalid_range`).
pub(crate) const FIRST_DAY: i64 = 1_519_862_400;

/// The settings that every collector has.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) filters: LogsRequest,
    pub(crate) page_size: u32,
    pub(crate) allow_changed_filters: bool,
    pub(crate) fallback: Option<FallbackClock>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            filters: LogsRequest::new(),
            page_size: PAGE_SIZE,
            allow_changed_filters: false,
            fallback: None,
        }
    }
}

impl Config {
    pub(crate) fn set_fallback(&mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) {
        self.fallback = Some(Arc::new(clock));
    }

    pub(crate) fn check(&self) -> Result<(), CollectError> {
        use crate::endpoint::Endpoint;

        if let Some(name) = self.filters.position_parameters().next() {
            return Err(invalid(format!(
                "filters: {name} is the collector's own to set; use since, until and page_size"
            )));
        }
        let request = self.filters.clone().limit(self.page_size);
        match request.into_request() {
            Ok(_) => Ok(()),
            Err(error) => Err(invalid(format!("filters: {error}"))),
        }
    }

    pub(crate) fn source<S>(
        &self,
        audit_logs: AuditLogs<S>,
        progress: &Arc<ProgressWriter>,
        once: bool,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Source<S> {
        Source {
            audit_logs: Arc::new(Mutex::new(audit_logs)),
            filters: self.filters.clone(),
            page_size: self.page_size,
            limit: Arc::new(AtomicU32::new(self.page_size)),
            clock: Arc::new(Mutex::new(ServerClock::default())),
            fallback: self.fallback.clone(),
            progress: Arc::clone(progress),
            once,
            stop: Stop::new(stop),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("filters", &self.filters)
            .field("page_size", &self.page_size)
            .field("allow_changed_filters", &self.allow_changed_filters)
            .field("fallback", &self.fallback.is_some())
            .finish()
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> CollectError {
    CollectError::Config(InvalidConfig::new(message))
}

/// The setters that every collector's builder has.
macro_rules! common_setters {
    () => {
        /// Only these events: actions, actor and entity of a request. Bounds, page size and cursor
        /// are the collector's own.
        ///
        /// The state remembers the filters; other filters on an old state are refused.
        pub fn filters(mut self, filters: LogsRequest) -> Self {
            self.config.filters = filters;
            self
        }

        /// How many events a page should hold, 1 to 9999; 9999 by default.
        ///
        /// About five pages are in memory at once. When a page is larger than the client's limit
        /// for bodies, smaller ones are asked for.
        pub fn page_size(mut self, page_size: u32) -> Self {
            self.config.page_size = page_size;
            self
        }

        /// Takes a state that was written with other filters. The new ones hold from the mark on;
        /// what they would have added before it is not fetched.
        pub fn allow_changed_filters(mut self) -> Self {
            self.config.allow_changed_filters = true;
            self
        }

        /// A clock to use if the replies have no `Date`, which is an error otherwise.
        /// `SystemTime::now` does, if this machine's time is kept right: a clock that is ahead of
        /// Slack's by more than the overlap passes events over until the next deep scan.
        pub fn fallback_clock(
            mut self,
            clock: impl Fn() -> std::time::SystemTime + Send + Sync + 'static,
        ) -> Self {
            self.config.set_fallback(clock);
            self
        }
    };
}
pub(crate) use common_setters;
