//! The client that the options describe, over Slack or over the demonstration.

use std::{
    env, fs,
    io::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use slack_audit_logs::{
    AuditLogsClient, AuditLogsClientBuilder, Body, Error,
    fake::FakeApi,
    http::{Request, Response, StatusCode, header::RETRY_AFTER},
    layers::RateLimitLayer,
    retry::{
        ConnectionErrorRetryHandler, RateLimitErrorRetryHandler, RetryPolicy,
        ServerErrorRetryHandler,
    },
    transport::{HttpTransport, Tls},
};
use tower::{
    ServiceExt,
    util::{MapRequestLayer, MapResponseLayer},
};

use crate::{
    args::{Global, Rate},
    exit::Exit,
};

/// A client, and what it waits for.
pub(crate) struct Connection {
    pub(crate) client: AuditLogsClient,
    pub(crate) waits: Waits,
}

/// The token of the environment, if there is one. In the demonstration it is the embedded API's,
/// whatever the environment says.
pub(crate) fn token(global: &Global) -> Result<Option<String>, Exit> {
    if global.demo {
        return Ok(Some(FakeApi::TOKEN.to_owned()));
    }
    // What has been mistaken for a name, such as the token itself, is not repeated.
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if global.token_env.is_empty() || !global.token_env.chars().all(is_name) {
        return Err(Exit::usage(
            "--token-env: write the name of the variable, not the token itself",
        ));
    }
    match env::var(&global.token_env) {
        Ok(token) if token.trim().is_empty() => Ok(None),
        Ok(token) => Ok(Some(token)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Exit::usage(format!(
            "the token in {} is not text",
            global.token_env
        ))),
    }
}

/// The token, which `/logs` cannot do without.
pub(crate) fn required_token(global: &Global) -> Result<String, Exit> {
    token(global)?.ok_or_else(|| Exit::usage(no_token(global)))
}

/// One line for who has no token.
pub(crate) fn no_token(global: &Global) -> String {
    format!(
        "no token: set {} to a user token (xoxp-…) of an organization owner, or use --demo for made-up events",
        global.token_env
    )
}

/// Connects, with the retries that the options say.
pub(crate) fn connect(global: &Global, token: Option<&str>) -> Result<Connection, Exit> {
    let retries = global.max_retries;
    connect_with(
        global,
        token,
        RetryPolicy::none()
            // Everything here is a GET, which can be repeated after a timeout, too.
            .handler(ConnectionErrorRetryHandler::new(retries).with_timeouts(true))
            .handler(RateLimitErrorRetryHandler::new(retries))
            .handler(ServerErrorRetryHandler::new(retries)),
    )
}

/// Connects, with these retries.
pub(crate) fn connect_with(
    global: &Global,
    token: Option<&str>,
    retry: RetryPolicy,
) -> Result<Connection, Exit> {
    let waits = Waits::default();
    let (begun, answered, sent) = (waits.clone(), waits.clone(), waits.clone());
    let mut builder = AuditLogsClient::builder()
        .timeout(global.timeout)
        .retry_policy(retry)
        .rate_limit(match global.rate_limit {
            Rate::PerMinute(rate) => Some(RateLimitLayer::per_minute(rate.get())),
            Rate::Off => None,
        })
        .attempt_layer(MapRequestLayer::new(move |request: Request<Body>| {
            begun.begin();
            request
        }))
        .attempt_layer(MapResponseLayer::new(move |response: Response<Bytes>| {
            answered.answer(&response);
            response
        }));
    if let Some(token) = token {
        builder = builder.token(token);
    }
    let sent = move |request| {
        sent.send();
        request
    };
    let builder = if global.demo {
        warn_of_demo();
        builder.transport(demo().map_request(sent))
    } else {
        let transport = transport(global, is_plain(&global.base_url))?;
        builder
            .base_url(&global.base_url)
            .transport(transport.map_request(sent))
    };
    Ok(Connection {
        client: build(builder)?,
        waits,
    })
}

fn build(builder: AuditLogsClientBuilder) -> Result<AuditLogsClient, Exit> {
    builder.build().map_err(Exit::from)
}

/// The transport for object stores: the same proxy, and the same additional certificates.
pub(crate) fn store_transport(global: &Global) -> Result<HttpTransport, Exit> {
    transport(global, false)
}

fn is_plain(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
}

fn transport(global: &Global, is_plain: bool) -> Result<HttpTransport, Exit> {
    let mut builder = HttpTransport::builder();
    if is_plain {
        builder = builder.plain_http_only();
    }
    if let Some(proxy) = &global.proxy {
        builder = builder.proxy(proxy.as_str());
    }
    if let Some(path) = &global.ca_cert {
        let pem = fs::read(path).map_err(|error| {
            Exit::local_file(format!("{} cannot be read: {error}", path.display()))
        })?;
        let tls = Tls::system().add_root_pem(pem).map_err(|error| {
            Exit::local_file(format!("{} cannot be used: {error}", path.display()))
        })?;
        builder = builder.tls(tls);
    }
    builder.build().map_err(|error| Error::from(error).into())
}

/// A month of made-up events, and one that arrives every two seconds.
fn demo() -> FakeApi {
    FakeApi::builder()
        .entries(5_000)
        .arrivals(30.0, 0.05, Duration::from_secs(300))
        // It never leaves the process.
        .gzip(false)
        .build()
}

/// Said whatever `-q` says: nobody must take these events for real.
fn warn_of_demo() {
    let _ = writeln!(
        io::stderr(),
        "DEMO: every event below is made up by an embedded API; Slack is not asked. Set a token and leave out --demo for real ones."
    );
}

/// What the client waits for, seen from outside: from the beginning of an attempt until it is sent
/// it waits for the rate limit.
#[derive(Clone, Default)]
pub(crate) struct Waits(Arc<Mutex<Wait>>);

#[derive(Default)]
struct Wait {
    queued: Option<Instant>,
    until: Option<Instant>,
}

/// Shorter waits are not worth a word.
const WORTH_A_WORD: Duration = Duration::from_millis(300);

impl Waits {
    fn begin(&self) {
        self.change(|wait| wait.queued = Some(Instant::now()));
    }

    fn send(&self) {
        self.change(|wait| *wait = Wait::default());
    }

    fn answer(&self, response: &Response<Bytes>) {
        if response.status() != StatusCode::TOO_MANY_REQUESTS {
            return;
        }
        let seconds = response.headers().get(RETRY_AFTER);
        let seconds = seconds.and_then(|value| value.to_str().ok()?.trim().parse::<u32>().ok());
        let after = Duration::from_secs(seconds.unwrap_or(1).into());
        self.change(|wait| wait.until = Instant::now().checked_add(after));
    }

    fn change(&self, change: impl FnOnce(&mut Wait)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What there is to say about it.
    pub(crate) fn note(&self) -> Option<String> {
        let wait = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = wait.until {
            let left = until.checked_duration_since(Instant::now())?;
            let until = Timestamp::now() + SignedDuration::try_from(left).ok()?;
            return Some(format!(
                "waiting for the rate limit until {} UTC",
                until.strftime("%H:%M:%S")
            ));
        }
        (wait.queued?.elapsed() > WORTH_A_WORD).then(|| "waiting for the rate limit".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_from_the_429_to_the_next_request() {
        let waits = Waits::default();
        let limited = |retry_after| {
            Response::builder()
                .status(429)
                .header(RETRY_AFTER, retry_after)
                .body(Bytes::new())
                .expect("valid")
        };
        assert_eq!(waits.note(), None);
        waits.begin();
        assert_eq!(waits.note(), None, "not for a moment");
        waits.send();
        waits.answer(&limited("3600"));
        let note = waits.note().expect("waits");
        assert!(
            note.starts_with("waiting for the rate limit until "),
            "{note}"
        );
        waits.begin();
        assert_eq!(waits.note(), Some(note));
        waits.send();
        assert_eq!(waits.note(), None);
    }
}
