//! What the stack adds to bare hyper: the same GET over loopback HTTP with hyper-util's client
//! alone, and through the whole client.
//!
//! `cargo bench --bench stack`; compare `hyper` with `stack` of one run. `layers_only` is the stack
//! over a transport that answers at once.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use slack_audit_logs::{
    AuditLogsClient, Body, LogsRequest,
    fake::{FakeApi, ScriptedResponse},
    http,
};

const PAGE: &str = r#"{"entries":[],"response_metadata":{"next_cursor":""}}"#;

fn stack(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let api = FakeApi::builder().without_rate_limit().gzip(false).build();
    api.script(
        ScriptedResponse::status(200)
            .header("content-type", "application/json")
            .body(PAGE)
            .forever(),
    );
    let server = runtime.block_on(api.serve()).expect("loopback");
    let builder = || {
        AuditLogsClient::builder()
            .token(FakeApi::TOKEN)
            .rate_limit(None)
    };

    let mut group = criterion.benchmark_group("one_get");
    let hyper = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let url: http::Uri = format!("{}logs?limit=1", server.base_url())
        .parse()
        .expect("a URL");
    group.bench_function("hyper", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let response = hyper.get(url.clone()).await.expect("a response");
                black_box(
                    response
                        .into_body()
                        .collect()
                        .await
                        .expect("a body")
                        .to_bytes(),
                )
            })
        });
    });

    let client = builder()
        .base_url(server.base_url())
        .build()
        .expect("a client");
    group.bench_function("stack", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                black_box(
                    client
                        .logs(LogsRequest::new().limit(1))
                        .await
                        .expect("a page")
                        .into_raw_body(),
                )
            })
        });
    });

    let at_once = tower::service_fn(|_: http::Request<Body>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(Bytes::from_static(
            PAGE.as_bytes(),
        ))))
    });
    let client = builder().transport(at_once).build().expect("a client");
    group.bench_function("layers_only", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                black_box(
                    client
                        .logs(LogsRequest::new().limit(1))
                        .await
                        .expect("a page")
                        .into_raw_body(),
                )
            })
        });
    });
    group.finish();
}

criterion_group!(benches, stack);
criterion_main!(benches);
