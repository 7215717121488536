//! Events on their way to `logs` and `stats`: from Slack or from files, filtered, counted, until
//! there are enough or somebody interrupts.

mod files;

use std::{path::Path, sync::Arc};

use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, stream::BoxStream};
use jiff::Timestamp;
use slack_audit_logs::model::RawEntry;

use self::files::Tally;
use crate::{
    args::{Events, Global},
    client::{self, Connection, Waits},
    exit::{Exit, Outcome},
    filter::{Origin, Reshaped, Wanted},
    progress::{BarState, Progress, Screen},
    signals::Interrupted,
};

/// What becomes of the events.
pub(crate) trait Consumer {
    fn event(&mut self, entry: &RawEntry) -> Outcome;

    /// Lets the reader have what there is, while more is waited for.
    fn flush(&mut self) -> Outcome {
        Ok(())
    }

    /// Where the results are while they are not whole.
    fn unfinished(&self) -> Option<&Path> {
        None
    }
}

pub(crate) struct Source {
    entries: BoxStream<'static, Result<RawEntry, Exit>>,
    wanted: Wanted,
    max: u64,
    waits: Waits,
    /// From the newest second to the oldest, if both are known.
    range: Option<(i64, i64)>,
    tally: Option<Arc<Tally>>,
    /// The filters that Slack was sent.
    asked: String,
}

impl Source {
    /// Opens Slack or the files. What is wrong with options is said before anything is sent.
    pub(crate) async fn open(
        global: &Global,
        args: &Events,
        max: Option<u64>,
        screen: &Screen,
    ) -> Result<Self, Exit> {
        if args.from.is_empty() {
            return Self::of_slack(global, args, max, screen).await;
        }
        let range = args.range.seconds()?;
        let inputs = files::expand(global, &args.from, range.0.unwrap_or(0), screen)?;
        let (_, wanted) = args.filters.select(Origin::Files, screen).await?;
        let (entries, tally) = files::read(inputs);
        Ok(Self {
            entries: entries.boxed(),
            wanted: wanted.within(range),
            max: max.unwrap_or(u64::MAX),
            waits: Waits::default(),
            range: None,
            tally: Some(tally),
            asked: String::new(),
        })
    }

    async fn of_slack(
        global: &Global,
        args: &Events,
        max: Option<u64>,
        screen: &Screen,
    ) -> Result<Self, Exit> {
        let token = client::required_token(global)?;
        let Connection { client, waits } = client::connect(global, Some(&token))?;
        let (mut since, until) = args.range.seconds()?;
        let now = || Timestamp::now().as_second();
        if since.is_none() && max.is_none() {
            // The last day of a range without a beginning.
            since = Some((until.unwrap_or_else(now) - 86_400).max(0));
            screen.note("no --since: this is the last day; --since 30d, for one, shows more");
        }
        let filters = &args.filters;
        let (mut request, wanted) = filters.select(Origin::Slack(&client), screen).await?;
        if let Some(since) = since {
            request = request.oldest(since);
        }
        if let Some(until) = until {
            request = request.latest(until);
        }
        // No more than is wanted, unless some of it will be left out.
        let most = max.filter(|_| wanted.is_everything());
        let most = most.and_then(|max| u32::try_from(max).ok());
        let most = most.map_or(args.page_size, |most| args.page_size.min(most).max(1));
        let mut entries = client.raw_entries(request.limit(most));
        if max.is_some() {
            // A call for more than is wanted would be taken from everybody's rate limit.
            entries = entries.without_fetch_ahead();
        }
        let asked = [
            ("--action", &filters.action),
            ("--actor", &filters.actor),
            ("--entity", &filters.entity),
        ];
        let asked = asked.iter().filter(|(_, values)| !values.is_empty());
        let asked: Vec<&str> = asked.map(|(option, _)| *option).collect();
        Ok(Self {
            entries: entries.map_err(Exit::from).boxed(),
            wanted,
            max: max.unwrap_or(u64::MAX),
            waits,
            range: since.map(|oldest| (until.unwrap_or_else(now), oldest)),
            tally: None,
            asked: asked.join(", "),
        })
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
                let none = format!("none of the {read} events that were read is wanted");
                for words in [none].iter().chain(&self.wanted.why_nothing()) {
                    screen.note(words);
                }
            } else if !self.asked.is_empty() {
                let asked = self.asked;
                screen.note(&format!(
                    "Slack has no event within these times that {asked} asks for"
                ));
            }
        }
        Ok(())
    }
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
        if self.interrupted.is_set() {
            return Err(self.interrupted_here());
        }
        if let Some(entry) = entries.next().now_or_never() {
            return entry.transpose();
        }
        // While the next page is on its way, the reader has what there is.
        self.consumer.flush()?;
        loop {
            tokio::select! {
                entry = entries.next() => return entry.transpose(),
                () = self.interrupted.clone().wait() => return Err(self.interrupted_here()),
                () = self.progress.due() => self.show(),
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
        self.progress.show(|| BarState {
            entries,
            last,
            range,
            note: None,
        });
    }
}
