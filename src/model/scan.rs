//! One pass over JSON text: a validating scanner that tells a sink what it meets, and knows no recursion.

use super::error::{Category, Fault};

/// Levels of nesting that the typed model follows, the same bound as `serde_json`'s.
pub(crate) const MAX_DEPTH: usize = 127;

/// The contents of a JSON string between its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Holds a backslash, so its text is not its bytes.
    pub(crate) escaped: bool,
}

/// Is told every token of a value, in order. `depth` counts the containers around the token.
pub(crate) trait Sink {
    /// Containers that may stand inside each other.
    const MAX_DEPTH: usize;

    fn key(&mut self, input: &[u8], span: Span, depth: usize) -> Result<(), Fault>;
    fn string(&mut self, input: &[u8], span: Span, depth: usize) -> Result<(), Fault>;
    fn number(&mut self, input: &[u8], start: usize, end: usize, depth: usize);
    /// `null`, `true`, `false`, told apart by the first letter.
    fn literal(&mut self, first: u8, start: usize, depth: usize);
    /// A list or object begins; what is returned comes back with its end.
    fn open(&mut self, object: bool, start: usize, depth: usize) -> usize;
    fn close(&mut self, token: usize);
}

/// Walks over JSON text. The text must be UTF-8; the scanner itself looks at bytes only.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    input: &'a [u8],
    at: usize,
    /// Open containers: the sink's token, and whether it is an object.
    stack: Vec<(usize, bool)>,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            at: 0,
            stack: Vec::new(),
        }
    }

    pub(crate) fn input(&self) -> &'a [u8] {
        self.input
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn jump(&mut self, at: usize) {
        self.at = at;
    }

    /// The next byte that is no whitespace, which is not consumed.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<u8, Fault> {
        loop {
            match self.input.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                Some(&byte) => return Ok(byte),
                None => return Err(self.end()),
            }
        }
    }

    /// Steps over `byte`, or fails with what was expected.
    #[inline]
    pub(crate) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Fault> {
        if self.peek()? == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(Fault::syntax(expected, self.at))
        }
    }

    /// Steps over `byte` if it comes next.
    #[inline]
    pub(crate) fn skip_if(&mut self, byte: u8) -> Result<bool, Fault> {
        let is_next = self.peek()? == byte;
        self.at += usize::from(is_next);
        Ok(is_next)
    }

    /// Fails unless only whitespace is left.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Ok(_) => Err(Fault::syntax("trailing characters", self.at)),
            Err(_) => Ok(()),
        }
    }

    /// A member's key with its colon.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<Span, Fault> {
        self.expect(b'"', "expected a key in double quotes")?;
        let span = self.string()?;
        self.expect(b':', "expected `:`")?;
        Ok(span)
    }

    /// One whole value.
    #[inline]
    pub(crate) fn value<S: Sink>(&mut self, sink: &mut S) -> Result<(), Fault> {
        self.stack.clear();
        loop {
            let byte = self.peek()?;
            let start = self.at;
            let depth = self.stack.len();
            match byte {
                b'"' => {
                    self.at += 1;
                    let span = self.string()?;
                    sink.string(self.input, span, depth)?;
                }
                b'{' | b'[' => {
                    if depth >= S::MAX_DEPTH {
                        return Err(Fault {
                            category: Category::Depth,
                            expected: "nested too deeply",
                            at: start,
                        });
                    }
                    self.at += 1;
                    let object = byte == b'{';
                    let token = sink.open(object, start, depth);
                    // `]` and `}` stand two after their opening bracket in ASCII.
                    if self.skip_if(byte + 2)? {
                        sink.close(token);
                    } else {
                        self.stack.push((token, object));
                        if object {
                            let key = self.key()?;
                            sink.key(self.input, key, depth + 1)?;
                        }
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => {
                    self.number()?;
                    sink.number(self.input, start, self.at, depth);
                }
                b't' => self
                    .literal(b"true")
                    .map(|()| sink.literal(b't', start, depth))?,
                b'f' => self
                    .literal(b"false")
                    .map(|()| sink.literal(b'f', start, depth))?,
                b'n' => self
                    .literal(b"null")
                    .map(|()| sink.literal(b'n', start, depth))?,
                _ => return Err(Fault::syntax("expected a value", start)),
            }
            if self.after_value(sink)? {
                return Ok(());
            }
        }
    }

    /// Closes what ends here; true at the end of the outermost value, false before the next one.
    #[inline]
    fn after_value<S: Sink>(&mut self, sink: &mut S) -> Result<bool, Fault> {
        loop {
            let Some(&(token, object)) = self.stack.last() else {
                return Ok(true);
            };
            match (self.peek()?, object) {
                (b',', true) => {
                    self.at += 1;
                    let key = self.key()?;
                    sink.key(self.input, key, self.stack.len())?;
                    return Ok(false);
                }
                (b',', false) => {
                    self.at += 1;
                    return Ok(false);
                }
                (b'}', true) | (b']', false) => {
                    self.at += 1;
                    sink.close(token);
                    self.stack.pop();
                }
                (_, true) => return Err(Fault::syntax("expected `,` or `}`", self.at)),
                (_, false) => return Err(Fault::syntax("expected `,` or `]`", self.at)),
            }
        }
    }

    fn end(&self) -> Fault {
        Fault {
            category: Category::Eof,
            expected: Fault::END,
            at: self.input.len(),
        }
    }

    #[inline]
    fn literal(&mut self, word: &'static [u8]) -> Result<(), Fault> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        Err(if word.starts_with(rest) {
            self.end()
        } else {
            Fault::syntax("expected a value", self.at)
        })
    }

    /// The rest of a string, behind its opening quote.
    #[inline]
    fn string(&mut self) -> Result<Span, Fault> {
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at = plain_end(self.input, self.at);
            match self.input.get(self.at) {
                Some(b'"') => {
                    let end = self.at;
                    self.at += 1;
                    return Ok(Span {
                        start,
                        end,
                        escaped,
                    });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(Fault::syntax("control character in a string", self.at)),
                None => return Err(self.end()),
            }
        }
    }

    /// One escape; whether surrogates come in pairs is left to [`unescape`].
    fn escape(&mut self) -> Result<(), Fault> {
        let length = match self.input.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => 6,
            Some(_) => return Err(Fault::syntax("invalid escape", self.at)),
            None => return Err(self.end()),
        };
        let Some(hex) = self.input.get(self.at + 2..self.at + length) else {
            return Err(self.end());
        };
        if !hex.iter().all(u8::is_ascii_hexdigit) {
            return Err(Fault::syntax("invalid escape", self.at));
        }
        self.at += length;
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<(), Fault> {
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

    fn bad_number(&self, start: usize) -> Fault {
        if self.at >= self.input.len() {
            self.end()
        } else {
            Fault::syntax("invalid number", start)
        }
    }

    /// The end of a broken value that begins at `start`: where its brackets are closed again, as far as
    /// quotes and brackets can tell. None where they never are.
    pub(crate) fn resync(&mut self, start: usize) -> Option<usize> {
        self.stack.clear();
        self.at = start;
        loop {
            match *self.input.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    while *self.input.get(self.at)? != b'"' {
                        self.at += 1 + usize::from(*self.input.get(self.at)? == b'\\');
                    }
                }
                byte @ (b'{' | b'[') => self.stack.push((0, byte == b'{')),
                byte @ (b'}' | b']') => match self.stack.pop() {
                    Some((_, object)) if object == (byte == b'}') => {}
                    // The end of the list around a bare broken word.
                    None => return Some(self.at),
                    Some(_) => return None,
                },
                b',' if self.stack.is_empty() => return Some(self.at),
                _ => {}
            }
            self.at += 1;
            if self.stack.is_empty() && matches!(self.input.get(self.at - 1), Some(b'}' | b']')) {
                return Some(self.at);
            }
        }
    }
}

