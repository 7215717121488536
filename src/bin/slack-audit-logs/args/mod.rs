//! The command line: options, commands, help texts and examples.

// What documents an argument is its help text, which is no Markdown.
#![allow(clippy::doc_markdown)]

mod events;
mod values;

use std::{
    env,
    ffi::{OsStr, OsString},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use clap::{
    ArgAction, Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint,
    builder::{BoolishValueParser, TypedValueParser as _},
};
use clap_complete::Shell;
use jiff::tz::TimeZone;
use slack_audit_logs::{AuditLogsClient, collect::Tier, fake::ScriptedResponse};

use self::values::{PAGE_SIZE, bytes, listen_address, page_size, seconds, size};
pub(crate) use self::{
    events::{Events, Filters, Key, Logs, Stats},
    values::{Format, LineFormat, Rate},
};
use crate::time::{self, Time};

const AFTER_HELP: &str = "\
Every option can be set by an environment variable: --base-url by SLACK_AUDIT_LOGS_BASE_URL.

Exit codes:
  0    done; also after SIGTERM, once all is committed
  2    wrong use: options, times, no token
  3    refused by Slack: token, scope, plan, or a value in the request
  4    network or server
  5    a local file, or the output
  130  interrupted by Ctrl-C";

/// Audit logs of a Slack Enterprise organization.
///
/// Results go to standard output, everything else to standard error. The token is a user token
/// (xoxp-…) of an organization owner with the scope auditlogs:read. It is taken from --token-file,
/// else from the environment variable SLACK_ORG_ADMIN_USER_TOKEN, else from where `login` saved it.
/// Without a token, --demo takes the responses of an embedded API with made-up events.
#[derive(Debug, Parser)]
#[command(name = "slack-audit-logs", version, max_term_width = 100, after_help = AFTER_HELP)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the environment variables of the options begin with.
const VARIABLES: &str = "SLACK_AUDIT_LOGS_";

fn variable(long: &str) -> String {
    VARIABLES.to_owned() + &long.to_uppercase().replace('-', "_")
}

/// The command with all its options.
pub(crate) fn command() -> clap::Command {
    with_variables(Args::command())
}

/// The command line of this process, and the command's name; wrong use ends it.
pub(crate) fn read() -> (Args, String) {
    let matches = command().get_matches();
    let name = matches.subcommand_name().unwrap_or_default().to_owned();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    (args, name)
}

/// Gives every option its environment variable. The help tells the rule once instead of thirty
/// names.
fn with_variables(command: clap::Command) -> clap::Command {
    // clap's parsers want to know for which command they read.
    let reader = clap::Command::default();
    let command = command.mut_args(|arg| {
        let name = match arg.get_long() {
            None | Some("help" | "version") => return arg,
            Some(long) => variable(long),
        };
        let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
        // Set to nothing, as deployments do that leave it open, is not set; nor is a flag set to
        // no, which would be in conflict with others all the same.
        let is_no = |value: &OsStr| {
            matches!(
                BoolishValueParser::new().parse_ref(&reader, None, value),
                Ok(false)
            )
        };
        let is_unset = |value: OsString| value.is_empty() || is_flag && is_no(&value);
        if env::var_os(&name).is_some_and(is_unset) {
            return arg;
        }
        let arg = arg.env(name).hide_env(true);
        if is_flag {
            return arg.value_parser(BoolishValueParser::new());
        }
        arg
    });
    command.mut_subcommands(with_variables)
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Base URL of the API; https://api.slack-gov.com/audit/v1/ for GovSlack
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    #[arg(default_value = "https://api.slack.com/audit/v1/")]
    #[arg(conflicts_with = "demo")]
    pub(crate) base_url: String,

    /// Environment variable that holds the token
    #[arg(long, global = true, value_name = "NAME")]
    #[arg(default_value = AuditLogsClient::TOKEN_VARIABLE)]
    pub(crate) token_env: String,

    /// File that holds the token, such as `login` saves it
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) token_file: Option<PathBuf>,

    /// Proxy to use instead of those that the environment names: http://, https://, socks5://,
    /// socks5h://
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) proxy: Option<String>,

    /// PEM file with certificates to trust beside the system's
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca_cert: Option<PathBuf>,

    /// PEM file with the certificate that a proxy or gateway wants to see
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,

    /// PEM file with that certificate's private key
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,

    /// How long an attempt may take, in seconds
    #[arg(long, global = true, value_name = "SECS", default_value = "30", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// How often to try again, for each of: no connection, rate limit, server error
    #[arg(long, global = true, value_name = "N", default_value_t = 3)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=99))]
    pub(crate) max_retries: u32,

    /// Requests a minute, or off to leave it to Slack's responses; Slack allows 50 to the whole
    /// organization
    #[arg(long, global = true, value_name = "PER_MINUTE|off")]
    #[arg(default_value = "50")]
    pub(crate) rate_limit: Rate,

    /// How large a response may be, such as 256M; one that is larger is an error
    #[arg(long, global = true, value_name = "SIZE", default_value = "64M", value_parser = size)]
    pub(crate) max_body_size: usize,

    /// Time zone in which times are read and shown: UTC, local, or such as Europe/Berlin; local by
    /// default
    #[arg(long, global = true, value_name = "ZONE", value_parser = time::parse_zone)]
    pub(crate) tz: Option<TimeZone>,

    /// Take the responses of an embedded API with made-up events instead of asking Slack
    #[arg(long, global = true)]
    pub(crate) demo: bool,

    /// How lines on standard error are written: text, with the time where it is no terminal, or a
    /// JSON object each
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub(crate) log_format: LineFormat,

    /// Tell every call on standard error; twice also every attempt and what goes over the wire
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,

    /// Tell errors only, and show no progress
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show events: who did what, when and from where
    #[command(after_help = "\
