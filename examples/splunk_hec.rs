//! Every event at least once into Splunk's HTTP Event Collector, through this crate's own layers.
//!
//! Splunk's token goes under the scheme `Splunk`, a busy indexer is asked again after a while, and
//! what it refuses is never dropped: an event that it does not take as JSON goes as text, and a
//! refused token ends the collector, which goes on there once it is started again. An event that
//! comes twice after a crash has the same indexed field `key`: `… | dedup key`.
//!
//! Splunk says success when it has queued events. Where losing its queue matters, ask its
//! `/services/collector/ack` before the call ends.
//!
//! `SPLUNK_HEC_URL=https://splunk.example.com:8088 SPLUNK_HEC_TOKEN=… cargo run --features collect
//! --example splunk_hec` follows Slack with the token in `SLACK_ORG_ADMIN_USER_TOKEN` until Ctrl-C;
//! without the variables it says what to set. The tests below show what happens when.

use std::{
    env,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use slack_audit_logs::{
    AuditLogsClient, Body, Token,
    collect::{
        Follow,
        destination::{self, Batch, BatchEntry, DestinationError},
    },
    layers::{AuthorizationLayer, CollectBodyLayer, TimeoutLayer},
    retry::{RetryLayer, RetryPolicy},
    transport::HttpTransport,
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};

/// Events are sent in bodies of about this size. Splunk's limit is `max_content_length`.
const BODY_BYTES: usize = 512 * 1024;

/// HTTP as Splunk wants it.
type Hec = BoxCloneSyncService<Request<Body>, Response<Bytes>, BoxError>;

/// This crate's layers over any transport.
fn hec<T, B>(transport: T, url: &str, token: &str) -> Result<Hec, BoxError>
where
    T: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    T::Error: Into<BoxError>,
    T::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Error: Into<BoxError>,
{
    // A POST that may have arrived is sent again, too: at least once is what is promised.
    let policy = RetryPolicy::all_builtin_with(3).retry_unsafe_methods(true);
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::new(policy))
        .layer(TimeoutLayer::new(Duration::from_secs(30)))
        .layer(AuthorizationLayer::new(
            Token::with_scheme("Splunk", token)?,
            url,
        )?)
        .layer(CollectBodyLayer::new(64 * 1024))
        .service(transport);
    Ok(BoxCloneSyncService::new(stack))
}

/// An event as the collector endpoint takes it.
#[derive(Serialize)]
struct HecEvent<'a> {
    time: Option<i64>,
    source: &'static str,
    sourcetype: &'static str,
    event: Content<'a>,
    fields: Fields,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

#[derive(Serialize)]
struct Fields {
    key: String,
}

impl<'a> HecEvent<'a> {
    fn new(event: &'a BatchEntry, as_text: bool) -> Self {
        let text = event.entry.as_str();
        let content = match serde_json::from_str(text) {
            Ok(json) if !as_text => Content::Json(json),
            _ => Content::Text(text),
        };
        Self {
            time: event.entry.date_create(),
            source: "slack-audit-logs",
            sourcetype: "slack:audit",
            event: content,
            fields: Fields {
                key: event.id.to_string(),
            },
        }
    }
}

/// Splunk's response.
#[derive(Deserialize)]
struct Said {
    code: u32,
    /// The first event that it did not take. Those before it are indexed.
    #[serde(rename = "invalid-event-number")]
    invalid_event: Option<usize>,
}

/// Sends a batch, and returns once Splunk has taken every event of it.
async fn deliver(mut hec: Hec, url: String, batch: Batch) -> Result<(), BoxError> {
    let mut events = batch.entries();
    let mut first_as_text = false;
    while !events.is_empty() {
        let (body, count) = body(events, first_as_text)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{url}/services/collector/event"))
            .body(Body::from(body))?;
        let response = hec.ready().await?.call(request).await?;
        let taken = match verdict(&response)? {
            None => count,
            Some(0) if first_as_text => {
                let key = events[0].id;
                let message = format!("Splunk takes the event with the key {key} in no form");
                return Err(DestinationError::refused(message).into());
            }
            Some(number) => number.min(count - 1),
        };
        first_as_text = taken < count;
        events = &events[taken..];
    }
    Ok(())
}

