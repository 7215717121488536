//! A page of `/logs` in one pass: where its entries are, and what else it says.

use std::fmt;

use bytes::Bytes;

use super::{
    drift::{self, Drift},
    objects::{FIELDS, PageFields, ResponseMetadata},
    schema::UnknownFields,
};
use crate::json::{
    Builder, Category, DecodeError, FromValue, Object, Reason, Repaired, ScanFault, Scanner, Skip,
    Tape, Value, read_members, trimmed_len,
};

/// Three times what `limit` allows. More would be an attack on memory: the smallest entry is three
/// bytes long, and needs about a hundred beside them.
const MAX_ENTRIES: usize = 30_000;

const MANY_ENTRIES: &Reason = &Reason::new(Category::Size, "more than 30,000 entries");
const NO_ENTRIES: &Reason = &Reason::new(Category::Data, "expected a list of entries");
const NO_METADATA: &Reason =
    &Reason::new(Category::Data, "expected an object in `response_metadata`");
const NO_CURSOR: &Reason = &Reason::new(Category::Data, "expected a string in `next_cursor`");

/// Makes an entry out of the value where the scanner stands.
pub(crate) trait Reader {
    type Entry;

    /// Reads one whole value; the scanner stands behind it then.
    fn read(
        &mut self,
        scanner: &mut Scanner<'_>,
        page: &Repaired,
    ) -> Result<Self::Entry, ScanFault>;

    /// Keeps a value that cannot be read, but whose end is known.
    fn degrade(&mut self, broken: Broken, page: &Repaired) -> Self::Entry;
}

/// A value that could not be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Broken {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) is_json: bool,
    pub(crate) fault: ScanFault,
}

/// What a page says beside its entries.
#[derive(Clone, Default)]
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

    pub(crate) fn fields(&self) -> Option<PageFields<'_>> {
        PageFields::from_value(self.object().map(Value::Object)?)
    }

    pub(crate) fn unknown_fields(&self) -> UnknownFields<'_> {
        UnknownFields::new(self.object(), PageFields::SCHEMA)
    }

    pub(crate) fn drift(&self) -> Vec<Drift<'_>> {
        self.object()
            .map(|object| drift::of(Value::Object(object), PageFields::SCHEMA))
            .unwrap_or_default()
    }

    pub(crate) fn is_repaired(&self) -> bool {
        self.repaired
    }

    pub(crate) fn metadata(&self) -> Option<ResponseMetadata<'_>> {
        self.fields()?.response_metadata()
    }

    pub(crate) fn next_cursor(&self) -> Option<&str> {
        self.metadata()?
            .next_cursor()
            .filter(|cursor| !cursor.is_empty())
    }
}

/// How a page is shown: how many entries, and which other fields; never what is in them.
pub(crate) fn debug(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    entries: usize,
    head: &Head,
) -> fmt::Result {
    f.debug_struct(name)
        .field("entries", &entries)
        .field("has_next", &head.next_cursor().is_some())
        .finish_non_exhaustive()
}

/// The text of a page.
pub(crate) fn text(body: &Bytes) -> Result<Repaired, DecodeError> {
    Repaired::new(body).map_err(|fault| fault.locate(body))
}

/// Reads a page. Entries that cannot be read are degraded, never dropped; what makes the page as a
/// whole unreadable, such as a cut end or `entries` that are no list, is an error.
pub(crate) fn read<R: Reader>(
    page: &Repaired,
    reader: &mut R,
) -> Result<(Vec<R::Entry>, Head), DecodeError> {
    read_page(page, reader).map_err(|fault| fault.locate(page.text.as_bytes()))
}

fn read_page<R: Reader>(
    page: &Repaired,
    reader: &mut R,
) -> Result<(Vec<R::Entry>, Head), ScanFault> {
    let (mut entries, mut is_page) = (Vec::new(), false);
    let mut head = Builder::lossy(&FIELDS);
    head.begin(0);
    read_members(page.text.as_bytes(), &mut head, |scanner, name| {
        if name != b"entries" {
            return Ok(false);
        }
        is_page |= read_entries(scanner, page, reader, &mut entries)?;
        Ok(true)
    })?;
    head.close_object();
    let head = Head {
        tape: head.finish(page.text.clone()),
        repaired: page.any(),
    };
    head.object().map_or(Ok(()), check_success)?;
    if !is_page {
        // Taking it for an empty page would end a stream, and lose events without a word.
        return Err(ScanFault::new(NO_ENTRIES, 0));
    }
    check_cursor(&head)?;
    Ok((entries, head))
}

/// A response that says it failed is no page and no list, whatever else it says.
pub(crate) fn check_success(object: Object<'_>) -> Result<(), ScanFault> {
    let mut members = object.iter();
    if members.any(|(name, value)| name == "ok" && value.as_bool() == Some(false)) {
        return Err(ScanFault::new(Reason::NO_SUCCESS, 0));
    }
    Ok(())
}

