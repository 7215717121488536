//! The embedded API keeps the rules of Slack's reference.

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use serde_json::Value;
use slack_audit_logs::fake::{Answer, Event, FakeApi, FakeBody};
use tower::ServiceExt;

/// 2023-11-14T22:13:20Z.
const NOW: i64 = 1_700_000_000;

fn request(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("https://api.slack.com/audit/v1/{path}"))
        .header("authorization", format!("Bearer {}", FakeApi::TOKEN))
        .body(Empty::new())
        .unwrap()
}

async fn get(api: &FakeApi, path: &str) -> Response<FakeBody> {
    api.clone().oneshot(request(path)).await.unwrap()
}

async fn json(response: Response<FakeBody>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn page(api: &FakeApi, query: &str) -> Value {
    let response = get(api, &format!("logs?{query}")).await;
    assert_eq!(response.status(), StatusCode::OK, "{query}");
    json(response).await
}

fn entries(page: &Value) -> &[Value] {
    page["entries"].as_array().unwrap()
}

fn cursor(page: &Value) -> Option<String> {
    let cursor = page["response_metadata"]["next_cursor"].as_str().unwrap();
    let encoded = percent_encoding::utf8_percent_encode(cursor, percent_encoding::NON_ALPHANUMERIC);
    (!cursor.is_empty()).then(|| encoded.to_string())
}

/// All entries of a chain in the order in which they came, and the sizes of its pages.
async fn drain(api: &FakeApi, query: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut all, mut sizes, mut next) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = page(api, &format!("{query}{next}")).await;
        sizes.push(entries(&page).len());
        all.extend_from_slice(entries(&page));
        assert!(sizes.len() < 10_000, "endless");
        match cursor(&page) {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return (all, sizes),
        }
    }
}

fn ids(entries: &[Value]) -> HashSet<&str> {
    entries
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect()
}

fn quiet() -> slack_audit_logs::fake::FakeApiBuilder {
    FakeApi::builder().start_time(NOW).without_rate_limit()
}

