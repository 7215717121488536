//! TLS for real, on loopback: who is trusted, who is refused, and in which words.

use std::{
    error::Error as _,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::Version;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, date_time_ymd};
use slack_audit_logs::{
    ApiRequest, AuditLogsClient, AuditLogsClientBuilder, Error, FailureKind, LogsRequest,
    fake::{FakeApi, ScriptedResponse, WireFault},
    retry::{
        Attempt, FixedValueRetryIntervalCalculator, RetryHandler, RetryIntervalCalculator,
        RetryPolicy, RetryState,
    },
    transport::{HttpTransport, Tls, TlsVersion},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::rustls;

use crate::support::tls::{Authority, ONLY_TLS12, Speaking, TlsServer};

const HOST: &str = "127.0.0.1";

fn api() -> FakeApi {
    FakeApi::builder().entries(10).without_rate_limit().build()
}

fn client(server: &TlsServer, tls: Tls) -> AuditLogsClient {
    builder(server, tls).build().expect("a client")
}

fn builder(server: &TlsServer, tls: Tls) -> AuditLogsClientBuilder {
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(server.base_url())
        .no_proxy()
        .retry_policy(RetryPolicy::all_builtin())
        .tls(tls)
}

fn trusting(authority: &Authority) -> Tls {
    Tls::system()
        .only_added_roots()
        .add_root_pem(authority.pem())
        .expect("a root")
}

async fn refused(client: AuditLogsClient) -> Error {
    client.logs(LogsRequest::new()).await.expect_err("refused")
}

/// The message of the failure below the error, which says why.
fn why(error: &Error) -> String {
    error.source().expect("a failure").to_string()
}

/// Every message of the chain.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn an_unknown_root_is_refused_in_words_and_never_retried() {
    let (api, authority) = (api(), Authority::new());
    let server = TlsServer::start(&api, Speaking::new(authority.issue(HOST))).await;
    let error = refused(client(&server, trusting(&Authority::new()))).await;
    assert_eq!(error.failure_kind(), Some(FailureKind::Tls), "{error:?}");
    assert!(error.is_tls() && error.is_connect() && !error.is_timeout());
    assert_eq!(
        why(&error),
        "the host's certificate is not signed by a trusted authority"
    );
    assert!(chain(&error).contains("UnknownIssuer"), "{}", chain(&error));
    assert_eq!(error.attempts(), 1, "a certificate does not get better");
    assert_eq!(api.request_count(), 0);
    // The same server is right: with its root, the call succeeds.
    let response = client(&server, trusting(&authority))
        .logs(LogsRequest::new())
        .await;
    assert_eq!(response.expect("a page").attempts(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told_with_what_to_do() {
    type Change = fn(&mut CertificateParams);
    let table: [(&str, Change, &str, &str); 5] = [
        (
            HOST,
            |params| params.not_after = date_time_ymd(2020, 1, 1),
            "the host's certificate has expired",
            "renew it on the host",
        ),
        (
            HOST,
            |params| params.not_before = date_time_ymd(2900, 1, 1),
            "the host's certificate is not valid yet, or this machine's clock is wrong",
            "check this machine's clock",
        ),
        (
            "CANARY.test",
            |_| (),
            "the host's certificate is for another name",
            "check the host in the base URL",
        ),
        (
            HOST,
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            "the host's certificate is not valid",
            "have the host's certificate issued anew, for a server and not for an authority",
        ),
        (
            HOST,
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            "the host's certificate is not valid",
            "have the host's certificate issued anew, for a server and not for an authority",
        ),
    ];
    for (name, change, message, advice) in table {
        let (api, authority) = (api(), Authority::new());
        let speaking = Speaking::new(authority.issue_with(name, change));
        let server = TlsServer::start(&api, speaking).await;
        let error = refused(client(&server, trusting(&authority))).await;
        assert_eq!(error.failure_kind(), Some(FailureKind::Tls), "{error:?}");
        assert_eq!((why(&error).as_str(), error.attempts()), (message, 1));
        assert!(
            error.advice().is_some_and(|said| said.starts_with(advice)),
            "{error}"
        );
        let text = format!("{error:?} {}", chain(&error));
        assert!(
            !text.contains("CANARY"),
            "a name out of the certificate: {text}"
        );
    }
}

/// Answers every request with a TLS record that nobody can have sealed.
async fn broken_record(authority: &Authority) -> (SocketAddr, Arc<AtomicU32>) {
    let acceptor = Speaking::new(authority.issue(HOST)).alpn(&[]).acceptor();
    let listener = TcpListener::bind((HOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let requests = Arc::<AtomicU32>::default();
    let counted = requests.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, counted) = (acceptor.clone(), counted.clone());
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                counted.fetch_add(1, Ordering::Relaxed);
                let (mut tcp, _) = stream.into_inner();
                tcp.write_all(&[23, 3, 3, 0, 32]).await?;
                tcp.write_all(&[0; 32]).await?;
                std::future::pending::<io::Result<()>>().await
            });
        }
    });
    (address, requests)
}

