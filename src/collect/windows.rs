//! Windows: how the range of a pass is cut, so that each costs as few pages as can be.

use std::collections::VecDeque;

use crate::model::RawEntry;

/// So many pages a window may have.
const MAX_PAGES: usize = 5;
/// So many are held at most, with those of the window that is being read; twice as many once
/// several windows are read at once.
const MAX_HELD: usize = 10;
/// So many of them do not wait for their turn: they are for the window that is being read.
const MIN_ROOM: usize = 2;
/// How long a window is at most, in pages, and how long one that is read beside others.
const LONG: usize = 4;
const SHORT: usize = 2;
/// Windows are read beside each other while reading has taken at most so many requests: for each
/// page, and beside that. Bursts make them cost more than one after the other.
const MOST_REQUESTS: f64 = 1.2;
const FREE_REQUESTS: f64 = 8.0;
/// What an empty window multiplies the width of the next by, and the most that a thin one does.
const GROWTH: i64 = 4;

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

    /// Its first `width` seconds, and the rest if there is one.
    fn split(self, width: i64) -> (Self, Option<Self>) {
        let end = self.from.saturating_add(width.max(1) - 1).min(self.to);
        let first = Self { to: end, ..self };
        let rest = (end < self.to).then(|| Self {
            from: end.saturating_add(1),
            to: self.to,
        });
        (first, rest)
    }
}

/// What reading a window came to. Entries are newest first, as they came.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// All of it, in so many pages: whole ones, and the share of the last.
    Whole { entries: Vec<RawEntry>, pages: f64 },
    /// Its end, complete from `boundary + 1` on. What lies up to there is to be read.
    Cut {
        entries: Vec<RawEntry>,
        boundary: i64,
        /// Entries a second at the boundary.
        density: f64,
    },
    /// Nothing of it: too much for what is known of it.
    Halve,
    /// Nothing of it, but it may come when it is tried again.
    Again,
    /// It is a single second, and more than can be held.
    Flood,
}

/// A window that is to be read, and how many pages of it may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) number: u64,
    pub(crate) window: Window,
    pub(crate) room: usize,
}

/// A window that is to be delivered.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) window: Window,
    /// Newest first; `None` for a second that is delivered page by page.
    pub(crate) entries: Option<Vec<RawEntry>>,
}

#[derive(Debug)]
struct Piece {
    window: Window,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Unread,
    Reading(Job),
    Held(Vec<RawEntry>),
    Flood,
}

/// The rest of a pass, in pieces that lie one behind the other.
///
/// The API gives the newest first, and a pass is delivered oldest first. So pages may come before
/// their turn: those stay, as a piece of their own, until all before them is delivered. The first
/// window is all of the range: one page of it shows how dense its end is, and mostly is all there
/// is.
#[derive(Debug)]
pub(crate) struct Plan {
    pieces: VecDeque<Piece>,
    page_size: u32,
    /// How many pages are held at most, with those that are being read.
    most: usize,
    numbers: u64,
    /// Entries a second at the lower end, by the last window that was read there.
    low: Option<f64>,
    /// Whether what was read before it was about as dense.
    steady: bool,
    /// How many pages have been read for good, and how many requests that took.
    pages: f64,
    requests: f64,
    /// How many entries have been delivered since the first, and of how many seconds.
    delivered: f64,
    span: f64,
    /// How wide that window was.
    width: i64,
    /// Entries a second at the last boundary.
    high: f64,
    /// How often in a row a window was too much.
    cuts: u32,
}

impl Plan {
    pub(crate) fn new(range: Window, page_size: u32) -> Self {
        Self {
            pieces: VecDeque::from([Piece {
                window: range,
                stage: Stage::Unread,
            }]),
            page_size: page_size.max(1),
            most: MAX_HELD,
            numbers: 0,
            low: None,
            steady: false,
            pages: 0.0,
            requests: 0.0,
            delivered: 0.0,
            span: 0.0,
            width: 1,
            high: 0.0,
            cuts: 0,
        }
    }

