//! A certificate authority of the tests' own, and the embedded API behind TLS on loopback.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use slack_audit_logs::fake::FakeApi;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
        version::{TLS12, TLS13},
    },
};

/// A certificate authority that nobody but these tests trusts.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, both as PEM.
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        // Roots of one name would differ only by their keys, and a stranger's pass for a forgery.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        let name = format!("Root {}", COUNT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a root"))
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a host or, without a difference, for a client.
    pub fn issue(&self, name: &str) -> Identity {
        self.issue_with(name, |_| ())
    }

    /// The same with something about it that is not as it should be.
    pub fn issue_with(&self, name: &str, change: fn(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// How a server speaks TLS.
pub struct Speaking {
    pub identity: Identity,
    pub alpn: &'static [&'static [u8]],
    pub versions: &'static [&'static SupportedProtocolVersion],
    /// Clients must show a certificate of this authority.
    pub clients: Option<CertificateDer<'static>>,
}

pub static ONLY_TLS12: &[&SupportedProtocolVersion] = &[&TLS12];
static ALL_VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

impl Speaking {
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            alpn: &[b"h2", b"http/1.1"],
            versions: ALL_VERSIONS,
            clients: None,
        }
    }

    pub fn alpn(mut self, alpn: &'static [&'static [u8]]) -> Self {
        self.alpn = alpn;
        self
    }

    pub fn versions(mut self, versions: &'static [&'static SupportedProtocolVersion]) -> Self {
        self.versions = versions;
        self
    }

    pub fn clients_of(mut self, authority: &Authority) -> Self {
        self.clients = Some(authority.0.der().clone());
        self
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(self.versions)
            .expect("versions");
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some(root) => {
                let mut roots = RootCertStore::empty();
                roots.add(root.clone()).expect("a root");
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let chain = CertificateDer::from_pem_slice(self.identity.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(self.identity.key.as_bytes()).expect("a key");
        let mut config = builder
            .with_single_cert(vec![chain.expect("a certificate")], key)
            .expect("an identity");
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// The embedded API behind TLS; dropping it closes the port.
pub struct TlsServer {
    pub addr: SocketAddr,
    task: JoinHandle<()>,
}

impl TlsServer {
    pub async fn start(api: &FakeApi, speaking: Speaking) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let (api, acceptor) = (api.clone(), speaking.acceptor());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (api, acceptor) = (api.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        api.serve_connection(stream).await;
                    }
                });
            }
        });
        Self { addr, task }
    }

    pub fn base_url(&self) -> String {
        format!("https://{}/audit/v1/", self.addr)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
