//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.

use std::{future::pending, process, time::Duration};

use tokio::sync::watch;

/// How long an orderly end may take: a pipe that nobody reads must not hold the process until it is
/// killed (`docker stop` waits for 10 s). Nothing is lost then: what is not committed comes again.
const GRACE: Duration = Duration::from_secs(8);

/// Whether somebody wants the command to end.
#[derive(Clone)]
pub(crate) struct Interrupted(watch::Receiver<bool>);

impl Interrupted {
    /// Whether it is to end now.
    pub(crate) fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Ready once it is to end.
    pub(crate) async fn wait(mut self) {
        if self.0.wait_for(|set| *set).await.is_err() {
            pending::<()>().await;
        }
    }
}

/// Listens from now on. Needs a tokio runtime.
pub(crate) fn listen() -> Interrupted {
    let (sender, receiver) = watch::channel(false);
    let mut signals = Signals::new();
    tokio::spawn(async move {
        signals.next().await;
        sender.send_replace(true);
        tokio::select! {
            () = signals.next() => {}
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
        // Where they cannot be heard they end the process by themselves.
        Self(
            signal(SignalKind::interrupt())
                .and_then(|interrupt| Ok((interrupt, signal(SignalKind::terminate())?)))
                .ok(),
        )
    }

    async fn next(&mut self) {
        let Some((interrupt, terminate)) = &mut self.0 else {
            return pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
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

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    }
}
