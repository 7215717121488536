//! The state and the output on disk: refused when they are not what they were, never begun anew in silence.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use slack_audit_logs::{
    LogsRequest,
    collect::{
        Backfill, CollectError, FileSink, FileSinkError, Follow, FollowBuilder, MemoryStore,
        Progress, RedbStore, StoreError,
    },
    fake::FakeApi,
};

use crate::support::collect::{Output, START, Service, api, audit_logs, ids_in, recorded, sorted};

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn state(&self) -> PathBuf {
        self.path("state")
    }

    fn out(&self) -> PathBuf {
        self.path("out.ndjson")
    }

    fn follow(&self, api: &FakeApi) -> FollowBuilder<Service, RedbStore, FileSink> {
        let (store, sink) = (RedbStore::new(self.state()), FileSink::new(self.out()));
        Follow::builder(audit_logs(api), store, sink).since(START - 10_000)
    }

    async fn once(&self, api: &FakeApi) -> Result<Progress, CollectError> {
        self.follow(api).build().expect("valid").run_once().await
    }
}

fn the_api() -> FakeApi {
    api().entries(300).span(Duration::from_secs(9_000)).build()
}

/// An error with all its causes, as a user sees it.
fn words(error: &CollectError) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}

fn file_error(error: &CollectError) -> &FileSinkError {
    match error {
        CollectError::Sink(source) => source.downcast_ref().expect("of the file"),
        other => panic!("{other:?}"),
    }
}

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

