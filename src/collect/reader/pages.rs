//! The pages of one window, newest first: read to its end, or as far as they may be held.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use bytes::Bytes;
use http::{Request, Response};
use tower::{BoxError, Service};

use super::{Fetched, FetchedPage, Reader};
use crate::{
    body::Body,
    collect::{
        End,
        windows::{Outcome, Window, exact, seconds},
    },
    endpoint::LogsRequest,
    model::RawEntry,
};

/// Pages may be nearly empty, as a filter is applied while the server searches: after so many a
/// window is cut.
const MAX_THIN_PAGES: u32 = 20;
/// And whatever they hold, the bodies of a window are bounded: 256 MiB.
const MAX_BYTES: usize = 256 << 20;

impl<S> Reader<S>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Reads a window, or as much of its end as there is room for, in pages. `expected` tells how
    /// many pages its beginning may hold, by its width.
    pub(crate) async fn read(
        &self,
        window: Window,
        room: usize,
        expected: impl Fn(i64) -> Option<f64>,
    ) -> Result<Outcome, End> {
        let limit = self.state().limit;
        let most = (limit as usize).saturating_mul(room);
        let mut pages = WindowPages::new(self, window, limit);
        let mut held = Held::new(window);
        loop {
            let Some(page) = pages.next().await? else {
                // What has come is whole: the rest is another window.
                self.restarted();
                return Ok(held.cut().unwrap_or(Outcome::Again));
            };
            let is_last = page.cursor.is_none();
            held.add(page);
            if is_last {
                self.settled();
                return Ok(held.whole(limit));
            }
            if held.empty >= MAX_THIN_PAGES && held.entries.is_empty() {
                self.restarted();
                if window.width() > 1 {
                    return Ok(Outcome::Halve);
                }
                self.again(
                    window,
                    "pages without events have cursors to ever more of them",
                )
                .await?;
                return Ok(Outcome::Again);
            }
            let left = held.left(&expected);
            let is_long = left > 1.0 && f64::from(held.pages) + left > exact(room) + 0.5;
            if is_long || held.is_full(most) {
                return Ok(match held.cut() {
                    Some(cut) => cut,
                    None if window.width() > 1 => Outcome::Halve,
                    // Nothing is left of a second that is in order, so it is full.
                    None => Outcome::Flood,
                });
            }
        }
    }

    /// The pages of a single second, each as it comes.
    pub(crate) fn second(&self, window: Window) -> WindowPages<'_, S> {
        WindowPages::new(self, window, self.state().limit)
    }
}

