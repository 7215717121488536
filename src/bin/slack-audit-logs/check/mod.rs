//! `check`: asks every endpoint once and explains the first thing that is wrong.

mod explain;

use std::time::{Instant, SystemTime};

use serde_json::{Value, json};
use slack_audit_logs::{
    ActionsRequest, Endpoint, Error, LogsRequest, SchemasRequest,
    http::{HeaderMap, header::DATE},
    model::FromBody,
    retry::RetryPolicy,
};

use self::explain::{Fault, Trouble};
use crate::{
    args::{Check, Global, LineFormat},
    client::{self, Connection},
    exit::{Exit, Outcome},
    output::Output,
    signals::Interrupted,
    text::harmless,
    time, token,
};

/// More than a clock that is kept right by NTP is ever off, and enough to matter to whoever
/// compares times.
const CLOCK_TOLERANCE: u64 = 60;

pub(crate) async fn run(global: &Global, args: &Check, interrupted: Interrupted) -> Outcome {
    let mut report = Report {
        output: Output::stdout(),
        format: args.format,
    };
    let checked = tokio::select! {
        checked = check(global, &mut report) => checked?,
        () = interrupted.wait() => return Err(Exit::interrupted("interrupted")),
    };
    match checked {
        Ok(()) if args.format == LineFormat::Text => report.say("", "everything is right")?,
        Ok(()) => {}
        Err(fault) => return report.wrong(&fault),
    }
    report.output.finish()
}

/// The first thing that is wrong, if anything is.
async fn check(global: &Global, report: &mut Report) -> Result<Result<(), Fault>, Exit> {
    let token = match explain::token(global, token::find(global)?) {
        Ok((token, kind)) => {
            report.ok("token", &kind)?;
            token
        }
        Err(fault) => return Ok(Err(fault)),
    };
    // Without retries: what a second attempt would hide is worth knowing here.
    let connection = client::connect_with(global, Some(&token), RetryPolicy::none())?;
    let ask = Ask {
        global,
        connection: &connection,
    };

    let begun = Instant::now();
    let schemas = match ask.for_body(SchemasRequest::new(), "network").await {
        Ok(schemas) => schemas,
        Err(fault) => return Ok(Err(fault)),
    };
    report.ok(
        "network",
        &format!("a response after {} ms", begun.elapsed().as_millis()),
    )?;
    match clock(&schemas.headers) {
        Ok(words) => report.ok("clock", &words)?,
        Err(fault) => return Ok(Err(fault)),
    }
    let kinds = schemas.body.schemas().count();
    if kinds == 0 {
        return Ok(Err(explain::empty("/schemas", "no kinds of object")));
    }
    report.ok("/schemas", &format!("{kinds} kinds of object"))?;

    let actions = match ask.for_body(ActionsRequest::new(), "/actions").await {
        Ok(actions) => actions.body,
        Err(fault) => return Ok(Err(fault)),
    };
    let count: usize = actions.categories().map(|(_, actions)| actions.len()).sum();
    if count == 0 {
        return Ok(Err(explain::empty("/actions", "no actions")));
    }
    report.ok("/actions", &format!("{count} actions"))?;

    let logs = match ask.for_body(LogsRequest::new().limit(1), "/logs").await {
        Ok(logs) => logs.body,
        Err(fault) => return Ok(Err(fault)),
    };
    let newest = logs.entries.first().and_then(|entry| entry.date_create());
    let words = newest.map_or_else(
        || "readable, but there is no event yet".to_owned(),
        |newest| {
            format!(
                "the newest event is of {} ({})",
                time::local(newest),
                time::zone_name()
            )
        },
    );
    report.ok("/logs", &words)?;
    Ok(Ok(()))
}

/// Asks endpoints.
struct Ask<'a> {
    global: &'a Global,
    connection: &'a Connection,
}

struct Checked<T> {
    headers: HeaderMap,
    body: T,
}

impl Ask<'_> {
    async fn for_body<E>(
        &self,
        request: E,
        subject: &'static str,
    ) -> Result<Checked<E::Response>, Fault>
    where
        E: Endpoint,
        E::Response: FromBody,
    {
        let response = async {
            let response = self.connection.client.send(request).await?;
            Ok::<_, Error>(Checked {
                headers: response.headers().clone(),
                body: response.typed_body()?,
            })
        };
        response
            .await
            .map_err(|error| explain::error(self.global, subject, &error))
    }
}

/// How far this machine's clock is off, by the `Date` of a response.
fn clock(headers: &HeaderMap) -> Result<String, Fault> {
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
        return Err(Fault {
            subject: "clock",
            what: format!("this machine's clock is {off} s {word} Slack's"),
            to_do: "set it right, best by NTP: times such as \"24h ago\" would be wrong".to_owned(),
            cause: None,
            trouble: Trouble::Surroundings,
        });
    }
    Ok(format!("within {} s of Slack's", off.max(1)))
}

/// What has been found, line by line on standard output.
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
        let line = format!("{verdict:<6}{}", harmless(words));
        self.output.write(line.trim_start().as_bytes())?;
        self.output.write(b"\n")?;
        self.output.flush()
    }

    fn say_json(&mut self, line: &Value) -> Outcome {
        self.output.write_text(format!("{line}\n").as_bytes())?;
        self.output.flush()
    }

    fn wrong(mut self, fault: &Fault) -> Outcome {
        if self.format == LineFormat::Json {
            self.say_json(&json!({
                "subject": fault.subject,
                "ok": false,
                "what": fault.what,
                "because": fault.cause,
                "to_do": fault.to_do,
            }))?;
            return self.end(fault);
        }
        self.say("WRONG", &format!("{:<9} {}", fault.subject, fault.what))?;
        let mut more = |word: &str, words: &str| {
            let line = format!("      {word:<9} {}\n", harmless(words));
            self.output.write(line.as_bytes())
        };
        if let Some(cause) = &fault.cause {
            more("because:", cause)?;
        }
        more("do this:", &fault.to_do)?;
        self.end(fault)
    }

    fn end(self, fault: &Fault) -> Outcome {
        self.output.finish()?;
        Err(match fault.trouble {
            Trouble::Credentials => Exit::refused_as_told(),
            Trouble::Surroundings => Exit::network_as_told(),
        })
    }
}
