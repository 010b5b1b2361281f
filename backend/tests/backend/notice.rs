//! A webhook behind HTTPS is told of what is parked if its certificate is trusted, and nothing if it is not.

use std::path::Path;
use std::sync::Arc;

use jetstream_es::testing::Server;
use rcgen::CertifiedKey;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::server::TlsStream;

use crate::hotel::{Backend, DEADLINE, new_id, program};

/// What a webhook saw of a client.
#[derive(Debug)]
enum Seen {
    Notice(Value),
    /// The client has ended the handshake, for this reason.
    Distrust(String),
}

/// A webhook with a certificate of its own, which nobody has signed but itself.
struct Webhook {
    url: String,
    /// Its certificate, as a file would have it.
    certificate: String,
    seen: mpsc::UnboundedReceiver<Seen>,
}

fn certificate() -> CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap()
}

impl Webhook {
    async fn start() -> Self {
        let CertifiedKey { cert, signing_key } = certificate();
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/hook", listener.local_addr().unwrap());
        let (sender, seen) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let seen = match acceptor.accept(socket).await {
                    Ok(stream) => Seen::Notice(answer(stream).await),
                    Err(error) => Seen::Distrust(error.to_string()),
                };
                if sender.send(seen).is_err() {
                    break;
                }
            }
        });
        Self {
            url,
            certificate: cert.pem(),
            seen,
        }
    }

    async fn next(&mut self) -> Seen {
        let next = tokio::time::timeout(DEADLINE, self.seen.recv()).await;
        next.expect("a client").unwrap()
    }
}

/// Reads a request, and says that all is well.
async fn answer(stream: TlsStream<TcpStream>) -> Value {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let done = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(done).await.unwrap();
    stream.shutdown().await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// A backend that trusts nobody but the certificates of the file.
fn backend(server: &Server, webhook: &Webhook, trusted: &Path) -> Backend {
    let mut program = program(&server.url(), "serve");
    program
        .env("VACANCY_WEBHOOK", &webhook.url)
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR");
    Backend::run(program)
}

#[tokio::test]
async fn a_webhook_behind_https_is_told_once_its_certificate_is_trusted() {
    let server = Server::start().await;
    let mut webhook = Webhook::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (strange, own) = (
        folder.path().join("strange.pem"),
        folder.path().join("own.pem"),
    );
    std::fs::write(&strange, certificate().cert.pem()).unwrap();
    std::fs::write(&own, &webhook.certificate).unwrap();

    let mut distrustful = backend(&server, &webhook, &strange);
    distrustful.until_health_is(200).await;
    // There is no such account, so nobody can be answered, and it is parked.
    let jetstream = server.connect().await.jetstream();
    let id = new_id();
    let parked = jetstream.publish(
        "cmd.nobody.test.cleanup",
        format!("{{\"id\":{id:?}}}").into(),
    );
    parked.await.unwrap().await.unwrap();
    match webhook.next().await {
        Seen::Distrust(reason) => assert!(reason.contains("fatal alert"), "{reason}"),
        told => panic!("the webhook of a stranger was told: {told:?}"),
    }
    distrustful.kill();

    let trusting = backend(&server, &webhook, &own);
    trusting.until_health_is(200).await;
    let notice = loop {
        match webhook.next().await {
            Seen::Notice(notice) => break notice,
            // What the one before had begun.
            Seen::Distrust(_) => {}
        }
    };
    let text = notice["text"].as_str().unwrap();
    assert!(text.starts_with("commands has parked"), "{text}");
}