Examples:
  slack-audit-logs logs
  slack-audit-logs logs --since yesterday --action 'user_login*' --actor ada@example.com
  slack-audit-logs logs --since '7 days ago' --ip 203.0.113.0/24 --action category:app
  slack-audit-logs logs --since 2026-11-01 --until 2026-11-30 --output november.csv
  slack-audit-logs logs --since 30d --columns time,actor_email,action,ip,app --format table
  slack-audit-logs logs --from audit/ --from older.ndjson.gz --entity general
  slack-audit-logs logs --from s3://bucket/audit --since 7d --actor ada@example.com
  slack-audit-logs logs --since 1d --jq 'select(.context.ip_address | startswith(\"10.\") | not)'
  slack-audit-logs logs --since 1d --jq '{date_create, who: .actor.user.email, action}'
  slack-audit-logs --demo logs --since 24h

From Slack the newest come first, from files as they stand there. Without --since it is the last
day. Times are read in --tz: 2026-11-01, '2026-11-01 10:00', today, yesterday, now, '7 days ago',
24h, RFC 3339 (2026-01-31T23:59:59Z), Unix seconds (1769903999).")]
    Logs(Logs),

    /// Count events: by action, person, address, hour of the day, …
    #[command(after_help = "\
Examples:
  slack-audit-logs stats --since 7d
  slack-audit-logs stats --since 30d --by actor --action file_downloaded --top 10
  slack-audit-logs stats --since 30d --by weekday,hour
  slack-audit-logs stats --since 30d --by ip,app --output sources.csv
  slack-audit-logs stats --from s3://bucket/audit --since 90d --output report.html

The HTML page holds everything itself: it asks nobody for anything, and needs no JavaScript.
Without --since it is the last day, or all of the files.")]
    Stats(Stats),

    /// List the names of all actions, by category
    #[command(after_help = "\
Examples:
  slack-audit-logs actions
  slack-audit-logs actions --format csv | grep login

Slack asks for no token here.")]
    Actions(Catalog),

    /// List the kinds of object that events speak of, with their fields
    #[command(after_help = "\
Examples:
  slack-audit-logs schemas
  slack-audit-logs schemas --format json

Slack asks for no token here.")]
    Schemas(Catalog),

    /// Write every event exactly once, oldest first, and go on with what arrives
    #[command(after_help = "\
Examples:
  slack-audit-logs follow
  slack-audit-logs follow --format table --action 'user_*' --ip 203.0.113.0/24
  slack-audit-logs follow --state audit.state --output audit.ndjson --since 7d
  slack-audit-logs follow --state audit.state | vector --config siem.toml
  slack-audit-logs follow --state audit.state --output audit.ndjson --once   # from cron

Without --output and --state it shows what happens from now on, and needs nothing else; --jq then
reshapes the events as in logs, elsewhere it only filters them.
With --output every event is in the file exactly once, whatever dies when. On standard output the
events of one batch may come again after a crash. Outages are waited out; only a refusal by Slack,
or a local file, ends it. Ctrl-C and SIGTERM finish the batch and commit. Lines are the events'
exact bytes (ndjson).")]
    Follow(Follow),

    /// Write every event of a past range exactly once, oldest first
    #[command(after_help = "\