async fn error(api: &FakeApi, path: &str) -> (u16, String) {
    let response = get(api, path).await;
    let status = response.status().as_u16();
    let body = json(response).await;
    assert_eq!(body["ok"], Value::Bool(false));
    (status, body["error"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_chain_holds_every_event_once_newest_first() {
    let api = quiet().entries(3_000).build();
    let (all, sizes) = drain(&api, "limit=100").await;
    assert_eq!(all.len(), 3_000);
    assert_eq!(ids(&all).len(), 3_000);
    assert!(
        all.is_sorted_by_key(|entry| std::cmp::Reverse(entry["date_create"].as_i64().unwrap()))
    );
    // Optimistic: both more and fewer than asked for, although more follow.
    let before_last = &sizes[..sizes.len() - 1];
    assert!(before_last.iter().any(|size| *size > 100), "{sizes:?}");
    assert!(before_last.iter().any(|size| *size < 100), "{sizes:?}");
    assert!(before_last.contains(&100), "{sizes:?}");

    let record = api.record();
    assert_eq!(record.len(), 3_000);
    assert_eq!(
        record
            .iter()
            .map(|event| event.id.as_str())
            .collect::<HashSet<_>>(),
        ids(&all)
    );
    // Seconds are shared.
    assert!(
        record
            .windows(2)
            .filter(|pair| pair[0].date_create == pair[1].date_create)
            .count()
            > 100
    );

    let exact = quiet().entries(3_000).exact_pages().build();
    let (all, sizes) = drain(&exact, "limit=100").await;
    assert_eq!(sizes, vec![100; 30]);
    assert_eq!(ids(&all).len(), 3_000);
}

#[tokio::test(start_paused = true)]
async fn bounds_are_inclusive_and_checked() {
    let api = quiet()
        .entries(0)
        .events((0..5).map(|n| Event::new(format!("e{n}"), NOW - 100 + n, "user_login")))
        .build();
    let page = page(&api, &format!("oldest={}&latest={}", NOW - 99, NOW - 97)).await;
    assert_eq!(
        entries(&page)
            .iter()
            .map(|entry| &entry["id"])
            .collect::<Vec<_>>(),
        ["e3", "e2", "e1"]
    );
    assert_eq!(page["ok"], Value::Null, "success says nothing of ok");

    for query in [
        "oldest=1519862399".to_owned(),
        format!("latest={}", NOW + 1),
        format!("oldest={NOW}&latest={}", NOW - 1),
        "oldest=1.566215192e%2B09".to_owned(),
    ] {
        assert_eq!(
            error(&api, &format!("logs?{query}")).await,
            (400, "invalid_range".into()),
            "{query}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn filters_combine() {
    let api = quiet().entries(5_000).build();
    let (logins, _) = drain(&api, "action=user_login&limit=500").await;
    assert!(logins.len() > 500);
    assert!(logins.iter().all(|entry| entry["action"] == "user_login"));

    let (two, _) = drain(&api, "action=user_login,user_logout&limit=500").await;
    let (logouts, _) = drain(&api, "action=user_logout&limit=500").await;
    assert_eq!(two.len(), logins.len() + logouts.len());

    let actor = logins[0]["actor"]["user"]["id"].as_str().unwrap();
    let (his, _) = drain(&api, &format!("actor={actor}&limit=500")).await;
    assert!(
        his.iter()
            .all(|entry| entry["actor"]["user"]["id"] == actor)
    );
    let expected = logins
        .iter()
        .filter(|entry| entry["actor"]["user"]["id"] == actor)
        .count();
    let (his_logins, _) = drain(&api, &format!("actor={actor}&action=user_login")).await;
    assert_eq!(his_logins.len(), expected);

    let (all, _) = drain(&api, "limit=9999").await;
    let file = all
        .iter()
        .find(|entry| entry["entity"]["type"] == "file")
        .unwrap()["entity"]["file"]["id"]
        .as_str()
        .unwrap();
    let (about, _) = drain(&api, &format!("entity={file}")).await;
    assert!(
        !about.is_empty()
            && about
                .iter()
                .all(|entry| entry["entity"]["file"]["id"] == file)
    );

    let thirty_one = vec!["user_login"; 31].join(",");
    assert_eq!(
        error(&api, &format!("logs?action={thirty_one}")).await,
        (400, "invalid_arguments".into())
    );
    assert_eq!(
        error(&api, "logs?action=user_login,nonsense").await,
        (400, "invalid_action".into())
    );
    for limit in ["0", "10000", "-1", "ten"] {
        assert_eq!(
            error(&api, &format!("logs?limit={limit}")).await,
            (400, "invalid_arguments".into()),
            "{limit}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_remembers_a_position_and_nothing_else() {
    let api = quiet().entries(1_000).build();
    let first = page(&api, "action=user_login&limit=10").await;
    let raw = first["response_metadata"]["next_cursor"].as_str().unwrap();
    assert!(
        ["=", "+", "/"].iter().all(|special| raw.contains(special)),
        "{raw}"
    );
    let after = cursor(&first).unwrap();
    let oldest_seen = entries(&first).last().unwrap()["date_create"]
        .as_i64()
        .unwrap();

    // Without the filters it goes on from there over everything, with the default page size.
    let unfiltered = page(&api, &format!("cursor={after}")).await;
    assert!(
        entries(&unfiltered)
            .iter()
            .any(|entry| entry["action"] != "user_login")
    );
    assert!(
        entries(&unfiltered)
            .iter()
            .all(|entry| entry["date_create"].as_i64().unwrap() <= oldest_seen)
    );
    assert!(entries(&unfiltered).len() > 90);

    // Younger events do not move it.
    api.push_now(Event::new("young", NOW, "user_login"));
    let again = page(&api, &format!("cursor={after}")).await;
    assert_eq!(unfiltered, again);

    assert_eq!(
        error(&api, &format!("logs?cursor={raw}")).await,
        (400, "invalid_cursor".into()),
        "not encoded"
    );
    assert_eq!(
        error(&api, "logs?cursor=dXNlcjpVMDYxTkZUVDI%3D").await,
        (400, "invalid_cursor".into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_crowded_second_is_paged_too() {
    let api = quiet().entries(0).dates(vec![NOW - 5; 25_000]).build();
    let (all, sizes) = drain(&api, "limit=1000").await;
    assert_eq!((all.len(), ids(&all).len()), (25_000, 25_000));
    assert!(sizes.iter().all(|size| *size < 1_100), "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn who_may_ask_what() {
    let api = quiet().entries(10).build();
    let with = |path: &str, authorization: Option<&str>| {
        let mut request = Request::get(format!("https://api.slack.com{path}"));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let api = api.clone();
        async move {
            let response = api.oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            (
                status,
                json(response).await["error"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            )
        }
    };
    for (path, authorization, expected) in [
        ("/audit/v1/logs", None, (401, "missing_authentication")),
        (
            "/audit/v1/logs",
            Some("Basic eDp5"),
            (401, "missing_authentication"),
        ),
        (
            "/audit/v1/logs",
            Some("Bearer "),
            (401, "missing_authentication"),
        ),
        (
            "/audit/v1/logs",
            Some("Bearer xoxp-wrong"),
            (401, "invalid_authentication"),
        ),
        ("/audit/v1/schemas", None, (200, "")),
        ("/audit/v1/actions", None, (200, "")),
        ("/audit/v1/nothing", None, (404, "bad_endpoint")),
        ("/api/audit.logs", None, (404, "bad_endpoint")),
    ] {
        let (status, code) = with(path, authorization).await;
        assert_eq!(
            (status, code.as_str()),
            expected,
            "{path} {authorization:?}"
        );
    }
    let post = Request::post("https://api.slack.com/audit/v1/logs")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let response = api.clone().oneshot(post).await.unwrap();
    assert_eq!(response.status().as_u16(), 405);
    assert_eq!(json(response).await["error"], "method_not_allowed");

    api.set_token("xoxp-next");
    assert_eq!(
        error(&api, "logs").await,
        (401, "invalid_authentication".into())
    );
}

#[tokio::test(start_paused = true)]
async fn actions_and_schemas() {
    let api = quiet().entries(0).build();
    let actions = json(get(&api, "actions").await).await;
    assert!(
        actions["actions"]["user"]
            .as_array()
            .unwrap()
            .contains(&"user_login".into())
    );
    assert!(
        actions["actions"]["workspace_or_org"]
            .as_array()
            .unwrap()
            .len()
            > 300
    );
    let schemas = json(get(&api, "schemas").await).await;
    let schemas = schemas["schemas"].as_array().unwrap();
    assert_eq!(schemas.len(), 20);
    assert!(
        schemas.iter().any(
            |schema| schema["type"] == "channel" && schema["channel"]["is_shared"] == "boolean"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn tier_3_and_its_retry_after() {
    let api = FakeApi::builder().start_time(NOW).entries(10).build();
    for call in 0..5 {
        assert_eq!(get(&api, "logs").await.status(), 200, "call {call}");
    }
    let response = get(&api, "logs").await;
    assert_eq!(response.status(), 429);
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(json(response).await["error"], "ratelimited");
    assert_eq!(wait, 2);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(get(&api, "logs").await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn time_is_tokio_s_and_date_follows() {
    let api = quiet().entries(0).build();
    let date = async || {
        get(&api, "logs")
            .await
            .headers()
            .get("date")
            .map(|date| date.to_str().unwrap().to_owned())
    };
    assert_eq!(
        date().await.as_deref(),
        Some("Tue, 14 Nov 2023 22:13:20 GMT")
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(api.now_unix(), NOW + 60);
    assert_eq!(
        date().await.as_deref(),
        Some("Tue, 14 Nov 2023 22:14:20 GMT")
    );
    api.step_clock(-60);
    assert_eq!(api.now_unix(), NOW);
    api.set_date_skew(Some(300));
    assert_eq!(
        date().await.as_deref(),
        Some("Tue, 14 Nov 2023 22:18:20 GMT")
    );
    api.set_date_skew(None);
    assert_eq!(date().await, None);
}

#[tokio::test(start_paused = true)]
async fn events_arrive_and_some_are_late() {
    let api = quiet()
        .entries(0)
        .arrivals(60.0, 0.3, Duration::from_secs(600))
        .build();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let record = api.record();
    assert!((3_590..=3_601).contains(&record.len()), "{}", record.len());
    let late = record
        .iter()
        .filter(|event| event.visible_at > event.date_create + 1)
        .count();
    assert!((900..1_300).contains(&late), "{late}");
    let visible = record
        .iter()
        .filter(|event| event.visible_at <= api.now_unix())
        .count();
    let (all, _) = drain(&api, "limit=9999").await;
    assert_eq!(all.len(), visible);
    assert!(visible < record.len());

    // A late one takes its place among the old ones.
    let before = api.record().len();
    let late = api.push_made(NOW + 10, NOW + 4_000);
    assert_eq!(api.record().len(), before + 1);
    assert!(!ids(&drain(&api, "limit=9999").await.0).contains(late.as_str()));
    tokio::time::sleep(Duration::from_secs(400)).await;
    assert!(ids(&drain(&api, "limit=9999").await.0).contains(late.as_str()));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_is_the_same_api() {
    let whole = async |seed| page(&quiet().entries(500).seed(seed).build(), "limit=9999").await;
    assert_eq!(whole(1).await, whole(1).await);
    assert_ne!(whole(1).await, whole(2).await);
}

#[tokio::test(start_paused = true)]
async fn raw_events_come_byte_for_byte() {
    let json = r#"{"id":"raw", "lone":"\ud800"}"#;
    let api = quiet()
        .entries(0)
        .event(Event::raw("raw", NOW - 1, "user_login", json))
        .build();
    let body = get(&api, "logs")
        .await
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes();
    assert!(String::from_utf8(body.to_vec()).unwrap().contains(json));
    api.push_now(serde_json::json!({ "id": "v", "date_create": NOW, "action": "brand_new", "entity": {"type": "x", "x": {"id": "X1"}} }));
    // Broken pages aside, an action that was pushed is a known one.
    let found = page(&api, "action=brand_new&entity=X1").await;
    assert_eq!(entries(&found)[0]["id"], "v");
}

#[tokio::test(start_paused = true)]
async fn scripts_run_in_order_and_wait_for_their_request() {
    let api = quiet().entries(10).build();
    api.script(Answer::status(503).times(2));
    api.script(Answer::status(418).on("/actions"));
    api.script(
        Answer::slack_error(400, "invalid_cursor")
            .nth(4)
            .on("/logs"),
    );
    api.script(
        Answer::real()
            .header("x-seen", "yes")
            .delay(Duration::from_secs(9)),
    );
    let status = async |path| get(&api, path).await.status().as_u16();
    assert_eq!(status("logs").await, 503);
    assert_eq!(status("schemas").await, 503);
    let started = tokio::time::Instant::now();
    let delayed = get(&api, "logs").await;
    assert_eq!(
        (delayed.status().as_u16(), started.elapsed()),
        (200, Duration::from_secs(9))
    );
    assert_eq!(delayed.headers()["x-seen"], "yes");
    assert_eq!(status("actions").await, 418);
    assert_eq!(status("logs").await, 200);
    assert_eq!(status("logs").await, 400, "the fourth to /logs");
    assert_eq!(status("logs").await, 200);
    assert_eq!(api.script_len(), 0);
    assert_eq!(api.request_count(), 7);

    api.script(
        Answer::status(500)
            .when(|request| request.param("limit") == Some("3"))
            .forever(),
    );
    assert_eq!(
        (
            status("logs?limit=2").await,
            status("logs?limit=3").await,
            status("logs?limit=3").await
        ),
        (200, 500, 500)
    );
    api.clear_script();
    assert_eq!(status("logs?limit=3").await, 200);

    api.script(Answer::status(500).sometimes(0.3).forever());
    let mut failed = 0;
    for _ in 0..300 {
        failed += u32::from(status("logs?limit=1").await == 500);
    }
    assert!((60..120).contains(&failed), "{failed} of 300");
}
