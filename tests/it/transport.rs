//! The transport below the layers that stand above it: every fault on the wire has its kind,
//! redirects are answers, URLs are checked.

use std::{error::Error as _, time::Duration};

use http::Request;
use slack_audit_logs::{
    AuditLogsClient, AuditLogsClientBuilder, Body, FailureKind, LogsRequest,
    fake::{FakeApi, ScriptedResponse, WireFault},
    transport::HttpTransport,
};
use tokio::net::TcpListener;
use tower::ServiceExt;

const TOKEN: &str = "xoxp-CANARY-token";

fn api() -> FakeApi {
    FakeApi::builder()
        .entries(200)
        .token(TOKEN)
        .without_rate_limit()
        .build()
}

fn builder(base_url: &str) -> AuditLogsClientBuilder {
    let transport = HttpTransport::builder().no_proxy().plain_http_only();
    AuditLogsClient::builder()
        .token(TOKEN)
        .base_url(base_url)
        .retry_handlers([])
        .transport(transport.build().expect("a transport"))
}

#[tokio::test]
async fn every_fault_has_its_kind() {
    use FailureKind as Kind;
    let minute = Duration::from_secs(60);
    let table = [
        (WireFault::ResetBeforeHead, Kind::Closed),
        (WireFault::ResetInHead, Kind::Closed),
        (WireFault::ResetInBody, Kind::Closed),
        (WireFault::CloseBeforeHead, Kind::Closed),
        (WireFault::CloseInHead, Kind::Closed),
        (WireFault::CloseInBody, Kind::Closed),
        (WireFault::LongLength(1_000_000), Kind::Closed),
        (WireFault::LongLength(10_000_000_000), Kind::BodyTooLarge),
        (WireFault::CutChunk, Kind::Closed),
        (WireFault::BadChunk, Kind::Body),
        (WireFault::NoLastChunk, Kind::Closed),
        (WireFault::GarbageHead, Kind::Protocol),
        (WireFault::BadGzip, Kind::Body),
        (WireFault::CutGzip, Kind::Body),
        (WireFault::BadGzipChecksum, Kind::Body),
        (WireFault::GzipBomb(200_000_000), Kind::BodyTooLarge),
        (WireFault::Silence, Kind::Timeout),
        (WireFault::SilenceAfterHead, Kind::Timeout),
        (WireFault::Drip(minute), Kind::Timeout),
    ];
    for (fault, kind) in table {
        let api = api();
        let server = api.serve().await.expect("loopback");
        api.script(ScriptedResponse::fault(fault));
        let timeout = if kind == Kind::Timeout {
            Duration::from_millis(100)
        } else {
            minute
        };
        let client = builder(&server.base_url())
            .timeout(timeout)
            .build()
            .expect("a client");
        let error = client
            .logs(LogsRequest::new().limit(100))
            .await
            .map(|_| fault)
            .expect_err("a failure");
        assert_eq!(error.failure_kind(), Some(kind), "{fault:?}: {error:?}");
        assert_eq!(error.attempts(), 1);
        fired(&api, fault).await;
        let text = format!("{error} {error:?}");
        assert!(!text.contains("CANARY"), "{text}");
        // What came was no page, and the next call is none the worse for it.
        client
            .logs(LogsRequest::new().limit(100))
            .await
            .unwrap_or_else(|error| panic!("after {fault:?}: {error:?}"));
    }
}

#[tokio::test]
async fn a_length_too_short_never_passes_for_a_page() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    api.script(ScriptedResponse::fault(WireFault::ShortLength));
    let client = builder(&server.base_url()).build().expect("a client");
    let result = client
        .logs(LogsRequest::new().limit(100))
        .await
        .and_then(|response| response.typed_body());
    let error = result.expect_err("cut JSON");
    assert!(error.is_decode() || error.is_incomplete(), "{error:?}");
    fired(&api, WireFault::ShortLength).await;
}