/// As many events as go into one body, and how many these are.
fn body(events: &[BatchEntry], first_as_text: bool) -> serde_json::Result<(Vec<u8>, usize)> {
    let mut body = Vec::new();
    for (number, event) in events.iter().enumerate() {
        let before = body.len();
        serde_json::to_writer(
            &mut body,
            &HecEvent::new(event, number == 0 && first_as_text),
        )?;
        if number > 0 && body.len() > BODY_BYTES {
            body.truncate(before);
            return Ok((body, number));
        }
    }
    Ok((body, events.len()))
}

/// `None` if Splunk has taken all, else the number of the event that it does not take.
///
/// The codes are those of "Troubleshoot HTTP Event Collector" in Splunk's documentation.
fn verdict(response: &Response<Bytes>) -> Result<Option<usize>, DestinationError> {
    let status = response.status();
    let said = serde_json::from_slice::<Said>(response.body()).ok();
    let code = said.as_ref().map(|said| said.code);
    match (status, code) {
        (StatusCode::OK, Some(0)) => return Ok(None),
        // The format, or the field `event`, of one event.
        (StatusCode::BAD_REQUEST, Some(6 | 12 | 13 | 15)) => {
            if let Some(number) = said.and_then(|said| said.invalid_event) {
                return Ok(Some(number));
            }
        }
        // Token, its index, its channel.
        (_, Some(1..=4 | 7 | 10 | 11 | 14 | 16 | 21 | 22)) | (StatusCode::PAYLOAD_TOO_LARGE, _) => {
            return Err(DestinationError::refused(format!(
                "Splunk refuses what it is sent ({}): mend the token or its settings there, and \
                 start again",
                what(status, code)
            )));
        }
        // Busy, shutting down, or not Splunk at all, such as a gateway with a page of its own.
        _ => {}
    }
    let message = format!("Splunk did not take events ({})", what(status, code));
    Err(DestinationError::outage(message))
}

