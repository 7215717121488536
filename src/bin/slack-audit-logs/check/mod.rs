//! `check`: asks every endpoint once and explains the first thing that is wrong.

mod explain;

use std::time::{Instant, SystemTime};

use serde_json::{Value, json};
use slack_audit_logs::{
    AuditLogsClient, Error, LogsRequest,
    http::{HeaderMap, header::DATE},
};

use self::explain::Problem;
use crate::{
    args::{Check, Global, LineFormat},
    client,
    exit::{Exit, Outcome},
    output::Output,
    text::harmless,
    time, token,
};

/// More than a clock that is kept right by NTP is ever off, and enough to matter to whoever
/// compares times.
const CLOCK_TOLERANCE: u64 = 60;

pub(crate) async fn run(global: &Global, args: &Check) -> Outcome {
    let mut report = Report {
        output: Output::stdout(),
        format: args.format,
    };
    match check(global, &mut report).await {
        Ok(()) => report.right(),
        Err(Ended::Wrong(problem)) => report.wrong(&problem),
        Err(Ended::Exit(exit)) => Err(exit),
    }
}

enum Ended {
    /// Something is wrong, and can be explained.
    Wrong(Problem),
    Exit(Exit),
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        Self::Wrong(problem)
    }
}

impl From<Exit> for Ended {
    fn from(exit: Exit) -> Self {
        Self::Exit(exit)
    }
}

/// To the first thing that is wrong, if anything is.
async fn check(global: &Global, report: &mut Report) -> Result<(), Ended> {
    let (token, kind) = explain::token(global, token::find(global)?)?;
    report.ok("token", &kind)?;
    let client = client::connect_once(global, &token)?;
    let wrong = |subject| move |error: Error| explain::error(global, subject, &error);

    let begun = Instant::now();
    let response = client.schemas().await.map_err(wrong("network"))?;
    let schemas = response.typed_body().map_err(wrong("network"))?;
    let took = begun.elapsed().as_millis();
    report.ok("network", &format!("a response after {took} ms"))?;
    report.ok("clock", &clock(response.headers())?)?;
    let kinds = schemas.schemas().count();
    if kinds == 0 {
        return Err(explain::empty("/schemas", "no kinds of object").into());
    }
    report.ok("/schemas", &format!("{kinds} kinds of object"))?;

    let response = client.actions().await.map_err(wrong("/actions"))?;
    let actions = response.typed_body().map_err(wrong("/actions"))?;
    let count: usize = actions.categories().map(|(_, actions)| actions.len()).sum();
    if count == 0 {
        return Err(explain::empty("/actions", "no actions").into());
    }
    report.ok("/actions", &format!("{count} actions"))?;

    let newest = newest_event(&client).await.map_err(wrong("/logs"))?;
    let words = newest.map_or("readable, but there is no event yet".to_owned(), |newest| {
        let (when, zone) = (time::local(newest), time::zone_name());
        format!("the newest event is of {when} ({zone})")
    });
    Ok(report.ok("/logs", &words)?)
}

/// When the newest event happened, if there is one.
pub(crate) async fn newest_event(client: &AuditLogsClient) -> Result<Option<i64>, Error> {
    let response = client.logs(LogsRequest::new().limit(1)).await?;
    let page = response.typed_body()?;
    Ok(page.entries.first().and_then(|entry| entry.date_create()))
}

/// How far this machine's clock is off, by the `Date` of a response.
fn clock(headers: &HeaderMap) -> Result<String, Problem> {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let Some(theirs) = date.and_then(|date| httpdate::parse_http_date(date).ok()) else {
        return Ok("not known, the response has no Date".to_owned());
    };
    let ours = SystemTime::now();
    let (off, word) = match ours.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let off = off.as_secs();
    if off > CLOCK_TOLERANCE {
        let what = format!("this machine's clock is {off} s {word} Slack's");
        let to_do = "set it right, best by NTP: times such as \"24h ago\" would be wrong";
        return Err(Problem::surrounding("clock", what, to_do));
    }
    Ok(format!("within {} s of Slack's", off.max(1)))
}

struct Report {
    output: Output,
    format: LineFormat,
}

impl Report {
    fn ok(&mut self, subject: &str, words: &str) -> Outcome {
        if self.format == LineFormat::Json {
            let line = json!({"subject": subject, "ok": true, "what": words});
            return self.say_json(&line);
        }
        self.say("ok", &format!("{subject:<9} {words}"))
    }

    fn say(&mut self, verdict: &str, words: &str) -> Outcome {
        let line = format!("{verdict:<6}{}\n", harmless(words));
        self.output.write(line.as_bytes())?;
        self.output.flush()
    }

    fn say_json(&mut self, line: &Value) -> Outcome {
        self.output.write_text(format!("{line}\n").as_bytes())?;
        self.output.flush()
    }

    fn right(mut self) -> Outcome {
        if self.format == LineFormat::Text {
            self.output.write(b"everything is right\n")?;
        }
        self.output.finish()
    }

    fn wrong(mut self, problem: &Problem) -> Outcome {
        if self.format == LineFormat::Json {
            self.say_json(&json!({
                "subject": problem.subject,
                "ok": false,
                "what": problem.what,
                "because": problem.cause,
                "to_do": problem.to_do,
            }))?;
        } else {
            self.say("WRONG", &format!("{:<9} {}", problem.subject, problem.what))?;
            let cause = problem.cause.as_ref().map(|cause| ("because:", cause));
            for (word, words) in cause.into_iter().chain([("do this:", &problem.to_do)]) {
                self.say("", &format!("{word:<9} {words}"))?;
            }
        }
        self.output.finish()?;
        Err(Exit::as_told(problem.is_refusal))
    }
}
