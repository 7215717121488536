//! How an `Error` reads: what happened, to which call, after how many attempts, what to do next.

use std::fmt;

use super::{Error, ErrorCode, Failure, FailureKind, Kind, Refusal, snippet};
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
            Kind::Refused(_) if self.is_redirect() => Some(
                "redirects are never followed, as the token would go along: check the base URL and the proxy",
            ),
            Kind::Refused(_) if self.is_rate_limited() => {
                Some("wait for Retry-After; the limit is shared by the whole organization")
            }
            Kind::Refused(_) if self.is_auth() => Some(
                "use a user token (xoxp-) of an organization owner with the scope auditlogs:read",
            ),
            Kind::Refused(_) if self.is_server_error() => {
                Some("try again later, or add a ServerErrorRetryHandler")
            }
            Kind::Decode => Some(
                "look at response() for the whole answer; a proxy or gateway may have written it",
            ),
            #[cfg(feature = "blocking")]
            Kind::InAsyncContext => {
                Some("use the async AuditLogsClient there, or tokio::task::spawn_blocking")
            }
            Kind::CursorLoop => Some("start again without a cursor, from the first page"),
            Kind::PageCap { .. } => Some("set bounds in time, a larger limit, or raise max_pages"),
            Kind::Failure { kind, .. } => match kind {
                FailureKind::Dns | FailureKind::Connect => {
                    Some("check the base URL, the network and whether a proxy is needed")
                }
                FailureKind::Proxy => {
                    Some("check the proxy's address, and whether it lets through")
                }
                FailureKind::ProxyAuth => Some("check the proxy's user name and password"),
                FailureKind::Tls => Some(
                    "check the host and its certificate; a proxy that inspects TLS has a root of its own",
                ),
                FailureKind::Timeout => {
                    Some("raise the timeout, or ask for smaller pages with limit")
                }
                FailureKind::Deadline => Some("raise the deadline"),
                FailureKind::BodyTooLarge => {
                    Some("ask for smaller pages with limit, or raise max_body_size")
                }
                FailureKind::WaitRefused => Some("call again after the wait"),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(method), Some(url)) = (&self.0.method, &self.0.url) {
            write!(f, "{method} {}: ", DisplayUrl(url))?;
        }
        match &self.0.kind {
            Kind::InvalidRequest => f.write_str("not sent, the request is invalid")?,
            Kind::Build => f.write_str("the client cannot be built")?,
            #[cfg(feature = "blocking")]
            Kind::InAsyncContext => f.write_str(
                "not sent, a blocking call inside async code would hold up its runtime",
            )?,
            Kind::CursorLoop => f.write_str("the page's cursor leads back to an earlier page")?,
            Kind::PageCap { pages } => write!(f, "more than {pages} pages")?,
            Kind::Refused(refusal) => self.fmt_refusal(refusal, f)?,
            Kind::Decode => {
                f.write_str("the response could not be read")?;
                self.fmt_snippet(f)?;
            }
            Kind::Failure { kind, wait, before } => {
                f.write_str(kind.words())?;
                if let Some(wait) = wait {
                    write!(f, " ({:.1} s)", wait.as_secs_f64())?;
                }
                if let Some(status) = self.status() {
                    write!(f, ", the last answer had status {status}")?;
                }
                if let Some(kind) = before.kind {
                    write!(f, ", before it: {}", kind.words())?;
                }
            }
        }
        match self.0.attempts {
            0 => {}
            1 => f.write_str(", after 1 attempt")?,
            attempts => write!(f, ", after {attempts} attempts")?,
        }
        match self.advice() {
            Some(advice) => write!(f, " ({advice})"),
            None => Ok(()),
        }
    }
}

impl Error {
    fn fmt_refusal(&self, refusal: &Refusal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status(), &refusal.code) {
            (Some(status), Some(code)) => write!(f, "refused with {code} (status {status})")?,
            (Some(status), None) => write!(f, "answered with status {status}")?,
            (None, _) => f.write_str("refused")?,
        }
        if let Some(needed) = &refusal.needed {
            write!(f, ", needed: {}", snippet::one_line(needed))?;
        }
        if let Some(provided) = &refusal.provided {
            write!(f, ", provided: {}", snippet::one_line(provided))?;
        }
        if let Some(wait) = self.retry_after() {
            write!(f, ", Retry-After {} s", wait.as_secs())?;
        }
        if refusal.code.is_none() {
            self.fmt_snippet(f)
        } else {
            Ok(())
        }
    }

    fn fmt_snippet(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.response().and_then(snippet::of_response) {
            Some(snippet) => write!(f, ", it begins {snippet:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("message", &format_args!("{self}"))
            .field("attempts", &self.0.attempts)
            .field("failure", &self.failure_kind())
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}
