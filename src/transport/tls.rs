//! `Tls`: whom to trust, and who to be.

use std::{env, ffi::OsString, fmt, fs, io, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::{TLS12, TLS13},
};
use rustls_native_certs::load_native_certs;

use crate::error::InvalidConfig;

/// The protocols offered to the server, best first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// How TLS is spoken: trusted roots, client certificate, lowest version.
///
/// Certificates are checked by rustls with the ring provider, which is passed explicitly: it makes
/// no difference what else is in the build, and no process-wide default is needed or set.
/// Certificate checks cannot be turned off; add the root instead.
///
/// ```no_run
/// use slack_audit_logs::transport::{Tls, TlsVersion};
///
/// # fn main() -> Result<(), slack_audit_logs::InvalidConfig> {
/// let tls = Tls::system()
///     .add_root_file("/etc/ssl/corporate-root.pem")?
///     .client_certificate_files("/etc/ssl/siem.pem", "/etc/ssl/siem.key")?
///     .minimum_version(TlsVersion::Tls13);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Tls(Configuration);

#[derive(Clone)]
enum Configuration {
    Settings(Settings),
    Rustls {
        config: Arc<ClientConfig>,
        /// Whether a setting was made that cannot be made on it.
        misused: bool,
    },
}

#[derive(Clone)]
struct Settings {
    system_roots: bool,
    roots: RootCertStore,
    client: Option<Arc<ClientCertificate>>,
    minimum: TlsVersion,
}

struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// A version of TLS. Older ones than these are broken, and not offered.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246), the lowest by default; Slack's edge and inspecting proxies speak it
    /// still.
    #[default]
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// The system's roots.
impl Default for Tls {
    fn default() -> Self {
        Self::system()
    }
}

impl Tls {
    /// Trusts the certificate authorities of the system, or those that `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name.
    pub fn system() -> Self {
        Self(Configuration::Settings(Settings {
            system_roots: true,
            roots: RootCertStore::empty(),
            client: None,
            minimum: TlsVersion::default(),
        }))
    }

    /// Takes a whole rustls configuration. None of the other settings can be made on it; one that
    /// is made is an error when the transport is built.
    ///
    /// If it offers no protocols by ALPN, `h2` and `http/1.1` are added.
    pub fn rustls(config: Arc<ClientConfig>) -> Self {
        let misused = false;
        Self(Configuration::Rustls { config, misused })
    }

    /// Trusts the certificates in this PEM as roots as well.
    ///
    /// # Errors
    /// There is no certificate in it, or one that cannot be a root.
    pub fn add_root_pem(self, pem: impl AsRef<[u8]>) -> Result<Self, InvalidConfig> {
        self.add_roots("root certificates", pem.as_ref())
    }

    /// Trusts the certificates in this PEM file as roots as well.
    ///
    /// # Errors
    /// The file cannot be read, or as [`add_root_pem`](Self::add_root_pem).
    pub fn add_root_file(self, path: impl AsRef<Path>) -> Result<Self, InvalidConfig> {
        let path = path.as_ref();
        let what = format!("root certificates in {}", path.display());
        self.add_roots(&what, &read(path)?)
    }

    fn add_roots(mut self, what: &str, pem: &[u8]) -> Result<Self, InvalidConfig> {
        let certificates = certificates(what, pem)?;
        let roots = &mut self.settings()?.roots;
        for certificate in certificates {
            let unusable = "one cannot be used as a root; it must be an X.509 certificate";
            let added = roots.add(certificate);
            added.map_err(|_| invalid(&format!("{what}: {unusable}")))?;
        }
        Ok(self)
    }

    /// Trusts nothing but the roots that are added: the system's are not loaded.
    pub fn only_added_roots(self) -> Self {
        self.set(|settings| settings.system_roots = false)
    }

