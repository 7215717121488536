//! Proxies for real, on loopback: the way is opened, and neither side learns the other's secrets.

use std::{error::Error as _, time::Duration};

use slack_audit_logs::{
    AuditLogsClient, AuditLogsClientBuilder, Body, Error, FailureKind, LogsRequest,
    fake::FakeApi,
    retry::RetryPolicy,
    transport::{HttpTransport, Proxy as ProxySetting, Tls},
};
use tower::ServiceExt;

use crate::support::{
    capture::Capture,
    proxy::{Manner, Proxy},
    tls::{Authority, Speaking, TlsServer},
};

const TOKEN: &str = "xoxp-CANARY-token";
/// `us@er` and `p/a:ss-CANARY`, as they stand in a URL and in a header.
const CREDENTIALS: &str = "us%40er:p%2Fa:ss-CANARY";
const BASIC: &str = "Basic dXNAZXI6cC9hOnNzLUNBTkFSWQ==";

fn api() -> FakeApi {
    FakeApi::builder()
        .entries(10)
        .token(TOKEN)
        .without_rate_limit()
        .build()
}

fn builder(base_url: &str, proxy: &str) -> AuditLogsClientBuilder {
    AuditLogsClient::builder()
        .token(TOKEN)
        .base_url(base_url)
        .proxy(proxy)
}

/// Asserts that neither side learnt the other's secrets, and nobody told them to the log.
fn assert_discreet(api: &FakeApi, proxy: &Proxy, log: &str) {
    for request in api.requests() {
        let text = format!("{:?}", request.headers);
        assert!(
            !text.to_lowercase().contains("proxy") && !text.contains("dXNA"),
            "{text}"
        );
    }
    for secret in ["CANARY", "p/a:ss", "dXNAZXI6"] {
        assert!(!log.contains(secret), "{secret} in the log");
    }
    assert!(!proxy.seen().contains(TOKEN), "the proxy saw the token");
}

#[tokio::test]
async fn https_goes_through_every_kind_of_proxy() {
    let authority = Authority::new();
    let inside_tls = || {
        Manner::ConnectTls(
            Speaking::new(authority.issue("127.0.0.1"))
                .alpn(&[])
                .acceptor(),
        )
    };
    let table = [
        (
            "http://",
            Manner::Connect {
                authorization: None,
            },
        ),
        (
            "",
            Manner::Connect {
                authorization: None,
            },
        ),
        (
            "http://us%40er:p%2Fa:ss-CANARY@",
            Manner::Connect {
                authorization: Some(BASIC),
            },
        ),
        (
            "us%40er:p%2Fa:ss-CANARY@",
            Manner::Connect {
                authorization: Some(BASIC),
            },
        ),
        ("https://", inside_tls()),
        ("socks5://", Manner::Socks5 { credentials: None }),
        ("socks5h://", Manner::Socks5 { credentials: None }),
        (
            "socks5h://us%40er:p%2Fa:ss-CANARY@",
            Manner::Socks5 {
                credentials: Some(("us@er", "p/a:ss-CANARY")),
            },
        ),
    ];
    for (before_host, manner) in table {
        let capture = Capture::start();
        let api = api();
        let server = TlsServer::start(&api, Speaking::new(authority.issue("127.0.0.1"))).await;
        let proxy = Proxy::start(manner, server.addr).await;
        let client = builder(&server.base_url(), &format!("{before_host}{}", proxy.addr))
            .tls(trusting(&authority))
            .build()
            .expect("a client");
        for _ in 0..2 {
            client
                .logs(LogsRequest::new())
                .await
                .unwrap_or_else(|error| panic!("{before_host}: {error:?}"));
        }
        assert_eq!(
            proxy.destinations(),
            [server.addr.to_string()],
            "{before_host}: one tunnel, kept"
        );
        assert_eq!(api.request_count(), 2);
        let offered = if before_host.contains('@') { 2 } else { 0 };
        assert!(proxy.methods().iter().all(|methods| *methods == [offered]));
        assert_discreet(&api, &proxy, &capture.text());
    }
}

