//! `LogsRequest`: which audit events, and how many at once.

use std::time::{SystemTime, UNIX_EPOCH};

use http::{Method, Request};

use super::{Endpoint, Extra, extra_setters};
use crate::{body::Body, error::InvalidRequest, model::LogsResponse};

/// Slack's reference: at most 9999 events a page.
const MAX_LIMIT: u32 = 9_999;
/// Slack's reference: at most 30 actions in one filter.
const MAX_ACTIONS: usize = 30;

/// Asks `/logs` for a page of audit events, newest first. Every parameter is optional; several are
/// combined with AND.
///
/// ```
/// use slack_audit_logs::LogsRequest;
///
/// let request = LogsRequest::new()
///     .action("user_login")
///     .actor("W123AB456")
///     .oldest(1_700_000_000)
///     .limit(100);
/// ```
///
/// Values are checked before anything is sent: `limit` is 1 to 9999, there are at most 30 actions,
/// and `oldest` is not after `latest`.
#[derive(Clone, Default, PartialEq)]
#[must_use = "requests do nothing until they are sent"]
pub struct LogsRequest {
    pub(super) extra: Extra,
    latest: Option<UnixSeconds>,
    oldest: Option<UnixSeconds>,
    limit: Option<u32>,
    actions: Vec<String>,
    actor: Option<String>,
    entity: Option<String>,
    cursor: Option<String>,
}

impl LogsRequest {
    /// A request for the newest events, without filters.
    pub fn new() -> Self {
        Self::default()
    }

    /// The newest event to include, inclusive: Unix seconds, a `SystemTime`, or with
    /// the features `jiff` and `chrono` their times, cut to whole seconds.
    pub fn latest(mut self, latest: impl Into<UnixSeconds>) -> Self {
        self.latest = Some(latest.into());
        self
    }

    /// The oldest event to include, inclusive: Unix seconds, a `SystemTime`, or with the features
    /// `jiff` and `chrono` their times, cut to whole seconds. Nothing exists from before March
    /// 2018.
    pub fn oldest(mut self, oldest: impl Into<UnixSeconds>) -> Self {
        self.oldest = Some(oldest.into());
        self
    }

    /// How many events a page should hold, 1 to 9999. Slack takes it optimistically: a page may
    /// hold more or fewer.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Adds an action to the filter: events of any of the added actions are returned, 30 at most.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.actions.push(action.into());
        self
    }

    /// Adds several actions to the filter.
    pub fn actions<I>(mut self, actions: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// Only events of this user: a user ID, `USLACKSECURITY`, or `USLACKUSER` for events that no
    /// user caused.
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Only events that act upon this object: its ID.
    pub fn entity(mut self, entity: impl Into<String>) -> Self {
        self.entity = Some(entity.into());
        self
    }

    /// The next page: the last page's [`next_cursor`](crate::model::LogsResponse::next_cursor).
    ///
    /// A cursor remembers a position, not the filters: repeat every other parameter. The streams of
    /// this crate do.
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }

    /// The newest event to include, if set.
    pub fn get_latest(&self) -> Option<UnixSeconds> {
        self.latest
    }

    /// The oldest event to include, if set.
    pub fn get_oldest(&self) -> Option<UnixSeconds> {
        self.oldest
    }

    /// How many events a page should hold, if set.
    pub fn get_limit(&self) -> Option<u32> {
        self.limit
    }

    /// The actions of the filter.
    pub fn get_actions(&self) -> &[String] {
        &self.actions
    }

    /// The user of the filter, if set.
    pub fn get_actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    /// The object of the filter, if set.
    pub fn get_entity(&self) -> Option<&str> {
        self.entity.as_deref()
    }

    /// The cursor that is sent, if set: an extra parameter of this name wins.
    pub fn get_cursor(&self) -> Option<&str> {
        let extra = self.extra.query.get("cursor");
        extra.or(self.cursor.as_deref())
    }

    /// Goes on to another page.
    pub(crate) fn set_cursor(&mut self, cursor: &str) {
        if self.extra.query.get("cursor").is_some() {
            self.extra.query.set("cursor".to_owned(), cursor.to_owned());
        }
        self.cursor = Some(cursor.to_owned());
    }

    /// Which of the parameters that a collector sets itself are set already.
    #[cfg(feature = "collect")]
    pub(crate) fn position_parameters(&self) -> impl Iterator<Item = &'static str> + '_ {
        let extra = |name| self.extra.query.get(name).is_some();
        let parameters = [
            ("latest", self.latest.is_some() || extra("latest")),
            ("oldest", self.oldest.is_some() || extra("oldest")),
            ("limit", self.limit.is_some() || extra("limit")),
            ("cursor", self.cursor.is_some() || extra("cursor")),
        ];
        let set = parameters.into_iter().filter(|(_, set)| *set);
        set.map(|(name, _)| name)
    }

    /// Everything that says which events are meant, the same for filters that mean the same: for
    /// telling whether they have changed.
    #[cfg(feature = "collect")]
    pub(crate) fn canonical_filters(&self) -> String {
        let mut actions: Vec<_> = self.action_names().map(str::trim).collect();
        actions.sort_unstable();
        actions.dedup();
        let actions = actions.join(",");
        let filters = [
            ("action", Some(&*actions)),
            ("actor", self.get_actor()),
            ("entity", self.get_entity()),
        ];
        let filters = filters.into_iter().filter_map(|(name, value)| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(format!("{name}={value:?}"))
        });
        let extra = &self.extra.query;
        let pair = |key| Some(format!("+{key:?}={:?}", extra.get(key)?));
        let mut extra: Vec<_> = extra.keys().filter_map(pair).collect();
        extra.sort_unstable();
        filters.chain(extra).collect::<Vec<_>>().join("\n")
    }

    /// The names of the filter, of which one setting may hold several.
    fn action_names(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().flat_map(|names| names.split(','))
    }

    fn check(&self) -> Result<(), InvalidRequest> {
        let invalid = |problem: String| Err(InvalidRequest::new(problem));
        if let Some(limit) = self.limit
            && !(1..=MAX_LIMIT).contains(&limit)
        {
            return invalid(format!("limit: {limit} is not between 1 and {MAX_LIMIT}"));
        }
        for (name, at) in [("latest", self.latest), ("oldest", self.oldest)] {
            if let Some(UnixSeconds(at)) = at
                && at < 0
            {
                return invalid(format!("{name}: {at} is before 1970"));
            }
        }
        if let (Some(UnixSeconds(oldest)), Some(UnixSeconds(latest))) = (self.oldest, self.latest)
            && oldest > latest
        {
            return invalid(format!("oldest: {oldest} is after latest, {latest}"));
        }
        if self.action_names().count() > MAX_ACTIONS {
            return invalid(format!("action: more than {MAX_ACTIONS} actions"));
        }
        if self.action_names().any(|name| name.trim().is_empty()) {
            return invalid("action: an empty name".to_owned());
        }
        for (name, value) in [("actor", &self.actor), ("entity", &self.entity)] {
            if value.as_ref().is_some_and(|value| value.trim().is_empty()) {
                return invalid(format!("{name}: an empty ID; leave it out to take all"));
            }
        }
        Ok(())
    }
}