/// The first byte at or behind `at` that ends a run of plain string contents: a quote, a backslash, a
/// control character, or the end of the input.
///
/// Eight bytes at a time in one register: for strings of this API's lengths that is faster than `memchr`,
/// whose set-up pays off from about 32 bytes on.
#[inline]
fn plain_end(input: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    while let Some(chunk) = input.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        // A byte borrows from its high bit where it is below what is taken away; the lowest hit is exact.
        let hits = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        let hits = hits & HIGHS;
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(&byte) = input.get(at) {
        if byte == b'"' || byte == b'\\' || byte < 0x20 {
            break;
        }
        at += 1;
    }
    at
}

/// Appends the text of string contents whose escapes the scanner has found sound.
///
/// A surrogate without its other half has no text; its offset in `raw` is the error.
pub(crate) fn unescape(raw: &str, into: &mut String) -> Result<(), usize> {
    let mut rest = raw;
    while let Some(slash) = memchr::memchr(b'\\', rest.as_bytes()) {
        let offset = raw.len() - rest.len() + slash;
        let (plain, escape) = rest.split_at(slash);
        into.push_str(plain);
        let (character, length) = match escape.as_bytes().get(1).ok_or(offset)? {
            b'b' => ('\u{8}', 2),
            b'f' => ('\u{c}', 2),
            b'n' => ('\n', 2),
            b'r' => ('\r', 2),
            b't' => ('\t', 2),
            b'u' => unicode(escape).ok_or(offset)?,
            &other => (char::from(other), 2),
        };
        into.push(character);
        rest = escape.get(length..).ok_or(offset)?;
    }
    into.push_str(rest);
    Ok(())
}

/// The character of a `\uXXXX`, or of two that form a surrogate pair, and its length in bytes.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u32::from_str_radix(escape.get(at + 2..at + 6)?, 16).ok();
    let high = unit(0)?;
    if let Some(character) = char::from_u32(high) {
        return Some((character, 6));
    }
    if !(0xd800..0xdc00).contains(&high) || escape.get(6..8)? != "\\u" {
        return None;
    }
    let low = unit(6)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?, 12))
}
