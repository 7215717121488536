//! `Destination`: where events go, and where the checkpoint stands that goes with them.

#[cfg(feature = "archive")]
mod archive;
mod checkpoint;
mod commit;
mod error;
mod file;
mod ids;
mod output;
mod service;
mod state_file;

use std::time::Duration;

use futures_util::future::BoxFuture;

#[cfg(feature = "archive")]
pub use self::archive::Archive;
pub use self::{
    checkpoint::Checkpoint,
    commit::{Batch, BatchEntry, Commit},
    error::DestinationError,
    file::{File, RotateHandle},
    service::Service,
};
pub(crate) use self::{
    checkpoint::{CollectorState, Mode, Pass, TierState},
    ids::KnownIds,
};
use super::EntryId;

/// Takes events and the checkpoint after them, and makes both durable in **one step**.
///
/// That step is all there is to exactly-once: after a crash at any moment a [`Commit`] is found
/// whole or not at all. A destination that cannot do it (a webhook, a queue) gets every event at
/// least once; [`Service`] is for those.
///
/// The engine calls [`open`](Self::open) first, then [`known`](Self::known) and
/// [`commit`](Self::commit), one at a time, and [`close`](Self::close) at the end. It may drop the
/// future of any of them at shutdown; nothing is called after that.
///
/// The trait can be used as `dyn`: a `Box<dyn Destination>` and a `&mut` are destinations, too.
pub trait Destination: Send {
    /// Opens it and reads the last checkpoint; `None` if there never was a commit.
    ///
    /// Nothing may be created here that a start that is refused would leave behind: that belongs
    /// into the first commit, which is without events. What is damaged must be an error, never
    /// `None`. A destination that another writer has open either refuses or waits until that one
    /// has ended. It is called again after [`DestinationError::superseded`].
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>>;

    /// For each id, in order: the time it was committed with, if it was and is not forgotten.
    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>>;

    /// Makes a commit durable: the batch, the ids and the checkpoint, or nothing of it.
    ///
    /// After an outage the engine calls it again with the same commit, which must not deliver
    /// anything twice.
    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>>;

    /// Ends it: what another writer waits for is released.
    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>>;

    /// For how long the engine puts what it reads together before it commits; zero by default,
    /// which is a commit for each window. What is not committed is read again after a crash.
    fn flush_interval(&self) -> Duration {
        Duration::ZERO
    }

    /// About how many bytes of events a commit should hold at most; 64 MiB by default. A single
    /// window may be more.
    fn flush_bytes(&self) -> u64 {
        64 << 20
    }

    /// The events of a commit lie in one period of this length since 1970 (a day: they are cut at
    /// midnight UTC), but for those that came late. `None`, the default, cuts nowhere.
    ///
    /// The last second of [`Batch::range`] is in the period of the batch's events.
    fn cut_every(&self) -> Option<Duration> {
        None
    }
}

/// Passes everything on to what it points at.
macro_rules! forward {
    () => {
        fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
            (**self).open()
        }

        fn known<'a>(
            &'a mut self,
            ids: &'a [EntryId],
        ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
            (**self).known(ids)
        }

        fn commit<'a>(
            &'a mut self,
            commit: &'a Commit,
        ) -> BoxFuture<'a, Result<(), DestinationError>> {
            (**self).commit(commit)
        }

        fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
            (**self).close()
        }

        fn flush_interval(&self) -> Duration {
            (**self).flush_interval()
        }

        fn flush_bytes(&self) -> u64 {
            (**self).flush_bytes()
        }

        fn cut_every(&self) -> Option<Duration> {
            (**self).cut_every()
        }
    };
}

impl<D: Destination + ?Sized> Destination for Box<D> {
    forward!();
}

impl<D: Destination + ?Sized> Destination for &mut D {
    forward!();
}

/// Boxes are destinations, so the trait is usable as `dyn`.
const _: fn() = || {
    fn is_destination<D: Destination>() {}
    is_destination::<Box<dyn Destination>>();
};