    /// The first window, if it has been read.
    pub(crate) fn take_ready(&mut self) -> Option<Ready> {
        if !matches!(self.pieces.front()?.stage, Stage::Held(_) | Stage::Flood) {
            return None;
        }
        let Piece { window, stage } = self.pieces.pop_front()?;
        let entries = match stage {
            Stage::Held(entries) => Some(entries),
            _ => None,
        };
        let count = entries.as_ref().map_or(0, Vec::len);
        if count > 0 || self.delivered > 0.0 {
            self.delivered += exact(count);
            self.span += seconds(window.width());
        }
        Some(Ready { window, entries })
    }

    /// How many entries wait for their turn.
    pub(crate) fn held(&self) -> usize {
        self.pieces.iter().map(Piece::held).sum()
    }

    fn held_pages(&self) -> usize {
        self.held().div_ceil(self.page_size as usize)
    }

    /// How many windows are being read, and how many pages those may have.
    fn reading(&self) -> (usize, usize) {
        let rooms = self.pieces.iter().filter_map(|piece| match piece.stage {
            Stage::Reading(job) => Some(job.room),
            _ => None,
        });
        rooms.fold((0, 0), |(count, sum), room| (count + 1, sum + room))
    }

    /// The next window to read, while fewer than `jobs` are being read. One at a time until it is
    /// known how dense the range is, and that it is so for a while; and where that has cost too
    /// many requests.
    pub(crate) fn next_window(&mut self, jobs: usize) -> Option<Job> {
        if jobs > 1 {
            self.most = 2 * MAX_HELD;
        }
        self.forget_newest();
        let (reading, promised) = self.reading();
        let room = self.most.saturating_sub(self.held_pages() + promised);
        let spends_little = self.requests <= MOST_REQUESTS * self.pages + FREE_REQUESTS;
        let is_steady = self.steady && spends_little;
        // The first shows whether the range is steady.
        let is_short = jobs > 1 && (is_steady || self.low.is_none());
        let pages = if is_short {
            SHORT
        } else {
            room.saturating_sub(MIN_ROOM).clamp(1, LONG)
        };
        let jobs = if is_steady { jobs } else { 1 };
        if reading >= jobs || reading > 0 && room < MIN_ROOM {
            return None;
        }
        let room = (room / (jobs - reading)).clamp(MIN_ROOM, MAX_PAGES);
        let is_unread = |piece: &Piece| matches!(piece.stage, Stage::Unread);
        let index = self.pieces.iter().position(is_unread)?;
        let is_held = |piece: &Piece| matches!(piece.stage, Stage::Held(_));
        let is_below_held = self.pieces.get(index + 1).is_some_and(is_held);
        let width = self.width_for(self.pieces.get(index)?.window, pages, is_below_held);
        let piece = self.pieces.get_mut(index)?;
        let (window, rest) = piece.window.split(width);
        self.numbers += 1;
        let job = Job {
            number: self.numbers,
            window,
            room,
        };
        piece.window = window;
        piece.stage = Stage::Reading(job);
        self.insert(index + 1, rest, Stage::Unread);
        Some(job)
    }

    /// How wide the window should be at the beginning of this gap.
    fn width_for(&self, gap: Window, pages: usize, is_below_held: bool) -> i64 {
        let whole = gap.width();
        let expected = match self.low {
            None => whole,
            Some(low) if low <= 0.0 => self.width.saturating_mul(GROWTH),
            Some(low) => {
                let growth = self.width.saturating_mul(GROWTH);
                // What has been so far may come again: bursts, or days after nights.
                let mean = self.delivered / self.span.max(1.0);
                self.fitting(low, pages)
                    .min(self.fitting(mean, pages))
                    .min(growth)
                    .max(self.fitting(low, 1))
            }
        };
        let bisect = self.cuts > 1 || is_below_held && self.low.is_none_or(|low| low <= 0.0);
        let most = if bisect {
            // It is denser further on: half of the way there, or what fits at that density.
            (whole / 2).max(self.fitting(self.high, pages))
        } else {
            whole
        };
        expected.min(most).clamp(1, whole)
    }

    /// How wide a window of so many pages is at this density. It aims a little lower, as events
    /// come at random: by two standard deviations of the difference of two such windows.
    fn fitting(&self, density: f64, pages: usize) -> i64 {
        let full = f64::from(self.page_size) * exact(pages);
        let aim = (full - 2.0 * (2.0 * full).sqrt()).max(full / 2.0);
        whole_seconds(aim / density)
    }

