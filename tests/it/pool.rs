//! The pool: connections are kept, expire, and cost no failed call when they turn out to be stale.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use slack_audit_logs::{
    Body, FailureKind,
    fake::{FakeApi, FakeServer, ScriptedResponse, WireFault},
    transport::HttpTransport,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Barrier,
};
use tower::ServiceExt;

fn api() -> FakeApi {
    FakeApi::builder().entries(10).without_rate_limit().build()
}

fn transport() -> HttpTransport {
    HttpTransport::builder()
        .no_proxy()
        .plain_http_only()
        .build()
        .expect("a transport")
}

fn get(base_url: &str) -> Request<Body> {
    Request::get(format!("{base_url}logs"))
        .header("authorization", format!("Bearer {}", FakeApi::TOKEN))
        .body(Body::empty())
        .expect("a request")
}

/// One call, to the end of its body.
async fn call(transport: &HttpTransport, server: &FakeServer) -> StatusCode {
    let response = transport
        .clone()
        .oneshot(get(&server.base_url()))
        .await
        .expect("a response");
    let status = response.status();
    response.into_body().collect().await.expect("a body");
    status
}

#[tokio::test]
async fn clones_share_one_kept_connection() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    let transport = transport();
    for _ in 0..5 {
        assert_eq!(call(&transport.clone(), &server).await, StatusCode::OK);
    }
    assert_eq!((api.request_count(), api.connection_count()), (5, 1));
}

#[tokio::test]
async fn without_a_pool_each_request_opens_its_own() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    let builder = HttpTransport::builder().no_proxy().plain_http_only();
    let transport = builder
        .pool_idle_timeout(Duration::ZERO)
        .build()
        .expect("a transport");
    for _ in 0..3 {
        call(&transport, &server).await;
    }
    assert_eq!(api.connection_count(), 3);
}

#[tokio::test]
async fn a_connection_closed_while_the_request_is_written_costs_nothing() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    let transport = transport();
    call(&transport, &server).await;
    // The server reads the request on the kept connection, and closes it without a word.
    api.script(ScriptedResponse::fault(WireFault::CloseOnReuse));
    assert_eq!(call(&transport, &server).await, StatusCode::OK);
    assert_eq!(api.faults_fired(), [WireFault::CloseOnReuse]);
    assert_eq!(api.connection_count(), 2);
}

#[tokio::test]
async fn a_kept_connection_that_is_reset_costs_nothing() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    let transport = transport();
    for fault in [WireFault::ResetBeforeHead, WireFault::CloseBeforeHead] {
        call(&transport, &server).await;
        api.script(ScriptedResponse::fault(fault));
        assert_eq!(call(&transport, &server).await, StatusCode::OK, "{fault:?}");
    }
    assert_eq!(api.faults_fired().len(), 2);
}

#[tokio::test]
async fn a_new_connection_that_breaks_is_a_failure_at_once() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    api.script(ScriptedResponse::fault(WireFault::CloseBeforeHead).forever());
    let failure = transport()
        .oneshot(get(&server.base_url()))
        .await
        .expect_err("closed");
    assert_eq!(failure.kind(), FailureKind::Closed, "{failure:?}");
    assert_eq!(
        api.request_count(),
        1,
        "it may have been read: that is the retry's matter"
    );
}

/// A server that answers the first request of each connection and, when `stale`, closes on the
/// second without a word. The first `together` requests are answered only when all of them are
/// there.
async fn server_of_stale_connections(
    together: usize,
) -> (String, Arc<std::sync::Mutex<Vec<&'static str>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}/", listener.local_addr().expect("an address"));
    let log = Arc::<std::sync::Mutex<Vec<&'static str>>>::default();
    let kept = log.clone();
    tokio::spawn(async move {
        let barrier = Arc::new(Barrier::new(together));
        let mut accepted = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            accepted += 1;
            let (barrier, log) = (
                (accepted <= together).then(|| barrier.clone()),
                kept.clone(),
            );
            tokio::spawn(async move {
                if !read_request(&mut stream).await {
                    return;
                }
                if let Some(barrier) = barrier {
                    barrier.wait().await;
                }
                log.lock().expect("no panic").push("answered");
                if stream.write_all(EMPTY_OBJECT).await.is_ok() && read_request(&mut stream).await {
                    log.lock().expect("no panic").push("stale");
                }
            });
        }
    });
    (base_url, log)
}

