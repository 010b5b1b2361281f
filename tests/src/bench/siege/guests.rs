//! A guest that floods, subscribes without end, never reads, or speaks no protocol.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use serde_json::json;
use shared::bookings::Hold;
use shared::cloud_event::{CloudEvent, Command};
use tokio_util::sync::CancellationToken;

use super::{Figures, milliseconds};
use crate::bench::{memory, report};
use crate::hotel::{self, Hotel, today};
use crate::wire::{Verdict, Wire};

/// How many connections one after the other somebody makes at most who never reads, each as soon as the one before is cut.
const CONNECTIONS: u32 = 1_000;

/// The address of the one who floods: that of the others is not barred for it.
const FLOODER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// How often the one who floods dials at most.
const DIALS: u32 = 1_000_000;

/// Sends commands as fast as the wire takes them, and comes again when it is cut off, or not let in.
pub(super) async fn flood(hotel: &Hotel, until: CancellationToken) -> Figures {
    let commands = hotel.count(shared::subjects::Stream::Commands);
    let before = commands.await;
    let (url, origin) = (hotel.nats.websocket_url(), hotel.backend.url(""));
    let start = Instant::now();
    let (mut sent, mut cut, mut turned_away) = (0_u64, Vec::new(), 0_u32);
    'connections: for _ in 0..DIALS {
        if until.is_cancelled() {
            break;
        }
        let mut guest = Wire::dial_from(FLOODER, &url, &origin).await;
        if guest.connect().await != Verdict::Allowed {
            turned_away += 1;
            continue;
        }
        let begun = Instant::now();
        loop {
            if until.is_cancelled() {
                break 'connections;
            }
            if !guest.try_send(hold()).await {
                cut.push(milliseconds(begun.elapsed()));
                break;
            }
            sent += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let stored = hotel.count(shared::subjects::Stream::Commands).await - before;
    let mut figures = vec![
        ("sent", sent as f64 / seconds, "commands/s"),
        // Those of the desk are among them, ten a second.
        ("stored", stored as f64 / seconds, "commands/s"),
        ("cut", cut.len() as f64, "connections"),
        (
            "turned-away",
            f64::from(turned_away) / seconds,
            "connections/s",
        ),
    ];
    figures.extend(cut_after(&cut));
    figures
}

/// After how long the connections were cut, if any was.
fn cut_after(cut: &[f64]) -> Option<(&'static str, f64, &'static str)> {
    let median = || report::percentile_of(cut, 50);
    (!cut.is_empty()).then(|| ("cut-after.p50", median(), "ms"))
}

/// A hold that is as it should be, of a night far away.
fn hold() -> Vec<u8> {
    let id = hotel::new_id();
    let data = hotel::hold(1, 1, today().plus_days(300), 1);
    let event = CloudEvent::command(id, "/flood", hotel::now(), data);
    let payload = serde_json::to_string(&event).expect("JSON");
    let subject = format!("cmd.guest.{}", Hold::NAME);
    format!("PUB {subject} {}\r\n{payload}\r\n", payload.len()).into_bytes()
}

/// Subscribes without end.
pub(super) async fn subscribe(hotel: &Hotel, until: CancellationToken) -> Figures {
    let mut guest = hotel.page(None).await;
    let (mut allowed, mut denied) = (0_u32, 0_u32);
    while !until.is_cancelled() {
        let filter = format!("live.vacancy.type-{}", allowed + denied);
        match guest.subscribe(&filter, None).await {
            Verdict::Allowed => allowed += 1,
            Verdict::Denied(_) => denied += 1,
        }
    }
    vec![
        ("allowed", f64::from(allowed), "subscriptions"),
        ("denied", f64::from(denied), "subscriptions"),
    ]
}

/// Asks for everything there is, again and again, and reads nothing of it.
pub(super) async fn never_read(hotel: &Hotel, until: CancellationToken) -> Figures {
    let before = memory::resident(hotel.nats.process_id());
    let (mut cut, mut asked, mut most) = (Vec::new(), 0_u64, before);
    let page = json!({ "multi_last": ["$KV.vacancy.>"], "batch": 1_000 }).to_string();
    let request = format!(
        "PUB $JS.API.DIRECT.GET.KV_vacancy _INBOX.guest.x {}\r\n{page}\r\n",
        page.len()
    );
    'connections: for _ in 0..CONNECTIONS {
        let mut guest = hotel.page(None).await;
        assert_eq!(
            guest.subscribe("_INBOX.guest.x", None).await,
            Verdict::Allowed
        );
        let begun = Instant::now();
        loop {
            if until.is_cancelled() {
                break 'connections;
            }
            let sending = guest.try_send(request.as_bytes());
            match tokio::time::timeout(Duration::from_millis(100), sending).await {
                Ok(true) => asked += 1,
                Ok(false) => {
                    cut.push(milliseconds(begun.elapsed()));
                    break;
                }
                // The server takes no more requests as long as nobody reads the answers.
                Err(_) => {}
            }
            most = most.max(memory::resident(hotel.nats.process_id()));
        }
    }
    let mut figures = vec![
        ("asked", asked as f64, "requests"),
        ("cut", cut.len() as f64, "connections"),
        ("server-grew", (most - before) / 1024.0, "MiB"),
    ];
    figures.extend(cut_after(&cut));
    figures
}

/// Sends what is no protocol, and comes again when it is cut off.
pub(super) async fn garbage(hotel: &Hotel, until: CancellationToken) -> Figures {
    const BYTES: [&[u8]; 5] = [
        b"HELLO\r\n",
        b"PUB live.rooms.1 99999999999999999999\r\n",
        b"\0\xff\xfe\x80\r\n",
        b"CONNECT {\"verbose\":\r\n",
        b"HPUB cmd.guest.hold 9 3\r\nNATS/1.0\r\n\r\n",
    ];
    let mut cut = 0_u32;
    for bytes in BYTES.iter().cycle() {
        if until.is_cancelled() {
            break;
        }
        let mut guest = hotel.page(None).await;
        guest.send(*bytes).await;
        guest.closed().await;
        cut += 1;
    }
    vec![("cut", f64::from(cut), "connections")]
}
