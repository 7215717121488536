//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.

use std::{
    future::pending,
    process,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::sync::watch;

use crate::exit::{Exit, Outcome};

/// How long an orderly end may take: a pipe that nobody reads must not hold the process until it is
/// killed (`docker stop` waits for 10 s). Nothing is lost then: what is not committed comes again.
const GRACE: Duration = Duration::from_secs(8);

/// Whether somebody wants the command to end.
#[derive(Clone)]
pub(crate) struct Interrupted(watch::Receiver<Option<Signal>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    /// Ctrl-C: a person.
    Interrupt,
    /// SIGTERM: whoever runs services.
    Terminate,
}

impl Interrupted {
    pub(crate) fn is_set(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// How a command ends whose work is done whenever it is asked to end: for SIGTERM that is no
    /// failure.
    pub(crate) fn orderly(&self, words: String) -> Exit {
        if *self.0.borrow() == Some(Signal::Terminate) {
            Exit::done(words)
        } else {
            Exit::interrupted(words)
        }
    }

    /// What a command comes to that has nothing to finish when it is asked to end.
    pub(crate) async fn or(self, outcome: impl Future<Output = Outcome>) -> Outcome {
        tokio::select! {
            outcome = outcome => outcome,
            () = self.wait() => Err(Exit::interrupted("interrupted")),
        }
    }

    /// Ready once it is to end.
    pub(crate) async fn wait(mut self) {
        if self.0.wait_for(Option::is_some).await.is_err() {
            pending::<()>().await;
        }
    }
}

static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// The same, for what waits outside the runtime.
pub(crate) fn is_asked() -> bool {
    IS_ASKED.load(Ordering::Relaxed)
}

/// Listens from now on. Needs a tokio runtime.
pub(crate) fn listen() -> Interrupted {
    let (sender, receiver) = watch::channel(None);
    let mut signals = Signals::new();
    tokio::spawn(async move {
        let signal = signals.next().await;
        IS_ASKED.store(true, Ordering::Relaxed);
        sender.send_replace(Some(signal));
        tokio::select! {
            _ = signals.next() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
        process::exit(130);
    });
    Interrupted(receiver)
}

#[cfg(unix)]
struct Signals(Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both = signal(SignalKind::interrupt())
            .ok()
            .zip(signal(SignalKind::terminate()).ok());
        // Where they cannot be heard they end the process by themselves.
        Self(both)
    }

    async fn next(&mut self) -> Signal {
        let Some((interrupt, terminate)) = &mut self.0 else {
            return pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
        Signal::Interrupt
    }
}
