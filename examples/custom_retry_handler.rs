//! Retry handlers of one's own: one that retries only closed connections, with its own
//! waits and jitter, and one that decides by the error code in the body.

use std::{io, time::Duration};

use slack_audit_logs::{
    AuditLogsClient, FailureKind, LogsRequest,
    fake::{FakeApi, ScriptedResponse, WireFault},
    http,
    retry::{
        Attempt, BackoffRetryIntervalCalculator, Jitter, RetryHandler, RetryIntervalCalculator,
        RetryState,
    },
};

/// Adds up to a fifth of the interval.
struct AFifth;

impl Jitter for AFifth {
    fn recalculate(&self, duration: Duration) -> Duration {
        duration.saturating_add(duration.mul_f64(rand::random::<f64>() / 5.0))
    }
}

/// Retries connections that the other side closed or reset, and nothing else.
struct ResetByPeer {
    interval_calculator: BackoffRetryIntervalCalculator,
}

impl ResetByPeer {
    fn new() -> Self {
        let interval_calculator = BackoffRetryIntervalCalculator::new(Duration::from_millis(100))
            .with_cap(Duration::from_secs(5))
            .with_jitter(AFifth);
        Self {
            interval_calculator,
        }
    }
}

impl RetryHandler for ResetByPeer {
    fn max_retry_count(&self) -> u32 {
        3
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        &self.interval_calculator
    }

    fn can_retry(&self, _state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        // None if there is a response; the kind is the same for every transport.
        attempt.failure_kind() == Some(FailureKind::Closed)
    }
}

/// How many failures inside Slack a call has seen.
#[derive(Clone, Copy, Default)]
struct SlackFailures(u32);

/// Retries when Slack says that something inside of it failed, whatever the status: also after a
/// 200 with `"ok":false`.
struct InternalError;

impl RetryHandler for InternalError {
    fn max_retry_count(&self) -> u32 {
        4
    }

    fn can_retry(&self, state: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        // The body of a page may be large, an error never is.
        let Some(body) = attempt
            .response()
            .map(http::Response::body)
            .filter(|body| body.len() < 1_024)
        else {
            return false;
        };
        let code = serde_json::from_slice::<serde_json::Value>(body)
            .ok()
            .and_then(|body| Some(body.get("error")?.as_str()?.to_owned()));
        if !matches!(code.as_deref(), Some("internal_error" | "fatal_error")) {
            return false;
        }
        // Custom values last as long as the call: two such failures are worth another try, a third
        // is not.
        let failures = state
            .custom_values_mut()
            .get_or_insert_default::<SlackFailures>();
        failures.0 += 1;
        failures.0 <= 2
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    eprintln!("*** this example always asks the embedded API ***\n");
    // Each retry is a warning.
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .without_time()
        .init();

    let api = FakeApi::builder().entries(1_000).build();
    let server = api.serve().await?;
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(server.base_url())
        // Instead of the default handler; `retry_handler` would add one behind it.
        .retry_handlers([])
        .retry_handler(ResetByPeer::new())
        .retry_handler(InternalError)
        .build()?;

    // The connection is reset in the middle of the page, then Slack fails, with status 200.
    api.script(ScriptedResponse::fault(WireFault::ResetInBody));
    api.script(ScriptedResponse::slack_error(200, "internal_error"));
    let response = client.logs(LogsRequest::new().limit(5)).await?;
    println!(
        "{} entries after {} attempts",
        response.typed_body()?.entries.len(),
        response.attempts()
    );

    // One failure too many: the error is the last one, whole.
    api.script(ScriptedResponse::slack_error(200, "internal_error").times(3));
    match client.logs(LogsRequest::new().limit(5)).await {
        Ok(_) => println!("unexpected: the third failure is not retried"),
        Err(error) => println!("{error}"),
    }

    // Not theirs: no handler says yes.
    api.script(ScriptedResponse::status(503));
    match client.logs(LogsRequest::new().limit(5)).await {
        Ok(_) => println!("unexpected: a 503 is not retried here"),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
