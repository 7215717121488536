//! Options of `logs` and `stats`: which events, from where, and how they are shown.

use std::path::PathBuf;

use clap::{
    Args as ClapArgs, ValueEnum, ValueHint, builder::NonEmptyStringValueParser as NonEmpty,
};

use super::values::{Cidr, Format, PAGE_SIZE, page_size};
use crate::{
    exit::Exit,
    format::columns::{self, Column},
    time::Time,
};

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Which events")]
pub(crate) struct Filters {
    /// Only these actions: names, globs (user_*) and categories (category:app); `actions` lists
    /// them
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = NonEmpty::new())]
    pub(crate) action: Vec<String>,

    /// Not these actions, in the same words
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = NonEmpty::new())]
    pub(crate) exclude_action: Vec<String>,

    /// Only by these people: ID, e-mail or name; *@example.com
    #[arg(long, value_name = "WHO", value_delimiter = ',', value_parser = NonEmpty::new())]
    pub(crate) actor: Vec<String>,

    /// Only on these objects: ID or name
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = NonEmpty::new())]
    pub(crate) entity: Vec<String>,

    /// Only from these addresses or networks
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    pub(crate) ip: Vec<Cidr>,

    /// What this makes of each event, in jq's language; follow and backfill take it as a filter
    #[arg(long, value_name = "EXPR")]
    pub(crate) jq: Vec<String>,
}

#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Which events")]
pub(crate) struct Range {
    /// From this time on, inclusive: yesterday, "7 days ago", 24h, "2026-11-01 10:00", RFC 3339,
    /// Unix seconds
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = Time::begin)]
    pub(crate) since: Option<Time>,

    /// Up to this time, inclusive; a day alone is the whole day
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = Time::end)]
    pub(crate) until: Option<Time>,
}

impl Range {
    /// Its ends in Unix seconds; something can lie between them.
    pub(crate) fn seconds(&self) -> Result<(Option<i64>, Option<i64>), Exit> {
        let [since, until] = [&self.since, &self.until].map(|time| Some(time.as_ref()?.seconds()));
        if since.zip(until).is_some_and(|(since, until)| since > until) {
            return Err(Exit::usage(
                "--since is later than --until: no event lies between them",
            ));
        }
        Ok((since, until))
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Events {
    #[command(flatten)]
    pub(crate) range: Range,

    #[command(flatten)]
    pub(crate) filters: Filters,

    /// Read collected events instead of asking Slack: a file or directory of ndjson, also .gz,
    /// also rotated; - for standard input; an archive, as a directory or a URL: s3://bucket/prefix,
    /// gs://bucket/prefix, az://container/prefix, file:///directory
    #[arg(long, value_name = "FILE|DIR|URL|-", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "From where")]
    pub(crate) from: Vec<PathBuf>,

    /// Events a page, 1 to 9999; large pages cost the fewest requests
    #[arg(long, value_name = "N", default_value_t = PAGE_SIZE, value_parser = page_size())]
    #[arg(help_heading = "From where")]
    pub(crate) page_size: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Logs {
    #[command(flatten)]
    pub(crate) events: Events,

    /// So many events at most
    #[arg(long, value_name = "N", help_heading = "Which events")]
    pub(crate) max: Option<u64>,

    /// How to write them: as the output's name says, else a table on a terminal and ndjson
    /// otherwise
    #[arg(long, value_enum, help_heading = "How they are written")]
    pub(crate) format: Option<Format>,

    /// Columns of a table or of CSV
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = columns::find)]
    #[arg(help_heading = "How they are written")]
    pub(crate) columns: Vec<&'static Column>,

    /// In CSV, leave values as they came, also those that a spreadsheet takes for formulas
    #[arg(long, help_heading = "How they are written")]
    pub(crate) csv_raw: bool,

    /// Write to this file, which is replaced when all is there; - is standard output. Its name says
    /// the format: x.csv, x.json, x.ndjson.gz
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "How they are written")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Key {
    Action,
    Category,
    Actor,
    Entity,
    Ip,
    Location,
    App,
    /// Hour of the day
    Hour,
    Day,
    Weekday,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Stats {
    /// Count by this, or by two of them
    #[arg(long, value_enum, value_name = "KEY[,KEY]", value_delimiter = ',')]
    #[arg(default_value = "action", help_heading = "What is counted")]
    pub(crate) by: Vec<Key>,

    /// Only the N most frequent; 20 in a table by default, all in csv and json
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(help_heading = "What is counted")]
    pub(crate) top: Option<u32>,

    #[command(flatten)]
    pub(crate) events: Events,

    /// How to write it: as the output's name says, else a table on a terminal and ndjson otherwise
    #[arg(long, value_enum, help_heading = "How it is written")]
    pub(crate) format: Option<Format>,

    /// In CSV, leave values as they came, also those that a spreadsheet takes for formulas
    #[arg(long, help_heading = "How it is written")]
    pub(crate) csv_raw: bool,

    /// Write to this file; its name says the format: x.csv, x.json, x.html
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "How it is written")]
    pub(crate) output: Option<PathBuf>,
}
