//! A WebSocket that speaks bare NATS protocol and keeps to no rule of a client library: what a hostile page could send.
//!
//! The server answers in order, so whatever it thinks of a `PUB` or `SUB` has arrived before the `PONG` to a `PING`
//! sent behind it. That makes "nothing was refused" a thing one can know without waiting for a while.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{SinkExt, StreamExt};
use nkeys::KeyPair;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use crate::wait;

/// A connection, before or after its log-in.
#[derive(Debug)]
pub struct Wire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    received: Vec<u8>,
    subscriptions: u32,
    /// Messages that arrived while waiting for something else.
    pub messages: Vec<Delivery>,
}

/// A message as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub subject: String,
    pub headers: String,
    pub payload: String,
}

/// What the server thought of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// The text of its `-ERR`; after some of them the server closes the connection.
    Denied(String),
}

/// A `PING` goes out at once and does not wait for the answer to what was sent before it (TCP_NODELAY).
const NO_DELAY: bool = true;

/// The next thing the server said.
enum Said {
    /// With what a machine has to sign.
    Info {
        nonce: Option<String>,
    },
    Pong,
    Ping,
    Error(String),
    Delivery(Delivery),
    /// It closed the connection.
    Closed,
}

impl Wire {
    /// Opens a WebSocket as a page from `origin` does.
    ///
    /// # Errors
    /// The HTTP status when the server refuses the handshake.
    pub async fn dial(url: &str, origin: &str) -> Result<Self, StatusCode> {
        Self::dial_with(url, origin, None).await
    }

    /// The same in a browser that has a cookie.
    ///
    /// # Errors
    /// The HTTP status when the server refuses the handshake.
    pub async fn dial_with(
        url: &str,
        origin: &str,
        cookie: Option<&str>,
    ) -> Result<Self, StatusCode> {
        let mut request = url.into_client_request().expect("a URL");
        let headers = [("Origin", Some(origin)), ("Cookie", cookie)];
        for (name, value) in headers {
            if let Some(value) = value {
                let value = value.parse().expect("a header's value");
                request.headers_mut().insert(name, value);
            }
        }
        match tokio_tungstenite::connect_async_with_config(request, None, NO_DELAY).await {
            Ok((socket, _)) => Ok(Self::over(socket)),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status()),
            Err(error) => panic!("{url} cannot be dialled: {error}"),
        }
    }

    /// The same from another address of this machine, such as 127.0.0.2: to the server it is another one's.
    pub async fn dial_from(source: IpAddr, url: &str, origin: &str) -> Self {
        let mut request = url.into_client_request().expect("a URL");
        let origin = origin.parse().expect("a header's value");
        request.headers_mut().insert("Origin", origin);
        let server = request.uri().authority().expect("a host").to_string();
        let mut server = tokio::net::lookup_host(server).await.expect("an address");
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((source, 0).into()).expect("an address of ours");
        let dialled = socket.connect(server.next().expect("an address")).await;
        let stream = MaybeTlsStream::Plain(dialled.expect("a connection"));
        let shaken = tokio_tungstenite::client_async(request, stream).await;
        Self::over(shaken.expect("a handshake").0)
    }

    fn over(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self {
            socket,
            received: Vec::new(),
            subscriptions: 0,
            messages: Vec::new(),
        }
    }

    /// Says hello as a page does, which shows nothing but its cookie, if it has one: without one it is a guest.
    pub async fn connect(&mut self) -> Verdict {
        self.log_in_with(None, None).await
    }

    /// Says hello with a user and a password.
    pub async fn log_in_with(&mut self, user: Option<&str>, password: Option<&str>) -> Verdict {
        let options = json!({
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true,
            "lang": "wire", "version": "0", "protocol": 1, "user": user, "pass": password,
        });
        self.send(format!("CONNECT {options}\r\n")).await;
        self.verdict().await
    }

    /// Says hello with a token, which goes before the cookie.
    pub async fn connect_with(&mut self, token: &str) -> Verdict {
        let options = json!({
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true,
            "lang": "wire", "version": "0", "protocol": 1, "auth_token": token,
        });
        self.send(format!("CONNECT {options}\r\n")).await;
        self.verdict().await
    }

    /// Says hello as the machine with this key, which signs what the server gives it to sign, unless it is to `sign` something else.
    pub async fn connect_by(&mut self, key: &KeyPair, sign: Option<&str>) -> Verdict {
        self.connect_to(None, key, sign).await
    }

    /// The same, in another hotel than the first one.
    pub async fn connect_to(
        &mut self,
        hotel: Option<&str>,
        key: &KeyPair,
        sign: Option<&str>,
    ) -> Verdict {
        let nonce = loop {
            if let Said::Info { nonce } = self.next().await {
                break nonce.expect("a nonce");
            }
        };
        let signed = key
            .sign(sign.unwrap_or(&nonce).as_bytes())
            .expect("a key that signs");
        let options = json!({
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true,
            "lang": "wire", "version": "0", "protocol": 1,
            "nkey": key.public_key(), "sig": URL_SAFE_NO_PAD.encode(signed), "auth_token": hotel,
        });
        self.send(format!("CONNECT {options}\r\n")).await;
        self.verdict().await
    }

    /// Publishes without waiting for any reply.
    pub async fn publish(&mut self, subject: &str, payload: &[u8]) -> Verdict {
        self.publish_with_reply(subject, "", payload).await
    }

    /// Publishes with a subject to reply to.
    pub async fn publish_with_reply(
        &mut self,
        subject: &str,
        reply: &str,
        payload: &[u8],
    ) -> Verdict {
        let mut bytes = format!("PUB {subject} {reply} {}\r\n", payload.len()).into_bytes();
        bytes.extend_from_slice(payload);
        bytes.extend_from_slice(b"\r\n");
        self.send(bytes).await;
        self.verdict().await
    }

    /// Subscribes; `queue` joins a queue group.
    pub async fn subscribe(&mut self, subject: &str, queue: Option<&str>) -> Verdict {
        self.subscriptions += 1;
        let (queue, id) = (queue.unwrap_or_default(), self.subscriptions);
        self.send(format!("SUB {subject} {queue} {id}\r\n")).await;
        self.verdict().await
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: impl Into<Vec<u8>>) {
        // An error means that the server has closed the connection: whoever reads next is told.
        self.socket.send(Message::binary(bytes.into())).await.ok();
    }

    /// The same; says whether the server had not closed the connection.
    pub async fn try_send(&mut self, bytes: impl Into<Vec<u8>>) -> bool {
        let sent = self.socket.send(Message::binary(bytes.into()));
        sent.await.is_ok()
    }

    /// Reads whatever comes `until` that, and answers the server's pings. Returns how many messages came.
    ///
    /// # Errors
    /// When the server has closed the connection: how many messages came before.
    pub async fn listen(&mut self, until: CancellationToken) -> Result<u64, u64> {
        let mut messages = 0;
        while let Some(frame) = until.run_until_cancelled(self.socket.next()).await {
            let Some(Ok(Message::Binary(bytes))) = frame else {
                return Err(messages);
            };
            self.received.extend_from_slice(&bytes);
            while let Some((said, length)) = parse(&self.received) {
                self.received.drain(..length);
                match said {
                    Some(Said::Ping) => self.send("PONG\r\n").await,
                    Some(Said::Delivery(_)) => messages += 1,
                    _ => {}
                }
            }
        }
        Ok(messages)
    }

    /// What the server says until it has answered a `PING` sent now: the first error, if there is one.
    pub async fn verdict(&mut self) -> Verdict {
        self.send("PING\r\n").await;
        let mut verdict = Verdict::Allowed;
        loop {
            match self.next().await {
                Said::Pong => return verdict,
                Said::Error(text) if verdict == Verdict::Allowed => {
                    verdict = Verdict::Denied(text);
                }
                Said::Closed if verdict == Verdict::Allowed => {
                    return Verdict::Denied("closed without a word".to_owned());
                }
                Said::Closed => return verdict,
                Said::Delivery(message) => self.messages.push(message),
                Said::Info { .. } | Said::Ping | Said::Error(_) => {}
            }
        }
    }

    /// The next message of any subscription.
    pub async fn delivery(&mut self) -> Delivery {
        if !self.messages.is_empty() {
            return self.messages.remove(0);
        }
        loop {
            match self.next().await {
                Said::Delivery(message) => return message,
                Said::Info { .. } | Said::Ping | Said::Pong => {}
                Said::Error(text) => panic!("expected a message, the server said -ERR {text}"),
                Said::Closed => panic!("expected a message, the server closed the connection"),
            }
        }
    }

    /// Waits until the server has closed the connection, and gives back its last error.
    pub async fn closed(&mut self) -> Option<String> {
        let mut last = None;
        loop {
            match self.next().await {
                Said::Closed => return last,
                Said::Error(text) => last = Some(text),
                Said::Info { .. } | Said::Ping | Said::Pong | Said::Delivery(_) => {}
            }
        }
    }

    async fn next(&mut self) -> Said {
        loop {
            if let Some((said, length)) = parse(&self.received) {
                self.received.drain(..length);
                match said {
                    Some(Said::Ping) => self.send("PONG\r\n").await,
                    Some(said) => return said,
                    None => {}
                }
                continue;
            }
            let frame = tokio::time::timeout(wait::DEADLINE, self.socket.next()).await;
            match frame.expect("the server says something in time") {
                Some(Ok(Message::Binary(bytes))) => self.received.extend_from_slice(&bytes),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Said::Closed,
                Some(Ok(_)) => {}
            }
        }
    }
}

