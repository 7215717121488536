//! Order, bounds, filters, cursors, tokens and endpoints.

use std::collections::HashSet;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use serde_json::Value;
use slack_audit_logs::fake::Event;
use tower::ServiceExt;

use super::{NOW, cursor, drain, entries, error, get, ids, json, page, quiet};

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
