//! Counts over time in a fixed number of steps, whose length doubles as the range grows: nobody
//! knows the range before the last event.

use std::ops::Range;

/// From when on, and how long a step is, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale<const BUCKETS: usize> {
    pub(super) origin: i64,
    pub(super) step: i64,
}

/// What happens to all counts when the range grows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Growth {
    /// To the past: what is there moves into the second half.
    Past,
    /// To the future: it moves into the first half.
    Future,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Buckets<const BUCKETS: usize>(pub(super) [u32; BUCKETS]);

impl<const BUCKETS: usize> Default for Buckets<BUCKETS> {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl<const BUCKETS: usize> Scale<BUCKETS> {
    /// Begins with steps of a minute around a time.
    pub(super) fn around(time: i64) -> Self {
        const SHORTEST: i64 = 60;
        Self {
            origin: time - time.rem_euclid(SHORTEST),
            step: SHORTEST,
        }
    }

    pub(super) fn begin(&self, at: usize) -> i64 {
        let steps = i64::try_from(at).unwrap_or(i64::MAX);
        self.origin.saturating_add(self.step.saturating_mul(steps))
    }

    /// The step that a time falls in; if it is out of range, how to grow first.
    fn place(&self, time: i64) -> Result<usize, Growth> {
        let after = time.checked_sub(self.origin).filter(|after| *after >= 0);
        let at = after.ok_or(Growth::Past)? / self.step;
        let at = usize::try_from(at).ok().filter(|at| *at < BUCKETS);
        at.ok_or(Growth::Future)
    }

    /// The step that a time falls in. The length of a step doubles until there is one, and `grow`
    /// lets all counts follow.
    pub(super) fn reach(&mut self, time: i64, mut grow: impl FnMut(Growth)) -> usize {
        loop {
            let growth = match self.place(time) {
                Ok(at) => return at,
                Err(growth) => growth,
            };
            if matches!(growth, Growth::Past) {
                let steps = i64::try_from(BUCKETS).unwrap_or(i64::MAX);
                self.origin = self.origin.saturating_sub(self.step.saturating_mul(steps));
            }
            self.step = self.step.saturating_mul(2);
            grow(growth);
        }
    }
}

/// The steps from the first to the last in which there is anything.
pub(super) fn filled<T: Default + PartialEq>(steps: &[T]) -> Range<usize> {
    let is_filled = |step: &T| *step != T::default();
    let begin = steps.iter().position(is_filled).unwrap_or(0);
    let end = steps.iter().rposition(is_filled).map_or(begin, |at| at + 1);
    begin..end
}

impl<const BUCKETS: usize> Buckets<BUCKETS> {
    pub(super) fn add(&mut self, at: usize) {
        if let Some(step) = self.0.get_mut(at) {
            *step = step.saturating_add(1);
        }
    }

    pub(super) fn grow(&mut self, growth: Growth) {
        let mut grown = [0_u32; BUCKETS];
        let begin = match growth {
            Growth::Past => BUCKETS / 2,
            Growth::Future => 0,
        };
        for (pair, step) in self.0.chunks(2).zip(grown.iter_mut().skip(begin)) {
            *step = pair.iter().fold(0, |sum, count| sum.saturating_add(*count));
        }
        self.0 = grown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_is_lost_whatever_their_order() {
        let times = [
            1_000_000,
            1_000_030,
            900_000,
            5_000_000,
            0,
            1_000_000,
            253_402_300_799,
        ];
        let mut scale = Scale::<8>::around(times[0]);
        let mut steps = Buckets::<8>::default();
        for time in times {
            let at = scale.reach(time, |growth| steps.grow(growth));
            steps.add(at);
        }
        assert_eq!(steps.0.iter().sum::<u32>(), 7);
        // The one in the year 9999 is alone.
        let last = scale.place(253_402_300_799).expect("in range");
        assert_eq!(steps.0[last], 1);
        assert_eq!(steps.0[scale.place(0).expect("in range")], 6);
    }
}
