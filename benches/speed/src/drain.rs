//! 300,000 entries from a server in another process to ndjson in memory, and by the command.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use bytes::Bytes;
use futures_util::TryStreamExt;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use nix::sys::resource::UsageWho;
use serde::Deserialize;
use serde_json::value::RawValue;
use slack_audit_logs::{AuditLogsClient, LogsRequest, fake::FakeApi};
use tokio::runtime::Runtime;

use crate::time::{Row, turns};

pub const ROWS: &[(&str, fn() -> Row)] = &[
    ("drain to ndjson, raw_entries", drain),
    ("drain to ndjson, the command", command),
];

const ENTRIES: u32 = 300_000;
const TURNS: u32 = 5;

/// Another process, so that its CPU time is not ours.
pub struct Server {
    child: Child,
    pub base_url: String,
}

impl Server {
    pub fn start(entries: u32, latency_ms: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", &entries.to_string(), &latency_ms.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut base_url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut base_url)
            .unwrap();
        let base_url = base_url.trim().to_owned();
        Self { child, base_url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `serve ENTRIES LATENCY_MS`, until standard input ends.
pub fn serve(args: &[String]) {
    let number = |at: usize| args[at].parse::<u32>().unwrap();
    Runtime::new().unwrap().block_on(async {
        let api = FakeApi::builder()
            .entries(number(0))
            .latency(Duration::from_millis(number(1).into()))
            .without_rate_limit()
            .build();
        let server = api.serve().await.unwrap();
        println!("{}", server.base_url());
        let end = || std::io::stdin().read_to_end(&mut Vec::new());
        tokio::task::spawn_blocking(end).await.unwrap().unwrap();
    });
}

fn drain() -> Row {
    let server = Server::start(ENTRIES, 0);
    let runtime = Runtime::new().unwrap();
    let client = client(&server);
    let http = Client::builder(TokioExecutor::new()).build_http();
    turns(
        UsageWho::RUSAGE_SELF,
        TURNS,
        || runtime.block_on(ours(&client)),
        || runtime.block_on(by_hand(&http, &server.base_url)),
    )
}

pub fn client(server: &Server) -> AuditLogsClient {
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(&server.base_url)
        .rate_limit(None)
        .build()
        .unwrap()
}

async fn ours(client: &AuditLogsClient) -> usize {
    let mut entries = client.raw_entries(LogsRequest::new().limit(9_999));
    let mut out = Lines::default();
    while let Some(entry) = entries.try_next().await.unwrap() {
        entry.append_ndjson(&mut out.lines);
        out.end_of_line();
    }
    out.count
}

/// ndjson that goes nowhere, a piece at a time.
#[derive(Default)]
struct Lines {
    lines: Vec<u8>,
    count: usize,
}

impl Lines {
    fn end_of_line(&mut self) {
        self.count += 1;
        if self.lines.len() > 64 << 10 {
            std::io::sink().write_all(&self.lines).unwrap();
            self.lines.clear();
        }
    }
}

pub type Http = Client<HttpConnector, Empty<Bytes>>;

#[derive(Deserialize)]
struct Page<T> {
    entries: Vec<T>,
    response_metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    next_cursor: String,
}

async fn by_hand(http: &Http, base_url: &str) -> usize {
    let mut out = Lines::default();
    let mut cursor = String::new();
    loop {
        let body = get(http, base_url, &cursor).await;
        let page: Page<&RawValue> = serde_json::from_slice(&body).unwrap();
        for entry in page.entries {
            out.lines.extend_from_slice(entry.get().as_bytes());
            out.lines.push(b'\n');
            out.end_of_line();
        }
        cursor = page.response_metadata.next_cursor;
        if cursor.is_empty() {
            return out.count;
        }
    }
}

pub async fn get(http: &Http, base_url: &str, cursor: &str) -> Vec<u8> {
    let cursor = cursor
        .replace('/', "%2F")
        .replace('+', "%2B")
        .replace('=', "%3D");
    let request = Request::get(format!("{base_url}logs?limit=9999&cursor={cursor}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", FakeApi::TOKEN))
        .header(header::ACCEPT_ENCODING, "gzip")
        .body(Empty::new())
        .unwrap();
    let response = http.request(request).await.unwrap();
    assert!(response.status().is_success());
    let gzip = response.headers().contains_key(header::CONTENT_ENCODING);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    if !gzip {
        return body.into();
    }
    let mut decoded = Vec::new();
    flate2::read::GzDecoder::new(&*body)
        .read_to_end(&mut decoded)
        .unwrap();
    decoded
}

/// The command in a release build, which is made here, against the program by hand: each of them a
/// process of its own from start to end, which throws its lines away.
fn command() -> Row {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--features", "cli"])
        .current_dir(&root)
        .status()
        .unwrap();
    assert!(built.success());
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let server = Server::start(ENTRIES, 0);
    let process = |program: PathBuf, args: &[&str]| {
        let status = Command::new(program)
            .args(args)
            .env("SLACK_ORG_ADMIN_USER_TOKEN", FakeApi::TOKEN)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    };
    let ours = || {
        let connection = ["--base-url", &server.base_url, "--rate-limit", "off"];
        let logs = ["logs", "--since", "2018-03-01", "--format", "ndjson"];
        let program = target.join("release/slack-audit-logs");
        process(program, &[&connection[..], &logs].concat());
    };
    let by_hand = || {
        let program = std::env::current_exe().unwrap();
        process(program, &["by-hand", &server.base_url]);
    };
    turns(UsageWho::RUSAGE_CHILDREN, TURNS, ours, by_hand)
}

/// `by-hand BASE_URL`: the program by hand as a process.
pub fn drain_by_hand(base_url: &str) {
    let http = Client::builder(TokioExecutor::new()).build_http();
    let count = Runtime::new().unwrap().block_on(by_hand(&http, base_url));
    assert!(count >= ENTRIES as usize);
}
