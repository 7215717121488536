//! Tables that fit the terminal, written piece by piece: the first piece decides how wide the
//! columns are.

use std::{env, fmt::Write as _};

use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Row, Width, presets::NOTHING,
};
use slack_audit_logs::model::{EntityKind, Entry};

use crate::{exit::Outcome, output::Output, time};

use super::wants_color;

/// The width where nothing says another.
const DEFAULT_WIDTH: usize = 80;
/// So many rows are arranged at once.
const PIECE: usize = 1_000;

/// A column: its title, and how narrow it may be while others are wider than they need.
type Column = (&'static str, usize);
/// The columns of a table.
pub(crate) type Columns = &'static [Column];

/// Who did what.
pub(super) const EVENTS: Columns = &[
    ("TIME (UTC)", 19),
    ("ACTION", 18),
    ("WHO", 11),
    ("WHAT", 11),
    ("WHERE", 6),
    ("FROM", 13),
];
/// Which of them is the action, which tells how a row is coloured.
const ACTION: usize = 1;

/// A table on its way.
pub(crate) struct Table {
    columns: Columns,
    width: usize,
    color: bool,
    rows: Vec<Vec<String>>,
    /// Of each column, once they are decided.
    widths: Option<Vec<usize>>,
}

impl Table {
    pub(crate) fn new(columns: Columns, output: &Output) -> Self {
        let is_terminal = output.is_terminal();
        let told = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let terminal = is_terminal
            .then(|| comfy_table::Table::new().width())
            .flatten();
        Self {
            columns,
            width: terminal
                .map(usize::from)
                .or(told)
                .filter(|width| *width > 0)
                .unwrap_or(DEFAULT_WIDTH),
            color: is_terminal && wants_color(),
            rows: Vec::new(),
            widths: None,
        }
    }

    /// Whether there is no room for seconds: names and addresses say more.
    pub(super) fn is_narrow(&self) -> bool {
        self.width < 100
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: &[String], output: &mut Output) -> Outcome {
        self.rows
            .push(row.iter().map(|cell| harmless(cell)).collect());
        if self.rows.len() >= PIECE {
            self.flush(output)?;
        }
        Ok(())
    }

    /// Writes the rows so far.
    pub(crate) fn flush(&mut self, output: &mut Output) -> Outcome {
        if self.rows.is_empty() {
            return Ok(());
        }
        let text = self.render();
        self.rows.clear();
        output.write(text.as_bytes())
    }

    fn render(&mut self) -> String {
        let is_first = self.widths.is_none();
        let mut table = comfy_table::Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_truncation_indicator("…");
        if self.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        if is_first {
            let titles = self.columns.iter().map(|(title, _)| {
                let cell = Cell::new(title);
                if self.color {
                    cell.add_attribute(Attribute::Bold)
                } else {
                    cell
                }
            });
            let mut row = Row::from(titles.collect::<Vec<_>>());
            row.max_height(1);
            table.add_row(row);
        }
        for cells in &self.rows {
            let color = self.color.then(|| color_of(cells)).flatten();
            let cells = cells.iter().enumerate().map(|(at, text)| {
                let cell = Cell::new(text);
                match color {
                    Some(color) if at == ACTION => cell.fg(color),
                    _ => cell,
                }
            });
            let mut row = Row::from(cells.collect::<Vec<_>>());
            row.max_height(1);
            table.add_row(row);
        }
        let natural: Vec<usize> = table
            .column_max_content_widths()
            .into_iter()
            .map(usize::from)
            .collect();
        let widths = self
            .widths
            .get_or_insert_with(|| fit(self.columns, natural, self.width));
        let last = widths.len().saturating_sub(1);
        for (at, (column, width)) in table.column_iter_mut().zip(&*widths).enumerate() {
            let gap = u16::from(at < last);
            let width = u16::try_from(*width).unwrap_or(u16::MAX - 1);
            column
                .set_padding((0, gap))
                // No break at spaces: a cell has one line, and that is to be full.
                .set_delimiter('\u{1}')
                .set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + gap)));
        }
        let mut text = String::new();
        for line in table.lines() {
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

/// Red for what a person should see first.
fn color_of(cells: &[String]) -> Option<Color> {
    let action = cells.get(ACTION)?;
    let alarming = action == "anomaly" || action.contains("fail") || action.contains("malware");
    Some(if alarming { Color::Red } else { Color::Cyan })
}

/// The widths of columns that fit: those that are widest, measured by their least widths, give way
/// first.
fn fit(columns: Columns, natural: Vec<usize>, width: usize) -> Vec<usize> {
    let gaps = columns.len().saturating_sub(1);
    let mut widths: Vec<usize> = natural
        .into_iter()
        .map(|natural| natural.min(width))
        .collect();
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
    while excess > 0 {
        // In hundredths, as columns differ by little.
        let widest = widths
            .iter()
            .zip(columns)
            .enumerate()
            .filter(|(_, (width, _))| **width > 1)
            .max_by_key(|(_, (width, (_, least)))| **width * 100 / (*least).max(1))
            .map(|(at, _)| at);
        let Some(width) = widest.and_then(|at| widths.get_mut(at)) else {
            break;
        };
        *width -= 1;
        excess -= 1;
    }
    widths
}

/// Text that a terminal shows as it is: what would move the cursor, change colours or turn the
/// direction of writing becomes `\u{fffd}`. Names and user agents are written by whoever is logged.
pub(crate) fn harmless(text: &str) -> String {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(is_harmful, "\u{fffd}")
}

/// An event's row.
pub(super) fn event(entry: &Entry, narrow: bool) -> Vec<String> {
    let actor = entry.actor().and_then(|actor| actor.user());
    let entity = entry.entity();
    let context = entry.context();
    let location = context.and_then(|context| context.location());
    // That a person is a user goes without saying.
    let kind = entity
        .and_then(|entity| entity.kind())
        .filter(|kind| *kind != EntityKind::User)
        .map_or("", |kind| kind.as_str());
    let name = entity
        .and_then(|entity| entity.name().or(entity.id()))
        .unwrap_or_default();
    vec![
        entry
            .date_create()
            .map(if narrow {
                time::display_minute
            } else {
                time::display
            })
            .unwrap_or_default(),
        entry
            .action()
            .map(|action| action.as_str().to_owned())
            .unwrap_or_default(),
        actor
            .and_then(|user| user.name().or(user.email()).or(user.id()))
            .unwrap_or_default()
            .to_owned(),
        format!("{kind} {name}").trim().to_owned(),
        location
            .and_then(|location| location.name().or(location.domain()).or(location.id()))
            .unwrap_or_default()
            .to_owned(),
        context
            .and_then(|context| context.ip_address())
            .unwrap_or_default()
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: usize) -> Table {
        Table {
            columns: EVENTS,
            width,
            color: false,
            rows: Vec::new(),
            widths: None,
        }
    }

    fn row(cells: [&str; 6]) -> Vec<String> {
        cells.map(harmless).to_vec()
    }

    #[test]
    fn every_line_fits_and_columns_stay_where_they_are() {
        for width in [20, 40, 80, 132] {
            let mut table = table(width);
            table.rows = vec![row([
                "2019-08-19 11:46:32",
                "organization_unverified_by_somebody",
                "Ada Lovelace of the Analytical Engine",
                "file a very long name of a file indeed.pdf",
                "Birdland Enterprise",
                "2001:db8:0:0:0:0:0:1",
            ])];
            let first = table.render();
            let short = row([
                "2019-08-19 11:46:32",
                "日本語日本語日本語日本語日本語日本語",
                "",
                "x",
                "y",
                "z",
            ]);
            table.rows = vec![short];
            let second = table.render();
            for line in first.lines().chain(second.lines()) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
            assert_eq!(first.lines().count(), 2, "a title and a row");
            assert_eq!(second.lines().count(), 1, "the title comes once");
        }
    }

    #[test]
    fn what_fits_is_not_cut() {
        let mut table = table(80);
        table.rows = vec![row([
            "2019-08-19 11:46:32",
            "user_login",
            "Ada",
            "user Ada",
            "Birdland",
            "192.0.2.1",
        ])];
        assert_eq!(
            table.render(),
            "TIME (UTC)          ACTION     WHO WHAT     WHERE    FROM\n\
             2019-08-19 11:46:32 user_login Ada user Ada Birdland 192.0.2.1\n"
        );
    }

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(
            harmless("a\x1b[31mb\r\n\tc\u{202e}d\u{9b}e"),
            "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c\u{fffd}d\u{fffd}e"
        );
    }
}
