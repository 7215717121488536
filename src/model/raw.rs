//! Pages and entries as raw as they came: slices of one body, of which only id, date and action are
//! read.

use std::io::{self, Write};

use bytes::Bytes;
use bytestring::ByteString;

use super::drift::Drift;
use super::entry::Entry;
use super::error::{DecodeError, Fault};
use super::from_value::exact_integer;
use super::objects::{ResponseMetadata, UnknownFields, key};
use super::page::{self, Head, Reader, page_head};
use super::scan::{Scanner, Sink, Span};
use super::tape;
use super::text::Repaired;

/// A page of `/logs` whose entries stay bytes.
///
/// One pass finds the entries; none is copied. What Slack sends is what you get, byte for byte, so
/// this is the form to forward. An entry that is no sound JSON is in the list like any other.
///
/// ```
/// use slack_audit_logs::model::RawPage;
///
/// let body = r#"{"entries":[{"id":"a1","date_create":1521214343,"action":"user_login"}],
///                "response_metadata":{"next_cursor":"dXNlcg=="}}"#;
/// let page = RawPage::parse(body.into())?;
/// let entry = &page.entries()[0];
/// assert_eq!(entry.id(), Some("a1"));
/// assert_eq!(entry.action(), Some("user_login"));
/// assert_eq!(&entry.json()[..], br#"{"id":"a1","date_create":1521214343,"action":"user_login"}"#);
/// assert_eq!(page.next_cursor(), Some("dXNlcg=="));
/// # Ok::<(), slack_audit_logs::model::DecodeError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct RawPage {
    entries: Vec<RawEntry>,
    head: Head,
}

impl RawPage {
    /// Reads a page. Fails on what is no page at all: no JSON, a cut end, no object, or `entries`
    /// that are no list (taking those for an empty page would lose events without a word).
    pub fn parse(body: Bytes) -> Result<Self, DecodeError> {
        let page = Repaired::new(&body);
        drop(body);
        let (entries, head) = page::read(&page, &mut RawReader)?;
        Ok(Self { entries, head })
    }

    /// The entries, in the page's order: newest first.
    pub fn entries(&self) -> &[RawEntry] {
        &self.entries
    }

    /// The entries, in the page's order: newest first.
    pub fn into_entries(self) -> Vec<RawEntry> {
        self.entries
    }
}

page_head!(RawPage, RawEntry);

/// One entry of a page: its exact bytes, as a slice of the page.
///
/// Cheap to clone. It keeps the memory of the whole page alive, as any slice of `Bytes` does; copy
/// [`json`](Self::json) to keep a few entries for long.
#[derive(Debug, Clone)]
pub struct RawEntry {
    json: ByteString,
    id: Piece,
    action: Piece,
    date_create: Option<i64>,
    repaired: bool,
    is_json: bool,
    /// Has line breaks between its tokens.
    line_breaks: bool,
}

/// A string of an entry.
#[derive(Debug, Clone, Default)]
enum Piece {
    #[default]
    Absent,
    Slice {
        start: u32,
        end: u32,
    },
    /// A string with escapes.
    Copy(Box<str>),
}

impl RawEntry {
    /// Reads one entry on its own, such as a line of an ndjson file. Never fails, see
    /// [`is_json`](Self::is_json).
    pub fn from_json(json: impl Into<Bytes>) -> Self {
        let text = Repaired::new(&json.into());
        let mut scanner = Scanner::new(text.text.as_bytes());
        let start = scanner.peek().map_or(0, |_| scanner.at());
        let length = text.text.trim_ascii_end().len().max(start);
        match RawReader
            .read(&mut scanner, &text)
            .and_then(|entry| scanner.finish().map(|()| entry))
        {
            Ok(entry) => entry,
            Err(_) => RawReader.degrade(start, length, false, &text),
        }
    }

    /// The id. Unique, and the only safe key for removing duplicates.
    pub fn id(&self) -> Option<&str> {
        self.piece(&self.id)
    }

