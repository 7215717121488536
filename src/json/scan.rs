//! One pass over JSON text: a validating scanner that tells a sink what it meets, and knows no
//! recursion.

use super::{
    error::{Reason, ScanFault},
    strings::plain_end,
};

/// The contents of a JSON string between its quotes, or a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Holds a backslash, so its text is not its bytes.
    pub(crate) escaped: bool,
}

/// Is told every token of a value, in order, and takes it or not. `depth` counts the containers
/// around the token.
pub(crate) trait Sink {
    /// Containers that may stand inside each other.
    const MAX_DEPTH: usize;

    #[inline]
    fn key(&mut self, _input: &[u8], _span: Span, _depth: usize) -> Result<(), ScanFault> {
        Ok(())
    }

    #[inline]
    fn string(&mut self, _input: &[u8], _span: Span, _depth: usize) -> Result<(), ScanFault> {
        Ok(())
    }

    #[inline]
    fn number(&mut self, _input: &[u8], _span: Span, _depth: usize) -> Result<(), ScanFault> {
        Ok(())
    }

    /// `null`, `true`, `false`, told apart by the first letter.
    #[inline]
    fn literal(&mut self, _first: u8, _start: usize, _depth: usize) -> Result<(), ScanFault> {
        Ok(())
    }

    /// A list or object begins.
    #[inline]
    fn open(&mut self, _object: bool, _start: usize, _depth: usize) -> Result<(), ScanFault> {
        Ok(())
    }

    /// The last one that began ends.
    #[inline]
    fn close(&mut self) {}
}

/// Takes any JSON, at any depth, and keeps nothing of it; strings without text, too.
pub(crate) struct Skip;

impl Sink for Skip {
    const MAX_DEPTH: usize = usize::MAX;
}

/// The open containers, innermost last: is it an object? A bit for each, since input may nest as
/// deep as it is long.
#[derive(Debug, Default)]
struct Containers {
    depth: usize,
    /// The innermost 1 to 64, the last one in the lowest bit.
    bits: u64,
    /// The ones around those, 64 in each.
    outer: Vec<u64>,
}

impl Containers {
    fn clear(&mut self) {
        self.depth = 0;
        self.outer.clear();
    }

    #[inline]
    fn last(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.bits & 1 == 1)
    }

    #[inline]
    fn push(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.bits);
        }
        self.bits = self.bits << 1 | u64::from(object);
        self.depth += 1;
    }

    #[inline]
    fn pop(&mut self) -> Option<bool> {
        let object = self.last()?;
        self.depth -= 1;
        self.bits >>= 1;
        if self.depth.is_multiple_of(64)
            && let Some(bits) = self.outer.pop()
        {
            self.bits = bits;
        }
        Some(object)
    }
}

