//! What is wrong, in plain words, and what to do about it.

use slack_audit_logs::{Error, ErrorCode, FailureKind};

use crate::{
    args::Global,
    client, exit,
    token::{self, Token},
};

pub(super) struct Problem {
    pub(super) subject: &'static str,
    pub(super) what: String,
    pub(super) cause: Option<String>,
    pub(super) to_do: String,
    /// Of token, scope or plan; else it is network, server or clock. The exit code says which.
    pub(super) is_refusal: bool,
}

impl Problem {
    pub(super) fn surrounding(subject: &'static str, what: String, to_do: &str) -> Self {
        Self {
            subject,
            what,
            cause: None,
            to_do: to_do.to_owned(),
            is_refusal: false,
        }
    }
}

const USER_TOKEN: &str = "use the user token (xoxp-…) of an organization owner: in the app's \
    settings, OAuth & Permissions, User OAuth Token";

/// The token and what kind it is, as far as can be told without asking.
pub(super) fn token(global: &Global, token: Option<Token>) -> Result<(String, String), Problem> {
    let wrong = |what: String, to_do: String| Problem {
        subject: "token",
        what,
        cause: None,
        to_do,
        is_refusal: true,
    };
    let name = &global.token_env;
    let Some(token) = token else {
        let what = format!("there is none: {name} is not set, and none is saved");
        let to_do = client::no_token(global);
        return Err(wrong(
            what,
            to_do.trim_start_matches("no token: ").to_owned(),
        ));
    };
    let from = &token.from;
    if let Some(what) = token::misspelling(&token.text) {
        let (what, to_do) = what.split_once(": ").unwrap_or((what, USER_TOKEN));
        return Err(wrong(format!("the one in {from} {what}"), to_do.to_owned()));
    }
    if let Some(kind) = token::wrong_kind(&token.text) {
        let what = format!("{from} holds {kind}, which cannot read audit logs");
        return Err(wrong(what, USER_TOKEN.to_owned()));
    }
    if token.is_exposed {
        let what = format!("others on this machine can read {from}");
        return Err(wrong(what, format!("chmod 600 {from}")));
    }
    let kind = if global.demo {
        "the embedded API's own".to_owned()
    } else if token::is_user_token(&token.text) {
        format!("a user token, from {from}")
    } else {
        format!("of an unknown kind, from {from}; a user token begins with xoxp-")
    };
    Ok((token.text, kind))
}

/// A list that ought to hold something.
pub(super) fn empty(subject: &'static str, what: &str) -> Problem {
    let what = format!("the response lists {what}: it is not Slack's");
    let to_do = "check --base-url, and what stands between here and Slack";
    Problem::surrounding(subject, what, to_do)
}

/// Why an endpoint could not be asked: in the library's words, with the command's own options.
pub(super) fn error(global: &Global, subject: &'static str, error: &Error) -> Problem {
    let is_refusal = error.is_auth() || (error.code().is_some() && exit::code_of(error) == 3);
    let (what, to_do) = words(global, error);
    Problem {
        // The network has brought the response.
        subject: if is_refusal && subject == "network" {
            "/schemas"
        } else {
            subject
        },
        what,
        cause: if is_refusal || error.is_rate_limited() {
            None
        } else {
            exit::causes(error, "").or_else(|| Some(error.without_advice().to_string()))
        },
        to_do,
        is_refusal,
    }
}

/// What is wrong, and what to do.
fn words(global: &Global, error: &Error) -> (String, String) {
    let advice = error.advice().unwrap_or("check again");
    let with = |options: Option<&str>| match options {
        Some(options) => format!("{advice} ({options})"),
        None => advice.to_owned(),
    };
    let (what, to_do) = if error.is_rate_limited() {
        let wait = error
            .retry_after()
            .map(|wait| format!("{} s", wait.as_secs().max(1)));
        let wait = wait.as_deref().unwrap_or("a minute");
        (
            "rate limited: somebody else uses up the calls of the whole organization",
            format!("wait {wait}; look for other programs that read these audit logs"),
        )
    } else if let Some(code) = error.code() {
        return (meaning(code, error), of_code(code).to_owned());
    } else if error.is_redirect() {
        (
            "the response is a redirect: a network may ask for a login first",
            with(Some("--base-url")),
        )
    } else if error.is_server_error() {
        ("Slack, or a gateway before it, has failed", with(None))
    } else if error.is_auth() {
        ("the token is refused", USER_TOKEN.to_owned())
    } else if let Some(kind) = error.failure_kind() {
        return of_failure(global, kind, with(exit::options(error)));
    } else {
        (
            "the response is not Slack's: a network may ask for a login first",
            with(Some("--base-url")),
        )
    };
    (what.to_owned(), to_do)
}

fn of_failure(global: &Global, kind: FailureKind, advice: String) -> (String, String) {
    let (url, meaning) = (&global.base_url, kind.meaning());
    match kind {
        FailureKind::Dns | FailureKind::Connect => (format!("{meaning}: {url}"), advice),
        FailureKind::Proxy | FailureKind::ProxyAuth => (meaning.to_owned(), advice),
        FailureKind::Tls => {
            let what = format!("{meaning}, or the certificate is not trusted: {url}");
            (what, advice)
        }
        FailureKind::Timeout | FailureKind::Deadline => (
            format!("no response within {} s", global.timeout.as_secs_f64()),
            "check the network, or raise --timeout".to_owned(),
        ),
        _ => (
            meaning.to_owned(),
            "check again; if it lasts, look for a proxy or firewall that cuts connections"
                .to_owned(),
        ),
    }
}

/// What a code of Slack's says about token, scope or plan.
fn meaning(code: &ErrorCode, error: &Error) -> String {
    if let (ErrorCode::MissingScope, Some(needed)) = (code, error.needed()) {
        let provided = error.provided().unwrap_or("others");
        return format!("the token lacks the scope {needed}; it has {provided} ({code})");
    }
    let meaning = code.meaning().unwrap_or("Slack refuses the call");
    format!("{meaning} ({code})")
}

fn of_code(code: &ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadEndpoint => "check --base-url; Slack's is https://api.slack.com/audit/v1/",
        code => code.advice().unwrap_or(
            "look the code up in Slack's reference of the Audit Logs API: \
             https://docs.slack.dev/reference/audit-logs-api",
        ),
    }
}
