//! `CollectBodyLayer`.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http_body::{Frame, SizeHint};
use http_body_util::{Full, StreamBody};
use slack_audit_logs::{
    Failure, FailureKind,
    layers::{CollectBodyLayer, DecompressionLayer},
};
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};

/// What the layer makes of a body of these frames.
async fn collected(
    limit: usize,
    frames: Vec<Result<&'static [u8], io::Error>>,
) -> Result<Bytes, BoxError> {
    let body = stream::iter(
        frames
            .into_iter()
            .map(|frame| frame.map(|data| Frame::data(Bytes::from_static(data))))
            .collect::<Vec<_>>(),
    );
    let mut body = Some(StreamBody::new(body));
    let service = service_fn(move |()| {
        let response = Response::new(body.take().expect("called once"));
        async { Ok::<_, Infallible>(response) }
    });
    CollectBodyLayer::new(limit)
        .layer(service)
        .oneshot(())
        .await
        .map(Response::into_body)
}

#[tokio::test]
async fn the_limit_is_exact_and_counts_all_frames() {
    assert_eq!(
        collected(6, vec![Ok(b"abc"), Ok(b""), Ok(b"def")])
            .await
            .expect("within"),
        "abcdef"
    );
    assert_eq!(collected(0, vec![]).await.expect("empty"), "");
    let error = collected(5, vec![Ok(b"abc"), Ok(b"def")])
        .await
        .expect_err("one byte over");
    assert_eq!(FailureKind::of(&*error), FailureKind::BodyTooLarge);
    assert!(error.to_string().contains("more than 5 bytes"), "{error}");
}

#[tokio::test]
async fn large_bodies_in_tiny_and_huge_frames_come_out_whole() {
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .map(|n| u8::try_from(n % 251).expect("small"))
        .collect();
    let bytes: &'static [u8] = bytes.leak();
    for size in [1_usize, 7, 8_192, 1_000_000, 3_000_000] {
        // A million frames of one byte are enough to show it.
        let bytes = if size == 1 {
            &bytes[..1_000_000]
        } else {
            bytes
        };
        let whole = collected(4_000_000, bytes.chunks(size).map(Ok).collect())
            .await
            .expect("whole");
        assert!(whole == bytes, "frames of {size}");
    }
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_unread() {
    let service = service_fn(|()| async { Ok::<_, Infallible>(Response::new(Unread)) });
    let error = CollectBodyLayer::new(9)
        .layer(service)
        .oneshot(())
        .await
        .expect_err("declared as too long");
    assert_eq!(FailureKind::of(&*error), FailureKind::BodyTooLarge);
}

#[tokio::test]
async fn a_body_that_breaks_is_a_failure_of_its_own_kind() {
    let reset = collected(
        9,
        vec![Ok(b"abc"), Err(io::ErrorKind::ConnectionReset.into())],
    )
    .await
    .expect_err("broken");
    assert_eq!(FailureKind::of(&*reset), FailureKind::Closed);
    assert!(reset.is::<Failure>() && reset.source().is_some());
    let strange = collected(9, vec![Err(io::Error::other("strange"))])
        .await
        .expect_err("broken");
    assert_eq!(FailureKind::of(&*strange), FailureKind::Body);
}

#[tokio::test]
async fn the_limit_counts_after_decompression() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b' '; 1 << 20]).expect("to memory");
    let gzip = Bytes::from(encoder.finish().expect("to memory"));
    assert!(gzip.len() < 2_000);
    let service = |limit| {
        let gzip = gzip.clone();
        ServiceBuilder::new()
            .layer(CollectBodyLayer::new(limit))
            .layer(DecompressionLayer::new())
            .service_fn(move |request: http::Request<()>| {
                assert!(
                    request.headers()["accept-encoding"]
                        .to_str()
                        .expect("text")
                        .contains("gzip")
                );
                let response = Response::builder()
                    .header("content-encoding", "gzip")
                    .body(Full::new(gzip.clone()))
                    .expect("valid");
                async { Ok::<_, Infallible>(response) }
            })
    };
    assert_eq!(
        service(1 << 20)
            .oneshot(super::get("/"))
            .await
            .expect("within")
            .body()
            .len(),
        1 << 20
    );
    let error = service((1 << 20) - 1)
        .oneshot(super::get("/"))
        .await
        .expect_err("over");
    assert_eq!(FailureKind::of(&*error), FailureKind::BodyTooLarge);
}

/// A body that tells a length, as hyper's does of its `Content-Length`, and must not be read.
struct Unread;

impl http_body::Body for Unread {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("it was read")
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(10)
    }
}
