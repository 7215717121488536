//! `Progress`: how far a collector is, readable while it runs.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

/// How far a collector is, as of one moment. Times are the server's, in Unix seconds; counts are
/// since the start of this run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Everything up to this second has been handed on, but for what became visible later; `None`
    /// before the first window.
    pub mark: Option<i64>,
    /// How far back the deep scan looks that is running, and how far it is; `None` while none is.
    pub deep_scan: Option<(i64, i64)>,
    /// Events that were handed on and acknowledged, late ones included.
    pub events: u64,
    /// Events among them that only a deep scan found.
    pub late: u64,
    /// Events that were read again and dropped: the overlap's, mostly.
    pub duplicates: u64,
    /// Events among those handed on whose id or date could not be read. They are handed on by their
    /// bytes.
    pub drifted: u64,
    /// Batches that were handed on.
    pub batches: u64,
    /// Windows that were read to their end.
    pub windows: u64,
    /// Requests that were sent, repetitions by the retry layer included.
    pub requests: u64,
    /// Windows that were read again because Slack rejected their cursor, or a page was too large.
    pub restarts: u64,
    /// The most entries that were held at once.
    pub peak_entries: usize,
    /// What keeps Slack from being read, while it does.
    pub outage: Option<Outage>,
    server_time: Option<(i64, Instant)>,
}

/// A time in which Slack cannot be read. The collector waits and tries again, for as long as it
/// takes.
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

impl Progress {
    /// The server's time in Unix seconds, as far as it is known.
    pub fn server_time(&self) -> Option<i64> {
        let (seconds, at) = self.server_time?;
        let passed = i64::try_from(at.elapsed().as_secs()).unwrap_or(i64::MAX);
        Some(seconds.saturating_add(passed))
    }

    /// How far the mark is behind the server's time.
    pub fn lag(&self) -> Option<Duration> {
        let behind = self.server_time()?.saturating_sub(self.mark?);
        Some(Duration::from_secs(u64::try_from(behind).unwrap_or(0)))
    }
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
#[derive(Debug)]
pub(crate) struct ProgressWriter {
    sender: watch::Sender<Progress>,
}

impl ProgressWriter {
    pub(crate) fn new() -> Self {
        Self {
            sender: watch::Sender::new(Progress::default()),
        }
    }

    pub(crate) fn reader(&self) -> ProgressReader {
        ProgressReader {
            receiver: self.sender.subscribe(),
        }
    }

    pub(crate) fn get(&self) -> Progress {
        self.sender.borrow().clone()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Progress)) {
        self.sender.send_modify(change);
    }

    pub(crate) fn server_time(&self, seconds: Option<i64>) {
        if let Some(seconds) = seconds {
            self.update(|progress| progress.server_time = Some((seconds, Instant::now())));
        }
    }

    /// Notes a failed call and tells whether it is the first of its outage.
    pub(crate) fn failed(&self, error: String, wait: Duration) {
        let now = Instant::now();
        self.update(|progress| {
            let outage = progress.outage.get_or_insert(Outage {
                since: now,
                failures: 0,
                error: String::new(),
                next_attempt: now,
            });
            outage.failures = outage.failures.saturating_add(1);
            outage.error = error;
            outage.next_attempt = now.checked_add(wait).unwrap_or(now);
        });
    }
}
