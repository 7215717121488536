//! Events on their way to `logs` and `stats`: from Slack or from files, filtered, counted, until
//! there are enough or somebody interrupts.

mod files;

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, stream::BoxStream};
use jiff::{Timestamp, ToSpan};
use slack_audit_logs::{UnixSeconds, model::RawEntry};
use tokio::time::{MissedTickBehavior, interval};

use self::files::Tally;
use crate::{
    args::{Events, Global},
    client::{self, Connection, Waits},
    exit::{Exit, Outcome},
    filter::{Origin, Reshaped, Wanted},
    progress::{Progress, Screen, State},
    signals::Interrupted,
    time::Time,
};

/// What becomes of the events.
pub(crate) trait Consumer {
    /// Takes an event.
    fn event(&mut self, entry: &RawEntry) -> Outcome;

    /// Lets the reader have what there is, while more is waited for.
    fn flush(&mut self) -> Outcome {
        Ok(())
    }

    /// Where the results are while they are not whole.
    fn unfinished(&self) -> Option<PathBuf> {
        None
    }
}

/// Events that can be read.
pub(crate) struct Source {
    entries: BoxStream<'static, Result<RawEntry, Exit>>,
    wanted: Wanted,
    max: u64,
    waits: Waits,
    /// From the newest second to the oldest, if both are known.
    range: Option<(i64, i64)>,
    /// What files held beside events.
    tally: Option<Arc<Tally>>,
    /// The filters that Slack was sent.
    asked: Option<String>,
}

impl Source {
    /// Opens Slack or the files. What is wrong with options is said before anything is sent.
    pub(crate) async fn open(
        global: &Global,
        args: &Events,
        max: Option<u64>,
        screen: &Screen,
    ) -> Result<Self, Exit> {
        let mut range = args.range.clone();
        let source = if args.from.is_empty() {
            let token = client::required_token(global)?;
            let connection = client::connect(global, Some(&token))?;
            if range.since.is_none() && max.is_none() {
                range.since = Some(a_day_before(range.until.as_ref()));
                screen.note("no --since: this is the last day; --since 30d, for one, shows more");
            }
            range.check()?;
            let origin = Origin::Slack(&connection.client);
            let selection = args.filters.select(origin).await?.within(&range, origin);
            for note in &selection.notes {
                screen.note(note);
            }
            Self::of_slack(connection, args, selection, max)
        } else {
            range.check()?;
            let since = range
                .since
                .as_ref()
                .map_or(0, |since| UnixSeconds::from(since).0);
            let files = files::expand(global, &args.from, since, screen)?;
            let origin = Origin::Files;
            let selection = args.filters.select(origin).await?.within(&range, origin);
            let (entries, tally) = files::read(files);
            Self {
                entries: entries.boxed(),
                wanted: selection.wanted,
                max: max.unwrap_or(u64::MAX),
                waits: Waits::default(),
                range: None,
                tally: Some(tally),
                asked: None,
            }
        };
        Ok(Self {
            range: source.range.or_else(|| {
                let UnixSeconds(oldest) = range.since.as_ref()?.into();
                let newest = range.until.as_ref().map_or_else(
                    || Timestamp::now().as_second(),
                    |until| UnixSeconds::from(until).0,
                );
                args.from.is_empty().then_some((newest, oldest))
            }),
            ..source
        })
    }

