//! A store that fails at random, processes that freeze and die, and what is in an archive.

use std::{
    collections::HashMap,
    fmt,
    io::Read,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result, memory::InMemory, path::Path,
};
use serde_json::{Value, json};
use slack_audit_logs::{
    collect::destination::{Batch, BatchEntry, Checkpoint, Commit},
    model::RawEntry,
};
use tokio::sync::watch;

use crate::support::chaos::Chaos;

/// Where the archives of these tests lie.
pub const PREFIX: &str = "organization/audit";

/// How often each fault happens, in a thousand operations.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    /// It fails and changes nothing.
    pub before: i64,
    /// It is done, and the response is lost.
    pub after: i64,
    /// A put fails, and arrives some time later.
    pub late: i64,
    /// A conditional put is refused, whatever stands there.
    pub false_conflict: i64,
}

/// What all writers share.
pub struct World {
    pub store: InMemory,
    pub chaos: Arc<Chaos>,
    pub faults: Faults,
    /// Every object that ever was created, by its id, with its key.
    pub created: Mutex<HashMap<String, (String, Bytes)>>,
}

impl World {
    pub fn new(chaos: Arc<Chaos>, faults: Faults) -> Arc<Self> {
        Arc::new(Self {
            store: InMemory::new(),
            chaos,
            faults,
            created: Mutex::default(),
        })
    }

    /// Which fault an operation meets.
    fn roll(&self, is_put: bool, is_conditional: bool) -> &'static str {
        if self.chaos.is_calm() {
            return "none";
        }
        let Faults {
            before,
            after,
            late,
            false_conflict,
        } = self.faults;
        let roll = self.chaos.below(1_000);
        let mut below = 0;
        for (name, share) in [
            ("store before", before),
            ("store after", after),
            ("store late", if is_put { late } else { 0 }),
            (
                "store conflict",
                if is_conditional { false_conflict } else { 0 },
            ),
        ] {
            below += share;
            if roll < below {
                self.chaos.count(name);
                return name;
            }
        }
        "none"
    }

    async fn put(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let bytes = Bytes::from(payload.clone());
        let result = self.store.put_opts(path, payload, options).await?;
        if let Some(header) = header(&bytes) {
            let id = header["id"].as_str().expect("an id").to_owned();
            let key = path.as_ref().strip_prefix(PREFIX).expect("below");
            let key = key.trim_start_matches('/').to_owned();
            self.created.lock().expect("sound").insert(id, (key, bytes));
        }
        Ok(result)
    }
}

/// A process: it may be frozen or die before and after any of its operations.
#[derive(Clone)]
pub struct Machine {
    pub world: Arc<World>,
    /// Nothing happens in it.
    pub frozen: Arc<watch::Sender<bool>>,
    /// It has died in the middle of something.
    pub dead: Arc<AtomicBool>,
}

impl Machine {
    pub fn new(world: &Arc<World>) -> Self {
        Self {
            world: Arc::clone(world),
            frozen: Arc::new(watch::Sender::new(false)),
            dead: Arc::default(),
        }
    }

    /// Any moment at which it may lose the processor.
    pub async fn pass(&self) {
        let chaos = &self.world.chaos;
        chaos.step();
        if !chaos.is_calm() && chaos.chance(0.003) {
            chaos.count("died");
            self.dead.store(true, Relaxed);
            self.frozen.send_replace(true);
        }
        let mut frozen = self.frozen.subscribe();
        frozen.wait_for(|frozen| !frozen).await.expect("kept");
        let pause = u64::try_from(chaos.below(500)).expect("positive");
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    async fn run<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.pass().await;
        let fault = self.world.roll(false, false);
        if fault == "store before" {
            return Err(failure());
        }
        let done = work.await;
        self.pass().await;
        if fault == "store after" {
            return Err(failure());
        }
        done
    }
}

fn failure() -> Error {
    Error::Generic {
        store: "simulated",
        source: "xoxp-CANARY in a peer's text".into(),
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine")
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine")
    }
}

#[async_trait]
impl ObjectStore for Machine {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.pass().await;
        let conditional = !matches!(options.mode, PutMode::Overwrite);
        match self.world.roll(true, conditional) {
            "store before" => return Err(failure()),
            "store after" => {
                let _ = self.world.put(path, payload, options).await;
                self.pass().await;
                return Err(failure());
            }
            "store late" => {
                let (world, path) = (Arc::clone(&self.world), path.clone());
                let delay = u64::try_from(world.chaos.below(300)).expect("positive");
                let delay = Duration::from_secs(delay);
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    let _ = world.put(&path, payload, options).await;
                });
                return Err(failure());
            }
            "store conflict" => {
                return Err(Error::AlreadyExists {
                    path: path.to_string(),
                    source: "so it says".into(),
                });
            }
            _ => {}
        }
        let result = self.world.put(path, payload, options).await;
        self.pass().await;
        result
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        unreachable!("an object is put at once")
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.run(self.world.store.get_opts(path, options)).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let machine = self.clone();
        paths
            .then(move |path| {
                let machine = machine.clone();
                async move {
                    let path = path?;
                    machine.run(machine.world.store.delete(&path)).await?;
                    Ok(path)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let machine = self.clone();
        let prefix = prefix.cloned();
        let listed = async move {
            let all = machine.world.store.list(prefix.as_ref());
            let mut all: Vec<_> = machine.run(all.try_collect()).await?;
            // In no order, as directory buckets have it.
            all.reverse();
            Ok::<_, Error>(futures_util::stream::iter(all.into_iter().map(Ok)))
        };
        futures_util::stream::once(listed).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.run(self.world.store.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        unreachable!("nothing is copied")
    }
}

/// The archive's line of JSON in an object's gzip header, read without the crate's help.
pub fn header(object: &[u8]) -> Option<Value> {
    serde_json::from_slice(&own_field(object)?.0).ok()
}

/// The floor of an object's checkpoint.
pub fn floor(object: &[u8]) -> i64 {
    let (_, checkpoint) = own_field(object).expect("a header");
    let checkpoint: Value = serde_json::from_slice(&checkpoint).expect("JSON");
    checkpoint["floor"].as_i64().expect("a second")
}

/// The line and the checkpoint, which a checksum of four bytes ends.
fn own_field(object: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let gzip = GzDecoder::new(object);
    let extra = gzip.header()?.extra()?;
    let content = extra.strip_prefix(b"SA")?.get(2..)?;
    let end = content.iter().position(|byte| *byte == b'\n')?;
    let checkpoint = content.get(end + 1..content.len() - 4)?;
    Some((content[..end].to_vec(), checkpoint.to_vec()))
}

/// An object's events.
pub fn lines(object: &[u8]) -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(object)
        .read_to_string(&mut text)
        .expect("gzip");
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).expect("an event"))
        .collect()
}

