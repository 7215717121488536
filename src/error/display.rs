//! How an `Error` reads: what happened, to which call, after how many attempts, what to do next.

use std::{error::Error as StdError, fmt};

use http::StatusCode;

use super::{Error, ErrorBody, ErrorCode, ErrorKind, Failure};
use crate::url::DisplayUrl;

impl Error {
    /// What to do next, where something better than "try again" can be said.
    pub fn advice(&self) -> Option<&'static str> {
        if let Some(advice) = self.code().and_then(ErrorCode::advice) {
            return Some(advice);
        }
        if let Some(advice) = self.failure().and_then(Failure::advice) {
            return Some(advice);
        }
        match &self.0.kind {
            ErrorKind::Refused(_) => self.advice_by_status(),
            ErrorKind::Decode => {
                Some("check the base URL; a proxy or gateway may have written the response")
            }
            #[cfg(feature = "blocking")]
            ErrorKind::InAsyncContext => Some("use the async client there, or a thread of its own"),
            ErrorKind::CursorLoop => Some("start again without a cursor, from the first page"),
            ErrorKind::PageCap { .. } => Some("set bounds in time, or ask for larger pages"),
            ErrorKind::Failure { kind, .. } => kind.advice(),
            ErrorKind::InvalidRequest(_) | ErrorKind::Build(_) => None,
        }
    }

    fn advice_by_status(&self) -> Option<&'static str> {
        Some(match self.status()? {
            StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED => {
                "the whole page is needed: send no Range or If-… header, and look for a cache on \
                 the way"
            }
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => "check the proxy's credentials",
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                "a gateway before Slack, or a proxy, got no response: try again later"
            }
            _ if self.is_redirect() => {
                "redirects are never followed, as the token would go along: check the base URL and \
                 the proxy"
            }
            _ if self.is_rate_limited() => {
                "wait for Retry-After; the limit is shared by the whole organization"
            }
            _ if self.is_auth() => {
                "use a user token (xoxp-) of an organization owner with the scope auditlogs:read"
            }
            _ if self.is_server_error() => {
                "try again later; if it lasts, see https://slack-status.com"
            }
            _ => return None,
        })
    }

    /// What `Display` says, without the advice: for programs that give their own.
    pub fn without_advice(&self) -> impl fmt::Display + '_ {
        WithoutAdvice(self)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.without_advice().fmt(f)?;
        match self.advice() {
            Some(advice) => write!(f, " ({advice})"),
            None => Ok(()),
        }
    }
}

struct WithoutAdvice<'a>(&'a Error);

impl fmt::Display for WithoutAdvice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        if let (Some(method), Some(url)) = (&error.0.method, &error.0.url) {
            write!(f, "{method} {}: ", DisplayUrl(url))?;
        }
        match &error.0.kind {
            ErrorKind::InvalidRequest(why) => write!(f, "not sent, the request is invalid: {why}")?,
            ErrorKind::Build(why) => write!(f, "the client cannot be built: {why}")?,
            #[cfg(feature = "blocking")]
            ErrorKind::InAsyncContext => f.write_str(
                "not sent, a blocking call inside async code would hold up its runtime",
            )?,
            ErrorKind::CursorLoop => {
                f.write_str("the page's cursor leads back to an earlier page")?;
            }
            ErrorKind::PageCap { pages } => write!(f, "more than {pages} pages")?,
            ErrorKind::Refused(error_body) => error.fmt_refused(error_body, f)?,
            ErrorKind::Decode => f.write_str("the response could not be read")?,
            ErrorKind::Failure { kind, wait, before } => {
                f.write_str(kind.meaning())?;
                if let Some(wait) = wait {
                    write!(f, " ({:.1} s)", wait.as_secs_f64())?;
                }
                if let Some(status) = error.status() {
                    write!(f, ", the last response had status {status}")?;
                }
                if let Some(kind) = before.kind {
                    write!(f, ", before it: {}", kind.meaning())?;
                }
            }
        }
        if let Some(title) = &error.0.title {
            write!(f, ", the page's title is {title:?}")?;
        }
        match error.0.attempts {
            0 => Ok(()),
            1 => f.write_str(", after 1 attempt"),
            attempts => write!(f, ", after {attempts} attempts"),
        }
    }
}

impl Error {
    fn fmt_refused(&self, error_body: &ErrorBody, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status(), &error_body.code) {
            (Some(status), Some(code)) => write!(f, "refused with {code} (status {status})")?,
            (Some(status), None) => write!(f, "failed with status {status}")?,
            (None, _) => f.write_str("refused")?,
        }
        if let Some(needed) = &error_body.needed {
            write!(f, ", needed: {needed}")?;
        }
        if let Some(provided) = &error_body.provided {
            write!(f, ", provided: {provided}")?;
        }
        if let Some(wait) = self.retry_after() {
            write!(f, ", Retry-After {} s", wait.as_secs())?;
        }
        Ok(())
    }
}

/// What happened with its causes, as `fn main() -> Result<(), Error>` shows it; with `{:#?}` the
/// fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f
                .debug_struct("Error")
                .field("message", &format_args!("{self}"))
                .field("attempts", &self.0.attempts)
                .field("failure", &self.failure_kind())
                .field("source", &self.0.source)
                .finish_non_exhaustive();
        }
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
