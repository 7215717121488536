//! A value's structure beside its text: one small node per value, no string copied unless it holds
//! escapes.
//!
//! A value is its exact bytes plus such a tape. Nodes stand in document order; a container knows
//! how many nodes belong to it, so a reader steps over what it does not want. Names that the caller
//! knows beforehand are numbers, which makes a typed accessor a comparison of integers.

use bytestring::ByteString;

use super::{
    error::{Reason, ScanFault},
    lookup::Lookup,
    scan::{Scanner, Sink, Span},
    strings::{unescape, unescape_lossy},
};

/// Member names that a tape holds as numbers: their places in the list.
pub(crate) type Names = Lookup<1024>;

/// A list element, or an object's member whose name is not among the known ones.
const NO_KEY: u16 = u16::MAX;

/// More values than this are refused: the tape of one value stays below 4 MiB. An event has some
/// dozens.
const MAX_NODES: usize = 256 * 1024;

/// A longer buffer of unescaped text is given away, not copied and kept for the next value.
const KEPT: usize = 64 * 1024;

/// No known name is longer.
const MAX_NAME: usize = 64;

/// Text longer than this is refused: offsets, those of unescaped copies included, are 32 bits wide.
const MAX_LEN: usize = u32::MAX as usize / 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// The name of the member whose value is the next node; only where it has no number.
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
#[derive(Debug, Clone)]
pub(crate) struct Tape {
    text: ByteString,
    names: &'static Names,
    nodes: Box<[Node]>,
    unescaped: Box<str>,
}

impl Default for Tape {
    fn default() -> Self {
        static NONE: Names = Names::new(&[]);
        Self {
            text: ByteString::new(),
            names: &NONE,
            nodes: Box::default(),
            unescaped: Box::default(),
        }
    }
}

impl Tape {
    pub(crate) fn text(&self) -> &ByteString {
        &self.text
    }

    /// Takes the text out of the memory that it shares.
    pub(crate) fn detach(&mut self) {
        self.text = ByteString::from(&*self.text);
    }

