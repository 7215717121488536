//! What collecting a body needs in memory, however it is sent. A process of its own: it counts all
//! allocations.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, StreamBody};
use peak_alloc::PeakAlloc;
use slack_audit_logs::{
    FailureKind,
    fake::{FakeApi, ScriptedResponse, WireFault},
    layers::{CollectBodyLayer, DecompressionLayer},
};
use tower::{BoxError, ServiceBuilder, ServiceExt};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MIB: usize = 1024 * 1024;
const GIB: u64 = 1024 * 1024 * 1024;
/// The most that is needed beside the body: the decoder, the call itself.
///
/// The buffer of a body doubles, up to the limit. Where it is moved, the old one and the new one
/// are there at once: less than three bodies, and less than two limits.
const BESIDE: usize = MIB;

/// What comes of a future, and the highest use of memory meanwhile beside what was there before.
async fn measured<T>(future: impl Future<Output = T>) -> (T, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = future.await;
    let peak = ALLOCATOR.peak_usage() - before;
    (result, peak)
}

fn assert_below(peak: usize, bound: usize, what: impl fmt::Display) {
    // For whoever runs this with `--nocapture`.
    eprintln!("{what}: {} KiB of {} KiB", peak / 1024, bound / 1024);
    assert!(
        peak <= bound,
        "{what}: {peak} bytes, and {bound} are allowed"
    );
}

/// The gzip of a page that becomes about so many bytes, a thousandth of that.
async fn gzip(size: u64) -> Bytes {
    let api = FakeApi::builder().entries(1).build();
    api.script(ScriptedResponse::fault(WireFault::GzipBomb(size)));
    let request = Request::get("https://api.slack.com/audit/v1/logs")
        .body(String::new())
        .unwrap();
    let response = api.oneshot(request).await.unwrap();
    let gzip = response.into_body().collect().await.unwrap().to_bytes();
    assert!((gzip.len() as u64) < size / 500);
    gzip
}

/// Collects what this gzip, sent in frames of so many bytes, becomes.
async fn collect_gzip(limit: usize, gzip: Bytes, frame: usize) -> Result<Bytes, BoxError> {
    let frames = (0..gzip.len()).step_by(frame).map(move |at| {
        let frame = gzip.slice(at..gzip.len().min(at + frame));
        Ok::<_, Infallible>(Frame::data(frame))
    });
    let response = Response::builder()
        .header("content-encoding", "gzip")
        .body(StreamBody::new(stream::iter(frames)))?;
    let mut response = Some(response);
    let service = ServiceBuilder::new()
        .layer(CollectBodyLayer::new(limit))
        .layer(DecompressionLayer::new())
        .service_fn(move |_: Request<()>| {
            let response = response.take().unwrap();
            async { Ok::<_, Infallible>(response) }
        });
    let response = service.oneshot(Request::new(())).await?;
    Ok(response.into_body())
}

/// Collects a body as it is.
async fn collect(
    limit: usize,
    body: impl HttpBody<Error = Infallible> + Send,
) -> Result<Bytes, BoxError> {
    let mut body = Some(body);
    let service = ServiceBuilder::new()
        .layer(CollectBodyLayer::new(limit))
        .service_fn(move |()| {
            let response = Response::new(body.take().unwrap());
            async { Ok::<_, Infallible>(response) }
        });
    Ok(service.oneshot(()).await?.into_body())
}

fn is_too_large(result: &Result<Bytes, BoxError>) -> bool {
    let kind = result.as_ref().map_err(|error| FailureKind::of(&**error));
    kind == Err(FailureKind::BodyTooLarge)
}

/// A body of frames of one byte, each of which keeps a buffer of 4 KiB alive, as a read from a
/// socket does.
struct Crumbs {
    left: usize,
    declared: Option<u64>,
}

