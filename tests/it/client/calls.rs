//! Calls through the whole client, over the embedded API: as a service, and over HTTP.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use http::{HeaderValue, Method, StatusCode, header};
use slack_audit_logs::{
    ApiRequest, AuditLogsClient, CallRecord, Endpoint, ErrorCode, LogsRequest, Token,
    fake::{FakeApi, ScriptedResponse},
    retry::RetryPolicy,
};

use tower::{BoxError, Service, ServiceExt, layer::layer_fn, service_fn, util::MapRequestLayer};

use super::{api, builder, client};

#[tokio::test]
async fn all_four_endpoints_over_http() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(server.base_url())
        .build()
        .expect("a client");

    let logs = client
        .logs(LogsRequest::new().action("user_login").limit(5))
        .await
        .expect("a page");
    assert_eq!(logs.status(), StatusCode::OK);
    assert_eq!(
        logs.url().to_string(),
        format!("{}logs?limit=5&action=user_login", server.base_url())
    );
    assert_eq!(logs.attempts(), 1);
    let content_type = logs.headers()[header::CONTENT_TYPE].to_str().expect("text");
    assert!(
        content_type.starts_with("application/json"),
        "{content_type}"
    );
    let page = logs.typed_body().expect("typed");
    assert!(page.entries.len() >= 5);
    for entry in &page.entries {
        assert!(entry.action().is_some_and(|action| action == "user_login"));
        assert!(entry.id().is_some() && entry.date_create().is_some());
    }
    assert_eq!(
        logs.body().expect("JSON")["entries"]
            .as_array()
            .map(Vec::len),
        Some(page.entries.len())
    );
    assert_eq!(logs.raw_body().first(), Some(&b'{'));
    assert!(page.next_cursor().is_some());

    let next = client
        .logs(
            LogsRequest::new()
                .action("user_login")
                .limit(5)
                .cursor(page.next_cursor().expect("more")),
        )
        .await
        .expect("page 2");
    assert_ne!(
        next.typed_body().expect("typed").entries[0].id(),
        page.entries[0].id()
    );

    let schemas = client.schemas().await.expect("schemas");
    assert!(
        schemas
            .typed_body()
            .expect("typed")
            .schemas()
            .next()
            .is_some()
    );
    let actions = client
        .actions()
        .await
        .expect("actions")
        .typed_body()
        .expect("typed");
    assert!(
        actions
            .category("user")
            .is_some_and(|names| names.iter().any(|name| name == "user_login"))
    );
    let any = client
        .api_call(ApiRequest::get("logs").query("limit", 1))
        .await
        .expect("any call")
        .body()
        .expect("JSON");
    assert!(any["entries"].is_array());
}

#[tokio::test]
async fn the_client_is_a_service_of_every_request() {
    let mut client = client(&api());
    let response = ServiceExt::<LogsRequest>::ready(&mut client)
        .await
        .expect("ready")
        .call(LogsRequest::new().limit(1))
        .await
        .expect("a page");
    assert_eq!(response.status(), 200);
    // And fits below other layers.
    let mut boxed = tower::util::BoxCloneSyncService::new(client);
    boxed
        .ready()
        .await
        .expect("ready")
        .call(ApiRequest::get("actions"))
        .await
        .expect("actions");
}

#[tokio::test]
async fn an_endpoint_of_the_users_own() {
    struct Newest;
    impl Endpoint for Newest {
        type Response = serde_json::Value;

        fn into_request(
            self,
        ) -> Result<http::Request<slack_audit_logs::Body>, slack_audit_logs::InvalidRequest>
        {
            ApiRequest::get("logs").query("limit", 1).into_request()
        }
    }
    let response = client(&api()).send(Newest).await.expect("a page");
    assert!(response.typed_body().expect("JSON")["entries"].is_array());
}

#[tokio::test]
async fn wrong_values_are_refused_before_anything_is_sent() {
    let api = api();
    let client = client(&api);
    for request in [
        LogsRequest::new().limit(0),
        LogsRequest::new().limit(10_000),
        LogsRequest::new().oldest(2).latest(1),
    ] {
        let error = client.logs(request).await.expect_err("invalid");
        assert!(
            error.is_invalid_request() && error.attempts() == 0,
            "{error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("invalid: limit") || text.contains("invalid: oldest"),
            "{text}"
        );
    }
    for path in ["https://evil.test/", "../x", "a?b"] {
        assert!(
            client
                .api_call(ApiRequest::get(path))
                .await
                .expect_err("invalid")
                .is_invalid_request()
        );
    }
    assert_eq!(api.request_count(), 0);
}

