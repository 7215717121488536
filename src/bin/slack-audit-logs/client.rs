//! The client that the options describe, over Slack or over the demonstration.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use slack_audit_logs::{
    AuditLogsClient, AuditLogsClientBuilder, Body, Error, InvalidConfig,
    fake::FakeApi,
    http::Request,
    layers::RateLimitLayer,
    retry::{
        Attempt, ConnectionErrorRetryHandler, RateLimitErrorRetryHandler, RetryHandler,
        RetryIntervalCalculator, RetryPolicy, RetryState, ServerErrorRetryHandler,
    },
    transport::{HttpTransport, Tls},
};
use tower::{ServiceExt, util::MapRequestLayer};
use tracing::Level;

use crate::{
    args::{Global, Rate},
    bounded,
    exit::Exit,
    token::{self, Token},
    trace,
};

pub(crate) struct Connection {
    pub(crate) client: AuditLogsClient,
    pub(crate) waits: Waits,
}

/// The token, which `/logs` cannot do without.
pub(crate) fn required_token(global: &Global) -> Result<Token, Exit> {
    usable_token(global)?.ok_or_else(|| Exit::usage(no_token(global)))
}

/// The token, if there is one, and if it is written as tokens are.
pub(crate) fn usable_token(global: &Global) -> Result<Option<Token>, Exit> {
    let Some(token) = token::find(global)? else {
        return Ok(None);
    };
    if let Some(what) = token::misspelling(&token.text) {
        return Err(Exit::usage(format!("the token in {} {what}", token.from)));
    }
    if token.is_exposed && !global.quiet {
        trace::say(Level::WARN, &token.exposure());
    }
    tracing::info!(from = token.from, "there is a token");
    Ok(Some(token))
}

/// One line for who has no token.
pub(crate) fn no_token(global: &Global) -> String {
    format!(
        "no token: run `slack-audit-logs login`, or set {} to a user token (xoxp-…) of an \
         organization owner, or use --demo for made-up events",
        global.token_env
    )
}

/// Connects, with the retries that the options say.
pub(crate) fn connect(global: &Global, token: Option<&Token>) -> Result<Connection, Exit> {
    let (builder, retry) = (AuditLogsClient::builder(), RetryPolicy::none());
    let (builder, retry) = match token.map(|token| (&token.text, token.file())) {
        None => (builder, retry),
        Some((text, None)) => (builder.token(text), retry),
        Some((_, Some(file))) => (builder.token_provider(file.clone()), retry.handler(file)),
    };
    let retries = global.max_retries;
    let waits = Waits::default();
    let retry = retry
        // Everything here is a GET, which can be repeated after a timeout, too.
        .handler(ConnectionErrorRetryHandler::new(retries).with_timeouts(true))
        .handler(Telling {
            handler: RateLimitErrorRetryHandler::new(retries),
            waits: waits.clone(),
        })
        .handler(ServerErrorRetryHandler::new(retries));
    let client = build(global, builder.retry_policy(retry), &waits)?;
    Ok(Connection { client, waits })
}

/// Connects for single calls, without retries: what a second attempt would hide is worth knowing.
pub(crate) fn connect_once(global: &Global, token: &str) -> Result<AuditLogsClient, Exit> {
    let builder = AuditLogsClient::builder().retry_policy(RetryPolicy::none());
    build(global, builder.token(token), &Waits::default())
}

fn build(
    global: &Global,
    builder: AuditLogsClientBuilder,
    waits: &Waits,
) -> Result<AuditLogsClient, Exit> {
    let builder = builder
        .timeout(global.timeout)
        .max_body_size(global.max_body_size)
        .rate_limit(match global.rate_limit {
            Rate::PerMinute(rate) => Some(RateLimitLayer::per_minute(rate.get())),
            Rate::Off => None,
        })
        .attempt_layer(MapRequestLayer::new(waits.before(Waits::begin)));
    let builder = if global.demo {
        // Said whatever `-q` says: nobody must take these events for real.
        trace::say(
            Level::WARN,
            "DEMO: every event below is made up by an embedded API; Slack is not asked. \
             Set a token and leave out --demo for real ones.",
        );
        builder.transport(demo().map_request(waits.before(Waits::send)))
    } else {
        let transport = transport(global, is_plain(&global.base_url))?;
        let builder = builder.base_url(&global.base_url);
        builder.transport(transport.map_request(waits.before(Waits::send)))
    };
    Ok(builder.build()?)
}

