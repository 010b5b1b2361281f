//! HTTPS: the certificate and its key, and what a browser is told besides.
//!
//! A certificate lasts for weeks, and the backend for longer: SIGHUP has both files read anew. Connections that are open keep
//! what they began with.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::caller;
use crate::cli::TlsOptions;
use crate::secret_file::{self, SecretFileError};

/// How long a client may take for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// What a browser is told by its first answer: for a year, not to ask in plain text again (HSTS).
pub(super) const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Why there is no HTTPS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read the certificate in {}: {reason}; it has to be PEM", file.display())]
    Certificate { file: PathBuf, reason: pem::Error },
    #[error("there is no certificate in {}", .0.display())]
    NoCertificate(PathBuf),
    #[error("{0}: it has the key of the certificate")]
    KeyFile(#[from] SecretFileError),
    #[error("cannot read the key in {}: {reason}; it has to be PEM", file.display())]
    Key { file: PathBuf, reason: pem::Error },
    #[error("certificate and key cannot be used: {0}")]
    Useless(#[from] rustls::Error),
}

/// What HTTPS is served with. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

/// The certificate that is shown.
#[derive(Debug)]
struct Shown {
    cert: PathBuf,
    key: PathBuf,
    newest: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// Reads certificate and key; nothing when none are given.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(options: &TlsOptions) -> Result<Option<Self>, TlsError> {
        // clap sees to it that there is none of them alone.
        let (Some(cert), Some(key)) = (&options.tls_cert, &options.tls_key) else {
            return Ok(None);
        };
        let shown = Arc::new(Shown {
            cert: cert.clone(),
            key: key.clone(),
            newest: RwLock::new(Arc::new(read(cert, key)?)),
        });
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Some(Self { acceptor, shown }))
    }

    /// Reads both files anew with each SIGHUP. What cannot be read is told, and nothing changes.
    ///
    /// # Errors
    /// When signals cannot be waited for.
    pub fn renew_on_hangup(self) -> io::Result<impl Future<Output = ()>> {
        let mut hangup = signal(SignalKind::hangup())?;
        Ok(async move {
            while hangup.recv().await.is_some() {
                match self.shown.renew() {
                    Ok(()) => tracing::info!("the certificate was read anew"),
                    Err(error) => tracing::error!("the certificate stays as it was: {error}"),
                }
            }
        })
    }

    /// The connection behind the handshake.
    ///
    /// # Errors
    /// When the client speaks no TLS, or takes its time.
    pub(super) async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let accepted = tokio::time::timeout(HANDSHAKE, self.acceptor.accept(stream)).await;
        accepted.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no TLS handshake in time"))?
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = &self.shown;
        f.debug_struct("Tls").field("shown", shown).finish()
    }
}

impl Shown {
    fn renew(&self) -> Result<(), TlsError> {
        let newest = Arc::new(read(&self.cert, &self.key)?);
        // An Arc is set as a whole, whoever panicked.
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = newest;
        Ok(())
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&newest))
    }
}

/// Whether a browser that asks so is told [`STRICT`]. It goes for all ports of a name, so the names of this machine itself, where
/// other things are tried out in plain text, are left alone.
pub(super) fn is_strict(headers: &HeaderMap) -> bool {
    !caller::names_this_machine(headers)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read(cert: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let not_read = |reason| TlsError::Certificate {
        file: cert.to_owned(),
        reason,
    };
    let chain = CertificateDer::pem_file_iter(cert).map_err(not_read)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(not_read)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(cert.to_owned()));
    }
    let secret = PrivateKeyDer::from_pem_slice(secret_file::read(key)?.as_bytes());
    let secret = secret.map_err(|reason| TlsError::Key {
        file: key.to_owned(),
        reason,
    })?;
    Ok(CertifiedKey::from_der(chain, secret, &provider())?)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    /// A folder with a certificate and a key that belong together.
    fn folder() -> (TempDir, TlsOptions) {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (cert, key) = (folder.path().join("cert"), folder.path().join("key"));
        fs::write(&cert, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        let options = TlsOptions {
            tls_cert: Some(cert),
            tls_key: Some(key),
        };
        (folder, options)
    }

    fn shown(tls: &Tls) -> CertificateDer<'static> {
        tls.shown.newest.read().unwrap().cert[0].clone()
    }

    #[test]
    fn a_certificate_is_renewed_and_a_broken_one_changes_nothing() {
        let (folder, options) = folder();
        let tls = Tls::load(&options).unwrap().unwrap();
        let first = shown(&tls);
        fs::write(folder.path().join("cert"), "nothing").unwrap();
        assert!(matches!(tls.shown.renew(), Err(TlsError::NoCertificate(_))));
        assert_eq!(shown(&tls), first);

        let (other, _) = self::folder();
        for file in ["cert", "key"] {
            fs::copy(other.path().join(file), folder.path().join(file)).unwrap();
        }
        tls.shown.renew().unwrap();
        assert_ne!(shown(&tls), first);
    }

    #[test]
    fn what_cannot_be_served_is_told_at_the_start() {
        let (folder, options) = folder();
        let key = folder.path().join("key");
        fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
        let error = Tls::load(&options).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");

        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        let (other, _) = self::folder();
        fs::copy(other.path().join("cert"), folder.path().join("cert")).unwrap();
        let error = Tls::load(&options).unwrap_err();
        assert!(matches!(error, TlsError::Useless(_)), "{error}");

        fs::remove_file(folder.path().join("cert")).unwrap();
        let error = Tls::load(&options).unwrap_err();
        assert!(matches!(error, TlsError::Certificate { .. }), "{error}");
    }
}