/// A cursor that is there, but cannot be read, must not pass for the last page.
fn check_cursor(head: &Head) -> Result<(), ScanFault> {
    let Some(metadata) = head.tape.member(b"response_metadata") else {
        return Ok(());
    };
    match Value::new(metadata) {
        Value::Null | Value::Object(_) => {}
        // What an empty object becomes in some of the languages that pages are made with.
        Value::List(list) if list.is_empty() => {}
        _ => return Err(ScanFault::new(NO_METADATA, metadata.start())),
    }
    let Some(cursor) = metadata.member(b"next_cursor") else {
        return Ok(());
    };
    match Value::new(cursor) {
        Value::Null | Value::Bool(false) | Value::String(_) | Value::Number(_) => Ok(()),
        _ => Err(ScanFault::new(NO_CURSOR, cursor.start())),
    }
}

/// The list of entries; false where it is null. A second list in the same page adds to the first:
/// no entry is lost to a repeated name.
fn read_entries<R: Reader>(
    scanner: &mut Scanner<'_>,
    page: &Repaired,
    reader: &mut R,
    entries: &mut Vec<R::Entry>,
) -> Result<bool, ScanFault> {
    if scanner.peek()? != b'[' {
        let start = scanner.at();
        scanner.value(&mut Skip)?;
        let is_null = scanner.input().get(start..scanner.at()) == Some(b"null");
        return if is_null {
            Ok(false)
        } else {
            Err(ScanFault::new(NO_ENTRIES, start))
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
                let broken = behind(scanner, start, fault)?;
                reader.degrade(broken, page)
            }
        };
        if entries.len() == MAX_ENTRIES {
            return Err(ScanFault::new(MANY_ENTRIES, start));
        }
        entries.push(entry);
        more = scanner.skip_if(b',')?;
        if !more {
            scanner.expect(b']', Reason::LIST_END)?;
        }
    }
    Ok(true)
}

/// Finds the end of an entry that could not be read, and leaves the scanner there. Where it has no
/// end, the page was cut, and the entry's own fault stands.
#[cold]
fn behind(scanner: &mut Scanner<'_>, start: usize, fault: ScanFault) -> Result<Broken, ScanFault> {
    scanner.jump(start);
    let fault = match scanner.value(&mut Skip) {
        Ok(()) => {
            return Ok(Broken {
                start,
                end: scanner.at(),
                is_json: true,
                fault,
            });
        }
        // Why it is no JSON at all says more than why it could not be typed.
        Err(fault) => fault,
    };
    let end = scanner
        .resync(start)
        .filter(|end| *end > start)
        .ok_or(fault)?;
    scanner.jump(end);
    // Only what a page goes on with may follow; anything else means that the brackets misled us.
    match scanner.peek() {
        Ok(b',' | b']') => Ok(Broken {
            start,
            end: trimmed_len(scanner.input().get(..end).unwrap_or_default()),
            is_json: false,
            fault,
        }),
        _ => Err(fault),
    }
}

/// The methods for what every response may say of how the call went.
macro_rules! outcome_fields {
    ($response:ident) => {
        impl $response {
            /// `ok`: usually absent on success.
            pub fn ok(&self) -> Option<bool> {
                self.fields()?.ok()
            }

            /// `error`: the code of a failure, such as `invalid_cursor`.
            pub fn error(&self) -> Option<&str> {
                self.fields()?.error()
            }

            /// `needed`: the scope that the token lacks.
            pub fn needed(&self) -> Option<&str> {
                self.fields()?.needed()
            }

            /// `provided`: the scopes that the token has.
            pub fn provided(&self) -> Option<&str> {
                self.fields()?.provided()
            }

            /// `warning`.
            pub fn warning(&self) -> Option<&str> {
                self.fields()?.warning()
            }
        }
    };
}
pub(crate) use outcome_fields;

/// The methods that both kinds of page share.
macro_rules! page_head {
    ($page:ident, $entry:ident) => {
        crate::model::page::outcome_fields!($page);

        impl $page {
            /// The cursor of the next page. None on the last one, whether it is empty, null, or
            /// absent.
            pub fn next_cursor(&self) -> Option<&str> {
                self.head.next_cursor()
            }

            /// `response_metadata`.
            pub fn response_metadata(&self) -> Option<ResponseMetadata<'_>> {
                self.head.metadata()
            }

            fn fields(&self) -> Option<crate::model::objects::PageFields<'_>> {
                self.head.fields()
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
                self.head.unknown_fields()
            }

            /// True where the body was no UTF-8: U+FFFD stands for the invalid bytes. The entries
            /// that are concerned say so, too.
            pub fn is_repaired(&self) -> bool {
                self.head.is_repaired()
            }
        }

        /// Tells how many entries there are, and nothing of what they say.
        impl std::fmt::Debug for $page {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                page::debug(f, stringify!($page), self.entries.len(), &self.head)
            }
        }

        impl std::ops::Index<usize> for $page {
            type Output = $entry;

            fn index(&self, place: usize) -> &$entry {
                &self.entries[place]
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
