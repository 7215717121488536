//! A value's structure beside its text: one small node per value, no string copied unless it holds
//! escapes.
//!
//! An entry is its exact bytes plus such a tape. Nodes stand in document order; a container knows
//! how many nodes belong to it, so a reader steps over what it does not want. Known field names are
//! numbers, which makes a typed accessor a comparison of integers.

use bytestring::ByteString;

use super::error::{Fault, Why};
use super::keys;
use super::lookup::Lookup;
use super::scan::{MAX_DEPTH, Scanner, Sink, Span};
use super::strings::{unescape, unescape_lossy};

/// Field names by number.
pub(crate) static KEYS: Lookup<1024> = Lookup::new(&keys::NAMES);

/// A list element, or an object's member whose name is not among [`KEYS`].
const NO_KEY: u16 = u16::MAX;

/// Text longer than this is refused: offsets, those of unescaped copies included, are 32 bits wide.
const MAX_LEN: usize = u32::MAX as usize / 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// The name of the member whose value is the next node; only where it is not among [`KEYS`].
    Name,
    Null,
    True,
    False,
    Number,
    String,
    List,
    Object,
}

/// One value, or one unusual name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// Where it begins in the text; at or past the text's length: in the unescaped copies.
    start: u32,
    /// Bytes of a scalar, nodes inside a container.
    extent: u32,
    key: u16,
    tag: Tag,
}

/// The text of one JSON value and its structure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tape {
    text: ByteString,
    nodes: Box<[Node]>,
    unescaped: Box<str>,
}

impl Tape {
    pub(crate) fn text(&self) -> &ByteString {
        &self.text
    }

    /// The outermost value; none on an empty tape.
    pub(crate) fn root(&self) -> Option<Cursor<'_>> {
        (!self.nodes.is_empty()).then_some(Cursor {
            tape: self,
            index: 0,
        })
    }
}

/// One value on a tape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    tape: &'a Tape,
    index: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    fn node(self) -> Option<&'a Node> {
        self.tape.nodes.get(self.index)
    }

    #[inline]
    pub(crate) fn tag(self) -> Tag {
        self.node().map_or(Tag::Null, |node| node.tag)
    }

    /// The text of a string (unescaped), a number or a name.
    #[inline]
    pub(crate) fn text(self) -> &'a str {
        let Some(node) = self.node() else { return "" };
        let (start, length) = (node.start as usize, node.extent as usize);
        let (from, start) = match start.checked_sub(self.tape.text.len()) {
            Some(copied) => (&*self.tape.unescaped, copied),
            None => (&*self.tape.text, start),
        };
        from.get(start..start + length).unwrap_or_default()
    }

    /// Where it begins in the text.
    pub(crate) fn start(self) -> usize {
        self.node().map_or(0, |node| node.start as usize)
    }

    /// The members of an object, or the items of a list: with a name, or without.
    #[inline]
    pub(crate) fn children(self) -> Children<'a> {
        let inside = match self.node() {
            Some(node) if matches!(node.tag, Tag::List | Tag::Object) => node.extent as usize,
            _ => 0,
        };
        Children {
            tape: self.tape,
            next: self.index + 1,
            end: self.index + 1 + inside,
        }
    }
}

/// A member's name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name<'a> {
    Known(u16),
    Other(&'a str),
}

impl<'a> Name<'a> {
    pub(crate) fn text(self) -> &'a str {
        match self {
            Self::Known(key) => keys::NAMES
                .get(usize::from(key))
                .copied()
                .unwrap_or_default(),
            Self::Other(name) => name,
        }
    }
}

/// The values right inside a container.
#[derive(Debug, Clone)]
pub(crate) struct Children<'a> {
    tape: &'a Tape,
    next: usize,
    end: usize,
}

