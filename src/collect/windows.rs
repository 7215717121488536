//! Windows: how the range of a pass is cut, so that each costs as few pages as can be.

use std::collections::VecDeque;

use crate::model::RawEntry;

/// So many pages wait for their turn at most, twice as many once several windows are read at once;
/// and so many a window may have.
pub(crate) const MAX_PAGES: u32 = 5;
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
    Reading(u64),
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
    /// How many pages are held at most.
    most: usize,
    numbers: u64,
    /// Entries a second at the lower end, by the last window that was read there.
    low: Option<f64>,
    /// Whether what was read before it was about as dense.
    steady: bool,
    /// How many pages have been read for good, and how many requests that took.
    pages: f64,
    requests: f64,
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
            most: MAX_PAGES as usize,
            numbers: 0,
            low: None,
            steady: false,
            pages: 0.0,
            requests: 0.0,
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
        Some(Ready { window, entries })
    }

    /// How many entries wait for their turn.
    pub(crate) fn held(&self) -> usize {
        self.pieces.iter().map(Piece::held).sum()
    }

    fn reading(&self) -> usize {
        let is_reading = |piece: &&Piece| matches!(piece.stage, Stage::Reading(_));
        self.pieces.iter().filter(is_reading).count()
    }

    /// The next window to read, with its number, while fewer than `jobs` are being read. One at a
    /// time until it is known how dense the range is, and that it is so for a while; and where
    /// that has cost too many requests.
    pub(crate) fn next_window(&mut self, jobs: usize) -> Option<(u64, Window)> {
        if jobs > 1 {
            self.most = 2 * MAX_PAGES as usize;
        }
        let reading = self.reading();
        let held = self.held().div_ceil(self.page_size as usize);
        let room = self.most.saturating_sub(held);
        let spends_little = self.requests <= MOST_REQUESTS * self.pages + FREE_REQUESTS;
        let is_steady = self.steady && spends_little;
        // The first shows whether the range is steady.
        let is_short = jobs > 1 && (is_steady || self.low.is_none());
        let pages = if is_short { SHORT } else { room.clamp(1, LONG) };
        let jobs = if is_steady { jobs } else { 1 };
        if reading >= jobs || reading > 0 && (reading + 1) * pages > room {
            return None;
        }
        let pages = u32::try_from(pages).unwrap_or(1);
        let is_unread = |piece: &Piece| matches!(piece.stage, Stage::Unread);
        let index = self.pieces.iter().position(is_unread)?;
        let is_held = |piece: &Piece| matches!(piece.stage, Stage::Held(_));
        let is_below_held = self.pieces.get(index + 1).is_some_and(is_held);
        let width = self.width_for(self.pieces.get(index)?.window, pages, is_below_held);
        let piece = self.pieces.get_mut(index)?;
        let (window, rest) = piece.window.split(width);
        self.numbers += 1;
        piece.window = window;
        piece.stage = Stage::Reading(self.numbers);
        if let Some(window) = rest {
            let stage = Stage::Unread;
            self.pieces.insert(index + 1, Piece { window, stage });
        }
        Some((self.numbers, window))
    }

    /// How wide the window should be at the beginning of this gap.
    fn width_for(&self, gap: Window, pages: u32, is_below_held: bool) -> i64 {
        let whole = gap.width();
        let expected = match self.low {
            None => whole,
            Some(low) if low <= 0.0 => self.width.saturating_mul(GROWTH),
            Some(low) => {
                let growth = self.width.saturating_mul(GROWTH);
                self.fitting(low, pages)
                    .min(growth.max(self.fitting(low, 1)))
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
    fn fitting(&self, density: f64, pages: u32) -> i64 {
        let full = f64::from(self.page_size) * f64::from(pages);
        let aim = (full - 2.0 * (2.0 * full).sqrt()).max(full / 2.0);
        whole_seconds(aim / density)
    }

    /// Notes what reading a window came to.
    pub(crate) fn settle(&mut self, number: u64, outcome: Outcome) {
        let is_it = |piece: &Piece| matches!(piece.stage, Stage::Reading(it) if it == number);
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
                if let Some(window) = upper {
                    let stage = Stage::Held(entries);
                    self.pieces.insert(index + 1, Piece { window, stage });
                } else if window.width() > 1 {
                    // All that came is of the last second, which is more than that alone.
                    let (lower, upper) = window.split(window.width() - 1);
                    piece.window = lower;
                    if let Some(window) = upper {
                        let stage = Stage::Unread;
                        self.pieces.insert(index + 1, Piece { window, stage });
                    }
                } else {
                    piece.stage = Stage::Flood;
                }
                self.forget_newest();
            }
            Outcome::Halve => {
                self.cuts += 1;
                let (lower, upper) = window.split(window.width() / 2);
                piece.window = lower;
                piece.stage = Stage::Unread;
                if let Some(window) = upper {
                    let stage = Stage::Unread;
                    self.pieces.insert(index + 1, Piece { window, stage });
                }
            }
            Outcome::Again => piece.stage = Stage::Unread,
            Outcome::Flood => piece.stage = Stage::Flood,
        }
    }

    /// Lets go of what waits longest for its turn while too much is held. It is read again then.
    fn forget_newest(&mut self) {
        let most = (self.page_size as usize).saturating_mul(self.most);
        while self.held() > most {
            let is_held = |piece: &Piece| matches!(piece.stage, Stage::Held(_));
            let Some(index) = self.pieces.iter().rposition(is_held) else {
                return;
            };
            if let Some(piece) = self.pieces.get_mut(index) {
                self.requests += piece.held_pages(self.page_size);
                piece.stage = Stage::Unread;
            }
            self.join_unread(index);
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

    fn held_pages(&self, page_size: u32) -> f64 {
        let pages = self.held().div_ceil(page_size as usize);
        f64::from(u32::try_from(pages).unwrap_or(u32::MAX))
    }
}

/// Exact up to 2^52 s.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn seconds(width: i64) -> f64 {
    width.max(1) as f64
}

/// Saturates; what is no number is as wide as can be.
#[allow(clippy::cast_possible_truncation)]
fn whole_seconds(width: f64) -> i64 {
    if width.is_nan() {
        return i64::MAX;
    }
    (width as i64).max(1)
}
