//! The format of an object: events as gzipped ndjson, and the archive's state in gzip's header.
//!
//! RFC 1952 gives a gzip member an extra field of subfields, which every reader skips. The
//! archive's own subfield holds, in this order: a line of JSON (version, ids, the next key), the
//! checkpoint's bytes, and the CRC-32 of both, as nothing else protects a gzip header.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
};

use flate2::{Compression, Crc, GzBuilder, bufread::GzDecoder};
use serde::{Deserialize, Serialize};

use super::key::ObjectKey;

/// The version that objects are written with.
pub(super) const VERSION: u32 = 1;

/// The subfield's name, unregistered with gzip's maintainers, as nearly all are: "Slack Audit".
const SUBFIELD: [u8; 2] = *b"SA";

/// Name and length of a subfield.
const SUBFIELD_HEAD: u16 = 4;

/// What a gzip member begins with: magic, method, flags, time, extra flags, system.
const FIXED: usize = 10;

/// `FEXTRA` of the header's flags; the archive's objects have this one only.
const FLAG_EXTRA: u8 = 4;

/// Bytes of an object that surely hold the whole header: the fixed part, the extra field's length
/// and as much as an extra field can be.
pub(super) const MAX_HEADER: usize = FIXED + 2 + u16::MAX as usize;

/// What one line may have: far above the largest page that a client takes by default.
const MAX_LINE: u64 = 256 << 20;

/// A random name: every attempt to write an object has its own, so that what lies in the store
/// tells who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Nonce(u128);

impl Nonce {
    pub(super) fn random() -> Self {
        Self(rand::random())
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for Nonce {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16)
            .map(Self)
            .ok()
            .filter(|nonce| nonce.to_string() == text)
            .ok_or_else(|| serde::de::Error::custom("no nonce"))
    }
}

/// What an object says beside its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The object's own name.
    pub(super) id: Nonce,
    /// The name of the object before it; of the archive, in the first one.
    pub(super) previous: Nonce,
    /// The key of the object after it.
    pub(super) next: ObjectKey,
    /// How many events it has.
    pub(super) events: u64,
    /// The first and the last second that were read for it, in Unix seconds.
    pub(super) range: (i64, i64),
    /// The collector's checkpoint once these events are delivered.
    pub(super) checkpoint: Vec<u8>,
}

/// The part that is JSON.
#[derive(Serialize, Deserialize)]
struct Line {
    version: u32,
    id: Nonce,
    previous: Nonce,
    next: String,
    events: u64,
    from: i64,
    to: i64,
}

/// The part of it that every version has, as `_archive` has it, too.
#[derive(Deserialize)]
pub(super) struct Versioned {
    pub(super) version: u32,
}

/// Why an object cannot be read. The words name no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Damaged(&'static str),
    /// Written by a newer version of this crate.
    Newer(u32),
}

/// The checkpoint does not fit into a gzip header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CheckpointTooLarge;

impl Header {
    /// The object: this header and the events, which are ndjson. Without events it has one blank
    /// line, as some readers refuse a file without bytes.
    pub(super) fn encode(&self, ndjson: &[u8]) -> Result<Vec<u8>, CheckpointTooLarge> {
        let extra = self.extra()?;
        let out = Vec::with_capacity(extra.len() + ndjson.len() / 8 + 64);
        // No time and "unknown system": the same events give the same bytes wherever they are put.
        let mut gzip = GzBuilder::new()
            .extra(extra)
            .operating_system(255)
            .write(out, Compression::default());
        let lines = if ndjson.is_empty() { b"\n" } else { ndjson };
        // Writing to memory does not fail.
        gzip.write_all(lines).map_err(|_| CheckpointTooLarge)?;
        gzip.finish().map_err(|_| CheckpointTooLarge)
    }

    /// The extra field.
    fn extra(&self) -> Result<Vec<u8>, CheckpointTooLarge> {
        let line = Line {
            version: VERSION,
            id: self.id,
            previous: self.previous,
            next: self.next.to_string(),
            events: self.events,
            from: self.range.0,
            to: self.range.1,
        };
        let mut content = serde_json::to_vec(&line).map_err(|_| CheckpointTooLarge)?;
        content.push(b'\n');
        content.extend_from_slice(&self.checkpoint);
        content.extend_from_slice(&crc(&content));
        let length = u16::try_from(content.len())
            .ok()
            .filter(|length| *length <= u16::MAX - SUBFIELD_HEAD)
            .ok_or(CheckpointTooLarge)?;
        let mut extra = SUBFIELD.to_vec();
        extra.extend_from_slice(&length.to_le_bytes());
        extra.append(&mut content);
        Ok(extra)
    }

