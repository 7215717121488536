//! Clients that send nonsense, half of something, too much, or read slowly: nothing panics, and
//! what they hold is bounded.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use slack_audit_logs::fake::{FakeApi, ScriptedResponse, WireFault};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::TcpStream,
    time::{Instant, timeout},
};
use tower::ServiceExt;

use super::{get, quiet, request};

/// Opens a connection, writes this, and reads to the end; what came back.
async fn say(api: &FakeApi, bytes: &[u8]) -> String {
    let (mut near, far) = tokio::io::duplex(64 << 10);
    let serving = tokio::spawn({
        let api = api.clone();
        async move { api.serve_connection(far).await }
    });
    // It may close before it has read everything.
    let _ = near.write_all(bytes).await;
    if !bytes.ends_with(b"connection: close\r\n\r\n") {
        near.shutdown().await.unwrap();
    }
    let mut response = Vec::new();
    let read = timeout(Duration::from_secs(60), near.read_to_end(&mut response)).await;
    read.expect("an end").ok();
    timeout(Duration::from_secs(60), serving)
        .await
        .expect("the connection ends")
        .expect("no panic");
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_refused_or_closed() {
    let api = quiet().entries(10).build();
    let long_header = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    for bytes in [
        &b""[..],
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /audit/v1/logs",
        b"GET /audit/v1/logs HTTP/9.9\r\n\r\n",
        b"G\xffT /\xff HTTP/1.1\r\n\r\n",
        b"GET /audit/v1/logs HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /audit/v1/logs HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /audit/v1/logs HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        long_header.as_bytes(),
        many_headers.as_bytes(),
    ] {
        let response = say(&api, bytes).await;
        let shown = String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes));
        assert!(!response.contains(" 200 "), "{shown:?}: {response}");
    }
    for path in [
        "*",
        "/",
        "//",
        "/audit/v1/%",
        "/audit/v1/logs?%ff=%&&==&cursor=%00",
    ] {
        let response = say(
            &api,
            format!("GET {path} HTTP/1.1\r\nconnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        assert!(response.starts_with("HTTP/1.1 4"), "{path}: {response}");
    }
    assert_eq!(get(&api, "logs").await.status(), 200, "it lives");
}

#[tokio::test(start_paused = true)]
async fn every_parameter_takes_nonsense() {
    let api = quiet().entries(10).build();
    for name in [
        "oldest", "latest", "limit", "cursor", "action", "actor", "entity", "x",
    ] {
        for value in [
            "%00",
            "-9223372036854775808",
            "9223372036854775808",
            "1e999",
            "%F0%9F%9A%80",
            "%",
            "7fffffffffffffff/ffffffffffffffff%2B0000.0==",
            "%2F%2B==",
            ",,,,",
        ] {
            let status = get(&api, &format!("logs?{name}={value}")).await.status();
            assert!(
                matches!(status.as_u16(), 200 | 400),
                "{name}={value}: {status}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_request_body_is_refused_and_not_kept() {
    let api = quiet().entries(10).build();
    for (size, expected) in [(64 << 10, 200), ((64 << 10) + 1, 413)] {
        let (parts, _) = request("logs").into_parts();
        let body = Full::new(Bytes::from(vec![b'x'; size]));
        let response = api.clone().oneshot(Request::from_parts(parts, body)).await;
        assert_eq!(response.unwrap().status(), expected, "{size} bytes");
    }
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn half_a_request_is_idle_and_a_slow_reader_is_not() {
    let idle = Duration::from_secs(10);
    let api = quiet()
        .entries(2_000)
        .gzip(false)
        .idle_timeout(idle)
        .build();
    let open = || -> DuplexStream {
        let (near, far) = tokio::io::duplex(1_024);
        let api = api.clone();
        tokio::spawn(async move { api.serve_connection(far).await });
        near
    };
    let halves = [
        "",
        "GET /audit/v1/lo",
        "GET /audit/v1/logs HTTP/1.1\r\nhost: x\r\n",
        "POST /audit/v1/logs HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf",
    ];
    for half in halves {
        let mut stream = open();
        stream.write_all(half.as_bytes()).await.unwrap();
        let started = Instant::now();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert_eq!((rest.len(), started.elapsed().as_secs()), (0, 10), "{half}");
    }

    // A page of some two megabytes, read a kilobyte a second.
    let mut stream = open();
    let head = format!(
        "GET /audit/v1/logs?limit=2000 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        FakeApi::TOKEN
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut buffer, mut read) = ([0; 1_024], 0);
    while read < 1_000_000 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let more = stream.read(&mut buffer).await.unwrap();
        assert!(more > 0, "closed after {read} bytes");
        read += more;
    }
}

#[tokio::test(start_paused = true)]
async fn no_setting_overflows() {
    let forever = Duration::MAX;
    let api = FakeApi::builder()
        .start_time(i64::MAX)
        .entries(10)
        .span(forever)
        .latency(forever)
        .idle_timeout(forever)
        .rate_limit(u32::MAX, u32::MAX)
        .default_limit(usize::MAX)
        .build();
    api.step_clock(i64::MAX);
    api.set_date_skew(Some(i64::MAX));
    api.push_made(i64::MIN, i64::MAX);
    api.push_made(i64::MAX, i64::MIN);
    assert_eq!(api.record().len(), 12);
    api.script(ScriptedResponse::ordinary().delay(forever));
    api.script(ScriptedResponse::fault(WireFault::Drip(forever)));
    for _ in 0..3 {
        let never = timeout(Duration::from_secs(86_400), get(&api, "logs")).await;
        assert!(never.is_err());
    }
}

#[tokio::test]
async fn more_connections_than_are_served_wait_for_their_turn() {
    let api = quiet().entries(1).build();
    let server = api.serve().await.unwrap();
    let mut held = Vec::new();
    for _ in 0..1_024 {
        held.push(TcpStream::connect(server.addr()).await.unwrap());
    }
    let mut late = TcpStream::connect(server.addr()).await.unwrap();
    let token = FakeApi::TOKEN;
    let ask = format!(
        "GET /audit/v1/logs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n"
    );
    late.write_all(ask.as_bytes()).await.unwrap();
    // All the others are served before it: it is the last in the queue.
    while api.connection_count() < 1_024 {
        tokio::task::yield_now().await;
    }
    assert_eq!(api.request_count(), 0);
    drop(held.pop());
    let mut response = String::new();
    late.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
    assert_eq!(api.connection_count(), 1_025);
}