Examples:
  slack-audit-logs backfill --since 2018-03-01 --output all.ndjson
  slack-audit-logs backfill --since 90d --until 30d --output quarter.ndjson

It can be interrupted and started again with the same options: it goes on where it was. Lines are
the events' exact bytes (ndjson).")]
    Backfill(Backfill),

    /// Say in plain words whether token, scope, plan, network and clock are right
    #[command(after_help = "\
Examples:
  slack-audit-logs check
  slack-audit-logs check --format json | jq -r 'select(.ok | not).to_do'
  slack-audit-logs check --proxy http://proxy.corp.example:3128 --ca-cert corporate-root.pem

Asks every endpoint once and explains the first thing that is wrong. Exit code 0, 3 or 4.")]
    Check(Check),

    /// Lead to a token, step by step; check it and save it
    #[command(after_help = "\
Examples:
  slack-audit-logs login
  slack-audit-logs login --token-file /etc/slack-audit-logs/token
  pass show slack | slack-audit-logs login

The token is pasted without being shown, checked by one call, and saved to a file that only you can
read; other commands take it from there.")]
    Login,

    /// Run the embedded API on the loopback interface, for tests and trials
    #[command(after_help = "\
Examples:
  slack-audit-logs fake --port 8080
  slack-audit-logs fake --entries 50000 --rate-limit off --fault status=503,times=2

The first line on standard output is the base URL, the second the token. It runs until it is
interrupted.

SPEC is a list of key=value. What: status=CODE, error=NAME, retry-after=SECONDS, empty-page,
date-offset=SECONDS, no-date, delay=TIME, or a break of the wire such as reset-in-body,
close-before-head, silence, drip, bad-gzip, gzip-bomb. When: nth=N from the N-th request on, times=N
or times=forever, share=0.05 for that share of the requests, path=/logs for that path.")]
    Fake(Fake),

    /// Write a completion script to standard output
    #[command(after_help = "\
Examples:
  slack-audit-logs completions bash > ~/.local/share/bash-completion/completions/slack-audit-logs
  slack-audit-logs completions zsh > ~/.zfunc/_slack-audit-logs
  slack-audit-logs completions fish > ~/.config/fish/completions/slack-audit-logs.fish")]
    Completions {
        /// The shell to complete in
        shell: Shell,
    },

    /// Write the manual page to standard output, or all of them to a directory
    #[command(after_help = "\