    /// Reads the header from the first bytes of an object; [`MAX_HEADER`] of them always suffice.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let damaged = Unreadable::Damaged;
        let (fixed, rest) = bytes
            .split_at_checked(FIXED)
            .ok_or(damaged("it is too short to be gzip"))?;
        match fixed {
            // Magic and "deflate", by RFC 1952.
            [0x1f, 0x8b, 8, FLAG_EXTRA, ..] => {}
            [0x1f, 0x8b, 8, ..] => return Err(damaged("its gzip header was rewritten")),
            _ => return Err(damaged("it is not gzip")),
        }
        let extra = prefixed(rest).ok_or(damaged("its header is cut short"))?;
        let content = subfield(extra).ok_or(damaged("its header has no checkpoint"))?;
        let (content, sum) = content
            .split_last_chunk()
            .ok_or(damaged("its header is cut short"))?;
        if *sum != crc(content) {
            return Err(damaged("the checksum of its header is wrong"));
        }
        let unreadable = damaged("its header is unreadable");
        let end = memchr::memchr(b'\n', content).ok_or(unreadable)?;
        let (line, checkpoint) = content.split_at(end);
        let Versioned { version } = serde_json::from_slice(line).map_err(|_| unreadable)?;
        if version != VERSION {
            return Err(Unreadable::Newer(version));
        }
        let line: Line = serde_json::from_slice(line).map_err(|_| unreadable)?;
        Ok(Self {
            id: line.id,
            previous: line.previous,
            next: line.next.parse().map_err(|()| unreadable)?,
            events: line.events,
            range: (line.from, line.to),
            checkpoint: checkpoint.get(1..).unwrap_or_default().to_vec(),
        })
    }
}

/// What follows its own length of two bytes.
fn prefixed(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.get(..usize::from(u16::from_le_bytes(*length)))
}

