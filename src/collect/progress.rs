//! `Progress`: how far a collector is, readable while it runs.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::Tier;
use crate::{
    call_record::CallRecord,
    error::{Error, FailureKind},
    layers::RateLimitLayer,
    response::AuditLogsResponse,
};

/// How far a collector is, as of one moment. Times are the server's, in Unix seconds; counts are
/// since the start of this run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Whether the destination is open, so that this collector is the one that writes. While it is
    /// not, and there is no [`outage`](Self::outage), the collector stands by for another one.
    pub is_active: bool,
    /// Everything up to this second has been delivered, but for what becomes visible later; `None`
    /// before the first window.
    pub watermark: Option<i64>,
    /// The range of a first run, of catching up, or of a backfill: the first second that is not
    /// done, and the last of all. `None` while the tiers take turns.
    pub catching_up: Option<(i64, i64)>,
    /// What happened up to this second is complete, late events included; set when a backfill has
    /// ended.
    pub settled: Option<i64>,
    /// Events that were delivered and committed, late ones included.
    pub events: u64,
    /// Events among them that became visible only after younger ones had been delivered, by the
    /// tier that found them, the shortest first.
    pub late: Vec<u64>,
    /// Late events that were older than the reach of the longest tier. It reads ten minutes more
    /// than its reach, so these were delivered; others as late may not have been.
    pub beyond_reach: u64,
    /// Events that were read again and dropped.
    pub duplicates: u64,
    /// Events among those delivered whose id or date could not be read.
    pub drifted: u64,
    /// Commits that were made.
    pub commits: u64,
    /// Windows that were read to their end.
    pub windows: u64,
    /// Requests that were sent, repetitions by the retry layer included.
    pub requests: u64,
    /// The same by how they ended: the response's status (`200`, `429`), or the kind of failure
    /// ([`FailureKind::name`]). Those that a timeout cut off are `timeout`, and those that were
    /// given up at shutdown `cancelled`.
    pub requests_by_code: BTreeMap<String, u64>,
    /// Calls that Slack refused, by [its code](crate::ErrorCode); codes that this crate does not
    /// know are `other`.
    pub refusals_by_code: BTreeMap<String, u64>,
    /// How often requests waited for the [rate limit](RateLimitLayer).
    pub rate_limit_waits: u64,
    /// How long they waited altogether.
    pub rate_limit_waited: Duration,
    /// How often the destination failed; being superseded by another writer is no failure.
    pub destination_errors: u64,
    /// Windows that were read again, because Slack rejected their cursor, a page was too large or
    /// too slow, or pages were empty.
    pub restarts: u64,
    /// The most events that were held at once by one pass.
    pub peak_entries: usize,
    /// The tiers as they are set, the shortest first.
    pub tiers: Vec<Tier>,
    /// How often the tiers run at present, the shortest first: longer than set where the
    /// organization is so busy that they would use too much of the rate limit.
    pub tiers_every: Vec<Duration>,
    /// What keeps Slack from being read, or the destination from taking what was, while it does.
    pub outage: Option<Outage>,
    /// The last failure in words, whether or not it is over.
    pub last_error: Option<String>,
    server_time: Option<(i64, Instant)>,
    recent: VecDeque<(Instant, u64)>,
}

/// A time in which Slack cannot be read, or the destination takes nothing. The collector waits and
/// tries again, for as long as it takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outage {
    /// When it began.
    pub since: Instant,
    /// How many calls have failed since.
    pub failures: u32,
    /// The last failure, in words.
    pub error: String,
    /// When the next call is made.
    pub next_attempt: Instant,
}

/// Over how many minutes the requests are averaged.
const RECENT_MINUTES: usize = 10;

impl Progress {
    /// The server's time in Unix seconds, as far as it is known.
    pub fn server_time(&self) -> Option<i64> {
        let (seconds, at) = self.server_time?;
        let passed = i64::try_from(at.elapsed().as_secs()).unwrap_or(i64::MAX);
        Some(seconds.saturating_add(passed))
    }

    /// How far the watermark is behind the server's time.
    pub fn lag(&self) -> Option<Duration> {
        let behind = self.server_time()?.saturating_sub(self.watermark?);
        Some(Duration::from_secs(u64::try_from(behind).unwrap_or(0)))
    }

    /// How many events were late, over all tiers.
    pub fn late_events(&self) -> u64 {
        self.late.iter().sum()
    }