impl<'a> Children<'a> {
    /// The last value under a known name: of a name that comes twice, JSON readers keep the last.
    #[inline]
    pub(crate) fn find(self, key: u16) -> Option<Cursor<'a>> {
        let nodes = &self.tape.nodes;
        let (mut index, mut found) = (self.next, None);
        while let Some(node) = nodes.get(index).filter(|_| index < self.end) {
            if node.key == key {
                found = Some(Cursor {
                    tape: self.tape,
                    index,
                });
            }
            index += 1;
            if matches!(node.tag, Tag::List | Tag::Object) {
                index += node.extent as usize;
            }
        }
        found
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = (Name<'a>, Cursor<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let mut cursor = Cursor {
            tape: self.tape,
            index: self.next,
        };
        let mut node = cursor.node()?;
        let mut name = Name::Known(node.key);
        if node.tag == Tag::Name {
            name = Name::Other(cursor.text());
            cursor.index += 1;
            node = cursor.node()?;
        }
        let inside = if matches!(node.tag, Tag::List | Tag::Object) {
            node.extent as usize
        } else {
            0
        };
        self.next = cursor.index + 1 + inside;
        Some((name, cursor))
    }
}

/// Builds tapes; one builder serves a whole page, so that its buffers are made once.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    nodes: Vec<Node>,
    unescaped: String,
    /// Nodes of the containers that are not yet closed.
    open: Vec<usize>,
    /// Where the value's text begins in the scanned input; offsets count from here.
    base: usize,
    /// Nodes of unescaped copies. Until the end of the text is known, their offsets count from 0.
    copies: Vec<usize>,
    /// Take a lone surrogate for U+FFFD instead of failing.
    lossy: bool,
    key: u16,
}

impl Builder {
    /// Begins a tape whose text starts at `base` of the scanned input.
    pub(crate) fn begin(&mut self, base: usize) {
        self.nodes.clear();
        self.unescaped.clear();
        self.copies.clear();
        self.open.clear();
        self.base = base;
        self.key = NO_KEY;
    }

    /// Ends a tape over its text.
    pub(crate) fn finish(&mut self, text: ByteString) -> Tape {
        let length = narrow(text.len());
        for &copy in &self.copies {
            if let Some(node) = self.nodes.get_mut(copy) {
                node.start = node.start.saturating_add(length);
            }
        }
        Tape {
            text,
            nodes: self.nodes.as_slice().into(),
            unescaped: self.unescaped.as_str().into(),
        }
    }

    /// For a value that nothing may fail: strings without text get U+FFFD for what has none.
    pub(crate) fn lossy() -> Self {
        Self {
            lossy: true,
            ..Self::default()
        }
    }

    /// Where the tape ends now, for [`Self::rewind`].
    pub(crate) fn mark(&self) -> usize {
        self.nodes.len()
    }

    /// Forgets a member of the outermost object that turned out to be unreadable.
    pub(crate) fn rewind(&mut self, mark: usize) {
        self.nodes.truncate(mark);
        self.copies.retain(|copy| *copy < mark);
        self.open.truncate(1);
        self.key = NO_KEY;
    }

    fn decode(&mut self, input: &[u8], span: Span, start: usize) -> Result<(), Fault> {
        let decoded = decode(input, span, &mut self.unescaped);
        if decoded.is_err() && self.lossy {
            self.unescaped.truncate(start);
            unescape_lossy(raw(input, span), &mut self.unescaped);
            return Ok(());
        }
        decoded
    }

    #[inline]
    fn push(&mut self, tag: Tag, start: usize, extent: usize) {
        let key = std::mem::replace(&mut self.key, NO_KEY);
        self.nodes.push(Node {
            start: narrow(start),
            extent: narrow(extent),
            key,
            tag,
        });
    }

    #[inline]
    fn push_text(&mut self, tag: Tag, input: &[u8], span: Span) -> Result<(), Fault> {
        if !span.escaped {
            self.push(tag, span.start - self.base, span.end - span.start);
            return Ok(());
        }
        let start = self.unescaped.len();
        self.decode(input, span, start)?;
        self.copies.push(self.nodes.len());
        self.push(tag, start, self.unescaped.len() - start);
        Ok(())
    }
}

