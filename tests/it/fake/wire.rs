//! Every fault takes effect: on a real socket, over a duplex, and without either.

use std::{io, time::Duration};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use slack_audit_logs::fake::{FakeApi, FakeBody, ScriptedResponse, WireFault};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tower::ServiceExt;

use super::{quiet, request};

/// Speaks HTTP/1.1 by hand; what came back, and how it ended.
async fn raw<T: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut T,
) -> (Vec<u8>, Result<(), io::ErrorKind>) {
    let head = format!(
        "GET /audit/v1/logs?limit=20 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        FakeApi::TOKEN
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await;
    (bytes, end.map(drop).map_err(|error| error.kind()))
}

fn api(fault: WireFault) -> FakeApi {
    let api = quiet().entries(100).exact_pages().build();
    api.script(ScriptedResponse::fault(fault));
    api
}

struct Seen {
    head: String,
    body: Vec<u8>,
    end: Result<(), io::ErrorKind>,
}

async fn on_a_socket(fault: WireFault) -> Seen {
    let api = api(fault);
    let server = api.serve().await.unwrap();
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let (bytes, end) = raw(&mut stream).await;
    assert_eq!(api.faults_fired(), [fault]);
    let split = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(bytes.len(), |at| at + 4);
    let (head, body) = bytes.split_at(split);
    Seen {
        head: String::from_utf8_lossy(head).into_owned(),
        body: body.to_vec(),
        end,
    }
}

fn claimed(head: &str) -> usize {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    line.and_then(|length| length.parse().ok())
        .unwrap_or_else(|| panic!("no length in {head}"))
}

#[tokio::test]
async fn resets_are_resets() {
    let reset = Err(io::ErrorKind::ConnectionReset);
    let seen = on_a_socket(WireFault::ResetBeforeHead).await;
    assert_eq!((seen.head.as_str(), seen.end), ("", reset));
    let seen = on_a_socket(WireFault::ResetInHead).await;
    assert!(
        seen.head.starts_with("HTTP/1.1 200 OK\r\n") && !seen.head.ends_with("\r\n\r\n"),
        "{}",
        seen.head
    );
    assert_eq!(seen.end, reset);
    let seen = on_a_socket(WireFault::ResetInBody).await;
    assert!(seen.body.starts_with(b"{\"entries\":[") && seen.body.len() < claimed(&seen.head));
    assert_eq!(seen.end, reset);
}

#[tokio::test]
async fn closes_are_orderly_and_short() {
    let seen = on_a_socket(WireFault::CloseBeforeHead).await;
    assert_eq!((seen.head.as_str(), seen.end), ("", Ok(())));
    let seen = on_a_socket(WireFault::CloseInHead).await;
    assert!(seen.head.starts_with("HTTP/1.1 200 OK\r\n") && !seen.head.ends_with("\r\n\r\n"));
    let seen = on_a_socket(WireFault::CloseInBody).await;
    assert!(seen.body.len() < claimed(&seen.head) && !seen.body.is_empty());
    assert_eq!(seen.end, Ok(()));
}

#[tokio::test]
async fn framing_lies() {
    let seen = on_a_socket(WireFault::ShortLength).await;
    assert!(claimed(&seen.head) < seen.body.len());
    assert!(
        serde_json::from_slice::<serde_json::Value>(&seen.body).is_ok(),
        "the body is whole"
    );
    let seen = on_a_socket(WireFault::LongLength(10_000_000_000)).await;
    assert_eq!(claimed(&seen.head), 10_000_000_000);
    let seen = on_a_socket(WireFault::GarbageHead).await;
    assert!(!seen.head.starts_with("HTTP"));
    for (fault, needle) in [
        (WireFault::CutChunk, None),
        (WireFault::BadChunk, Some("\r\nzz\r\n")),
        (WireFault::NoLastChunk, None),
    ] {
        let seen = on_a_socket(fault).await;
        assert!(
            seen.head.contains("transfer-encoding: chunked\r\n"),
            "{}",
            seen.head
        );
        let body = String::from_utf8_lossy(&seen.body);
        assert!(!body.ends_with("0\r\n\r\n"), "{fault:?} ended well");
        assert!(
            needle.is_none_or(|needle| body.contains(needle)),
            "{fault:?}"
        );
    }
}

/// A connection over a duplex.
async fn connect(api: &FakeApi) -> http1::SendRequest<Empty<Bytes>> {
    let (near, far) = tokio::io::duplex(64 << 10);
    let api = api.clone();
    tokio::spawn(async move { api.serve_connection(far).await });
    let (sender, connection) = http1::handshake(TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// One exchange through hyper's client over a duplex: under a paused clock, so a wait takes no
/// time.
async fn through_hyper(api: &FakeApi) -> Result<Bytes, String> {
    let mut sender = connect(api).await;
    let exchange = async {
        let (parts, body) = request("logs?limit=20").into_parts();
        let request = Request::from_parts(parts, body);
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| format!("head: {error}"))?;
        let gzip = response.headers().contains_key("content-encoding");
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|error| format!("body: {error}"))?
            .to_bytes();
        if !gzip {
            return Ok(body);
        }
        let mut plain = Vec::new();
        match io::Read::read_to_end(&mut GzDecoder::new(&body[..]), &mut plain) {
            Ok(_) => Ok(plain.into()),
            Err(error) => Err(format!("gzip: {error}")),
        }
    };
    tokio::time::timeout(Duration::from_secs(3600), exchange)
        .await
        .unwrap_or_else(|_| Err("timeout".to_owned()))
}

/// The same without a socket.
async fn through_the_service(api: &FakeApi) -> Result<Bytes, String> {
    let exchange = async {
        let response: http::Response<FakeBody> = api
            .clone()
            .oneshot(request("logs?limit=20"))
            .await
            .map_err(|error| format!("head: {error}"))?;
        let gzip = response.headers().contains_key("content-encoding");
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|error| format!("body: {error}"))?
            .to_bytes();
        if !gzip {
            return Ok(body);
        }
        let mut plain = Vec::new();
        match io::Read::read_to_end(&mut GzDecoder::new(&body[..]), &mut plain) {
            Ok(_) => Ok(plain.into()),
            Err(error) => Err(format!("gzip: {error}")),
        }
    };
    tokio::time::timeout(Duration::from_secs(3600), exchange)
        .await
        .unwrap_or_else(|_| Err("timeout".to_owned()))
}

