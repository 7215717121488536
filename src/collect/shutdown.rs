//! `Shutdown`: the wish to end, looked at wherever a collector waits; and how long it waits.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::{
    FutureExt,
    future::{self, BoxFuture, Either, Shared},
};

use super::End;

/// How long a commit on its way, and closing the destination, may take after the wish to end.
/// Service managers kill what has not ended after 10 s (Kubernetes: 30 s, systemd: 90 s).
const GRACE: Duration = Duration::from_secs(8);

/// The first wait of an outage, and the longest that the collector chooses itself.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How long to wait after so many failures before this one: twice as long with each.
pub(crate) fn backoff(failures: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(1 << failures.min(10))
        .min(MAX_WAIT)
}

/// Ready once the collector is to end.
#[derive(Clone)]
pub(crate) struct Shutdown(Shared<BoxFuture<'static, ()>>);

impl Shutdown {
    pub(crate) fn new(shutdown: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(shutdown.boxed().shared())
    }

    /// Waits for something that may be given up half-way; [`End::Shutdown`] if it was.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, End> {
        match future::select(self.0.clone(), pin!(work)).await {
            Either::Left(((), _)) => Err(End::Shutdown),
            Either::Right((done, _)) => Ok(done),
        }
    }

    /// Waits for something that is given up only a while after the wish to end.
    pub(crate) async fn or_grace<T>(&self, work: impl Future<Output = T>) -> Result<T, End> {
        let late = pin!(async {
            self.0.clone().await;
            tokio::time::sleep(GRACE).await;
        });
        match future::select(pin!(work), late).await {
            Either::Left((done, _)) => Ok(done),
            Either::Right(((), _)) => Err(End::Shutdown),
        }
    }

    /// Sleeps, unless the collector is to end meanwhile.
    pub(crate) async fn sleep(&self, time: Duration) -> Result<(), End> {
        self.or(tokio::time::sleep(time)).await
    }
}