#[tokio::test]
async fn headers_have_the_promised_precedence() {
    let api = api();
    let client = builder(&api)
        .default_header(
            header::HeaderName::from_static("x-team"),
            HeaderValue::from_static("default"),
        )
        .user_agent_prefix("me/1")
        .build()
        .expect("a client");
    client
        .logs(LogsRequest::new().limit(1))
        .await
        .expect("a page");
    client
        .logs(
            LogsRequest::new()
                .limit(1)
                .header(
                    header::HeaderName::from_static("x-team"),
                    HeaderValue::from_static("own"),
                )
                .header(
                    header::AUTHORIZATION,
                    HeaderValue::from_static("Bearer own"),
                ),
        )
        .await
        .expect_err("the embedded API does not know that token");
    let requests = api.requests();
    assert_eq!(requests[0].headers["x-team"], "default");
    assert_eq!(
        requests[0].headers[header::AUTHORIZATION],
        format!("Bearer {}", FakeApi::TOKEN)
    );
    assert_eq!(requests[0].headers[header::ACCEPT], "application/json");
    assert!(
        requests[0].headers[header::USER_AGENT]
            .to_str()
            .expect("text")
            .starts_with("me/1 slack-audit-logs/")
    );
    assert!(!requests[0].headers.contains_key(header::CONTENT_TYPE));
    assert_eq!(requests[1].headers["x-team"], "own");
    assert_eq!(requests[1].headers[header::AUTHORIZATION], "Bearer own");
}

#[tokio::test]
async fn without_a_token_none_is_sent() {
    let api = api();
    let client = AuditLogsClient::builder()
        .transport(api.clone())
        .build()
        .expect("a client");
    client.actions().await.expect("needs no token");
    let error = client
        .logs(LogsRequest::new())
        .await
        .expect_err("needs a token");
    assert!(error.is_auth());
    assert_eq!(error.code(), Some(&ErrorCode::MissingAuthentication));
    assert!(
        api.requests()
            .iter()
            .all(|request| !request.headers.contains_key(header::AUTHORIZATION))
    );
}

#[tokio::test]
async fn a_token_provider_is_asked_once_per_attempt() {
    let api = api();
    api.script(ScriptedResponse::status(503));
    let asked = Arc::new(AtomicU32::new(0));
    let provider = {
        let asked = Arc::clone(&asked);
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, BoxError>(Token::new(FakeApi::TOKEN)?) }
        }
    };
    let client = AuditLogsClient::builder()
        .token_provider(provider)
        .transport(api.clone())
        .retry_policy(RetryPolicy::all_builtin())
        .build()
        .expect("a client");
    let response = client
        .logs(LogsRequest::new().limit(1))
        .await
        .expect("the second attempt");
    assert_eq!(
        (
            response.attempts(),
            asked.load(Ordering::Relaxed),
            api.request_count()
        ),
        (2, 2, 2)
    );
}

#[tokio::test]
async fn layers_stand_where_they_should() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let note = |place: &'static str| {
        let seen = Arc::clone(&seen);
        MapRequestLayer::new(move |request: http::Request<slack_audit_logs::Body>| {
            let record = CallRecord::of(&request).expect("the call's record");
            let authorized = request.headers().contains_key(header::AUTHORIZATION);
            let agent = request.headers().contains_key(header::USER_AGENT);
            seen.lock().expect("no panic").push(format!(
                "{place}: {} agent={agent} authorized={authorized} attempts={}",
                request.uri(),
                record.attempts()
            ));
            request
        })
    };
    let api = api();
    api.script(ScriptedResponse::status(503));
    let client = builder(&api)
        .layer(note("outer"))
        .layer(note("inner"))
        .attempt_layer(note("attempt"))
        .retry_policy(RetryPolicy::all_builtin())
        .build()
        .expect("a client");
    client
        .logs(LogsRequest::new())
        .await
        .expect("the second attempt");
    let url = "https://api.slack.com/audit/v1/logs";
    assert_eq!(
        *seen.lock().expect("no panic"),
        [
            format!("outer: {url} agent=false authorized=false attempts=0"),
            format!("inner: {url} agent=false authorized=false attempts=0"),
            format!("attempt: {url} agent=true authorized=false attempts=0"),
            format!("attempt: {url} agent=true authorized=false attempts=1"),
        ]
    );
}

#[tokio::test]
async fn any_layer_can_take_the_place_of_the_retry() {
    // Three attempts, always.
    let thrice = layer_fn(|inner| {
        service_fn(move |request: http::Request<slack_audit_logs::Body>| {
            let mut inner: slack_audit_logs::BoxHttpService = Clone::clone(&inner);
            async move {
                for _ in 0..2 {
                    inner.ready().await?.call(request.clone()).await?;
                }
                inner.ready().await?.call(request).await
            }
        })
    });
    let api = api();
    let client = builder(&api).retry_layer(thrice).build().expect("a client");
    let response = client
        .logs(LogsRequest::new().limit(1))
        .await
        .expect("a page");
    assert_eq!(
        (response.attempts(), api.request_count()),
        (3, 3),
        "attempts are counted whatever retries"
    );
}

#[tokio::test]
async fn any_verb_and_a_json_body() {
    let api = api();
    api.script(ScriptedResponse::status(200).body(r#"{"done":true}"#));
    let request = ApiRequest::new(Method::PUT, "things/ä 1")
        .query("a b", "c&d")
        .json(&serde_json::json!({"x": 1}));
    let response = client(&api).api_call(request).await.expect("scripted");
    assert_eq!(response.body().expect("JSON")["done"], true);
    let sent = &api.requests()[0];
    assert_eq!(sent.method, Method::PUT);
    assert_eq!(sent.path, "/audit/v1/things/%C3%A4%201");
    assert_eq!(sent.param("a b"), Some("c&d"));
    assert_eq!(
        sent.headers[header::CONTENT_TYPE],
        "application/json;charset=utf-8"
    );
}