    /// When it happened, in Unix seconds.
    pub fn date_create(&self) -> Option<i64> {
        self.date_create
    }

    /// The action's name, such as `user_login`.
    pub fn action(&self) -> Option<&str> {
        self.piece(&self.action)
    }

    /// The exact bytes, from the first brace to the last.
    pub fn json(&self) -> &Bytes {
        self.json.as_bytes()
    }

    /// The same as text.
    pub fn as_str(&self) -> &str {
        &self.json
    }

    /// False where the entry is no sound JSON by itself. Its bytes are all that can be said of it
    /// then.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// True where the body was no UTF-8 inside this entry: U+FFFD stands for the invalid bytes.
    pub fn is_repaired(&self) -> bool {
        self.repaired
    }

    /// The typed entry. Never fails: what cannot be typed is still an [`Entry`] with its bytes, see
    /// [`Entry::degraded`].
    pub fn parse(&self) -> Entry {
        Entry::new(self.json.clone(), self.repaired)
    }

    /// Writes the entry as one line of ndjson: the exact bytes without the line breaks between its
    /// tokens, then a line break.
    ///
    /// Most entries have no line breaks, which is known from the pass over the page; those are one
    /// copy.
    pub fn write_ndjson<W: Write>(&self, mut to: W) -> io::Result<()> {
        for part in self.lines() {
            to.write_all(part)?;
        }
        to.write_all(b"\n")
    }

    /// The same, appended to a buffer.
    pub fn append_ndjson(&self, to: &mut Vec<u8>) {
        for part in self.lines() {
            to.extend_from_slice(part);
        }
        to.push(b'\n');
    }

    /// The parts between line breaks. In JSON a line break is always whitespace: inside a string it
    /// is escaped.
    #[inline]
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = Some(&**self.json());
        std::iter::from_fn(move || {
            let part = rest.take()?;
            if !self.line_breaks {
                return Some(part);
            }
            match memchr::memchr2(b'\n', b'\r', part) {
                Some(at) => {
                    rest = part.get(at + 1..);
                    part.get(..at)
                }
                None => Some(part),
            }
        })
    }

    fn piece<'a>(&'a self, piece: &'a Piece) -> Option<&'a str> {
        match piece {
            Piece::Absent => None,
            Piece::Slice { start, end } => self.json.get(*start as usize..*end as usize),
            Piece::Copy(text) => Some(text),
        }
    }
}

/// Two raw entries are equal if their bytes are.
impl PartialEq for RawEntry {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Eq for RawEntry {}

struct RawReader;

impl Reader for RawReader {
    type Entry = RawEntry;

    #[inline]
    fn read(&mut self, scanner: &mut Scanner<'_>, page: &Repaired) -> Result<RawEntry, Fault> {
        scanner.peek()?;
        let start = scanner.at();
        let mut top = Top {
            base: start,
            ..Top::default()
        };
        scanner.value(&mut top)?;
        Ok(top.into_entry(page, scanner.at(), true, scanner.has_line_break()))
    }

    fn degrade(&mut self, start: usize, end: usize, is_json: bool, page: &Repaired) -> RawEntry {
        // What stands before the trouble is still told.
        let mut top = Top {
            base: start,
            ..Top::default()
        };
        let mut scanner = Scanner::new(page.text.as_bytes().get(..end).unwrap_or_default());
        scanner.jump(start);
        // The fault is why we are here.
        let _ = scanner.value(&mut top);
        let json = page.text.as_bytes().get(start..end).unwrap_or_default();
        let line_breaks = memchr::memchr2(b'\n', b'\r', json).is_some();
        top.into_entry(page, end, is_json, line_breaks)
    }
}

/// The fields of an entry that a raw entry knows.
#[derive(Clone, Copy, Default)]
enum Field {
    #[default]
    Other,
    Id,
    Action,
    Date,
}

/// Picks id, action and date out of an entry's outermost members.
#[derive(Default)]
struct Top {
    base: usize,
    field: Field,
    id: Piece,
    action: Piece,
    date_create: Option<i64>,
}

impl Top {
    fn into_entry(self, page: &Repaired, end: usize, is_json: bool, line_breaks: bool) -> RawEntry {
        RawEntry {
            json: page.slice(self.base, end),
            id: self.id,
            action: self.action,
            date_create: self.date_create,
            repaired: page.within(self.base, end),
            is_json,
            line_breaks,
        }
    }

