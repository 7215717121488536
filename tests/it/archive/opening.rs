//! What opening an archive finds, and what it says of what it cannot go on from.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use futures_util::{TryStreamExt, future::ready, stream};
use object_store::{
    ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, Result,
    memory::InMemory, path::Path,
};
use slack_audit_logs::{
    collect::{
        EntryId,
        destination::{Archive, Commit, Destination},
    },
    model::RawEntry,
};

use super::support::{PREFIX, commit, event, fresh, header, lines};

const DAY: i64 = 86_400;
const BEGIN: i64 = 1_795_176_000;

fn path(key: &str) -> Path {
    Path::from(format!("{PREFIX}/{key}"))
}

async fn get(store: &InMemory, key: &str) -> Option<Bytes> {
    Some(
        store
            .get(&path(key))
            .await
            .ok()?
            .bytes()
            .await
            .expect("in memory"),
    )
}

async fn keys(store: &InMemory) -> Vec<String> {
    let listed: Vec<_> = store.list(None).try_collect().await.expect("in memory");
    let mut keys: Vec<String> = listed
        .into_iter()
        .map(|meta| meta.location.to_string().replace(&format!("{PREFIX}/"), ""))
        .collect();
    keys.sort();
    keys
}

/// An archive with three days of one event each, after which its collector has ended.
async fn filled(store: &Arc<InMemory>) {
    let mut archive = Archive::new(Arc::clone(store) as Arc<dyn ObjectStore>, PREFIX);
    assert_eq!(archive.open().await.expect("opens"), None);
    let mut state = fresh(BEGIN, 2 * DAY);
    let first = commit((BEGIN, BEGIN), vec![], &state);
    archive.commit(&first).await.expect("begins");
    for day in 0..3 {
        let at = BEGIN + day * DAY;
        state["tiers"][0]["end"] = (at + 1).into();
        let events = vec![event(&format!("day-{day}"), at)];
        let commit = commit((at, at + 1), events, &state);
        archive.commit(&commit).await.expect("commits");
    }
    archive.close().await.expect("closes");
}

async fn reopen(store: &Arc<InMemory>) -> String {
    let mut archive = Archive::new(Arc::clone(store) as Arc<dyn ObjectStore>, PREFIX);
    match archive.open().await {
        Ok(_) => "it opens".to_owned(),
        Err(error) => {
            assert!(error.is_refused(), "{error}");
            error.to_string()
        }
    }
}

/// Deletes objects of November, such as `20/00000001`.
async fn delete(store: &InMemory, keys: &[&str]) {
    for key in keys {
        let key = path(&format!("date=2026-11-{key}.ndjson.gz"));
        store.delete(&key).await.expect("deletes");
    }
}

/// The floor that the next collector goes on from.
async fn floor_of(store: &Arc<InMemory>) -> i64 {
    let mut archive = Archive::new(Arc::clone(store) as Arc<dyn ObjectStore>, PREFIX);
    let checkpoint = archive.open().await.expect("opens");
    checkpoint.expect("has begun").floor()
}

#[tokio::test(start_paused = true)]
async fn events_lie_in_the_objects_of_their_dates() {
    let store = Arc::new(InMemory::new());
    filled(&store).await;
    assert_eq!(
        keys(&store).await,
        [
            "_archive",
            "_lease",
            "date=2026-11-20/00000001.ndjson.gz",
            "date=2026-11-20/00000002.ndjson.gz",
            "date=2026-11-20/00000003.ndjson.gz",
            "date=2026-11-21/00000001.ndjson.gz",
            "date=2026-11-21/00000002.ndjson.gz",
            "date=2026-11-22/00000001.ndjson.gz",
        ]
    );
    // The third object of the first date only turns the date.
    let turn = get(&store, "date=2026-11-20/00000003.ndjson.gz")
        .await
        .expect("there");
    assert_eq!(lines(&turn), Vec::<serde_json::Value>::new());
    assert_eq!(
        header(&turn).expect("a header")["next"],
        "date=2026-11-21/00000001.ndjson.gz"
    );
    let day = get(&store, "date=2026-11-22/00000001.ndjson.gz")
        .await
        .expect("there");
    assert_eq!(lines(&day)[0]["id"], "day-2");
}

