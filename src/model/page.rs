//! A page of `/logs` in one pass: where its entries are, and what else it says.

use super::drift::{self, Drift};
use super::error::{DecodeError, Fault, Why};
use super::from_value::FromValue;
use super::objects::{ResponseMetadata, Schema, Shape, key};
use super::scan::{Scanner, Sink, Span};
use super::tape::{self, Builder, Tape};
use super::text::Repaired;
use super::value::{Object, Value};

/// The fields of a page beside its entries.
pub(crate) const SCHEMA: &Schema = &Schema(&[
    (
        key("response_metadata"),
        Shape::Object(ResponseMetadata::SCHEMA),
    ),
    (key("ok"), Shape::Boolean),
    (key("error"), Shape::Text),
    (key("needed"), Shape::Text),
    (key("provided"), Shape::Text),
    (key("warning"), Shape::Text),
]);

/// Makes an entry out of the value where the scanner stands.
pub(crate) trait Reader {
    type Entry;

    /// Reads one whole value; the scanner stands behind it then.
    fn read(&mut self, scanner: &mut Scanner<'_>, page: &Repaired) -> Result<Self::Entry, Fault>;

    /// Keeps a value that cannot be read, but whose end is known.
    fn degrade(&mut self, start: usize, end: usize, is_json: bool, page: &Repaired) -> Self::Entry;
}

/// What a page says beside its entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    tape: Tape,
    repaired: bool,
}

impl Head {
    pub(crate) fn object(&self) -> Option<Object<'_>> {
        self.tape
            .root()
            .and_then(|root| Value::new(root).as_object())
    }

    pub(crate) fn field<'a, T: FromValue<'a>>(&'a self, key: u16) -> Option<T> {
        self.object()?.field(key)
    }

    pub(crate) fn drift(&self) -> Vec<Drift<'_>> {
        self.object()
            .map(|object| drift::of(Value::Object(object), SCHEMA))
            .unwrap_or_default()
    }

    pub(crate) fn is_repaired(&self) -> bool {
        self.repaired
    }

    pub(crate) fn next_cursor(&self) -> Option<&str> {
        let metadata: ResponseMetadata<'_> = self.field(const { key("response_metadata") })?;
        metadata.next_cursor().filter(|cursor| !cursor.is_empty())
    }
}

/// Reads a page. Entries that cannot be read are degraded, never dropped; what makes the page as a
/// whole unreadable, such as a cut end or `entries` that are no list, is an error.
pub(crate) fn read<R: Reader>(
    page: &Repaired,
    reader: &mut R,
) -> Result<(Vec<R::Entry>, Head), DecodeError> {
    let input = page.text.as_bytes();
    read_page(page, reader).map_err(|fault| fault.locate(input))
}

fn read_page<R: Reader>(page: &Repaired, reader: &mut R) -> Result<(Vec<R::Entry>, Head), Fault> {
    let input = page.text.as_bytes();
    tape::check_len(input)?;
    let mut scanner = Scanner::new(input);
    let mut entries = Vec::new();
    let mut head = Builder::lossy();
    head.begin(0);
    if scanner.peek()? != b'{' {
        return Err(not_an_object(&mut scanner));
    }
    head.open(true, scanner.at(), 0);
    scanner.jump(scanner.at() + 1);
    let mut more = !scanner.skip_if(b'}')?;
    while more {
        let name = scanner.key()?;
        let mut plain = String::new();
        let is_entries = if name.escaped {
            tape::decode(input, name, &mut plain).is_ok() && plain == "entries"
        } else {
            input.get(name.start..name.end) == Some(b"entries")
        };
        if is_entries {
            read_entries(&mut scanner, page, reader, &mut entries)?;
        } else {
            read_member(&mut scanner, name, &mut head)?;
        }
        more = scanner.skip_if(b',')?;
        if !more {
            scanner.expect(b'}', Why::ObjectEnd)?;
        }
    }
    scanner.finish()?;
    head.close();
    let repaired = page.any();
    let head = Head {
        tape: head.finish(page.text.clone()),
        repaired,
    };
    check_cursor(&head)?;
    Ok((entries, head))
}

/// Any other member of the page. What is nested too deeply is left out: it must not cost the page
/// its entries.
fn read_member(scanner: &mut Scanner<'_>, name: Span, head: &mut Builder) -> Result<(), Fault> {
    let (start, mark) = (scanner.at(), head.mark());
    head.key(scanner.input(), name, 1)?;
    match scanner.value(head) {
        Err(Fault {
            why: Why::Depth, ..
        }) => {
            head.rewind(mark);
            scanner.jump(start);
            scanner.value(&mut Grammar)
        }
        other => other,
    }
}

/// A cursor that is there, but cannot be read, must not pass for the last page.
fn check_cursor(head: &Head) -> Result<(), Fault> {
    let Some(metadata) = head
        .tape
        .root()
        .and_then(|root| root.children().find(const { key("response_metadata") }))
    else {
        return Ok(());
    };
    match Value::new(metadata) {
        Value::Null | Value::Object(_) => {}
        // What an empty object becomes in some of the languages that pages are made with.
        Value::List(list) if list.is_empty() => {}
        _ => {
            return Err(Fault::new(Why::Metadata, metadata.start()));
        }
    }
    let Some(cursor) = metadata.children().find(const { key("next_cursor") }) else {
        return Ok(());
    };
    match Value::new(cursor) {
        Value::Null | Value::Bool(false) | Value::String(_) | Value::Number(_) => Ok(()),
        _ => Err(Fault::new(Why::Cursor, cursor.start())),
    }
}