    /// Requests in each of the last minutes, ten at most, in the mean. Slack allows 50, which all
    /// tools of the organization share.
    pub fn requests_per_minute(&self) -> f64 {
        let span = Duration::from_secs(60 * RECENT_MINUTES as u64);
        let now = Instant::now();
        let age = |at: Instant| now.saturating_duration_since(at);
        let recent = self.recent.iter().filter(|(at, _)| age(*at) < span);
        let sum: u64 = recent.clone().map(|(_, requests)| requests).sum();
        let Some((first, _)) = self.recent.front() else {
            return 0.0;
        };
        let passed = age(*first).clamp(Duration::from_secs(60), span);
        // Far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let sum = sum as f64;
        sum * 60.0 / passed.as_secs_f64()
    }

    /// The share of Slack's rate limit that the last minutes' requests used; 1.0 is all of it.
    pub fn allowance(&self) -> f64 {
        self.requests_per_minute() / f64::from(RateLimitLayer::TIER_3_PER_MINUTE)
    }

    /// Counts the requests of a call; `None` is one that was given up.
    pub(crate) fn sent<T>(
        &mut self,
        record: &CallRecord,
        result: Option<&Result<AuditLogsResponse<T>, Error>>,
    ) {
        let mut ended = 0;
        for (outcome, count) in record.outcomes() {
            let code = match &outcome {
                Ok(status) => status.as_str(),
                Err(kind) => kind.name(),
            };
            add(&mut self.requests_by_code, code, count);
            ended += count;
        }
        let mut requests = record.attempts();
        let cut_off = requests.saturating_sub(ended);
        if cut_off > 0 {
            let code = match result {
                Some(_) => FailureKind::Timeout.name(),
                None => "cancelled",
            };
            add(&mut self.requests_by_code, code, cut_off);
        }
        // A stack that does not count attempts.
        if requests == 0
            && let Some(status) = match result {
                Some(Ok(response)) => Some(response.status()),
                Some(Err(error)) => error.status(),
                None => None,
            }
        {
            add(&mut self.requests_by_code, status.as_str(), 1);
            requests = 1;
        }
        if let Some(Err(error)) = result
            && let Some(code) = error.code()
        {
            // Others are in the hand of whoever sends them.
            let code = code.meaning().map_or("other", |_| code.as_str());
            add(&mut self.refusals_by_code, code, 1);
        }
        let waits = record.waits();
        self.rate_limit_waits += u64::from(waits.count);
        self.rate_limit_waited += waits.time;
        self.requests += u64::from(requests);
        if requests == 0 {
            return;
        }
        let now = Instant::now();
        match self.recent.back_mut() {
            Some((at, sum)) if now.saturating_duration_since(*at) < Duration::from_secs(60) => {
                *sum += u64::from(requests);
            }
            _ => self.recent.push_back((now, requests.into())),
        }
        while self.recent.len() > RECENT_MINUTES {
            self.recent.pop_front();
        }
    }
}

fn add(counts: &mut BTreeMap<String, u64>, code: &str, count: u32) {
    *counts.entry(code.to_owned()).or_default() += u64::from(count);
}

/// Reads a running collector's [`Progress`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ProgressReader {
    receiver: watch::Receiver<Progress>,
}

impl ProgressReader {
    /// How far the collector is now; after its end, how far it came.
    pub fn get(&self) -> Progress {
        self.receiver.borrow().clone()
    }

    /// Waits for a change; `false` once the collector has ended.
    pub async fn changed(&mut self) -> bool {
        self.receiver.changed().await.is_ok()
    }
}

/// The writing end.
#[derive(Debug, Default)]
pub(crate) struct ProgressWriter {
    sender: watch::Sender<Progress>,
}

impl ProgressWriter {
    pub(crate) fn reader(&self) -> ProgressReader {
        ProgressReader {
            receiver: self.sender.subscribe(),
        }
    }

