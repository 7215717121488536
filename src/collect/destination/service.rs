//! `Service`: batches to any `tower::Service`, at least once.

use std::{fmt, path::PathBuf};

use futures_util::{FutureExt, future::BoxFuture};
use tower::{BoxError, ServiceExt};

use super::{
    Batch, Checkpoint, Commit, Destination, DestinationError, KnownIds,
    state_file::{Blocking, StateFile},
};
use crate::collect::EntryId;

/// Calls a [`tower::Service`] with every batch: **at least once** for each event.
///
/// A batch counts as delivered when the call succeeds, and then the checkpoint is written. If the
/// process dies in between, the same events come once more, maybe in other batches. To get rid of
/// repetitions, write under the key of each event ([`BatchEntry::id`](super::BatchEntry::id)), so
/// that writing it again changes nothing.
///
/// A failed call is an outage: it is repeated with the same batch until it succeeds. A service
/// that wants to end the collector instead fails with a [`DestinationError::refused`].
///
/// The service may be a `service_fn`, or a stack of layers with a client in it: retries, timeouts
/// and limits are tower's. `examples/splunk_hec.rs` is such a stack.
///
/// ```
/// use slack_audit_logs::collect::destination::{self, Batch};
/// use tower::{BoxError, service_fn};
///
/// let service = service_fn(|batch: Batch| async move {
///     for event in batch.entries() {
///         println!("{} {}", event.id, event.entry.as_str());
///     }
///     Ok::<_, BoxError>(())
/// });
/// let destination = destination::Service::new(service, "audit.state");
/// ```
pub struct Service<S> {
    service: S,
    state: Keeper,
}

/// Where the checkpoint is.
enum Keeper {
    File(Blocking<StateFile>),
    Memory {
        checkpoint: Option<Checkpoint>,
        ids: KnownIds,
    },
}

impl<S> Service<S> {
    /// Calls `service`, and keeps the checkpoint in a file.
    pub fn new(service: S, state: impl Into<PathBuf>) -> Self {
        let state = Keeper::File(Blocking::new(StateFile::new(state.into())));
        Self { service, state }
    }

    /// Calls `service`, and keeps the checkpoint in memory: the next process begins anew.
    pub fn in_memory(service: S) -> Self {
        let state = Keeper::Memory {
            checkpoint: None,
            ids: KnownIds::default(),
        };
        Self { service, state }
    }
}

impl<S> Destination for Service<S>
where
    S: tower::Service<Batch, Response = ()> + Send,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn open(&mut self) -> BoxFuture<'_, Result<Option<Checkpoint>, DestinationError>> {
        async move {
            match &self.state {
                Keeper::File(file) => {
                    let found = file.run(StateFile::open).await?;
                    Ok(found.map(|found| found.checkpoint))
                }
                Keeper::Memory { checkpoint, .. } => Ok(checkpoint.clone()),
            }
        }
        .boxed()
    }

    fn known<'a>(
        &'a mut self,
        ids: &'a [EntryId],
    ) -> BoxFuture<'a, Result<Vec<Option<i64>>, DestinationError>> {
        let known = match &self.state {
            Keeper::File(file) => file.with(|file| file.known(ids)),
            Keeper::Memory { ids: known, .. } => ids.iter().map(|id| known.get(*id)).collect(),
        };
        std::future::ready(Ok(known)).boxed()
    }

    fn commit<'a>(&'a mut self, commit: &'a Commit) -> BoxFuture<'a, Result<(), DestinationError>> {
        async move {
            if !commit.batch.is_empty() {
                let service = self.service.ready().await.map_err(of_service)?;
                let call = service.call(commit.batch.clone());
                call.await.map_err(of_service)?;
            }
            match &mut self.state {
                Keeper::File(file) => {
                    let commit = commit.clone();
                    file.run(move |file| file.commit(&commit, None)).await
                }
                Keeper::Memory { checkpoint, ids } => {
                    *checkpoint = Some(commit.checkpoint.clone());
                    ids.commit(commit);
                    Ok(())
                }
            }
        }
        .boxed()
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DestinationError>> {
        async move {
            if let Keeper::File(file) = &self.state {
                let close = |file: &mut StateFile| {
                    file.close();
                    Ok(())
                };
                file.run(close).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// A failed call passes by itself, unless the service says otherwise.
fn of_service(error: impl Into<BoxError>) -> DestinationError {
    match error.into().downcast::<DestinationError>() {
        Ok(error) => *error,
        Err(error) => {
            DestinationError::outage("the service did not take a batch").with_source(error)
        }
    }
}

impl<S> fmt::Debug for Service<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}