/// Offsets fit: [`check_len`] has seen the text.
#[inline]
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Refuses text whose offsets do not fit a tape.
pub(crate) fn check_len(input: &[u8]) -> Result<(), Fault> {
    if input.len() > MAX_LEN {
        return Err(Fault::new(Why::Size, 0));
    }
    Ok(())
}

/// A string's contents as they stand in the input.
fn raw(input: &[u8], span: Span) -> &str {
    let bytes = input.get(span.start..span.end).unwrap_or_default();
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Appends a string's text; a lone surrogate has none.
#[cold]
pub(crate) fn decode(input: &[u8], span: Span, into: &mut String) -> Result<(), Fault> {
    unescape(raw(input, span), into)
        .map_err(|offset| Fault::new(Why::Surrogate, span.start + offset))
}

impl Sink for Builder {
    const MAX_DEPTH: usize = MAX_DEPTH;

    #[inline]
    fn key(&mut self, input: &[u8], span: Span, _depth: usize) -> Result<(), Fault> {
        let name = input.get(span.start..span.end).unwrap_or_default();
        let known = if span.escaped {
            // A known name written with escapes is odd, but it is that name.
            let mut plain = String::new();
            decode(input, span, &mut plain)
                .ok()
                .and_then(|()| KEYS.find(plain.as_bytes()))
        } else {
            KEYS.find(name)
        };
        if known.is_none() {
            self.push_text(Tag::Name, input, span)?;
        }
        self.key = known.unwrap_or(NO_KEY);
        Ok(())
    }

    #[inline]
    fn string(&mut self, input: &[u8], span: Span, _depth: usize) -> Result<(), Fault> {
        self.push_text(Tag::String, input, span)
    }

    #[inline]
    fn number(&mut self, _input: &[u8], start: usize, end: usize, _depth: usize) {
        self.push(Tag::Number, start - self.base, end - start);
    }

    #[inline]
    fn literal(&mut self, first: u8, start: usize, _depth: usize) {
        let tag = match first {
            b't' => Tag::True,
            b'f' => Tag::False,
            _ => Tag::Null,
        };
        self.push(tag, start - self.base, 0);
    }

    #[inline]
    fn open(&mut self, object: bool, start: usize, _depth: usize) {
        self.open.push(self.nodes.len());
        self.push(
            if object { Tag::Object } else { Tag::List },
            start - self.base,
            0,
        );
    }

    #[inline]
    fn close(&mut self) {
        let Some(container) = self.open.pop() else {
            return;
        };
        let inside = narrow(self.nodes.len() - 1 - container);
        if let Some(node) = self.nodes.get_mut(container) {
            node.extent = inside;
        }
    }
}

/// The tape of a text that is exactly one value.
pub(crate) fn parse(text: &ByteString) -> Result<Tape, Fault> {
    check_len(text.as_bytes())?;
    let mut scanner = Scanner::new(text.as_bytes());
    let mut builder = Builder::default();
    builder.begin(0);
    scanner.value(&mut builder)?;
    scanner.finish()?;
    Ok(builder.finish(text.clone()))
}

/// The tape of an object that is not in its text: every string on it is a copy. For an entry whose
/// text has no tape of its own.
pub(crate) fn of_fields(text: ByteString, fields: &serde_json::Value) -> Tape {
    let unescaped: ByteString = fields.to_string().into();
    let Ok(mut tape) = parse(&unescaped) else {
        return Tape {
            text,
            ..Tape::default()
        };
    };
    let length = narrow(text.len());
    for node in &mut tape.nodes {
        node.start = node.start.saturating_add(length);
    }
    let unescaped = [&*unescaped, &*tape.unescaped].concat();
    Tape {
        text,
        nodes: tape.nodes,
        unescaped: unescaped.into(),
    }
}
