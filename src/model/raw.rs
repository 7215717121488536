//! Pages and entries as raw as they came: slices of one body, of which only id, date and action are
//! read.

use std::{
    fmt,
    hash::{Hash, Hasher},
    io::{self, Write},
};

use bytes::Bytes;
use bytestring::ByteString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    drift::Drift,
    objects::ResponseMetadata,
    page::{self, Broken, Head, Reader, page_head},
    schema::UnknownFields,
};
use crate::json::{
    self, DecodeError, Repaired, ScanFault, Scanner, Sink, Span, check_len, decode, exact_integer,
    short_name, trimmed_len,
};

/// A page of `/logs` whose entries stay bytes.
///
/// One pass finds the entries; none is copied. What Slack sends is what you get, byte for byte, so
/// this is the form to forward. An entry that is no valid JSON is in the list like any other.
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
#[derive(Clone, Default)]
pub struct RawPage {
    entries: Vec<RawEntry>,
    head: Head,
}

impl RawPage {
    /// Reads a page. Fails on what is no page at all: no JSON, a cut end, no object, or `entries`
    /// that are no list (taking those for an empty page would lose events without a word).
    pub fn parse(body: Bytes) -> Result<Self, DecodeError> {
        let page = page::text(&body)?;
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

/// As [`RawPage::parse`].
impl<'de> Deserialize<'de> for RawPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(json::text_of(deserializer)?.into()).map_err(D::Error::custom)
    }
}

/// One entry of a page: its exact bytes, as a slice of the page.
///
/// Cheap to clone. It keeps the memory of the whole page alive, as any slice of `Bytes` does;
/// [`detach`](Self::detach) makes one that does not.
///
/// `Debug` shows id, date, action and length. `Serialize` gives the exact JSON; an entry that is no
/// JSON is one string that holds its text.
#[derive(Clone)]
pub struct RawEntry {
    json: ByteString,
    id: Text,
    action: Text,
    date_create: Option<i64>,
    /// What [`Text::Unescaped`] stands for.
    unescaped: Option<Box<Unescaped>>,
    repaired: bool,
    is_json: bool,
    /// May have line breaks between its tokens.
    line_breaks: bool,
}

/// Where a string of an entry stands.
#[derive(Debug, Clone, Copy, Default)]
enum Text {
    #[default]
    Absent,
    Slice {
        start: u32,
        end: u32,
    },
    /// It has escapes: rare enough to stand apart.
    Unescaped,
}

/// Id and action where they are written with escapes.
#[derive(Debug, Clone, Default)]
struct Unescaped {
    id: Box<str>,
    action: Box<str>,
}

impl RawEntry {
    /// Reads one entry on its own, such as a line of an ndjson file. Never fails, see
    /// [`is_json`](Self::is_json).
    pub fn from_json(json: impl Into<Bytes>) -> Self {
        Self::of(&Repaired::always(&json.into()))
    }

    fn of(text: &Repaired) -> Self {
        let input = text.text.as_bytes();
        let mut scanner = Scanner::new(input);
        let start = scanner.peek().map_or(0, |_| scanner.at());
        let read = check_len(input)
            .and_then(|()| RawReader.read(&mut scanner, text))
            .and_then(|entry| scanner.finish().map(|()| entry));
        read.unwrap_or_else(|fault| {
            let broken = Broken {
                start,
                end: trimmed_len(input).max(start),
                is_json: false,
                fault,
            };
            RawReader.degrade(broken, text)
        })
    }

    pub(super) fn from_text(json: ByteString, repaired: bool) -> Self {
        let mut entry = Self::of(&Repaired::from(json));
        entry.repaired = repaired;
        entry
    }

    /// The same entry with a copy of its bytes, which keeps no page alive.
    pub fn detach(&self) -> Self {
        Self {
            json: ByteString::from(&*self.json),
            ..self.clone()
        }
    }

    /// The id. Unique, and the only safe key for removing duplicates.
    pub fn id(&self) -> Option<&str> {
        self.string(self.id, |unescaped| &unescaped.id)
    }

    /// When it happened, in Unix seconds.
    pub fn date_create(&self) -> Option<i64> {
        self.date_create
    }

    /// The action's name, such as `user_login`.
    pub fn action(&self) -> Option<&str> {
        self.string(self.action, |unescaped| &unescaped.action)
    }

    /// The exact bytes, from the first brace to the last.
    pub fn json(&self) -> &Bytes {
        self.json.as_bytes()
    }

    /// The same as text.
    pub fn as_str(&self) -> &str {
        &self.json
    }

    /// False where the entry is no valid JSON by itself. Its bytes are all that can be said of it
    /// then.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// True where the body was no UTF-8 inside this entry: U+FFFD stands for the invalid bytes.
    pub fn is_repaired(&self) -> bool {
        self.repaired
    }

    pub(super) fn text(&self) -> &ByteString {
        &self.json
    }

    /// Writes the entry as one line of ndjson: the exact bytes without the line breaks between its
    /// tokens, then a line break.
    ///
    /// An entry that is no JSON is written as one JSON string that holds its text: what a line
    /// break means in it nobody can tell, and every line is to be JSON.
    ///
    /// Most entries have no line breaks, which is known from the pass over the page; those are one
    /// copy.
    pub fn write_ndjson<W: Write>(&self, mut to: W) -> io::Result<()> {
        if !self.is_json {
            serde_json::to_writer(&mut to, self.as_str())?;
            return to.write_all(b"\n");
        }
        for line in self.lines() {
            to.write_all(line)?;
        }
        to.write_all(b"\n")
    }

