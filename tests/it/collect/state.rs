//! The state on disk: refused when it is not what it was, never begun anew in silence.

use std::time::Duration;

use slack_audit_logs::{
    LogsRequest,
    collect::{
        Backfill, CollectError, FileSink, FileSinkError, Follow, MemoryStore, RedbStore, StoreError,
    },
};

use super::place::{Place, damage, file_error, the_api, words};
use crate::support::collect::{Output, START, api, audit_logs, ids_in, recorded, sorted};

#[tokio::test(start_paused = true)]
async fn a_second_collector_is_refused_in_words() {
    let (place, api) = (Place::new(), the_api());
    let first = tokio::spawn(place.follow(&api).build().expect("valid").run());
    tokio::time::sleep(Duration::from_secs(100)).await;
    let error = place.once(&api).await.expect_err("in use");
    assert!(
        matches!(error, CollectError::Store(StoreError::InUse { .. })),
        "{error:?}"
    );
    assert!(
        words(&error).contains("another collector is using the state"),
        "{}",
        words(&error)
    );

    // Another state, but the same output.
    let other = Follow::builder(
        audit_logs(&api),
        MemoryStore::new(),
        FileSink::new(place.out()),
    );
    let error = other
        .since(START)
        .build()
        .expect("valid")
        .run_once()
        .await
        .expect_err("in use");
    assert!(
        matches!(file_error(&error), FileSinkError::InUse { .. }),
        "{}",
        words(&error)
    );

    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    place.once(&api).await.expect("free again");
    assert_eq!(sorted(ids_in(place.out())), recorded(&api, START));

    // In memory likewise.
    let store = MemoryStore::new();
    let follow = |output| {
        Follow::builder(audit_logs(&api), store.clone(), output)
            .since(START)
            .build()
            .expect("valid")
    };
    let first = tokio::spawn(follow(Output::default()).run());
    tokio::time::sleep(Duration::from_secs(100)).await;
    let error = follow(Output::default())
        .run_once()
        .await
        .expect_err("in use");
    assert!(matches!(
        error,
        CollectError::Store(StoreError::InUse { .. })
    ));
    first.abort();
}