/// Tries everything again that may be tried again.
struct Always;

impl RetryHandler for Always {
    fn max_retry_count(&self) -> u32 {
        3
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        const NONE: &FixedValueRetryIntervalCalculator =
            &FixedValueRetryIntervalCalculator::new(Duration::ZERO);
        NONE
    }

    fn can_retry(&self, _: &mut RetryState, _: &Attempt<'_>) -> bool {
        true
    }
}

#[tokio::test]
async fn what_was_sent_before_tls_broke_is_not_taken_for_unsent() {
    let authority = Authority::new();
    for (request, sent) in [(ApiRequest::post("x"), 1), (ApiRequest::get("x"), 4)] {
        let (address, requests) = broken_record(&authority).await;
        let client = AuditLogsClient::builder()
            .token(FakeApi::TOKEN)
            .base_url(format!("https://{address}/"))
            .no_proxy()
            .tls(trusting(&authority))
            .retry_handlers([])
            .retry_handler(Always)
            .build()
            .expect("a client");
        let error = client.api_call(request).await.expect_err("broken");
        assert!(error.is_tls(), "{error:?}");
        assert_eq!(
            (error.attempts(), requests.load(Ordering::Relaxed)),
            (sent, sent)
        );
    }
}

#[tokio::test]
async fn the_protocol_is_chosen_by_alpn() {
    let authority = Authority::new();
    let table: [(&'static [&'static [u8]], Version); 4] = [
        (&[b"h2", b"http/1.1"], Version::HTTP_2),
        (&[b"h2"], Version::HTTP_2),
        (&[b"http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ];
    for (alpn, version) in table {
        let api = api();
        let speaking = Speaking::new(authority.issue(HOST)).alpn(alpn);
        let server = TlsServer::start(&api, speaking).await;
        let client = client(&server, trusting(&authority));
        for _ in 0..3 {
            client.logs(LogsRequest::new()).await.expect("a page");
        }
        let requests = api.requests();
        assert!(
            requests.iter().all(|request| request.version == version),
            "{alpn:?}: {requests:?}"
        );
        assert_eq!(api.connection_count(), 1, "the connection is kept");
    }
}

#[tokio::test]
async fn a_server_without_a_protocol_in_common_is_refused_once() {
    let (api, authority) = (api(), Authority::new());
    let speaking = Speaking::new(authority.issue(HOST)).alpn(&[b"spdy/3.1"]);
    let server = TlsServer::start(&api, speaking).await;
    let error = refused(client(&server, trusting(&authority))).await;
    assert_eq!(error.failure_kind(), Some(FailureKind::Tls), "{error:?}");
    assert_eq!(
        why(&error),
        "the host speaks neither HTTP/2 nor HTTP/1.1 over TLS"
    );
    assert_eq!((error.attempts(), api.request_count()), (1, 0));
}

#[tokio::test]
async fn a_server_that_speaks_another_protocol_than_it_chose_is_a_failed_attempt() {
    let authority = Authority::new();
    let table: [(&'static [&'static [u8]], &[u8]); 2] = [
        (&[b"h2"], b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        (&[b"http/1.1"], b"\0\0\0\x04\0\0\0\0\0"),
    ];
    for (alpn, says) in table {
        let acceptor = Speaking::new(authority.issue(HOST)).alpn(alpn).acceptor();
        let listener = TcpListener::bind((HOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let says = says.to_vec();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let _ = stream.read(&mut [0; 1_024]).await;
                let _ = stream.write_all(&says).await;
                // Until the client has had enough.
                while stream.read(&mut [0; 1_024]).await.is_ok_and(|n| n > 0) {}
            }
        });
        let client = AuditLogsClient::builder()
            .token(FakeApi::TOKEN)
            .base_url(format!("https://{address}/audit/v1/"))
            .no_proxy()
            .tls(trusting(&authority))
            .retry_policy(RetryPolicy::none())
            .build()
            .expect("a client");
        let error = refused(client).await;
        assert_eq!(
            (error.failure_kind(), error.attempts()),
            (Some(FailureKind::Protocol), 1),
            "{alpn:?}: {error:?}"
        );
        server.abort();
    }
}

#[tokio::test]
async fn a_root_comes_from_a_file_and_beside_the_systems() {
    let (api, authority) = (api(), Authority::new());
    let server = TlsServer::start(&api, Speaking::new(authority.issue(HOST))).await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), authority.pem()).expect("written");
    let tls = Tls::system().add_root_file(file.path()).expect("a root");
    client(&server, tls)
        .logs(LogsRequest::new())
        .await
        .expect("a page");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (api, authority) = (api(), Authority::new());
    let server = TlsServer::start(&api, Speaking::new(authority.issue("slack.test"))).await;
    let error = refused(client(&server, trusting(&authority))).await;
    assert!(error.is_tls(), "{error:?}");
    assert_eq!(why(&error), "the host's certificate is for another name");
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_wanted() {
    for versions in [None, Some(ONLY_TLS12)] {
        let (api, authority, clients) = (api(), Authority::new(), Authority::new());
        let mut speaking = Speaking::new(authority.issue(HOST)).clients_of(&clients);
        if let Some(versions) = versions {
            speaking = speaking.versions(versions);
        }
        let server = TlsServer::start(&api, speaking).await;

        let error = refused(client(&server, trusting(&authority))).await;
        assert!(error.is_tls(), "without one: {error:?}");
        if versions.is_none() {
            assert_eq!(why(&error), "the host wants a client certificate");
        }
        assert_eq!(error.attempts(), 1, "{error:?}");

        let stranger = Authority::new().issue("stranger");
        let tls = trusting(&authority).client_certificate_pem(stranger.certificate, stranger.key);
        let error = refused(client(&server, tls.expect("a pair"))).await;
        assert!(error.is_tls(), "with a wrong one: {error:?}");
        assert_eq!(api.request_count(), 0);

        let identity = clients.issue("siem");
        let tls = trusting(&authority).client_certificate_pem(&identity.certificate, &identity.key);
        client(&server, tls.expect("a pair"))
            .logs(LogsRequest::new())
            .await
            .expect("a page");
    }
}

