//! `follow` and `backfill`: every event exactly once, oldest first, by the library's collector.

use std::{
    future::Future,
    io::{self, IsTerminal},
    path::{Path, is_separator},
    pin::pin,
    sync::Arc,
};

use jiff::Timestamp;
use slack_audit_logs::{
    LogsRequest,
    collect::{
        Backfill, CollectError, Follow, Progress as Collected, ProgressReader,
        destination::{Archive, Destination, File, Service},
    },
};
use tokio::time::Instant;
use tracing::Level;

use crate::{
    archive,
    args::{self, Filters, Global, Rotate, Rotation},
    client::{self, Connection},
    exit::{self, Exit, Outcome},
    filter::{Origin, Wanted},
    live, metrics,
    output::with_suffix,
    progress::{BarState, Progress, Screen},
    signals::Interrupted,
    time::{self, Time},
    trace,
};

pub(crate) async fn follow(
    global: &Global,
    args: &args::Follow,
    screen: &Screen,
    interrupted: Interrupted,
) -> Outcome {
    let (connection, request, wanted) = connect(global, &args.filters, screen).await?;
    let to_stdout = args.output.is_none();
    let shares_terminal = to_stdout && io::stdout().is_terminal();
    let bar = screen.progress(shares_terminal, &connection.waits);
    let destination = if let Some(output) = &args.output {
        to(global, output, args.state.as_deref(), &args.rotation)?
    } else {
        let service = live::service(args, Arc::clone(&wanted))?;
        match &args.state {
            Some(state) => Box::new(Service::new(service, state)) as Box<dyn Destination>,
            None => Box::new(Service::in_memory(service)),
        }
    };
    let kept = Arc::clone(&wanted);
    let mut builder = Follow::builder(connection.client.into_service(), destination)
        .filters(request)
        .keep(args.filters.name(), move |entry| {
            if to_stdout {
                kept.shows(entry)
            } else {
                kept.keeps(entry)
            }
        })
        .page_size(args.page_size)
        .tiers(args.tiers.0.iter().copied());
    if let Some(since) = &args.since {
        builder = builder.since(since.seconds());
    }
    let follow = builder.build()?;
    if let Some(address) = args.metrics_listen {
        let address = metrics::serve(address, follow.progress()).await?;
        screen.note(&format!("metrics are at http://{address}/metrics"));
    }
    let run = Run {
        reader: follow.progress(),
        wanted,
        bar,
        range: None,
        interrupted,
        screen: screen.clone(),
        is_kept: args.output.is_some() || args.state.is_some(),
    };
    let shutdown = run.interrupted.clone().wait();
    if args.once {
        run.finish(follow.run_once_until(shutdown)).await
    } else {
        run.finish(follow.run_until(shutdown)).await
    }
}

pub(crate) async fn backfill(
    global: &Global,
    args: &args::Backfill,
    screen: &Screen,
    interrupted: Interrupted,
) -> Outcome {
    let (connection, request, wanted) = connect(global, &args.filters, screen).await?;
    let kept = Arc::clone(&wanted);
    let bar = screen.progress(false, &connection.waits);
    let destination = to(global, &args.output, args.state.as_deref(), &args.rotation)?;
    let mut builder = Backfill::builder(connection.client.into_service(), destination)
        .since(args.since.seconds())
        .filters(request)
        .keep(args.filters.name(), move |entry| kept.keeps(entry))
        .page_size(args.page_size);
    let until = args.until.as_ref().map(Time::seconds);
    if let Some(until) = until {
        builder = builder.until(until);
    }
    let backfill = builder.build()?;
    let until = until.unwrap_or_else(|| Timestamp::now().as_second());
    let run = Run {
        reader: backfill.progress(),
        wanted,
        bar,
        range: Some((args.since.seconds(), until)),
        interrupted,
        screen: screen.clone(),
        is_kept: true,
    };
    let shutdown = run.interrupted.clone().wait();
    run.finish(backfill.run_until(shutdown)).await
}

/// The file or the archive that an output names.
fn to(
    global: &Global,
    output: &Path,
    state: Option<&Path>,
    rotation: &Rotation,
) -> Result<Box<dyn Destination>, Exit> {
    let archive = archive::at_url(global, output)?.or_else(|| {
        let is_directory = output.as_os_str().to_string_lossy().ends_with(is_separator);
        is_directory.then(|| Archive::directory(output))
    });
    let Some(archive) = archive else {
        return Ok(Box::new(file(output, state, rotation)));
    };
    if state.is_some() {
        return Err(Exit::usage(
            "an archive is its own state: leave --state out",
        ));
    }
    if rotation.rotate.is_some() || rotation.compress.is_some() {
        return Err(Exit::usage(
            "--rotate and --compress are for one growing file: an archive begins a new object \
             every minute and compresses each",
        ));
    }
    Ok(Box::new(archive))
}

