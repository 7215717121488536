//! Tables: as wide as the terminal, or as wide as their values where nobody looks. They are written
//! piece by piece; the first piece decides how wide the columns are.

use std::env;

use slack_audit_logs::model::Entry;

use super::{columns::Column, wants_color};
use crate::{
    exit::Outcome,
    output::Output,
    text::{cut, harmless, isolated, width},
    time,
};

/// The width of a terminal that does not say it.
const DEFAULT_WIDTH: usize = 80;
/// On a narrower terminal, names say more than seconds do.
const NARROW: usize = 100;
/// So many rows are arranged at once.
const PIECE: usize = 1_000;
/// Of a column that is cut, at least so much is shown.
const LEAST: usize = 6;
/// Of a column that is not, so much at most: an address is no longer.
const MOST: usize = 64;

pub(crate) struct Head {
    title: Cell,
    /// Never cut.
    whole: bool,
    /// Numbers are read from their end.
    right: bool,
}

impl Head {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            title: Cell::new(title).colored(Some(Color::Title)),
            whole: false,
            right: false,
        }
    }

    pub(crate) fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    pub(crate) fn right(mut self) -> Self {
        self.right = true;
        self.whole()
    }
}

pub(crate) struct Cell {
    text: String,
    color: Option<Color>,
}

impl Cell {
    /// Text that anybody may have written.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: isolated(harmless(text)),
            color: None,
        }
    }

    pub(crate) fn colored(mut self, color: Option<Color>) -> Self {
        self.color = color;
        self
    }
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    /// To be looked at first: anomalies, malware, failures.
    Alarm,
    /// Something was taken away, or let out of the organization.
    Loss,
    /// Who may do what has changed.
    Power,
    /// Everyday.
    Plain,
    /// Beside the point.
    Dim,
    Title,
}

impl Color {
    fn code(self) -> &'static str {
        match self {
            Self::Alarm => "\x1b[1;31m",
            Self::Loss => "\x1b[33m",
            Self::Power => "\x1b[35m",
            Self::Plain => "\x1b[36m",
            Self::Dim => "\x1b[2m",
            Self::Title => "\x1b[1m",
        }
    }

    /// By what an action's name says.
    pub(crate) fn of_action(action: &str) -> Self {
        let says = |words: &str| words.split(' ').any(|word| action.contains(word));
        if action == "anomaly" || says("fail malware compromise suspicious") {
            Self::Alarm
        } else if says("owner admin role_ permission token sso two_factor") {
            Self::Power
        } else if says("delete removed deactivate export download _public") {
            Self::Loss
        } else {
            Self::Plain
        }
    }
}

pub(crate) struct Table {
    heads: Vec<Head>,
    /// How wide it may be; any width where nobody looks.
    limit: Option<usize>,
    color: bool,
    rows: Vec<Vec<Cell>>,
    /// How wide the columns would be, once that is decided.
    widths: Option<Vec<usize>>,
    /// Rows come one by one, and each is shown at once.
    is_live: bool,
}

impl Table {
    pub(crate) fn new(heads: Vec<Head>, output: &Output) -> Self {
        Self {
            heads,
            limit: terminal_width(output),
            color: output.is_terminal() && wants_color(),
            rows: Vec::new(),
            widths: None,
            is_live: false,
        }
    }