#[tokio::test(start_paused = true)]
async fn what_was_committed_is_known_to_the_next_collector() {
    let store = Arc::new(InMemory::new());
    filled(&store).await;
    let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
    let checkpoint = archive.open().await.expect("opens").expect("has begun");
    assert_eq!(checkpoint.watermark(), Some(BEGIN + 2 * DAY + 1));
    let ids = ["day-0", "day-2", "another"].map(|id| EntryId::of(&event(id, 0)));
    let known = archive.known(&ids).await.expect("answers");
    assert_eq!(known, [Some(BEGIN + 1), Some(BEGIN + 2 * DAY + 1), None]);
}

/// It stands there as a string of its text, from which nothing reads an id.
#[tokio::test(start_paused = true)]
async fn an_entry_that_is_no_json_is_known_to_the_next_collector() {
    let store = Arc::new(InMemory::new());
    filled(&store).await;
    let broken = RawEntry::from_json(&b"{\"id\":\"broken\",\"note\":\"\x1b\"}"[..]);
    let state = fresh(BEGIN, 2 * DAY);
    let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
    archive.open().await.expect("opens");
    let last = commit((BEGIN, BEGIN + 2 * DAY), vec![broken.clone()], &state);
    archive.commit(&last).await.expect("commits");
    archive.close().await.expect("closes");

    archive.open().await.expect("opens");
    let known = archive.known(&[EntryId::of(&broken)]).await;
    assert_eq!(known.expect("answers"), [Some(BEGIN + 2 * DAY)]);
}

#[tokio::test(start_paused = true)]
async fn a_late_event_goes_into_the_next_object() {
    let store = Arc::new(InMemory::new());
    filled(&store).await;
    let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
    archive.open().await.expect("opens");
    let late = commit(
        (BEGIN, BEGIN),
        vec![event("late", BEGIN)],
        &fresh(BEGIN, DAY),
    );
    archive.commit(&late).await.expect("commits");
    let object = get(&store, "date=2026-11-22/00000002.ndjson.gz")
        .await
        .expect("there");
    assert_eq!(lines(&object)[0]["id"], "late");
}

#[tokio::test(start_paused = true)]
async fn opening_and_refusing_leave_nothing_behind() {
    let store = Arc::new(InMemory::new());
    let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
    assert_eq!(archive.open().await.expect("opens"), None);
    archive.close().await.expect("closes");
    assert_eq!(keys(&store).await, Vec::<String>::new());

    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("audit/archive");
    let mut archive = Archive::directory(&path);
    assert_eq!(archive.open().await.expect("opens"), None);
    archive.close().await.expect("closes");
    assert!(!directory.path().join("audit").exists());
}

#[tokio::test(start_paused = true)]
async fn damage_is_said_in_words() {
    let newest = "date=2026-11-22/00000001.ndjson.gz";
    let middle = "date=2026-11-21/00000001.ndjson.gz";
    let foreign = {
        let gzip = GzBuilder::new().write(Vec::new(), Compression::fast());
        gzip.finish().expect("in memory")
    };
    let cases: [(&str, Option<Vec<u8>>, &str); 9] = [
        (newest, Some(b"".to_vec()), "is damaged: it is too short"),
        (
            newest,
            Some(foreign.clone()),
            "is damaged: its gzip header was rewritten",
        ),
        (
            middle,
            Some(foreign),
            "is damaged: its gzip header was rewritten",
        ),
        (
            middle,
            None,
            "date=2026-11-21/00000001.ndjson.gz is missing",
        ),
        ("_archive", None, "but no _archive"),
        ("_archive", Some(b"{".to_vec()), "_archive is damaged"),
        (
            "_archive",
            Some(b"{\"version\":9}".to_vec()),
            "_archive has version 9",
        ),
        (
            "date=2026-13-40/00000001.ndjson.gz",
            Some(vec![]),
            "it opens",
        ),
        ("date=2099-01-01/notes.txt", Some(vec![]), "it opens"),
    ];
    for (key, bytes, words) in cases {
        let store = Arc::new(InMemory::new());
        filled(&store).await;
        match bytes {
            Some(bytes) => drop(store.put(&path(key), bytes.into()).await.expect("puts")),
            None => store.delete(&path(key)).await.expect("deletes"),
        }
        let said = reopen(&store).await;
        assert!(said.contains(words), "{key}: {said}");
    }

    // An object of another archive in the place of one.
    let (store, other) = (Arc::new(InMemory::new()), Arc::new(InMemory::new()));
    filled(&store).await;
    filled(&other).await;
    let replaced = get(&other, middle).await.expect("there");
    store
        .put(&path(middle), replaced.into())
        .await
        .expect("puts");
    let said = reopen(&store).await;
    assert!(said.contains("does not follow the one before it"), "{said}");
}

