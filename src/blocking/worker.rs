//! `Worker`: the one thread that drives connections and timers, and how a call waits on the thread
//! that asks.

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::coop,
};

use crate::error::{Error, InvalidConfig};

/// A thread with a runtime, both of which end when this is dropped.
///
/// Calls are polled on the thread that asks, within the runtime; the worker drives what they wait
/// for and what they spawn. So nothing has to be moved between threads for an item of an iterator
/// that is there already, and spans and subscribers are the caller's without further ado.
pub(super) struct Worker {
    runtime: Handle,
    /// Dropped with the worker, which tells the thread.
    _end: oneshot::Sender<()>,
}

impl Worker {
    pub(super) fn start() -> Result<Self, Error> {
        let not_started =
            |error| InvalidConfig::new(format!("the worker thread cannot be started: {error}"));
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(not_started)?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        thread::Builder::new()
            .name("slack-audit-logs".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(ended);
                // A name that is still being resolved must not hold the thread.
                runtime.shutdown_background();
            })
            .map_err(not_started)?;
        Ok(Self {
            runtime: handle,
            _end: end,
        })
    }

    /// Waits on this thread.
    pub(super) fn wait_for<F: Future>(&self, future: F) -> Result<F::Output, Error> {
        if is_async_context() {
            return Err(Error::in_async_context());
        }
        let _entered = self.runtime.enter();
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return Ok(output);
            }
            thread::park();
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

/// Wakes a thread that waits. A wake-up too many makes it poll once more.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Whether tokio is polling a task on this thread.
///
/// A current runtime alone does not say so: threads of `spawn_blocking` have one, and whoever holds
/// its `EnterGuard`. But what tokio polls has a budget (128 operations before it must yield), and
/// other threads have none. Using up the budget makes a task yield at its next await, and that only
/// where the call fails.
fn is_async_context() -> bool {
    const MORE_THAN_ANY_BUDGET: usize = 256;
    if Handle::try_current().is_err() {
        return false;
    }
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..MORE_THAN_ANY_BUDGET {
        if !coop::has_budget_remaining() {
            return true;
        }
        if pin!(coop::consume_budget()).poll(&mut cx).is_pending() {
            return true;
        }
    }
    false
}
