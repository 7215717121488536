//! The command `slack-audit-logs`: audit logs of a Slack Enterprise organization on the command
//! line.

mod archive;
mod args;
mod bounded;
mod catalog;
mod check;
mod client;
mod collect;
mod docs;
mod events;
mod exit;
mod fake;
mod filter;
mod format;
mod live;
mod login;
mod logs;
mod metrics;
mod names;
mod output;
mod progress;
mod signals;
mod stats;
mod text;
mod time;
mod token;
mod trace;

use std::process::ExitCode;

use crate::{
    args::{Args, Command},
    exit::{Exit, Outcome},
    progress::Screen,
};

fn main() -> ExitCode {
    let (args, name) = args::read();
    time::set_zone(args.global.tz.clone());
    let screen = Screen::new(args.global.quiet);
    trace::init(&args.global, &screen);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "{name} begins");
    // Events are personal data: what a collector creates is its owner's alone.
    #[cfg(unix)]
    if let Command::Follow(_) | Command::Backfill(_) = args.command {
        rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    }
    let outcome = run(args, &screen);
    screen.clear();
    exit::report(outcome)
}

fn run(args: Args, screen: &Screen) -> Outcome {
    // A second thread, so that a second Ctrl-C is heard while the first waits for a pipe that
    // nobody reads.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Exit::network(format!("the runtime cannot be started: {error}")))?;
    let outcome = runtime.block_on(async {
        let interrupted = signals::listen();
        let global = &args.global;
        match args.command {
            Command::Logs(args) => logs::run(global, &args, screen, interrupted).await,
            Command::Stats(args) => stats::run(global, &args, screen, interrupted).await,
            Command::Actions(args) => interrupted.or(catalog::actions(global, &args)).await,
            Command::Schemas(args) => interrupted.or(catalog::schemas(global, &args)).await,
            Command::Follow(args) => {
                Box::pin(collect::follow(global, &args, screen, interrupted)).await
            }
            Command::Backfill(args) => {
                Box::pin(collect::backfill(global, &args, screen, interrupted)).await
            }
            Command::Check(args) => interrupted.or(check::run(global, &args)).await,
            Command::Login => interrupted.or(login::run(global, screen)).await,
            Command::Fake(args) => fake::run(global, &args, screen, interrupted).await,
            Command::Completions { shell } => docs::completions(shell),
            Command::Man { directory } => docs::man(directory.as_deref()),
        }
    });
    // Whatever still runs must not keep the process.
    runtime.shutdown_background();
    outcome
}
