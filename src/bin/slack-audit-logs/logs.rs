//! `logs`: events as they are, in the format that is wanted.

use std::path::Path;

use slack_audit_logs::model::RawEntry;

use crate::{
    args::{Format, Global, Logs},
    events::{Consumer, Source},
    exit::{Exit, Outcome},
    format::{Choice, Entries},
    output::Output,
    progress::Screen,
    signals::Interrupted,
};

pub(crate) async fn run(
    global: &Global,
    args: &Logs,
    screen: &Screen,
    interrupted: Interrupted,
) -> Outcome {
    let output = Output::open(args.output.as_deref())?;
    let asked = args.format.or_else(|| {
        // What `--jq` makes of events need not have their columns.
        let reshaped = !args.events.filters.jq.is_empty() && args.columns.is_empty();
        (reshaped && args.output.is_none()).then_some(Format::Ndjson)
    });
    let format = output.format(asked);
    if format == Format::Html {
        return Err(Exit::usage(
            "logs writes no HTML; `stats --format html` does",
        ));
    }
    let choice = Choice {
        columns: args.columns.clone(),
        csv_raw: args.csv_raw,
        is_live: false,
    };
    let source = Source::open(global, &args.events, args.max, screen).await?;
    let beside_results = output.is_terminal();
    let mut writer = Entries::begin(format, choice, output)?;
    match source
        .read(&mut writer, beside_results, screen, interrupted)
        .await
    {
        Ok(()) => writer.finish(),
        Err(exit) => {
            // What came is worth having; that more is missing is what the error says.
            writer.break_off()?;
            Err(exit)
        }
    }
}

impl Consumer for Entries {
    fn event(&mut self, entry: &RawEntry) -> Outcome {
        self.entry(entry)
    }

    fn flush(&mut self) -> Outcome {
        Entries::flush(self)
    }

    fn unfinished(&self) -> Option<&Path> {
        Entries::unfinished(self)
    }
}
