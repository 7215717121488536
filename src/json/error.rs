//! Why JSON could not be read: kind, place and expectation, never a value out of it.

use std::fmt;

/// What kind of trouble a [`DecodeError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// The bytes are no JSON.
    Syntax,
    /// The JSON ends too early: a body that was cut, most likely.
    Eof,
    /// Valid JSON, but not what was asked for, such as a list where a page belongs.
    Data,
    /// Nested deeper than the model follows: 127 levels.
    Depth,
    /// More than is indexed: bytes, entries, values, or invalid bytes.
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

/// What `serde_json` found, without its words: those repeat the value that it met.
impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> Self {
        let (category, expected) = match error.classify() {
            serde_json::error::Category::Eof => (Category::Eof, "unexpected end"),
            serde_json::error::Category::Syntax => (Category::Syntax, "invalid JSON"),
            _ => (Category::Data, "a value of another type than expected"),
        };
        Self {
            category,
            expected,
            line: error.line(),
            column: error.column(),
        }
    }
}

/// A [`DecodeError`] before its place is counted out: two registers, since it is in every result of
/// the scanner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScanFault {
    pub(crate) reason: &'static Reason,
    /// Byte offset in the scanned input.
    pub(crate) at: usize,
}

/// What a [`ScanFault`] is about, in fixed words.
#[derive(Debug)]
pub(crate) struct Reason {
    category: Category,
    expected: &'static str,
}

impl Reason {
    pub(crate) const END: &'static Self = &Self::new(Category::Eof, "unexpected end");
    pub(crate) const VALUE: &'static Self = &Self::new(Category::Syntax, "expected a value");
    pub(crate) const OBJECT_END: &'static Self =
        &Self::new(Category::Syntax, "expected `,` or `}`");
    pub(crate) const LIST_END: &'static Self = &Self::new(Category::Syntax, "expected `,` or `]`");
    pub(crate) const KEY: &'static Self =
        &Self::new(Category::Syntax, "expected a key in double quotes");
    pub(crate) const COLON: &'static Self = &Self::new(Category::Syntax, "expected `:`");
    pub(crate) const CONTROL: &'static Self =
        &Self::new(Category::Syntax, "control character in a string");
    pub(crate) const ESCAPE: &'static Self = &Self::new(Category::Syntax, "invalid escape");
    pub(crate) const NUMBER: &'static Self = &Self::new(Category::Syntax, "invalid number");
    pub(crate) const TRAILING: &'static Self = &Self::new(Category::Syntax, "trailing characters");
    pub(crate) const SURROGATE: &'static Self =
        &Self::new(Category::Syntax, "lone surrogate in a string");
    pub(crate) const DEPTH: &'static Self = &Self::new(Category::Depth, "nested too deeply");
    pub(crate) const SIZE: &'static Self = &Self::new(Category::Size, "larger than 2 GiB");
    pub(crate) const VALUES: &'static Self =
        &Self::new(Category::Size, "more values than are indexed");
    pub(crate) const UTF8: &'static Self =
        &Self::new(Category::Size, "more than 65,536 invalid bytes");
    pub(crate) const OBJECT: &'static Self = &Self::new(Category::Data, "expected an object");
    pub(crate) const NO_SUCCESS: &'static Self =
        &Self::new(Category::Data, "expected no `ok` that is false");
    pub(crate) const FLOAT: &'static Self = &Self::new(Category::Data, "a number beyond any float");

    pub(crate) const fn new(category: Category, expected: &'static str) -> Self {
        Self { category, expected }
    }
}

impl ScanFault {
    #[cold]
    pub(crate) fn new(reason: &'static Reason, at: usize) -> Self {
        Self { reason, at }
    }

    pub(crate) fn category(self) -> Category {
        self.reason.category
    }

    /// Counts lines and columns of `input` up to the fault.
    #[cold]
    pub(crate) fn locate(self, input: &[u8]) -> DecodeError {
        let before = input.get(..self.at).unwrap_or(input);
        let start_of_line = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        DecodeError {
            category: self.reason.category,
            expected: self.reason.expected,
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            column: before.len() - start_of_line + 1,
        }
    }
}