impl HttpBody for Crumbs {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        let buffer = Bytes::from(vec![b'x'; 4096]);
        Poll::Ready(Some(Ok(Frame::data(buffer.slice(..1)))))
    }

    fn size_hint(&self) -> SizeHint {
        self.declared
            .map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

async fn a_small_gzip_that_becomes_a_gigabyte_is_stopped_at_the_limit() {
    let bomb = gzip(GIB).await;
    for (limit, frame) in [
        (CollectBodyLayer::DEFAULT_LIMIT, 16 * 1024),
        (8 * MIB, 16 * 1024),
        (8 * MIB, bomb.len()),
        (8 * MIB, 1),
        (MIB, 1),
    ] {
        let (result, peak) = measured(collect_gzip(limit, bomb.clone(), frame)).await;
        assert!(is_too_large(&result), "{limit}");
        let what = format!("refusing over {limit} bytes, frames of {frame}");
        assert_below(peak, 2 * limit + BESIDE, what);
    }
}

async fn a_body_within_the_limit_needs_its_length_thrice_at_most() {
    for (mebibytes, frame) in [(64, 16 * 1024), (8, 16 * 1024), (8, 1), (1, 1)] {
        let gzip = gzip(mebibytes * MIB as u64).await;
        // A little over so many MiB: the page's frame is around them.
        let length = collect_gzip(usize::MAX, gzip.clone(), 16 * 1024)
            .await
            .unwrap()
            .len();
        let (result, peak) = measured(collect_gzip(length, gzip.clone(), frame)).await;
        assert_eq!(result.unwrap().len(), length);
        let what = format!("accepting {length} bytes, frames of {frame}");
        assert_below(peak, 3 * length + BESIDE, what);
        assert!(is_too_large(&collect_gzip(length - 1, gzip, frame).await));
    }
}

async fn frames_of_one_byte_cost_no_more() {
    let crumbs = |left, declared| Crumbs { left, declared };
    let (result, peak) = measured(collect(MIB, crumbs(MIB, None))).await;
    assert_eq!(result.unwrap().len(), MIB);
    assert_below(peak, 3 * MIB + BESIDE, "accepting frames of one byte");
    let (result, peak) = measured(collect(MIB, crumbs(usize::MAX, None))).await;
    assert!(is_too_large(&result));
    assert_below(peak, 2 * MIB + BESIDE, "refusing frames of one byte");
}

async fn a_declared_length_is_believed_only_where_it_refuses() {
    let crumbs = |left, declared| Crumbs { left, declared };
    // Far too long: refused before a byte is read, and nothing is made ready for it.
    let (result, peak) = measured(collect(MIB, crumbs(usize::MAX, Some(u64::MAX)))).await;
    assert!(is_too_large(&result));
    assert_below(peak, 64 * 1024, "declared as endless");
    // As long as allowed: no memory for what has not come.
    let (result, peak) = measured(collect(64 * MIB, crumbs(10, Some(64 << 20)))).await;
    assert_eq!(result.unwrap().len(), 10);
    assert_below(peak, BESIDE, "declared as 64 MiB, sent 10 bytes");
    // Less than what comes.
    let (result, peak) = measured(collect(MIB, crumbs(usize::MAX, Some(10)))).await;
    assert!(is_too_large(&result));
    assert_below(
        peak,
        2 * MIB + BESIDE,
        "declared as 10 bytes, sent without end",
    );
}

#[cfg(feature = "client")]
mod client {
    use std::time::Duration;

    use slack_audit_logs::{
        AuditLogsClient, LogsRequest,
        retry::{
            ConnectionErrorRetryHandler, RateLimitErrorRetryHandler, RetryPolicy,
            ServerErrorRetryHandler,
        },
    };

    use super::{
        BESIDE, CollectBodyLayer, FakeApi, GIB, MIB, ScriptedResponse, WireFault, assert_below,
        measured,
    };

    /// With every handler, each ready to try again many times and at once.
    fn builder() -> slack_audit_logs::AuditLogsClientBuilder {
        let policy = RetryPolicy::none()
            .handler(ConnectionErrorRetryHandler::new(9).with_timeouts(true))
            .handler(RateLimitErrorRetryHandler::new(9))
            .handler(ServerErrorRetryHandler::new(9))
            .max_wait(Duration::from_secs(1));
        AuditLogsClient::builder()
            .token(FakeApi::TOKEN)
            .retry_policy(policy)
    }

    fn api() -> FakeApi {
        FakeApi::builder().entries(1).build()
    }

    pub(crate) async fn a_call_keeps_to_the_limit_and_is_not_made_again() {
        for limit in [CollectBodyLayer::DEFAULT_LIMIT, 8 * MIB] {
            let api = api();
            api.script(ScriptedResponse::fault(WireFault::GzipBomb(GIB)).forever());
            let client = builder();
            let client = client.max_body_size(limit).transport(api.clone());
            let client = client.build().unwrap();
            let (result, peak) = measured(client.logs(LogsRequest::new())).await;
            let error = result.unwrap_err();
            assert!(error.is_body_too_large(), "{error:?}");
            assert_eq!((error.attempts(), api.request_count()), (1, 1));
            assert_eq!(api.faults_fired(), [WireFault::GzipBomb(GIB)]);
            assert_below(
                peak,
                2 * limit + BESIDE,
                format!("a call over {limit} bytes"),
            );
        }
        let api = api();
        api.script(ScriptedResponse::fault(WireFault::GzipBomb(8 << 20)));
        let client = builder().transport(api).build().unwrap();
        let (response, peak) = measured(client.logs(LogsRequest::new())).await;
        let length = response.unwrap().raw_body().len();
        assert!(length > 8 * MIB);
        assert_below(peak, 3 * length + BESIDE, "a call within the limit");
    }

    pub(crate) async fn a_call_over_a_socket_does_too() {
        let api = api();
        let server = api.serve().await.unwrap();
        let client = builder().base_url(server.base_url()).max_body_size(8 * MIB);
        let client = client.build().unwrap();
        // The server's own memory is in it, too. Of what declares itself too long nothing is read.
        let faults = [
            (WireFault::GzipBomb(GIB), 2 * 8 * MIB + 2 * BESIDE),
            (WireFault::LongLength(1 << 40), BESIDE),
        ];
        for (before, (fault, bound)) in faults.into_iter().enumerate() {
            api.script(ScriptedResponse::fault(fault).forever());
            let (result, peak) = measured(client.logs(LogsRequest::new())).await;
            let error = result.unwrap_err();
            assert!(error.is_body_too_large(), "{error:?}");
            assert_eq!((error.attempts(), api.request_count()), (1, before + 1));
            assert_below(peak, bound, format!("{fault:?}"));
            api.clear_script();
        }
    }
}

/// One after the other, as each measures the whole process.
#[tokio::test]
async fn memory_is_bounded_by_the_limit() {
    a_small_gzip_that_becomes_a_gigabyte_is_stopped_at_the_limit().await;
    a_body_within_the_limit_needs_its_length_thrice_at_most().await;
    frames_of_one_byte_cost_no_more().await;
    a_declared_length_is_believed_only_where_it_refuses().await;
    #[cfg(feature = "client")]
    {
        client::a_call_keeps_to_the_limit_and_is_not_made_again().await;
        client::a_call_over_a_socket_does_too().await;
    }
}
