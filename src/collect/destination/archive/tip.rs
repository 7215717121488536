//! The chain of objects: its newest end, and what is read back when it is opened.

use std::cmp::Ordering;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::spawn_blocking;

use super::{
    genesis::{self, Genesis},
    key::{Date, ObjectKey},
    object::{Header, Nonce, read_events},
    store::Store,
};
use crate::{
    collect::{
        EntryId,
        destination::{Checkpoint, DestinationError, KnownIds},
    },
    model::RawEntry,
};

/// Objects that are read at a time when an archive is opened: enough that a store's latency does
/// not add up, and their memory stays a fraction of what the ids take.
const PARALLEL_READS: usize = 8;

/// How old an archive without objects may be, in seconds, to be taken for one whose first collector
/// died before its first object. An older one has lost its objects.
const INTERRUPTED_GENESIS: i64 = 60 * 60;

/// The newest end of the chain.
#[derive(Clone, Debug)]
pub(super) struct Tip {
    /// The key of the newest object; none where there is `_archive` alone.
    pub(super) key: Option<ObjectKey>,
    pub(super) id: Nonce,
    pub(super) next: ObjectKey,
    pub(super) checkpoint: Vec<u8>,
}

impl Tip {
    pub(super) fn of_genesis(genesis: &Genesis) -> Self {
        Self {
            key: None,
            id: genesis.id,
            next: genesis.first,
            checkpoint: genesis.checkpoint.to_bytes(),
        }
    }

    pub(super) fn of_object(key: ObjectKey, header: Header) -> Self {
        Self {
            key: Some(key),
            id: header.id,
            next: header.next,
            checkpoint: header.checkpoint,
        }
    }
}

/// An object that was read back.
struct ReadBack {
    key: ObjectKey,
    header: Header,
    ids: Vec<(EntryId, i64)>,
}

/// What is known of a chain that was read back.
pub(super) struct Known {
    pub(super) tip: Tip,
    pub(super) ids: KnownIds,
    /// From this second on all ids are known, if that is later than the floor.
    pub(super) from: Option<i64>,
}

/// Finds the newest end of the chain and reads back the ids above its floor.
pub(super) async fn read_back(store: &Store, genesis: &Genesis) -> Result<Known, DestinationError> {
    let dates = store.dates().await?;
    let Some((newest, floor)) = newest(store, &dates).await? else {
        return interrupted(store, genesis).await;
    };
    let floor = Date::of(floor);
    let (older, dates) = dates.split_at(dates.partition_point(|date| *date < floor));

    // Whatever may be asked for was delivered at or above the floor, and no event lies in an older
    // date than its own.
    let mut keys = Vec::new();
    for date in dates {
        keys.extend(store.keys(*date).await?);
    }
    let first = *keys.first().unwrap_or(&newest);
    if keys.is_empty() {
        keys.push(newest);
    }

    let mut ids = KnownIds::default();
    let begins = first == genesis.first;
    let mut chain: Option<Tip> = begins.then(|| Tip::of_genesis(genesis));
    let mut from = known_from(first, floor).filter(|_| !begins);
    if from.is_some() && follows_older(store, older, first).await? {
        from = None;
    }
    // Whether it is known that the object at hand is one of the chain.
    let mut is_linked = begins;
    let mut objects = stream::iter(keys)
        .map(|key| read(store, key))
        .buffered(PARALLEL_READS);
    while let Some(object) = objects.try_next().await? {
        let object = object.ok_or_else(changed)?;
        // What was written between two listings is found by following the chain.
        while let Some(tip) = &chain
            && tip.next != object.key
        {
            let between = if tip.next < object.key {
                read(store, tip.next).await?
            } else {
                None
            };
            match between {
                Some(between) if is_linked || between.header.previous == tip.id => {
                    chain = Some(link(&mut ids, chain.as_ref(), between)?);
                    is_linked = true;
                }
                None if is_linked => return Err(missing(store, tip, object.key).await?),
                _ => chain = None,
            }
        }
        if !is_linked {
            chain = chain.filter(|tip| tip.id == object.header.previous);
        }
        if chain.is_none() && object.key != first {
            // What a collector that slept wrote behind the chain, or what is left where everything
            // around it is gone.
            from = known_from(object.key, floor);
        }
        is_linked |= chain.is_some();
        chain = Some(link(&mut ids, chain.as_ref(), object)?);
    }
    let mut tip = chain.ok_or_else(|| DestinationError::outage("the archive changed"))?;
    while let Some(object) = read(store, tip.next).await? {
        tip = link(&mut ids, Some(&tip), object)?;
    }
    Ok(Known { tip, ids, from })
}