/// Sound JSON that is no page, or no JSON at all: an HTML page, most likely.
#[cold]
fn not_an_object(scanner: &mut Scanner<'_>) -> Fault {
    let start = scanner.at();
    match scanner
        .value(&mut Builder::default())
        .and_then(|()| scanner.finish())
    {
        Ok(()) => Fault::new(Why::Object, start),
        Err(fault) => fault,
    }
}

/// The list of entries. A second list in the same page adds to the first: no entry is lost to a
/// repeated name.
fn read_entries<R: Reader>(
    scanner: &mut Scanner<'_>,
    page: &Repaired,
    reader: &mut R,
    entries: &mut Vec<R::Entry>,
) -> Result<(), Fault> {
    if scanner.peek()? != b'[' {
        let start = scanner.at();
        scanner.value(&mut Builder::default())?;
        let is_null = scanner.input().get(start..scanner.at()) == Some(b"null");
        return if is_null {
            Ok(())
        } else {
            Err(Fault::new(Why::Entries, start))
        };
    }
    scanner.jump(scanner.at() + 1);
    let mut more = !scanner.skip_if(b']')?;
    while more {
        scanner.peek()?;
        let start = scanner.at();
        let entry = match reader.read(scanner, page) {
            Ok(entry) => entry,
            Err(fault) => {
                let (end, is_json) = behind(scanner, start, fault)?;
                reader.degrade(start, end, is_json, page)
            }
        };
        entries.push(entry);
        more = scanner.skip_if(b',')?;
        if !more {
            scanner.expect(b']', Why::ListEnd)?;
        }
    }
    Ok(())
}

/// Finds the end of an entry that could not be read, and leaves the scanner there. Where it has no
/// end, the page was cut, and the entry's own fault stands.
#[cold]
fn behind(scanner: &mut Scanner<'_>, start: usize, fault: Fault) -> Result<(usize, bool), Fault> {
    scanner.jump(start);
    if fault.why != Why::End && scanner.value(&mut Grammar).is_ok() {
        return Ok((scanner.at(), true));
    }
    let end = scanner
        .resync(start)
        .filter(|end| *end > start)
        .ok_or(fault)?;
    scanner.jump(end);
    // Only what a page goes on with may follow; anything else means that the brackets misled us.
    match scanner.peek() {
        Ok(b',' | b']') => Ok((trimmed(scanner.input(), start, end), false)),
        _ => Err(fault),
    }
}

/// The end without the whitespace before it.
fn trimmed(input: &[u8], start: usize, end: usize) -> usize {
    start
        + input
            .get(start..end)
            .map_or(0, |part| part.trim_ascii_end().len())
}

/// Takes any JSON at any depth: strings without text, too.
pub(crate) struct Grammar;

impl Sink for Grammar {
    const MAX_DEPTH: usize = usize::MAX;

    fn key(&mut self, _: &[u8], _: Span, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    fn string(&mut self, _: &[u8], _: Span, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    fn number(&mut self, _: &[u8], _: usize, _: usize, _: usize) {}

    fn literal(&mut self, _: u8, _: usize, _: usize) {}

    fn open(&mut self, _: bool, _: usize, _: usize) {}

    fn close(&mut self) {}
}

/// The methods that both kinds of page share.
macro_rules! page_head {
    ($page:ident, $entry:ident) => {
        impl $page {
            /// The cursor of the next page. None on the last one, whether it is empty, null, or
            /// absent.
            pub fn next_cursor(&self) -> Option<&str> {
                self.head.next_cursor()
            }

            /// `response_metadata`.
            pub fn response_metadata(&self) -> Option<ResponseMetadata<'_>> {
                self.head.field(const { key("response_metadata") })
            }

            /// `ok`: usually absent on success.
            pub fn ok(&self) -> Option<bool> {
                self.head.field(const { key("ok") })
            }

            /// `error`: the code of a failure, such as `invalid_cursor`.
            pub fn error(&self) -> Option<&str> {
                self.head.field(const { key("error") })
            }

            /// `needed`: the scope that the token lacks.
            pub fn needed(&self) -> Option<&str> {
                self.head.field(const { key("needed") })
            }

            /// `provided`: the scopes that the token has.
            pub fn provided(&self) -> Option<&str> {
                self.head.field(const { key("provided") })
            }

            /// `warning`.
            pub fn warning(&self) -> Option<&str> {
                self.head.field(const { key("warning") })
            }

            /// Every known field of the page itself whose value has an unexpected type.
            pub fn drift(&self) -> Vec<Drift<'_>> {
                self.head.drift()
            }

            /// The entries, in the page's order: newest first.
            pub fn iter(&self) -> std::slice::Iter<'_, $entry> {
                self.entries.iter()
            }

            /// The fields of the page that this crate does not know.
            pub fn unknown_fields(&self) -> UnknownFields<'_> {
                UnknownFields::new(self.head.object(), page::SCHEMA)
            }

            /// True where the body was no UTF-8: U+FFFD stands for the invalid bytes. The entries
            /// that are concerned say so, too.
            pub fn is_repaired(&self) -> bool {
                self.head.is_repaired()
            }
        }

        impl IntoIterator for $page {
            type Item = $entry;
            type IntoIter = std::vec::IntoIter<$entry>;

            fn into_iter(self) -> Self::IntoIter {
                self.entries.into_iter()
            }
        }

        impl<'a> IntoIterator for &'a $page {
            type Item = &'a $entry;
            type IntoIter = std::slice::Iter<'a, $entry>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }
    };
}
pub(crate) use page_head;
