//! A window whose chain of pages breaks: read again, never doubled, never passed over.

use std::time::Duration;

use slack_audit_logs::{
    collect::{CollectError, Follow, FollowBuilder, MemoryStore},
    fake::{FakeApi, RecordedRequest, ScriptedResponse, WireFault},
};

use crate::support::collect::{
    Output, START, Service, api, audit_logs, audit_logs_with_token, code, recorded, sorted,
};

/// Five pages of a hundred in one window.
fn five_pages() -> FakeApi {
    api()
        .entries(450)
        .span(Duration::from_secs(3_000))
        .exact_pages()
        .build()
}

fn builder(
    api: &FakeApi,
    store: &MemoryStore,
    output: &Output,
) -> FollowBuilder<Service, MemoryStore, Output> {
    Follow::builder(audit_logs(api), store.clone(), output.clone())
        .since(START - 3_300)
        .page_size(100)
}

fn further_page(request: &RecordedRequest) -> bool {
    request.param("cursor").is_some()
}

#[tokio::test(start_paused = true)]
async fn a_rejected_cursor_means_the_same_window_again() {
    for status in [400, 200] {
        for nth in 1..=3 {
            let (api, output, store) = (five_pages(), Output::default(), MemoryStore::new());
            api.script(
                ScriptedResponse::slack_error(status, "invalid_cursor")
                    .when(further_page)
                    .nth(nth)
                    .times(2),
            );
            let follow = builder(&api, &store, &output).build().expect("valid");
            let progress = follow.run_once().await.expect("no error");
            assert_eq!(
                (api.script_len(), progress.restarts),
                (0, 2),
                "{status} {nth}"
            );
            assert_eq!(output.ids().len(), 450);
            assert_eq!(sorted(output.ids()), recorded(&api, START));
            // Every call for the window has the same bounds.
            let bounds: std::collections::BTreeSet<_> = api
                .requests()
                .iter()
                .filter(|r| r.param("oldest").is_some())
                .map(|r| {
                    (
                        r.param("oldest").map(str::to_owned),
                        r.param("latest").map(str::to_owned),
                    )
                })
                .collect();
            assert_eq!(bounds.len(), 1, "{bounds:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_third_rejection_is_an_error_and_nothing_is_done() {
    let (api, output, store) = (five_pages(), Output::default(), MemoryStore::new());
    api.script(
        ScriptedResponse::slack_error(400, "invalid_cursor")
            .when(further_page)
            .times(3),
    );
    let follow = builder(&api, &store, &output).build().expect("valid");
    let error = follow.run().await.expect_err("rejected");
    assert!(
        matches!(error, CollectError::Cursor { times: 3, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("3 times"), "{error}");
    assert_eq!((output.ids().len(), api.script_len()), (0, 0));
    // And the next run has them all.
    let follow = builder(&api, &store, &output).build().expect("valid");
    follow.run_once().await.expect("no error");
    assert_eq!(sorted(output.ids()), recorded(&api, START));
}

#[tokio::test(start_paused = true)]
async fn other_failures_are_not_taken_for_it() {
    for answer in [
        ScriptedResponse::status(502),
        ScriptedResponse::status(502).body("<html>invalid_cursor</html>"),
        ScriptedResponse::rate_limited(30),
        ScriptedResponse::fault(WireFault::ResetInBody),
        ScriptedResponse::fault(WireFault::CloseBeforeHead),
        ScriptedResponse::status(200).body("<html>guest network</html>"),
        ScriptedResponse::status(200).body("{\"entries\":["),
        ScriptedResponse::slack_error(200, "internal_error"),
    ] {
        let (api, output, store) = (five_pages(), Output::default(), MemoryStore::new());
        let shown = format!("{answer:?}");
        api.script(answer.when(further_page).nth(2).times(4));
        let follow = builder(&api, &store, &output).build().expect("valid");
        let reader = follow.progress();
        let watched = api.clone();
        let begun = tokio::time::Instant::now();
        let progress = follow
            .run_until(async move {
                while watched.request_count() < 12 {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            })
            .await
            .expect("no error");
        assert_eq!((api.script_len(), progress.restarts), (0, 0), "{shown}");
        assert_eq!(output.ids().len(), 450, "{shown}");
        let waited = begun.elapsed().as_secs();
        assert!((15..400).contains(&waited), "{shown}: {waited} s");
        assert!(reader.get().outage.is_none());
        // The page that failed was asked for again, by its own cursor.
        let cursors: Vec<_> = api
            .requests()
            .iter()
            .filter_map(|r| r.param("cursor").map(str::to_owned))
            .collect();
        assert_eq!(&cursors[1..5], vec![cursors[1].clone(); 4], "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_for_good_holds_everything_behind_it() {
    for page in 1..=5_u32 {
        for answer in [
            ScriptedResponse::status(503),
            ScriptedResponse::slack_error(200, "whatever"),
            ScriptedResponse::slack_error(403, "fatal_error"),
        ] {
            let (api, output, store) = (five_pages(), Output::default(), MemoryStore::new());
            let is_window = |r: &RecordedRequest| r.param("oldest").is_some();
            api.script(answer.when(is_window).nth(page).forever());
            let follow = builder(&api, &store, &output).build().expect("valid");
            let error = follow.run_once().await.expect_err("it fails for good");
            assert!(matches!(error, CollectError::Api(_)), "{error}");
            assert_eq!(output.ids().len(), 0, "page {page}");
            assert_eq!(
                store.checkpoint().and_then(|checkpoint| checkpoint.mark()),
                None
            );
            api.clear_script();
            let follow = builder(&api, &store, &output).build().expect("valid");
            follow.run_once().await.expect("no error");
            assert_eq!(sorted(output.ids()), recorded(&api, START));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ok_false_on_the_second_page_is_neither_the_end_nor_an_event() {
    let (api, output, store) = (five_pages(), Output::default(), MemoryStore::new());
    api.script(ScriptedResponse::slack_error(200, "something_new").when(further_page));
    let follow = builder(&api, &store, &output).build().expect("valid");
    let error = follow.run().await.expect_err("refused");
    assert_eq!(code(&error), Some("something_new"));
    assert_eq!((output.ids().len(), api.script_len()), (0, 0));
    let follow = builder(&api, &store, &output).build().expect("valid");
    follow.run_once().await.expect("no error");
    assert_eq!(sorted(output.ids()), recorded(&api, START));
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_stops_and_a_new_one_goes_on_in_the_same_window() {
    let api = api()
        .entries(3_000)
        .span(Duration::from_secs(30_000))
        .build();
    let (output, store) = (Output::default(), MemoryStore::new());
    let follow = |token: &str| {
        Follow::builder(
            audit_logs_with_token(&api, token),
            store.clone(),
            output.clone(),
        )
        .since(START - 40_000)
        .page_size(100)
        .build()
        .expect("valid")
    };
    // In the middle of a window: after its second page.
    api.script(
        ScriptedResponse::slack_error(401, "token_revoked")
            .when(further_page)
            .nth(7),
    );
    let error = follow(FakeApi::TOKEN).run().await.expect_err("revoked");
    assert_eq!(code(&error), Some("token_revoked"));
    assert!(error.api().is_some_and(slack_audit_logs::Error::is_auth));
    assert!(!format!("{error:?} {error}").contains(FakeApi::TOKEN));
    let before = output.ids();
    assert!(
        !before.is_empty() && before.len() < 3_000,
        "{}",
        before.len()
    );
    let mark = store.checkpoint().and_then(|c| c.mark()).expect("a mark");

    api.set_token("xoxp-the-new-one");
    let asked = api.request_count();
    follow("xoxp-the-new-one")
        .run_once()
        .await
        .expect("no error");
    let first = api.requests()[asked..]
        .iter()
        .find_map(|r| r.param("oldest")?.parse::<i64>().ok());
    assert_eq!(first, Some(mark + 1), "it goes on behind the mark");
    assert_eq!(sorted(output.ids()), recorded(&api, START));
}