    /// The outermost value; none on an empty tape.
    pub(crate) fn root(&self) -> Option<Cursor<'_>> {
        (!self.nodes.is_empty()).then_some(Cursor {
            tape: self,
            index: 0,
        })
    }

    /// A member of the outermost object; its name is among the known ones.
    pub(crate) fn member(&self, name: &[u8]) -> Option<Cursor<'_>> {
        self.root()?.member(name)
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

    /// The text from here to its end: this value, and whatever follows it.
    pub(crate) fn rest(self) -> &'a str {
        self.tape.text.get(self.start()..).unwrap_or_default()
    }

    pub(crate) fn names(self) -> &'static Names {
        self.tape.names
    }

    /// The last member of this name, which is among the known ones.
    pub(crate) fn member(self, name: &[u8]) -> Option<Cursor<'a>> {
        self.children().find(self.tape.names.find(name)?)
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
pub(crate) struct Name<'a> {
    pub(crate) text: &'a str,
    /// Its number, where it has one.
    pub(crate) key: Option<u16>,
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
        let known = self.tape.names.get(node.key);
        let mut name = Name {
            text: known.unwrap_or_default(),
            key: known.map(|_| node.key),
        };
        if node.tag == Tag::Name {
            name.text = cursor.text();
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

/// Builds tapes; one builder serves many values, so that its buffers are made once.
#[derive(Debug)]
pub(crate) struct Builder {
    names: &'static Names,
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
    /// How many nodes the tape may have.
    limit: usize,
}

impl Builder {
    pub(crate) fn new(names: &'static Names) -> Self {
        Self {
            names,
            nodes: Vec::new(),
            unescaped: String::new(),
            open: Vec::new(),
            base: 0,
            copies: Vec::new(),
            lossy: false,
            key: NO_KEY,
            limit: MAX_NODES,
        }
    }

    /// For a value that nothing may fail: strings without text get U+FFFD for what has none.
    pub(crate) fn lossy(names: &'static Names) -> Self {
        Self {
            lossy: true,
            ..Self::new(names)
        }
    }

    /// Begins a tape whose text starts at `base` of the scanned input.
    pub(crate) fn begin(&mut self, base: usize) {
        self.nodes.clear();
        self.unescaped.clear();
        self.copies.clear();
        self.open.clear();
        self.base = base;
        self.key = NO_KEY;
        self.limit = MAX_NODES;
    }

    /// Allows the tape at most this many nodes, if that is fewer than any may have.
    pub(crate) fn limit(&mut self, nodes: usize) {
        self.limit = nodes.min(MAX_NODES);
    }

    /// Ends a tape over its text.
    pub(crate) fn finish(&mut self, text: ByteString) -> Tape {
        let length = narrow(text.len());
        for &copy in &self.copies {
            if let Some(node) = self.nodes.get_mut(copy) {
                node.start = node.start.saturating_add(length);
            }
        }
        let unescaped = if self.unescaped.len() > KEPT {
            std::mem::take(&mut self.unescaped).into_boxed_str()
        } else {
            self.unescaped.as_str().into()
        };
        Tape {
            text,
            names: self.names,
            nodes: self.nodes.as_slice().into(),
            unescaped,
        }
    }

    /// Begins an object whose members the caller brings one by one.
    pub(crate) fn open_object(&mut self, start: usize) -> Result<(), ScanFault> {
        self.open(true, start, 0)
    }

    /// Ends that object.
    pub(crate) fn close_object(&mut self) {
        self.close();
    }

    /// Takes the name of the value that comes next.
    pub(crate) fn name(&mut self, input: &[u8], span: Span) -> Result<(), ScanFault> {
        self.key(input, span, 1)
    }

    /// How many nodes the tape has now, for [`Self::rewind`].
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Forgets a member of the outermost object that turned out to be unreadable.
    pub(crate) fn rewind(&mut self, len: usize) {
        self.nodes.truncate(len);
        self.copies.retain(|copy| *copy < len);
        self.open.truncate(1);
        self.key = NO_KEY;
    }

    fn decode(&mut self, input: &[u8], span: Span, start: usize) -> Result<(), ScanFault> {
        let decoded = decode(input, span, &mut self.unescaped);
        if decoded.is_err() && self.lossy {
            self.unescaped.truncate(start);
            unescape_lossy(raw(input, span), &mut self.unescaped);
            return Ok(());
        }
        decoded
    }

    #[inline]
    fn push(&mut self, tag: Tag, start: usize, extent: usize) -> Result<(), ScanFault> {
        if self.nodes.len() >= self.limit {
            return Err(ScanFault::new(Reason::VALUES, self.base + start));
        }
        let key = std::mem::replace(&mut self.key, NO_KEY);
        self.nodes.push(Node {
            start: narrow(start),
            extent: narrow(extent),
            key,
            tag,
        });
        Ok(())
    }

    #[inline]
    fn push_text(&mut self, tag: Tag, input: &[u8], span: Span) -> Result<(), ScanFault> {
        if !span.escaped {
            return self.push(tag, span.start - self.base, span.end - span.start);
        }
        let start = self.unescaped.len();
        self.decode(input, span, start)?;
        self.copies.push(self.nodes.len());
        self.push(tag, start, self.unescaped.len() - start)
    }
}

/// Offsets fit: [`check_len`] has seen the text.
#[inline]
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Refuses text whose offsets do not fit a tape.
pub(crate) fn check_len(input: &[u8]) -> Result<(), ScanFault> {
    if input.len() > MAX_LEN {
        return Err(ScanFault::new(Reason::SIZE, 0));
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
pub(crate) fn decode(input: &[u8], span: Span, into: &mut String) -> Result<(), ScanFault> {
    unescape(raw(input, span), into)
        .map_err(|offset| ScanFault::new(Reason::SURROGATE, span.start + offset))
}

/// A name with escapes, if it is short enough to be one that somebody looks for.
#[cold]
pub(crate) fn short_name(input: &[u8], span: Span) -> Option<String> {
    // Six bytes for each letter, as `\u0061`.
    let mut name = String::new();
    let short = span.end - span.start <= 6 * MAX_NAME;
    (short && decode(input, span, &mut name).is_ok()).then_some(name)
}

impl Sink for Builder {
    /// The same bound as `serde_json`'s.
    const MAX_DEPTH: usize = 127;

    #[inline]
    fn key(&mut self, input: &[u8], span: Span, _depth: usize) -> Result<(), ScanFault> {
        let known = if span.escaped {
            // A known name written with escapes is odd, but it is that name.
            short_name(input, span).and_then(|name| self.names.find(name.as_bytes()))
        } else {
            self.names
                .find(input.get(span.start..span.end).unwrap_or_default())
        };
        if known.is_none() {
            self.push_text(Tag::Name, input, span)?;
        }
        self.key = known.unwrap_or(NO_KEY);
        Ok(())
    }

    #[inline]
    fn string(&mut self, input: &[u8], span: Span, _depth: usize) -> Result<(), ScanFault> {
        self.push_text(Tag::String, input, span)
    }

    #[inline]
    fn number(&mut self, input: &[u8], span: Span, _depth: usize) -> Result<(), ScanFault> {
        self.push_text(Tag::Number, input, span)
    }

    #[inline]
    fn literal(&mut self, first: u8, start: usize, _depth: usize) -> Result<(), ScanFault> {
        let tag = match first {
            b't' => Tag::True,
            b'f' => Tag::False,
            _ => Tag::Null,
        };
        self.push(tag, start - self.base, 0)
    }

    #[inline]
    fn open(&mut self, object: bool, start: usize, _depth: usize) -> Result<(), ScanFault> {
        self.open.push(self.nodes.len());
        let tag = if object { Tag::Object } else { Tag::List };
        self.push(tag, start - self.base, 0)
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
pub(crate) fn parse(text: &ByteString, names: &'static Names) -> Result<Tape, ScanFault> {
    check_len(text.as_bytes())?;
    let mut scanner = Scanner::new(text.as_bytes());
    let mut builder = Builder::new(names);
    builder.begin(0);
    scanner.value(&mut builder)?;
    scanner.finish()?;
    Ok(builder.finish(text.clone()))
}

/// The tape of a text that has none of its own: an object of these members, numbers and strings,
/// which are copied. Their names are among the known ones.
pub(crate) fn outline(
    text: &ByteString,
    names: &'static Names,
    members: &[(&str, Tag, Option<&str>)],
) -> Tape {
    let mut builder = Builder::new(names);
    builder.begin(0);
    for (name, tag, value) in members {
        let Some(value) = value else { continue };
        builder.copies.push(1 + builder.copies.len());
        builder.nodes.push(Node {
            start: narrow(builder.unescaped.len()),
            extent: narrow(value.len()),
            key: names.find(name.as_bytes()).unwrap_or(NO_KEY),
            tag: *tag,
        });
        builder.unescaped.push_str(value);
    }
    let object = Node {
        start: 0,
        extent: narrow(builder.nodes.len()),
        key: NO_KEY,
        tag: Tag::Object,
    };
    builder.nodes.insert(0, object);
    builder.finish(text.clone())
}