/// The file that is written to, which rotates on SIGHUP, too.
fn file(output: &Path, state: Option<&Path>, rotation: &Rotation) -> File {
    // Beside the output, so that both are kept or deleted together.
    let state = state.map_or_else(|| with_suffix(output, ".state"), Path::to_owned);
    let mut file = File::new(output, state);
    file = match rotation.rotate {
        Some(Rotate::Daily) => file.rotate_daily(),
        Some(Rotate::Hourly) => file.rotate_hourly(),
        Some(Rotate::Bytes(bytes)) => file.rotate_at(bytes),
        None => file,
    };
    if rotation.compress.is_some() {
        file = file.compress();
    }
    #[cfg(unix)]
    if let Ok(mut hangup) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        let handle = file.rotate_handle();
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                handle.rotate();
            }
        });
    }
    file
}

/// Slack, what to ask it for, and which of that is wanted, with a word on what is matched here.
async fn connect(
    global: &Global,
    filters: &Filters,
    screen: &Screen,
) -> Result<(Connection, LogsRequest, Arc<Wanted>), Exit> {
    let token = client::required_token(global)?;
    let connection = client::connect(global, Some(&token))?;
    let origin = Origin::Collector(&connection.client);
    let (request, wanted) = filters.select(origin, screen).await?;
    Ok((connection, request, Arc::new(wanted)))
}

struct Run {
    reader: ProgressReader,
    wanted: Arc<Wanted>,
    bar: Progress,
    /// Where a backfill begins and ends.
    range: Option<(i64, i64)>,
    interrupted: Interrupted,
    screen: Screen,
    /// How far it is outlives the process.
    is_kept: bool,
}

impl Run {
    async fn finish(
        mut self,
        collector: impl Future<Output = Result<Collected, CollectError>>,
    ) -> Outcome {
        let mut collector = pin!(collector);
        let collected = loop {
            tokio::select! {
                collected = &mut collector => break collected?,
                () = self.bar.due() => self.bar.show(|| state(&self.reader.get(), self.range)),
            }
        };
        if let Some(failures) = self.wanted.failures() {
            trace::say(Level::WARN, &failures);
        }
        let words = in_words(&collected);
        if self.interrupted.is_set() {
            let kept = "; all of it is committed, and the next start goes on from there";
            let kept = if self.is_kept { kept } else { "" };
            let words = format!("interrupted after {words}{kept}");
            return Err(self.interrupted.orderly(words));
        }
        self.screen.note(&format!("done: {words}"));
        Ok(())
    }
}

fn state(collected: &Collected, range: Option<(i64, i64)>) -> BarState {
    let note = collected.outage.as_ref().map(|outage| {
        let wait = outage
            .next_attempt
            .saturating_duration_since(Instant::now());
        let (error, since) = (&outage.error, outage.since.elapsed().as_secs());
        format!(
            "{error}, for {since} s; next attempt in {} s",
            wait.as_secs()
        )
    });
    BarState {
        entries: collected.events,
        last: collected.watermark,
        range,
        note,
    }
}

fn in_words(collected: &Collected) -> String {
    let (events, requests) = (collected.events, collected.requests);
    let late = match collected.late_events() {
        0 => String::new(),
        late => format!(" ({late} of them late)"),
    };
    let up_to = collected.watermark.map(time::display);
    let up_to = up_to.map_or_else(String::new, |time| format!(", up to {time} UTC"));
    let settled = collected.settled.map(time::display).map_or_else(String::new, |time| {
        format!(
            "; what happened up to {time} UTC is complete, later events may still appear: run it \
             again to bring them"
        )
    });
    format!("{events} events{late} in {requests} requests{up_to}{settled}")
}

impl From<CollectError> for Exit {
    fn from(error: CollectError) -> Self {
        let words = exit::with_causes(&error, error.to_string());
        match &error {
            CollectError::Config(_) => Self::usage(words),
            CollectError::Api(source) => Self::of_api(source, words),
            CollectError::EventTooLarge { .. }
            | CollectError::Destination(_)
            | CollectError::OtherState(_) => Self::local_file(words),
            _ => Self::network(words),
        }
    }
}
