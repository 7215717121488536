//! `Jitter`: chance added to an interval, so that many clients do not come back at the same
//! instant.

use std::{fmt, sync::Arc, time::Duration};

/// Changes an interval by chance.
///
/// ```
/// use std::time::Duration;
/// use slack_audit_logs::retry::Jitter;
///
/// /// Up to two seconds more.
/// struct TwoSeconds;
///
/// impl Jitter for TwoSeconds {
///     fn recalculate(&self, duration: Duration) -> Duration {
///         duration.saturating_add(Duration::from_secs_f64(rand::random::<f64>() * 2.0))
///     }
/// }
/// # assert!(TwoSeconds.recalculate(Duration::MAX) == Duration::MAX);
/// ```
pub trait Jitter: Send + Sync {
    /// The interval to wait instead of `duration`.
    fn recalculate(&self, duration: Duration) -> Duration;
}

impl<J: Jitter + ?Sized> Jitter for Arc<J> {
    fn recalculate(&self, duration: Duration) -> Duration {
        (**self).recalculate(duration)
    }
}

/// Where jitter gets its random numbers, each at least 0 and below 1; any closure will do, so that
/// tests can fix them.
///
/// A number outside of that range is moved into it.
pub trait RandomSource: Send + Sync {
    /// The next number.
    fn next(&self) -> f64;
}

impl<F: Fn() -> f64 + Send + Sync> RandomSource for F {
    fn next(&self) -> f64 {
        self()
    }
}

/// A shared random source.
#[derive(Clone)]
struct Random(Arc<dyn RandomSource>);

impl Random {
    /// A part of `duration` by chance: at least zero, and less than `duration` unless that is zero.
    fn part_of(&self, duration: Duration) -> Duration {
        // NaN is made 0 by max.
        let part = self.0.next().max(0.0);
        let longest = duration.saturating_sub(Duration::from_nanos(1));
        let part = Duration::try_from_secs_f64(duration.as_secs_f64() * part);
        part.unwrap_or(longest).min(longest)
    }
}

/// The thread's random number generator.
impl Default for Random {
    fn default() -> Self {
        Self(Arc::new(rand::random::<f64>))
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomSource")
    }
}

/// Leaves intervals as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoJitter;

impl Jitter for NoJitter {
    fn recalculate(&self, duration: Duration) -> Duration {
        duration
    }
}

/// Adds less than a second: the default, as in the Python SDK.
#[derive(Clone, Debug, Default)]
pub struct RandomJitter(Random);

impl Jitter for RandomJitter {
    fn recalculate(&self, duration: Duration) -> Duration {
        duration.saturating_add(self.0.part_of(Duration::from_secs(1)))
    }
}

/// Anything from zero to the interval ("full jitter" in AWS's "Exponential Backoff And Jitter").
#[derive(Clone, Debug, Default)]
pub struct FullJitter(Random);

impl Jitter for FullJitter {
    fn recalculate(&self, duration: Duration) -> Duration {
        self.0.part_of(duration)
    }
}

/// Anything from half of the interval to all of it ("equal jitter" in AWS's "Exponential Backoff
/// And Jitter").
#[derive(Clone, Debug, Default)]
pub struct EqualJitter(Random);

impl Jitter for EqualJitter {
    fn recalculate(&self, duration: Duration) -> Duration {
        let half = duration / 2;
        half.saturating_add(self.0.part_of(duration.saturating_sub(half)))
    }
}

macro_rules! constructors {
    ($($jitter:ident)*) => {$(
        impl $jitter {
            /// With the thread's random number generator.
            pub fn new() -> Self {
                Self::default()
            }

            /// With another source of random numbers.
            pub fn with_source(source: impl RandomSource + 'static) -> Self {
                Self(Random(Arc::new(source)))
            }
        }
    )*};
}
constructors!(RandomJitter FullJitter EqualJitter);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_jitter_with_a_fixed_source() {
        let half = || 0.5;
        for (jitter, expected) in [
            (Box::new(NoJitter) as Box<dyn Jitter>, 4.0),
            (Box::new(RandomJitter::with_source(half)), 4.5),
            (Box::new(FullJitter::with_source(half)), 2.0),
            (Box::new(EqualJitter::with_source(half)), 3.0),
        ] {
            let duration = jitter.recalculate(Duration::from_secs(4));
            assert_eq!(duration, Duration::from_secs_f64(expected));
        }
    }

    #[test]
    fn the_default_source_is_random() {
        let draw = |_| RandomJitter::new().recalculate(Duration::ZERO);
        let mut seen: Vec<_> = (0..10).map(draw).collect();
        seen.dedup();
        assert!(seen.len() > 1, "{seen:?}");
    }

    proptest! {
        #[test]
        fn jitter_stays_in_its_bounds_for_any_input(
            number in any::<f64>(),
            seconds in any::<u64>(),
            nanos in 0..1_000_000_000_u32,
        ) {
            let duration = Duration::new(seconds, nanos);
            let source = move || number;
            prop_assert_eq!(NoJitter.recalculate(duration), duration);
            let random = RandomJitter::with_source(source).recalculate(duration);
            prop_assert!(random.checked_sub(duration).is_some_and(|added| added < SECOND));
            let full = FullJitter::with_source(source).recalculate(duration);
            prop_assert!(full <= duration);
            let equal = EqualJitter::with_source(source).recalculate(duration);
            prop_assert!(equal >= duration / 2 && equal <= duration);
        }
    }
}
