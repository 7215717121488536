//! The command `slack-audit-logs`: audit logs of a Slack Enterprise organization on the command
//! line.

mod args;
mod catalog;
mod check;
mod client;
mod collect;
mod docs;
mod exit;
mod fake;
mod format;
mod logs;
mod output;
mod progress;
mod signals;
mod time;
mod trace;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    args::{Args, Command},
    exit::{Exit, Outcome},
    progress::Screen,
};

fn main() -> ExitCode {
    let args = Args::parse();
    let screen = Screen::new(args.global.quiet);
    trace::init(&args.global, &screen);
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
            Command::Actions(args) => catalog::actions(global, &args, interrupted).await,
            Command::Schemas(args) => catalog::schemas(global, &args, interrupted).await,
            Command::Follow(args) => collect::follow(global, &args, screen, interrupted).await,
            Command::Backfill(args) => collect::backfill(global, &args, screen, interrupted).await,
            Command::Check => check::run(global, interrupted).await,
            Command::Fake(args) => fake::run(global, &args, interrupted).await,
            Command::Completions { shell } => docs::completions(shell),
            Command::Man { directory } => docs::man(directory.as_deref()),
        }
    });
    // Whatever still runs must not keep the process.
    runtime.shutdown_background();
    outcome
}