/// The first complete operation in `bytes` with its length; no operation for one that needs no attention.
fn parse(bytes: &[u8]) -> Option<(Option<Said>, usize)> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let line = std::str::from_utf8(&bytes[..end]).expect("a server's line is UTF-8");
    let body = end + 2;
    let mut words = line.split_ascii_whitespace();
    let said = match words.next() {
        Some("INFO") => {
            let info: Value = serde_json::from_str(line.trim_start_matches("INFO")).expect("JSON");
            let nonce = info["nonce"].as_str().map(str::to_owned);
            Some(Said::Info { nonce })
        }
        Some("PING") => Some(Said::Ping),
        Some("PONG") => Some(Said::Pong),
        Some("-ERR") => {
            let text = line.trim_start_matches("-ERR").trim().trim_matches('\'');
            Some(Said::Error(text.to_owned()))
        }
        Some(operation @ ("MSG" | "HMSG")) => {
            let words: Vec<&str> = words.collect();
            let number = |word: &str| word.parse::<usize>().expect("a length");
            let total = number(words.last().expect("a length"));
            let headers = match operation {
                "HMSG" => number(words[words.len() - 2]),
                _ => 0,
            };
            let message = bytes.get(body..body + total)?;
            bytes.get(body + total..body + total + 2)?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let delivery = Delivery {
                subject: words[0].to_owned(),
                headers: text(&message[..headers]),
                payload: text(&message[headers..]),
            };
            return Some((Some(Said::Delivery(delivery)), body + total + 2));
        }
        _ => None,
    };
    Some((said, body))
}
