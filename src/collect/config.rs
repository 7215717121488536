//! What follow and backfill are told alike, and how it is checked.

use std::{fmt, sync::Arc, time::SystemTime};

use super::{CollectError, EntryId};
use crate::{endpoint::LogsRequest, error::InvalidConfig, model::RawEntry};

/// Slack's reference: at most 9999 events a page. Large pages cost the fewest calls.
const PAGE_SIZE: u32 = 9_999;

/// 2018-03-01T00:00:00Z. Slack's reference: nothing exists before March 2018; asking for it may be
/// refused (`invalid_range`).
pub(crate) const FIRST_DAY: i64 = 1_519_862_400;

/// The host's clock.
pub(crate) type HostClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;
/// Which events are delivered.
pub(crate) type Keep = Arc<dyn Fn(&RawEntry) -> bool + Send + Sync>;

/// The settings that every collector has.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) filters: LogsRequest,
    pub(crate) keep: Option<(String, Keep)>,
    pub(crate) page_size: u32,
    pub(crate) allow_changed_filters: bool,
    pub(crate) host_clock: HostClock,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            filters: LogsRequest::new(),
            keep: None,
            page_size: PAGE_SIZE,
            allow_changed_filters: false,
            host_clock: Arc::new(SystemTime::now),
        }
    }
}

impl Config {
    pub(crate) fn check(&self) -> Result<(), CollectError> {
        use crate::endpoint::Endpoint;

        if let Some(name) = self.filters.position_parameters().next() {
            return Err(invalid(format!(
                "filters: {name} is the collector's own to set; use since, until and page_size"
            )));
        }
        let request = self.filters.clone().limit(self.page_size);
        let checked = request.into_request().map(drop);
        checked.map_err(|error| invalid(format!("filters: {error}")))
    }

    /// The filters as the checkpoint keeps them: a hash, as they may name persons.
    pub(crate) fn fingerprint(&self) -> String {
        let mut filters = self.filters.canonical_filters();
        if let Some((name, _)) = &self.keep {
            filters.push('\n');
            filters.push_str(name);
        }
        EntryId::hash(b"filters:", filters.as_bytes()).to_string()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("filters", &self.filters)
            .field("keep", &self.keep.as_ref().map(|(name, _)| name))
            .field("page_size", &self.page_size)
            .field("allow_changed_filters", &self.allow_changed_filters)
            .finish_non_exhaustive()
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
        /// The checkpoint remembers the filters; other ones on an old checkpoint are refused.
        pub fn filters(mut self, filters: LogsRequest) -> Self {
            self.config.filters = filters;
            self
        }

        /// Only events that `keep` says yes to, of those that Slack sends. The others count as
        /// read.
        ///
        /// `name` tells this filter from another: it is part of what the checkpoint remembers.
        pub fn keep(
            mut self,
            name: impl Into<String>,
            keep: impl Fn(&crate::model::RawEntry) -> bool + Send + Sync + 'static,
        ) -> Self {
            self.config.keep = Some((name.into(), std::sync::Arc::new(keep)));
            self
        }

        /// How many events a page should hold, 1 to 9999; 9999 by default.
        ///
        /// Up to ten pages are in memory at once. When a page is larger than the client's limit
        /// for bodies, or slower than its timeout, smaller ones are asked for.
        pub fn page_size(mut self, page_size: u32) -> Self {
            self.config.page_size = page_size;
            self
        }

        /// Takes a checkpoint that was written with other filters. The new ones hold from the
        /// watermark on; what they would have added before it is not fetched.
        pub fn allow_changed_filters(mut self) -> Self {
            self.config.allow_changed_filters = true;
            self
        }

        /// The host's clock, `SystemTime::now` by default; another one is of use in tests.
        ///
        /// Ranges are read up to the server's time, and never to more than ten minutes beyond this
        /// clock: a wrong `Date` can not make the collector pass over what has not happened yet.
        pub fn host_clock(
            mut self,
            clock: impl Fn() -> std::time::SystemTime + Send + Sync + 'static,
        ) -> Self {
            self.config.host_clock = std::sync::Arc::new(clock);
            self
        }
    };
}
pub(crate) use common_setters;