impl Endpoint for LogsRequest {
    type Response = LogsResponse;

    fn into_request(self) -> Result<Request<Body>, InvalidRequest> {
        self.check()?;
        let actions = (!self.actions.is_empty()).then(|| self.actions.join(","));
        self.extra
            .into_request(Method::GET, "logs", Body::empty(), |uri| {
                uri.number("latest", self.latest.map(|at| at.0));
                uri.number("oldest", self.oldest.map(|at| at.0));
                uri.number("limit", self.limit.map(Into::into));
                uri.text("action", actions.as_deref());
                uri.text("actor", self.actor.as_deref());
                uri.text("entity", self.entity.as_deref());
                uri.text("cursor", self.cursor.as_deref());
            })
    }
}

extra_setters!(LogsRequest);

/// Shows which parameters are set; the IDs of persons and things are left out.
impl std::fmt::Debug for LogsRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogsRequest")
            .field("latest", &self.latest)
            .field("oldest", &self.oldest)
            .field("limit", &self.limit)
            .field("actions", &self.actions)
            .field("actor", &self.actor.is_some())
            .field("entity", &self.entity.is_some())
            .field("cursor", &self.cursor.is_some())
            .field("extra", &self.extra)
            .finish()
    }
}

/// An instant as the API takes it: whole seconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(pub i64);

impl From<i64> for UnixSeconds {
    fn from(seconds: i64) -> Self {
        Self(seconds)
    }
}

impl From<i32> for UnixSeconds {
    fn from(seconds: i32) -> Self {
        Self(seconds.into())
    }
}

