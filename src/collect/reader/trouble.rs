//! `Trouble`: why a call to Slack failed, and whether that passes.

use std::time::Duration;

use http::StatusCode;

use crate::{
    collect::CollectError,
    error::{Error, ErrorCode, FailureKind},
};

/// The longest wait that it lets itself be told. A `Retry-After` beyond is a mistake more likely
/// than a plan.
const MAX_TOLD_WAIT: Duration = Duration::from_secs(3_600);
/// A proxy that refuses its credentials may lock an account that tries too often.
const PROXY_WAIT: Duration = Duration::from_secs(60);

/// Why a call failed.
pub(super) enum Trouble {
    /// Slack's own refusal, or something wrong on this side.
    Fatal(CollectError),
    /// A range that ends in the server's future.
    Future(Error),
    /// Anything that passes.
    Outage(Outage),
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Outage {
    #[error("{0}")]
    Call(Error),
    #[error("the responses have no Date header")]
    NoDate,
}

impl Outage {
    /// How long to wait at least.
    pub(super) fn wait(&self) -> Duration {
        let Self::Call(error) = self else {
            return Duration::ZERO;
        };
        let told = error.retry_after().unwrap_or_default().min(MAX_TOLD_WAIT);
        let is_proxy = error.failure_kind() == Some(FailureKind::ProxyAuth)
            || error.status() == Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        if is_proxy { told.max(PROXY_WAIT) } else { told }
    }

    pub(super) fn into_error(self) -> CollectError {
        match self {
            Self::Call(error) => CollectError::Api(error),
            Self::NoDate => CollectError::NoDate,
        }
    }
}

impl Trouble {
    pub(super) fn of(error: Error) -> Self {
        if is_refusal(&error) {
            Self::Fatal(CollectError::Api(error))
        } else {
            Self::Outage(Outage::Call(error))
        }
    }
}

/// Whether trying again is of no use: Slack's own code says so about token, scope, plan or filter,
/// or nothing was sent for what was set on this side.
fn is_refusal(error: &Error) -> bool {
    /// Of Slack's Web API, for the cases that the Audit Logs API's own list does not name.
    const OTHERS: [&str; 9] = [
        "access_denied",
        "enterprise_is_restricted",
        "invalid_arguments",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "two_factor_setup_required",
    ];
    if error.is_invalid_request() || error.is_build() {
        return true;
    }
    match error.code() {
        Some(code) => {
            code.is_auth()
                || matches!(
                    code,
                    ErrorCode::InvalidAction | ErrorCode::BadEndpoint | ErrorCode::MethodNotAllowed
                )
                || OTHERS.contains(&code.as_str())
        }
        None => error.failure_kind() == Some(FailureKind::Refused),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Response, header::RETRY_AFTER};

    use super::*;
    use crate::{
        error::{Failure, InvalidConfig, InvalidRequest},
        model::LogsResponse,
        response::AuditLogsResponse,
    };

    fn responded(status: u16, retry_after: Option<&'static str>, body: &'static str) -> Error {
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        if let Some(value) = retry_after {
            let value = http::HeaderValue::from_static(value);
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        AuditLogsResponse::<LogsResponse>::from_http(response).expect_err("refused")
    }

    fn failed(kind: FailureKind) -> Error {
        Error::from_service(Failure::new(kind, "failed").into())
    }

    #[test]
    fn an_outage_waits_for_as_long_as_it_was_told() {
        for (outage, seconds) in [
            (Outage::NoDate, 0),
            (Outage::Call(failed(FailureKind::Connect)), 0),
            (Outage::Call(failed(FailureKind::ProxyAuth)), 60),
            (Outage::Call(responded(503, None, "busy")), 0),
            (Outage::Call(responded(503, Some("7"), "busy")), 7),
            (Outage::Call(responded(429, Some("86400"), "{}")), 3_600),
            (Outage::Call(responded(407, None, "")), 60),
            (Outage::Call(responded(407, Some("7"), "")), 60),
            (Outage::Call(responded(407, Some("70"), "")), 70),
        ] {
            assert_eq!(outage.wait().as_secs(), seconds, "{outage}");
        }
    }

    #[test]
    fn what_waiting_does_not_mend_is_fatal() {
        for (code, expected) in [
            ("invalid_auth", true),
            ("missing_scope", true),
            ("invalid_action", true),
            ("method_not_allowed", true),
            ("not_authed", true),
            ("internal_error", false),
            ("ratelimited", false),
            ("anything_new", false),
        ] {
            let body = format!(r#"{{"ok":false,"error":"{code}"}}"#).leak();
            let is_fatal = matches!(Trouble::of(responded(200, None, body)), Trouble::Fatal(_));
            assert_eq!(is_fatal, expected, "{code}");
        }
        for (error, expected) in [
            (failed(FailureKind::Refused), true),
            (Error::invalid_request(&InvalidRequest::new("limit")), true),
            (Error::from(InvalidConfig::new("proxy")), true),
            (failed(FailureKind::Timeout), false),
            (responded(403, None, "<html>"), false),
        ] {
            let shown = error.to_string();
            let is_fatal = matches!(Trouble::of(error), Trouble::Fatal(_));
            assert_eq!(is_fatal, expected, "{shown}");
        }
    }
}
