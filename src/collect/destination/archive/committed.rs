//! What was committed, object by object, for whoever reads an archive.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, future, stream, stream::BoxStream};

use super::{
    genesis::{self, Genesis},
    key::{Date, ObjectKey},
    object::{Header, Nonce},
    store::Store,
    tip,
};
use crate::collect::destination::DestinationError;

/// Objects that are fetched at a time: a store's latency must not add up, and the largest are some
/// megabytes.
const PARALLEL_READS: usize = 4;

/// An object of the archive.
struct Object {
    key: ObjectKey,
    header: Header,
    bytes: Bytes,
}

impl Object {
    fn follows(&self, (id, next): (Nonce, ObjectKey)) -> bool {
        self.key == next && self.header.previous == id
    }
}

/// The objects of the chain that lie at a date or later, oldest first.
pub(super) async fn objects(
    store: Arc<Store>,
    since: Date,
) -> Result<impl Stream<Item = Result<Bytes, DestinationError>> + Send, DestinationError> {
    let genesis = Genesis::read(&store).await?;
    let dates = store.dates().await?;
    if genesis.is_none() && dates.is_empty() {
        return Err(DestinationError::refused(format!(
            "there is no archive there: neither its {} nor an object",
            genesis::NAME
        )));
    }
    store.mark_readable();
    let dates = dates.into_iter().filter(move |date| *date >= since);
    let listing = Arc::clone(&store);
    let listed = stream::iter(dates.map(Ok))
        .and_then(move |date| {
            let store = Arc::clone(&listing);
            async move { Ok(stream::iter(store.keys(date).await?.into_iter().map(Ok))) }
        })
        .try_flatten()
        .map_ok(move |key| read(Arc::clone(&store), key))
        .try_buffered(PARALLEL_READS)
        .try_filter_map(future::ok);
    let chain = CommittedObjects {
        listed: listed.boxed(),
        begin: genesis.map(|genesis| (genesis.id, genesis.first)),
        held: None,
        is_linked: false,
    };
    Ok(stream::try_unfold(chain, async |mut chain| {
        let object = chain.next().await?;
        Ok(object.map(|object| (object, chain)))
    }))
}

/// The chain while it is read.
struct CommittedObjects {
    listed: BoxStream<'static, Result<Object, DestinationError>>,
    /// What the first object follows.
    begin: Option<(Nonce, ObjectKey)>,
    /// The object that comes next, once it is known that the chain goes on from it.
    held: Option<Object>,
    /// Whether the object at hand is known to be one of the chain.
    is_linked: bool,
}

impl CommittedObjects {
    async fn next(&mut self) -> Result<Option<Bytes>, DestinationError> {
        while let Some(object) = self.listed.try_next().await? {
            let Some(held) = self.held.take() else {
                self.is_linked = self.begin.is_some_and(|begin| object.follows(begin));
                self.held = Some(object);
                continue;
            };
            if object.follows((held.header.id, held.header.next)) {
                self.is_linked = true;
                self.held = Some(object);
                return Ok(Some(held.bytes));
            }
            if self.is_linked {
                return Err(if held.header.next < object.key {
                    tip::broken(held.header.next, object.key)
                } else {
                    tip::replaced(object.key)
                });
            }
            // A collector that slept while older objects expired wrote it, and died before it could
            // delete it again: its events were in objects that are gone.
            tracing::warn!(key = %held.key, "behind the archive's chain, and left out");
            self.held = Some(object);
        }
        Ok(self.held.take().map(|held| held.bytes))
    }
}

/// Reads an object; `None` for one that has expired since it was listed.
async fn read(store: Arc<Store>, key: ObjectKey) -> Result<Option<Object>, DestinationError> {
    let Some((bytes, _)) = store.get(&store.path_of(key)).await? else {
        return Ok(None);
    };
    let header = Header::decode(&bytes).map_err(|unreadable| super::unreadable(key, unreadable))?;
    Ok(Some(Object { key, header, bytes }))
}