    /// Shows this certificate (with its intermediates) to servers that ask for one; both are PEM,
    /// the key as PKCS #8, PKCS #1 or SEC 1.
    ///
    /// # Errors
    /// There is no certificate or no key, or they do not belong together.
    pub fn client_certificate_pem(
        self,
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, InvalidConfig> {
        let chain = certificates("client certificate", certificate.as_ref())?;
        let key = private_key("client key", key.as_ref())?;
        self.client_certificate(ClientCertificate { chain, key })
    }

    /// Shows the certificate in these PEM files, as
    /// [`client_certificate_pem`](Self::client_certificate_pem) does. One file may hold both.
    ///
    /// # Errors
    /// A file cannot be read, or as there.
    pub fn client_certificate_files(
        self,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, InvalidConfig> {
        let (certificate, key) = (certificate.as_ref(), key.as_ref());
        let what = format!("client certificate in {}", certificate.display());
        let chain = certificates(&what, &read(certificate)?)?;
        let what = format!("client key in {}", key.display());
        let key = private_key(&what, &read(key)?)?;
        self.client_certificate(ClientCertificate { chain, key })
    }

    fn client_certificate(mut self, client: ClientCertificate) -> Result<Self, InvalidConfig> {
        self.settings()?.client = Some(Arc::new(client));
        // Whether they belong together shows now, not when the transport is built.
        self.build_with(RootCertStore::empty())?;
        Ok(self)
    }

    /// Refuses servers that speak only lower versions.
    pub fn minimum_version(self, version: TlsVersion) -> Self {
        self.set(|settings| settings.minimum = version)
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        match &mut self.0 {
            Configuration::Settings(settings) => change(settings),
            Configuration::Rustls { misused, .. } => *misused = true,
        }
        self
    }

    fn settings(&mut self) -> Result<&mut Settings, InvalidConfig> {
        match &mut self.0 {
            Configuration::Settings(settings) => Ok(settings),
            Configuration::Rustls { .. } => Err(misused()),
        }
    }

    /// The configuration; loads the system's roots if they are wanted.
    pub(super) fn build(&self) -> Result<Arc<ClientConfig>, InvalidConfig> {
        let mut roots = RootCertStore::empty();
        if let Configuration::Settings(settings) = &self.0 {
            roots.clone_from(&settings.roots);
            let required = roots.is_empty();
            if settings.system_roots {
                check_named_roots(env::var_os)?;
                add_system_roots(&mut roots, load_native_certs(), required)?;
            } else if required {
                let problem = "no root is trusted; add one, or trust the system's";
                return Err(invalid(problem));
            }
        }
        self.build_with(roots)
    }

    fn build_with(&self, roots: RootCertStore) -> Result<Arc<ClientConfig>, InvalidConfig> {
        let alpn = || ALPN.map(<[u8]>::to_vec).to_vec();
        let settings = match &self.0 {
            Configuration::Settings(settings) => settings,
            Configuration::Rustls { misused: true, .. } => return Err(misused()),
            Configuration::Rustls { config, .. } if !config.alpn_protocols.is_empty() => {
                return Ok(config.clone());
            }
            Configuration::Rustls { config, .. } => {
                let mut config = ClientConfig::clone(config);
                config.alpn_protocols = alpn();
                return Ok(Arc::new(config));
            }
        };
        // The provider is named: with two of them in the build, rustls has no default and would
        // panic over it.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions: &[&SupportedProtocolVersion] = match settings.minimum {
            TlsVersion::Tls12 => &[&TLS13, &TLS12],
            TlsVersion::Tls13 => &[&TLS13],
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|_| invalid("the crypto provider cannot speak the versions that are allowed"))?
            .with_root_certificates(roots);
        let mut config = match settings.client.as_deref() {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let unusable = "the client certificate and its key cannot be used together";
                let (chain, key) = (client.chain.clone(), client.key.clone_key());
                let config = builder.with_client_auth_cert(chain, key);
                config.map_err(|_| invalid(unusable))?
            }
        };
        config.alpn_protocols = alpn();
        Ok(Arc::new(config))
    }
}

fn misused() -> InvalidConfig {
    invalid("a whole rustls configuration takes no further settings; make them there")
}

fn invalid(problem: &str) -> InvalidConfig {
    InvalidConfig::new(format!("TLS: {problem}"))
}

