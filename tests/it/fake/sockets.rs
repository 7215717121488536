//! The loopback server: HTTP/1.1 and HTTP/2, gzip, and an end.

use std::io::Read;

use bytes::Bytes;
use http::Version;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use slack_audit_logs::fake::{FakeApi, ScriptedResponse, WireFault};
use tokio::net::{TcpListener, TcpStream};

use super::{quiet, request};

async fn http1_sender(server: std::net::SocketAddr) -> http1::SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(server).await.unwrap();
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn a_kept_connection_serves_many_requests() {
    let api = quiet().entries(50).build();
    let server = api.serve().await.unwrap();
    assert_eq!(
        server.base_url(),
        format!("http://{}/audit/v1/", server.addr())
    );
    let mut sender = http1_sender(server.addr()).await;
    for _ in 0..3 {
        let response = sender.send_request(request("logs")).await.unwrap();
        assert!(
            response.headers().contains_key("date")
                && response.headers().contains_key("content-length")
        );
        response.into_body().collect().await.unwrap();
        sender.ready().await.unwrap();
    }
    let connections: Vec<_> = api
        .requests()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(connections, [Some(1); 3]);
}

#[tokio::test]
async fn http_2_with_prior_knowledge_and_its_faults() {
    let api = quiet().entries(50).gzip(false).build();
    let server = api.serve().await.unwrap();
    let stream = TcpStream::connect(server.addr()).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    api.script(ScriptedResponse::fault(WireFault::ResetInBody).nth(2));
    let response = sender.send_request(request("logs")).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert!(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .len()
            > 10_000
    );
    let broken = sender.send_request(request("logs")).await.unwrap();
    assert!(broken.into_body().collect().await.is_err());
    let after = sender.send_request(request("logs")).await.unwrap();
    assert!(
        after.into_body().collect().await.is_ok(),
        "the other streams live"
    );
    api.script(ScriptedResponse::fault(WireFault::ResetBeforeHead));
    assert!(sender.send_request(request("logs")).await.is_err());
    assert_eq!(
        api.faults_fired(),
        [WireFault::ResetInBody, WireFault::ResetBeforeHead]
    );
}

#[tokio::test]
async fn gzip_for_those_who_accept_it() {
    let api = quiet().entries(200).build();
    let server = api.serve().await.unwrap();
    let mut sizes = Vec::new();
    for (accept, expected) in [("br, gzip", true), ("gzip;q=0", false), ("br", false)] {
        let mut request = request("logs?limit=100");
        request
            .headers_mut()
            .insert("accept-encoding", accept.parse().unwrap());
        let response = http1_sender(server.addr())
            .await
            .send_request(request)
            .await
            .unwrap();
        assert_eq!(
            response.headers().contains_key("content-encoding"),
            expected,
            "{accept}"
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let mut plain = body.to_vec();
        if expected {
            plain.clear();
            flate2::read::GzDecoder::new(&body[..])
                .read_to_end(&mut plain)
                .unwrap();
        }
        assert!(serde_json::from_slice::<serde_json::Value>(&plain).is_ok());
        sizes.push(body.len());
    }
    assert!(sizes[0] * 2 < sizes[1] && sizes[1] == sizes[2], "{sizes:?}");
}

#[tokio::test]
async fn closing_connections_and_the_server() {
    let api = quiet().entries(1).build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = api.serve_listener(listener).unwrap();
    let addr = server.addr();
    let mut first = http1_sender(addr).await;
    first
        .send_request(request("logs"))
        .await
        .unwrap()
        .into_body()
        .collect()
        .await
        .unwrap();
    server.close_connections();
    while !first.is_closed() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        http1_sender(addr)
            .await
            .send_request(request("logs"))
            .await
            .unwrap()
            .status(),
        200
    );
    server.shutdown().await;
    assert!(TcpStream::connect(addr).await.is_err());
    assert_eq!(api.connection_count(), 2);
}

#[test]
fn handles_can_be_shared() {
    fn check<T: Send + Sync + 'static>() {}
    fn send<T: Send>() {}
    check::<FakeApi>();
    check::<slack_audit_logs::fake::FakeServer>();
    check::<ScriptedResponse>();
    send::<slack_audit_logs::fake::FakeBody>();
}
