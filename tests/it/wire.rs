//! HTTP/1.1 as a server may misuse it, byte by byte: a whole response or an error, never a part.

use std::{future::Future, time::Duration};

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use slack_audit_logs::{Body, Failure, FailureKind, transport::HttpTransport};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt;

/// Reads a request's head, and leaves the rest to `answers`.
async fn server<F>(answers: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = std::io::Result<()>> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            answers(stream).await.ok();
        }
    });
    url
}

/// A server that says the same to everybody and closes the connection.
async fn saying(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    server(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
    })
    .await
}

async fn send(url: &str, body: Body) -> Result<(StatusCode, Vec<u8>), Failure> {
    let transport = HttpTransport::builder()
        .no_proxy()
        .plain_http_only()
        .build()
        .expect("a transport");
    let request = Request::post(url).body(body).expect("a request");
    let response = transport.oneshot(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, body.to_vec()))
}

#[tokio::test]
async fn cut_at_any_byte_is_a_closed_connection() {
    for whole in [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{\"ok\":true}\r\n0\r\nx: y\r\n\r\n",
    ] {
        for end in 0..whole.len() {
            let url = saying(&whole.as_bytes()[..end]).await;
            let failure = send(&url, Body::empty()).await.expect_err(&whole[..end]);
            assert_eq!(
                failure.kind(),
                FailureKind::Closed,
                "{:?}: {failure:?}",
                &whole[..end]
            );
        }
        let sent = send(&saying(whole).await, Body::empty())
            .await
            .expect("whole");
        assert_eq!(sent, (StatusCode::OK, b"{\"ok\":true}".to_vec()));
    }
}

#[tokio::test]
async fn odd_heads_are_a_response_or_a_protocol_error() {
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n";
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(5_000);
    let accepted = [
        format!("{ok}\r\n{{}}"),
        format!("{interim}{ok}\r\n{{}}"),
        "HTTP/1.0 200 OK\r\n\r\n{}".to_owned(),
        "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        format!("{ok}x: \u{ff}\r\n\r\n{{}}"),
        format!("{ok}x: {}\r\n\r\n{{}}", "y".repeat(100_000)),
    ];
    for head in accepted {
        let sent = send(&saying(head.clone()).await, Body::empty()).await;
        let what = &head[..head.len().min(60)];
        assert_eq!(
            sent.expect(what),
            (StatusCode::OK, b"{}".to_vec()),
            "{what:?}"
        );
    }
    let refused = [
        format!("{ok}x: a\0b\r\n\r\n{{}}"),
        format!("{ok}\0: a\r\n\r\n{{}}"),
        format!("{ok}x : CANARY\r\n\r\n{{}}"),
        format!("{ok} folded: CANARY\r\n\r\n{{}}"),
        format!("{ok}content-length: 3\r\n\r\n{{}}"),
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n".to_owned(),
        format!("{ok}{}\r\n{{}}", "x: y\r\n".repeat(200)),
        format!("{ok}x: {}\r\n\r\n{{}}", "y".repeat(1_000_000)),
        "HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "HTTP/1.1 99 CANARY\r\n\r\n".to_owned(),
        "CANARY".repeat(1_000),
        "\u{16}\u{3}\u{1}\0\u{2}CANARY".to_owned(),
    ];
    for head in refused {
        let what = format!("{:?}", &head[..head.len().min(80)]);
        let failure = send(&saying(head).await, Body::empty())
            .await
            .expect_err(&what);
        assert_eq!(failure.kind(), FailureKind::Protocol, "{what}: {failure:?}");
        let text = format!("{failure} {failure:?}");
        assert!(!text.contains("CANARY"), "{text}");
    }
}

#[tokio::test]
async fn a_response_before_the_request_was_sent_is_taken() {
    let url = server(|mut stream| async move {
        // It does not read on: the rest of the request can never be sent.
        let response = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(response).await?;
        std::future::pending().await
    })
    .await;
    let large = Body::from(vec![b'x'; 32 << 20]);
    let sending = tokio::time::timeout(Duration::from_secs(30), send(&url, large));
    let sent = sending
        .await
        .expect("it does not wait for what is never read");
    assert_eq!(
        sent.expect("the response"),
        (StatusCode::PAYLOAD_TOO_LARGE, b"{}".to_vec())
    );
}