/// To the second of the three days.
async fn raise_floor(store: &Arc<InMemory>) {
    let mut archive = Archive::new(Arc::clone(store) as Arc<dyn ObjectStore>, PREFIX);
    archive.open().await.expect("opens");
    let mut state = fresh(BEGIN, DAY);
    state["floor"] = (BEGIN + DAY).into();
    let at = BEGIN + 2 * DAY + 10;
    let risen = commit((at, at), vec![event("more", at)], &state);
    archive.commit(&risen).await.expect("commits");
    archive.close().await.expect("closes");
}

#[tokio::test(start_paused = true)]
async fn what_lies_below_the_floor_may_be_gone() {
    let store = Arc::new(InMemory::new());
    filled(&store).await;
    raise_floor(&store).await;
    for number in 1..=3 {
        let key = format!("date=2026-11-20/{number:08}.ndjson.gz");
        store.delete(&path(&key)).await.expect("deletes");
    }
    assert_eq!(reopen(&store).await, "it opens");
}

/// Also in any order, while objects of dates before the floor are left.
#[tokio::test(start_paused = true)]
async fn what_is_gone_is_found_whatever_is_left() {
    let midnight = BEGIN - BEGIN % DAY;
    for (gone, floor) in [
        (&[][..], BEGIN + DAY),
        (&["20/00000001", "20/00000002"], BEGIN + DAY),
        (&["20/00000001", "20/00000002", "20/00000003"], BEGIN + DAY),
        (&["21/00000001"], midnight + 2 * DAY),
        (
            &["20/00000003", "21/00000001", "21/00000002"],
            midnight + 2 * DAY,
        ),
    ] {
        let store = Arc::new(InMemory::new());
        filled(&store).await;
        raise_floor(&store).await;
        delete(&store, gone).await;
        assert_eq!(floor_of(&store).await, floor, "without {gone:?}");
    }
}

/// A collector that slept wrote behind the chain, and has not deleted it again.
#[tokio::test(start_paused = true)]
async fn what_lies_behind_the_chain_ends_nobody() {
    let midnight = BEGIN - BEGIN % DAY;
    for (gone, behind) in [
        (
            &[
                "20/00000001",
                "20/00000002",
                "20/00000003",
                "21/00000001",
                "21/00000002",
            ][..],
            "20/00000002",
        ),
        (
            &["20/00000001", "20/00000002", "20/00000003", "21/00000001"],
            "21/00000001",
        ),
        (
            &["20/00000001", "20/00000002", "20/00000003"],
            "20/00000003",
        ),
    ] {
        let (store, other) = (Arc::new(InMemory::new()), Arc::new(InMemory::new()));
        filled(&store).await;
        filled(&other).await;
        let file = |key: &str| format!("date=2026-11-{key}.ndjson.gz");
        delete(&store, gone).await;
        let foreign = get(&other, &file(behind)).await.expect("there");
        store
            .put(&path(&file(behind)), foreign.into())
            .await
            .expect("puts");
        let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
        let checkpoint = archive.open().await.expect("opens").expect("has begun");
        let first = if gone.len() == 3 { 1 } else { 2 };
        assert_eq!(checkpoint.floor(), midnight + first * DAY, "{behind}");
    }
}

/// Between two objects that were listed, one is not there: it is missing, unless the one before is
/// gone by now as well.
#[tokio::test(start_paused = true)]
async fn what_is_deleted_while_it_is_read_is_no_damage() {
    let object = |key: &str| path(&format!("date=2026-11-{key}.ndjson.gz"));
    let midnight = BEGIN - BEGIN % DAY;
    for (expires, opens) in [("20/00000001", false), ("21/00000001", true)] {
        let source = Arc::new(InMemory::new());
        filled(&source).await;
        let store = Arc::new(Faulty::default());
        for key in keys(&source).await {
            let bytes = get(&source, &key).await.expect("there");
            store
                .inner
                .put(&path(&key), bytes.into())
                .await
                .expect("puts");
        }
        for key in ["20/00000002", "20/00000003", "21/00000002"] {
            if opens == (key == "21/00000002") {
                store.inner.delete(&object(key)).await.expect("deletes");
            }
        }
        *store.expires.lock().expect("sound") = opens.then(|| object(expires));
        let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
        let error = archive.open().await.expect_err("it is not whole");
        assert_eq!(error.is_outage(), opens, "{error}");
        if opens {
            for key in ["20/00000001", "20/00000002", "20/00000003"] {
                store.inner.delete(&object(key)).await.expect("deletes");
            }
            let checkpoint = archive.open().await.expect("opens").expect("has begun");
            assert_eq!(checkpoint.floor(), midnight + 2 * DAY);
        }
    }
}