    /// The same, appended to a buffer.
    pub fn append_ndjson(&self, to: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = self.write_ndjson(to);
    }

    /// The text between line breaks. In JSON a line break is always whitespace: inside a string it
    /// is escaped.
    #[inline]
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = Some(&**self.json());
        std::iter::from_fn(move || {
            let line = rest.take()?;
            if !self.line_breaks {
                return Some(line);
            }
            match memchr::memchr2(b'\n', b'\r', line) {
                Some(at) => {
                    rest = line.get(at + 1..);
                    line.get(..at)
                }
                None => Some(line),
            }
        })
    }

    fn string<'a>(
        &'a self,
        text: Text,
        unescaped: impl FnOnce(&'a Unescaped) -> &'a str,
    ) -> Option<&'a str> {
        match text {
            Text::Absent => None,
            Text::Slice { start, end } => self.json.get(start as usize..end as usize),
            Text::Unescaped => self.unescaped.as_deref().map(unescaped),
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

impl Hash for RawEntry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.json.hash(state);
    }
}

impl fmt::Debug for RawEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEntry")
            .field("id", &self.id())
            .field("date_create", &self.date_create)
            .field("action", &self.action())
            .field("bytes", &self.json.len())
            .finish_non_exhaustive()
    }
}

impl Serialize for RawEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if json::takes_text::<S>() {
            json::raw(&self.json, serializer)
        } else {
            self.parse().serialize(serializer)
        }
    }
}

impl From<serde_json::Value> for RawEntry {
    fn from(value: serde_json::Value) -> Self {
        Self::from_json(value.to_string())
    }
}

struct RawReader;

impl Reader for RawReader {
    type Entry = RawEntry;

    #[inline]
    fn read(&mut self, scanner: &mut Scanner<'_>, page: &Repaired) -> Result<RawEntry, ScanFault> {
        scanner.peek()?;
        let start = scanner.at();
        let mut top = Top {
            base: start,
            ..Top::default()
        };
        scanner.value(&mut top)?;
        Ok(top.into_entry(page, scanner.at(), true, scanner.has_line_break()))
    }

    fn degrade(&mut self, broken: Broken, page: &Repaired) -> RawEntry {
        let Broken {
            start,
            end,
            is_json,
            ..
        } = broken;
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
    id: Text,
    action: Text,
    date_create: Option<i64>,
    unescaped: Option<Box<Unescaped>>,
}

impl Top {
    fn into_entry(self, page: &Repaired, end: usize, is_json: bool, line_breaks: bool) -> RawEntry {
        RawEntry {
            json: page.slice(self.base, end),
            id: self.id,
            action: self.action,
            date_create: self.date_create,
            unescaped: self.unescaped,
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
            Field::Id => self.id = self.text(input, span, |unescaped| &mut unescaped.id),
            Field::Action => {
                self.action = self.text(input, span, |unescaped| &mut unescaped.action);
            }
        }
    }

    fn text(
        &mut self,
        input: &[u8],
        span: Span,
        unescaped: impl FnOnce(&mut Unescaped) -> &mut Box<str>,
    ) -> Text {
        if span.escaped {
            let mut text = String::new();
            if decode(input, span, &mut text).is_err() {
                return Text::Absent;
            }
            *unescaped(self.unescaped.get_or_insert_default()) = text.into();
            return Text::Unescaped;
        }
        let offset = |at: usize| u32::try_from(at - self.base).unwrap_or(u32::MAX);
        Text::Slice {
            start: offset(span.start),
            end: offset(span.end),
        }
    }

    /// Anything else is as good as absent.
    fn forget(&mut self) {
        match self.field {
            Field::Other => {}
            Field::Date => self.date_create = None,
            Field::Id => self.id = Text::Absent,
            Field::Action => self.action = Text::Absent,
        }
    }
}

impl Sink for Top {
    const MAX_DEPTH: usize = usize::MAX;

    #[inline]
    fn key(&mut self, input: &[u8], span: Span, depth: usize) -> Result<(), ScanFault> {
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
    fn string(&mut self, input: &[u8], span: Span, depth: usize) -> Result<(), ScanFault> {
        if depth == 1 && !matches!(self.field, Field::Other) {
            self.keep(input, span);
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self, input: &[u8], span: Span, depth: usize) -> Result<(), ScanFault> {
        if depth == 1 {
            self.keep(input, span);
        }
        Ok(())
    }

    #[inline]
    fn literal(&mut self, _first: u8, _start: usize, depth: usize) -> Result<(), ScanFault> {
        if depth == 1 {
            self.forget();
        }
        Ok(())
    }

    #[inline]
    fn open(&mut self, _object: bool, _start: usize, depth: usize) -> Result<(), ScanFault> {
        if depth == 1 {
            self.forget();
        }
        Ok(())
    }
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
    match short_name(input, span).as_deref() {
        Some("id") => Field::Id,
        Some("action") => Field::Action,
        Some("date_create") => Field::Date,
        _ => Field::Other,
    }
}
