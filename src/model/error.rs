//! Why a body could not be read: kind, place and expectation, never a value out of it.

use std::fmt;

/// What kind of trouble a [`DecodeError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// The bytes are no JSON.
    Syntax,
    /// The JSON ends too early: a body that was cut, most likely.
    Eof,
    /// Sound JSON, but not of the shape that was asked for, such as a list where a page belongs.
    Data,
    /// Nested deeper than the model follows: 127 levels.
    Depth,
    /// A body too large to be indexed: 2 GiB.
    Size,
}

/// A body, or one entry of it, that could not be read.
///
/// It says where and what was expected. It never holds a value, nor any other part of the input, so
/// it is safe to log.
///
/// ```
/// use slack_audit_logs::model::{Category, FromBody, LogsResponse};
///
/// let error = LogsResponse::from_body(&br#"{"entries":[{"id":"#[..].into()).unwrap_err();
/// assert_eq!(error.category(), Category::Eof);
/// assert_eq!(error.to_string(), "not JSON: unexpected end at line 1 column 19");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    category: Category,
    expected: &'static str,
    line: usize,
    column: usize,
}

impl DecodeError {
    /// What kind of trouble this is.
    pub fn category(&self) -> Category {
        self.category
    }

    /// What was wrong, or expected, in a few fixed words.
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in bytes, from 1; one past the last byte where the input ended too early.
    pub fn column(&self) -> usize {
        self.column
    }

    /// True where the input ended too early.
    pub fn is_eof(&self) -> bool {
        self.category == Category::Eof
    }

    pub(crate) fn new(
        category: Category,
        expected: &'static str,
        line: usize,
        column: usize,
    ) -> Self {
        Self {
            category,
            expected,
            line,
            column,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.category {
            Category::Syntax | Category::Eof => "not JSON",
            Category::Data => "unexpected JSON",
            Category::Depth | Category::Size => "JSON out of bounds",
        };
        write!(
            f,
            "{what}: {} at line {} column {}",
            self.expected, self.line, self.column
        )
    }
}

impl std::error::Error for DecodeError {}

/// A [`DecodeError`] before its place is counted out: two registers, since it is in every result of
/// the scanner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) why: Why,
    /// Byte offset in the scanned input.
    pub(crate) at: usize,
}

/// What a [`Fault`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    End,
    Value,
    ObjectEnd,
    ListEnd,
    Key,
    Colon,
    Control,
    Escape,
    Number,
    Trailing,
    Surrogate,
    Depth,
    Size,
    Object,
    Entries,
    Metadata,
    Cursor,
}

impl Why {
    fn words(self) -> (Category, &'static str) {
        match self {
            Self::End => (Category::Eof, "unexpected end"),
            Self::Value => (Category::Syntax, "expected a value"),
            Self::ObjectEnd => (Category::Syntax, "expected `,` or `}`"),
            Self::ListEnd => (Category::Syntax, "expected `,` or `]`"),
            Self::Key => (Category::Syntax, "expected a key in double quotes"),
            Self::Colon => (Category::Syntax, "expected `:`"),
            Self::Control => (Category::Syntax, "control character in a string"),
            Self::Escape => (Category::Syntax, "invalid escape"),
            Self::Number => (Category::Syntax, "invalid number"),
            Self::Trailing => (Category::Syntax, "trailing characters"),
            Self::Surrogate => (Category::Syntax, "lone surrogate in a string"),
            Self::Depth => (Category::Depth, "nested too deeply"),
            Self::Size => (Category::Size, "larger than 2 GiB"),
            Self::Object => (Category::Data, "expected an object"),
            Self::Entries => (Category::Data, "expected a list of entries"),
            Self::Metadata => (Category::Data, "expected an object in `response_metadata`"),
            Self::Cursor => (Category::Data, "expected a string in `next_cursor`"),
        }
    }
}

impl Fault {
    #[cold]
    pub(crate) fn new(why: Why, at: usize) -> Self {
        Self { why, at }
    }

    /// Counts lines and columns of `input` up to the fault.
    #[cold]
    pub(crate) fn locate(self, input: &[u8]) -> DecodeError {
        let before = input.get(..self.at).unwrap_or(input);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let column =
            before.len() - memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1) + 1;
        let (category, expected) = self.why.words();
        DecodeError::new(category, expected, line, column)
    }
}
