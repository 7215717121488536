//! Collected events in files and archives: ndjson, plain or gzip, one after the other, a line in
//! memory at a time.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    iter,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::{Buf, Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;
use futures_util::{
    Stream, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use serde::de::IgnoredAny;
use slack_audit_logs::{
    collect::destination::{Archive, DestinationError},
    model::RawEntry,
};
use tokio::{runtime::Handle, sync::mpsc};

use crate::{
    archive,
    args::Global,
    exit::{self, Exit},
    progress::Screen,
};

/// So much is read at once; a line that is longer takes as much as it needs.
const PIECE: usize = 256 << 10;
/// No event is longer: the whole page that it came in is not, by default.
const LONGEST: usize = 64 << 20;
/// Pieces that wait to be taken.
const AHEAD: usize = 4;

/// What to do about a store that fails.
const STORE: &str = "\n  look at its name, at credentials, region and endpoint in the \
                     environment (AWS_…, GOOGLE_…, AZURE_…), and at the network";

pub(super) enum Input {
    Stdin,
    File(PathBuf),
    /// The objects of an archive, as they are asked for.
    Archive(PathBuf, BoxStream<'static, Result<Bytes, DestinationError>>),
}

impl Input {
    fn archive(name: &Path, archive: Archive, since: i64) -> Self {
        Self::Archive(name.to_owned(), archive.objects(since))
    }

    fn name(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) | Self::Archive(path, _) => path.display().to_string(),
        }
    }
}

/// What is behind the arguments: in their order, and the files of a directory from the oldest
/// events to the youngest. What is older than `since` may be left out.
pub(super) fn expand(
    global: &Global,
    from: &[PathBuf],
    since: i64,
    screen: &Screen,
) -> Result<Vec<Input>, Exit> {
    let mut inputs = Vec::new();
    for path in from {
        if path == Path::new("-") {
            inputs.push(Input::Stdin);
            continue;
        }
        if let Some(archive) = archive::at_url(global, path)? {
            inputs.push(Input::archive(path, archive, since));
            continue;
        }
        let cannot = |error| Exit::unreadable(path.display(), &error);
        let meta = fs::metadata(path).map_err(cannot)?;
        if !meta.is_dir() {
            inputs.push(Input::File(path.clone()));
            continue;
        }
        // An archive knows itself what belongs to it.
        if path.join("_archive").is_file() {
            inputs.push(Input::archive(path, Archive::directory(path), since));
            continue;
        }
        let mut found = Found::default();
        found.add(path).map_err(cannot)?;
        let (name, others) = (path.display(), found.others);
        if found.files.is_empty() {
            return Err(Exit::local_file(format!(
                "{name}: there is no file of events in it \
                 (*.ndjson, *.jsonl, *.json, rotated or .gz)"
            )));
        }
        if others > 0 {
            screen.note(&format!(
                "{name}: {others} files of other names are left out"
            ));
        }
        // By the time of each file's first event; where that says nothing, by name. Those without
        // an event, such as a day on which nothing happened, do not matter.
        found
            .files
            .sort_by_cached_key(|path| (first_date(path), path.clone()));
        inputs.extend(found.files.into_iter().map(Input::File));
    }
    Ok(inputs)
}

#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    others: usize,
}

impl Found {
    fn add(&mut self, directory: &Path) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // Hidden, and an archive's own files beside its events.
            if name.starts_with(['.', '_']) {
                continue;
            }
            // A link to a directory may lead in a circle, and a pipe to nothing at all.
            let is_file = || entry.path().metadata().is_ok_and(|meta| meta.is_file());
            if entry.file_type()?.is_dir() {
                self.add(&entry.path())?;
            } else if is_of_events(&name) && is_file() {
                self.files.push(entry.path());
            } else {
                self.others += 1;
            }
        }
        Ok(())
    }
}

/// Whether a file in a directory is one of events, by its name: `audit.ndjson`, `audit.ndjson.1`,
/// `audit-2026-11-01.ndjson.gz`, `00000001.ndjson.gz`.
fn is_of_events(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let unfinished = [".part", ".tmp", ".state", ".lock", ".redb"];
    if name.contains('#') || unfinished.iter().any(|end| name.ends_with(end)) {
        return false;
    }
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let is_json = Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "json");
    is_json || name.contains(".ndjson") || name.contains(".jsonl")
}

fn first_date(path: &Path) -> Option<i64> {
    let mut lines = Lines::of(File::open(path).ok()?).ok()?;
    let dates = iter::from_fn(|| Some(RawEntry::from_json(lines.next().ok()??).date_create()));
    dates.take(10).flatten().next()
}