#[tokio::test(start_paused = true)]
async fn a_torn_or_foreign_state_is_a_loud_error_and_stays_as_it_is() {
    for how in ["empty", "half", "head only", "text", "zeros", "flipped"] {
        let (place, api) = (Place::new(), the_api());
        place.once(&api).await.expect("collected");
        let output = std::fs::read(place.out()).expect("an output");
        damage(&place.state(), how);
        let (damaged, asked) = (
            std::fs::read(place.state()).expect("a file"),
            api.request_count(),
        );
        let error = place.once(&api).await.expect_err(how);
        let CollectError::Store(store) = &error else {
            panic!("{how}: {error:?}")
        };
        assert!(
            matches!(
                store,
                StoreError::Damaged { .. } | StoreError::Foreign { .. }
            ),
            "{how}: {error:?}"
        );
        let words = words(&error);
        assert!(
            words.contains("state")
                && (words.contains("damaged") || words.contains("is not the state")),
            "{words}"
        );
        println!("{how}: {words}");
        assert_eq!(api.request_count(), asked, "{how}: nothing was asked for");
        assert_eq!(
            std::fs::read(place.out()).expect("an output"),
            output,
            "{how}"
        );
        if how != "flipped" && how != "half" {
            assert_eq!(
                std::fs::read(place.state()).expect("a file"),
                damaged,
                "{how}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn states_of_others_are_refused() {
    let (place, api) = (Place::new(), the_api());
    // A redb database of something else.
    let table: redb::TableDefinition<'_, u64, u64> = redb::TableDefinition::new("theirs");
    let database = redb::Database::create(place.state()).expect("made");
    let transaction = database.begin_write().expect("begun");
    transaction
        .open_table(table)
        .expect("a table")
        .insert(1, 1)
        .expect("inserted");
    transaction.commit().expect("committed");
    drop(database);
    let error = place.once(&api).await.expect_err("foreign");
    assert!(
        words(&error).contains("redb database of something else"),
        "{}",
        words(&error)
    );

    // A directory.
    let place = Place::new();
    std::fs::create_dir(place.state()).expect("made");
    let error = place.once(&api).await.expect_err("a directory");
    assert!(
        matches!(error, CollectError::Store(StoreError::Foreign { .. })),
        "{error:?}"
    );

    // Nowhere to put it.
    let place = Place::new();
    let store = RedbStore::new(place.path("missing").join("state"));
    let follow = Follow::builder(audit_logs(&api), store, Output::default()).since(START);
    let error = follow
        .build()
        .expect("valid")
        .run_once()
        .await
        .expect_err("no directory");
    assert!(
        matches!(error, CollectError::Store(StoreError::Io { .. })),
        "{error:?}"
    );
    assert!(
        words(&error).contains("cannot be made"),
        "{}",
        words(&error)
    );

    // One of a backfill.
    let place = Place::new();
    let backfill = Backfill::builder(
        audit_logs(&api),
        RedbStore::new(place.state()),
        Output::default(),
        START - 100,
    );
    backfill
        .build()
        .expect("valid")
        .run()
        .await
        .expect("collected");
    let error = place.once(&api).await.expect_err("other");
    assert!(
        words(&error).contains("written by a backfill"),
        "{}",
        words(&error)
    );
}

#[tokio::test(start_paused = true)]
async fn other_filters_are_refused_unless_allowed() {
    let (place, api) = (Place::new(), the_api());
    let with = |filters: LogsRequest| place.follow(&api).filters(filters);
    let logins = || LogsRequest::new().actions(["user_login", "user_logout"]);
    with(logins())
        .build()
        .expect("valid")
        .run_once()
        .await
        .expect("collected");
    for same in [
        logins(),
        LogsRequest::new().action("user_logout,user_login"),
    ] {
        with(same)
            .build()
            .expect("valid")
            .run_once()
            .await
            .expect("the same filters");
    }
    for other in [
        LogsRequest::new(),
        logins().actor("W1"),
        logins().entity("C1"),
        logins().query("x", 1),
        LogsRequest::new().action("user_login"),
    ] {
        let error = with(other)
            .build()
            .expect("valid")
            .run_once()
            .await
            .expect_err("other filters");
        assert!(matches!(error, CollectError::OtherState(_)), "{error:?}");
        assert!(error.to_string().contains("other filters"), "{error}");
    }
    let allowed = || {
        with(LogsRequest::new())
            .allow_changed_filters()
            .build()
            .expect("valid")
    };
    allowed().run_once().await.expect("allowed");
    with(LogsRequest::new())
        .build()
        .expect("valid")
        .run_once()
        .await
        .expect("the new ones are its own now");
    let state = std::fs::read(place.state()).expect("a file");
    assert!(
        !state.windows(10).any(|part| part == b"user_login"),
        "the state names no filter"
    );
}

#[tokio::test(start_paused = true)]
async fn ids_are_forgotten_once_nothing_can_bring_them_again() {
    let api = api().entries(0).arrivals(10.0, 0.0, Duration::ZERO).build();
    let (output, store) = (Output::default(), MemoryStore::new());
    let follow = Follow::builder(audit_logs(&api), store.clone(), output.clone())
        .since(START)
        .deep_scan(Duration::from_secs(600), Duration::from_secs(3_600));
    let follow = follow.build().expect("valid");
    let progress = follow
        .run_until(tokio::time::sleep(Duration::from_secs(14_000)))
        .await
        .expect("no error");
    assert!(progress.events > 2_000, "{progress:?}");
    // 10 a minute over the reach, the time between scans and some minutes more.
    let most = 10 * (3_600 + 600 + 600 + 300) / 60;
    assert!(
        (500..most).contains(&store.len()),
        "{} of at most {most}",
        store.len()
    );
    assert!(output.counts().values().all(|count| *count == 1));
}