/// The archive's own subfield of an extra field.
fn subfield(mut extra: &[u8]) -> Option<&[u8]> {
    loop {
        let (name, rest) = extra.split_first_chunk::<2>()?;
        let content = prefixed(rest)?;
        if *name == SUBFIELD {
            return Some(content);
        }
        extra = rest.get(2 + content.len()..)?;
    }
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// Calls `each` with every event of a whole object, after its header was read.
pub(super) fn read_events(
    object: &[u8],
    header: &Header,
    mut each: impl FnMut(&[u8]),
) -> Result<(), Unreadable> {
    let mut reader = BufReader::new(GzDecoder::new(object));
    let (mut line, mut events) = (Vec::new(), 0);
    let cut = Unreadable::Damaged("its compressed content is damaged or cut short");
    loop {
        line.clear();
        (&mut reader)
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|_: io::Error| cut)?;
        match line.split_last() {
            None => break,
            Some((b'\n', [])) => {}
            Some((b'\n', event)) => {
                events += 1;
                each(event);
            }
            _ => return Err(Unreadable::Damaged("its last line has no end")),
        }
    }
    if !reader.into_inner().into_inner().is_empty() {
        return Err(Unreadable::Damaged("something was appended to it"));
    }
    if events != header.events {
        return Err(Unreadable::Damaged(
            "it has not as many events as its header says",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::collect::destination::archive::key::Date;

    fn header() -> Header {
        Header {
            id: Nonce(1),
            previous: Nonce(u128::MAX),
            next: ObjectKey::first_of(Date::of(1_700_000_000)),
            events: 2,
            range: (i64::MIN, i64::MAX),
            checkpoint: b"{\"version\":1}\n\0\xff".to_vec(),
        }
    }

    fn events(object: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
        let mut events = Vec::new();
        let header = Header::decode(object)?;
        read_events(object, &header, |event| events.push(event.to_vec()))?;
        Ok(events)
    }

    /// A gzip without content that has this extra field.
    fn gzip(extra: Vec<u8>) -> Vec<u8> {
        let gzip = GzBuilder::new().extra(extra);
        let gzip = gzip.write(Vec::new(), Compression::fast());
        gzip.finish().expect("memory")
    }

    #[test]
    fn an_object_reads_back() {
        let object = header().encode(b"{\"id\":1}\n{}\n").expect("small");
        assert_eq!(Header::decode(&object), Ok(header()));
        let lines: Vec<&[u8]> = vec![b"{\"id\":1}", b"{}"];
        assert_eq!(events(&object).expect("whole"), lines);
    }

    #[test]
    fn an_object_without_events_is_not_empty() {
        let header = Header {
            events: 0,
            ..header()
        };
        let object = header.encode(b"").expect("small");
        let mut text = String::new();
        GzDecoder::new(&object[..])
            .read_to_string(&mut text)
            .expect("gzip");
        assert_eq!(text, "\n");
        assert_eq!(events(&object), Ok(vec![]));
    }

    #[test]
    fn the_header_stands_where_the_documentation_says() {
        let object = header().encode(b"{}\n").expect("small");
        let length = usize::from(u16::from_le_bytes([object[10], object[11]]));
        assert_eq!(&object[12..14], b"SA");
        assert_eq!(Header::decode(&object[..12 + length]), Ok(header()));
        assert!(Header::decode(&object[..11 + length]).is_err());
    }

    #[test]
    fn other_subfields_are_skipped() {
        let extra = header().extra().expect("small");
        let with_another = [b"XX\x03\0abc", &extra[..]].concat();
        assert_eq!(Header::decode(&gzip(with_another)), Ok(header()));
    }

    #[test]
    fn a_checkpoint_up_to_gzips_bound_fits_and_no_larger_one() {
        let overhead = header().extra().expect("small").len() - header().checkpoint.len();
        let with = |length| Header {
            checkpoint: vec![b'x'; length],
            ..header()
        };
        let largest = with(usize::from(u16::MAX) - overhead);
        let object = largest.encode(b"").expect("fits");
        assert_eq!(Header::decode(&object[..MAX_HEADER]), Ok(largest));
        let larger = with(usize::from(u16::MAX) - overhead + 1);
        assert_eq!(larger.encode(b""), Err(CheckpointTooLarge));
    }

    #[test]
    fn a_newer_version_is_named() {
        let mut line = b"{\"version\":7,\"anything\":\"else\"}\n".to_vec();
        line.extend_from_slice(&crc(&line));
        let length = u16::try_from(line.len()).expect("short").to_le_bytes();
        let object = gzip([&SUBFIELD[..], &length, &line].concat());
        assert_eq!(Header::decode(&object), Err(Unreadable::Newer(7)));
    }

    #[test]
    fn what_is_no_object_is_said_in_words() {
        let object = header().encode(b"{}\n{}\n").expect("small");
        let plain = {
            let mut gzip = GzBuilder::new().write(Vec::new(), Compression::fast());
            gzip.write_all(b"{}\n").expect("memory");
            gzip.finish().expect("memory")
        };
        let appended = [&object[..], &plain].concat();
        let fewer = header().encode(b"{}\n").expect("small");
        let no_end = header().encode(b"{}\n{}").expect("small");
        for (bytes, words) in [
            (&b""[..], "it is too short to be gzip"),
            (b"{\"id\":\"a\"}\n", "it is not gzip"),
            (&plain, "its gzip header was rewritten"),
            (&object[..40], "its header is cut short"),
            (&appended, "something was appended to it"),
            (&fewer, "it has not as many events as its header says"),
            (&no_end, "its last line has no end"),
        ] {
            assert_eq!(events(bytes), Err(Unreadable::Damaged(words)));
        }
    }

    proptest! {
        #[test]
        fn any_header_and_any_lines_read_back(
            id: u128,
            previous: u128,
            second: i64,
            checkpoint in proptest::collection::vec(any::<u8>(), 0..2000),
            lines in proptest::collection::vec("[^\n\r]{1,40}", 0..20),
        ) {
            let header = Header {
                id: Nonce(id),
                previous: Nonce(previous),
                next: ObjectKey::first_of(Date::of(second)),
                events: lines.len() as u64,
                range: (second, second),
                checkpoint,
            };
            let mut ndjson = lines.join("\n");
            if !lines.is_empty() {
                ndjson.push('\n');
            }
            let object = header.encode(ndjson.as_bytes()).expect("small");
            prop_assert_eq!(Header::decode(&object), Ok(header));
            let read: Vec<String> = events(&object)
                .expect("whole")
                .into_iter()
                .map(|line| String::from_utf8(line).expect("text"))
                .collect();
            prop_assert_eq!(read, lines);
        }

        #[test]
        fn no_altered_or_cut_object_passes(at: prop::sample::Index, bit in 0..8_u8, cut: bool) {
            let object = header().encode(b"{\"id\":1}\n{\"id\":2}\n").expect("small");
            let mut altered = object.clone();
            let at = at.index(object.len());
            if cut {
                altered.truncate(at);
            } else {
                altered[at] ^= 1 << bit;
            }
            // Bytes 4 to 9 hold a time, a hint and a system, which mean nothing here.
            if cut || !(4..10).contains(&at) {
                prop_assert!(events(&altered).is_err(), "byte {at}, bit {bit}");
            }
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Header::decode(&bytes);
            let _ = events(&[&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0][..], &bytes].concat());
        }
    }
}