#[tokio::test]
async fn plain_http_goes_through_connect_too_and_names_are_the_proxys() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    for (scheme, manner) in [
        (
            "http",
            Manner::Connect {
                authorization: None,
            },
        ),
        ("socks5h", Manner::Socks5 { credentials: None }),
    ] {
        let proxy = Proxy::start(manner, server.addr()).await;
        // A name that only the proxy knows; a token to plain HTTP needs the explicit permission.
        let client = builder(
            "http://slack.invalid/audit/v1/",
            &format!("{scheme}://{}", proxy.addr),
        )
        .allow_plain_http()
        .build()
        .expect("a client");
        client
            .logs(LogsRequest::new())
            .await
            .unwrap_or_else(|error| panic!("{scheme}: {error:?}"));
        assert_eq!(proxy.destinations(), ["slack.invalid:80"], "{scheme}");
        let seen = proxy.seen();
        assert!(
            !seen.contains("GET http"),
            "no request in absolute form: {seen}"
        );
    }
}

#[tokio::test]
async fn socks5_resolves_here_and_tries_every_address() {
    let (api, authority) = (api(), Authority::new());
    let server = TlsServer::start(&api, Speaking::new(authority.issue("localhost"))).await;
    let port = server.addr.port();
    let (first, second) = (format!("127.0.0.1:{port}"), format!("::1:{port}"));
    for (refused, asked) in [
        ("nobody", vec![first.clone()]),
        ("127.0.0.1", vec![first, second]),
    ] {
        let proxy = Proxy::start(Manner::Socks5Refuses(refused), server.addr).await;
        let base_url = format!("https://localhost:{port}/audit/v1/");
        let client = builder(&base_url, &format!("socks5://{}", proxy.addr))
            .tls(trusting(&authority))
            .build()
            .expect("a client");
        let response = client.logs(LogsRequest::new()).await.expect("a page");
        assert_eq!(response.attempts(), 1);
        assert_eq!(proxy.destinations(), asked);
    }

    let proxy = Proxy::start(Manner::Silent, server.addr).await;
    let client = builder("http://slack.invalid/", &format!("socks5://{}", proxy.addr))
        .allow_plain_http()
        .build()
        .expect("a client");
    let error = client
        .logs(LogsRequest::new())
        .await
        .expect_err("no such name");
    assert_eq!(error.failure_kind(), Some(FailureKind::Dns), "{error:?}");
}

fn trusting(authority: &Authority) -> Tls {
    Tls::system()
        .only_added_roots()
        .add_root_pem(authority.pem())
        .expect("a root")
}

/// Roots that need not be loaded from the system, for calls that never come to TLS.
fn trusting_nobody_else() -> Tls {
    trusting(&Authority::new())
}

#[tokio::test]
async fn plain_http_to_this_machine_goes_past_every_proxy() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    let port = server.addr().port();
    for scheme in ["http", "https", "socks5", "socks5h"] {
        let proxy = Proxy::start(Manner::Silent, server.addr()).await;
        for host in ["127.0.0.1", "localhost", "LOCALHOST", "a.b.localhost"] {
            let base_url = format!("http://{host}:{port}/audit/v1/");
            let client = builder(&base_url, &format!("{scheme}://{}", proxy.addr))
                .build()
                .expect("a client");
            client
                .logs(LogsRequest::new())
                .await
                .unwrap_or_else(|error| panic!("{scheme}, {host}: {error:?}"));
        }
        assert_eq!(proxy.connections(), 0, "{scheme}: it would see the token");
    }
}

