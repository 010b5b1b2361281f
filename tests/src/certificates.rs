//! A certificate authority and a certificate of a test's own, and as much of HTTPS as it takes to look at an answer.
//!
//! The tests' HTTP client speaks no TLS: with it, it would bring a second implementation of cryptography.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The name of the hotel's machine, which browsers are [told](crate::browser::Browser::start_trusting) to find here.
pub const HOST: &str = "hotel.test";

/// An authority that nobody else trusts, and a certificate for [`HOST`] and this machine.
#[derive(Debug)]
pub struct Certificates {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    /// What browsers know the key by.
    fingerprint: String,
}

impl Certificates {
    pub fn generate() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).expect("a certificate");
        fs::write(folder.path().join("ca.pem"), authority.pem()).expect("written");
        let mut certificates = Self {
            folder,
            issuer: Issuer::new(params, key),
            fingerprint: String::new(),
        };
        certificates.renew();
        certificates
    }

    /// Writes another certificate, with another key, over the one that is there.
    pub fn renew(&mut self) {
        let key = KeyPair::generate().expect("a key");
        let names = [HOST, "localhost", "127.0.0.1"].map(str::to_owned).to_vec();
        let params = CertificateParams::new(names).expect("names");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        fs::write(self.certificate(), certificate.pem()).expect("written");
        fs::write(self.key(), key.serialize_pem()).expect("written");
        fs::set_permissions(self.key(), Permissions::from_mode(0o600)).expect("set");
        self.fingerprint = STANDARD.encode(Sha256::digest(key.subject_public_key_info()));
    }

    /// The certificate of the authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// The digest of the public key, as browsers write it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// What came back, as text.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Connects to `address`, whose certificate has to be of this authority.
///
/// # Errors
/// When it is not, or nobody is there.
pub async fn connect(address: &str, authority: &Path) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(authority).expect("an authority");
    roots.add(authority).expect("an authority");
    let config = ClientConfig::builder().with_root_certificates(roots);
    let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
    let name = ServerName::try_from(HOST).expect("a name");
    connector
        .connect(name, TcpStream::connect(address).await?)
        .await
}

/// Asks `GET path` there, by the name `host`.
///
/// # Errors
/// As [`connect`], and when there is no answer.
pub async fn get(address: &str, authority: &Path, host: &str, path: &str) -> io::Result<Answer> {
    let mut stream = connect(address, authority).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "no HTTP");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(malformed)?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer {
        status: status.ok_or_else(malformed)?,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}
