//! What is wrong, in plain words, and what to do about it.

use slack_audit_logs::{Error, ErrorCode, FailureKind};

use crate::{
    args::Global,
    client, exit,
    token::{self, Token},
};

/// Something that is wrong.
pub(super) struct Fault {
    pub(super) subject: &'static str,
    pub(super) what: String,
    pub(super) cause: Option<String>,
    pub(super) to_do: String,
    pub(super) trouble: Trouble,
}

/// Where to look for it, which is also the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Token, scope, plan.
    Credentials,
    /// Network, server, clock.
    Surroundings,
}

const USER_TOKEN: &str = "use the user token (xoxp-…) of an organization owner: in the app's settings, OAuth & Permissions, User OAuth Token";

/// The token and what kind it is, as far as can be told without asking.
pub(super) fn token(global: &Global, token: Option<Token>) -> Result<(String, String), Fault> {
    let wrong = |what: String, to_do: String| Fault {
        subject: "token",
        what,
        cause: None,
        to_do,
        trouble: Trouble::Credentials,
    };
    let name = &global.token_env;
    let Some(token) = token else {
        return Err(wrong(
            format!("there is none: {name} is not set, and none is saved"),
            client::no_token(global)
                .trim_start_matches("no token: ")
                .to_owned(),
        ));
    };
    let from = &token.from;
    if let Some(what) = token::misspelling(&token.text) {
        let (what, to_do) = what.split_once(": ").unwrap_or((what, USER_TOKEN));
        return Err(wrong(format!("the one in {from} {what}"), to_do.to_owned()));
    }
    if let Some(kind) = token::wrong_kind(&token.text) {
        return Err(wrong(
            format!("{from} holds {kind}, which cannot read audit logs"),
            USER_TOKEN.to_owned(),
        ));
    }
    if token.is_exposed {
        return Err(wrong(
            format!("others on this machine can read {from}"),
            format!("chmod 600 {from}"),
        ));
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
pub(super) fn empty(subject: &'static str, what: &str) -> Fault {
    Fault {
        subject,
        what: format!("the response lists {what}: it is not Slack's"),
        cause: None,
        to_do: "check --base-url, and what stands between here and Slack".to_owned(),
        trouble: Trouble::Surroundings,
    }
}

/// Why an endpoint could not be asked.
pub(super) fn error(global: &Global, subject: &'static str, error: &Error) -> Fault {
    let (what, to_do) = words(global, error);
    let is_refusal = error.is_auth() || (error.code().is_some() && exit::code_of(error) == 3);
    Fault {
        subject: match () {
            () if !is_refusal || subject != "network" => subject,
            // The network has brought the answer.
            () => "/schemas",
        },
        what,
        cause: if is_refusal || error.is_rate_limited() {
            None
        } else {
            exit::causes(error).or_else(|| Some(error.to_string()))
        },
        to_do,
        trouble: if is_refusal {
            Trouble::Credentials
        } else {
            Trouble::Surroundings
        },
    }
}

fn words(global: &Global, error: &Error) -> (String, String) {
    let (what, to_do): (String, &str) = if error.is_rate_limited() {
        let wait = error.retry_after().map_or_else(
            || "a minute".to_owned(),
            |wait| format!("{} s", wait.as_secs().max(1)),
        );
        return (
            "rate limited: the calls that Slack allows the whole organization are used up by somebody else".to_owned(),
            format!("wait {wait} and check again; look for other programs that read this organization's audit logs"),
        );
    } else if let Some(code) = error.code() {
        return (refusal(code, error), advice(code).to_owned());
    } else if error.is_redirect() {
        (
            "the answer is a redirect, which is not followed, as the token would go along".into(),
            "check --base-url; a network that asks for a login first answers like this, too",
        )
    } else if error.is_server_error() {
        (
            "Slack, or a gateway before it, has failed".into(),
            "try again later; see https://slack-status.com",
        )
    } else if error.is_auth() {
        ("the token is refused".into(), USER_TOKEN)
    } else if error.is_decode() || error.is_refused() {
        (
            "the answer is not Slack's".into(),
            "check --base-url; a proxy or a network that asks for a login first answers like this",
        )
    } else {
        failure(global, error)
    };
    (what, to_do.to_owned())
}

/// There was no answer.
fn failure(global: &Global, error: &Error) -> (String, &'static str) {
    const NETWORK: &str = "check the network and --base-url; where only a proxy reaches the internet, set HTTPS_PROXY or --proxy";
    let url = &global.base_url;
    match error.failure_kind() {
        Some(FailureKind::Dns) => (
            format!("the name of the host in {url} is not known"),
            NETWORK,
        ),
        Some(FailureKind::Connect) => (format!("no connection to {url}"), NETWORK),
        Some(FailureKind::Proxy | FailureKind::ProxyAuth) => (
            "the proxy cannot be reached, or refuses to open the way".to_owned(),
            "check address and credentials of --proxy or HTTPS_PROXY, and whether it lets through to Slack",
        ),
        Some(FailureKind::Tls) => (
            format!("the certificate of {url} is not trusted, or no TLS is spoken there"),
            "if a proxy inspects TLS, give its root certificate with --ca-cert; else check --base-url and this machine's clock",
        ),
        Some(FailureKind::Timeout | FailureKind::Deadline) => (
            format!("no answer within {} s", global.timeout.as_secs_f64()),
            "check the network, or raise --timeout",
        ),
        _ => (
            "the connection broke before the answer was complete".to_owned(),
            "check again; if it lasts, look for a proxy or firewall that cuts connections",
        ),
    }
}

/// What a code of Slack's says about token, scope or plan.
fn refusal(code: &ErrorCode, error: &Error) -> String {
    let what = match code {
        ErrorCode::MissingScope => {
            let needed = error.needed().unwrap_or("auditlogs:read");
            let provided = error.provided().unwrap_or("others");
            return format!(
                "the token lacks the scope {needed}; it has {provided} (missing_scope)"
            );
        }
        ErrorCode::FeatureNotEnabled => {
            "the token's organization is not on an Enterprise plan, so it has no audit logs"
        }
        ErrorCode::InvalidWorkspace => {
            "the token is of a workspace that belongs to no Enterprise organization"
        }
        ErrorCode::TeamNotAuthorized => {
            "the app is installed on a workspace, not on the organization"
        }
        ErrorCode::UserNotAuthorized => {
            "whoever installed the app is not an owner of the organization"
        }
        ErrorCode::MethodNotAllowed => "the token is of a workspace, not of the organization",
        ErrorCode::AccountInactive => "the token's user or organization is deactivated",
        ErrorCode::TokenRevoked => "the token was revoked",
        ErrorCode::TokenExpired => "the token has expired",
        ErrorCode::MissingAuthentication => "the token did not arrive",
        ErrorCode::InvalidAuth | ErrorCode::InvalidAuthentication => "the token is not valid",
        ErrorCode::BadEndpoint => "there is no Audit Logs API at the base URL",
        ErrorCode::InternalError | ErrorCode::FatalError => "Slack has failed",
        _ => "Slack refuses the call",
    };
    format!("{what} ({code})")
}

fn advice(code: &ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadEndpoint => "check --base-url; Slack's is https://api.slack.com/audit/v1/",
        ErrorCode::MissingAuthentication => "look for a proxy that takes the Authorization header away",
        code => code.advice().unwrap_or(
            "look the code up in Slack's reference of the Audit Logs API: https://docs.slack.dev/reference/audit-logs-api",
        ),
    }
}
