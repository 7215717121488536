//! What is told on standard error: messages to a person on a terminal, otherwise lines of a log.

use std::{
    io::{self, IsTerminal, Write},
    sync::OnceLock,
};

use tracing::Level;
use tracing_subscriber::{EnvFilter, fmt::format::FmtSpan};

use crate::{
    args::{Global, LineFormat},
    format::wants_color,
    progress::Screen,
    text::{harmless_lines, without_hidden},
};

/// Where the command itself speaks.
const COMMAND: &str = "slack-audit-logs";

/// The terminal, if messages go to one as they are; set once.
static TERMINAL: OnceLock<Option<Screen>> = OnceLock::new();

/// Warnings by default; with `-v` every call and pass, with `-vv` every attempt and what goes over
/// the wire, without bodies; errors only with `-q`. `RUST_LOG` decides where it is set.
pub(crate) fn init(global: &Global, screen: &Screen) {
    let filter = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "warn,slack_audit_logs=info",
        (false, _) => "warn,slack_audit_logs=trace,hyper_util=debug,hyper=debug,rustls=debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    // What the command says itself has been decided before.
    let filter = match format!("{COMMAND}=trace").parse() {
        Ok(own) => filter.add_directive(own),
        Err(_) => filter,
    };
    let is_json = global.log_format == LineFormat::Json;
    let is_terminal = io::stderr().is_terminal() && !is_json;
    // Nobody else sets it.
    let _ = TERMINAL.set(is_terminal.then(|| screen.clone()));
    let screen = screen.clone();
    let spans = if global.verbose == 0 {
        FmtSpan::NONE
    } else {
        FmtSpan::CLOSE
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || Line(screen.clone()))
        .with_span_events(spans)
        .with_ansi(is_terminal && wants_color());
    // Nothing else sets one.
    let _ = if is_json {
        let lines = lines.json().flatten_event(true).with_span_list(false);
        tracing::subscriber::set_global_default(lines.finish())
    } else if is_terminal && global.verbose == 0 {
        let lines = lines.with_target(false).compact().without_time();
        tracing::subscriber::set_global_default(lines.finish())
    } else {
        tracing::subscriber::set_global_default(lines.compact().finish())
    };
}

/// Says something, whatever the filter. Whoever's text is in it, only its line breaks do anything.
pub(crate) fn say(level: Level, words: &str) {
    let words = harmless_lines(words);
    if let Some(Some(screen)) = TERMINAL.get() {
        // Nothing is left to say it to if standard error is closed.
        let _ = screen.suspend(|| writeln!(io::stderr(), "{COMMAND}: {words}"));
        return;
    }
    // One line each.
    let words = words.replace("\n  ", "; ").replace('\n', "; ");
    match level {
        Level::ERROR => tracing::error!(target: COMMAND, "{words}"),
        Level::WARN => tracing::warn!(target: COMMAND, "{words}"),
        _ => tracing::info!(target: COMMAND, "{words}"),
    }
}

/// Writes lines above the progress bar.
struct Line(Screen);

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The subscriber escapes what controls a terminal, but not what turns the direction.
        let text = without_hidden(&String::from_utf8_lossy(line));
        // A log that nobody takes must not end the command.
        let _ = self.0.suspend(|| io::stderr().write_all(text.as_bytes()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