/// Where the floor's date has no objects, the object before shows that none of them is gone.
#[tokio::test(start_paused = true)]
async fn days_without_objects_are_told_from_objects_that_are_gone() {
    let midnight = BEGIN - BEGIN % DAY;
    let last = "date=2026-11-20/00000003.ndjson.gz";
    let denied = || object_store::Error::PermissionDenied {
        path: String::new(),
        source: "denied".into(),
    };
    let archived = || object_store::Error::AlreadyExists {
        path: String::new(),
        source: "archived".into(),
    };
    let down = || object_store::Error::Generic {
        store: "Faulty",
        source: "down".into(),
    };
    for (replaced, fault, floor) in [
        (None, None, Some(BEGIN + DAY)),
        // Nobody needs that object itself: it may be gone, damaged, or moved away.
        (Some(&b""[..]), None, Some(midnight + 3 * DAY)),
        (Some(b"x"), None, Some(midnight + 3 * DAY)),
        (None, Some(denied as MakeError), Some(midnight + 3 * DAY)),
        (None, Some(archived), Some(midnight + 3 * DAY)),
        (None, Some(down), None),
        // Another one that was written behind the chain.
        (
            Some(b"date=2026-11-23/00000001.ndjson.gz"),
            None,
            Some(midnight + 3 * DAY),
        ),
    ] {
        let store = Arc::new(Faulty::default());
        let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
        archive.open().await.expect("opens");
        let mut state = fresh(BEGIN, 2 * DAY);
        let first = commit((BEGIN, BEGIN), vec![], &state);
        archive.commit(&first).await.expect("begins");
        for day in [0, 3] {
            let at = BEGIN + day * DAY;
            state["floor"] = (BEGIN + day.min(1) * DAY).into();
            state["tiers"][0]["end"] = (at + 1).into();
            let events = vec![event(&format!("day-{day}"), at)];
            let commit = commit((at, at + 1), events, &state);
            archive.commit(&commit).await.expect("commits");
        }
        archive.close().await.expect("closes");
        match replaced {
            None => {}
            Some(b"") => store.inner.delete(&path(last)).await.expect("deletes"),
            Some(replaced) => {
                let other = std::str::from_utf8(replaced).expect("text");
                let other = get(&store.inner, other).await;
                let bytes = other.unwrap_or_else(|| Bytes::from_static(replaced));
                let put = store.inner.put(&path(last), bytes.into()).await;
                put.expect("puts");
            }
        }
        *store.fault.lock().expect("sound") = fault.map(|fault| (path(last), fault));
        // The first time, and once more when reading has worked before.
        for _ in 0..2 {
            match (archive.open().await, floor) {
                (Ok(checkpoint), Some(floor)) => {
                    let found = checkpoint.expect("has begun").floor();
                    assert_eq!(found, floor, "{replaced:?}");
                }
                (Err(error), None) => assert!(error.is_outage(), "{error}"),
                (opened, _) => panic!("{opened:?}, {replaced:?}"),
            }
        }
    }
}

/// As a lifecycle rule does that keeps too little: the ids that went with it must not be asked for.
#[tokio::test(start_paused = true)]
async fn nothing_is_read_again_whose_ids_are_gone() {
    let midnight = BEGIN - BEGIN % DAY;
    for (gone, floor) in [
        (&[][..], BEGIN),
        (
            &["20/00000001", "20/00000002", "20/00000003"],
            midnight + DAY,
        ),
        (&["20/00000001"], midnight + DAY),
    ] {
        let store = Arc::new(InMemory::new());
        filled(&store).await;
        delete(&store, gone).await;
        assert_eq!(floor_of(&store).await, floor, "without {gone:?}");
    }
}

