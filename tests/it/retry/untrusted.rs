//! A certificate that is not trusted is never met a second time.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use slack_audit_logs::{
    AuditLogsClient, LogsRequest,
    retry::{ConnectionErrorRetryHandler, FixedValueRetryIntervalCalculator, RetryPolicy},
    transport::Tls,
};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{self, pki_types::PrivateKeyDer},
};

/// A TLS server with a certificate of its own making; says how many connections came.
async fn self_signed() -> (String, Arc<AtomicUsize>) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a key");
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .expect("a certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let connections = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Relaxed);
            // The client turns away.
            let _ = acceptor.accept(stream).await;
        }
    });
    (format!("https://localhost:{port}/"), connections)
}

#[tokio::test]
async fn certificate_errors_are_never_retried() {
    let (url, connections) = self_signed().await;
    let other = rcgen::generate_simple_self_signed(["elsewhere.test".to_owned()]).expect("a key");
    let tls = Tls::system()
        .only_added_roots()
        .add_root_pem(other.cert.pem())
        .expect("a root");
    let policy = RetryPolicy::none().handler(
        ConnectionErrorRetryHandler::new(5)
            .with_timeouts(true)
            .with_interval_calculator(FixedValueRetryIntervalCalculator::new(Duration::ZERO)),
    );
    let client = AuditLogsClient::builder()
        .base_url(url)
        .no_proxy()
        .tls(tls)
        .retry_policy(policy)
        .build()
        .expect("a client");
    let error = client
        .logs(LogsRequest::new())
        .await
        .expect_err("not trusted");
    assert!(error.is_tls(), "{error:?}");
    assert_eq!((error.attempts(), connections.load(Relaxed)), (1, 1));
}
