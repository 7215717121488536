//! Time, arrivals, the rate limit, pushed events and scripted answers.

use std::{collections::HashSet, time::Duration};

use http_body_util::BodyExt;
use slack_audit_logs::fake::{Event, FakeApi, ScriptedResponse};
use tower::ServiceExt;

use super::{NOW, cursor, drain, entries, get, ids, json, page, quiet};

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
    api.push_now(serde_json::json!({
        "id": "v", "date_create": NOW, "action": "brand_new",
        "entity": {"type": "x", "x": {"id": "X1"}}
    }));
    // Broken pages aside, an action that was pushed is a known one.
    let found = page(&api, "action=brand_new&entity=X1").await;
    assert_eq!(entries(&found)[0]["id"], "v");
    // Without a type there is no entity to ask for, whatever its members are called.
    api.push_now(serde_json::json!({
        "id": "w", "date_create": NOW, "action": "brand_new", "entity": {"": {"id": "X2"}}
    }));
    let found = page(&api, "action=brand_new&entity=X2").await;
    assert!(entries(&found).is_empty());
}

#[tokio::test(start_paused = true)]
async fn scripts_run_in_order_and_wait_for_their_request() {
    let api = quiet().entries(10).build();
    api.script(ScriptedResponse::status(503).times(2));
    api.script(ScriptedResponse::status(418).on("/actions"));
    api.script(
        ScriptedResponse::slack_error(400, "invalid_cursor")
            .nth(4)
            .on("/logs"),
    );
    api.script(
        ScriptedResponse::ordinary()
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
        ScriptedResponse::status(500)
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

    api.script(ScriptedResponse::status(500).sometimes(0.3).forever());
    let mut failed = 0;
    for _ in 0..300 {
        failed += u32::from(status("logs?limit=1").await == 500);
    }
    assert!((60..120).contains(&failed), "{failed} of 300");
}

#[tokio::test(start_paused = true)]
async fn settings_of_the_builder() {
    let api = FakeApi::builder()
        .start_time(NOW)
        .entries(100)
        .exact_pages()
        .default_limit(7)
        .rate_limit(1, 1)
        .latency(Duration::from_millis(250))
        .span(Duration::from_secs(1_000))
        .build();
    let started = tokio::time::Instant::now();
    assert_eq!(entries(&page(&api, "").await).len(), 7);
    assert_eq!(started.elapsed(), Duration::from_millis(250));
    let limited = get(&api, "logs").await;
    assert_eq!(
        (limited.status().as_u16(), &limited.headers()["retry-after"]),
        (429, &"60".parse().unwrap())
    );
    let dates: Vec<_> = api.record().iter().map(|event| event.date_create).collect();
    assert!(
        dates.iter().all(|date| (NOW - 1_000..=NOW).contains(date)),
        "{dates:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_said_to_the_api_is_recorded_and_what_is_secret_is_not_shown() {
    let api = FakeApi::builder().token("xoxp-CANARY").entries(0).build();
    let request =
        http::Request::get("https://api.slack.com/audit/v1/logs?limit=3&limit=4&actor=W%2F1")
            .header("authorization", "Bearer xoxp-CANARY")
            .body("a body".to_owned())
            .unwrap();
    assert_eq!(api.clone().oneshot(request).await.unwrap().status(), 200);
    let seen = &api.requests()[0];
    assert_eq!(
        (
            seen.param("limit"),
            seen.param("actor"),
            seen.param("cursor")
        ),
        (Some("4"), Some("W/1"), None)
    );
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str(), &seen.body[..]),
        ("GET", "/audit/v1/logs", &b"a body"[..])
    );
    assert_eq!(seen.headers["authorization"], "Bearer xoxp-CANARY");
    let shown = format!(
        "{api:?} {seen:?} {:?}",
        FakeApi::builder().token("xoxp-CANARY")
    );
    assert!(!shown.contains("CANARY"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_response_may_have_a_date_of_its_own() {
    let api = quiet().entries(0).build();
    for scripted in [
        ScriptedResponse::ordinary().date_offset(-3_600).times(2),
        ScriptedResponse::status(503).date_offset(2 * 86_400),
        ScriptedResponse::ordinary().date(0),
        ScriptedResponse::ordinary().date_offset(i64::MIN),
        ScriptedResponse::ordinary().without_date(),
        ScriptedResponse::ordinary().header("date", "yesterday"),
    ] {
        api.script(scripted);
    }
    let mut dates = Vec::new();
    for _ in 0..8 {
        let response = get(&api, "logs").await;
        let date = response.headers().get("date");
        dates.push(date.map(|date| date.to_str().unwrap().to_owned()));
    }
    let dates: Vec<_> = dates.iter().map(Option::as_deref).collect();
    assert_eq!(
        dates,
        [
            Some("Tue, 14 Nov 2023 21:13:20 GMT"),
            Some("Tue, 14 Nov 2023 21:13:20 GMT"),
            Some("Thu, 16 Nov 2023 22:13:20 GMT"),
            Some("Thu, 01 Jan 1970 00:00:00 GMT"),
            Some("Thu, 01 Jan 1970 00:00:00 GMT"),
            None,
            Some("yesterday"),
            Some("Tue, 14 Nov 2023 22:13:20 GMT"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn empty_pages_have_new_cursors_and_lose_no_place() {
    let api = quiet()
        .entries(0)
        .dates([NOW - 30, NOW - 20, NOW - 10])
        .build();
    let mut cursors = HashSet::new();
    let mut next = String::new();
    for call in 0..30 {
        if call != 20 {
            api.script(ScriptedResponse::empty_page());
        }
        let query = format!("latest={}&limit=1{next}", NOW - 15);
        let page = page(&api, &query).await;
        // In the midst of them one real page, to see that its place is kept as well.
        assert_eq!(entries(&page).len(), usize::from(call == 20));
        let cursor = cursor(&page).expect("a cursor");
        next = format!("&cursor={cursor}");
        assert!(cursors.insert(cursor), "{next} again");
    }
    let last = page(&api, &format!("latest={}{next}", NOW - 15)).await;
    assert_eq!(entries(&last).len(), 1);
    assert_eq!(entries(&last)[0]["date_create"], NOW - 30);
    assert_eq!(cursor(&last), None);
}