    /// Notes what reading a window came to.
    pub(crate) fn settle(&mut self, number: u64, outcome: Outcome) {
        let is_it =
            |piece: &Piece| matches!(piece.stage, Stage::Reading(job) if job.number == number);
        let Some(index) = self.pieces.iter().position(is_it) else {
            return;
        };
        let Some(piece) = self.pieces.get_mut(index) else {
            return;
        };
        let window = piece.window;
        match outcome {
            Outcome::Whole { entries, pages } => {
                self.cuts = 0;
                self.width = window.width();
                let density = pages * f64::from(self.page_size) / seconds(window.width());
                // Until there was one before it, by what the end of the range has shown.
                let before = self.low.unwrap_or(self.high);
                self.steady = density > 0.0 && (0.8..1.25).contains(&(before / density));
                self.low = Some(density);
                self.pages += pages;
                self.requests += pages.ceil().max(1.0);
                piece.stage = Stage::Held(entries);
            }
            Outcome::Cut {
                entries,
                boundary,
                density,
            } => {
                self.cuts += 1;
                self.steady = false;
                self.high = density;
                let boundary = boundary.clamp(window.from, window.to);
                let (lower, upper) = window.split(boundary - window.from + 1);
                piece.window = lower;
                piece.stage = Stage::Unread;
                if upper.is_some() {
                    self.insert(index + 1, upper, Stage::Held(entries));
                } else if window.width() > 1 {
                    // All that came is of the last second, which is more than that alone.
                    let (lower, upper) = window.split(window.width() - 1);
                    piece.window = lower;
                    self.insert(index + 1, upper, Stage::Unread);
                } else {
                    piece.stage = Stage::Flood;
                }
            }
            Outcome::Halve => {
                self.cuts += 1;
                let (lower, upper) = window.split(window.width() / 2);
                piece.window = lower;
                piece.stage = Stage::Unread;
                self.insert(index + 1, upper, Stage::Unread);
            }
            Outcome::Again => piece.stage = Stage::Unread,
            Outcome::Flood => piece.stage = Stage::Flood,
        }
    }

    /// Lets go of pages that wait longest for their turn while too many wait. They are read again
    /// then.
    fn forget_newest(&mut self) {
        let page = self.page_size as usize;
        let most = page.saturating_mul(self.most - MIN_ROOM);
        loop {
            let excess = self.held().saturating_sub(most).div_ceil(page);
            let index = self.pieces.iter().rposition(|piece| piece.held() > 0);
            let piece = index.and_then(|index| self.pieces.get_mut(index));
            let (1.., Some(index), Some(piece)) = (excess, index, piece) else {
                return;
            };
            let before = piece.held();
            let window = piece.let_go(excess.saturating_mul(page));
            if window.is_none() {
                piece.stage = Stage::Unread;
            }
            self.requests += exact((before - piece.held()).div_ceil(page));
            self.insert(index + 1, window, Stage::Unread);
            self.join_unread(index + usize::from(window.is_some()));
        }
    }

    fn insert(&mut self, index: usize, window: Option<Window>, stage: Stage) {
        if let Some(window) = window {
            self.pieces.insert(index, Piece { window, stage });
        }
    }

    /// Makes one of an unread piece and an unread one behind it.
    fn join_unread(&mut self, index: usize) {
        let is_unread =
            |piece: Option<&Piece>| piece.is_some_and(|piece| matches!(piece.stage, Stage::Unread));
        if is_unread(self.pieces.get(index)) && is_unread(self.pieces.get(index + 1)) {
            let to = self.pieces.remove(index + 1).map(|piece| piece.window.to);
            if let (Some(piece), Some(to)) = (self.pieces.get_mut(index), to) {
                piece.window.to = to;
            }
        }
    }

    /// Entries a second at the lower end, as far as is known.
    pub(crate) fn density(&self) -> Option<f64> {
        self.low
    }

    /// Tells how many pages so many seconds hold at the lower end, as far as is known.
    pub(crate) fn expected(&self) -> impl Fn(i64) -> Option<f64> + Send + Sync + use<> {
        let pages = self.low.map(|low| low / f64::from(self.page_size));
        move |width| Some(pages.filter(|pages| *pages > 0.0)? * seconds(width))
    }
}

