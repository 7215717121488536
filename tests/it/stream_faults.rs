//! Streams over the embedded API while the wire breaks: every entry once, or a typed error.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use slack_audit_logs::{
    AuditLogs, AuditLogsLayer, Body, Error, LogsRequest, Token,
    fake::{FakeApi, ScriptedResponse, WireFault},
    http,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DecompressionLayer,
        TimeoutLayer,
    },
    model::RawEntry,
    retry::{
        ConnectionErrorRetryHandler, FixedValueRetryIntervalCalculator, RateLimitErrorRetryHandler,
        RetryLayer, RetryPolicy, ServerErrorRetryHandler,
    },
};
use tower::{BoxError, Service, ServiceBuilder};

use crate::support::{over_duplex::over_duplex, script::BREAKING};

const BASE: &str = "https://slack.test/audit/v1/";
/// Retries of a call: so many attempts and one.
const RETRIES: u32 = 2;

/// Real HTTP over a duplex below the layers of a client, with all handlers.
fn audit_logs(
    api: &FakeApi,
) -> AuditLogs<
    impl Service<
        http::Request<Body>,
        Response = http::Response<bytes::Bytes>,
        Error = BoxError,
        Future: Send,
    > + Clone
    + Send,
> {
    let token = Token::new(FakeApi::TOKEN).expect("a token");
    let pause = || FixedValueRetryIntervalCalculator::new(Duration::from_millis(100));
    let policy = RetryPolicy::none()
        .handler(
            ConnectionErrorRetryHandler::new(RETRIES)
                .with_timeouts(true)
                .with_interval_calculator(pause()),
        )
        .handler(RateLimitErrorRetryHandler::new(RETRIES))
        .handler(ServerErrorRetryHandler::new(RETRIES).with_interval_calculator(pause()));
    ServiceBuilder::new()
        .layer(AuditLogsLayer)
        .layer(BaseUrlLayer::new(BASE).expect("a URL"))
        .layer(RetryLayer::new(policy))
        .layer(TimeoutLayer::new(Duration::from_secs(10)))
        .layer(AuthorizationLayer::new(token, BASE).expect("a URL"))
        .layer(AttemptTraceLayer::new())
        .layer(CollectBodyLayer::default())
        .layer(DecompressionLayer::new())
        .service(over_duplex(api))
}

fn the_api() -> FakeApi {
    FakeApi::builder()
        .entries(50)
        .span(Duration::from_secs(50_000))
        .exact_pages()
        .without_rate_limit()
        .build()
}

fn newest_first(api: &FakeApi) -> Vec<String> {
    api.record()
        .into_iter()
        .rev()
        .map(|event| event.id)
        .collect()
}

fn id(entry: &RawEntry) -> String {
    entry.id().expect("an id").to_owned()
}

/// Everything that may go wrong with an attempt.
fn faults() -> Vec<ScriptedResponse> {
    let silent = [WireFault::Silence, WireFault::SilenceAfterHead];
    let wire = BREAKING.into_iter().chain(silent);
    let mut faults: Vec<_> = wire.map(ScriptedResponse::fault).collect();
    faults.push(ScriptedResponse::status(500));
    faults.push(ScriptedResponse::status(503).body("<html>"));
    faults.push(ScriptedResponse::rate_limited(3));
    faults
}

#[tokio::test(start_paused = true)]
async fn any_fault_on_any_page_and_attempt() {
    // Five pages of ten: the first, the third and the last.
    let mut fired = 0;
    for page in [1_u32, 3, 5] {
        for fault in faults() {
            // So many attempts in a row fail; one more than there are is an error.
            for attempts in 1..=RETRIES + 1 {
                let api = the_api();
                let what = format!("page {page}, {attempts} attempts, {fault:?}");
                api.script(fault.clone().nth(page).times(attempts));
                let mut entries = audit_logs(&api).raw_entries(LogsRequest::new().limit(10));
                let (mut ids, mut errors) = (Vec::new(), Vec::new());
                while let Some(entry) = entries.next().await {
                    match entry {
                        Ok(entry) => ids.push(id(&entry)),
                        Err(error) => {
                            // What came before the broken page is all there.
                            assert_eq!(ids.len(), (page as usize - 1) * 10, "{what}");
                            errors.push(error);
                        }
                    }
                }
                assert_eq!(ids, newest_first(&api), "{what}");
                assert_eq!(api.script_len(), 0, "{what}: it fired");
                assert_eq!(api.request_count(), 5 + attempts as usize, "{what}");
                assert_eq!(
                    errors.len(),
                    usize::from(attempts > RETRIES),
                    "{what}: {errors:?}"
                );
                for error in &errors {
                    check(error, &what);
                }
                fired += attempts;
            }
        }
    }
    assert_eq!(fired, 3 * 19 * 6);
}

fn check(error: &Error, what: &str) {
    let typed = error.is_incomplete()
        || error.is_timeout()
        || error.is_server_error()
        || error.is_rate_limited();
    assert!(typed, "{what}: {error:?}");
    assert_eq!(error.attempts(), RETRIES + 1, "{what}");
    assert!(
        !format!("{error:?} {error}").contains(FakeApi::TOKEN),
        "{what}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_knows_the_call_it_came_from() {
    let api = the_api();
    api.script(ScriptedResponse::status(503));
    let mut pages = audit_logs(&api).pages(LogsRequest::new().limit(10));
    let page = pages.next().await.expect("a page").expect("no error");
    assert_eq!((page.status().as_u16(), page.attempts()), (200, 2));
    assert!(page.headers().contains_key(http::header::DATE));
}

#[tokio::test(start_paused = true)]
async fn pages_shorter_and_longer_than_asked_for_and_every_filter() {
    let api = FakeApi::builder()
        .entries(3_000)
        .without_rate_limit()
        .build();
    let request = LogsRequest::new()
        .limit(40)
        .oldest(api.now_unix() - 20 * 86_400);
    let pages: Vec<_> = audit_logs(&api)
        .pages(request.clone())
        .try_collect()
        .await
        .expect("no error");
    let sizes: Vec<_> = pages.iter().map(|page| page.entries().len()).collect();
    assert!(sizes.iter().any(|size| *size > 40), "{sizes:?}");
    let (_, all_but_last) = sizes.split_last().expect("pages");
    assert!(all_but_last.iter().any(|size| *size < 40), "{sizes:?}");

    let since = api.now_unix() - 20 * 86_400;
    let expected: Vec<_> = api
        .record()
        .into_iter()
        .rev()
        .filter(|event| event.date_create >= since)
        .map(|event| event.id)
        .collect();
    let ids: Vec<_> = audit_logs(&api)
        .raw_entries(request)
        .map_ok(|entry| id(&entry))
        .try_collect()
        .await
        .expect("no error");
    assert_eq!(ids, expected);
}
