//! As much of HTTP as it takes to ask whether somebody is ready.

use crate::error::Error;
use std::{fmt, io, net::Ipv4Addr, path::Path, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

/// By what somebody who answers over TLS is recognised.
#[derive(Clone)]
pub(super) struct Trust(TlsConnector);

impl Trust {
    /// By a certificate of this authority.
    pub(super) fn in_authority(file: &Path) -> Result<Self, Error> {
        let malformed = |why: String| Error::Malformed {
            what: file.display().to_string(),
            why,
        };
        let authority = CertificateDer::from_pem_file(file);
        let authority = authority.map_err(|error| malformed(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        let added = roots.add(authority);
        added.map_err(|error| malformed(error.to_string()))?;
        let config = ClientConfig::builder().with_root_certificates(roots);
        Ok(Self(TlsConnector::from(Arc::new(
            config.with_no_client_auth(),
        ))))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

/// The status code with which 127.0.0.1 answers `GET path` on this port, by TLS if there is somebody to be trusted.
pub(super) async fn status(port: u16, path: &str, trust: Option<&Trust>) -> io::Result<u16> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    match trust {
        None => ask(stream, port, path).await,
        Some(Trust(connector)) => {
            let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
            ask(connector.connect(name, stream).await?, port, path).await
        }
    }
}

async fn ask(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    port: u16,
    path: &str,
) -> io::Result<u16> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    // "HTTP/1.1 200": what follows does not matter.
    let mut start = [0; 12];
    stream.read_exact(&mut start).await?;
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP");
    let text = std::str::from_utf8(&start).map_err(|_| malformed())?;
    let code = text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..));
    code.and_then(|code| code.parse().ok())
        .ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn answering(answer: &'static str) -> io::Result<u16> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let server = async {
            let (mut stream, _) = listener.accept().await?;
            let mut request = [0; 14];
            stream.read_exact(&mut request).await?;
            assert_eq!(&request, b"GET /ready HTT");
            stream.write_all(answer.as_bytes()).await
        };
        let (code, served) = tokio::join!(status(port, "/ready", None), server);
        served?;
        code
    }

    #[tokio::test]
    async fn the_status_code_is_read() {
        assert_eq!(
            answering("HTTP/1.1 200 OK\r\n\r\n").await.expect("a code"),
            200
        );
        assert_eq!(
            answering("HTTP/1.0 503 Not yet\r\n\r\n")
                .await
                .expect("a code"),
            503
        );
    }

    #[tokio::test]
    async fn something_else_than_http_is_an_error() {
        let error = answering("-ERR 'Unknown Protocol'\r\n")
            .await
            .expect_err("no HTTP");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