/// Whether an object follows one of an older date. Only that shows that nothing is gone between
/// them: objects may be deleted in any order, and while they are listed.
async fn follows_older(
    store: &Store,
    older: &[Date],
    first: ObjectKey,
) -> Result<bool, DestinationError> {
    for date in older.iter().rev() {
        if let Some(key) = store.keys(*date).await?.pop() {
            let before = store.header_of_old(key).await?;
            let follows = store.header(first).await?;
            return Ok(before.zip(follows).is_some_and(|(before, object)| {
                before.next == first && before.id == object.previous
            }));
        }
    }
    Ok(false)
}

/// The second from which on all ids are known, where what is before an object may be gone: no event
/// lies in an older date than its own.
fn known_from(first: ObjectKey, floor: Date) -> Option<i64> {
    const DAY: i64 = 86_400;
    let date = first.date();
    let is_whole = first == ObjectKey::first_of(date);
    match date.cmp(&floor) {
        Ordering::Less => None,
        Ordering::Equal if is_whole => None,
        _ if is_whole => Some(date.begins()),
        _ => Some(date.begins() + DAY),
    }
}

/// The newest object by name, and the floor of its checkpoint.
async fn newest(
    store: &Store,
    dates: &[Date],
) -> Result<Option<(ObjectKey, i64)>, DestinationError> {
    for date in dates.iter().rev() {
        if let Some(key) = store.keys(*date).await?.pop() {
            let header = store.header(key).await?.ok_or_else(changed)?;
            let floor = Checkpoint::from_bytes(&header.checkpoint)?.floor();
            return Ok(Some((key, floor)));
        }
    }
    Ok(None)
}

/// An archive that has no objects: its first collector died just after it began, or they are lost.
async fn interrupted(store: &Store, genesis: &Genesis) -> Result<Known, DestinationError> {
    if store.age_of_genesis().await? > INTERRUPTED_GENESIS {
        return Err(DestinationError::refused(format!(
            "the archive has its {} but no objects: they were deleted or moved, so nobody knows \
             what was delivered (put at least the newest object back, or begin a new archive at \
             another prefix; lifecycle rules must leave the newest object in place)",
            genesis::NAME
        )));
    }
    Ok(Known {
        tip: Tip::of_genesis(genesis),
        ids: KnownIds::default(),
        from: None,
    })
}

/// Goes on from an object to the one after it.
fn link(ids: &mut KnownIds, tip: Option<&Tip>, object: ReadBack) -> Result<Tip, DestinationError> {
    if let Some(tip) = tip
        && tip.id != object.header.previous
    {
        return Err(replaced(object.key));
    }
    for (id, time) in object.ids {
        ids.insert(id, time);
    }
    Ok(Tip::of_object(object.key, object.header))
}

/// What it means that the object after one is not there, though a later one is: both may have been
/// deleted since they were listed.
async fn missing(
    store: &Store,
    tip: &Tip,
    later: ObjectKey,
) -> Result<DestinationError, DestinationError> {
    let is_left = match tip.key {
        Some(key) => store.header(key).await?.is_some(),
        None => true,
    };
    Ok(if is_left {
        broken(tip.next, later)
    } else {
        changed()
    })
}

fn changed() -> DestinationError {
    DestinationError::outage("the archive changed while it was read: it is read again")
}

pub(super) fn replaced(key: ObjectKey) -> DestinationError {
    DestinationError::refused(format!(
        "the archive's object {key} does not follow the one before it: one of them was replaced \
         (restore what was there)"
    ))
}

pub(super) fn broken(missing: ObjectKey, later: ObjectKey) -> DestinationError {
    DestinationError::refused(format!(
        "the archive's object {missing} is missing, though there are later ones such as {later} \
         (put it back: the collector still needs what is in it)"
    ))
}