/// What may have happened to a file, and what it must be called.
fn damage(path: &Path, how: &str) {
    let bytes = std::fs::read(path).expect("a file");
    match how {
        "empty" => std::fs::write(path, b""),
        "half" => std::fs::write(path, &bytes[..bytes.len() / 2]),
        "head only" => std::fs::write(path, &bytes[..100]),
        "text" => std::fs::write(path, "{\"mark\":1}\n".repeat(1_000)),
        "zeros" => std::fs::write(path, vec![0; bytes.len()]),
        "flipped" => {
            // Every page has a byte turned.
            let flipped: Vec<u8> = bytes
                .iter()
                .enumerate()
                .map(|(index, byte)| {
                    if index > 4_096 && index % 512 == 77 {
                        byte ^ 0x40
                    } else {
                        *byte
                    }
                })
                .collect();
            std::fs::write(path, flipped)
        }
        other => panic!("{other}"),
    }
    .expect("written");
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
async fn an_output_that_is_not_what_it_was_is_refused_and_left_alone() {
    for how in [
        "missing",
        "shorter",
        "other",
        "other, longer",
        "rewritten",
        "not empty at first",
        "device",
    ] {
        let (place, api) = (Place::new(), the_api());
        let out = place.out();
        if how == "not empty at first" {
            std::fs::write(&out, "precious\n").expect("written");
        } else if how != "device" {
            place.once(&api).await.expect("collected");
        }
        let length = std::fs::metadata(&out).map_or(0, |metadata| metadata.len());
        match how {
            "missing" => std::fs::remove_file(&out).expect("removed"),
            "shorter" => damage(&out, "half"),
            "other" => std::fs::write(&out, vec![b'x'; usize::try_from(length).expect("small")])
                .expect("written"),
            "other, longer" => std::fs::write(&out, "precious\n".repeat(100_000)).expect("written"),
            "rewritten" => {
                let mut bytes = std::fs::read(&out).expect("read");
                let last = bytes.len() - 10;
                bytes[last] ^= 1;
                std::fs::write(&out, bytes).expect("written");
            }
            "device" => std::os::unix::fs::symlink("/dev/null", &out).expect("a link"),
            _ => {}
        }
        let before = std::fs::read(&out).ok();
        let error = place.once(&api).await.expect_err(how);
        let kind = file_error(&error);
        let expected = match how {
            "missing" => matches!(kind, FileSinkError::Missing { .. }),
            "shorter" => matches!(kind, FileSinkError::Shorter { .. }),
            "not empty at first" => matches!(kind, FileSinkError::NotEmpty { .. }),
            "device" => matches!(kind, FileSinkError::NotRegular { .. }),
            _ => matches!(kind, FileSinkError::Other { .. }),
        };
        assert!(expected, "{how}: {kind:?}");
        assert!(words(&error).contains("out.ndjson"), "{}", words(&error));
        println!("{how}: {}", words(&error));
        if how != "device" {
            assert_eq!(std::fs::read(&out).ok(), before, "{how}: left alone");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_output_swapped_for_another_file_is_refused() {
    let place = Place::new();
    let quiet = api().entries(0).build();
    place.once(&quiet).await.expect("nothing to collect");
    assert_eq!(std::fs::metadata(place.out()).expect("made").len(), 0);
    std::fs::write(place.path("mine"), "precious\n").expect("written");
    std::fs::rename(place.path("mine"), place.out()).expect("swapped");
    let error = place.once(&quiet).await.expect_err("not ours");
    assert!(
        matches!(file_error(&error), FileSinkError::Other { .. }),
        "{error:?}"
    );
    assert_eq!(std::fs::read(place.out()).expect("there"), b"precious\n");
}

#[tokio::test(start_paused = true)]
async fn what_was_written_but_not_marked_as_done_is_cut_off() {
    let (place, api) = (Place::new(), the_api());
    place.once(&api).await.expect("collected");
    let whole = std::fs::read(place.out()).expect("an output");
    let mut longer = whole.clone();
    longer.extend_from_slice(b"{\"id\":\"torn\",\"da");
    std::fs::write(place.out(), longer).expect("written");
    place.once(&api).await.expect("cut back");
    assert_eq!(std::fs::read(place.out()).expect("an output"), whole);
}

#[tokio::test(start_paused = true)]
async fn an_output_that_refuses_half_a_batch_gets_it_again() {
    let api = the_api();
    for refuse_after in [0, 1, 40] {
        let (output, store) = (Output::default(), MemoryStore::new());
        let follow = || {
            Follow::builder(audit_logs(&api), store.clone(), output.clone())
                .since(START - 10_000)
                .page_size(30)
                .build()
                .expect("valid")
        };
        *output.refuse_after.lock().expect("whole") = Some(refuse_after);
        let error = follow().run().await.expect_err("refused");
        assert!(
            words(&error).contains("the output is full"),
            "{}",
            words(&error)
        );
        assert!(error.to_string().contains("not marked as done"));
        assert_eq!(output.ids().len(), refuse_after, "half a batch is there");
        assert_eq!(store.checkpoint().expect("from the beginning").mark(), None);
        assert!(store.is_empty(), "no id is remembered");
        follow().run_once().await.expect("no error");
        assert_eq!(sorted(output.ids()), recorded(&api, START));
    }
}

#[tokio::test(start_paused = true)]
async fn files_rotate_by_size_and_day_and_hold_every_event_once() {
    let api = api()
        .entries(1_500)
        .span(Duration::from_secs(3 * 86_400))
        .build();
    for (by_size, expected) in [(true, 10), (false, 3)] {
        let place = Place::new();
        let mut ids = Vec::new();
        let mut sink = FileSink::new(place.out());
        sink = if by_size {
            sink.rotate_at(100_000)
        } else {
            sink.rotate_daily()
        };
        let follow = Follow::builder(audit_logs(&api), RedbStore::new(place.state()), sink)
            .since(START - 4 * 86_400)
            .page_size(30);
        follow
            .build()
            .expect("valid")
            .run_once()
            .await
            .expect("collected");
        let mut files: Vec<_> = std::fs::read_dir(place.directory.path())
            .expect("the directory")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "ndjson")
            })
            .collect();
        files.sort();
        assert!(files.len() >= expected, "{files:?}");
        assert!(files[0].ends_with("out-000001.ndjson"), "{files:?}");
        for file in &files {
            assert!(!by_size || std::fs::metadata(file).expect("there").len() <= 100_000);
            ids.extend(ids_in(file));
        }
        assert_eq!(
            ids,
            api.record()
                .into_iter()
                .map(|event| event.id)
                .collect::<Vec<_>>()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn ids_are_forgotten_once_nothing_can_bring_them_again() {
    let api = api().entries(0).arrivals(20.0, 0.0, Duration::ZERO).build();
    let (output, store) = (Output::default(), MemoryStore::new());
    let follow = Follow::builder(audit_logs(&api), store.clone(), output.clone())
        .since(START)
        .deep_scan(Duration::from_secs(600), Duration::from_secs(3_600));
    let follow = follow.build().expect("valid");
    let progress = follow
        .run_until(tokio::time::sleep(Duration::from_secs(40_000)))
        .await
        .expect("no error");
    assert!(progress.events > 13_000, "{progress:?}");
    // 20 a minute over the reach, the time between scans and some minutes more.
    let most = 20 * (3_600 + 600 + 600 + 300) / 60;
    assert!(
        (1_000..most).contains(&store.len()),
        "{} of at most {most}",
        store.len()
    );
    assert!(output.counts().values().all(|count| *count == 1));
}
