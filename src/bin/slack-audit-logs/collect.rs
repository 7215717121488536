//! `follow` and `backfill`: every event exactly once, oldest first, by the library's collector.

use std::{
    error::Error as StdError,
    future::Future,
    io,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use jiff::Timestamp;
use slack_audit_logs::{
    UnixSeconds,
    collect::{
        Backfill, Batch, BatchSink, CollectError, FileSink, Follow, Progress as Collected,
        ProgressReader, RedbStore, SinkPosition, WriterSink,
    },
};
use tokio::{
    io::Stdout,
    time::{Instant, MissedTickBehavior, interval},
};
use tower::BoxError;

use crate::{
    args::{self, Filters, Global},
    client::{self, Connection},
    exit::{self, Exit, Outcome},
    filter::{Origin, Selection, Wanted},
    format,
    progress::{Progress, Screen, State},
    signals::Interrupted,
    time,
};

/// The collector's own deep scan: every hour, a day back.
const DEEP_SCAN_EVERY: Duration = Duration::from_secs(3_600);
const DEEP_SCAN_REACH: Duration = Duration::from_secs(86_400);

pub(crate) async fn follow(
    global: &Global,
    args: &args::Follow,
    screen: &Screen,
    interrupted: Interrupted,
) -> Outcome {
    let token = client::required_token(global)?;
    let connection = client::connect(global, Some(&token))?;
    let selection = select(&args.filters, &connection, screen).await?;
    let shares_terminal = format::shares_terminal(args.output.as_deref());
    let bar = screen.progress(shares_terminal, &connection.waits);
    let mut builder = Follow::builder(
        connection.client.into_service(),
        RedbStore::new(&args.state),
        Sink::new(args.output.as_deref(), selection.wanted),
    )
    .filters(selection.request)
    .page_size(args.page_size)
    .interval(args.interval)
    .overlap(args.overlap)
    // A deep scan reaches at least as far as the rounds do.
    .deep_scan(DEEP_SCAN_EVERY, DEEP_SCAN_REACH.max(args.overlap));
    if let Some(since) = &args.since {
        builder = builder.since(since);
    }
    let follow = builder.build()?;
    let run = Run {
        reader: follow.progress(),
        bar,
        range: None,
        interrupted,
        quiet: global.quiet,
    };
    let stop = run.interrupted.clone().wait();
    if args.once {
        run.finish(Box::pin(follow.run_once_until(stop))).await
    } else {
        run.finish(Box::pin(follow.run_until(stop))).await
    }
}

pub(crate) async fn backfill(
    global: &Global,
    args: &args::Backfill,
    screen: &Screen,
    interrupted: Interrupted,
) -> Outcome {
    let token = client::required_token(global)?;
    let connection = client::connect(global, Some(&token))?;
    let selection = select(&args.filters, &connection, screen).await?;
    let bar = screen.progress(false, &connection.waits);
    let state = args.state.clone().unwrap_or_else(|| state_of(&args.output));
    let mut builder = Backfill::builder(
        connection.client.into_service(),
        RedbStore::new(state),
        Sink::new(Some(&args.output), selection.wanted),
        args.since.clone(),
    )
    .filters(selection.request)
    .page_size(args.page_size)
    .jobs(args.jobs.into());
    if let Some(until) = &args.until {
        builder = builder.until(until);
    }
    let backfill = builder.build()?;
    let until = args.until.as_ref().map_or_else(
        || Timestamp::now().as_second(),
        |until| UnixSeconds::from(until).0,
    );
    let run = Run {
        reader: backfill.progress(),
        bar,
        range: Some((UnixSeconds::from(&args.since).0, until)),
        interrupted,
        quiet: global.quiet,
    };
    let stop = run.interrupted.clone().wait();
    run.finish(backfill.run_until(stop)).await
}

/// The events that are wanted, and a word on what is matched here.
async fn select(
    filters: &Filters,
    connection: &Connection,
    screen: &Screen,
) -> Result<Selection, Exit> {
    let selection = filters
        .select(Origin::Collector(&connection.client))
        .await?;
    for note in &selection.notes {
        screen.note(note);
    }
    Ok(selection)
}

/// Beside the output, so that both are kept or deleted together.
fn state_of(output: &Path) -> PathBuf {
    let mut state = output.as_os_str().to_owned();
    state.push(".state");
    state.into()
}

/// A collector while it runs.
struct Run {
    reader: ProgressReader,
    bar: Progress,
    /// Where a backfill begins and ends.
    range: Option<(i64, i64)>,
    interrupted: Interrupted,
    quiet: bool,
}

impl Run {
    async fn finish(
        mut self,
        collector: impl Future<Output = Result<Collected, CollectError>>,
    ) -> Outcome {
        /// How often the bar is looked after.
        const TICK: Duration = Duration::from_millis(200);
        let mut collector = pin!(collector);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let collected = loop {
            tokio::select! {
                collected = &mut collector => break collected?,
                _ = ticks.tick(), if self.bar.is_shown() => self.show(),
            }
        };
        let words = in_words(&collected);
        if self.interrupted.is_set() {
            return Err(self.interrupted.orderly(format!(
                "interrupted after {words}; all of it is committed, and the next start goes on \
                 from there"
            )));
        }
        if !self.quiet {
            eprintln!("done: {words}");
        }
        Ok(())
    }

    fn show(&mut self) {
        let Self {
            reader, bar, range, ..
        } = self;
        bar.show(|| {
            let collected = reader.get();
            State {
                entries: collected.events,
                mark: collected.mark,
                range: *range,
                note: note(&collected).map(Into::into),
            }
        });
    }
}

/// What a person should know while it runs.
fn note(collected: &Collected) -> Option<String> {
    let outage = collected.outage.as_ref()?;
    let wait = outage
        .next_attempt
        .saturating_duration_since(Instant::now());
    Some(format!(
        "Slack cannot be read for {} s, next attempt in {} s",
        outage.since.elapsed().as_secs(),
        wait.as_secs()
    ))
}

fn in_words(collected: &Collected) -> String {
    let late = match collected.late {
        0 => String::new(),
        late => format!(" ({late} of them late)"),
    };
    let mark = collected.mark.map_or_else(String::new, |mark| {
        format!(", up to {} UTC", time::display(mark))
    });
    format!(
        "{} events{late} in {} requests{mark}",
        collected.events, collected.requests
    )
}

/// File or standard output, for the events that are wanted.
struct Sink {
    to: To,
    wanted: Wanted,
}

enum To {
    File(FileSink),
    Stdout(WriterSink<Stdout>),
}

impl Sink {
    fn new(output: Option<&Path>, wanted: Wanted) -> Self {
        Self {
            to: match output {
                Some(path) => To::File(FileSink::new(path)),
                None => To::Stdout(WriterSink::stdout()),
            },
            wanted,
        }
    }
}

impl BatchSink for Sink {
    async fn open(
        &mut self,
        committed: Option<SinkPosition>,
    ) -> Result<Option<SinkPosition>, BoxError> {
        match &mut self.to {
            To::File(sink) => sink.open(committed).await,
            To::Stdout(sink) => sink.open(committed).await,
        }
    }

    async fn deliver(&mut self, mut batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        batch.retain(|entry| self.wanted.keeps(entry));
        match &mut self.to {
            To::File(sink) => sink.deliver(batch).await,
            To::Stdout(sink) => sink.deliver(batch).await,
        }
    }
}

impl From<CollectError> for Exit {
    fn from(error: CollectError) -> Self {
        let words = exit::with_causes(&error, "\n  because: ");
        match &error {
            CollectError::Config(_) => Self::usage(words),
            CollectError::Api(source) => Self::of_api(source, words),
            CollectError::Sink(source) if is_closed_pipe(&**source) => Self::closed_pipe(),
            CollectError::Store(_) | CollectError::Sink(_) | CollectError::OtherState(_) => {
                Self::local_file(words)
            }
            _ => Self::network(words),
        }
    }
}

/// Whether the reader of standard output has gone.
fn is_closed_pipe(error: &(dyn StdError + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
