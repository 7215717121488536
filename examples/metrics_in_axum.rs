//! A collector inside an axum app: its numbers under `/metrics`, beside the app's own.
//!
//! `cargo run --features collect --example metrics_in_axum -- --serve` serves until Ctrl-C; without
//! the flag it asks itself once. The embedded API stands in for Slack.

use std::{env, fmt, time::Duration};

use axum::{
    Router, extract::State, http::header::CONTENT_TYPE, response::IntoResponse, routing::get,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text},
    metrics::{
        MetricType,
        counter::{ConstCounter, Counter},
        gauge::ConstGauge,
    },
    registry::Registry,
};
use slack_audit_logs::{
    AuditLogsClient,
    collect::{
        Follow, ProgressReader,
        destination::{self, Batch},
    },
    fake::FakeApi,
};
use std::sync::Arc;
use tokio::net::TcpListener;
use tower::{BoxError, service_fn};

/// The library's list of numbers, encoded at each scrape.
#[derive(Debug)]
struct Collected(ProgressReader);

impl Collector for Collected {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for metric in self.0.get().metrics() {
            let kind = if metric.is_counter {
                MetricType::Counter
            } else {
                MetricType::Gauge
            };
            let mut family = encoder.encode_descriptor(metric.name, metric.help, None, kind)?;
            for (value, number) in metric.samples {
                let labels = Vec::from_iter(metric.label.map(|label| (label, value)));
                let sample = family.encode_family(&labels)?;
                if metric.is_counter {
                    ConstCounter::new(number).encode(sample)?;
                } else {
                    ConstGauge::new(number).encode(sample)?;
                }
            }
        }
        Ok(())
    }
}

async fn metrics(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let mut body = String::new();
    // Writing to a string does not fail.
    let _ = text::encode(&mut body, &registry);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], body)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    eprintln!("*** this example always asks the embedded API ***\n");
    let api = FakeApi::builder().entries(500).build();
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api.clone())
        .build()?;

    // The app's own number, and where events go.
    let delivered = Counter::<u64>::default();
    let counter = delivered.clone();
    let destination = destination::Service::in_memory(service_fn(move |batch: Batch| {
        counter.inc_by(batch.entries().len() as u64);
        async { Ok::<_, BoxError>(()) }
    }));
    let follow = Follow::builder(client.into_service(), destination)
        .since(api.now_unix() - 31 * 86_400)
        .build()?;

    let mut registry = Registry::default();
    registry.register("app_delivered", "Events that this app took", delivered);
    registry.register_collector(Box::new(Collected(follow.progress())));

    let mut progress = follow.progress();
    let collector = tokio::spawn(follow.run());
    let app = Router::new()
        .route("/metrics", get(metrics))
        .with_state(Arc::new(registry));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    println!("serving http://{address}/metrics");

    if env::args().any(|argument| argument == "--serve") {
        tokio::signal::ctrl_c().await?;
    } else {
        while progress.get().events < 500 {
            progress.changed().await;
        }
        let scraped = tokio::time::timeout(Duration::from_secs(10), ask(address)).await??;
        println!("{scraped}");
    }
    collector.abort();
    server.abort();
    Ok(())
}

/// A scrape by hand.
async fn ask(address: std::net::SocketAddr) -> std::io::Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}
