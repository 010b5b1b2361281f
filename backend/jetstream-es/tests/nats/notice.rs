//! A webhook is told of what is parked, once, also after it was away.

use std::time::{Duration, SystemTime};

use async_nats::HeaderMap;
use jetstream_es::notice::{Notice, NoticeError};
use jetstream_es::testing::Server;
use jetstream_es::{
    Breaker, BreakerPolicy, Connection, DeadLetter, DeadLetters, LetterState, Processor,
    StoredMessage, declare,
};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// An HTTP server that answers with these statuses, and then with the last one for ever.
async fn webhook(statuses: &'static [&'static str]) -> (String, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook?secret=1", listener.local_addr().unwrap());
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut statuses = statuses.iter().copied();
        let mut last = "200 OK";
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let mut socket = BufReader::new(socket);
            let mut length = 0;
            loop {
                let mut line = String::new();
                socket.read_line(&mut line).await.unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            socket.read_exact(&mut body).await.unwrap();
            last = statuses.next().unwrap_or(last);
            let answer =
                format!("HTTP/1.1 {last}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
            if last.starts_with('2') && sender.send(serde_json::from_slice(&body).unwrap()).is_err()
            {
                break;
            }
        }
    });
    (address, received)
}

fn letter(sequence: u64, key: &str, state: LetterState) -> DeadLetter {
    let message = StoredMessage {
        subject: "account.1.in".to_owned(),
        sequence,
        headers: HeaderMap::new(),
        payload: r#"{"id":"e1","type":"deposited.v1"}"#.into(),
        time: None,
    };
    let now = SystemTime::now();
    let letter = DeadLetter::new("clerk", key, "accounts", &message, state, now);
    let attempt = jetstream_es::dead_letters::Attempt::new(&"no <such> account", now);
    letter.with_attempts([attempt])
}

async fn start(connection: &Connection, webhook: &str) -> CancellationToken {
    let policy = BreakerPolicy {
        failures: 2,
        pause: Duration::from_millis(50),
        ..BreakerPolicy::default()
    };
    let notice = Notice::new(connection, webhook, policy).unwrap();
    let processor = Processor::open(connection, notice.spec(), notice).await;
    let stop = CancellationToken::new();
    tokio::spawn(processor.unwrap().run(stop.clone()));
    stop
}

#[tokio::test]
async fn each_parked_letter_is_told_of_once_whatever_the_webhook_does() {
    let server = Server::start().await;
    let connection = server.connect().await;
    let jetstream = connection.jetstream();
    declare::stream(&jetstream, &DeadLetters::stream())
        .await
        .unwrap();
    declare::bucket(&jetstream, &Breaker::bucket())
        .await
        .unwrap();
    let (address, mut received) = webhook(&["500 Oh", "503 No", "429 Later", "200 OK"]).await;
    let one = start(&connection, &address).await;
    let two = start(&server.connect().await, &address).await;
    let letters = DeadLetters::new(&connection);
    for (sequence, state) in [
        (1, LetterState::Parked),
        (2, LetterState::Waiting),
        (3, LetterState::Parked),
    ] {
        assert!(
            letters
                .park(&letter(sequence, "room.1", state))
                .await
                .unwrap()
        );
    }
    let mut told = Vec::new();
    for _ in 0..2 {
        let next = tokio::time::timeout(Duration::from_secs(30), received.recv());
        told.push(next.await.expect("a notice").unwrap());
    }
    told.sort_by_key(Value::to_string);
    assert_eq!(
        told[0]["text"],
        "clerk has parked deposited.v1 about room.1: no &lt;such&gt; account"
    );
    for (notice, sequence) in told.iter().zip([1, 3]) {
        let context = notice["blocks"][1]["elements"][0]["text"].as_str().unwrap();
        let name = format!("letter `clerk.room%2E1.accounts.{sequence}`");
        assert!(context.starts_with(&name), "{context}");
    }
    one.cancel();
    two.cancel();
    // A third instance finds nothing left to tell.
    let third = start(&connection, &address).await;
    assert!(
        letters
            .park(&letter(4, "b", LetterState::Parked))
            .await
            .unwrap()
    );
    let next = tokio::time::timeout(Duration::from_secs(30), received.recv());
    let next = next.await.expect("a notice").unwrap();
    assert!(next["text"].as_str().unwrap().contains("about b"), "{next}");
    third.cancel();
}

#[tokio::test]
async fn a_webhook_is_an_address_of_http() {
    let connection = Server::start().await.connect().await;
    for address in ["", "hooks.slack.com", "ftp://x/y", "file:///etc/passwd"] {
        let notice = Notice::new(&connection, address, BreakerPolicy::default());
        assert!(matches!(notice, Err(NoticeError::Address)), "{address}");
    }
}