    pub(super) fn of_events(columns: &[&'static Column], is_live: bool, output: &Output) -> Self {
        let heads = columns.iter().map(|column| Head {
            whole: column.whole,
            right: column.is_number,
            ..match column.name {
                "time" => Head::new(&format!("{} ({})", column.title, time::zone_name())),
                _ => Head::new(column.title),
            }
        });
        let table = Self::new(heads.collect(), output);
        let usual = columns.iter().map(|column| match column.name {
            "time" if table.is_narrow() => 16,
            "time" => 19,
            "action" => 32,
            "entity" => 40,
            "location" => 16,
            "ip_address" => 15,
            _ => 24,
        });
        Self {
            widths: is_live.then(|| usual.collect()),
            is_live,
            ..table
        }
    }

    pub(crate) fn is_narrow(&self) -> bool {
        self.limit.is_some_and(|limit| limit < NARROW)
    }

    /// Shows the titles of a table whose rows may be long in coming.
    pub(crate) fn begin(&mut self, output: &mut Output) -> Outcome {
        if !self.is_live {
            return Ok(());
        }
        let mut text = String::new();
        self.titles(&mut text);
        output.write(text.as_bytes())?;
        output.flush()
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>, output: &mut Output) -> Outcome {
        self.rows.push(row);
        if self.rows.len() >= PIECE {
            self.flush(output)?;
        }
        Ok(())
    }

    pub(super) fn push_event(
        &mut self,
        columns: &[&'static Column],
        entry: &Entry,
        output: &mut Output,
    ) -> Outcome {
        let form = if self.is_narrow() {
            time::local_minute
        } else {
            time::local
        };
        let row = columns.iter().map(|column| match column.name {
            "time" => Cell::new(&entry.date_create().map(form).unwrap_or_default()),
            "action" => {
                let action = (column.of)(entry);
                Cell::new(&action).colored(Some(Color::of_action(&action)))
            }
            _ => Cell::new(&(column.of)(entry)),
        });
        self.push(row.collect(), output)
    }

    pub(crate) fn flush(&mut self, output: &mut Output) -> Outcome {
        if self.rows.is_empty() {
            return Ok(());
        }
        if self.is_live {
            // Somebody may have changed the window's size.
            self.limit = terminal_width(output);
        }
        let text = self.render();
        self.rows.clear();
        output.write(text.as_bytes())
    }

    fn render(&mut self) -> String {
        let is_first = self.widths.is_none();
        let mut text = String::new();
        self.measure();
        if is_first {
            self.titles(&mut text);
        }
        let widths = self.fitted();
        for row in &self.rows {
            self.line(&mut text, row, &widths);
        }
        text
    }

    fn titles(&self, to: &mut String) {
        let titles = self.heads.iter().map(|head| &head.title);
        self.line(to, titles, &self.fitted());
    }

    /// Decides how wide the columns would be: by the first rows, and where rows come one by one
    /// only what is never cut makes its column wider later.
    fn measure(&mut self) {
        let is_first = self.widths.is_none();
        if !is_first && !self.is_live {
            return;
        }
        let mut widths = self.widths.take().unwrap_or_default();
        widths.resize(self.heads.len(), 0);
        for (at, (head, widest)) in self.heads.iter().zip(&mut widths).enumerate() {
            if is_first || head.whole {
                let cells = self.rows.iter().filter_map(|row| row.get(at));
                let cells = cells.chain([&head.title]).map(|cell| width(&cell.text));
                *widest = cells.max().unwrap_or(0).max(*widest);
            }
        }
        self.widths = Some(widths);
    }

    /// How wide each column is; 0 for one that there is no room for.
    fn fitted(&self) -> Vec<usize> {
        let mut widths = self.widths.clone().unwrap_or_default();
        if let Some(limit) = self.limit {
            for (width, head) in widths.iter_mut().zip(&self.heads) {
                *width = if head.whole { MOST.min(*width) } else { *width };
            }
            fit(&self.heads, &mut widths, limit);
        }
        widths
    }

    fn line<'a>(
        &self,
        to: &mut String,
        cells: impl IntoIterator<Item = &'a Cell>,
        widths: &[usize],
    ) {
        let begin = to.len();
        for (cell, (columns, head)) in cells.into_iter().zip(widths.iter().zip(&self.heads)) {
            if *columns == 0 {
                continue;
            }
            if to.len() > begin {
                to.push(' ');
            }
            let shown = match self.limit {
                None => cell.text.clone(),
                Some(_) if head.whole => cut(&cell.text, MOST),
                Some(_) => cut(&cell.text, *columns),
            };
            let room = " ".repeat(columns.saturating_sub(width(&shown)));
            let shown = match cell.color {
                Some(color) if self.color && !shown.is_empty() => {
                    format!("{}{shown}\x1b[0m", color.code())
                }
                _ => shown,
            };
            *to += &if head.right {
                room + &shown
            } else {
                shown + &room
            };
        }
        to.truncate(to.trim_end_matches(' ').len());
        to.push('\n');
    }
}

/// Takes from the widest columns that may be cut until the line fits. Where each would show too
/// little, the last of them gives its room to the others.
fn fit(heads: &[Head], widths: &mut [usize], limit: usize) {
    loop {
        let shown = widths.iter().filter(|width| **width > 0).count();
        let line = widths.iter().sum::<usize>() + shown.saturating_sub(1);
        if line <= limit {
            return;
        }
        let is_cuttable = |at: &usize| !heads[*at].whole && widths[*at] > 0;
        let cuttable: Vec<usize> = (0..widths.len()).filter(is_cuttable).collect();
        match cuttable.iter().max_by_key(|at| widths[**at]) {
            Some(at) if widths[*at] > LEAST => widths[*at] -= 1,
            // The first two, most often action and actor, stay in any case.
            _ => match cuttable.get(2..).and_then(<[usize]>::last) {
                Some(at) => widths[*at] = 0,
                None => return,
            },
        }
    }
}

/// The width of the terminal that it is written to; none for a pipe or a file, whose reader takes
/// whole values. `COLUMNS` says it where it is set.
fn terminal_width(output: &Output) -> Option<usize> {
    let told = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    if !output.is_terminal() {
        return told.filter(|width| *width > 0);
    }
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = terminal.or(told).filter(|width| *width > 0);
    Some(width.unwrap_or(DEFAULT_WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str; 6]) -> Vec<Cell> {
        cells.iter().map(|text| Cell::new(text)).collect()
    }

    fn table(limit: Option<usize>, first: &[&str; 6]) -> Table {
        let whole = |title| Head::new(title).whole();
        let [action, who, what, place] = ["ACTION", "WHO", "WHAT", "WHERE"].map(Head::new);
        Table {
            heads: vec![whole("TIME (UTC)"), action, who, what, place, whole("FROM")],
            limit,
            color: false,
            rows: vec![row(first)],
            widths: None,
            is_live: false,
        }
    }

    const LONG: [&str; 6] = [
        "2019-08-19 11:46:32",
        "organization_unverified_by_somebody",
        "Ada Lovelace of the Analytical Engine",
        "file a very long name of a file indeed.pdf",
        "Birdland Enterprise",
        "2001:db8:0:0:0:0:0:1",
    ];

    #[test]
    fn every_line_fits_and_columns_stay_where_they_are() {
        for limit in [60, 80, 132] {
            let mut table = table(Some(limit), &LONG);
            let first = table.render();
            let wide = "日本語日本語日本語日本語日本語日本語";
            table.rows = vec![row(&[LONG[0], wide, "שלום", "x", "y", "z"])];
            let second = table.render();
            for line in first.lines().chain(second.lines()) {
                assert!(width(line) <= limit, "{limit}: {line}");
            }
            assert!(first.contains(LONG[0]), "{first}");
            assert!(first.contains(LONG[5]), "{first}");
            assert_eq!(first.lines().count(), 2, "a title and a row");
            assert_eq!(second.lines().count(), 1, "the title comes once");
            let column = |line: &str, word: &str| width(&line[..line.find(word).expect(word)]);
            assert_eq!(column(&first, "FROM"), column(&second, "z"));
        }
    }

    #[test]
    fn time_and_address_are_whole_where_nothing_else_is() {
        let mut table = table(Some(30), &LONG);
        let text = table.render();
        assert!(text.contains(LONG[0]) && text.contains(LONG[5]), "{text}");
    }

    #[test]
    fn a_pipe_gets_whole_values() {
        let text = table(None, &LONG).render();
        for value in LONG {
            assert!(text.contains(value), "{value}: {text}");
        }
    }

    #[test]
    fn what_fits_is_not_cut() {
        let short = [LONG[0], "user_login", "Ada", "Ada", "Birdland", "192.0.2.1"];
        assert_eq!(
            table(Some(80), &short).render(),
            "TIME (UTC)          ACTION     WHO WHAT WHERE    FROM\n\
             2019-08-19 11:46:32 user_login Ada Ada  Birdland 192.0.2.1\n"
        );
    }

    #[test]
    fn a_colour_means_something() {
        for (action, color) in [
            ("anomaly", Color::Alarm),
            ("user_login_failed", Color::Alarm),
            ("role_assigned", Color::Power),
            ("file_downloaded", Color::Loss),
            ("user_login", Color::Plain),
        ] {
            assert_eq!(Color::of_action(action), color, "{action}");
        }
    }
}