fn is_plain(url: &str) -> bool {
    let scheme = url.split(':').next();
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
}

/// The transport for Slack and for object stores: one proxy, and the same additional certificates.
pub(crate) fn transport(global: &Global, is_plain: bool) -> Result<HttpTransport, Exit> {
    let mut builder = HttpTransport::builder();
    if is_plain {
        builder = builder.plain_http_only();
    }
    if let Some(proxy) = &global.proxy {
        builder = builder.proxy(proxy.as_str());
    }
    if let Some(tls) = tls(global)? {
        builder = builder.tls(tls);
    }
    builder.build().map_err(|error| Error::from(error).into())
}

/// What `--ca-cert`, `--client-cert` and `--client-key` say; none if they say nothing.
fn tls(global: &Global) -> Result<Option<Tls>, Exit> {
    /// No file of certificates is longer.
    const LONGEST: usize = 16 << 20;
    let read = |path: &Path| {
        bounded::read(path, LONGEST).map_err(|error| Exit::unreadable(path.display(), &error))
    };
    let unusable = |paths: String, error: InvalidConfig| {
        Exit::local_file(format!("{paths} cannot be used: {error}"))
    };
    let mut tls = None;
    if let Some(path) = &global.ca_cert {
        let added = Tls::system().add_root_pem(read(path)?);
        tls = Some(added.map_err(|error| unusable(path.display().to_string(), error))?);
    }
    if let (Some(certificate), Some(key)) = (&global.client_cert, &global.client_key) {
        let with = tls.unwrap_or_else(Tls::system);
        let with = with.client_certificate_pem(read(certificate)?, read(key)?);
        let paths = format!("{} with {}", certificate.display(), key.display());
        tls = Some(with.map_err(|error| unusable(paths, error))?);
    }
    Ok(tls)
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
    /// Lets requests pass, each after this.
    fn before(&self, change: fn(&Self)) -> impl Fn(Request<Body>) -> Request<Body> + Clone + use<> {
        let waits = self.clone();
        move |request| {
            change(&waits);
            request
        }
    }

    fn begin(&self) {
        self.change(|wait| wait.queued = Some(Instant::now()));
    }

    fn send(&self) {
        self.change(|wait| *wait = Wait::default());
    }

    fn rate_limited(&self, wait: Duration) {
        self.change(|waiting| waiting.until = Instant::now().checked_add(wait));
    }

    fn change(&self, change: impl FnOnce(&mut Wait)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn note(&self) -> Option<String> {
        let wait = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = wait.until {
            let left = until.checked_duration_since(Instant::now())?;
            let until = Timestamp::now() + SignedDuration::try_from(left).ok()?;
            let until = until.strftime("%H:%M:%S");
            return Some(format!("waiting for the rate limit until {until} UTC"));
        }
        (wait.queued?.elapsed() > WORTH_A_WORD).then(|| "waiting for the rate limit".to_owned())
    }
}

/// The handler of rate limits, which also tells how long the wait is.
struct Telling {
    handler: RateLimitErrorRetryHandler,
    waits: Waits,
}

impl RetryHandler for Telling {
    fn max_retry_count(&self) -> u32 {
        self.handler.max_retry_count()
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        self.handler.interval_calculator()
    }

    fn can_retry(&self, state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        self.handler.can_retry(state, attempt)
    }

    fn wait(&self, state: &RetryState, attempt: &Attempt<'_>) -> Duration {
        let wait = self.handler.wait(state, attempt);
        self.waits.rate_limited(wait);
        wait
    }

    fn name(&self) -> &str {
        self.handler.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_from_the_429_to_the_next_request() {
        let waits = Waits::default();
        assert_eq!(waits.note(), None);
        waits.begin();
        assert_eq!(waits.note(), None, "not for a moment");
        waits.send();
        waits.rate_limited(Duration::from_secs(3_600));
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
