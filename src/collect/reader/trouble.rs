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
