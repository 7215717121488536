//! Seeded numbers that can be addressed: event 7 of seed 42 is the same whatever was made before
//! it.

/// `SplitMix64` (Steele, Lea and Flood, 2014). The `rand` generators promise no stable values
/// across versions; a test that names a seed wants the same events after an update.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rng(u64);

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

impl Rng {
    /// A generator for one thing among many, such as `[seed, stream, index]`.
    pub(super) fn of(names: &[u64]) -> Self {
        let add = |state, name: &u64| mix(state ^ mix(name.wrapping_add(GAMMA)));
        Self(names.iter().fold(GAMMA, add))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// A number in `0..n`, for `n` up to 2^32; 0 when `n` is 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        ((self.next() >> 32).wrapping_mul(n)) >> 32
    }

    /// Small numbers often, large ones seldom: some people log in more than others.
    pub(super) fn below_skewed(&mut self, n: u64) -> u64 {
        let first = self.below(n);
        self.below(first + 1)
    }

    /// One of these items; `None` when there are none.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let at = self.below(items.len() as u64);
        items.get(usize::try_from(at).ok()?)
    }

    /// A number in `0.0..1.0`.
    pub(super) fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    /// True once in `n` times.
    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// `SplitMix64`'s finalizer. A bijection, so distinct inputs give distinct outputs.
pub(super) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_in_range_and_repeats() {
        let mut rng = Rng::of(&[1, 2]);
        let first: Vec<u64> = (0..1000).map(|_| rng.below(7)).collect();
        assert!(first.iter().all(|n| *n < 7));
        assert!((0..7).all(|n| first.contains(&n)));
        let mut again = Rng::of(&[1, 2]);
        assert_eq!(first, (0..1000).map(|_| again.below(7)).collect::<Vec<_>>());
        assert_eq!(rng.below(0), 0);
    }
}