/// Beyond what 63 bits hold, the last second they hold.
impl From<u64> for UnixSeconds {
    fn from(seconds: u64) -> Self {
        Self(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

/// Cuts to the whole second before.
#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for UnixSeconds {
    fn from(time: jiff::Timestamp) -> Self {
        let before = i64::from(time.subsec_nanosecond() < 0);
        Self(time.as_second() - before)
    }
}

#[cfg(feature = "jiff")]
impl From<jiff::Zoned> for UnixSeconds {
    fn from(time: jiff::Zoned) -> Self {
        time.timestamp().into()
    }
}

/// Cuts to the whole second before.
#[cfg(feature = "chrono")]
impl<Z: chrono::TimeZone> From<chrono::DateTime<Z>> for UnixSeconds {
    fn from(time: chrono::DateTime<Z>) -> Self {
        Self(time.timestamp())
    }
}

impl From<u32> for UnixSeconds {
    fn from(seconds: u32) -> Self {
        Self(seconds.into())
    }
}

/// Cuts to the whole second before; beyond what 64 bits hold, the last second they hold.
impl From<SystemTime> for UnixSeconds {
    fn from(time: SystemTime) -> Self {
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => {
                let before = before.duration();
                let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                -whole - i64::from(before.subsec_nanos() > 0)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn uri(request: LogsRequest) -> Result<String, InvalidRequest> {
        Ok(request.into_request()?.uri().to_string())
    }

    #[test]
    fn every_parameter_in_a_stable_order() {
        let request = LogsRequest::new()
            .cursor("dXNlcjo+/=")
            .entity("F1")
            .actor("W1")
            .actions(["user_login", "file_downloaded"])
            .limit(9_999)
            .oldest(SystemTime::UNIX_EPOCH + Duration::from_millis(1_566_215_192_900))
            .latest(1_566_215_193_i64);
        let expected = "/logs?latest=1566215193&oldest=1566215192&limit=9999\
            &action=user_login%2Cfile_downloaded&actor=W1&entity=F1&cursor=dXNlcjo%2B%2F%3D";
        assert_eq!(uri(request).as_deref(), Ok(expected));
        assert_eq!(uri(LogsRequest::new()).as_deref(), Ok("/logs"));
    }

    #[test]
    fn extra_parameters_win() {
        let request = LogsRequest::new().limit(5).query("x", 1).query("limit", 7);
        assert_eq!(uri(request).as_deref(), Ok("/logs?limit=7&x=1"));
    }

    #[test]
    fn wrong_values_are_named() {
        let numbered = |count: u32| LogsRequest::new().actions((0..count).map(|n| n.to_string()));
        let listed = LogsRequest::new().action("x,".repeat(30) + "x");
        for (request, word) in [
            (LogsRequest::new().limit(0), "limit"),
            (LogsRequest::new().limit(10_000), "limit"),
            (LogsRequest::new().oldest(2).latest(1), "oldest"),
            (LogsRequest::new().oldest(-1), "oldest"),
            (numbered(31), "30 actions"),
            (listed, "30 actions"),
            (LogsRequest::new().action("a,,b"), "action"),
            (LogsRequest::new().actor(" "), "actor"),
            (LogsRequest::new().entity(""), "entity"),
        ] {
            let error = uri(request).expect_err(word).to_string();
            assert!(error.contains(word), "{error}");
        }
        assert!(uri(numbered(30).oldest(1).latest(1)).is_ok());
    }

    #[test]
    fn what_was_set_can_be_read_and_compared() {
        let request = || {
            LogsRequest::new()
                .oldest(1_u64)
                .latest(u64::MAX)
                .limit(7)
                .action("user_login")
                .actor("W1")
                .entity("F1")
                .cursor("c")
        };
        let read = request();
        assert_eq!(read.get_oldest(), Some(UnixSeconds(1)));
        assert_eq!(read.get_latest(), Some(UnixSeconds(i64::MAX)));
        assert_eq!(read.get_limit(), Some(7));
        assert_eq!(read.get_actions(), ["user_login"]);
        assert_eq!(read.get_actor(), Some("W1"));
        assert_eq!(read.get_entity(), Some("F1"));
        assert_eq!(read.get_cursor(), Some("c"));
        assert_eq!(read, request());
        for other in [
            request().limit(8),
            request().query("x", 1),
            request().action("user_logout"),
        ] {
            assert_ne!(read, other);
        }
    }

    #[cfg(all(feature = "jiff", feature = "chrono"))]
    #[test]
    fn times_of_other_crates_round_down() {
        for (millis, seconds) in [(1_500, 1), (-1, -1), (-1_000, -1), (0, 0)] {
            let jiff = jiff::Timestamp::from_millisecond(millis).expect("in range");
            assert_eq!(UnixSeconds::from(jiff), UnixSeconds(seconds));
            let chrono = chrono::DateTime::from_timestamp_millis(millis).expect("in range");
            assert_eq!(UnixSeconds::from(chrono), UnixSeconds(seconds));
        }
    }

    #[test]
    fn times_before_1970_round_down() {
        for before in [Duration::from_millis(1), Duration::from_secs(1)] {
            assert_eq!(UnixSeconds::from(UNIX_EPOCH - before), UnixSeconds(-1));
        }
    }

    #[test]
    fn debug_shows_no_ids() {
        let request = LogsRequest::new().actor("W777").cursor("C777");
        let debug = format!("{:?}", request.query("token", "xoxp-777"));
        assert!(!debug.contains("777"), "{debug}");
    }
}
