//! Windows: how a range of seconds is cut into pieces of a few pages each.

/// Seconds from the first to the last, both included, as the API's bounds are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Window {
    /// How many seconds it covers; at least one.
    pub(crate) fn width(self) -> i64 {
        self.to.saturating_sub(self.from).saturating_add(1).max(1)
    }

    /// The part after its first `width` seconds, if there is one.
    pub(crate) fn split(self, width: i64) -> (Self, Option<Self>) {
        let end = self.from.saturating_add(width.max(1) - 1).min(self.to);
        let first = Self { to: end, ..self };
        let rest = (end < self.to).then(|| Self {
            from: end.saturating_add(1),
            to: self.to,
        });
        (first, rest)
    }
}

/// A window of more pages than this is dropped and cut.
pub(crate) const MAX_PAGES: usize = 5;
/// Pages may be nearly empty, as a filter is applied while the server searches: so many of those
/// are still one window.
pub(crate) const MAX_THIN_PAGES: usize = 20;
/// And whatever they hold, the bodies of a window are bounded: 256 MiB.
pub(crate) const MAX_BYTES: usize = 256 << 20;

/// An hour: small enough for the busiest organization, and eight empty windows of four times the
/// width each reach back to 2018.
const FIRST_WIDTH: i64 = 3_600;
/// What an empty window multiplies the width by, and the most that a thin one does.
const GROWTH: i64 = 4;

/// How wide the next window should be, from what the last ones held: about half of what a window
/// may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    width: i64,
    page_size: u32,
    dense: Option<Dense>,
}

/// The last window that was too full.
#[derive(Clone, Copy, Debug)]
struct Dense {
    /// Its last second, around which it is dense.
    end: i64,
    /// How wide a window fits there.
    fitting: i64,
}

impl Pace {
    pub(crate) fn new(page_size: u32) -> Self {
        Self {
            width: FIRST_WIDTH,
            page_size: page_size.max(1),
            dense: None,
        }
    }

    /// How wide the window should be that begins at this second.
    ///
    /// Before the end of a window that was too full, an empty one says little of what comes: no
    /// more than half the way to there is taken at once, so that its dense part is found by
    /// bisection and not by reading it again and again.
    pub(crate) fn width(&self, from: i64) -> i64 {
        match self.dense {
            Some(dense) if from <= dense.end => {
                let half_way = dense.end.saturating_sub(from) / 2;
                self.width.min(half_way.max(dense.fitting)).max(1)
            }
            _ => self.width,
        }
    }

    /// A window held this many entries.
    pub(crate) fn held(&mut self, window: Window, entries: usize) {
        if entries == 0 {
            // A window that the end of its range cut short says nothing against a wider one.
            self.width = self.width.max(window.width().saturating_mul(GROWTH));
            return;
        }
        let fitting = self.fitting(window.width(), entries);
        if let Some(dense) = &mut self.dense {
            dense.fitting = dense
                .fitting
                .max(fitting.min(dense.fitting.saturating_mul(GROWTH)));
        }
        self.width = if fitting > self.width {
            fitting.min(self.width.saturating_mul(GROWTH))
        } else {
            fitting
        };
    }

    /// A window was too full: `entries` of it were in its last `covered` seconds. The width is at
    /// least halved.
    pub(crate) fn overfull(&mut self, window: Window, entries: usize, covered: i64) {
        let half = (window.width() / 2).max(1);
        self.width = self.fitting(covered.max(1), entries.max(1)).min(half);
        self.dense = Some(Dense {
            end: window.to,
            fitting: self.width,
        });
    }

    /// The width at which windows as dense as this would be half full.
    fn fitting(&self, width: i64, entries: usize) -> i64 {
        let target = i128::from(self.page_size) * (MAX_PAGES as i128) / 2;
        let entries = i128::try_from(entries).unwrap_or(i128::MAX).max(1);
        let fitting = i128::from(width).saturating_mul(target) / entries;
        i64::try_from(fitting).unwrap_or(i64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn empty_years_cost_a_handful() {
        // March 2018 to the end of 2026.
        let (start, end) = (1_519_862_400, 1_798_761_600);
        let mut pace = Pace::new(9_999);
        let (mut from, mut windows) = (start, 0);
        while from <= end {
            let (window, _) = Window { from, to: end }.split(pace.width(from));
            pace.held(window, 0);
            from = window.to + 1;
            windows += 1;
        }
        assert!(windows <= 9, "{windows}");
    }

    #[test]
    fn a_split_leaves_no_second_out() {
        let window = Window { from: 10, to: 19 };
        assert_eq!(window.width(), 10);
        assert_eq!(
            window.split(4),
            (
                Window { from: 10, to: 13 },
                Some(Window { from: 14, to: 19 })
            )
        );
        assert_eq!(window.split(10), (window, None));
        assert_eq!(window.split(0).0, Window { from: 10, to: 10 });
        assert_eq!(window.split(i64::MAX), (window, None));
    }

    #[test]
    fn a_dense_end_is_cut_by_its_density() {
        let mut pace = Pace::new(100);
        let year = Window {
            from: 0,
            to: 31_536_000 - 1,
        };
        // 500 entries in the last 1,000 seconds: 250 fit into 500.
        pace.overfull(year, 500, 1_000);
        assert_eq!(pace.width(0), 500);
        // Spread evenly it is cut in half all the same.
        pace.overfull(Window { from: 0, to: 99 }, 500, 100);
        assert_eq!(pace.width(0), 50);
        pace.overfull(Window { from: 0, to: 0 }, 500, 1);
        assert_eq!(pace.width(0), 1);
    }

    proptest! {
        #[test]
        fn widths_stay_positive_and_shrink_when_they_must(
            held in proptest::collection::vec((any::<bool>(), 0usize..100_000, 1i64..400_000_000), 1..60),
            page_size in 1u32..=9_999,
        ) {
            let mut pace = Pace::new(page_size);
            let mut from = 0i64;
            for (full, entries, covered) in held {
                let (window, _) = Window { from, to: i64::MAX / 2 }.split(pace.width(from));
                let before = window.width();
                if full {
                    pace.overfull(window, entries, covered);
                    prop_assert!(pace.width(from) <= (before / 2).max(1));
                } else {
                    pace.held(window, entries);
                    from = window.to + 1;
                }
                prop_assert!(pace.width(from) >= 1);
            }
        }

        #[test]
        fn any_walk_covers_every_second_once(
            length in 1i64..100_000, widths in proptest::collection::vec(1i64..5_000, 1..50),
        ) {
            let mut rest = Some(Window { from: 0, to: length - 1 });
            let mut next = 0;
            let mut widths = widths.into_iter().cycle();
            while let Some(window) = rest {
                let (first, after) = window.split(widths.next().unwrap_or(1));
                prop_assert_eq!(first.from, next);
                next = first.to + 1;
                rest = after;
            }
            prop_assert_eq!(next, length);
        }
    }
}