/// A date as it stands in a key, of a second.
pub fn date(second: i64) -> String {
    let time = jiff::Timestamp::from_second(second).expect("in range");
    time.strftime("date=%Y-%m-%d").to_string()
}

pub fn event(id: &str, date: i64) -> RawEntry {
    RawEntry::from_json(format!(
        r#"{{"id":"{id}","date_create":{date},"action":"x"}}"#
    ))
}

/// A commit of some events with the checkpoint after them, as the engine makes them.
pub fn commit(range: (i64, i64), events: Vec<RawEntry>, checkpoint: &Value) -> Commit {
    let entries: Vec<BatchEntry> = events
        .into_iter()
        .map(|event| BatchEntry::new(event, false))
        .collect();
    let ids = entries.iter().map(|entry| (entry.id, range.1)).collect();
    let bytes = serde_json::to_vec(checkpoint).expect("JSON");
    let checkpoint = Checkpoint::from_bytes(&bytes).expect("a checkpoint");
    Commit::new(Batch::new(range.0..=range.1, entries), checkpoint, ids)
}

/// The checkpoint of a collector that begins.
pub fn fresh(since: i64, reach: i64) -> Value {
    json!({
        "version": 2, "mode": "follow", "filters": "f", "since": since, "floor": since,
        "newest": null,
        "tiers": [{"reach": reach, "end": null, "pass": null}],
    })
}

/// Follows the chain from its beginning over everything that ever was created, and returns the
/// keys with their objects. What is not on it, and has not been deleted, comes second.
pub async fn chain(world: &World) -> (Vec<(String, Bytes)>, Vec<String>) {
    let created = world.created.lock().expect("sound").clone();
    let genesis = world
        .store
        .get(&Path::from(PREFIX).join("_archive"))
        .await
        .expect("it has begun")
        .bytes()
        .await
        .expect("in memory");
    let genesis: Value = serde_json::from_slice(&genesis).expect("JSON");
    let mut following: HashMap<String, Vec<String>> = HashMap::new();
    for (id, (_, object)) in &created {
        let previous = header(object).expect("a header")["previous"].clone();
        let previous = previous.as_str().expect("an id").to_owned();
        following.entry(previous).or_default().push(id.clone());
    }
    // A writer that slept may have put an object behind the chain; what goes on is the chain.
    let mut depth: HashMap<String, usize> = HashMap::new();
    let mut order: Vec<&String> = vec![];
    let mut queue = vec![genesis["id"].as_str().expect("an id").to_owned()];
    let root = queue[0].clone();
    while let Some(id) = queue.pop() {
        for next in following.get(&id).into_iter().flatten() {
            order.push(next);
            queue.push(next.clone());
        }
    }
    for id in order.iter().rev() {
        let deepest = following.get(*id).into_iter().flatten();
        let deepest = deepest.map(|next| depth[next] + 1).max().unwrap_or(0);
        depth.insert((*id).clone(), deepest);
    }
    let mut objects = Vec::new();
    let mut at = root;
    let mut expected = genesis["first"].as_str().expect("a key").to_owned();
    let mut on_chain = std::collections::HashSet::new();
    while let Some(next) = following.get(&at) {
        at = next
            .iter()
            .max_by_key(|id| depth[*id])
            .expect("one")
            .clone();
        let (key, object) = created[&at].clone();
        assert_eq!(key, expected, "an object lies where the one before says");
        let header = header(&object).expect("a header");
        header["next"]
            .as_str()
            .expect("a key")
            .clone_into(&mut expected);
        on_chain.insert(at.clone());
        objects.push((key, object));
    }
    let mut orphans = Vec::new();
    for (id, (key, object)) in &created {
        let path = Path::from(format!("{PREFIX}/{key}"));
        let there = match world.store.get(&path).await {
            Ok(found) => Some(found.bytes().await.expect("in memory")),
            Err(_) => None,
        };
        if !on_chain.contains(id) && there.as_ref() == Some(object) {
            orphans.push(key.clone());
        }
    }
    (objects, orphans)
}