/// With TLS 1.3 the server's alert comes once the handshake is done: before the request is on its
/// way, or after. It may also be lost with the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn that_a_client_certificate_is_wanted_is_told_whenever_the_alert_comes() {
    let (api, authority, clients) = (api(), Authority::new(), Authority::new());
    let speaking = Speaking::new(authority.issue(HOST)).clients_of(&clients);
    let server = TlsServer::start(&api, speaking.alpn(&[b"http/1.1"])).await;
    let mut told = 0;
    for _ in 0..50 {
        let error = refused(client(&server, trusting(&authority))).await;
        if error.is_tls() {
            assert_eq!(why(&error), "the host wants a client certificate");
            told += 1;
        }
    }
    assert!(told > 0, "the alert never came");
}

#[tokio::test]
async fn a_server_below_the_minimum_version_is_refused() {
    let (api, authority) = (api(), Authority::new());
    let speaking = Speaking::new(authority.issue(HOST)).versions(ONLY_TLS12);
    let server = TlsServer::start(&api, speaking).await;
    client(&server, trusting(&authority))
        .logs(LogsRequest::new())
        .await
        .expect("TLS 1.2 by default");
    let strict = trusting(&authority).minimum_version(TlsVersion::Tls13);
    let error = refused(client(&server, strict)).await;
    assert!(error.is_tls(), "{error:?}");
    assert_eq!(
        why(&error),
        "the host speaks no TLS version or cipher that is allowed here"
    );
}