fn what(status: StatusCode, code: Option<u32>) -> String {
    let status = status.as_u16();
    code.map_or(format!("status {status}"), |code| {
        format!("status {status}, code {code}")
    })
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))
        .init();
    let (Ok(url), Ok(token)) = (env::var("SPLUNK_HEC_URL"), env::var("SPLUNK_HEC_TOKEN")) else {
        println!("set SPLUNK_HEC_URL and SPLUNK_HEC_TOKEN, and start it again");
        return Ok(());
    };
    let url = url.trim_end_matches('/').to_owned();
    let hec = hec(HttpTransport::new()?, &url, &token)?;
    let service = service_fn(move |batch| deliver(hec.clone(), url.clone(), batch));
    let client = AuditLogsClient::from_env()?;
    let destination = destination::Service::new(service, "splunk.state");
    let follow = Follow::builder(client.into_service(), destination)
        .since(SystemTime::now() - Duration::from_secs(86_400))
        .build()?;
    let end = async { drop(tokio::signal::ctrl_c().await) };
    let done = follow.run_until(end).await?;
    println!("{} events in {} batches", done.events, done.commits);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{HashSet, VecDeque},
        sync::{Arc, Mutex},
    };

    use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
    use serde_json::{Value, json};
    use slack_audit_logs::{collect::Backfill, fake::FakeApi, model::RawEntry};

    use super::*;

    const TOKEN: &str = "11111111-2222-3333-4444-555555555555";
    const URL: &str = "http://127.0.0.1:8088";

    /// Stands for Splunk, and responds as its documentation says.
    #[derive(Clone, Default)]
    struct Splunk(Arc<Mutex<Indexed>>);

    #[derive(Default)]
    struct Indexed {
        events: Vec<Value>,
        requests: usize,
        largest: usize,
        /// Responses before it takes anything.
        script: VecDeque<(u16, Value)>,
        /// An event of this action is taken as text only.
        odd_action: Option<&'static str>,
    }

    impl Splunk {
        fn with(change: impl FnOnce(&mut Indexed)) -> Self {
            let splunk = Self::default();
            change(&mut splunk.0.lock().expect("no panic"));
            splunk
        }

        fn router(&self) -> Router {
            let path = "/services/collector/event";
            Router::new()
                .route(path, post(collect))
                .with_state(self.clone())
        }

        /// The keys of what is indexed.
        fn keys(&self) -> Vec<String> {
            let indexed = self.0.lock().expect("no panic");
            let key = |event: &Value| event["fields"]["key"].to_string();
            indexed.events.iter().map(key).collect()
        }

        /// Sends a batch, with a token.
        async fn take(&self, token: &str, batch: Batch) -> Result<(), BoxError> {
            deliver(hec(self.router(), URL, token)?, URL.to_owned(), batch).await
        }
    }

    async fn collect(
        State(splunk): State<Splunk>,
        headers: HeaderMap,
        body: String,
    ) -> (StatusCode, Json<Value>) {
        let mut indexed = splunk.0.lock().expect("no panic");
        indexed.requests += 1;
        indexed.largest = indexed.largest.max(body.len());
        let (status, said) = indexed.respond(&headers, &body);
        (StatusCode::from_u16(status).expect("a status"), Json(said))
    }

    impl Indexed {
        fn respond(&mut self, headers: &HeaderMap, body: &str) -> (u16, Value) {
            let no = |text: &str, code: u32| json!({"text": text, "code": code});
            match headers.get("authorization").map(|it| it.as_bytes()) {
                None => return (401, no("Token is required", 2)),
                Some(it) if !it.starts_with(b"Splunk ") => {
                    return (401, no("Invalid authorization", 3));
                }
                Some(it) if !it.ends_with(TOKEN.as_bytes()) => {
                    return (403, no("Invalid token", 4));
                }
                Some(_) => {}
            }
            if let Some(scripted) = self.script.pop_front() {
                return scripted;
            }
            if body.is_empty() {
                return (400, no("No data", 5));
            }
            let events = serde_json::Deserializer::from_str(body).into_iter::<Value>();
            for (number, event) in events.enumerate() {
                let odd = |event: &Value| {
                    self.odd_action
                        .is_some_and(|odd| event["event"]["action"] == odd)
                };
                match event {
                    Ok(event) if !odd(&event) => self.events.push(event),
                    _ => {
                        let mut said = no("Invalid data format", 6);
                        said["invalid-event-number"] = number.into();
                        return (400, said);
                    }
                }
            }
            (200, no("Success", 0))
        }
    }

    fn batch(actions: &[&str]) -> Batch {
        let events = actions
            .iter()
            .zip(1_700_000_000_i64..)
            .map(|(action, date)| {
                let json = json!({"id": date.to_string(), "date_create": date, "action": action});
                BatchEntry::new(RawEntry::from_json(json.to_string()), false)
            });
        Batch::new(1_700_000_000..=1_700_000_999, events.collect())
    }

    fn refused(error: &BoxError) -> bool {
        error
            .downcast_ref::<DestinationError>()
            .is_some_and(DestinationError::is_refused)
    }

    #[tokio::test]
    async fn every_event_of_slack_is_indexed_over_http() {
        let splunk = Splunk::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(axum::serve(listener, splunk.router()).into_future());
        let transport = HttpTransport::new().expect("a transport");
        let hec = hec(transport, &url, TOKEN).expect("a stack");
        let service = service_fn(move |batch| deliver(hec.clone(), url.clone(), batch));

        let client = AuditLogsClient::builder()
            .token(FakeApi::TOKEN)
            .transport(FakeApi::builder().entries(3_000).build())
            .build()
            .expect("a client");
        let destination = destination::Service::in_memory(service);
        let backfill = Backfill::builder(client.into_service(), destination)
            .since(0_i64)
            .build()
            .expect("a backfill");
        assert_eq!(backfill.run().await.expect("done").events, 3_000);
        let keys = splunk.keys();
        assert_eq!(keys.len(), 3_000);
        assert_eq!(keys.into_iter().collect::<HashSet<_>>().len(), 3_000);
        let indexed = splunk.0.lock().expect("no panic");
        assert!(indexed.requests > 1 && indexed.largest <= BODY_BYTES);
        assert_eq!(indexed.events[0]["sourcetype"], "slack:audit");
        assert_eq!(
            indexed.events[0]["time"],
            indexed.events[0]["event"]["date_create"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_indexer_is_asked_again() {
        let splunk = Splunk::with(|indexed| {
            indexed.script = VecDeque::from([
                (503, json!({"text": "Server is busy", "code": 9})),
                (429, json!({"text": "Queue is full", "code": 26})),
                (500, json!({"text": "Internal server error", "code": 8})),
            ]);
        });
        splunk.take(TOKEN, batch(&["a", "b"])).await.expect("taken");
        assert_eq!(splunk.keys().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_success_is_an_outage_and_the_batch_comes_again() {
        let no_data = json!({"text": "No data", "code": 5});
        let busy = json!({"text": "Server is busy", "code": 9});
        let page = json!("<html>A gateway's own page</html>");
        let other = json!({"text": "HEC is healthy", "code": 17});
        for (status, said, times) in [
            (400, no_data, 1),
            (503, busy, 4),
            (200, page, 1),
            (200, other, 1),
        ] {
            let script = std::iter::repeat_n((status, said), times).collect();
            let splunk = Splunk::with(|indexed| indexed.script = script);
            let error = splunk
                .take(TOKEN, batch(&["a"]))
                .await
                .expect_err("not taken");
            assert!(!refused(&error), "{error}");
            assert!(splunk.keys().is_empty());
            // What the engine does after an outage.
            splunk.take(TOKEN, batch(&["a"])).await.expect("taken");
            assert_eq!(splunk.keys().len(), 1);
        }
    }

    #[tokio::test]
    async fn a_refused_token_or_index_ends_it_in_words_that_do_not_show_the_token() {
        let splunk = Splunk::default();
        let error = splunk
            .take("wrong-token", batch(&["a"]))
            .await
            .expect_err("refused");
        assert!(refused(&error), "{error}");
        assert!(error.to_string().contains("status 403, code 4"), "{error}");
        assert!(!format!("{error:?}").contains("wrong-token"));
        let index = json!({"text": "Incorrect index", "code": 7, "invalid-event-number": 0});
        let splunk = Splunk::with(|indexed| indexed.script = [(400, index)].into());
        let error = splunk
            .take(TOKEN, batch(&["a"]))
            .await
            .expect_err("refused");
        assert!(refused(&error), "{error}");
    }

    #[tokio::test]
    async fn an_event_that_is_not_taken_goes_as_text_and_none_is_lost_or_sent_twice() {
        for actions in [
            &["odd", "a", "b"][..],
            &["a", "odd", "b"],
            &["a", "b", "odd"],
            &["odd", "odd", "odd"],
        ] {
            let splunk = Splunk::with(|indexed| indexed.odd_action = Some("odd"));
            splunk.take(TOKEN, batch(actions)).await.expect("taken");
            let indexed = splunk.0.lock().expect("no panic");
            let action = |event: &Value| match &event["event"] {
                Value::String(text) => {
                    let event: Value = serde_json::from_str(text).expect("its exact bytes");
                    assert_eq!(event["action"], "odd");
                    "odd".to_owned()
                }
                event => event["action"].as_str().expect("an action").to_owned(),
            };
            let found: Vec<String> = indexed.events.iter().map(action).collect();
            assert_eq!(found, actions);
        }
        let wrong = json!({"text": "Invalid data format", "code": 6, "invalid-event-number": 0});
        let script = std::iter::repeat_n((400, wrong), 2).collect();
        let splunk = Splunk::with(|indexed| indexed.script = script);
        let error = splunk
            .take(TOKEN, batch(&["a"]))
            .await
            .expect_err("in no form");
        assert!(refused(&error), "{error}");
    }
}