    pub(crate) fn get(&self) -> Progress {
        self.sender.borrow().clone()
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&Progress) -> T) -> T {
        look(&self.sender.borrow())
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Progress)) {
        self.sender.send_modify(change);
    }

    pub(crate) fn server_time(&self, seconds: Option<i64>) {
        if let Some(seconds) = seconds {
            self.update(|progress| progress.server_time = Some((seconds, Instant::now())));
        }
    }

    /// Notes a failure, and when it is tried again.
    pub(crate) fn failed(&self, error: String, wait: Duration) {
        let now = Instant::now();
        self.update(|progress| {
            progress.last_error = Some(error.clone());
            let outage = progress.outage.get_or_insert(Outage {
                since: now,
                failures: 0,
                error: String::new(),
                next_attempt: now,
            });
            outage.failures = outage.failures.saturating_add(1);
            outage.error = error;
            outage.next_attempt = now + wait;
        });
    }

    /// Notes that an outage is over.
    pub(crate) fn works(&self, what: &'static str) {
        let mut over = None;
        self.update(|progress| over = progress.outage.take());
        if let Some(outage) = over {
            tracing::info!(
                failures = outage.failures,
                seconds = outage.since.elapsed().as_secs(),
                "{what} again"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_a_minute_are_a_mean_over_ten_minutes() {
        let mut progress = Progress::default();
        let is = |progress: &Progress, mean: f64| {
            let found = (progress.requests_per_minute(), progress.allowance());
            let is_mean = (found.0 - mean).abs() < 1e-9;
            assert!(is_mean && (found.1 - mean / 50.0).abs() < 1e-9, "{found:?}");
        };
        is(&progress, 0.0);
        progress.recent.push_back((Instant::now(), 30));
        is(&progress, 30.0);
        advance(Duration::from_secs(120)).await;
        is(&progress, 15.0);
        progress.recent.push_back((Instant::now(), 10));
        is(&progress, 20.0);
        advance(Duration::from_secs(479)).await;
        is(&progress, 40.0 * 60.0 / 599.0);
        advance(Duration::from_secs(1)).await;
        is(&progress, 1.0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_s_time_goes_on_between_responses() {
        let progress = Progress {
            server_time: Some((1_000, Instant::now())),
            watermark: Some(990),
            ..Progress::default()
        };
        advance(Duration::from_secs(5)).await;
        assert_eq!(progress.server_time(), Some(1_005));
        assert_eq!(progress.lag(), Some(Duration::from_secs(15)));
        let begun = Progress::default();
        assert_eq!((begun.server_time(), begun.lag()), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_told_until_it_is_over() {
        let (writer, wait) = (ProgressWriter::default(), Duration::from_secs(7));
        let begun = Instant::now();
        writer.failed("first".to_owned(), wait);
        advance(wait).await;
        writer.failed("second".to_owned(), wait);
        let outage = writer.get().outage.expect("an outage");
        assert_eq!((outage.since, outage.failures), (begun, 2));
        assert_eq!(outage.next_attempt, begun + 2 * wait);
        assert_eq!(outage.error, "second");
        writer.works("all");
        assert!(writer.get().outage.is_none());
        assert_eq!(writer.get().last_error.as_deref(), Some("second"));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_counted_by_their_outcome_and_by_the_minute() {
        let mut progress = Progress::default();
        let send = |progress: &mut Progress, attempts, ended| {
            let record = CallRecord::new();
            (0..attempts).for_each(|_| _ = record.begin_attempt());
            (0..ended).for_each(|_| record.add_outcome(Ok(http::StatusCode::OK)));
            progress.sent::<()>(&record, None);
        };
        let minutes = |progress: &Progress| -> Vec<u64> {
            let minutes = progress.recent.iter();
            minutes.map(|(_, requests)| *requests).collect()
        };
        send(&mut progress, 2, 2);
        advance(Duration::from_millis(59_999)).await;
        send(&mut progress, 3, 3);
        send(&mut progress, 0, 0);
        assert_eq!(minutes(&progress), [5]);
        let codes = [("200".to_owned(), 5)];
        assert_eq!(progress.requests_by_code, BTreeMap::from(codes));
        advance(Duration::from_millis(1)).await;
        send(&mut progress, 4, 1);
        assert_eq!(minutes(&progress), [5, 4]);
        let codes = [("200".to_owned(), 6), ("cancelled".to_owned(), 3)];
        assert_eq!(progress.requests_by_code, BTreeMap::from(codes));
        assert_eq!(progress.requests, 9);
        for _ in 0..8 {
            advance(Duration::from_secs(60)).await;
            send(&mut progress, 1, 1);
        }
        assert_eq!(minutes(&progress), [5, 4, 1, 1, 1, 1, 1, 1, 1, 1]);
        advance(Duration::from_secs(600)).await;
        send(&mut progress, 1, 1);
        assert_eq!(minutes(&progress), [4, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    }
}
