//! `Stop`: the wish to end, looked at wherever a collector waits.

use std::{
    fmt,
    future::Future,
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{self, Either, Shared},
};

/// Ready once the collector is to end.
#[derive(Clone)]
pub(crate) struct Stop(Shared<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Stop {
    pub(crate) fn new(stop: impl Future<Output = ()> + Send + 'static) -> Self {
        Self((Box::pin(stop) as Pin<Box<dyn Future<Output = ()> + Send>>).shared())
    }

    /// Whether it is to end now.
    pub(crate) fn is_set(&self) -> bool {
        self.0.clone().now_or_never().is_some()
    }

    /// Waits for something that may be given up half-way; `None` if it was.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match future::select(self.0.clone(), pin!(work)).await {
            Either::Left(((), _)) => None,
            Either::Right((done, _)) => Some(done),
        }
    }

    /// Sleeps; returns whether it slept to the end.
    pub(crate) async fn sleep(&self, time: Duration) -> bool {
        self.or(tokio::time::sleep(time)).await.is_some()
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stop").field(&self.is_set()).finish()
    }
}
