//! HTTP/2 as a server may misuse it: one request an attempt, bounded, and none of its words in
//! errors.

use std::{error::Error as _, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use slack_audit_logs::{
    Body, Failure, FailureKind,
    transport::{HttpTransport, Tls},
};
use tower::ServiceExt;

use crate::support::raw_http2::{
    ACK, CONTINUATION, DATA, END_HEADERS, HEADERS, PING, RawHttp2, SETTINGS, STATUS_103,
    STATUS_200, Says, WINDOW_UPDATE, frame, go_away, reset, response,
};

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const ENHANCE_YOUR_CALM: u32 = 11;

fn transport(server: &RawHttp2) -> HttpTransport {
    let tls = Tls::system()
        .only_added_roots()
        .add_root_pem(server.authority.pem())
        .expect("a root");
    HttpTransport::builder()
        .no_proxy()
        .tls(tls)
        .build()
        .expect("a transport")
}

/// One request, to the end of its body.
async fn send(transport: &HttpTransport, server: &RawHttp2) -> Result<StatusCode, Failure> {
    let request = Request::get(server.url())
        .body(Body::empty())
        .expect("a request");
    let response = transport.clone().oneshot(request).await?;
    let status = response.status();
    response.into_body().collect().await?;
    Ok(status)
}

/// Everything that a log could show of a failure.
fn shown(failure: &Failure) -> String {
    let mut text = format!("{failure} {failure:?}");
    let mut source = failure.source();
    while let Some(error) = source {
        text = format!("{text}: {error} {error:?}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn a_stream_that_is_reset_is_one_failed_attempt() {
    // RFC 9113, section 7, and a code that nobody knows.
    for (code, name) in [
        (NO_ERROR, "NO_ERROR"),
        (1, "PROTOCOL_ERROR"),
        (INTERNAL_ERROR, "INTERNAL_ERROR"),
        (3, "FLOW_CONTROL_ERROR"),
        (7, "REFUSED_STREAM"),
        (8, "CANCEL"),
        (ENHANCE_YOUR_CALM, "ENHANCE_YOUR_CALM"),
        (0xbad, "Reason(bad)"),
    ] {
        let server = RawHttp2::start(move |_, request, stream| {
            Says::Frames(match request {
                1 => response(stream),
                _ => reset(stream, code),
            })
        })
        .await;
        let transport = transport(&server);
        assert_eq!(send(&transport, &server).await.ok(), Some(StatusCode::OK));
        let failure = send(&transport, &server).await.expect_err("reset");
        assert_eq!(failure.kind(), FailureKind::Closed, "{failure:?}");
        assert!(shown(&failure).contains(name), "{}", shown(&failure));
        assert_eq!(server.requests(), 2, "code {code}: sent once");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn a_connection_that_goes_away_before_it_took_the_request_costs_nothing() {
    for debug_data in [&b""[..], b"CANARY: restarting"] {
        let server = RawHttp2::start(move |_, request, stream| match request {
            1 => Says::Frames(response(stream)),
            _ => Says::Last(go_away(stream - 2, NO_ERROR, debug_data)),
        })
        .await;
        let transport = transport(&server);
        for _ in 0..2 {
            assert_eq!(send(&transport, &server).await.ok(), Some(StatusCode::OK));
        }
        assert_eq!((server.connections(), server.requests()), (2, 3));
    }
}

#[tokio::test]
async fn a_connection_that_goes_away_with_an_error_is_one_failed_attempt() {
    for code in [INTERNAL_ERROR, ENHANCE_YOUR_CALM, 0xbad] {
        for debug_data in [&b""[..], &b"xoxp-CANARY ".repeat(1_000)] {
            let debug_data = debug_data.to_vec();
            let server = RawHttp2::start(move |_, request, stream| match request {
                1 => Says::Frames(response(stream)),
                _ => Says::Last(go_away(stream - 2, code, &debug_data)),
            })
            .await;
            let transport = transport(&server);
            assert_eq!(send(&transport, &server).await.ok(), Some(StatusCode::OK));
            let failure = send(&transport, &server).await.expect_err("gone");
            assert_eq!(failure.kind(), FailureKind::Closed, "{failure:?}");
            assert_eq!(server.requests(), 2, "sent once: {failure:?}");
            let text = shown(&failure);
            assert!(!text.contains("CANARY") && text.len() < 1_000, "{text}");
        }
    }
}

#[tokio::test]
async fn a_new_connection_that_goes_away_at_once_is_one_failed_attempt() {
    for code in [NO_ERROR, ENHANCE_YOUR_CALM] {
        let server = RawHttp2::start(move |_, _, _| Says::Last(go_away(0, code, b"CANARY"))).await;
        let failure = send(&transport(&server), &server).await.expect_err("gone");
        assert_eq!(failure.kind(), FailureKind::Closed, "{failure:?}");
        assert_eq!((server.connections(), server.requests()), (1, 1));
        assert!(!shown(&failure).contains("CANARY"), "{}", shown(&failure));
    }
}

#[tokio::test]
async fn a_body_cut_by_the_peer_shows_none_of_its_words() {
    let server = RawHttp2::start(|_, _, stream| {
        let head = frame(HEADERS, END_HEADERS, stream, STATUS_200);
        let away = go_away(stream, INTERNAL_ERROR, b"CANARY");
        Says::Last([head, frame(DATA, 0, stream, b"{"), away].concat())
    })
    .await;
    let failure = send(&transport(&server), &server).await.expect_err("cut");
    assert_eq!(failure.kind(), FailureKind::Closed, "{failure:?}");
    assert!(!shown(&failure).contains("CANARY"), "{}", shown(&failure));
    assert_eq!(server.requests(), 1);
}

/// Frames for a stream.
type Frames = fn(u32) -> Vec<u8>;

#[tokio::test]
async fn floods_end_in_a_response_or_an_error_and_one_request() {
    /// More than any server that means well would send.
    const MANY: usize = 20_000;
    let flood = |first: Frames, again: Frames| {
        move |_, _, stream| Says::Flood(first(stream), again(stream), MANY, response(stream))
    };
    let nothing: Frames = |_| Vec::new();
    let begun: Frames = |stream| frame(HEADERS, 0, stream, STATUS_200);
    // A header of 100 bytes that is put into no table.
    let header: Frames = |stream| {
        let block = [&[0x00, 1, b'x', 100][..], &[b'y'; 100]].concat();
        frame(CONTINUATION, 0, stream, &block)
    };
    let table: [(&str, Frames, Frames, Option<FailureKind>); 8] = [
        ("PING", nothing, |_| frame(PING, 0, 0, &[0; 8]), None),
        ("SETTINGS", nothing, |_| frame(SETTINGS, 0, 0, &[]), None),
        ("unknown", nothing, |_| frame(0xfa, 0, 0, &[0; 8]), None),
        (
            "SETTINGS ACK",
            nothing,
            |_| frame(SETTINGS, ACK, 0, &[]),
            Some(FailureKind::Protocol),
        ),
        (
            "WINDOW_UPDATE",
            nothing,
            |_| frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()),
            None,
        ),
        (
            "interim responses",
            nothing,
            |stream| frame(HEADERS, END_HEADERS, stream, STATUS_103),
            None,
        ),
        ("CONTINUATION", begun, header, Some(FailureKind::Protocol)),
        (
            "empty CONTINUATION",
            begun,
            |stream| frame(CONTINUATION, 0, stream, &[]),
            Some(FailureKind::Protocol),
        ),
    ];
    for (name, first, again, failure) in table {
        let server = RawHttp2::start(flood(first, again)).await;
        let sent = send(&transport(&server), &server).await;
        match (sent, failure) {
            (Ok(status), None) => assert_eq!(status, StatusCode::OK),
            (Err(error), Some(kind)) => assert_eq!(error.kind(), kind, "{name}: {error:?}"),
            (sent, expected) => panic!("{name}: {sent:?} where {expected:?} was due"),
        }
        assert_eq!(server.requests(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_flood_without_end_ends_at_the_timeout_at_the_latest() {
    let floods: [Frames; 3] = [
        |_| frame(PING, 0, 0, &[0; 8]),
        |stream| frame(HEADERS, END_HEADERS, stream, STATUS_103),
        |stream| frame(DATA, 0, stream, &[]),
    ];
    for flood in floods {
        let server = RawHttp2::start(move |_, _, stream| {
            let head = match flood(stream)[3] {
                DATA => frame(HEADERS, END_HEADERS, stream, STATUS_200),
                _ => Vec::new(),
            };
            Says::Flood(head, flood(stream), usize::MAX, Vec::new())
        })
        .await;
        let transport = transport(&server);
        let sending = pin!(send(&transport, &server));
        let asked = pin!(async {
            while server.requests() == 0 {
                tokio::task::yield_now().await;
            }
        });
        // The time counts from when the flood begins.
        let sent = match select(sending, asked).await {
            Either::Left((sent, _)) => Ok(sent),
            Either::Right(((), sending)) => {
                tokio::time::timeout(Duration::from_millis(50), sending).await
            }
        };
        assert!(!matches!(sent, Ok(Ok(_))), "{sent:?}");
        assert_eq!(server.requests(), 1);
    }
}
