//! As much of HTTP as it takes to ask whether somebody is ready.

use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The status code with which 127.0.0.1 answers `GET path` on this port.
pub(super) async fn status(port: u16, path: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
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
        let (code, served) = tokio::join!(status(port, "/ready"), server);
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