pub(super) fn read(
    inputs: Vec<Input>,
) -> (
    impl Stream<Item = Result<RawEntry, Exit>> + Send,
    Arc<Tally>,
) {
    let (sender, receiver): (Sender, _) = mpsc::channel(AHEAD);
    let tally = Arc::new(Tally::default());
    let counts = Arc::clone(&tally);
    tokio::task::spawn_blocking(move || {
        for input in inputs {
            if let Err(error) = read_input(input, &sender, &counts) {
                // Nobody listens any more: the reader has enough.
                let _ = sender.blocking_send(Err(error));
                return;
            }
        }
        if let Some(error) = counts.nothing_is_an_event() {
            let _ = sender.blocking_send(Err(error));
        }
    });
    let batches = stream::unfold(receiver, async |mut receiver| {
        Some((receiver.recv().await?, receiver))
    });
    let entries = batches.map_ok(|batch| stream::iter(batch).map(Ok));
    (entries.try_flatten(), tally)
}

type Sender = mpsc::Sender<Result<Vec<RawEntry>, Exit>>;

fn read_input(input: Input, sender: &Sender, tally: &Tally) -> Result<(), Exit> {
    let name = input.name();
    let read = |lines| read_lines(&name, lines, sender, tally);
    match input {
        Input::Stdin => read(Lines::of(io::stdin())),
        Input::File(path) => read(File::open(path).and_then(Lines::of)),
        Input::Archive(_, mut objects) => {
            let mut next = || Handle::current().block_on(objects.try_next());
            while let Some(object) = next().map_err(|error| of_archive(&name, &error))?
                && !sender.is_closed()
            {
                read(Lines::of(object.reader()))?;
            }
            Ok(())
        }
    }
}

fn read_lines(
    name: &str,
    lines: io::Result<Lines>,
    sender: &Sender,
    tally: &Tally,
) -> Result<(), Exit> {
    let cannot = |error| Exit::unreadable(name, &error);
    let mut lines = lines.map_err(cannot)?;
    let mut ended = None;
    while ended.is_none() {
        let (mut batch, mut size) = (Vec::new(), 0);
        while size < PIECE {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                end => {
                    ended = Some(end);
                    break;
                }
            };
            size += line.len();
            let Some(line) = event_of(&line) else {
                continue;
            };
            each_event(line, |entry| {
                let is_event = entry.id().is_some()
                    || entry.date_create().is_some()
                    || entry.action().is_some();
                if is_event {
                    batch.push(entry);
                } else {
                    tally.count_strange(name, lines.number);
                }
            });
        }
        if !batch.is_empty() {
            tally.any.store(true, Ordering::Relaxed);
            if sender.blocking_send(Ok(batch)).is_err() {
                return Ok(());
            }
        }
    }
    // What stands before the trouble is worth having.
    ended.transpose().map(drop).map_err(cannot)
}

/// What of a line may be an event: a JSON array with one event a line, as `--format json` writes
/// it, has a little more.
fn event_of(line: &Bytes) -> Option<Bytes> {
    let text = line.trim_ascii();
    let text = text.strip_suffix(b",").unwrap_or(text);
    (!matches!(text, b"" | b"[" | b"]" | b"[]")).then(|| line.slice_ref(text))
}

/// The events of a line: one, as a rule. One that is no valid JSON stands in files and archives as
/// a JSON string of its bytes.
fn each_event(line: Bytes, mut take: impl FnMut(RawEntry)) {
    if line.starts_with(b"\"")
        && let Ok(text) = serde_json::from_slice::<String>(&line)
    {
        return take(RawEntry::from_json(text));
    }
    let entry = RawEntry::from_json(line.clone());
    if entry.is_json() {
        return take(entry);
    }
    let mut rest = line;
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_slice(&rest).into_iter::<IgnoredAny>();
        let end = match values.next() {
            Some(Ok(_)) => values.byte_offset(),
            _ => rest.len(),
        };
        take(RawEntry::from_json(rest.split_to(end)));
        let is_between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
        let between = rest.iter().take_while(|byte| is_between(byte)).count();
        drop(rest.split_to(between));
    }
}

fn of_archive(name: &str, error: &DestinationError) -> Exit {
    let words = format!("{name}: {}", exit::with_causes(error, error.to_string()));
    if error.is_refused() {
        Exit::local_file(words)
    } else {
        Exit::network(words + STORE)
    }
}

/// What files held beside events.
#[derive(Default)]
pub(super) struct Tally {
    /// Whether there is an event at all.
    any: AtomicBool,
    strange: AtomicU64,
    first: OnceLock<String>,
}

impl Tally {
    fn count_strange(&self, name: &str, line: u64) {
        self.strange.fetch_add(1, Ordering::Relaxed);
        self.first.get_or_init(|| format!("{name}, line {line}"));
    }

