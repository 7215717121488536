//! Counts as a table with bars and trends, as CSV, as JSON.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    count::{Count, Counter},
    key::{self, WEEKDAYS},
};
use crate::{
    args::{Format, Key, Stats},
    exit::Outcome,
    format::{self, Cell, Color, Head, Table, csv_line, no_formula},
    output::Output,
    time,
};

/// So many rows are a table.
const ROWS: usize = 20;
/// The longest bar.
const BAR: usize = 24;

/// The rows that are wanted, and the events of those that are not.
pub(super) fn rows<'a>(
    args: &Stats,
    counter: &'a Counter,
    most: usize,
) -> (Vec<(&'a str, &'a Count)>, u64) {
    let mut rows = counter.by_count();
    // All hours of a day are worth seeing, in their order, unless fewer are asked for.
    if args.top.is_none() && args.by.iter().all(|key| key.is_of_time()) {
        rows.sort_by_key(|(key, _)| (place_of_time(key), *key));
    } else {
        rows.truncate(args.top.map_or(most, |top| top as usize));
    }
    let shown: u64 = rows.iter().map(|(_, count)| count.events).sum();
    (rows, counter.total().events - shown)
}

/// How often the most frequent is.
pub(super) fn most(rows: &[(&str, &Count)]) -> u64 {
    let events = rows.iter().map(|(_, count)| count.events);
    events.max().unwrap_or(0)
}

/// Where a weekday stands in the week; everything else is in the order of its letters.
fn place_of_time(key: &str) -> usize {
    let first = key.split(key::SEPARATOR).next().unwrap_or_default();
    WEEKDAYS.iter().position(|day| *day == first).unwrap_or(0)
}

pub(super) fn write(args: &Stats, format: Format, counter: &Counter, output: Output) -> Outcome {
    match format {
        Format::Table | Format::Html => table(args, counter, output),
        Format::Ndjson => json(args, counter, output, false),
        Format::Json => json(args, counter, output, true),
        Format::Csv => csv(args, counter, output),
    }
}

fn table(args: &Stats, counter: &Counter, mut output: Output) -> Outcome {
    let total = counter.total();
    if total.events == 0 {
        output.write(b"no events\n")?;
        return output.finish();
    }
    output.write(format!("{}\n", headline(total)).as_bytes())?;
    let (rows, others) = rows(args, counter, ROWS);
    let has_trend = !args.by.iter().any(|key| key.is_of_time());
    let names = args.by.iter().map(|key| key.name().to_uppercase());
    let mut heads: Vec<Head> = names.map(|name| Head::new(&name)).collect();
    heads.extend([Head::new("COUNT").right(), Head::new("SHARE").right()]);
    if has_trend {
        heads.push(Head::new("TREND").whole());
    }
    heads.push(Head::new("").whole());
    let most = most(&rows);
    let mut table = Table::new(heads, &output);
    let bar = if table.is_narrow() { BAR / 2 } else { BAR };
    for (key, count) in rows {
        let values = key.split(key::SEPARATOR).zip(&args.by);
        let cells = values.map(|(value, by)| {
            let color = (*by == Key::Action).then(|| Color::of_action(value));
            Cell::new(value).colored(color)
        });
        let mut row: Vec<Cell> = cells.collect();
        row.push(Cell::new(&grouped(count.events)));
        row.push(Cell::new(&share(count.events, total.events)).colored(Some(Color::Dim)));
        if has_trend {
            row.push(Cell::new(&sparkline(counter.trend_of(count))));
        }
        row.push(Cell::new(&self::bar(count.events, most, bar)).colored(Some(Color::Plain)));
        table.push(row, &mut output)?;
    }
    table.flush(&mut output)?;
    if others > 0 {
        let words = format!("… and {} events of others\n", grouped(others));
        output.write(words.as_bytes())?;
    }
    output.finish()
}

/// How many events, from when to when.
pub(super) fn headline(total: &Count) -> String {
    let range = match (total.first, total.last) {
        (Some(first), Some(last)) => {
            let [first, last] = [first, last].map(time::local_minute);
            format!(", {first} to {last} ({})", time::zone_name())
        }
        _ => String::new(),
    };
    format!("{} events{range}", grouped(total.events))
}

fn json(args: &Stats, counter: &Counter, mut output: Output, is_array: bool) -> Outcome {
    let (rows, _) = rows(args, counter, usize::MAX);
    let rfc3339 = |date: Option<i64>| date.map_or(Value::Null, |date| time::rfc3339(date).into());
    let objects = rows.into_iter().map(|(key, count)| {
        let values = key.split(key::SEPARATOR).map(Value::from);
        let mut object: Map<_, _> = args.by.iter().map(|by| by.name()).zip(values).collect();
        object.insert("count".to_owned(), count.events.into());
        object.insert("first".to_owned(), rfc3339(count.first));
        object.insert("last".to_owned(), rfc3339(count.last));
        object.into()
    });
    format::write_objects(&mut output, objects, is_array)?;
    output.finish()
}

fn csv(args: &Stats, counter: &Counter, mut output: Output) -> Outcome {
    let (rows, _) = rows(args, counter, usize::MAX);
    let mut line = Vec::new();
    let names = args.by.iter().map(|key| key.name());
    let names = names.chain(["count", "first", "last"].map(String::from));
    csv_line(&mut line, names);
    output.write(&line)?;
    for (key, count) in rows {
        line.clear();
        let values = key.split(key::SEPARATOR).map(|value| match value.into() {
            value if args.csv_raw => value,
            value => no_formula(value),
        });
        let rfc3339 = |date: Option<i64>| date.map(time::rfc3339).unwrap_or_default();
        let [first, last] = [count.first, count.last].map(rfc3339);
        let counts = [count.events.to_string(), first, last].map(Cow::from);
        csv_line(&mut line, values.chain(counts));
        output.write_text(&line)?;
    }
    output.finish()
}

/// A number with a comma between thousands.
pub(super) fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

pub(super) fn share(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A bar of at most so many columns, exact to an eighth of one.
fn bar(count: u64, most: u64, columns: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * (columns as u128 * 8) / u128::from(most.max(1));
    // At least something for anything.
    let eighths = usize::try_from(eighths).unwrap_or(0);
    let eighths = eighths.max(usize::from(count > 0));
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

/// How it went over time, by the highest step.
fn sparkline(steps: &[u32]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = u64::from(steps.iter().copied().max().unwrap_or(0));
    let level = |step: &u32| {
        if *step == 0 {
            return '·';
        }
        let level = u64::from(*step) * 8 / most.max(1);
        let at = usize::try_from(level.saturating_sub(1)).unwrap_or(0);
        LEVELS.get(at).copied().unwrap_or('█')
    };
    steps.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_trends() {
        assert_eq!(bar(10, 10, 4), "████");
        assert_eq!(bar(5, 10, 4), "██");
        assert_eq!(bar(1, 1_000_000, 4), "▏");
        assert_eq!(bar(0, 10, 4), "");
        assert_eq!(sparkline(&[0, 1, 4, 8]), "·▁▄█");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
