//! `--metrics-listen`: a collector's numbers in `OpenMetrics`, and whether it lives and works.

use std::{convert::Infallible, fmt, future::ready, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};
use slack_audit_logs::collect::ProgressReader;
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::exit::Exit;

/// So many connections at once, each for one request; others wait for a place.
const MAX_CONNECTIONS: usize = 32;
/// A scraper that takes longer is hung up on.
const LONGEST: Duration = Duration::from_secs(5);
/// After a connection could not be accepted: there are too many open files, or it has gone.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves from now on, and says where.
pub(crate) async fn serve(address: SocketAddr, reader: ProgressReader) -> Result<SocketAddr, Exit> {
    let failed = |error| {
        Exit::network(format!(
            "--metrics-listen: {address} cannot be listened on: {error}"
        ))
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Numbers(reader.clone())));
    tokio::spawn(accept(listener, Arc::new(Served { registry, reader })));
    Ok(bound)
}

struct Served {
    registry: Registry,
    reader: ProgressReader,
}

async fn accept(listener: TcpListener, served: Arc<Served>) {
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Nobody closes it.
    while let Ok(place) = Arc::clone(&free).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let served = Arc::clone(&served);
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let response = respond(request.method(), request.uri().path(), &served);
                ready(Ok::<_, Infallible>(response))
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .keep_alive(false)
                .max_buf_size(8 << 10)
                .serve_connection(TokioIo::new(stream), service);
            // Whoever asks wrongly or slowly has itself to blame.
            let _ = timeout(LONGEST, connection).await;
            drop(place);
        });
    }
}

fn respond(method: &Method, path: &str, served: &Served) -> Response<String> {
    let (status, kind, body) = match path {
        _ if *method != Method::GET && *method != Method::HEAD => (
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "only GET and HEAD\n".into(),
        ),
        "/metrics" => (StatusCode::OK, OPEN_METRICS, served.metrics()),
        "/healthz" => (StatusCode::OK, TEXT, "it lives\n".into()),
        "/readyz" => served.readiness(),
        _ => {
            let body = "there are /metrics, /healthz and /readyz\n".into();
            (StatusCode::NOT_FOUND, TEXT, body)
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

const TEXT: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Served {
    fn metrics(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }

    /// Standing by is being ready: a rollout must not wait for the one that is active to end.
    fn readiness(&self) -> (StatusCode, &'static str, String) {
        let progress = self.reader.get();
        // What a peer says is for the log.
        if let Some(outage) = progress.outage {
            let seconds = outage.since.elapsed().as_secs();
            let words = format!("waits for an outage to end, for {seconds} s\n");
            return (StatusCode::SERVICE_UNAVAILABLE, TEXT, words);
        }
        let words = if progress.is_active {
            "active\n"
        } else {
            "stands by\n"
        };
        (StatusCode::OK, TEXT, words.to_owned())
    }
}

/// What the library tells, read at each scrape.
#[derive(Debug)]
struct Numbers(ProgressReader);

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for metric in self.0.get().metrics() {
            let kind = if metric.is_counter {
                MetricType::Counter
            } else {
                MetricType::Gauge
            };
            let mut family = encoder.encode_descriptor(metric.name, metric.help, None, kind)?;
            for (value, number) in metric.samples {
                let labels = metric.label.map(|label| (label, value));
                let labels: Vec<_> = labels.into_iter().collect();
                let encoder = family.encode_family(&labels)?;
                if metric.is_counter {
                    ConstCounter::new(number).encode(encoder)?;
                } else {
                    ConstGauge::new(number).encode(encoder)?;
                }
            }
        }
        Ok(())
    }
}