#[tokio::test]
async fn refused_credentials_are_told_and_never_tried_again() {
    let nowhere = "127.0.0.1:9".parse().expect("an address");
    let wants = |scheme: &'static str| {
        Manner::Answers(match scheme {
            "Basic" => "HTTP/1.1 407 CANARY\r\nproxy-authenticate: Basic realm=\"CANARY\"\r\n\r\n",
            "NTLM" => {
                "HTTP/1.1 407 CANARY\r\nproxy-authenticate: Negotiate\r\n\
                 proxy-authenticate: NTLM\r\nproxy-authenticate: CANARY\r\n\r\n"
            }
            _ => "HTTP/1.1 407 CANARY\r\n\r\n",
        })
    };
    let socks5 = Manner::Socks5 {
        credentials: Some(("someone", "else")),
    };
    let table = [
        (
            "http://us:CANARY@",
            wants("Basic"),
            "the proxy refused the user name and password (status 407, it takes Basic)",
            "check the proxy's user name and password",
        ),
        (
            "http://",
            wants("Basic"),
            "the proxy wants credentials (status 407, it takes Basic)",
            "give the proxy's URL with user name and password",
        ),
        (
            "http://us:CANARY@",
            wants("NTLM"),
            "the proxy refused the user name and password (status 407, it takes NTLM, Negotiate)",
            "only Basic is spoken here",
        ),
        (
            "http://us:CANARY@",
            wants("nothing"),
            "the proxy refused the user name and password (status 407, it takes no scheme that is known)",
            "only Basic is spoken here",
        ),
        (
            "socks5h://us:CANARY@",
            socks5.clone(),
            "the SOCKS5 proxy refused the user name and password",
            "check the proxy's user name and password",
        ),
        (
            "socks5://us:CANARY@",
            socks5.clone(),
            "the SOCKS5 proxy refused the user name and password",
            "check the proxy's user name and password",
        ),
        (
            "socks5h://",
            socks5,
            "the SOCKS5 proxy wants credentials",
            "give the proxy's URL with user name and password",
        ),
        (
            "socks5h://us:CANARY@",
            Manner::Socks5 { credentials: None },
            "the SOCKS5 proxy takes no user name and password",
            "check the proxy's user name and password",
        ),
    ];
    for (before_host, manner, message, advice) in table {
        let proxy = Proxy::start(manner, nowhere).await;
        // A name with two addresses: refused credentials are no reason to try the other.
        let client = builder(
            "https://localhost:9/audit/v1/",
            &format!("{before_host}{}", proxy.addr),
        )
        .tls(trusting_nobody_else())
        .retry_policy(RetryPolicy::all_builtin())
        .build()
        .expect("a client");
        let error = client.logs(LogsRequest::new()).await.expect_err("no way");
        assert_eq!(error.source().expect("a failure").to_string(), message);
        assert!(
            error.advice().is_some_and(|said| said.starts_with(advice)),
            "{error}"
        );
        assert_eq!(
            error.failure_kind(),
            Some(FailureKind::ProxyAuth),
            "{error:?}"
        );
        assert!(error.is_connect() && error.attempts() == 1, "{error:?}");
        assert_eq!(proxy.connections(), 1, "{message}");
        assert!(
            !format!("{error} {error:?}").contains("CANARY"),
            "{error:?}"
        );
    }
}

async fn failure(proxy_url: &str) -> Error {
    let client = builder("https://127.0.0.1:9/audit/v1/", proxy_url)
        .tls(trusting_nobody_else())
        .retry_handlers([])
        .build()
        .expect("a client");
    client.logs(LogsRequest::new()).await.expect_err("no way")
}

