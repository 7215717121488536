//! `ObjectKey`: the name of an object below the archive's prefix,
//! `date=2026-11-24/00000007.ndjson.gz`.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime};
use object_store::path::Path;

/// What the name of a date's folder begins with: Hive's form, which query engines read as a column.
const DATE: &str = "date=";

/// What an object's name ends with.
const SUFFIX: &str = ".ndjson.gz";

/// Digits of a number within a date: one object a second leaves room for three years.
const DIGITS: u32 = 8;

/// A date in UTC that an object's key can carry: of the years 1 to 9999, in ten characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Date(NaiveDate);

impl Date {
    /// The date of a second (Unix time).
    pub(super) fn of(second: i64) -> Self {
        // What lies outside is the first or last day inside: no event is refused for its date.
        let (low, high) = (-62_135_596_800, 253_402_300_799);
        DateTime::from_timestamp(second.clamp(low, high), 0)
            .map_or(Self(NaiveDate::MIN), |time| Self(time.date_naive()))
    }

    /// Its first second (Unix time).
    pub(super) fn begins(self) -> i64 {
        self.0.and_time(NaiveTime::MIN).and_utc().timestamp()
    }

    /// The name of the folder, `date=2026-11-24`.
    pub(super) fn folder(self) -> String {
        format!("{DATE}{self}")
    }

    /// Reads the name of a folder; `None` for any that [`folder`](Self::folder) does not write.
    pub(super) fn from_folder(name: &str) -> Option<Self> {
        let text = name.strip_prefix(DATE)?;
        let date = Self(text.parse().ok()?);
        ((1..=9999).contains(&date.0.year()) && date.to_string() == text).then_some(date)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The key of an object, relative to the archive's prefix. Keys are ordered as the archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ObjectKey {
    date: Date,
    number: u32,
}

impl ObjectKey {
    /// The first key of a date.
    pub(super) fn first_of(date: Date) -> Self {
        Self { date, number: 1 }
    }

    /// The key after this one: the next number of the date, or the first of another one that has
    /// begun. `None` once the numbers are used up.
    pub(super) fn following(self, date: Date) -> Option<Self> {
        if date > self.date {
            return Some(Self::first_of(date));
        }
        let number = self.number + 1;
        (number < 10_u32.pow(DIGITS)).then_some(Self { number, ..self })
    }

    pub(super) fn date(self) -> Date {
        self.date
    }

    /// Where it lies in the store.
    pub(super) fn path(self, prefix: &Path) -> Path {
        prefix.clone().join(self.date.folder()).join(self.name())
    }

    /// Reads the key of what was listed; `None` for what is not an object of the archive.
    pub(super) fn of_path(prefix: &Path, path: &Path) -> Option<Self> {
        let mut parts = path.prefix_match(prefix)?;
        let (folder, name) = (parts.next()?, parts.next()?);
        parts.next().is_none().then_some(())?;
        Self::of_parts(folder.as_ref(), name.as_ref())
    }

    fn of_parts(folder: &str, name: &str) -> Option<Self> {
        let date = Date::from_folder(folder)?;
        let digits = name.strip_suffix(SUFFIX)?;
        let strict =
            digits.len() == DIGITS as usize && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = strict.then(|| digits.parse().ok()).flatten()?;
        (number > 0).then_some(Self { date, number })
    }

    fn name(self) -> String {
        format!("{:0width$}{SUFFIX}", self.number, width = DIGITS as usize)
    }
}

impl FromStr for ObjectKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (folder, name) = text.split_once('/').ok_or(())?;
        Self::of_parts(folder, name).ok_or(())
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.date.folder(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_strict_pattern_is_a_key() {
        for (text, is_key) in [
            ("date=2026-11-24/00000001.ndjson.gz", true),
            ("date=2026-11-24/99999999.ndjson.gz", true),
            ("date=0001-01-01/00000001.ndjson.gz", true),
            ("date=2026-11-24/00000000.ndjson.gz", false),
            ("date=2026-11-24/1.ndjson.gz", false),
            ("date=2026-11-24/000000001.ndjson.gz", false),
            ("date=2026-11-24/+0000001.ndjson.gz", false),
            ("date=2026-11-24/00000001.ndjson.gz#1", false),
            ("date=2026-11-24/00000001.ndjson", false),
            ("date=2026-11-24/00000001.json.gz", false),
            ("date=2026-11-24/00000001.ndjson.gz/x", false),
            ("date=2026-11-24/a/00000001.ndjson.gz", false),
            ("date=2026-11-31/00000001.ndjson.gz", false),
            ("date=2026-1-24/00000001.ndjson.gz", false),
            ("date= 2026-11-24/00000001.ndjson.gz", false),
            ("date=+2026-11-24/00000001.ndjson.gz", false),
            ("date=0000-01-01/00000001.ndjson.gz", false),
            ("date=-001-01-01/00000001.ndjson.gz", false),
            ("date=10000-01-01/00000001.ndjson.gz", false),
            ("DATE=2026-11-24/00000001.ndjson.gz", false),
            ("2026-11-24/00000001.ndjson.gz", false),
            ("../date=2026-11-24/00000001.ndjson.gz", false),
            ("_archive", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<ObjectKey>().is_ok(), is_key, "{text}");
        }
    }

    #[test]
    fn a_path_is_read_below_its_own_prefix_only() {
        let prefix = Path::from("a/b");
        let key = ObjectKey::first_of(Date::of(0));
        assert_eq!(
            key.path(&prefix).as_ref(),
            "a/b/date=1970-01-01/00000001.ndjson.gz"
        );
        assert_eq!(ObjectKey::of_path(&prefix, &key.path(&prefix)), Some(key));
        for other in ["a", "a/bc", ""] {
            let path = key.path(&Path::from(other));
            assert_eq!(ObjectKey::of_path(&prefix, &path), None, "{other}");
        }
    }

    #[test]
    fn numbers_end_rather_than_grow() {
        let last: ObjectKey = "date=2026-11-24/99999999.ndjson.gz".parse().expect("a key");
        assert_eq!(last.following(last.date), None);
        let tomorrow = Date::of(1_795_564_800);
        let next = last.following(tomorrow).expect("another date");
        assert_eq!(next.to_string(), "date=2026-11-25/00000001.ndjson.gz");
        assert_eq!(next.following(last.date).map(|key| key.number), Some(2));
    }

    proptest! {
        #[test]
        fn keys_read_back_and_are_ordered_as_their_names(
            a in (any::<i64>(), 1_u32..100_000_000),
            b in (any::<i64>(), 1_u32..100_000_000),
        ) {
            let key = |(second, number)| ObjectKey { date: Date::of(second), number };
            let (a, b) = (key(a), key(b));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn whatever_parses_is_written_the_same(
            text in "date=[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9]{8}.ndjson.gz",
        ) {
            if let Ok(key) = text.parse::<ObjectKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