/// Checks that what the environment names for the system's roots is there.
fn check_named_roots(variable: fn(&'static str) -> Option<OsString>) -> Result<(), InvalidConfig> {
    let unreadable = |name: &str, path: &Path, error: io::Error| {
        InvalidConfig::new(format!("{name}: cannot read {}: {error}", path.display()))
    };
    if let Some(file) = variable("SSL_CERT_FILE") {
        fs::File::open(&file).map_err(|error| unreadable("SSL_CERT_FILE", file.as_ref(), error))?;
    }
    let directories = variable("SSL_CERT_DIR").unwrap_or_default();
    for directory in env::split_paths(&directories).filter(|path| !path.as_os_str().is_empty()) {
        fs::read_dir(&directory).map_err(|error| unreadable("SSL_CERT_DIR", &directory, error))?;
    }
    Ok(())
}

/// Adds what the system trusts. Some broken certificates among the system's are common and no
/// reason to fail; none at all is, if `required`.
fn add_system_roots(
    roots: &mut RootCertStore,
    found: rustls_native_certs::CertificateResult,
    required: bool,
) -> Result<(), InvalidConfig> {
    for error in &found.errors {
        tracing::debug!(%error, "some of the system's root certificates could not be loaded");
    }
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::trace!(added, ignored, "loaded the system's root certificates");
    if added == 0 && required {
        return Err(invalid(
            "the system has no root certificates; \
             install them (on Linux the package ca-certificates), name them in SSL_CERT_FILE, \
             or add a root",
        ));
    }
    Ok(())
}

fn certificates(what: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, InvalidConfig> {
    let unusable = |problem: &str| invalid(&format!("{what}: {problem}"));
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|_| unusable("it is not valid PEM"))?;
    if certificates.is_empty() {
        return Err(unusable(
            "no certificate found; it must be PEM, with BEGIN CERTIFICATE",
        ));
    }
    Ok(certificates)
}

fn private_key(what: &str, pem: &[u8]) -> Result<PrivateKeyDer<'static>, InvalidConfig> {
    // The parser's error would show lines of the file, which may be the key.
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        invalid(&format!(
            "{what}: no private key found; \
             it must be PEM (PKCS #8, PKCS #1 or SEC 1) and not encrypted"
        ))
    })
}

fn read(path: &Path) -> Result<Vec<u8>, InvalidConfig> {
    fs::read(path).map_err(|error| invalid(&format!("cannot read {}: {error}", path.display())))
}

/// Shows how many roots there are and whether there is a client certificate, never a key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Configuration::Rustls { .. } => f.write_str("Tls(rustls configuration)"),
            Configuration::Settings(settings) => f
                .debug_struct("Tls")
                .field("system_roots", &settings.system_roots)
                .field("added_roots", &settings.roots.len())
                .field("client_certificate", &settings.client.is_some())
                .field("minimum_version", &settings.minimum)
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls_native_certs::CertificateResult;

    use super::*;

    #[test]
    fn a_system_without_roots_is_an_error_unless_some_are_added() {
        for garbage in [None, Some(CertificateDer::from(b"no certificate".to_vec()))] {
            let found = || {
                let mut found = CertificateResult::default();
                found.certs.extend(garbage.clone());
                found
            };
            let add = |required| add_system_roots(&mut RootCertStore::empty(), found(), required);
            let error = add(true).expect_err("none").to_string();
            assert!(error.contains("no root certificates"), "{error}");
            assert!(add(false).is_ok());
        }
    }

    #[test]
    fn what_the_environment_names_must_be_there() {
        fn missing(name: &str) -> Option<OsString> {
            (name == "SSL_CERT_FILE").then(|| "/no/such/file".into())
        }
        fn one_missing(name: &str) -> Option<OsString> {
            let directories = env::join_paths([Path::new("/"), Path::new("/no/such/directory")]);
            (name == "SSL_CERT_DIR").then(|| directories.expect("paths"))
        }
        let (file, directory) = (check_named_roots(missing), check_named_roots(one_missing));
        let file = file.expect_err("missing").to_string();
        let directory = directory.expect_err("missing").to_string();
        let expected = "SSL_CERT_FILE: cannot read /no/such/file: ";
        assert!(file.starts_with(expected), "{file}");
        let expected = "SSL_CERT_DIR: cannot read /no/such/directory: ";
        assert!(directory.starts_with(expected), "{directory}");
        assert!(check_named_roots(|_| None).is_ok());
    }

    #[test]
    fn what_cannot_be_loaded_of_the_systems_roots_is_no_reason_to_fail() {
        let found =
            rustls_native_certs::load_certs_from_paths(Some(Path::new("/no/such/file")), None);
        assert!(!found.errors.is_empty());
        assert!(add_system_roots(&mut RootCertStore::empty(), found, false).is_ok());
    }
}
