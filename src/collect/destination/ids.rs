//! `KnownIds`: the ids of what was delivered, in memory.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use super::{super::EntryId, Commit};

/// The ids that are remembered, each with a time. 24 to 48 bytes for each.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownIds {
    /// Ids as four words, so that a row is not padded to the alignment of `u128`; times in Unix
    /// seconds, which a word holds until 2106.
    times: HashMap<[u32; 4], u32, BuildHasherDefault<FirstWords>>,
    /// Whether it is time to look for what can be forgotten.
    inserted: usize,
}

impl KnownIds {
    /// Takes over what a commit says is to be remembered, and what may be forgotten.
    pub(super) fn commit(&mut self, commit: &Commit) {
        for (id, time) in &commit.ids {
            self.insert(*id, *time);
        }
        self.forget_below(commit.checkpoint.floor());
    }

    pub(crate) fn insert(&mut self, id: EntryId, time: i64) {
        let time = to_word(time);
        let known = self.times.entry(to_words(id)).or_insert(time);
        *known = time.max(*known);
        self.inserted += 1;
    }

    pub(crate) fn get(&self, id: EntryId) -> Option<i64> {
        self.times.get(&to_words(id)).copied().map(i64::from)
    }

    /// Forgets ids with a time below the floor. It looks through all of them, so it does so only
    /// after many insertions: what an insertion costs does not grow with their number.
    fn forget_below(&mut self, floor: i64) {
        const FEW: usize = 10_000;
        if self.inserted < FEW.max(self.times.len() / 4) {
            return;
        }
        self.inserted = 0;
        let floor = to_word(floor);
        self.times.retain(|_, time| *time >= floor);
        if self.times.capacity() > 4 * self.times.len() {
            self.times.shrink_to(2 * self.times.len());
        }
    }
}

fn to_word(time: i64) -> u32 {
    u32::try_from(time.max(0)).unwrap_or(u32::MAX)
}

fn to_words(id: EntryId) -> [u32; 4] {
    let id = id.as_u128();
    [96, 64, 32, 0].map(|shift| u32::try_from(id >> shift & 0xffff_ffff).unwrap_or(0))
}

/// The ids are hashes already: their first 64 bits will do.
#[derive(Default)]
struct FirstWords(u64);

impl Hasher for FirstWords {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(chunk) = bytes.first_chunk::<8>() {
            self.0 = u64::from_ne_bytes(*chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_known_until_they_are_forgotten() {
        let mut ids = KnownIds::default();
        let id = |number: i64| EntryId::hash(b"test:", &number.to_be_bytes());
        for number in 0..30_000 {
            ids.insert(id(number), number);
        }
        assert_eq!(ids.get(id(7)), Some(7));
        assert_eq!(ids.get(id(30_000)), None);
        ids.insert(id(7), 5);
        assert_eq!(ids.get(id(7)), Some(7), "a time never falls");
        ids.insert(id(7), 1 << 40);
        assert_eq!(ids.get(id(7)), Some(i64::from(u32::MAX)));
        ids.forget_below(20_000);
        assert_eq!(ids.get(id(19_999)), None);
        assert_eq!(ids.get(id(20_000)), Some(20_000));
        assert_eq!(ids.times.len(), 10_001);
    }

    #[test]
    fn ids_are_told_apart_by_all_of_their_bits() {
        let mut ids = KnownIds::default();
        let bits = || (0..127).flat_map(|bit| [1 << bit, 1 << 127 | 1 << bit]);
        for (time, id) in (1..).zip(bits()) {
            ids.insert(EntryId::from(id), time);
        }
        for (time, id) in (1..).zip(bits()) {
            assert_eq!(ids.get(EntryId::from(id)), Some(time), "{id:x}");
        }
        assert_eq!(ids.get(EntryId::from(3)), None);
    }

    #[test]
    fn what_can_be_forgotten_is_looked_for_after_a_quarter_was_inserted() {
        let mut ids = KnownIds::default();
        let insert = |ids: &mut KnownIds, count: u32| {
            for number in 0..count {
                ids.insert(EntryId::from(u128::from(number) << 96), number.into());
            }
        };
        insert(&mut ids, 9_999);
        ids.forget_below(1);
        assert_eq!(ids.times.len(), 9_999, "too few");
        insert(&mut ids, 1);
        ids.forget_below(1);
        assert_eq!(ids.times.len(), 9_998);
        insert(&mut ids, 60_001);
        ids.forget_below(1);
        assert_eq!(ids.times.len(), 60_000);
        insert(&mut ids, 14_999);
        ids.forget_below(10_000);
        assert_eq!(ids.times.len(), 60_001, "fewer than a quarter");
        insert(&mut ids, 1);
        let before = ids.times.capacity();
        ids.forget_below(40_000);
        assert_eq!(ids.times.len(), 20_001);
        assert!(
            ids.times.capacity() > before / 2,
            "room for as many again is kept"
        );
        insert(&mut ids, 15_000);
        ids.forget_below(50_000);
        assert_eq!(ids.times.len(), 10_001);
        let kept = ids.times.capacity();
        assert!((20_002..before / 2).contains(&kept), "{kept} of {before}");
    }
}