#[tokio::test]
async fn what_a_proxy_refuses_is_the_proxys_failure() {
    let nowhere = "127.0.0.1:9".parse().expect("an address");
    let table = [
        (
            "http",
            Manner::Answers("HTTP/1.1 403 CANARY\r\n\r\n"),
            "with status 403",
        ),
        (
            "http",
            Manner::Answers("HTTP/1.1 302 Found\r\nlocation: CANARY\r\n\r\n"),
            "status 302",
        ),
        (
            "http",
            Manner::Answers("HTTP/1.0 502 Bad Gateway\r\n\r\n"),
            "with status 502",
        ),
        (
            "http",
            Manner::Answers("SSH-2.0-CANARY_9.9\r\n\r\n"),
            "did not answer CONNECT",
        ),
        ("http", Manner::Answers(""), "did not answer CONNECT"),
        (
            "http",
            Manner::Answers("HTTP/1.1 200 "),
            "did not answer CONNECT",
        ),
        (
            "socks5h",
            Manner::Answers("HTTP/1.1 400 CANARY\r\n\r\n"),
            "does not speak SOCKS5",
        ),
        ("socks5h", Manner::Answers(""), "broke"),
        ("socks5h", Manner::Answers("\u{5}"), "broke"),
    ];
    for (scheme, manner, message) in table {
        let proxy = Proxy::start(manner, nowhere).await;
        let error = failure(&format!("{scheme}://{CREDENTIALS}@{}", proxy.addr)).await;
        assert_eq!(error.failure_kind(), Some(FailureKind::Proxy), "{error:?}");
        assert_eq!(proxy.connections(), 1);
        let text = format!("{error} {error:?} {}", error.source().expect("a failure"));
        assert!(text.contains(message), "{text}");
        for secret in ["CANARY", "us@er", "p/a:ss", "dXNA"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let proxy = Proxy::start(Manner::Socks5Refuses(""), nowhere).await;
    let error = failure(&format!("socks5h://{}", proxy.addr)).await;
    assert_eq!(error.failure_kind(), Some(FailureKind::Proxy), "{error:?}");
    assert_eq!(
        error.source().expect("a failure").to_string(),
        "the SOCKS5 proxy cannot reach the host (reply 4)"
    );
    // Nobody listens there.
    let error = failure("http://127.0.0.1:9").await;
    assert_eq!(error.failure_kind(), Some(FailureKind::Proxy), "{error:?}");
    assert_eq!(
        error.source().expect("a failure").to_string(),
        "no connection to the proxy could be opened"
    );
    let error = failure("http://proxy.invalid:3128").await;
    assert_eq!(error.failure_kind(), Some(FailureKind::Proxy), "{error:?}");
    assert_eq!(
        error.source().expect("a failure").to_string(),
        "the proxy's name could not be resolved"
    );
}

#[tokio::test]
async fn hosts_excepted_and_no_proxy_go_direct() {
    let (api, authority) = (api(), Authority::new());
    let server = TlsServer::start(&api, Speaking::new(authority.issue("127.0.0.1"))).await;
    let proxy = Proxy::start(
        Manner::Answers("HTTP/1.1 403 Forbidden\r\n\r\n"),
        server.addr,
    )
    .await;
    let url = format!("http://{}", proxy.addr);
    let direct = [
        HttpTransport::builder().proxy(ProxySetting::new(&url).except("10.0.0.0/8, 127.0.0.1,")),
        HttpTransport::builder().proxy(url.as_str()).no_proxy(),
    ];
    for builder in direct {
        let transport = builder.tls(trusting(&authority)).build();
        let client = AuditLogsClient::builder()
            .token(TOKEN)
            .base_url(server.base_url())
            .transport(transport.expect("a transport"))
            .build()
            .expect("a client");
        client.logs(LogsRequest::new()).await.expect("a page");
    }
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn an_unusable_proxy_is_an_error_at_build_that_does_not_show_it() {
    for url in [
        "ftp://CANARY@h",
        "http://u:CANARY@",
        "http://u:CANARY@h:0",
        "socks4://CANARY@h",
    ] {
        let error = builder("https://api.slack.com/audit/v1/", url)
            .build()
            .expect_err(url);
        assert!(error.is_build(), "{error:?}");
        let text = format!(
            "{error} {error:?} {}",
            error.source().map(ToString::to_string).unwrap_or_default()
        );
        assert!(
            text.contains("proxy: ") && !text.contains("CANARY"),
            "{text}"
        );
        let builder = HttpTransport::builder().proxy(url);
        assert!(!format!("{builder:?} {:?}", ProxySetting::new(url)).contains("CANARY"));
    }
    let long = format!("socks5h://{}@h", "x".repeat(256));
    let error = HttpTransport::builder()
        .proxy(long)
        .build()
        .expect_err("too long");
    assert!(error.to_string().contains("more than 255 bytes"), "{error}");
    // A blank one counts as not given.
    assert!(
        HttpTransport::builder()
            .plain_http_only()
            .proxy("  ")
            .build()
            .is_ok()
    );
}

#[tokio::test]
async fn a_silent_proxy_is_bounded_by_the_connect_timeout() {
    let proxy = Proxy::start(Manner::Silent, "127.0.0.1:9".parse().expect("an address")).await;
    for scheme in ["http", "https", "socks5h"] {
        let transport = HttpTransport::builder()
            .tls(trusting_nobody_else())
            .proxy(format!("{scheme}://{}", proxy.addr))
            .connect_timeout(Duration::from_millis(50))
            .build()
            .expect("a transport");
        let request = http::Request::get("https://127.0.0.1:9/")
            .body(Body::empty())
            .expect("a request");
        let failure = transport.oneshot(request).await.expect_err("silence");
        assert_eq!(failure.kind(), FailureKind::Connect, "{failure:?}");
        assert!(
            failure
                .to_string()
                .starts_with("no connection was open within 50ms"),
            "{failure}"
        );
    }
    assert_eq!(proxy.connections(), 3);
}