/// The server may note a fault a moment after the client has gone.
async fn fired(api: &FakeApi, fault: WireFault) {
    let noted = async {
        while api.faults_fired().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let noted = tokio::time::timeout(Duration::from_secs(60), noted).await;
    assert!(noted.is_ok(), "{fault:?} never fired");
    assert_eq!(api.faults_fired(), [fault]);
}

#[tokio::test]
async fn redirects_are_answers_and_the_token_stays_here() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let other = elsewhere.local_addr().expect("an address");
    for (status, location) in [
        (301, format!("http://{other}/audit/v1/logs")),
        (302, format!("https://{other}/audit/v1/logs")),
        (303, "http://localhost/".to_owned()),
        (307, format!("//{other}/")),
        (308, format!("http://{other}/audit/v1/logs")),
    ] {
        let api = api();
        let server = api.serve().await.expect("loopback");
        api.script(ScriptedResponse::status(status).header("location", &location));
        let client = builder(&server.base_url()).build().expect("a client");
        let error = client
            .logs(LogsRequest::new())
            .await
            .expect_err("a refusal");
        assert!(error.is_redirect() && error.is_refused(), "{error:?}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(api.request_count(), 1);
    }
    let nobody = tokio::time::timeout(Duration::from_millis(1), elsewhere.accept()).await;
    assert!(nobody.is_err(), "somebody followed a redirect");
}

#[tokio::test]
async fn a_refused_connection_and_an_unknown_name_are_told_apart() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port")
        .local_addr()
        .expect("an address");
    let table = [
        (
            format!("http://{port}/"),
            FailureKind::Connect,
            "no connection to the host could be opened",
        ),
        (
            "http://nowhere.invalid/".to_owned(),
            FailureKind::Dns,
            "the host's name could not be resolved",
        ),
    ];
    let transport = HttpTransport::builder()
        .no_proxy()
        .plain_http_only()
        .build()
        .expect("a transport");
    for (url, kind, message) in table {
        let request = Request::get(&url).body(Body::empty()).expect("a request");
        let failure = transport
            .clone()
            .oneshot(request)
            .await
            .expect_err("nobody there");
        assert_eq!(
            (failure.kind(), failure.to_string().as_str()),
            (kind, message),
            "{failure:?}"
        );
        assert!(failure.source().is_some(), "the original error is kept");
        assert!(kind.is_before_send());
    }
}

#[tokio::test]
async fn urls_that_cannot_be_spoken_to_are_refused_before_anything_is_sent() {
    let transport = HttpTransport::builder()
        .no_proxy()
        .plain_http_only()
        .build()
        .expect("a transport");
    for (url, message) in [
        ("/logs?secret=CANARY", "the request's URL is not absolute"),
        ("ftp://h/", "the request's URL is neither http nor https"),
        (
            "https://127.0.0.1:9/",
            "the transport was built for plain HTTP only",
        ),
    ] {
        let request = Request::get(url).body(Body::empty()).expect("a request");
        let failure = transport
            .clone()
            .oneshot(request)
            .await
            .expect_err("refused");
        assert_eq!(
            (failure.kind(), failure.to_string().as_str()),
            (FailureKind::Refused, message)
        );
    }
}

#[tokio::test]
async fn a_host_that_accepts_and_never_speaks_tls_meets_the_connect_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}/", listener.local_addr().expect("an address"));
    let transport = HttpTransport::builder()
        .no_proxy()
        .connect_timeout(Duration::from_millis(50));
    let transport = transport.build().expect("a transport");
    let request = Request::get(url).body(Body::empty()).expect("a request");
    let failure = transport.oneshot(request).await.expect_err("silence");
    assert_eq!(failure.kind(), FailureKind::Connect, "{failure:?}");
    assert!(failure.to_string().contains("within 50ms"), "{failure}");
    let (_stream, _) = listener.accept().await.expect("it was accepted");
}

/// `localhost` is `127.0.0.1` and then `::1`. The first neither accepts nor refuses.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_that_is_dead_costs_a_moment_and_not_the_connect_timeout() {
    use tokio::net::{TcpSocket, TcpStream};
    let Ok(alive) = TcpListener::bind("[::1]:0").await else {
        return; // a machine without IPv6 has no second address
    };
    let port = alive.local_addr().expect("an address").port();
    let dead = TcpSocket::new_v4().expect("a socket");
    if dead.bind(([127, 0, 0, 1], port).into()).is_err() {
        return; // somebody else has the port there
    }
    let dead = dead.listen(0).expect("listens");
    // Its queue holds this one, and the kernel drops who knocks after it.
    let _queued = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("queued");

    let api = FakeApi::builder().entries(10).build();
    let server = tokio::spawn(async move {
        let (stream, _) = alive.accept().await.expect("a connection");
        api.serve_connection(stream).await;
    });
    let transport = HttpTransport::builder().no_proxy().plain_http_only();
    let transport = transport.connect_timeout(Duration::from_secs(60));
    let request = Request::get(format!("http://localhost:{port}/audit/v1/schemas"));
    let request = request.body(Body::empty()).expect("a request");
    let response = transport.build().expect("a transport").oneshot(request);
    let response = tokio::time::timeout(Duration::from_secs(20), response);
    response.await.expect("in time").expect("a response");
    server.abort();
    drop(dead);
}

#[test]
fn parts_are_send_sync_and_clone() {
    fn promised<T: Send + Sync + Clone + 'static>() {}
    fn sendable<T: Send + Sync + 'static>() {}
    promised::<HttpTransport>();
    promised::<slack_audit_logs::transport::HttpTransportBuilder>();
    promised::<slack_audit_logs::transport::Tls>();
    promised::<slack_audit_logs::transport::Proxy>();
    sendable::<slack_audit_logs::transport::TransportBody>();
    sendable::<slack_audit_logs::transport::TransportFuture>();
    sendable::<slack_audit_logs::Failure>();
}