    /// Keeps a string or a number's digits; of a name that comes twice the last value counts.
    fn keep(&mut self, input: &[u8], span: Span) {
        let text = || {
            input
                .get(span.start..span.end)
                .and_then(|text| std::str::from_utf8(text).ok())
        };
        match self.field {
            Field::Other => {}
            Field::Date => self.date_create = text().and_then(exact_integer),
            Field::Id => self.id = self.cut(input, span),
            Field::Action => self.action = self.cut(input, span),
        }
    }

    fn cut(&self, input: &[u8], span: Span) -> Piece {
        if span.escaped {
            let mut text = String::new();
            return tape::decode(input, span, &mut text)
                .map_or(Piece::Absent, |()| Piece::Copy(text.into()));
        }
        let offset = |at: usize| u32::try_from(at - self.base).unwrap_or(u32::MAX);
        Piece::Slice {
            start: offset(span.start),
            end: offset(span.end),
        }
    }

    /// Anything else is as good as absent.
    fn forget(&mut self) {
        match self.field {
            Field::Other => {}
            Field::Date => self.date_create = None,
            Field::Id => self.id = Piece::Absent,
            Field::Action => self.action = Piece::Absent,
        }
    }
}

impl Sink for Top {
    const MAX_DEPTH: usize = usize::MAX;

    #[inline]
    fn key(&mut self, input: &[u8], span: Span, depth: usize) -> Result<(), Fault> {
        // Most keys are further inside: those must cost no call.
        if depth == 1 {
            self.field = if may_be_field(span) {
                field(input, span)
            } else {
                Field::Other
            };
        }
        Ok(())
    }

    #[inline]
    fn string(&mut self, input: &[u8], span: Span, depth: usize) -> Result<(), Fault> {
        if depth == 1 && !matches!(self.field, Field::Other) {
            self.keep(input, span);
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self, input: &[u8], start: usize, end: usize, depth: usize) {
        if depth == 1 {
            self.keep(
                input,
                Span {
                    start,
                    end,
                    escaped: false,
                },
            );
        }
    }

    #[inline]
    fn literal(&mut self, _first: u8, _start: usize, depth: usize) {
        if depth == 1 {
            self.forget();
        }
    }

    #[inline]
    fn open(&mut self, _object: bool, _start: usize, depth: usize) {
        if depth == 1 {
            self.forget();
        }
    }

    #[inline]
    fn close(&mut self) {}
}

/// Tells most other names by their length alone.
#[inline]
fn may_be_field(span: Span) -> bool {
    span.escaped || matches!(span.end - span.start, 2 | 6 | 11)
}

/// Which field a name means.
fn field(input: &[u8], span: Span) -> Field {
    match input.get(span.start..span.end).unwrap_or_default() {
        b"id" => Field::Id,
        b"action" => Field::Action,
        b"date_create" => Field::Date,
        _ if span.escaped => escaped_field(input, span),
        _ => Field::Other,
    }
}

/// A name written with escapes: odd, but the same name.
#[cold]
fn escaped_field(input: &[u8], span: Span) -> Field {
    let mut name = String::new();
    match tape::decode(input, span, &mut name).map(|()| name.as_str()) {
        Ok("id") => Field::Id,
        Ok("action") => Field::Action,
        Ok("date_create") => Field::Date,
        _ => Field::Other,
    }
}
