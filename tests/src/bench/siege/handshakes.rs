//! Connections that begin and do not go on, at each door; and how long somebody who means it has to wait meanwhile.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::{Figures, milliseconds};
use crate::hotel::Hotel;
use crate::wire::Verdict;

/// How long a door may keep one of them.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn begin(hotel: &Hotel, count: usize) -> Figures {
    let http = hotel.backend.url("").replace("http://", "");
    let mut figures = Figures::new();
    let doors: [(String, &[u8], [&'static str; 3]); 3] = [
        (
            hotel.nats.websocket_address(),
            b"GET / HTTP/1.1\r\nHost: hotel\r\n",
            [
                "websocket.closed",
                "websocket.last-closed",
                "websocket.guest-meanwhile",
            ],
        ),
        (
            hotel.nats.url().replace("nats://", ""),
            b"",
            ["nats.closed", "nats.last-closed", "nats.guest-meanwhile"],
        ),
        (
            http,
            b"GET /session HTTP/1.1\r\nHost: hotel\r\n",
            ["http.closed", "http.last-closed", "http.guest-meanwhile"],
        ),
    ];
    for (address, bytes, [closed, last, meanwhile]) in doors {
        let start = Instant::now();
        let halves = (0..count).map(|_| half(&address, bytes));
        let halves = join_all(halves);
        let guest = async {
            // They come first.
            tokio::task::yield_now().await;
            let start = Instant::now();
            let (mut page, verdict) = hotel.try_page(None).await;
            assert_eq!(verdict, Verdict::Allowed);
            assert_eq!(page.verdict().await, Verdict::Allowed);
            let health = hotel.backend.url("/health/ready");
            let answer = reqwest::get(health).await.expect("an answer");
            assert_eq!(answer.status(), 200);
            milliseconds(start.elapsed())
        };
        let (halves, guest) = tokio::join!(halves, guest);
        let ended = halves.iter().filter(|ended| **ended).count();
        figures.push((closed, ended as f64, "connections"));
        figures.push((last, start.elapsed().as_secs_f64(), "s"));
        figures.push((meanwhile, guest, "ms"));
    }
    figures
}

/// A connection from an address that is not that of those who mean it: the door counts by addresses.
async fn connect(address: &str) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 1, 3), 0).into())?;
    socket.connect(address.parse().expect("an address")).await
}

/// Begins, and waits until the door is shut. Says whether it was.
async fn half(address: &str, bytes: &[u8]) -> bool {
    let Ok(mut stream) = connect(address).await else {
        return true;
    };
    if stream.write_all(bytes).await.is_err() {
        return true;
    }
    let mut buffer = [0; 1024];
    let shut = async { while matches!(stream.read(&mut buffer).await, Ok(1..)) {} };
    tokio::time::timeout(PATIENCE, shut).await.is_ok()
}