Examples:
  slack-audit-logs man | man -l -
  slack-audit-logs man --directory /usr/local/share/man/man1")]
    Man {
        /// Write a page for each command to this directory
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    /// How to say it: text, or a JSON object a line for each thing that was checked
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: LineFormat,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Follow {
    /// File that remembers how far it is; the output's name with .state behind it by default.
    /// On standard output without one every start begins anew
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    /// Append to this file instead of standard output; or an archive, which needs no state, and on
    /// which a second follow stands by: s3://bucket/prefix, gs://bucket/prefix,
    /// az://container/prefix, or a directory, written with a slash at its end. Credentials come
    /// from the environment (`AWS_…`, `GOOGLE_…`, `AZURE_…`)
    #[arg(short, long, value_name = "FILE|URL", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// Where a new state begins, such as yesterday or 7d; now by default
    #[arg(long, value_name = "T", value_parser = Time::begin)]
    pub(crate) since: Option<Time>,

    /// How often to look how far back for new events: EVERY:BACK, separated by commas. The first
    /// says how soon an event is written, the last how late one may show up
    #[arg(long, value_name = "TIERS", value_parser = tiers)]
    #[arg(default_value = "30s:60s,5m:10m,1h:24h")]
    pub(crate) tiers: Tiers,

    #[command(flatten)]
    pub(crate) rotation: Rotation,

    /// Events a page, 1 to 9999
    #[arg(long, value_name = "N", default_value_t = PAGE_SIZE, value_parser = page_size())]
    pub(crate) page_size: u32,

    /// Serve /metrics (OpenMetrics), /healthz and /readyz there: a port, which is of 127.0.0.1, or
    /// an address with its port
    #[arg(long, value_name = "ADDR", value_parser = listen_address)]
    pub(crate) metrics_listen: Option<SocketAddr>,

    /// Collect what there is by now, then end; give up on an outage
    #[arg(long)]
    pub(crate) once: bool,

    /// How to write them on standard output: a table on a terminal, ndjson otherwise. Files and
    /// archives are ndjson
    #[arg(long, value_enum, conflicts_with = "output")]
    pub(crate) format: Option<LiveFormat>,

    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LiveFormat {
    Table,
    Ndjson,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Backfill {
    /// From this time on, inclusive: 2026-11-01, "90 days ago", RFC 3339, Unix seconds; nothing
    /// exists before March 2018
    #[arg(long, value_name = "T", value_parser = Time::begin)]
    pub(crate) since: Time,

    /// Up to this time, inclusive; a day alone is the whole day; now by default
    #[arg(long, value_name = "T", value_parser = Time::end)]
    pub(crate) until: Option<Time>,

    /// Append to this file; or an archive, as in follow
    #[arg(short, long, value_name = "FILE|URL", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,

    /// File that remembers how far it is; the output's name with .state behind it by default
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) rotation: Rotation,

    /// Events a page, 1 to 9999
    #[arg(long, value_name = "N", default_value_t = PAGE_SIZE, value_parser = page_size())]
    pub(crate) page_size: u32,

    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rotation {
    /// Begin a new output file daily, hourly, or before it would be larger than a size such as
    /// 100M, and at SIGHUP; the old one gets a number
    #[arg(long, value_name = "WHEN", value_parser = rotate)]
    pub(crate) rotate: Option<Rotate>,

    /// Compress the old ones
    #[arg(long, value_enum)]
    pub(crate) compress: Option<Compress>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Rotate {
    Daily,
    Hourly,
    Bytes(u64),
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Compress {
    Gzip,
}

fn rotate(text: &str) -> Result<Rotate, &'static str> {
    let rotate = match text {
        "daily" => Some(Rotate::Daily),
        "hourly" => Some(Rotate::Hourly),
        size => bytes(size).map(Rotate::Bytes),
    };
    rotate.ok_or("daily, hourly, or a size such as 100M")
}

#[derive(Clone, Debug)]
pub(crate) struct Tiers(pub(crate) Vec<Tier>);

fn tiers(text: &str) -> Result<Tiers, &'static str> {
    let seconds = |text: &str| {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match text.get(digits.len()..).unwrap_or_default() {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        Some(Duration::from_secs(
            digits.parse::<u64>().ok()?.checked_mul(unit)?,
        ))
    };
    let tier = |text: &str| {
        let (every, back) = text.split_once(':')?;
        Some(Tier::new(seconds(every)?, seconds(back)?))
    };
    let all: Option<Vec<Tier>> = text.split(',').map(|text| tier(text.trim())).collect();
    all.map(Tiers)
        .ok_or("EVERY:BACK,… such as 30s:60s,5m:10m,1h:24h")
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Catalog {
    /// How to write them; a table on a terminal, ndjson otherwise
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Fake {
    /// Port on 127.0.0.1; 0 for any free one
    #[arg(long, value_name = "P", default_value_t = 0)]
    pub(crate) port: u16,

    /// Events in the history of the last 30 days
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub(crate) entries: u32,

    /// What the made-up data depends on
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,

    /// Events that arrive each minute, a few of them late
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) arrivals: u32,

    /// How long every response takes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) latency_ms: u64,

    /// Something to go wrong; may be given several times
    #[arg(long, value_name = "SPEC")]
    pub(crate) fault: Vec<ScriptedResponse>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says of each option, by command, whether it has a variable of its own name.
    fn without_variable(command: &clap::Command, found: &mut Vec<String>) -> usize {
        let mut options = 0;
        for arg in command.get_arguments() {
            let Some(long) = arg.get_long() else {
                continue;
            };
            options += 1;
            if arg.get_env().is_none_or(|env| env != &*variable(long)) {
                found.push(format!("{} --{long}", command.get_name()));
            }
        }
        let below = command.get_subcommands();
        options + below.map(|it| without_variable(it, found)).sum::<usize>()
    }

    #[test]
    fn every_option_has_a_variable() {
        let mut command = command();
        command.build();
        let mut found = Vec::new();
        assert!(without_variable(&command, &mut found) > 50);
        // What asks for help or the version, and clap's own command `help`.
        found.retain(|option| !option.ends_with(" --help") && !option.ends_with(" --version"));
        assert!(found.is_empty(), "{found:?}");
        command.debug_assert();
    }
}
