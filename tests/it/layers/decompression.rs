//! Gzip as RFC 1952 has it: several members, under each of its names, whole or an error.

use std::{convert::Infallible, io::Write as _};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Response, header};
use http_body::Body as _;
use http_body_util::{BodyExt, Full, StreamBody};
use slack_audit_logs::layers::DecompressionLayer;
use tower::{BoxError, ServiceBuilder, ServiceExt};

fn member(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("to memory");
    encoder.finish().expect("to memory")
}

/// What a body in frames of so many bytes is after decoding.
async fn decoded(coding: &'static str, body: Vec<u8>, frame: usize) -> Result<Bytes, BoxError> {
    let service = ServiceBuilder::new()
        .layer(DecompressionLayer::new())
        .service_fn(move |_: http::Request<()>| {
            let frames: Vec<_> = body
                .chunks(frame)
                .map(|frame| {
                    Ok::<_, Infallible>(http_body::Frame::data(Bytes::copy_from_slice(frame)))
                })
                .collect();
            let response = Response::builder()
                .header(header::CONTENT_ENCODING, coding)
                .header(header::CONTENT_LENGTH, body.len())
                .body(StreamBody::new(futures_util::stream::iter(frames)))
                .expect("valid");
            async { Ok::<_, Infallible>(response) }
        });
    let response = service.oneshot(super::get("/")).await.expect("a head");
    let told = !response.headers().contains_key(header::CONTENT_ENCODING)
        && !response.headers().contains_key(header::CONTENT_LENGTH);
    let body = response.into_body().collect().await?.to_bytes();
    assert!(told, "the head speaks of the decoded body");
    Ok(body)
}

#[tokio::test]
async fn every_member_under_every_name_and_in_frames_of_any_size() {
    let members = [member("{\"entries\""), member(""), member(":[]}")].concat();
    for coding in ["gzip", "x-gzip", "GZip", "X-GZIP", " gzip"] {
        for frame in [1, 7, members.len()] {
            let body = decoded(coding, members.clone(), frame).await;
            let body = body.unwrap_or_else(|error| panic!("{coding}, {frame}: {error:?}"));
            assert_eq!(&body[..], b"{\"entries\":[]}", "{coding}, {frame}");
        }
    }
    assert_eq!(decoded("gzip", Vec::new(), 1).await.expect("empty"), "");
}

/// So that a layer above can refuse what is too long before it reads it.
#[tokio::test]
async fn a_body_that_is_not_compressed_still_says_how_long_it_is() {
    for (coding, length) in [(None, Some(4)), (Some("gzip"), None)] {
        let service = ServiceBuilder::new()
            .layer(DecompressionLayer::new())
            .service_fn(move |_: http::Request<()>| async move {
                let mut response = Response::new(Full::new(Bytes::from_static(b"body")));
                let coding = coding.map(header::HeaderValue::from_static);
                if let Some(coding) = coding {
                    response
                        .headers_mut()
                        .insert(header::CONTENT_ENCODING, coding);
                }
                Ok::<_, Infallible>(response)
            });
        let response = service.oneshot(super::get("/")).await.expect("a head");
        assert_eq!(response.body().size_hint().exact(), length, "{coding:?}");
    }
}

#[tokio::test]
async fn frames_are_neither_tiny_nor_huge_and_none_is_empty() {
    // What is as long as before, and what is a thousand times as long.
    let random = (0..200_000_u32).filter_map(|n| char::from_digit(n.wrapping_mul(n) / 7 % 36, 36));
    for text in [random.collect(), " ".repeat(1 << 20)] {
        let text: String = text;
        let gzip = Full::new(Bytes::from(member(&text)));
        let service = ServiceBuilder::new()
            .layer(DecompressionLayer::new())
            .service_fn(move |_: http::Request<()>| {
                let response = Response::builder()
                    .header(header::CONTENT_ENCODING, "gzip")
                    .body(gzip.clone())
                    .expect("valid");
                async { Ok::<_, Infallible>(response) }
            });
        let response = service.oneshot(super::get("/")).await.expect("a head");
        let mut body = response.into_body();
        assert_eq!(body.size_hint().exact(), None, "nobody knows before");
        let mut sizes = Vec::new();
        while let Some(frame) = body.frame().await {
            sizes.push(frame.expect("whole").into_data().expect("data").len());
        }
        assert_eq!(sizes.iter().sum::<usize>(), text.len());
        assert!(!sizes.contains(&0), "{sizes:?}");
        // What is left of the input, and what its end brings, may be less.
        let usual = 4_096..4_096 + 33_100;
        let mut all_but_two = sizes[..sizes.len() - 2].iter();
        assert!(all_but_two.all(|size| usual.contains(size)), "{sizes:?}");
    }
}

#[tokio::test]
async fn what_is_cut_or_broken_anywhere_is_an_error() {
    let (first, second) = (member("{\"entries\""), member(":[]}"));
    let whole = [first.clone(), second].concat();
    for end in (1..whole.len()).filter(|end| *end != first.len()) {
        let cut = decoded("gzip", whole[..end].to_vec(), 16).await;
        assert!(cut.is_err(), "cut after {end}: {cut:?}");
    }
    for at in [
        first.len() - 8,
        first.len() - 1,
        whole.len() - 8,
        whole.len() - 1,
    ] {
        let mut broken = whole.clone();
        broken[at] ^= 1;
        assert!(
            decoded("gzip", broken, 16).await.is_err(),
            "checksum or length at {at}"
        );
    }
    for after in [&b"garbage"[..], b"\x1f", b"\0"] {
        let body = [&whole[..], after].concat();
        assert!(
            decoded("gzip", body, 16).await.is_err(),
            "{after:?} behind it"
        );
    }
}