/// Walks over JSON text. The text must be UTF-8; the scanner itself looks at bytes only.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    input: &'a [u8],
    at: usize,
    open: Containers,
    /// A line break was met between tokens since [`Self::value`] began.
    line_break: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            at: 0,
            open: Containers::default(),
            line_break: false,
        }
    }

    pub(crate) fn input(&self) -> &'a [u8] {
        self.input
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Whether the last value had line breaks between its tokens.
    pub(crate) fn has_line_break(&self) -> bool {
        self.line_break
    }

    pub(crate) fn jump(&mut self, at: usize) {
        self.at = at;
    }

    /// The next byte that is no whitespace, which is not consumed.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<u8, ScanFault> {
        match self.input.get(self.at) {
            // Whitespace is rare, and one comparison tells it from all tokens.
            Some(&byte) if byte > b' ' => Ok(byte),
            _ => self.peek_behind_spaces(),
        }
    }

    #[inline(never)]
    fn peek_behind_spaces(&mut self) -> Result<u8, ScanFault> {
        loop {
            match self.input.get(self.at) {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\n' | b'\r') => {
                    self.line_break = true;
                    self.at += 1;
                }
                Some(&byte) => return Ok(byte),
                None => return Err(self.end()),
            }
        }
    }

    /// Steps over `byte`, or fails with what was expected.
    #[inline]
    pub(crate) fn expect(&mut self, byte: u8, otherwise: &'static Reason) -> Result<(), ScanFault> {
        if self.peek()? == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(ScanFault::new(otherwise, self.at))
        }
    }

    /// Steps over `byte` if it comes next.
    #[inline]
    pub(crate) fn skip_if(&mut self, byte: u8) -> Result<bool, ScanFault> {
        let is_next = self.peek()? == byte;
        self.at += usize::from(is_next);
        Ok(is_next)
    }

    /// Fails unless only whitespace is left.
    pub(crate) fn finish(&mut self) -> Result<(), ScanFault> {
        match self.peek() {
            Ok(_) => Err(ScanFault::new(Reason::TRAILING, self.at)),
            Err(_) => Ok(()),
        }
    }

    /// A member's key with its colon.
    #[expect(
        clippy::inline_always,
        reason = "a call for each member is a tenth of the pass"
    )]
    #[inline(always)]
    pub(crate) fn key(&mut self) -> Result<Span, ScanFault> {
        if self.input.get(self.at) == Some(&b'"') {
            let start = self.at + 1;
            let end = plain_end(self.input, start);
            if let Some(b"\":") = self.input.get(end..end + 2) {
                self.at = end + 2;
                return Ok(Span {
                    start,
                    end,
                    escaped: false,
                });
            }
        }
        self.odd_key()
    }

    /// The same with escapes or spaces.
    #[inline(never)]
    fn odd_key(&mut self) -> Result<Span, ScanFault> {
        self.expect(b'"', Reason::KEY)?;
        let start = self.at;
        let escaped = self.string()?;
        let span = Span {
            start,
            end: self.at - 1,
            escaped,
        };
        self.expect(b':', Reason::COLON)?;
        Ok(span)
    }

    /// One whole value.
    #[inline]
    pub(crate) fn value<S: Sink>(&mut self, sink: &mut S) -> Result<(), ScanFault> {
        self.open.clear();
        self.peek()?;
        self.line_break = false;
        loop {
            let byte = self.peek()?;
            let start = self.at;
            let depth = self.open.depth;
            match byte {
                b'"' => {
                    self.at += 1;
                    let escaped = self.string()?;
                    let span = Span {
                        start: start + 1,
                        end: self.at - 1,
                        escaped,
                    };
                    sink.string(self.input, span, depth)?;
                }
                b'{' | b'[' => {
                    if depth >= S::MAX_DEPTH {
                        return Err(ScanFault::new(Reason::DEPTH, start));
                    }
                    self.at += 1;
                    let object = byte == b'{';
                    sink.open(object, start, depth)?;
                    // `]` and `}` stand two after their opening bracket in ASCII.
                    if self.skip_if(byte + 2)? {
                        sink.close();
                    } else {
                        self.open.push(object);
                        if object {
                            let key = self.key()?;
                            sink.key(self.input, key, depth + 1)?;
                        }
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => {
                    self.number()?;
                    let span = Span {
                        start,
                        end: self.at,
                        escaped: false,
                    };
                    sink.number(self.input, span, depth)?;
                }
                b't' => self
                    .literal(b"true")
                    .and_then(|()| sink.literal(b't', start, depth))?,
                b'f' => self
                    .literal(b"false")
                    .and_then(|()| sink.literal(b'f', start, depth))?,
                b'n' => self
                    .literal(b"null")
                    .and_then(|()| sink.literal(b'n', start, depth))?,
                _ => return Err(ScanFault::new(Reason::VALUE, start)),
            }
            if self.after_value(sink)? {
                return Ok(());
            }
        }
    }

    /// Closes what ends here; true at the end of the outermost value, false before the next one.
    #[inline]
    fn after_value<S: Sink>(&mut self, sink: &mut S) -> Result<bool, ScanFault> {
        while let Some(object) = self.open.last() {
            let byte = self.peek()?;
            if byte == b',' {
                self.at += 1;
                if object {
                    let key = self.key()?;
                    sink.key(self.input, key, self.open.depth)?;
                }
                return Ok(false);
            }
            if byte != if object { b'}' } else { b']' } {
                let reason = if object {
                    Reason::OBJECT_END
                } else {
                    Reason::LIST_END
                };
                return Err(ScanFault::new(reason, self.at));
            }
            self.at += 1;
            sink.close();
            self.open.pop();
        }
        Ok(true)
    }

    fn end(&self) -> ScanFault {
        ScanFault::new(Reason::END, self.input.len())
    }

    #[inline]
    fn literal(&mut self, word: &'static [u8]) -> Result<(), ScanFault> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        Err(if word.starts_with(rest) {
            self.end()
        } else {
            ScanFault::new(Reason::VALUE, self.at)
        })
    }

    /// The rest of a string, behind its opening quote; true where it holds escapes.
    #[inline]
    fn string(&mut self) -> Result<bool, ScanFault> {
        self.at = plain_end(self.input, self.at);
        if self.input.get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(false);
        }
        self.odd_string()
    }

    /// The same from the first byte that is no plain contents. Apart, so that [`Self::string`]
    /// stays small enough to stand in its callers.
    #[inline(never)]
    fn odd_string(&mut self) -> Result<bool, ScanFault> {
        loop {
            match self.input.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(true);
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(ScanFault::new(Reason::CONTROL, self.at)),
                None => return Err(self.end()),
            }
            self.at = plain_end(self.input, self.at);
        }
    }

    /// One escape; whether surrogates come in pairs is left to
    /// [`unescape`](super::strings::unescape).
    #[inline]
    fn escape(&mut self) -> Result<(), ScanFault> {
        match self.input.get(self.at + 1) {
            Some(b'/' | b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => self.unicode_escape(),
            Some(_) => Err(ScanFault::new(Reason::ESCAPE, self.at)),
            None => Err(self.end()),
        }
    }

    fn unicode_escape(&mut self) -> Result<(), ScanFault> {
        match self.input.get(self.at + 2..self.at + 6) {
            Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => {
                self.at += 6;
                Ok(())
            }
            Some(_) => Err(ScanFault::new(Reason::ESCAPE, self.at)),
            None => Err(self.end()),
        }
    }

    #[inline]
    fn number(&mut self) -> Result<(), ScanFault> {
        let start = self.at;
        if self.input.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let zero = self.input.get(self.at) == Some(&b'0');
        if self.digits() == 0 || (zero && self.at > start + 1 && self.leading_zero(start)) {
            return Err(self.bad_number(start));
        }
        if self.input.get(self.at) == Some(&b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.bad_number(start));
            }
        }
        if let Some(b'e' | b'E') = self.input.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.input.get(self.at) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.bad_number(start));
            }
        }
        Ok(())
    }

    /// A zero before further digits, as in `01` or `-01`; `0` and `-0` are fine.
    fn leading_zero(&self, start: usize) -> bool {
        let digits = self.input.get(start..self.at).unwrap_or_default();
        digits.strip_prefix(b"-").unwrap_or(digits).len() > 1
    }

    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.input.get(self.at) {
            self.at += 1;
        }
        self.at - start
    }

    fn bad_number(&self, start: usize) -> ScanFault {
        if self.at >= self.input.len() {
            self.end()
        } else {
            ScanFault::new(Reason::NUMBER, start)
        }
    }

    /// The end of a broken value that begins at `start`: where its brackets are closed again, as
    /// far as quotes and brackets can tell. None where they never are.
    pub(crate) fn resync(&mut self, start: usize) -> Option<usize> {
        self.open.clear();
        self.at = start;
        loop {
            match *self.input.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    while *self.input.get(self.at)? != b'"' {
                        self.at += 1 + usize::from(*self.input.get(self.at)? == b'\\');
                    }
                }
                byte @ (b'{' | b'[') => self.open.push(byte == b'{'),
                byte @ (b'}' | b']') => match self.open.pop() {
                    Some(object) if object == (byte == b'}') => {}
                    // The end of the list around a bare broken word.
                    None => return Some(self.at),
                    Some(_) => return None,
                },
                b',' if self.open.depth == 0 => return Some(self.at),
                _ => {}
            }
            self.at += 1;
            if self.open.depth == 0 && matches!(self.input.get(self.at - 1), Some(b'}' | b']')) {
                return Some(self.at);
            }
        }
    }
}