/// Reads an object with its ids; `None` where there is none.
async fn read(store: &Store, key: ObjectKey) -> Result<Option<ReadBack>, DestinationError> {
    let Some((bytes, _)) = store.get(&store.path_of(key)).await? else {
        return Ok(None);
    };
    let decode = move || {
        let header = Header::decode(&bytes)?;
        let mut ids = Vec::with_capacity(usize::try_from(header.events).unwrap_or(0).min(1 << 20));
        // The window that an event was found in is not known any more; it ended no later than this.
        let (_, to) = header.range;
        read_events(&bytes, &header, |event| {
            ids.push((EntryId::of(&RawEntry::from_json(event.to_vec())), to));
        })?;
        Ok((header, ids))
    };
    // Unpacking a large object takes long enough to hold up other tasks.
    let decoded = spawn_blocking(decode).await;
    let decoded = decoded.map_err(|_| DestinationError::outage("the process is ending"))?;
    let (header, ids) = decoded.map_err(|unreadable| super::unreadable(key, unreadable))?;
    Ok(Some(ReadBack { key, header, ids }))
}

/// Whether an object that was just put lies behind the chain: there are younger ones, and none of
/// them follows it.
pub(super) async fn is_behind(store: &Store, tip: &Tip) -> Result<bool, DestinationError> {
    let Some(key) = tip.key else { return Ok(false) };
    let mut younger = store.keys(key.date()).await?.last() > Some(&key);
    if !younger {
        let dates = store.dates().await?;
        for date in dates.into_iter().filter(|date| *date > key.date()).rev() {
            younger = younger || !store.keys(date).await?.is_empty();
        }
    }
    if !younger {
        return Ok(false);
    }
    // Another collector may have gone on from this object already.
    let next = store.header(tip.next).await?;
    Ok(next.is_none_or(|next| next.previous != tip.id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::{ObjectStoreExt, memory::InMemory, path::Path};

    use super::*;

    fn key(text: &str) -> ObjectKey {
        format!("date=2026-11-{text}.ndjson.gz")
            .parse()
            .expect("a key")
    }

    #[test]
    fn all_ids_are_known_from_the_first_whole_date_above_the_floor() {
        let floor = key("20/00000001").date();
        let (second, day) = (floor.begins(), 86_400);
        for (first, from) in [
            ("19/00000001", None),
            ("19/00000002", None),
            ("20/00000001", None),
            ("20/00000002", Some(second + day)),
            ("21/00000001", Some(second + day)),
            ("21/00000002", Some(second + 2 * day)),
        ] {
            assert_eq!(known_from(key(first), floor), from, "{first}");
        }
    }

    /// Each object with whether it follows the one that was just put.
    #[tokio::test]
    async fn an_object_is_behind_where_there_are_younger_ones_that_do_not_follow_it() {
        for (others, expected) in [
            (&[][..], false),
            (&[("20/00000004", false), ("19/00000009", false)], false),
            (&[("20/00000006", true)], false),
            (&[("20/00000006", false)], true),
            (&[("20/00000006", true), ("21/00000001", false)], false),
            (&[("20/00000007", false)], true),
            (&[("21/00000001", false)], true),
            (&[("21/00000001", false), ("23/00000001", false)], true),
        ] {
            let inner = Arc::new(InMemory::new());
            let store = Store::new(
                Arc::clone(&inner) as Arc<dyn object_store::ObjectStore>,
                "p".into(),
            );
            // A folder that has nothing of the archive.
            let foreign = Path::from("p/date=2026-11-22/readme");
            inner.put(&foreign, "x".into()).await.expect("put");
            let tip = Tip {
                key: Some(key("20/00000005")),
                id: Nonce::random(),
                next: key("20/00000006"),
                checkpoint: Vec::new(),
            };
            for (other, follows) in others {
                let header = Header {
                    id: Nonce::random(),
                    previous: if *follows { tip.id } else { Nonce::random() },
                    next: key("29/00000001"),
                    events: 0,
                    range: (0, 0),
                    checkpoint: Vec::new(),
                };
                let object = header.encode(&[]).expect("an object");
                let path = store.path_of(key(other));
                store.create(&path, object.into()).await.expect("put");
            }
            let is_behind = is_behind(&store, &tip).await.expect("listed");
            assert_eq!(is_behind, expected, "{others:?}");
        }
    }
}