    fn of_slack(
        connection: Connection,
        args: &Events,
        selection: crate::filter::Selection,
        max: Option<u64>,
    ) -> Self {
        // No more than is wanted, unless some of it will be left out.
        let most = match max {
            Some(max) if selection.wanted.is_everything() => max,
            _ => u64::MAX,
        };
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let request = selection.request.limit(args.page_size.min(most).max(1));
        let mut entries = connection.client.raw_entries(request);
        if max.is_some() {
            // A call for more than is wanted would be taken from everybody's rate limit.
            entries = entries.without_fetch_ahead();
        }
        let filters = &args.filters;
        let asked: Vec<&str> = [
            ("--action", &filters.action),
            ("--actor", &filters.actor),
            ("--entity", &filters.entity),
        ]
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(option, _)| option)
        .collect();
        Self {
            entries: entries.map_err(Exit::from).boxed(),
            wanted: selection.wanted,
            max: max.unwrap_or(u64::MAX),
            waits: connection.waits,
            range: None,
            tally: None,
            asked: (!asked.is_empty()).then(|| asked.join(", ")),
        }
    }

    /// Reads the events to their end, or until there are enough.
    pub(crate) async fn read<C: Consumer>(
        self,
        consumer: &mut C,
        beside_results: bool,
        screen: &Screen,
        interrupted: Interrupted,
    ) -> Outcome {
        let mut reading = Reading {
            consumer,
            progress: screen.progress(beside_results, &self.waits),
            interrupted,
            read: 0,
            taken: 0,
            last: None,
            range: self.range,
        };
        let mut failed: Option<(u64, &str)> = None;
        let mut entries = self.entries;
        while reading.taken < self.max {
            let Some(entry) = reading.next(&mut entries).await? else {
                break;
            };
            reading.read += 1;
            reading.last = entry.date_create().or(reading.last);
            if self.wanted.matches(&entry) {
                match self.wanted.reshape(&entry)? {
                    Reshaped::Same => reading.take(&entry)?,
                    Reshaped::Others(others) => {
                        for other in others {
                            reading.take(&other)?;
                        }
                    }
                    Reshaped::Failed(what) => failed.get_or_insert((0, what)).0 += 1,
                }
            }
            reading.show();
        }
        let (read, taken) = (reading.read, reading.taken);
        if let Some((count, what)) = failed {
            screen.note(&format!(
                "--jq failed for {count} of {read} events, which are left out; the first: {what}"
            ));
        }
        if let Some(tally) = &self.tally {
            tally.tell(screen);
        }
        if taken == 0 && self.max > 0 {
            if read > 0 {
                screen.note(&format!(
                    "none of the {read} events that were read is wanted"
                ));
                for why in self.wanted.why_nothing() {
                    screen.note(&why);
                }
            } else if let Some(asked) = &self.asked {
                screen.note(&format!(
                    "Slack has no event within these times that {asked} asks for"
                ));
            }
        }
        Ok(())
    }
}

/// The last day of a range without a beginning.
fn a_day_before(until: Option<&Time>) -> Time {
    until.map_or_else(|| Time::ago(24.hours()), Time::day_before)
}

struct Reading<'a, C> {
    consumer: &'a mut C,
    progress: Progress,
    interrupted: Interrupted,
    read: u64,
    taken: u64,
    last: Option<i64>,
    range: Option<(i64, i64)>,
}

impl<C: Consumer> Reading<'_, C> {
    fn take(&mut self, entry: &RawEntry) -> Outcome {
        self.taken += 1;
        self.consumer.event(entry)
    }

    async fn next(
        &mut self,
        entries: &mut (impl Stream<Item = Result<RawEntry, Exit>> + Unpin),
    ) -> Result<Option<RawEntry>, Exit> {
        /// How often the bar is looked after while nothing comes.
        const TICK: Duration = Duration::from_millis(200);
        if self.interrupted.is_set() {
            return Err(self.interrupted_here());
        }
        if let Some(entry) = entries.next().now_or_never() {
            return entry.transpose();
        }
        // While the next page is on its way, the reader has what there is.
        self.consumer.flush()?;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                entry = entries.next() => return entry.transpose(),
                () = self.interrupted.clone().wait() => return Err(self.interrupted_here()),
                _ = ticks.tick(), if self.progress.is_shown() => self.show(),
            }
        }
    }

    fn interrupted_here(&self) -> Exit {
        let unfinished = self.consumer.unfinished();
        let place = unfinished.map_or_else(String::new, |path| format!(", in {}", path.display()));
        Exit::interrupted(format!("interrupted after {} events{place}", self.taken))
    }

    fn show(&mut self) {
        let (entries, last, range) = (self.taken, self.last, self.range);
        self.progress.show(|| State {
            entries,
            last,
            range,
            note: None,
        });
    }
}
