//! Cursors: a position in the history, sealed against other histories, in characters that need
//! escaping.

use super::data::mix;

/// Where a page ended: the last event handed out, by date and order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) date: i64,
    pub(crate) order: u64,
}

impl Position {
    /// `…/…+…=`: a client that does not percent-encode it sends something else. The nonce lets
    /// cursors for one place differ; it means nothing.
    pub(crate) fn cursor(self, seed: u64, nonce: usize) -> String {
        let Self { date, order } = self;
        let seal = self.seal(seed);
        format!("{date:x}/{order:x}+{seal:04x}.{nonce:x}==")
    }

    pub(crate) fn parse(cursor: &str, seed: u64) -> Option<Self> {
        let (date, rest) = cursor.strip_suffix("==")?.split_once('/')?;
        let (order, rest) = rest.split_once('+')?;
        let (seal, _nonce) = rest.split_once('.')?;
        let position = Self {
            date: i64::from_str_radix(date, 16).ok()?,
            order: u64::from_str_radix(order, 16).ok()?,
        };
        (u64::from_str_radix(seal, 16).ok()? == position.seal(seed)).then_some(position)
    }

    fn seal(self, seed: u64) -> u64 {
        mix(mix(seed ^ 0xC0DE) ^ self.date.unsigned_abs().rotate_left(32) ^ self.order) & 0xFFFF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let position = Position {
            date: 1_700_000_000,
            order: 42,
        };
        let cursor = position.cursor(7, 3);
        assert!(
            ["=", "+", "/"]
                .iter()
                .all(|special| cursor.contains(special))
        );
        assert_eq!(Position::parse(&cursor, 7), Some(position));
        assert_eq!(Position::parse(&cursor, 8), None);
        assert_eq!(Position::parse(&cursor.replace('+', " "), 7), None);
        for foreign in ["", "==", "/+==", "dXNlcjpVMDYxTkZUVDI="] {
            assert_eq!(Position::parse(foreign, 7), None, "{foreign}");
        }
    }
}