#[tokio::test]
async fn a_whole_rustls_configuration_is_taken() {
    let (api, authority) = (api(), Authority::new());
    let server = TlsServer::start(&api, Speaking::new(authority.issue(HOST))).await;
    let config = |alpn: Vec<Vec<u8>>| {
        let mut roots = rustls::RootCertStore::empty();
        let pem = authority.pem();
        let root = <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(pem.as_bytes());
        roots.add(root.expect("a root")).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn;
        Arc::new(config)
    };
    for (alpn, version) in [
        (vec![], Version::HTTP_2),
        (vec![b"http/1.1".to_vec()], Version::HTTP_11),
    ] {
        let client = client(&server, Tls::rustls(config(alpn)));
        client.logs(LogsRequest::new()).await.expect("a page");
        assert_eq!(api.requests().last().expect("a request").version, version);
    }
    // A setting that has no place on it is an error, not ignored.
    for tls in [
        Tls::rustls(config(vec![])).only_added_roots(),
        Tls::rustls(config(vec![])).minimum_version(TlsVersion::Tls13),
    ] {
        let error = HttpTransport::builder()
            .no_proxy()
            .tls(tls)
            .build()
            .expect_err("misused");
        assert!(
            error.to_string().contains("takes no further settings"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn no_process_wide_crypto_provider_is_needed_or_set() {
    let (api, authority) = (api(), Authority::new());
    let server = TlsServer::start(&api, Speaking::new(authority.issue(HOST))).await;
    client(&server, trusting(&authority))
        .logs(LogsRequest::new())
        .await
        .expect("a page");
    // Where rustls has to choose a provider itself, it notes its choice here, and panics if two are
    // in the build.
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}

#[tokio::test]
async fn a_host_that_does_not_speak_tls_is_told_apart() {
    let api = api();
    let server = api.serve().await.expect("loopback");
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(format!("https://{}/audit/v1/", server.addr()))
        .no_proxy()
        .tls(trusting(&Authority::new()))
        .build()
        .expect("a client");
    let error = refused(client).await;
    assert!(error.is_tls(), "{error:?}");
    assert_eq!(why(&error), "the host does not speak TLS");
}

#[tokio::test]
async fn a_connection_closed_in_the_handshake_is_no_matter_of_trust() {
    let listener = TcpListener::bind((HOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let accepted = tokio::spawn(async move {
        let mut count = 0;
        while count < 2 {
            drop(listener.accept().await.expect("a connection"));
            count += 1;
        }
        count
    });
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(format!("https://{address}/audit/v1/"))
        .no_proxy()
        .tls(trusting(&Authority::new()))
        .build()
        .expect("a client");
    let error = refused(client).await;
    assert_eq!(
        error.failure_kind(),
        Some(FailureKind::Connect),
        "{error:?}"
    );
    assert_eq!(
        why(&error),
        "the connection was closed in the TLS handshake"
    );
    assert_eq!(
        (error.attempts(), accepted.await.expect("no panic")),
        (2, 2),
        "tried again, as it may work"
    );
}

#[test]
fn unusable_files_and_pem_are_errors_that_show_nothing_of_them() {
    let (one, other) = (
        Authority::new().issue("one"),
        Authority::new().issue("other"),
    );
    let table = [
        (Tls::system().add_root_pem("CANARY"), "no certificate found"),
        (Tls::system().add_root_pem(""), "no certificate found"),
        (Tls::system().add_root_pem(&one.key), "no certificate found"),
        (
            Tls::system()
                .add_root_pem("-----BEGIN CERTIFICATE-----\nCANARY!\n-----END CERTIFICATE-----\n"),
            "not valid PEM",
        ),
        (
            Tls::system()
                .add_root_pem("-----BEGIN CERTIFICATE-----\nQ0FOQVJZ\n-----END CERTIFICATE-----\n"),
            "cannot be used as a root",
        ),
        (
            Tls::system().add_root_file("/no/such/file"),
            "cannot read /no/such/file",
        ),
        (
            Tls::system().client_certificate_files("/no/such/cert", "/no/such/key"),
            "cannot read /no/such/cert",
        ),
        (
            Tls::system().client_certificate_pem(&one.certificate, "CANARY"),
            "no private key found",
        ),
        (
            Tls::system().client_certificate_pem(&one.key, &one.key),
            "no certificate found",
        ),
        (
            Tls::system().client_certificate_pem(&one.certificate, &other.key),
            "cannot be used together",
        ),
    ];
    for (result, expected) in table {
        let error = result.expect_err(expected);
        let text = format!("{error} {error:?}");
        assert!(
            error.to_string().starts_with("TLS: ") && text.contains(expected),
            "{text}"
        );
        assert!(!text.contains("CANARY"), "{text}");
    }
    let error = HttpTransport::builder()
        .no_proxy()
        .tls(Tls::system().only_added_roots())
        .build();
    assert!(
        error
            .expect_err("nothing is trusted")
            .to_string()
            .contains("no root is trusted")
    );
    let shown = Tls::system().client_certificate_pem(&one.certificate, &one.key);
    let shown = format!("{:?}", shown.expect("a pair"));
    assert!(
        shown.contains("client_certificate: true") && !shown.contains("BEGIN"),
        "{shown}"
    );
}

#[tokio::test]
async fn over_http2_a_lost_connection_has_its_kind_and_a_stale_one_costs_nothing() {
    for fault in [
        WireFault::ResetBeforeHead,
        WireFault::CloseBeforeHead,
        WireFault::ResetInBody,
        WireFault::CloseInBody,
    ] {
        let (api, authority) = (api(), Authority::new());
        let server =
            TlsServer::start(&api, Speaking::new(authority.issue(HOST)).alpn(&[b"h2"])).await;
        let client = builder(&server, trusting(&authority))
            .retry_handlers([])
            .build()
            .expect("a client");
        api.script(ScriptedResponse::fault(fault));
        let error = client.logs(LogsRequest::new()).await.expect_err("lost");
        assert_eq!(
            error.failure_kind(),
            Some(FailureKind::Closed),
            "{fault:?}: {error:?}"
        );
        client
            .logs(LogsRequest::new())
            .await
            .expect("a new connection");
        api.script(ScriptedResponse::fault(fault));
        let again = client.logs(LogsRequest::new()).await;
        match fault {
            // No byte of the answer had come: sent again on a new connection.
            WireFault::ResetBeforeHead | WireFault::CloseBeforeHead => {
                assert_eq!(again.expect("a page").attempts(), 1, "{fault:?}");
            }
            _ => assert!(again.expect_err("cut").is_incomplete(), "{fault:?}"),
        }
        assert_eq!(api.faults_fired(), [fault, fault]);
        assert!(
            api.requests()
                .iter()
                .all(|request| request.version == Version::HTTP_2)
        );
    }
}
