//! The contents of JSON strings: where they end, and what their escapes stand for.

use wide::u8x16;

/// The first byte at or behind `at` that ends a run of plain string contents: a quote, a backslash,
/// a control character, or the end of the input.
///
/// Sixteen bytes at a time: for strings of this API's lengths that is faster than `memchr`, whose
/// set-up pays off from about 32 bytes on.
#[inline]
pub(crate) fn plain_end(input: &[u8], mut at: usize) -> usize {
    while let Some(&chunk) = input.get(at..).and_then(|rest| rest.first_chunk()) {
        let bytes = u8x16::new(chunk);
        let ends = bytes.simd_eq(u8x16::splat(b'"'))
            | bytes.simd_eq(u8x16::splat(b'\\'))
            | bytes.simd_eq(bytes.min(u8x16::splat(0x1f)));
        let ends = ends.to_bitmask();
        if ends != 0 {
            return at + ends.trailing_zeros() as usize;
        }
        at += chunk.len();
    }
    while let Some(&byte) = input.get(at) {
        if byte == b'"' || byte == b'\\' || byte < 0x20 {
            break;
        }
        at += 1;
    }
    at
}

/// Where text ends without JSON's whitespace behind it. ASCII has more, which is none in JSON.
pub(crate) fn trimmed_len(text: &[u8]) -> usize {
    text.iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        .map_or(0, |last| last + 1)
}

/// Appends the text of string contents whose escapes the scanner has found valid.
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

/// The same, with U+FFFD for what has no text.
pub(crate) fn unescape_lossy(raw: &str, into: &mut String) {
    let mut rest = raw;
    while let Err(offset) = unescape(rest, into) {
        into.push(char::REPLACEMENT_CHARACTER);
        // The length of `\uXXXX`.
        rest = rest.get(offset + 6..).unwrap_or_default();
    }
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