impl Piece {
    fn held(&self) -> usize {
        match &self.stage {
            Stage::Held(entries) => entries.len(),
            _ => 0,
        }
    }

    /// Lets go of its newest entries, so many at least, and tells of which window they are. `None`
    /// where that would be all, or where it cannot be told.
    fn let_go(&mut self, count: usize) -> Option<Window> {
        let Stage::Held(entries) = &mut self.stage else {
            return None;
        };
        let is_of_window = |entry: &RawEntry| {
            let date = entry.date_create();
            date.is_some_and(|date| (self.window.from..=self.window.to).contains(&date))
        };
        if entries.len() <= count || !entries.iter().all(is_of_window) {
            return None;
        }
        let from = entries.get(count.checked_sub(1)?)?.date_create()?;
        let width = from.saturating_sub(self.window.from);
        if width < 1 {
            return None;
        }
        let (kept, let_go) = self.window.split(width);
        entries.retain(|entry| entry.date_create().is_some_and(|date| date <= kept.to));
        self.window = kept;
        let_go
    }
}

/// Exact up to 2^52 s.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn seconds(width: i64) -> f64 {
    width.max(1) as f64
}

/// Exact up to 2^52.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn exact(count: usize) -> f64 {
    count as f64
}

/// Saturates; what is no number is as wide as can be.
#[allow(clippy::cast_possible_truncation)]
fn whole_seconds(width: f64) -> i64 {
    if width.is_nan() {
        return i64::MAX;
    }
    (width as i64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: usize) -> Vec<RawEntry> {
        vec![RawEntry::from_json("{}"); count]
    }

    fn window(from: i64, to: i64) -> Window {
        Window { from, to }
    }

    /// With pages of 100 entries.
    fn plan(pieces: impl IntoIterator<Item = (i64, i64, Stage)>) -> Plan {
        let piece = |(from, to, stage)| Piece {
            window: window(from, to),
            stage,
        };
        Plan {
            pieces: pieces.into_iter().map(piece).collect(),
            ..Plan::new(window(0, 0), 100)
        }
    }

    /// Of an entry a second, with so many entries that wait behind what is unread.
    fn plan_with(held: usize) -> Plan {
        Plan {
            low: Some(1.0),
            width: 200,
            ..plan([
                (0, 8_999, Stage::Unread),
                (9_000, 9_999, Stage::Held(entries(held))),
            ])
        }
    }

    /// The window of that number.
    fn reading(number: u64) -> Stage {
        Stage::Reading(Job {
            number,
            window: window(0, 0),
            room: 5,
        })
    }

    /// The pieces: unread, being read, or so many entries.
    fn layout(plan: &Plan) -> Vec<(i64, i64, String)> {
        let pieces = plan.pieces.iter();
        pieces
            .map(|Piece { window, stage }| {
                let stage = match stage {
                    Stage::Held(entries) => entries.len().to_string(),
                    Stage::Reading(_) => "reading".to_owned(),
                    other => format!("{other:?}").to_lowercase(),
                };
                (window.from, window.to, stage)
            })
            .collect()
    }

    fn assert_layout(plan: &Plan, expected: &[(i64, i64, &str)]) {
        let layout = layout(plan);
        let layout: Vec<_> = layout.iter().map(|it| (it.0, it.1, &*it.2)).collect();
        assert_eq!(layout, expected);
    }

    #[test]
    fn a_window_is_split_without_a_gap() {
        for (width, end) in [(0, 10), (1, 10), (9, 18)] {
            let rest = Some(window(end + 1, 19));
            assert_eq!(window(10, 19).split(width), (window(10, end), rest));
        }
        for width in [10, 11, i64::MAX] {
            assert_eq!(window(10, 19).split(width), (window(10, 19), None));
        }
    }

    #[test]
    fn a_window_aims_a_little_below_whole_pages() {
        for (page_size, density, pages, width) in [
            (100, 1.0, 4, 343),
            (100, 1.0, 1, 71),
            (100, 0.5, 1, 143),
            (100, 1e9, 4, 1),
            (4, 1.0, 1, 2),
            (100, 0.0, 1, i64::MAX),
        ] {
            let plan = Plan::new(window(0, 0), page_size);
            assert_eq!(plan.fitting(density, pages), width);
        }
    }

    #[test]
    fn how_wide_the_next_window_is() {
        // By the density and the width of the last window, cuts, the density at the last boundary.
        for (low, last, cuts, high, is_below_held, width) in [
            (None, 1, 0, 0.0, false, 1_000),
            (None, 1, 1, 1.0, false, 1_000),
            (None, 1, 2, 1.0, false, 500),
            (None, 1, 2, 0.5, false, 686),
            (None, 1, 0, 1.0, true, 500),
            (Some(0.0), 10, 0, 0.0, false, 40),
            (Some(0.0), 500, 0, 9.0, true, 500),
            (Some(1.0), 10, 0, 0.0, false, 71),
            (Some(1.0), 50, 0, 0.0, false, 200),
            (Some(1.0), 100, 0, 0.0, false, 343),
            (Some(0.4), 900, 0, 9.0, true, 858),
            (Some(0.4), 900, 2, 9.0, false, 500),
            (Some(0.01), 900, 0, 0.0, false, 1_000),
        ] {
            let plan = Plan {
                low,
                width: last,
                cuts,
                high,
                ..plan([])
            };
            let found = plan.width_for(window(0, 999), 4, is_below_held);
            assert_eq!(found, width, "{low:?} {last} {cuts} {high} {is_below_held}");
        }
    }

    #[test]
    fn one_at_a_time_until_the_range_is_steady_and_then_no_more_than_there_is_room_for() {
        let mut first = plan([(0, 9_999, Stage::Unread)]);
        let job = first.next_window(4).map(|job| (job.number, job.window));
        assert_eq!(job, Some((1, window(0, 9_999))));
        assert_eq!(first.next_window(4), None);
        // Steady: short windows, as many as are wanted, or as there is room for.
        let cases = [
            (1, 0, 1),
            (4, 0, 4),
            (9, 0, 9),
            (4, 1_300, 3),
            (4, 1_600, 2),
        ];
        for (jobs, held, read) in cases {
            let mut plan = Plan {
                steady: true,
                ..plan_with(held)
            };
            let windows: Vec<_> = std::iter::from_fn(|| plan.next_window(jobs)).collect();
            assert_eq!(windows.len(), read, "{jobs} {held}");
            let (width, mut next) = (if jobs > 1 { 160 } else { 343 }, (1, 0));
            for job in windows {
                let expected = (next.0, window(next.1, next.1 + width - 1));
                assert_eq!((job.number, job.window), expected);
                next = (job.number + 1, job.window.to + 1);
            }
        }
        // The fuller it is, the shorter the next one.
        for (held, width) in [(0, 343), (400, 343), (401, 251), (700, 71), (800, 71)] {
            let mut plan = plan_with(held);
            let next = plan.next_window(1).map(|job| job.window.width());
            assert_eq!(next, Some(width), "{held}");
        }
    }

    #[test]
    fn a_whole_window_tells_how_dense_and_how_steady_the_range_is() {
        for (low, high, pages, steady) in [
            (Some(2.41), 0.0, 3.0, true),
            (Some(2.39), 0.0, 3.0, false),
            (Some(3.74), 0.0, 3.0, true),
            (Some(3.75), 0.0, 3.0, false),
            (None, 3.0, 3.0, true),
            (None, 0.0, 3.0, false),
            (Some(0.0), 0.0, 0.0, false),
        ] {
            let mut plan = Plan {
                low,
                high,
                cuts: 3,
                pages: 2.0,
                requests: 4.0,
                ..plan([(0, 99, reading(7)), (100, 199, Stage::Unread)])
            };
            let whole = |pages| Outcome::Whole {
                entries: entries(300),
                pages,
            };
            plan.settle(8, whole(9.0));
            assert_layout(&plan, &[(0, 99, "reading"), (100, 199, "unread")]);
            assert!(plan.take_ready().is_none());
            plan.settle(7, whole(pages));
            assert_layout(&plan, &[(0, 99, "300"), (100, 199, "unread")]);
            assert_eq!((plan.steady, plan.cuts, plan.width), (steady, 0, 100));
            assert_eq!(plan.density(), Some(pages));
            let requests = plan.requests - pages.max(1.0);
            assert_eq!((plan.pages - pages, requests), (2.0, 4.0));
            assert_eq!(plan.expected()(50), (pages > 0.0).then_some(1.5));
            let ready = plan.take_ready().expect("it is the first");
            assert_eq!(ready.window, window(0, 99));
            assert_eq!(ready.entries.map(|entries| entries.len()), Some(300));
        }
    }

    #[test]
    fn what_is_not_read_of_a_window_remains() {
        let cut = |boundary| Outcome::Cut {
            entries: entries(5),
            boundary,
            density: 7.0,
        };
        let (half, rest) = ((15, 19, "unread"), (20, 29, "unread"));
        for (from, outcome, expected) in [
            (10, cut(14), &[(10, 14, "unread"), (15, 19, "5"), rest][..]),
            (10, cut(10), &[(10, 10, "unread"), (11, 19, "5"), rest]),
            (10, cut(-9), &[(10, 10, "unread"), (11, 19, "5"), rest]),
            (10, cut(19), &[(10, 18, "unread"), (19, 19, "unread"), rest]),
            (18, cut(19), &[(18, 18, "unread"), (19, 19, "unread"), rest]),
            (19, cut(19), &[(19, 19, "flood"), rest]),
            (10, Outcome::Halve, &[(10, 14, "unread"), half, rest]),
            (11, Outcome::Halve, &[(11, 14, "unread"), half, rest]),
            (10, Outcome::Again, &[(10, 19, "unread"), rest]),
            (19, Outcome::Flood, &[(19, 19, "flood"), rest]),
        ] {
            let mut plan = plan([(from, 19, reading(1)), (20, 29, Stage::Unread)]);
            (plan.cuts, plan.steady) = (4, true);
            let is_cut = matches!(outcome, Outcome::Cut { .. });
            let is_halved = matches!(outcome, Outcome::Halve);
            plan.settle(1, outcome);
            assert_layout(&plan, expected);
            assert_eq!(plan.cuts, if is_cut || is_halved { 5 } else { 4 });
            assert_eq!((plan.steady, plan.high > 6.0), (!is_cut, is_cut));
            let ready = plan.take_ready();
            let is_flood = ready.is_some_and(|ready| ready.entries.is_none());
            assert_eq!(is_flood, expected[0].2 == "flood");
        }
    }

    #[test]
    fn several_are_read_at_once_while_the_range_is_steady_and_that_costs_little() {
        for (steady, requests, count) in [(true, 20.0, 4), (true, 20.5, 1), (false, 0.0, 1)] {
            let mut plan = Plan {
                steady,
                requests,
                pages: 10.0,
                low: Some(1.0),
                width: 200,
                ..plan([(0, 8_999, Stage::Unread)])
            };
            let windows = std::iter::from_fn(|| plan.next_window(4));
            assert_eq!(windows.count(), count, "{steady} {requests}");
        }
    }

    #[test]
    fn a_window_is_the_beginning_of_what_is_unread() {
        let mut plan = Plan {
            low: Some(0.0),
            high: 9.0,
            width: 900,
            ..plan([
                (0, 9, Stage::Flood),
                (10, 1_009, Stage::Unread),
                (1_010, 1_099, Stage::Held(entries(5))),
            ])
        };
        // Pages wait behind it: half of the way to them.
        let job = plan.next_window(1).expect("the first");
        assert_eq!(job.window, window(10, 509));
        let (before, behind) = ((0, 9, "flood"), (1_010, 1_099, "5"));
        let unread = (510, 1_009, "unread");
        assert_layout(&plan, &[before, (10, 509, "reading"), unread, behind]);
    }

    #[test]
    fn windows_may_have_what_is_left_of_the_pages_that_are_held() {
        for (jobs, held, rooms) in [
            (1, 0, &[5][..]),
            (1, 500, &[5]),
            (1, 501, &[4]),
            (1, 800, &[2]),
            (2, 0, &[5, 5]),
            (4, 0, &[5, 5, 5, 5]),
            (4, 400, &[4, 4, 4, 4]),
            (4, 401, &[3, 4, 4, 4]),
            (4, 1_300, &[2, 2, 2]),
            (4, 1_600, &[2, 2]),
            (4, 1_800, &[2]),
        ] {
            let mut plan = Plan {
                steady: true,
                ..plan_with(held)
            };
            let given = std::iter::from_fn(|| plan.next_window(jobs));
            let given: Vec<_> = given.map(|job| job.room).collect();
            assert_eq!(given, rooms, "{jobs} {held}");
        }
    }

    #[test]
    fn a_window_is_no_wider_than_what_has_been_so_far_lets_expect() {
        let held = |count| Stage::Held(entries(count));
        let mut plan = plan([
            (0, 999, held(0)),
            (1_000, 1_099, held(10)),
            (1_100, 1_199, Stage::Flood),
            (1_200, 1_299, held(0)),
            (1_300, 1_399, held(390)),
            (1_400, 9_999, Stage::Unread),
        ]);
        while plan.take_ready().is_some() {}
        assert_eq!((plan.delivered, plan.span), (400.0, 400.0));
        let gap = window(1_400, 9_999);
        for (low, width) in [(1.0, 343), (2.0, 171), (0.25, 343), (0.1, 717)] {
            (plan.low, plan.width) = (Some(low), 9_999);
            let found = plan.width_for(gap, 4, false);
            assert_eq!(found, width, "{low}");
        }
    }

    /// One entry for each date, newest first.
    fn dated(dates: impl DoubleEndedIterator<Item = i64>) -> Vec<RawEntry> {
        let entry = |date| RawEntry::from_json(format!(r#"{{"date_create":{date}}}"#));
        dates.rev().map(entry).collect()
    }

    #[test]
    fn pages_that_wait_longest_for_their_turn_are_let_go_of() {
        let plan_of = |first: Vec<RawEntry>, second: Vec<RawEntry>| {
            plan([
                (0, 999, Stage::Unread),
                (1_000, 1_999, Stage::Held(first)),
                (2_000, 2_999, Stage::Held(second)),
                (3_000, 3_999, Stage::Unread),
            ])
        };
        let rest = (0, 999, "unread");
        let (gap, first) = ((1_000, 1_999, "unread"), (1_000, 1_999, "400"));
        let (empty, last) = ((2_000, 2_999, "0"), (3_000, 3_999, "unread"));
        let (few, all) = (
            [rest, first, (2_000, 2_999, "400"), last],
            (1_000, 3_999, "unread"),
        );
        let of_400 = || entries(400);
        // Every ninth second has nine, one second has all, the first second has a hundred.
        let in_nines = dated((0..401).map(|n| 2_000 + n / 9 * 9));
        let at = |second| dated(std::iter::repeat_n(second, 401));
        let hundred = dated((0..401).map(|n| 2_000 + i64::from(n > 99)));
        let cut = |to, count| [rest, first, (2_000, to, count), (to + 1, 3_999, "unread")];
        let let_go = [rest, first, (2_000, 3_999, "unread")];
        for (first, second, expected, requests) in [
            (of_400(), of_400(), &few[..], 0.0),
            // Without dates it cannot be told of which seconds they are.
            (of_400(), entries(401), &let_go, 5.0),
            (entries(801), entries(1), &[rest, all], 10.0),
            // As many whole pages as are too many.
            (of_400(), dated(2_000..2_401), &cut(2_300, "301"), 1.0),
            (of_400(), dated(2_000..2_501), &cut(2_300, "301"), 2.0),
            // Whole seconds.
            (of_400(), in_nines, &cut(2_296, "297"), 2.0),
            (of_400(), at(2_500), &cut(2_499, "0"), 5.0),
            (of_400(), at(2_000), &let_go, 5.0),
            (of_400(), hundred, &cut(2_000, "100"), 4.0),
            // What is known to be empty stays.
            (entries(801), entries(0), &[rest, gap, empty, last], 9.0),
            // One of another window.
            (of_400(), dated(1_999..2_400), &let_go, 5.0),
        ] {
            let mut plan = plan_of(first, second);
            plan.forget_newest();
            assert_layout(&plan, expected);
            assert!((plan.requests - requests).abs() < 1e-9, "{}", plan.requests);
            let ends = plan.pieces.iter().zip(plan.pieces.iter().skip(1));
            for (piece, next) in ends {
                assert_eq!(piece.window.to + 1, next.window.from);
            }
        }
    }
}