/// The pages of one window, with bounds that stay as they are.
pub(crate) struct WindowPages<'a, S> {
    reader: &'a Reader<S>,
    window: Window,
    request: LogsRequest,
    ended: bool,
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl<'a, S> WindowPages<'a, S>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
{
    fn new(reader: &'a Reader<S>, window: Window, limit: u32) -> Self {
        let request = reader.filters.clone();
        Self {
            reader,
            window,
            request: request.oldest(window.from).latest(window.to).limit(limit),
            ended: false,
            seen: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// The next page; `None` where they have to begin anew.
    async fn next(&mut self) -> Result<Option<FetchedPage>, End> {
        let request = self.request.clone();
        let why = match self.reader.fetch(request, Some(self.window)).await? {
            Fetched::Smaller => return Ok(None),
            Fetched::Rejected => "Slack rejected its cursor (invalid_cursor)",
            Fetched::Page(page) => match &page.cursor {
                Some(cursor) if !self.seen.insert(self.hasher.hash_one(cursor)) => {
                    "its cursors lead in a circle"
                }
                cursor => {
                    match cursor {
                        Some(cursor) => self.request.set_cursor(cursor),
                        None => self.ended = true,
                    }
                    return Ok(Some(page));
                }
            },
        };
        self.reader.again(self.window, why).await?;
        Ok(None)
    }

    /// The next page of a single second; `None` after the last. It begins anew where it must.
    pub(crate) async fn next_entries(&mut self) -> Result<Option<Vec<RawEntry>>, End> {
        let mut empty = 0;
        while !self.ended {
            match self.next().await? {
                Some(page) if page.entries.is_empty() && !self.ended => {
                    empty += 1;
                    if empty < MAX_THIN_PAGES {
                        continue;
                    }
                    let why = "pages without events have cursors to ever more of them";
                    self.reader.again(self.window, why).await?;
                }
                Some(page) => return Ok(Some(page.entries)),
                None => {}
            }
            self.reader.restarted();
            *self = Self::new(self.reader, self.window, self.reader.state().limit);
        }
        self.reader.settled();
        Ok(None)
    }
}

/// What has come of a window.
struct Held {
    window: Window,
    entries: Vec<RawEntry>,
    pages: u32,
    /// Empty pages in a row.
    empty: u32,
    bytes: usize,
    last_page: usize,
    /// Whether every entry has a date, none is newer than the one before, and all are of the
    /// window. Only then does the last one tell how far the pages reach.
    is_ordered: bool,
    /// The dates of the last entry, and of the last on the page before.
    oldest: i64,
    oldest_before: i64,
}

impl Held {
    fn new(window: Window) -> Self {
        Self {
            window,
            entries: Vec::new(),
            pages: 0,
            empty: 0,
            bytes: 0,
            last_page: 0,
            is_ordered: true,
            oldest: window.to,
            oldest_before: window.to,
        }
    }

    fn add(&mut self, page: FetchedPage) {
        self.pages += 1;
        self.bytes = self.bytes.saturating_add(page.bytes);
        self.last_page = page.entries.len();
        if page.entries.is_empty() {
            self.empty += 1;
            return;
        }
        self.empty = 0;
        self.oldest_before = self.oldest;
        for entry in &page.entries {
            match entry.date_create() {
                Some(date) if date <= self.oldest && date >= self.window.from => {
                    self.oldest = date;
                }
                _ => self.is_ordered = false,
            }
        }
        self.entries.extend(page.entries);
    }

    fn is_full(&self, most: usize) -> bool {
        // Pages are a little shorter or longer than asked for.
        self.entries.len() >= most - most / 20
            || self.bytes >= MAX_BYTES
            || self.pages >= MAX_THIN_PAGES
    }

    /// How many pages are still to come, as far as can be told: by the span of the last one, and by
    /// what is expected where the window begins.
    fn left(&self, expected: impl Fn(i64) -> Option<f64>) -> f64 {
        let left = self.oldest.saturating_sub(self.window.from);
        if !self.is_ordered || self.entries.is_empty() || left <= 0 {
            return 0.0;
        }
        let span = self.oldest_before.saturating_sub(self.oldest);
        let as_dense = seconds(left) / seconds(span);
        expected(left).map_or(as_dense, |expected| expected.min(as_dense))
    }

    /// All of the window.
    fn whole(self, limit: u32) -> Outcome {
        let share = (exact(self.last_page) / f64::from(limit.max(1))).min(1.0);
        Outcome::Whole {
            pages: f64::from(self.pages.saturating_sub(1)) + share,
            entries: self.entries,
        }
    }

    /// What is complete of it: all but the second that the last page ends in. `None` where that
    /// cannot be told, or is nothing.
    fn cut(&mut self) -> Option<Outcome> {
        let boundary = self.oldest;
        let is_second = boundary == self.window.to && self.window.width() == 1;
        if !self.is_ordered || self.entries.is_empty() || is_second {
            return None;
        }
        let span = self.oldest_before.saturating_sub(boundary);
        let mut entries = std::mem::take(&mut self.entries);
        entries.retain(|entry| entry.date_create().is_some_and(|date| date > boundary));
        Some(Outcome::Cut {
            entries,
            boundary,
            density: exact(self.last_page) / seconds(span),
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::{
        super::tests::{Scripted, WINDOW, page as page_body, reader_of},
        *,
    };

    /// A page of 10 bytes with these dates; 0 is an entry without one.
    fn page(dates: &[i64]) -> FetchedPage {
        let entry = |date: &i64| match date {
            0 => RawEntry::from_json("{}"),
            date => RawEntry::from_json(format!(r#"{{"date_create":{date}}}"#)),
        };
        FetchedPage {
            entries: dates.iter().map(entry).collect(),
            cursor: None,
            bytes: 10,
        }
    }

    fn held(window: Window, pages: &[&[i64]]) -> Held {
        let mut held = Held::new(window);
        for dates in pages {
            held.add(page(dates));
        }
        held
    }

    /// How many entries are complete, from which second on, and at which density.
    fn cut(held: &mut Held) -> Option<(usize, i64, f64)> {
        match held.cut()? {
            Outcome::Cut {
                entries,
                boundary,
                density,
            } => Some((entries.len(), boundary, density)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_whole_seconds_of_what_is_in_order_are_complete() {
        let second = Window { from: 199, to: 199 };
        let two_of_180 = &[&[190, 180, 180][..]][..];
        let two_pages = &[&[190, 180][..], &[180, 170, 170]];
        for (window, pages, expected) in [
            (WINDOW, two_of_180, Some((1, 180, 3.0 / 19.0))),
            (WINDOW, two_pages, Some((3, 170, 0.3))),
            (WINDOW, &[&[199, 199]], Some((0, 199, 2.0))),
            (WINDOW, &[&[100]], Some((0, 100, 1.0 / 99.0))),
            (WINDOW, &[&[180, 190]], None),
            (WINDOW, &[&[180], &[190]], None),
            (WINDOW, &[&[180, 99]], None),
            (WINDOW, &[&[200, 180]], None),
            (WINDOW, &[&[180, 0]], None),
            (WINDOW, &[&[]], None),
            (second, &[&[199, 199]], None),
        ] {
            let mut held = held(window, pages);
            let before = held.entries.len();
            assert_eq!(cut(&mut held), expected, "{pages:?}");
            if expected.is_none() {
                assert_eq!(held.entries.len(), before, "nothing is lost");
            }
        }
    }

    #[test]
    fn what_is_left_is_told_by_the_last_page_and_by_what_is_expected() {
        for (pages, expected, left) in [
            // 50 s are left, and the page had 49.
            (&[&[199, 150][..]][..], None, 50.0 / 49.0),
            (&[&[199, 189], &[180, 160]], None, 60.0 / 29.0),
            (&[&[199, 150]], Some(0.5), 0.5),
            (&[&[199, 150]], Some(7.0), 50.0 / 49.0),
            (&[&[199, 100]], None, 0.0),
            (&[&[150, 160]], None, 0.0),
        ] {
            let found = held(WINDOW, pages).left(|_| expected);
            assert!((found - left).abs() < 1e-9, "{pages:?}: {found}");
        }
    }

    #[test]
    fn a_window_is_full_of_entries_of_bytes_or_of_pages() {
        for (entries, bytes, pages, expected) in [
            (94, 0, 1, false),
            (95, 0, 1, true),
            (1, MAX_BYTES - 1, 1, false),
            (1, MAX_BYTES, 1, true),
            (1, 0, MAX_THIN_PAGES - 1, false),
            (1, 0, MAX_THIN_PAGES, true),
        ] {
            let mut held = held(WINDOW, &[&vec![150; entries]]);
            (held.bytes, held.pages) = (bytes, pages);
            assert_eq!(held.is_full(100), expected, "{entries} {bytes} {pages}");
        }
    }

    #[test]
    fn pages_are_counted_with_the_share_of_the_last() {
        for (pages, limit, expected) in [
            (&[&[150; 4][..]][..], 4, 1.0),
            (&[&[150; 4], &[150; 1]], 4, 1.25),
            (&[&[150; 4], &[150; 9]], 4, 2.0),
            (&[&[]], 4, 0.0),
        ] {
            let held = held(WINDOW, pages);
            assert_eq!(held.bytes, 10 * pages.len());
            let Outcome::Whole {
                entries,
                pages: found,
            } = held.whole(limit)
            else {
                panic!("whole")
            };
            assert!((found - expected).abs() < 1e-9, "{found}");
            assert_eq!(
                entries.len(),
                pages.iter().map(|page| page.len()).sum::<usize>()
            );
        }
        let empty = |pages: &[&[i64]]| held(WINDOW, pages).empty;
        assert_eq!(empty(&[&[], &[]]), 2);
        assert_eq!(empty(&[&[], &[150], &[]]), 1);
    }

    /// What calls come to that find pages with these dates and cursors.
    fn responses<'a>(
        pages: impl IntoIterator<Item = (&'a [i64], &'a str)>,
    ) -> impl Iterator<Item = Scripted> {
        let response = |(dates, cursor)| (0, Ok(page_body(dates, cursor)));
        let responses: Vec<_> = pages.into_iter().map(response).collect();
        responses.into_iter()
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_would_be_too_long_is_cut_after_its_first_page() {
        for (expected, is_cut) in [(1.0, false), (4.5, false), (4.6, true), (9.0, true)] {
            let calls = responses([(&[199, 190][..], "a"), (&[180], "")]);
            let (reader, sent) = reader_of(2, false, calls);
            let read = reader.read(WINDOW, 5, |_| Some(expected)).await;
            let found = match read.expect("read") {
                Outcome::Cut {
                    entries,
                    boundary: 190,
                    ..
                } => entries.len() == 1,
                Outcome::Whole { entries, .. } => entries.len() != 3,
                other => panic!("{other:?}"),
            };
            assert_eq!(found, is_cut, "{expected}");
            assert_eq!(sent.lock().expect("whole").len(), 2 - usize::from(is_cut));
        }
        // One page more is as good as any cut.
        let dates: Vec<[i64; 1]> = (0..6).map(|page| [199 - page]).collect();
        let cursors = ["a", "b", "c", "d", "e", ""];
        let pages = dates
            .iter()
            .zip(cursors)
            .map(|(dates, cursor)| (&dates[..], cursor));
        let (reader, _) = reader_of(2, false, responses(pages));
        let read = reader.read(WINDOW, 5, |_| Some(1.0)).await.expect("read");
        assert!(matches!(read, Outcome::Whole { entries, .. } if entries.len() == 6));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_window_without_order_is_halved_and_a_full_second_is_a_flood() {
        let second = Window { from: 100, to: 100 };
        for (window, dates) in [(second, [100, 100]), (WINDOW, [101, 100])] {
            let pages = ["a", "b", "c", "d", "e"].map(|cursor| (&dates[..], cursor));
            let (reader, sent) = reader_of(2, false, responses(pages));
            let read = reader.read(window, 5, |_| None).await.expect("read");
            if window.width() > 1 {
                assert!(matches!(read, Outcome::Halve), "{read:?}");
            } else {
                assert!(matches!(read, Outcome::Flood), "{read:?}");
            }
            assert_eq!(sent.lock().expect("whole").len(), 5);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn cursors_that_lead_in_a_circle_end_a_window() {
        let calls = responses([(&[199, 190][..], "a"), (&[190, 180], "b"), (&[180], "a")]);
        let (reader, _) = reader_of(4, false, calls);
        let read = reader.read(WINDOW, 5, |_| Some(1.0)).await.expect("read");
        assert!(
            matches!(&read, Outcome::Cut { entries, boundary: 180, .. } if entries.len() == 3),
            "{read:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn pages_without_events_do_not_go_on_for_ever() {
        let cursors: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        let empty = || cursors.iter().map(|cursor| (&[][..], &**cursor));
        let second = Window { from: 100, to: 100 };
        for (window, wait) in [(WINDOW, 0), (second, 1)] {
            let (reader, sent) = reader_of(4, false, responses(empty().take(20)));
            let begun = Instant::now();
            let read = reader.read(window, 5, |_| None).await.expect("read");
            assert_eq!(matches!(read, Outcome::Halve), wait == 0);
            assert_eq!(matches!(read, Outcome::Again), wait == 1);
            assert_eq!(begun.elapsed().as_secs(), wait);
            assert_eq!(sent.lock().expect("whole").len(), 20);
        }
        // A few are what a filter makes of a range that holds little of what it lets through.
        let found: (&[i64], &str) = (&[150], "");
        let (reader, _) = reader_of(4, false, responses(empty().take(19).chain([found])));
        let read = reader.read(WINDOW, 5, |_| None).await.expect("read");
        assert!(
            matches!(&read, Outcome::Whole { entries, .. } if entries.len() == 1),
            "{read:?}"
        );

        // Of a single second, page by page: 19 in a row are none too many, 20 begin it anew.
        let found: (&[i64], &str) = (&[100, 100], "more");
        let last: (&[i64], &str) = (&[], "");
        let pages = empty()
            .take(19)
            .chain([found])
            .chain(empty().skip(20).take(20));
        let calls = responses(pages.chain([found, last]));
        let (reader, sent) = reader_of(4, false, calls);
        let mut pages = reader.second(second);
        for length in [2, 2, 0] {
            let entries = pages.next_entries().await.expect("read").expect("a page");
            assert_eq!(entries.len(), length);
        }
        assert!(pages.next_entries().await.expect("read").is_none());
        let sent = sent.lock().expect("whole");
        let anew = sent
            .iter()
            .filter(|query| !query.contains("cursor"))
            .count();
        assert_eq!((anew, sent.len()), (2, 42));
    }
}
