//! Captures what `tracing` is told on this thread, down to TRACE and from every crate, as text.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, NoSubscriber},
};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

/// Everything that was traced while it lives.
pub struct Capture {
    text: Text,
    _guard: DefaultGuard,
    _second: Dispatch,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// Begins to capture on this thread.
    pub fn start() -> Self {
        let text = Text::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(text.clone())
            .finish();
        Self {
            text,
            _guard: tracing::subscriber::set_default(subscriber),
            // While there is only one, an event that another thread comes to first is off for all:
            // tracing asks the subscriber of that thread.
            _second: Dispatch::new(NoSubscriber::new()),
        }
    }

    /// What was captured so far, a line per event and per closed span.
    pub fn text(&self) -> String {
        String::from_utf8(self.text.0.lock().expect("no panic").clone()).expect("UTF-8")
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Text {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
