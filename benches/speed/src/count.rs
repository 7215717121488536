//! Main paths, each gone once by one thread over fixed data, for valgrind to count instructions.

use std::{convert::Infallible, hint::black_box, io::Write};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures_util::{FutureExt, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use slack_audit_logs::{
    Body, LogsRequest, http,
    layers::{CollectBodyLayer, DecompressionLayer},
    model::{FromBody, LogsResponse, RawPage},
};
use tower::{ServiceBuilder, ServiceExt};

use crate::{client::over_empty_pages, pages};

const ENTRIES: usize = 2_000;
/// What a read of the transport brings.
const READ: usize = 16 << 10;
const CALLS: usize = 100;

pub fn run(path: &str) {
    match path {
        "raw-page" => raw_page(),
        "raw-bytes" => raw_bytes(),
        "typed-page" => typed_page(),
        "ndjson" => ndjson(),
        "gzip-page" => gzip_page(),
        "call" => call(),
        _ => panic!("no such path: {path}"),
    }
}

/// All that is counted. `.ci/instructions` knows this name.
#[inline(never)]
fn counted(path: &mut dyn FnMut()) {
    path();
}

fn page() -> Bytes {
    pages::page(ENTRIES).into()
}

fn raw_page() {
    let body = page();
    counted(&mut || {
        let page = RawPage::parse(body.clone()).unwrap();
        for entry in page.iter() {
            black_box((entry.id(), entry.date_create(), entry.action()));
        }
    });
}

fn raw_bytes() {
    let body = page();
    counted(&mut || {
        let page = RawPage::parse(body.clone()).unwrap();
        black_box(page.iter().map(|entry| entry.json().len()).sum::<usize>());
    });
}

fn typed_page() {
    let body = page();
    counted(&mut || drop(black_box(LogsResponse::from_body(&body).unwrap())));
}

fn ndjson() {
    let page = RawPage::parse(page()).unwrap();
    let mut lines = Vec::new();
    counted(&mut || {
        for entry in page.iter() {
            entry.append_ndjson(&mut lines);
        }
    });
    black_box(lines);
}

/// From the transport's reads to entries.
fn gzip_page() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&page()).unwrap();
    let gzip = Bytes::from(gzip.finish().unwrap());
    let service = ServiceBuilder::new()
        .layer(CollectBodyLayer::default())
        .layer(DecompressionLayer::new())
        .service_fn(|_: http::Request<Body>| {
            let frames: Vec<_> = (0..gzip.len())
                .step_by(READ)
                .map(|at| gzip.slice(at..gzip.len().min(at + READ)))
                .map(|data| Ok::<_, Infallible>(Frame::data(data)))
                .collect();
            let response = http::Response::builder()
                .header("content-encoding", "gzip")
                .body(StreamBody::new(stream::iter(frames)))
                .unwrap();
            async { Ok::<_, Infallible>(response) }
        });
    counted(&mut || {
        let response = service.clone().oneshot(http::Request::new(Body::empty()));
        let body = response.now_or_never().unwrap().unwrap().into_body();
        assert_eq!(RawPage::parse(body).unwrap().entries().len(), ENTRIES);
    });
}

/// The default client's calls over a transport that has its response at once.
fn call() {
    let client = over_empty_pages();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let calls = async || {
        for _ in 0..CALLS {
            client.logs(LogsRequest::new().limit(1)).await.unwrap();
        }
    };
    runtime.block_on(calls());
    counted(&mut || runtime.block_on(calls()));
}