/// The newest object alone is left, and the date goes on: what is still to come is not left out.
#[tokio::test(start_paused = true)]
async fn what_has_not_been_read_is_not_left_out_though_objects_are_gone() {
    let end = BEGIN + 2 * DAY + 11;
    // The newest event may be younger than the tiers' ends, which follow time down.
    for (newest, floor) in [
        (None, end + 1),
        (Some(end - 1), end + 1),
        (Some(end + 5), end + 6),
    ] {
        let store = Arc::new(InMemory::new());
        filled(&store).await;
        let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
        archive.open().await.expect("opens");
        let mut state = fresh(BEGIN, 2 * DAY);
        state["tiers"][0]["end"] = end.into();
        state["newest"] = newest.into();
        let more = commit((end - 1, end), vec![event("more", end - 1)], &state);
        archive.commit(&more).await.expect("commits");
        archive.close().await.expect("closes");
        let all = store.list(None).map_ok(|meta| meta.location);
        let mut objects: Vec<_> = all.try_collect().await.expect("lists");
        objects.retain(|path| path.as_ref().contains("/date="));
        objects.sort();
        for gone in &objects[..objects.len() - 1] {
            store.delete(gone).await.expect("deletes");
        }
        assert_eq!(floor_of(&store).await, floor, "{newest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_died_as_it_began_is_gone_on_from() {
    let store = Arc::new(InMemory::new());
    filled(&store).await;
    for key in keys(&store).await {
        if key.starts_with("date=") {
            store.delete(&path(&key)).await.expect("deletes");
        }
    }
    let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
    let checkpoint = archive.open().await.expect("opens").expect("has begun");
    assert_eq!(checkpoint.since(), BEGIN);
    archive.close().await.expect("closes");

    // Long after, it has lost its objects.
    let directory = tempfile::tempdir().expect("a directory");
    let mut archive = Archive::directory(directory.path());
    archive.open().await.expect("opens");
    let first = commit((BEGIN, BEGIN), vec![], &fresh(BEGIN, DAY));
    archive.commit(&first).await.expect("begins");
    drop(archive);
    std::fs::remove_dir_all(directory.path().join("date=2026-11-20")).expect("removes");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(7_200);
    let genesis = std::fs::File::options()
        .append(true)
        .open(directory.path().join("_archive"))
        .expect("there");
    genesis.set_modified(long_ago).expect("sets");
    let error = Archive::directory(directory.path())
        .open()
        .await
        .expect_err("lost");
    assert!(error.is_refused(), "{error}");
    assert!(error.to_string().contains("no objects"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_directory_is_locked_and_left_clean() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("archive");
    let mut first = Archive::directory(&path);
    first.open().await.expect("opens");
    let begin = commit((BEGIN, BEGIN), vec![], &fresh(BEGIN, DAY));
    first.commit(&begin).await.expect("begins");
    let at = (BEGIN + 1, BEGIN + 2);
    let more = commit(at, vec![event("a", BEGIN + 1)], &fresh(BEGIN, DAY));
    first.commit(&more).await.expect("commits");
    let leftover = path.join("date=2026-11-20/00000003.ndjson.gz#1");
    std::fs::write(&leftover, b"half").expect("writes");

    let mut second = Archive::directory(&path);
    let standing_by = tokio::time::timeout(Duration::from_secs(60), second.open()).await;
    assert!(standing_by.is_err(), "it stands by while the first works");
    assert!(leftover.exists(), "it may be the first one's");
    first.close().await.expect("closes");
    let opened = tokio::time::timeout(Duration::from_secs(3), second.open()).await;
    let checkpoint = opened.expect("at once").expect("opens");
    assert!(checkpoint.is_some());
    assert!(!leftover.exists());
}

#[tokio::test(start_paused = true)]
async fn a_standby_takes_over_at_once_after_an_end_and_in_time_after_a_death() {
    let store = Arc::new(InMemory::new());
    let archive = || Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
    filled(&store).await;
    let within = async |standby: &mut Archive, seconds| {
        let opened = tokio::time::timeout(Duration::from_secs(seconds), standby.open());
        opened.await.is_ok_and(|opened| opened.is_ok())
    };

    let (mut first, mut second, mut third) = (archive(), archive(), archive());
    assert!(within(&mut first, 1).await, "the lease was released");
    assert!(
        !within(&mut second, 3_600).await,
        "it stands by while the first works"
    );
    first.close().await.expect("closes");
    assert!(within(&mut second, 3).await, "at once");
    assert!(!within(&mut third, 3_600).await);
    drop(second);
    assert!(!within(&mut third, 10).await, "it may only be slow");
    assert!(within(&mut third, 20).await, "in time");
}

type MakeError = fn() -> object_store::Error;

/// A store in memory with a fault.
#[derive(Debug, Default)]
struct Faulty {
    inner: InMemory,
    /// It has never heard of conditions.
    ignores_conditions: bool,
    /// The responses to what is put are lost.
    loses_responses: AtomicBool,
    /// Nothing that is put arrives.
    is_down: AtomicBool,
    /// Nothing may be read.
    refuses: AtomicBool,
    /// What cannot be read, and why.
    fault: Mutex<Option<(Path, MakeError)>>,
    /// What is deleted once it has been read.
    expires: Mutex<Option<Path>>,
}

impl Faulty {
    fn granted(&self) -> Result<()> {
        if self.refuses.load(Relaxed) {
            return Err(object_store::Error::PermissionDenied {
                path: String::new(),
                source: "denied".into(),
            });
        }
        Ok(())
    }
}

impl std::fmt::Display for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        if self.ignores_conditions {
            options = PutMode::Overwrite.into();
        }
        let lost = || object_store::Error::Generic {
            store: "Faulty",
            source: "lost".into(),
        };
        if self.is_down.load(Relaxed) {
            return Err(lost());
        }
        let put = self.inner.put_opts(path, payload, options).await?;
        if self.loses_responses.load(Relaxed) {
            return Err(lost());
        }
        Ok(put)
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: object_store::PutMultipartOptions,
    ) -> Result<Box<dyn object_store::MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(
        &self,
        path: &Path,
        options: object_store::GetOptions,
    ) -> Result<object_store::GetResult> {
        self.granted()?;
        match &*self.fault.lock().expect("sound") {
            // What it is can be told all the same.
            Some((faulty, fault)) if faulty == path && !options.head => return Err(fault()),
            _ => {}
        }
        let result = self.inner.get_opts(path, options).await;
        let expires = self.expires.lock().expect("sound").clone();
        if expires.as_ref() == Some(path) {
            let _ = self.inner.delete(path).await;
        }
        result
    }

    fn delete_stream(
        &self,
        paths: futures_util::stream::BoxStream<'static, Result<Path>>,
    ) -> futures_util::stream::BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(
        &self,
        prefix: Option<&Path>,
    ) -> futures_util::stream::BoxStream<'static, Result<object_store::ObjectMeta>> {
        if let Err(denied) = self.granted() {
            return Box::pin(stream::once(ready(Err(denied))));
        }
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<object_store::ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: object_store::CopyOptions,
    ) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_ignores_put_if_absent_is_found_out() {
    let store = Faulty {
        ignores_conditions: true,
        ..Faulty::default()
    };
    let mut archive = Archive::new(Arc::new(store), PREFIX);
    archive.open().await.expect("opens");
    let first = commit((BEGIN, BEGIN), vec![], &fresh(BEGIN, DAY));
    let error = archive.commit(&first).await.expect_err("careless");
    assert!(error.is_refused(), "{error}");
    assert!(error.to_string().contains("put-if-absent"), "{error}");
}

fn one_more(second: i64) -> Commit {
    let at = BEGIN + 2 * DAY + second;
    commit(
        (at, at),
        vec![event(&format!("more-{second}"), at)],
        &fresh(BEGIN, 2 * DAY),
    )
}

/// Whatever another one put into the lease's place.
#[tokio::test(start_paused = true)]
async fn a_collector_whose_lease_was_taken_commits_nothing_more() {
    let taken = format!(r#"{{"nonce":"{:032x}","released":false}}"#, 7);
    for lease in [&*taken, "no lease"] {
        let store = Arc::new(InMemory::new());
        filled(&store).await;
        let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
        archive.open().await.expect("opens");
        archive.commit(&one_more(10)).await.expect("commits");
        let before = keys(&store).await;
        let lease = lease.to_owned();
        store
            .put(&path("_lease"), lease.into())
            .await
            .expect("puts");
        tokio::time::sleep(Duration::from_secs(6)).await;
        let error = archive.commit(&one_more(11)).await.expect_err("taken over");
        assert!(error.is_superseded(), "{error}");
        assert_eq!(keys(&store).await, before);
        // Nobody renews it, so it is taken back.
        archive.open().await.expect("opens");
        archive.commit(&one_more(11)).await.expect("commits");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_responses_to_what_was_put_change_nothing() {
    let store = Arc::new(Faulty::default());
    let open = || Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
    let mut archive = open();
    archive.open().await.expect("opens");
    let first = commit((BEGIN, BEGIN), vec![], &fresh(BEGIN, 2 * DAY));
    archive.commit(&first).await.expect("begins");
    let seconds = Duration::from_secs;
    for (number, lost) in [(1, 6), (2, 6), (3, 1)] {
        store.loses_responses.store(true, Relaxed);
        tokio::time::sleep(seconds(lost)).await;
        // The object is found where it was put.
        archive.commit(&one_more(number)).await.expect("commits");
        store.loses_responses.store(false, Relaxed);
        // What comes after them does not arrive at all.
        store.is_down.store(true, Relaxed);
        tokio::time::sleep(seconds(6)).await;
        store.is_down.store(false, Relaxed);
        tokio::time::sleep(seconds(600)).await;
        archive
            .commit(&one_more(10 * number))
            .await
            .expect("the lease is held");
    }
    archive.close().await.expect("closes");
    let opened = tokio::time::timeout(seconds(1), open().open()).await;
    opened.expect("it was released").expect("opens");
    assert_eq!(read(&store, 0).await.0.len(), 6);
}

/// Before anything has worked it is somebody's mistake, which waiting does not mend.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_outage_once_the_archive_has_worked() {
    let store = Arc::new(Faulty::default());
    let open = || Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
    let mut archive = open();
    archive.open().await.expect("opens");
    let first = commit((BEGIN, BEGIN), vec![], &fresh(BEGIN, 2 * DAY));
    archive.commit(&first).await.expect("begins");
    archive.commit(&one_more(1)).await.expect("commits");
    archive.close().await.expect("closes");
    archive.open().await.expect("opens again");
    let mut standby = open();
    let minute = Duration::from_secs(60);
    let standing_by = tokio::time::timeout(minute, standby.open()).await;
    assert!(standing_by.is_err(), "it stands by");
    store.refuses.store(true, Relaxed);
    let error = standby.open().await.expect_err("refused");
    assert!(error.is_outage(), "{error}");
    let error = archive.commit(&one_more(2)).await.expect_err("refused");
    assert!(error.is_outage(), "{error}");
    archive.close().await.expect("closes");
    let error = open().open().await.expect_err("refused");
    assert!(error.is_refused(), "{error}");
    store.refuses.store(false, Relaxed);
    archive.open().await.expect("opens");
    assert_eq!(read(&store, 0).await.0.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_another_chain_has_put_there_meanwhile_is_never_joined() {
    let other = Arc::new(InMemory::new());
    filled(&other).await;
    let foreign = get(&other, "date=2026-11-22/00000001.ndjson.gz")
        .await
        .expect("there");
    for (key, left) in [
        // In the place of the next one; behind it; on a later day.
        ("date=2026-11-22/00000002.ndjson.gz", 1),
        ("date=2026-11-22/00000003.ndjson.gz", 1),
        ("date=2026-11-23/00000001.ndjson.gz", 1),
        // Nothing of an archive, and something older, are no reason.
        ("date=2026-11-23/readme", 2),
        ("date=2026-11-20/00000004.ndjson.gz", 2),
    ] {
        let store = Arc::new(InMemory::new());
        filled(&store).await;
        let mut archive = Archive::new(Arc::clone(&store) as Arc<dyn ObjectStore>, PREFIX);
        archive.open().await.expect("opens");
        let before = keys(&store).await.len();
        store
            .put(&path(key), foreign.clone().into())
            .await
            .expect("puts");
        match archive.commit(&one_more(10)).await {
            Ok(()) => assert_eq!(left, 2, "{key}"),
            Err(error) => assert!(error.is_superseded() && left == 1, "{key}: {error}"),
        }
        assert_eq!(keys(&store).await.len(), before + left, "{key}");
    }
}

#[tokio::test]
async fn settings_are_told_and_no_store() {
    let archive = Archive::new(Arc::new(InMemory::new()), "audit/logs");
    let seconds = Duration::from_secs;
    assert_eq!(Destination::flush_interval(&archive), seconds(60));
    assert_eq!(archive.flush_bytes(), 67_108_864);
    assert_eq!(archive.cut_every(), Some(seconds(86_400)));
    let told =
        "Archive { prefix: \"audit/logs\", flush_interval: 60s, max_object_size: 67108864, .. }";
    assert_eq!(format!("{archive:?}"), told);
    let archive = archive.flush_interval(seconds(5)).max_object_size(9);
    assert_eq!(
        (Destination::flush_interval(&archive), archive.flush_bytes()),
        (seconds(5), 9)
    );
}

#[tokio::test]
async fn what_is_no_directory_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "x").expect("written");
    for (path, words) in [(file.clone(), "no directory"), (file.join("below"), "file")] {
        let error = Archive::directory(path).open().await.expect_err("refused");
        assert!(
            error.is_refused() && error.to_string().contains(words),
            "{error}"
        );
    }
    let not_there = directory.path().join("new/one");
    assert_eq!(
        Archive::directory(&not_there).open().await.expect("fresh"),
        None
    );
    assert!(!not_there.exists(), "it is made with the first commit");
}

/// The ids of what is read, and how it ends.
async fn read(store: &Arc<impl ObjectStore>, since: i64) -> (Vec<String>, Option<String>) {
    let archive = Archive::new(Arc::clone(store) as Arc<dyn ObjectStore>, PREFIX);
    let mut objects = archive.objects(since);
    let mut ids = Vec::new();
    loop {
        match objects.try_next().await {
            Ok(Some(object)) => {
                let id = |line: serde_json::Value| line["id"].as_str().expect("an id").to_owned();
                ids.extend(lines(&object).into_iter().map(id));
            }
            Ok(None) => return (ids, None),
            Err(error) => return (ids, Some(error.to_string())),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn readers_get_what_the_chain_holds_and_nothing_else() {
    let store = Arc::new(InMemory::new());
    let (_, nothing) = read(&store, 0).await;
    assert!(nothing.expect("an error").contains("there is no archive"));
    filled(&store).await;
    let all = ["day-0", "day-1", "day-2"];
    assert_eq!(read(&store, 0).await, (all.map(str::to_owned).into(), None));
    let (later, _) = read(&store, BEGIN + DAY).await;
    assert_eq!(later, all[1..]);
    // It has taken nothing from the collectors.
    assert_eq!(reopen(&store).await, "it opens");

    // Whether it has begun or lost its beginning: what is there can be read.
    let (begun, beheaded) = (Arc::new(InMemory::new()), Arc::new(InMemory::new()));
    filled(&beheaded).await;
    beheaded.delete(&path("_archive")).await.expect("deletes");
    assert_eq!(
        read(&beheaded, BEGIN + DAY).await,
        read(&store, BEGIN + DAY).await
    );
    let genesis = get(&store, "_archive").await.expect("there");
    begun
        .put(&path("_archive"), genesis.into())
        .await
        .expect("puts");
    assert_eq!(read(&begun, 0).await, (vec![], None));

    // What the objects of the first date were has expired, but for one that was written when they
    // had: it follows nothing, and nothing follows it.
    let first = "date=2026-11-20/00000001.ndjson.gz";
    let second = "date=2026-11-20/00000002.ndjson.gz";
    let turn = "date=2026-11-20/00000003.ndjson.gz";
    store.delete(&path(first)).await.expect("deletes");
    store.delete(&path(turn)).await.expect("deletes");
    assert_eq!(
        read(&store, 0).await,
        (all[1..].iter().map(|&id| id.to_owned()).collect(), None),
    );
    store.delete(&path(second)).await.expect("deletes");

    // A hole in the chain, an object of another archive, and a damaged one are told.
    let other = Arc::new(InMemory::new());
    filled(&other).await;
    let newest = "date=2026-11-22/00000001.ndjson.gz";
    let replaced = get(&other, newest).await.expect("there");
    store
        .put(&path(newest), replaced.into())
        .await
        .expect("puts");
    let (_, error) = read(&store, 0).await;
    assert!(error.expect("an error").contains("does not follow"));
    let turn = "date=2026-11-21/00000002.ndjson.gz";
    store.delete(&path(turn)).await.expect("deletes");
    other.delete(&path(turn)).await.expect("deletes");
    let (_, error) = read(&other, 0).await;
    assert!(error.expect("an error").contains("is missing"));
    other
        .put(&path(first), Bytes::from_static(b"x").into())
        .await
        .expect("puts");
    let (_, error) = read(&other, 0).await;
    assert!(error.expect("an error").contains("is damaged"));
}