/// Where a client notices each fault: with a stream, and without.
const NOTICED: &[(WireFault, &str, &str)] = &[
    (WireFault::ResetBeforeHead, "head:", "head:"),
    (WireFault::ResetInHead, "head:", "head:"),
    (WireFault::ResetInBody, "body:", "body:"),
    (WireFault::CloseBeforeHead, "head:", "head:"),
    (WireFault::CloseInHead, "head:", "head:"),
    (WireFault::CloseInBody, "body:", "body:"),
    (WireFault::LongLength(1 << 40), "body:", "body:"),
    (WireFault::CutChunk, "body:", "body:"),
    (WireFault::BadChunk, "body:", "body:"),
    (WireFault::NoLastChunk, "body:", "body:"),
    (WireFault::GarbageHead, "head:", "head:"),
    (WireFault::Silence, "timeout", "timeout"),
    (WireFault::SilenceAfterHead, "timeout", "timeout"),
    (
        WireFault::Drip(Duration::from_secs(1)),
        "timeout",
        "timeout",
    ),
    (WireFault::BadGzip, "gzip:", "gzip:"),
    (WireFault::CutGzip, "gzip:", "gzip:"),
    (WireFault::BadGzipChecksum, "gzip:", "gzip:"),
];

#[tokio::test(start_paused = true)]
async fn a_client_notices_every_fault_and_then_all_is_well() {
    for (fault, streamed, direct) in NOTICED {
        for (direct, expected) in [(false, streamed), (true, direct)] {
            let api = api(*fault);
            let exchange = async || {
                if direct {
                    through_the_service(&api).await
                } else {
                    through_hyper(&api).await
                }
            };
            let error = exchange().await.expect_err("the fault went unnoticed");
            assert!(
                error.starts_with(expected),
                "{fault:?}, direct {direct}: {error}"
            );
            assert_eq!(api.faults_fired(), [*fault]);
            assert_eq!(api.script_len(), 0);
            assert!(
                serde_json::from_slice::<serde_json::Value>(&exchange().await.unwrap()).is_ok()
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_length_leaves_half_a_page() {
    let api = api(WireFault::ShortLength);
    for through in [through_hyper(&api).await, through_the_service(&api).await] {
        let Ok(body) = through else { continue };
        assert!(body.starts_with(b"{\"entries\":["));
    }
    assert_eq!(api.faults_fired(), [WireFault::ShortLength]);
}

#[tokio::test(start_paused = true)]
async fn a_drip_takes_its_time_and_is_whole() {
    let api = quiet().entries(0).build();
    api.script(ScriptedResponse::fault(WireFault::Drip(
        Duration::from_secs(1),
    )));
    let started = tokio::time::Instant::now();
    let body = through_hyper(&api).await.unwrap();
    assert_eq!(
        body,
        r#"{"entries":[],"response_metadata":{"next_cursor":""}}"#
    );
    assert_eq!(
        started.elapsed().as_secs(),
        u64::try_from(body.len()).unwrap()
    );
}

#[tokio::test(start_paused = true)]
async fn a_bomb_is_small_until_it_is_opened() {
    let api = quiet().entries(0).build();
    api.script(ScriptedResponse::fault(WireFault::GzipBomb(1 << 30)));
    let response = api.clone().oneshot(request("logs")).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.len() < 1_200_000, "{} bytes", body.len());
    let mut start = [0; 64];
    io::Read::read_exact(&mut GzDecoder::new(&body[..]), &mut start).unwrap();
    assert!(start.starts_with(b"{\"entries\":[    "));
}

#[tokio::test(start_paused = true)]
async fn faults_mix_with_answers_in_one_script() {
    let api = quiet().entries(100).build();
    api.script(ScriptedResponse::status(503));
    api.script(ScriptedResponse::fault(WireFault::ResetInBody));
    api.script(
        ScriptedResponse::status(502)
            .body("<html>")
            .with_fault(WireFault::CloseInBody),
    );
    assert_eq!(through_hyper(&api).await.unwrap(), "");
    assert!(through_hyper(&api).await.unwrap_err().starts_with("body:"));
    assert!(through_hyper(&api).await.unwrap_err().starts_with("body:"));
    assert!(through_hyper(&api).await.unwrap().len() > 1000);
    assert_eq!(
        api.faults_fired(),
        [WireFault::ResetInBody, WireFault::CloseInBody]
    );
    assert_eq!(api.connection_count(), 4);
}

#[tokio::test(start_paused = true)]
async fn kept_connections_end_when_used_again() {
    let api = api(WireFault::CloseOnReuse);
    let mut sender = connect(&api).await;
    for _ in 0..2 {
        // The second connection's first request is not a second use, either.
        let response = connect(&api)
            .await
            .send_request(request("logs"))
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
    }
    sender
        .send_request(request("logs"))
        .await
        .unwrap()
        .into_body()
        .collect()
        .await
        .unwrap();
    sender.ready().await.unwrap();
    assert!(sender.send_request(request("logs")).await.is_err());
    assert_eq!(api.faults_fired(), [WireFault::CloseOnReuse]);
}

#[tokio::test(start_paused = true)]
async fn connections_end_when_left_alone() {
    let idle = Duration::from_secs(10);
    let scripted = quiet().entries(100).build();
    scripted.script(ScriptedResponse::fault(WireFault::CloseIdle(idle)));
    let configured = quiet().entries(100).idle_timeout(idle).build();
    for api in [&scripted, &configured] {
        let mut sender = connect(api).await;
        let started = tokio::time::Instant::now();
        let response = sender.send_request(request("logs")).await.unwrap();
        assert!(!response.headers().contains_key("connection"));
        response.into_body().collect().await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);
        sender.ready().await.unwrap();
        tokio::time::sleep(Duration::from_millis(9_998)).await;
        assert!(!sender.is_closed());
        tokio::time::sleep(Duration::from_millis(4)).await;
        assert!(sender.is_closed());
    }
    assert_eq!(scripted.faults_fired(), [WireFault::CloseIdle(idle)]);

    // A connection in use is not idle.
    let mut sender = connect(&configured).await;
    configured.script(ScriptedResponse::ordinary().delay(idle * 3));
    for _ in 0..4 {
        let response = sender.send_request(request("logs")).await.unwrap();
        response.into_body().collect().await.unwrap();
        sender.ready().await.unwrap();
        tokio::time::sleep(idle / 2).await;
    }
}
