//! The client side of a TLS connection.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use lab::{Error, Result, text};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::{TlsConnector, rustls};

use super::trust::Trust;

/// The TLS configuration, cheap to clone. The system's certificates are read for the first connection that needs them.
#[derive(Clone, Debug, Default)]
pub struct Tls(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// The configuration of `--cacert` or `--insecure`.
    given: Option<Arc<ClientConfig>>,
    /// The configuration with the system's CAs.
    system: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    pub fn new(trust: &Trust) -> Result<Tls> {
        let given = match trust {
            Trust::System => None,
            Trust::File(path) => Some(trusting(roots(path)?)),
            Trust::Unverified => Some(unverified()),
        };
        Ok(Tls(Arc::new(Shared { given: given.map(Arc::new), system: OnceLock::new() })))
    }

    /// Does the handshake. The server's certificate must be valid for the host.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, String> {
        let name = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(|e| e.to_string())?;
        let config = match &self.0.given {
            Some(config) => Arc::clone(config),
            None => Arc::clone(self.0.system.get_or_init(|| Arc::new(trusting(system_roots())))),
        };
        TlsConnector::from(config).connect(name, stream).await.map_err(|e| e.to_string())
    }
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    let mut config = builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

fn unverified() -> ClientConfig {
    let verifier = Arc::new(NoVerification(ring::default_provider()));
    let mut config = builder().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    let provider = Arc::new(ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("ring supports them")
}

/// The system's CAs. On a system without any, every handshake fails with an error that says so.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn roots(path: &Path) -> Result<RootCertStore> {
    let refuse = |why: &dyn std::fmt::Display| {
        let path = path.display();
        Error::usage(text!(
            "--cacert {path}: PEM 인증서를 읽을 수 없습니다: {why}",
            "--cacert {path}: cannot be read as PEM certificates: {why}"
        ))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| refuse(&e))? {
        roots.add(certificate.map_err(|e| refuse(&e))?).map_err(|e| refuse(&e))?;
    }
    if roots.is_empty() {
        return Err(refuse(&"it contains none"));
    }
    Ok(roots)
}

/// For `--insecure`: the server must still have the key of its certificate, but any certificate is accepted.
#[derive(Debug)]
struct NoVerification(CryptoProvider);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
