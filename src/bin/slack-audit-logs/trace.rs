//! What the library tells, on standard error.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{args::Global, format::wants_color, progress::Screen};

/// Warnings by default, more with `-v`, errors only with `-q`; `RUST_LOG` decides where it is set.
pub(crate) fn init(global: &Global, screen: &Screen) {
    let filter = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "warn,slack_audit_logs=debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Lines(screen.clone()))
        .with_ansi(io::stderr().is_terminal() && wants_color())
        .with_target(false)
        .compact();
    // Nothing else sets one.
    let _ = if global.verbose == 0 {
        tracing::subscriber::set_global_default(subscriber.without_time().finish())
    } else {
        tracing::subscriber::set_global_default(subscriber.finish())
    };
}

/// Writes lines above the progress bar.
struct Lines(Screen);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

struct Line<'a>(&'a Screen);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
