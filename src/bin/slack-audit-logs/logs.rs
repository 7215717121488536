//! `logs`: events, newest first, in the format that is wanted.

use std::{collections::HashSet, time::Duration};

use futures_util::{FutureExt, Stream, StreamExt};
use jiff::Timestamp;
use slack_audit_logs::{Error, LogsRequest, UnixSeconds, model::RawEntry};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    args::{Filters, Global, Logs},
    client,
    exit::{Exit, Outcome},
    format::{self, Entries},
    output::Output,
    progress::{Progress, Screen, State},
    signals::Interrupted,
};

impl Filters {
    /// The request that asks for them; what is to be left out is left out here, as the API cannot.
    pub(crate) fn request(&self) -> LogsRequest {
        let mut request = LogsRequest::new();
        if !self.action.is_empty() {
            request = request.actions(&self.action);
        }
        if let Some(actor) = &self.actor {
            request = request.actor(actor);
        }
        if let Some(entity) = &self.entity {
            request = request.entity(entity);
        }
        request
    }

    /// What is left out here, in a word that tells it from other such filters.
    pub(crate) fn here(&self) -> String {
        let mut excluded = self.exclude_action.clone();
        excluded.sort_unstable();
        format!("exclude-action={}", excluded.join(","))
    }

    /// Tells which entries are wanted of those that come.
    pub(crate) fn wanted(&self) -> impl Fn(&RawEntry) -> bool + Send + Sync + 'static {
        let excluded: HashSet<String> = self.exclude_action.iter().cloned().collect();
        move |entry| {
            excluded.is_empty()
                || entry
                    .action()
                    .is_none_or(|action| !excluded.contains(action))
        }
    }
}

impl Logs {
    fn request(&self) -> LogsRequest {
        let mut request = self.filters.request();
        if let Some(since) = self.since {
            request = request.oldest(since);
        }
        if let Some(until) = self.until {
            request = request.latest(until);
        }
        // No more than is wanted, unless some of it will be left out.
        let wanted = match self.max {
            Some(max) if self.filters.exclude_action.is_empty() => max,
            _ => u64::MAX,
        };
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        request.limit(self.page_size.min(wanted).max(1))
    }

    /// From the newest second to the oldest, if there is an oldest.
    fn range(&self) -> Option<(i64, i64)> {
        let UnixSeconds(oldest) = self.since?.into();
        let newest = self.until.map_or_else(
            || Timestamp::now().as_second(),
            |until| UnixSeconds::from(until).0,
        );
        Some((newest, oldest))
    }
}

pub(crate) async fn run(
    global: &Global,
    args: &Logs,
    screen: &Screen,
    interrupted: Interrupted,
) -> Outcome {
    let token = client::required_token(global)?;
    let connection = client::connect(global, Some(&token))?;
    let output = Output::open(args.output.as_deref())?;
    let format = args.format.unwrap_or_else(|| format::default_for(&output));
    let mut entries = connection.client.raw_entries(args.request());
    if args.max.is_some() {
        // A call for more than is wanted would be taken from everybody's rate limit.
        entries = entries.without_fetch_ahead();
    }
    let wanted = args.filters.wanted();
    let mut reading = Reading {
        writer: Entries::new(format, output),
        progress: screen.progress(
            format::shares_terminal(args.output.as_deref()),
            &connection.waits,
        ),
        interrupted,
        written: 0,
        mark: None,
        range: args.range(),
    };
    match reading
        .read(entries, wanted, args.max.unwrap_or(u64::MAX))
        .await
    {
        Ok(()) => reading.writer.finish(),
        Err(exit) => {
            // What came is worth having; that more is missing is what the error says.
            reading.writer.break_off()?;
            Err(exit)
        }
    }
}

struct Reading {
    writer: Entries,
    progress: Progress,
    interrupted: Interrupted,
    written: u64,
    mark: Option<i64>,
    range: Option<(i64, i64)>,
}

impl Reading {
    async fn read(
        &mut self,
        mut entries: impl Stream<Item = Result<RawEntry, Error>> + Unpin,
        wanted: impl Fn(&RawEntry) -> bool,
        max: u64,
    ) -> Outcome {
        self.writer.begin()?;
        while self.written < max {
            let Some(entry) = self.next(&mut entries).await? else {
                break;
            };
            self.mark = entry.date_create().or(self.mark);
            if wanted(&entry) {
                self.writer.entry(&entry)?;
                self.written += 1;
            }
            self.show();
        }
        Ok(())
    }

    async fn next(
        &mut self,
        entries: &mut (impl Stream<Item = Result<RawEntry, Error>> + Unpin),
    ) -> Result<Option<RawEntry>, Exit> {
        /// How often the bar is looked after while nothing comes.
        const TICK: Duration = Duration::from_millis(200);
        if self.interrupted.is_set() {
            return Err(self.interrupted_here());
        }
        if let Some(entry) = entries.next().now_or_never() {
            return Ok(entry.transpose()?);
        }
        // While the next page is on its way, the reader has what there is.
        self.writer.flush()?;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                entry = entries.next() => return Ok(entry.transpose()?),
                () = self.interrupted.clone().wait() => return Err(self.interrupted_here()),
                _ = ticks.tick(), if self.progress.is_shown() => self.show(),
            }
        }
    }

    fn interrupted_here(&self) -> Exit {
        let unfinished = self.writer.unfinished();
        let place = unfinished.map_or_else(String::new, |path| format!(", in {}", path.display()));
        Exit::interrupted(format!("interrupted after {} events{place}", self.written))
    }

    fn show(&mut self) {
        let (entries, mark, range) = (self.written, self.mark, self.range);
        self.progress.show(|| State {
            entries,
            mark,
            range,
            note: None,
        });
    }
}
