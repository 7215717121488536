//! `stats`: events counted by one or two keys, shown as a table, CSV, JSON, or one HTML page.

mod count;
mod html;
mod key;
mod report;
mod show;
mod timeline;

use slack_audit_logs::model::RawEntry;

use self::{
    count::{Counter, MOST_KEYS},
    key::Subject,
    report::Report,
};
use crate::{
    args::{Format, Global, Stats},
    events::{Consumer, Source},
    exit::{Exit, Outcome},
    output::Output,
    progress::Screen,
    signals::Interrupted,
};

pub(crate) async fn run(
    global: &Global,
    args: &Stats,
    screen: &Screen,
    interrupted: Interrupted,
) -> Outcome {
    if args.by.len() > 2 || matches!(&*args.by, [a, b] if a == b) {
        return Err(Exit::usage("--by: write one key, or two different ones"));
    }
    let output = Output::open(args.output.as_deref())?;
    let format = output.format(args.format);
    let source = Source::open(global, &args.events, None, screen).await?;
    let mut counting = Counting {
        args,
        counter: Counter::with_room(MOST_KEYS),
        report: (format == Format::Html).then(Report::default),
        key: String::new(),
    };
    let beside_results = output.is_terminal();
    // Half a count is no count: nothing is shown then.
    source
        .read(&mut counting, beside_results, screen, interrupted)
        .await?;
    let Counting {
        counter, report, ..
    } = counting;
    if counter.is_capped() {
        screen.note(&format!(
            "more than {MOST_KEYS} different values: \
             rarer ones that came later are counted together"
        ));
    }
    match report {
        Some(report) => html::write(args, &counter, report, output),
        None => show::write(args, format, &counter, output),
    }
}

struct Counting<'a> {
    args: &'a Stats,
    counter: Counter,
    report: Option<Report>,
    key: String,
}

impl Consumer for Counting<'_> {
    fn event(&mut self, entry: &RawEntry) -> Outcome {
        let subject = Subject::new(entry);
        self.key.clear();
        for (at, by) in self.args.by.iter().enumerate() {
            if at > 0 {
                self.key.push(key::SEPARATOR);
            }
            by.append(&subject, &mut self.key);
        }
        self.counter.add(&self.key, subject.date());
        if let Some(report) = &mut self.report {
            report.add(&subject);
        }
        Ok(())
    }
}