    fn nothing_is_an_event(&self) -> Option<Exit> {
        let first = self.first.get()?;
        (!self.any.load(Ordering::Relaxed)).then(|| {
            Exit::local_file(format!(
                "{first} is no event, nor is any other line: --from reads ndjson, one event a line"
            ))
        })
    }

    pub(super) fn tell(&self, screen: &Screen) {
        let count = self.strange.load(Ordering::Relaxed);
        if let Some(first) = self.first.get() {
            screen.note(&format!(
                "{count} lines are no events, and left out; the first: {first}"
            ));
        }
    }
}

/// The lines of a file, each a slice of the piece that it came in.
struct Lines {
    from: Box<dyn Read + Send>,
    buffer: BytesMut,
    /// So much of the buffer holds no line break.
    searched: usize,
    is_end: bool,
    number: u64,
}

impl Lines {
    /// Of what may be compressed: its first bytes tell; names lie.
    fn of(raw: impl Read + Send + 'static) -> io::Result<Self> {
        let mut raw = BufReader::with_capacity(PIECE, raw);
        let is_gzip = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        Ok(Self {
            from: if is_gzip {
                Box::new(MultiGzDecoder::new(raw))
            } else {
                Box::new(raw)
            },
            buffer: BytesMut::new(),
            searched: 0,
            is_end: false,
            number: 0,
        })
    }

    /// The next line, without its line break.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let found = memchr::memchr(b'\n', &self.buffer[self.searched..]);
            let end = found.map_or(self.buffer.len(), |at| self.searched + at);
            if found.is_some() || self.is_end {
                let mut line = self.buffer.split_to(end).freeze();
                self.buffer.advance(found.map_or(0, |_| 1));
                self.searched = 0;
                self.number += 1;
                // The first line may begin with a byte order mark.
                if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
                    line.advance(3);
                }
                return Ok((found.is_some() || !line.is_empty()).then_some(line));
            }
            self.searched = end;
            if end > LONGEST {
                let (number, most) = (self.number + 1, LONGEST >> 20);
                let words = format!("line {number} is longer than {most} MiB");
                return Err(io::Error::other(words));
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let length = self.buffer.len();
        self.buffer.resize(length + PIECE, 0);
        let read = loop {
            match self.from.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.buffer.truncate(length + read);
        self.is_end = read == 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &'static [u8]) -> Vec<String> {
        let mut lines = Lines::of(text).expect("readable");
        let next = || lines.next().expect("readable");
        let all = iter::from_fn(next).map(|line| String::from_utf8_lossy(&line).into_owned());
        all.collect()
    }

    #[test]
    fn every_line_once() {
        assert_eq!(lines(b"a\nbc\n\nd"), ["a", "bc", "", "d"]);
        assert_eq!(lines(b"a\n"), ["a"]);
        assert!(lines(b"").is_empty());
        let marked = b"\xef\xbb\xbfa\n\xef\xbb\xbfb";
        assert_eq!(lines(marked), ["a", "\u{feff}b"]);
    }

    #[test]
    fn what_a_file_of_events_is_called() {
        let events = "audit.ndjson audit.ndjson.1 audit.ndjson.12.gz audit.2026-11-01.ndjson.gz \
                      x.jsonl x.json 00000001.ndjson.gz";
        for name in events.split_whitespace() {
            assert!(is_of_events(name), "{name}");
        }
        for name in [
            "audit.ndjson.part",
            "audit.ndjson.state",
            "a.csv",
            "x.ndjson.gz#1",
        ] {
            assert!(!is_of_events(name), "{name}");
        }
    }

    #[test]
    fn every_event_of_a_line() {
        for (line, expected) in [
            (r#"{"id":"a"}{"id":"b"}"#, &["a", "b"][..]),
            (r#"{"id":"a"} , {"id":"b"} {"id":"c"}"#, &["a", "b", "c"]),
            (r#"{"id":"a"}{"id":"b","date_cre"#, &["a", "b"]),
            (r#"{"id":"a"}"#, &["a"]),
            ("{\"id\":\"a\",\"note\":\"\u{1b}\"}", &["a"]),
            (r#""{\"id\":\"a\",\"note\":\"\u001b\"}""#, &["a"]),
            (r#""text""#, &[""]),
        ] {
            let mut ids = Vec::new();
            let take = |entry: RawEntry| ids.push(entry.id().unwrap_or_default().to_owned());
            each_event(Bytes::from(line), take);
            assert_eq!(ids, expected, "{line}");
        }
    }

    #[test]
    fn arrays_with_an_event_a_line_are_read_too() {
        for line in ["[", "]", "  "] {
            assert_eq!(event_of(&Bytes::from(line)), None, "{line}");
        }
        let event = event_of(&Bytes::from(" {\"a\":1},\r"));
        assert_eq!(event.as_deref(), Some(&b"{\"a\":1}"[..]));
    }
}
