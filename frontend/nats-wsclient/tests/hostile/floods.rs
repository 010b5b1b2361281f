//! More than anybody can take, one client at a time.

use futures_util::FutureExt;
use nats_wsclient::{ConnectOptions, LiveBucket, Status, SubscriptionError};

use crate::memory::{Alone, KB, MB};
use crate::platform::Hand;

/// A WebSocket message of many lines, and how many there are.
fn lines(line: &str) -> (Vec<u8>, usize) {
    let count = 64 * KB / line.len();
    (line.repeat(count).into_bytes(), count)
}

#[test]
fn millions_of_messages_and_nobody_reads() {
    let alone = Alone::begin();
    let options = ConnectOptions::new().subscription_capacity(1_000);
    let (client, hand) = Hand::connect(options);
    let mut messages = client.subscribe("a").expect("a subject");
    hand.end_turn();
    let (flood, count) = lines("MSG a 1 1\r\nx\r\n");
    let measured = alone.measure();
    for _ in 0..250 {
        hand.say(&flood);
    }
    measured.expect_peak_below(MB);
    assert_eq!(client.status(), Status::Connected);
    assert!(count * 250 > 1_000_000);
    for _ in 0..1_000 {
        let message = messages.next().now_or_never().flatten();
        assert_eq!(
            message.expect("a message").expect("no gap yet").payload,
            "x"
        );
    }
    let gap = SubscriptionError::SlowConsumer {
        dropped: 250 * count as u64 - 1_000,
    };
    assert_eq!(messages.next().now_or_never(), Some(Some(Err(gap))));
    assert_eq!(messages.next().now_or_never(), None);
}

#[test]
fn messages_for_nobody() {
    let alone = Alone::begin();
    let (client, hand) = Hand::connect(ConnectOptions::new());
    drop(client.request("a", "").now_or_never());
    hand.end_turn();
    let (strangers, _) = lines("MSG a 99 1\r\nx\r\n");
    let (answers, _) = lines("MSG _INBOX.nobody.7 1 1\r\nx\r\n");
    let measured = alone.measure();
    for _ in 0..100 {
        hand.say(&strangers);
        hand.say(&answers);
    }
    measured.expect_peak_below(512 * KB);
    assert_eq!(client.status(), Status::Connected);
}

#[test]
fn pings_of_a_server_that_does_not_read_the_answers() {
    let _alone = Alone::begin();
    let (client, hand) = Hand::connect(ConnectOptions::new().write_limit(100 * KB));
    hand.reads.set(false);
    let (flood, _) = lines("PING\r\n");
    for _ in 0..100 {
        hand.say(&flood);
    }
    let unsent = hand.unsent.get();
    assert!(unsent > 0 && unsent < 200 * KB, "{unsent}");
    assert_eq!(client.status(), Status::Connected);
    // Once it reads, it is answered again.
    hand.unsent.set(0);
    hand.say(b"+OK\r\n");
    hand.say(b"PING\r\n");
    assert_eq!(hand.unsent.get(), "PONG\r\n".len());
}

#[test]
fn complaints_without_end() {
    let alone = Alone::begin();
    let (client, hand) = Hand::connect(ConnectOptions::new());
    let unread = client.events();
    let (flood, _) = lines("-ERR 'Something New, and a long story that goes with it'\r\n");
    let measured = alone.measure();
    for _ in 0..300 {
        hand.say(&flood);
    }
    measured.expect_peak_below(512 * KB);
    assert_eq!(client.status(), Status::Connected);
    drop(unread);
}

#[test]
fn introductions_without_end() {
    let alone = Alone::begin();
    let (client, hand) = Hand::connect(ConnectOptions::new());
    let measured = alone.measure();
    for round in 0..100 {
        let urls: Vec<_> = (0..5_000)
            .map(|number| format!("\"10.{round}.{}.{}:9222\"", number / 250, number % 250))
            .collect();
        let urls = urls.join(",");
        hand.say(format!("INFO {{\"headers\":true,\"connect_urls\":[{urls}]}}\r\n").as_bytes());
    }
    // The attack itself counts, too.
    measured.expect_peak_below(6 * MB);
    measured.expect_held_below(2 * MB);
    assert_eq!(client.status(), Status::Connected);
}

#[test]
fn a_server_that_breaks_every_connection() {
    let alone = Alone::begin();
    let options = ConnectOptions::new();
    let (client, hand) = Hand::connect(options);
    let messages = client.subscribe("a").expect("a subject");
    let nonsense = vec![b'x'; 64 * KB];
    let measured = alone.measure();
    for round in 2..200 {
        hand.say(&nonsense);
        assert!(!hand.is_open.get());
        hand.wait();
        assert_eq!(hand.dials.get(), round);
        hand.accept();
        assert_eq!(client.status(), Status::Connected);
    }
    measured.expect_peak_below(512 * KB);
    measured.expect_held_below(16 * KB);
    drop(messages);
}

#[test]
fn a_watch_that_is_flooded_before_its_snapshot() {
    let alone = Alone::begin();
    let (client, hand) = Hand::connect(ConnectOptions::new());
    let watch = client.live(LiveBucket::new("b").expect("a name"));
    let watch = watch.expect("a watch");
    hand.end_turn();
    let revision = |number: usize| {
        let headers = format!(
            "NATS/1.0\r\nNats-Subject: $KV.b.k{}\r\nNats-Sequence: {number}\r\n\
             Nats-Time-Stamp: 2026-01-01T00:00:00Z\r\nNats-Last-Sequence: 0\r\n\r\n",
            number % 100
        );
        let length = headers.len();
        // The inbox was subscribed to first.
        format!("HMSG live.b.k 2 {length} {}\r\n{headers}x\r\n", length + 1)
    };
    let measured = alone.measure();
    for round in 0..400 {
        let flood: String = (0..200)
            .map(|number| revision(round * 200 + number + 1))
            .collect();
        hand.say(flood.as_bytes());
    }
    // The page was never answered: what waits for it is bounded, and the rest would be fetched.
    measured.expect_peak_below(48 * MB);
    assert_eq!(client.status(), Status::Connected);
    drop(watch);
    measured.expect_held_below(MB);
}