const EMPTY_OBJECT: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// A call that has its response.
async fn once(transport: &HttpTransport, base_url: &str) {
    let response = transport.clone().oneshot(get(base_url)).await;
    let body = response.expect("a response").into_body().collect().await;
    assert_eq!(body.expect("a body").to_bytes(), "{}");
}

async fn read_request(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

#[tokio::test]
async fn as_many_connections_are_kept_as_were_in_use_at_once() {
    const AT_ONCE: usize = 64;
    // Each call waits until all of them are there.
    let barrier = Arc::new(Barrier::new(AT_ONCE));
    let opened = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}/", listener.local_addr().expect("an address"));
    let counted = opened.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let barrier = barrier.clone();
            tokio::spawn(async move {
                while read_request(&mut stream).await {
                    barrier.wait().await;
                    stream.write_all(EMPTY_OBJECT).await.expect("written");
                }
            });
        }
    });
    let transport = transport();
    for _ in 0..3 {
        join_all((0..AT_ONCE).map(|_| once(&transport, &base_url))).await;
        // The connections go back to the pool as their tasks come round.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(opened.load(Ordering::Relaxed), AT_ONCE);
}

#[tokio::test]
async fn every_pooled_connection_stale_costs_nothing() {
    const POOLED: usize = 64;
    let (base_url, log) = server_of_stale_connections(POOLED).await;
    let transport = transport();
    join_all((0..POOLED).map(|_| once(&transport, &base_url))).await;
    let (mut answered, mut stale) = (POOLED, 0);
    for _ in 0..POOLED {
        // The connections go back to the pool as their tasks come round.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        once(&transport, &base_url).await;
        (answered, stale) = (answered + 1, stale + 1);
        let log = log.lock().expect("no panic").clone();
        let count = |wanted| log.iter().filter(|what| **what == wanted).count();
        assert_eq!(
            (count("answered"), count("stale")),
            (answered, stale),
            "sent twice, and no more: {log:?}"
        );
    }
}

#[tokio::test]
async fn what_may_change_something_is_never_sent_twice() {
    let (base_url, log) = server_of_stale_connections(1).await;
    let transport = transport();
    let response = transport
        .clone()
        .oneshot(get(&base_url))
        .await
        .expect("a response");
    response.into_body().collect().await.expect("a body");
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let post = Request::post(&base_url)
        .body(Body::from("{}"))
        .expect("a request");
    let failure = transport.oneshot(post).await.expect_err("closed");
    assert_eq!(failure.kind(), FailureKind::Closed, "{failure:?}");
    assert_eq!(
        log.lock().expect("no panic").as_slice(),
        ["answered", "stale"]
    );
}

#[tokio::test]
async fn idle_connections_expire() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    let builder = HttpTransport::builder().no_proxy().plain_http_only();
    let transport = builder
        .pool_idle_timeout(Duration::from_secs(50))
        .build()
        .expect("a transport");
    call(&transport, &server).await;
    call(&transport, &server).await;
    assert_eq!(api.connection_count(), 1, "kept");
    // hyper-util's pool reads the clock of the system, and tokio's only wakes it: what is left of
    // the idle time is not waited for here but made nothing.
    let builder = HttpTransport::builder().no_proxy().plain_http_only();
    let transport = builder
        .pool_idle_timeout(Duration::from_nanos(1))
        .build()
        .expect("a transport");
    for _ in 0..3 {
        call(&transport, &server).await;
    }
    assert_eq!(
        api.connection_count(),
        4,
        "each had expired before the next request"
    );
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_another_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}/", listener.local_addr().expect("an address"));
    let closed = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        assert!(read_request(&mut stream).await);
        stream.write_all(EMPTY_OBJECT).await.expect("written");
        stream.read(&mut [0; 1]).await.expect("no reset")
    });
    let transport = HttpTransport::builder()
        .no_proxy()
        .plain_http_only()
        .pool_idle_timeout(Duration::from_millis(10))
        .build()
        .expect("a transport");
    let response = transport
        .clone()
        .oneshot(get(&base_url))
        .await
        .expect("a response");
    response.into_body().collect().await.expect("a body");
    let closed = tokio::time::timeout(Duration::from_secs(30), closed).await;
    assert_eq!(
        closed.expect("in time").expect("no panic"),
        0,
        "the end of the stream"
    );
    drop(transport);
}
