//! `Exit`: with which code the command ends, and what it says then.

use std::{
    error::Error as StdError,
    fmt, io,
    iter::successors,
    process::{self, ExitCode},
};

use slack_audit_logs::{Error, ErrorCode, FailureKind};
use tracing::Level;

use crate::trace;

/// What a command comes to.
pub(crate) type Outcome = Result<(), Exit>;

/// Why a command ends before it is done.
#[derive(Debug)]
pub(crate) struct Exit {
    code: u8,
    /// One or two lines; none if everything has been said.
    message: Option<String>,
}

const USAGE: u8 = 2;
const REFUSED: u8 = 3;
const NETWORK: u8 = 4;
const LOCAL_FILE: u8 = 5;
/// 128 + SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;

impl Exit {
    fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: Some(message.into()),
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    pub(crate) fn network(message: impl Into<String>) -> Self {
        Self::new(NETWORK, message)
    }

    pub(crate) fn local_file(message: impl Into<String>) -> Self {
        Self::new(LOCAL_FILE, message)
    }

    pub(crate) fn unreadable(name: impl fmt::Display, error: &io::Error) -> Self {
        Self::local_file(format!("{name} cannot be read: {error}"))
    }

    pub(crate) fn unwritable(name: impl fmt::Display, error: &io::Error) -> Self {
        Self::local_file(format!("{name} cannot be written: {error}"))
    }

    /// Ctrl-C, or SIGTERM in the middle of something.
    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self::new(INTERRUPTED, message)
    }

    /// The end of a command that has done what it can.
    pub(crate) fn done(message: impl Into<String>) -> Self {
        Self::new(0, message)
    }

    /// A call that failed, in words of one's own.
    pub(crate) fn of_api(error: &Error, message: String) -> Self {
        Self::new(code_of(error), message)
    }

    /// Refused by Slack, or the network or a server; why has been said.
    pub(crate) fn as_told(is_refusal: bool) -> Self {
        Self::silent(if is_refusal { REFUSED } else { NETWORK })
    }

    /// Nobody reads the output any more: a quiet end.
    pub(crate) fn closed_pipe() -> Self {
        Self::silent(0)
    }

    fn silent(code: u8) -> Self {
        Self {
            code,
            message: None,
        }
    }

    pub(crate) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl From<Error> for Exit {
    fn from(error: Error) -> Self {
        Self::new(code_of(&error), in_words(&error))
    }
}

/// Whose fault it is.
pub(crate) fn code_of(error: &Error) -> u8 {
    if error.is_invalid_request() || error.is_build() {
        return USAGE;
    }
    let is_passing = error.is_rate_limited() || error.is_server_error() || error.is_redirect();
    let is_refusal = error.is_auth()
        || error.failure_kind() == Some(FailureKind::Token)
        // Refusals without a code of Slack's are a gateway's.
        || (error.is_refused() && error.code().is_some());
    if is_refusal && !is_passing {
        REFUSED
    } else {
        NETWORK
    }
}

/// What happened with what to do, and on a second line the causes.
pub(crate) fn in_words(error: &Error) -> String {
    let options = options(error).map_or_else(String::new, |options| format!(" ({options})"));
    with_causes(error, error.to_string() + &options)
}

/// The options by which a command follows the error's advice.
pub(crate) fn options(error: &Error) -> Option<&'static str> {
    if error.code() == Some(&ErrorCode::InvalidRange) {
        return Some("--since, --until");
    }
    Some(match error.failure_kind()? {
        FailureKind::Dns | FailureKind::Connect => "--base-url, --proxy",
        FailureKind::Proxy | FailureKind::ProxyAuth => "--proxy, HTTPS_PROXY",
        FailureKind::Tls => "--ca-cert, --client-cert, and this machine's clock",
        FailureKind::Timeout => "--timeout, --page-size",
        FailureKind::BodyTooLarge => "--page-size, --max-body-size",
        _ => return None,
    })
}

/// What is said of an error, and its causes; each that only says it again is left out.
pub(crate) fn with_causes(error: &dyn StdError, text: String) -> String {
    match causes(error, &text) {
        Some(causes) => text + "\n  because: " + &causes,
        None => text,
    }
}

/// The causes of an error, outermost first, beyond what is said.
pub(crate) fn causes(error: &dyn StdError, said: &str) -> Option<String> {
    let mut causes = String::new();
    for cause in successors(error.source(), |&cause| cause.source()) {
        let words = cause.to_string();
        if !said.contains(&words) && !causes.contains(&words) {
            causes += if causes.is_empty() { "" } else { ": " };
            causes += &words;
        }
    }
    (!causes.is_empty()).then_some(causes)
}

/// Says how it ended, on standard error, and turns it into the process's exit code.
pub(crate) fn report(outcome: Outcome) -> ExitCode {
    let Err(exit) = outcome else {
        return ExitCode::SUCCESS;
    };
    if let Some(message) = exit.message {
        let is_error = exit.code != 0;
        trace::say(if is_error { Level::ERROR } else { Level::INFO }, &message);
    }
    ExitCode::from(exit.code)
}

/// Ends the process where nothing else can: its state is what was committed.
pub(crate) fn now<T>(exit: Exit) -> T {
    let code = exit.code;
    report(Err(exit));
    process::exit(code.into())
}
