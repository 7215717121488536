//! A hash table of fixed names, built by the compiler: from the bytes of a name to its number.

/// Finds a name's place in a fixed list. `SLOTS` is a power of two, a few times the number of
/// names.
#[derive(Debug)]
pub(crate) struct Lookup<const SLOTS: usize> {
    names: &'static [&'static str],
    /// Place + 1, or 0 for an empty slot.
    slots: [u16; SLOTS],
}

impl<const SLOTS: usize> Lookup<SLOTS> {
    /// Builds the table; too many names for it are an error of the build. Of equal names the first
    /// counts.
    pub(crate) const fn new(names: &'static [&'static str]) -> Self {
        assert!(
            SLOTS.is_power_of_two() && names.len() * 2 <= SLOTS && names.len() < u16::MAX as usize
        );
        let mut slots = [0; SLOTS];
        let mut place = 0;
        while place < names.len() {
            let name = names[place].as_bytes();
            let mut slot = hash(name) & (SLOTS - 1);
            let mut known = false;
            while slots[slot] != 0 && !known {
                known = same(names[slots[slot] as usize - 1].as_bytes(), name);
                slot = (slot + 1) & (SLOTS - 1);
            }
            if !known {
                // The assertion above keeps every place below `u16::MAX`.
                #[allow(clippy::cast_possible_truncation)]
                let number = place as u16 + 1;
                slots[slot] = number;
            }
            place += 1;
        }
        Self { names, slots }
    }

    /// The name at this place.
    #[inline]
    pub(crate) fn get(&self, place: u16) -> Option<&'static str> {
        self.names.get(usize::from(place)).copied()
    }

    /// The name's place in the list, if it is there.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<u16> {
        let mut slot = hash(name) & (SLOTS - 1);
        loop {
            let place = self.slots.get(slot)?.checked_sub(1)?;
            if self.names.get(usize::from(place))?.as_bytes() == name {
                return Some(place);
            }
            slot = (slot + 1) & (SLOTS - 1);
        }
    }
}

/// Four bytes and the length tell the known names apart well enough, and cost the same for any
/// length.
const fn hash(name: &[u8]) -> usize {
    let [first, .., last] = name else {
        return name.len();
    };
    let middle = name[name.len() / 2];
    let third = name[name.len() - name.len() / 4 - 1];
    let bytes =
        *first as usize | (middle as usize) << 8 | (third as usize) << 16 | (*last as usize) << 24;
    let length = name.len().wrapping_mul(0x9e37_79b9);
    let mixed = bytes.wrapping_add(length).wrapping_mul(0x85eb_ca6b) & 0xffff_ffff;
    (mixed ^ (mixed >> 15)) >> 1
}

/// The first place of a name in a list. A name that is not there is an error of the build.
pub(crate) const fn place(names: &[&str], name: &str) -> u16 {
    let mut place = 0;
    while !same(names[place].as_bytes(), name.as_bytes()) {
        place += 1;
    }
    // `Lookup::new` allows no more.
    #[allow(clippy::cast_possible_truncation)]
    let place = place as u16;
    place
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
