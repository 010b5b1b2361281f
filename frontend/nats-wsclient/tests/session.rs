//! The life of a connection, told byte by byte, with a server and a clock in memory.
#![cfg(not(target_arch = "wasm32"))]

use std::time::Duration;

use nats_wsclient::proto::{
    Credentials, DisconnectCause, Event, HeaderMap, Io, ProtocolError, PublishError, ServerError,
    Session, SessionConfig, Stage, Status,
};

const INFO: &str = "INFO {\"server_id\":\"S\",\"headers\":true,\"max_payload\":100}\r\n";

/// A session, and the world as it sees it.
struct World {
    session: Session,
    now: Duration,
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn config() -> SessionConfig {
    SessionConfig {
        credentials: Credentials::Token("t".to_owned()),
        connection_timeout: ms(5_000),
        ping_interval: ms(20_000),
        ping_timeout: ms(10_000),
        wake_timeout: ms(3_000),
        reconnect_min: ms(200),
        reconnect_max: ms(5_000),
        ..SessionConfig::default()
    }
}

impl World {
    /// A session that has just begun to dial.
    fn dialling(config: SessionConfig) -> Self {
        let mut world = Self {
            session: Session::new(config, ms(1_000), 1),
            now: ms(1_000),
        };
        assert_eq!(world.io(), [Io::Open]);
        world
    }

    /// A session that is connected.
    fn connected() -> Self {
        let mut world = Self::dialling(config());
        world.connect();
        world
    }

    /// Plays the server's part of the handshake.
    fn connect(&mut self) {
        self.session.handle_open(self.now);
        assert_eq!(self.sent(), "", "the server speaks first");
        self.receive(INFO);
        let sent = self.sent();
        assert!(
            sent.starts_with("CONNECT {") && sent.ends_with("}\r\nPING\r\nPING\r\n"),
            "{sent}"
        );
        self.receive("PONG\r\n");
        assert_eq!(self.events(), [], "the account's limits may follow");
        self.receive("PONG\r\n");
        let events = self.events();
        assert_eq!(events, [Event::Connected, Event::StatusChanged]);
        assert_eq!(self.session.status(), &Status::Connected);
    }

    fn receive(&mut self, bytes: impl AsRef<[u8]>) {
        self.session.handle_input(self.now, bytes.as_ref());
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    fn io(&mut self) -> Vec<Io> {
        std::iter::from_fn(|| self.session.poll_io()).collect()
    }

    /// What has been sent since the last call, after everything that was received.
    fn sent(&mut self) -> String {
        let events = self.events();
        assert!(events.is_empty(), "{events:?}");
        let mut sent = Vec::new();
        self.session.transmit(|bytes| sent.extend_from_slice(bytes));
        String::from_utf8(sent).expect("UTF-8")
    }

    /// Lets time pass until the timer fires.
    fn timer(&mut self) -> Duration {
        let before = self.now;
        self.now = self.session.poll_timeout().expect("a timer");
        self.session.handle_timeout(self.now);
        self.now - before
    }

    fn close(&mut self) {
        self.session.handle_close(self.now, 1_006, "");
    }

    fn publish(&mut self, subject: &str, payload: &str) -> Result<(), PublishError> {
        self.session
            .publish(subject, None, &HeaderMap::new(), payload.as_bytes())
            .map(|_| ())
    }
}

fn dropped() -> DisconnectCause {
    DisconnectCause::ClosedByPeer {
        code: 1_006,
        reason: String::new(),
    }
}

#[test]
fn what_is_published_in_one_turn_is_one_message() {
    let mut world = World::connected();
    let sid = world.session.subscribe("a.*", None).expect("a subject");
    world.session.subscribe("b", Some("q")).expect("a subject");
    world.publish("a.b", "hi").expect("a connection");
    world.session.unsubscribe(sid);
    let mut messages = 0;
    world.session.transmit(|bytes| {
        messages += 1;
        assert_eq!(
            bytes,
            b"SUB a.* 1\r\nSUB b q 2\r\nPUB a.b 2\r\nhi\r\nPING\r\nUNSUB 1\r\n"
        );
    });
    assert_eq!(messages, 1);
    // The server takes no longer WebSocket messages than payloads: the stream of bytes is cut anywhere.
    for _ in 0..50 {
        world
            .publish("a", "12345678901234567890")
            .expect("a connection");
    }
    let mut lengths = Vec::new();
    world.session.transmit(|bytes| lengths.push(bytes.len()));
    assert_eq!(lengths, [100; 16]);
}

#[test]
fn a_ping_of_the_server_is_answered() {
    let mut world = World::dialling(config());
    world.session.handle_open(world.now);
    world.receive("PING\r\n");
    assert_eq!(world.sent(), "PONG\r\n");
    world.receive(INFO);
    world.receive("PING\r\n");
    assert!(world.sent().ends_with("}\r\nPING\r\nPING\r\nPONG\r\n"));
}

#[test]
fn messages_reach_their_subscription_and_none_after_its_end() {
    let mut world = World::connected();
    let first = world.session.subscribe("a", None).expect("a subject");
    let second = world.session.subscribe("a", None).expect("a subject");
    world.session.unsubscribe(first);
    world.receive("MSG a 1 1\r\nx\r\nMSG a 2 1\r\ny\r\nMSG a 77 1\r\nz\r\n");
    let [Event::Message { sid, message }] = &world.events()[..] else {
        panic!("one message");
    };
    assert_eq!((*sid, &*message.payload), (second, &b"y"[..]));
}

#[test]
fn pongs_belong_to_their_pings() {
    let mut world = World::connected();
    let first = world.session.ping().expect("a connection");
    world.session.handle_wake(world.now);
    let second = world.session.ping().expect("a connection");
    assert_eq!(world.sent(), "PING\r\nPING\r\nPING\r\n");
    world.receive("PONG\r\nPONG\r\n");
    assert_eq!(world.events(), [Event::Pong(first)]);
    world.receive("PONG\r\nPONG\r\n");
    assert_eq!(
        world.events(),
        [Event::Pong(second)],
        "and one that nobody asked for"
    );
}

#[test]
fn subscriptions_are_sent_again() {
    let mut world = World::connected();
    world.session.subscribe("a", None).expect("a subject");
    let gone = world.session.subscribe("b", None).expect("a subject");
    assert_eq!(world.sent(), "SUB a 1\r\nSUB b 2\r\n");
    world.close();
    assert_eq!(
        world.events(),
        [Event::Disconnected(dropped()), Event::StatusChanged]
    );
    let status = Status::Reconnecting {
        attempt: 1,
        since: ms(1_000),
        cause: dropped(),
    };
    assert_eq!(world.session.status(), &status);
    world.session.unsubscribe(gone);
    world.session.subscribe("c", Some("q")).expect("a subject");
    assert_eq!(world.publish("a", "x"), Err(PublishError::Disconnected));
    assert_eq!(world.session.ping(), None);
    assert_eq!(world.io(), [], "the socket is closed already");
    world.timer();
    assert_eq!(world.io(), [Io::Open]);
    world.connect();
    assert_eq!(world.sent(), "SUB a 1\r\nSUB c q 3\r\n");
}

#[test]
fn half_a_message_does_not_survive_its_connection() {
    let mut world = World::connected();
    world.session.subscribe("a", None).expect("a subject");
    world.receive("MSG a 1 10\r\n01234");
    assert_eq!(world.sent(), "SUB a 1\r\n");
    world.publish("a", "never sent").expect("a connection");
    world.close();
    world.events();
    world.timer();
    world.io();
    world.connect();
    assert_eq!(world.sent(), "SUB a 1\r\n", "and nothing of before");
}

#[test]
fn silence_is_a_ping_and_then_a_new_connection() {
    let mut world = World::connected();
    assert_eq!(world.timer(), ms(20_000));
    assert_eq!(world.sent(), "PING\r\n");
    world.now += ms(500);
    world.receive("PONG\r\n");
    assert_eq!(world.sent(), "");
    assert_eq!(world.timer(), ms(20_000));
    assert_eq!(world.sent(), "PING\r\n");
    assert_eq!(world.timer(), ms(10_000));
    assert_eq!(
        world.events(),
        [
            Event::Disconnected(DisconnectCause::Silent),
            Event::StatusChanged
        ]
    );
    assert_eq!(world.io(), [Io::Close]);
    let Status::Reconnecting { since, .. } = world.session.status() else {
        panic!("{:?}", world.session.status());
    };
    assert_eq!(
        *since,
        ms(1_000 + 20_500),
        "since the server was last heard of, not since it was given up"
    );
    assert!(world.timer() <= ms(200));
    assert_eq!(world.io(), [Io::Open]);
}

#[test]
fn a_long_answer_in_front_of_the_pong_is_a_sign_of_life() {
    let mut world = World::connected();
    world.timer();
    for _ in 0..10 {
        world.now += ms(9_000);
        world.receive("+OK\r\n");
        assert_eq!(world.sent().replace("PING\r\n", ""), "");
        world.session.handle_timeout(world.now);
    }
    assert!(world.session.status().is_connected());
}

#[test]
fn a_page_that_slept_asks_before_it_gives_up() {
    let mut world = World::connected();
    world.timer();
    assert_eq!(world.sent(), "PING\r\n");
    // The timer is an hour late: the answer may be waiting behind it.
    world.now += Duration::from_secs(3_600);
    world.session.handle_timeout(world.now);
    assert_eq!(world.sent(), "PING\r\n");
    assert!(world.session.status().is_connected());
    // It is late again, as the timers of a throttled page always are.
    world.now += Duration::from_secs(60);
    world.session.handle_timeout(world.now);
    assert_eq!(
        world.events()[0],
        Event::Disconnected(DisconnectCause::Silent)
    );
}

#[test]
fn waking_up_asks_with_little_patience() {
    let mut world = World::connected();
    world.now += ms(7_000);
    world.session.handle_wake(world.now);
    assert_eq!(world.sent(), "PING\r\n");
    assert_eq!(world.timer(), ms(3_000));
    assert_eq!(
        world.events()[0],
        Event::Disconnected(DisconnectCause::Silent)
    );
    assert_eq!(world.io(), [Io::Close]);
    // And does not wait for a back-off.
    world.session.handle_wake(world.now);
    assert_eq!(world.io(), [Io::Open]);
}

#[test]
fn attempts_grow_apart_and_never_end() {
    let mut world = World::connected();
    world.now += ms(60_000);
    world.close();
    let mut longest = Duration::ZERO;
    for attempt in 1..=200 {
        let Status::Reconnecting {
            attempt: told,
            since,
            ..
        } = world.session.status()
        else {
            panic!("{:?}", world.session.status());
        };
        assert_eq!((*told, *since), (attempt, ms(1_000)));
        let pause = world.timer();
        let whole = ms(200)
            .saturating_mul(1 << (attempt - 1).min(10))
            .min(ms(5_000));
        assert!(pause >= whole / 2 && pause <= whole, "{attempt}: {pause:?}");
        longest = longest.max(pause);
        assert_eq!(world.io(), [Io::Open]);
        world.close();
        assert_eq!(world.io(), []);
    }
    assert!(longest > ms(4_000));
}

#[test]
fn a_server_that_drops_whoever_it_accepts_is_not_dialled_without_a_pause() {
    let mut world = World::connected();
    for _ in 0..6 {
        world.close();
        world.events();
        world.timer();
        world.io();
        world.connect();
    }
    world.close();
    assert!(world.timer() >= ms(2_500));
}

#[test]
fn an_attempt_may_fail_at_every_stage() {
    let patient = || SessionConfig {
        retry_on_initial_connect: true,
        ..config()
    };
    let stages: [(Stage, &[&str]); 3] = [
        (Stage::Open, &[]),
        (Stage::Greeting, &["INF"]),
        (Stage::Handshake, &[INFO, "PO"]),
    ];
    for (stage, said) in stages {
        let mut world = World::dialling(patient());
        if !said.is_empty() {
            world.session.handle_open(world.now);
        }
        for bytes in said {
            world.receive(bytes);
            world.events();
        }
        assert_eq!(world.timer(), ms(5_000));
        let status = Status::Connecting {
            attempt: 2,
            cause: Some(DisconnectCause::Timeout(stage)),
        };
        assert_eq!(world.session.status(), &status);
        assert_eq!(world.events(), [Event::StatusChanged]);
        assert_eq!(world.io(), [Io::Close]);
        world.timer();
        assert_eq!(world.io(), [Io::Open]);
        world.connect();
    }
}

#[test]
fn the_first_attempt_ends_the_session_unless_told_otherwise() {
    let mut world = World::dialling(config());
    world.close();
    let closed = Status::Closed {
        cause: Some(DisconnectCause::Unreachable),
    };
    assert_eq!(world.session.status(), &closed);
    assert_eq!(world.session.poll_timeout(), None);
    assert_eq!(world.io(), []);
}

#[test]
fn refused_credentials_are_told_and_tried_again() {
    let mut world = World::connected();
    world.receive("-ERR 'User Authentication Expired'\r\n");
    let error = ServerError::AuthenticationExpired;
    let cause = DisconnectCause::Server(error.clone());
    let events = world.events();
    assert_eq!(
        events,
        [
            Event::ServerError(error),
            Event::Disconnected(cause.clone()),
            Event::StatusChanged
        ]
    );
    assert!(cause.is_refused_credentials());
    assert_eq!(world.io(), [Io::Close]);
    world.timer();
    assert_eq!(world.io(), [Io::Open]);
    world.session.handle_open(world.now);
    world.receive([INFO, "-ERR 'Authorization Violation'\r\n"].concat());
    world.close();
    world.events();
    let Status::Reconnecting {
        attempt: 2, cause, ..
    } = world.session.status()
    else {
        panic!("{:?}", world.session.status());
    };
    assert_eq!(
        cause,
        &DisconnectCause::Server(ServerError::AuthorizationViolation)
    );
}

#[test]
fn the_last_words_before_a_close_are_its_cause() {
    let mut world = World::connected();
    world.receive("-ERR 'Something New'\r\n");
    world.close();
    let error = ServerError::Other("Something New".to_owned());
    let events = world.events();
    assert_eq!(events[0], Event::ServerError(error.clone()));
    assert_eq!(events[1], Event::Disconnected(error.into()));

    world.timer();
    world.io();
    world.connect();
    world.receive("-ERR 'Something New'\r\nPING\r\n");
    world.close();
    assert!(
        world.events().contains(&Event::Disconnected(dropped())),
        "it said something else after it"
    );
}

#[test]
fn a_denied_subscription_ends_and_the_connection_does_not() {
    let mut world = World::connected();
    let denied = world
        .session
        .subscribe("a.>", Some("q"))
        .expect("a subject");
    world.session.subscribe("a.>", None).expect("a subject");
    world.sent();
    let text = "Permissions Violation for Subscription to \"a.>\" using queue \"q\"";
    world.receive(format!("-ERR '{text}'\r\n"));
    let events = world.events();
    assert!(matches!(
        &events[0],
        Event::ServerError(ServerError::SubscriptionDenied { .. })
    ));
    let subject = "a.>".to_owned();
    assert_eq!(
        events[1..],
        [Event::SubscriptionDenied {
            sid: denied,
            subject
        }]
    );
    world.session.force_reconnect(world.now);
    world.events();
    assert_eq!(world.io(), [Io::Close, Io::Open]);
    world.connect();
    assert_eq!(world.sent(), "SUB a.> 2\r\n", "it is not asked for again");
}

#[test]
fn what_the_server_would_not_take_is_not_sent() {
    let mut world = World::connected();
    let too_large = PublishError::TooLarge {
        size: 101,
        max_payload: 100,
    };
    assert_eq!(world.publish("a", &"x".repeat(101)), Err(too_large));
    let mut headers = HeaderMap::new();
    headers.insert("A", "b").expect("valid");
    // NATS/1.0, A: b, and the line breaks: 18 bytes that count.
    let payload = [b'x'; 83];
    let result = world.session.publish("a", None, &headers, &payload);
    assert!(matches!(
        result,
        Err(PublishError::TooLarge { size: 101, .. })
    ));
    assert!(
        world
            .session
            .publish("a", None, &headers, &payload[..82])
            .is_ok()
    );
    assert!(matches!(
        world.publish("a.*", ""),
        Err(PublishError::InvalidSubject(_))
    ));
    let reply = world
        .session
        .publish("a", Some("b c"), &HeaderMap::new(), b"");
    assert!(matches!(reply, Err(PublishError::InvalidSubject(_))));
    world.receive("INFO {\"max_payload\":50}\r\n");
    world.events();
    assert_eq!(
        world.session.max_payload(),
        50,
        "a server may change its mind"
    );
}

#[test]
fn what_waits_is_bounded() {
    let mut world = World::dialling(SessionConfig {
        write_limit: 250,
        ..config()
    });
    world.connect();
    let payload = "x".repeat(90);
    assert_eq!(world.publish("a", &payload), Ok(()));
    assert_eq!(world.publish("a", &payload), Ok(()));
    assert!(matches!(
        world.publish("a", &payload),
        Err(PublishError::Backpressure { .. })
    ));
    world.sent();
    world.session.set_unsent(200);
    assert_eq!(
        world.publish("a", &payload),
        Err(PublishError::Backpressure { waiting: 200 })
    );
    world.session.set_unsent(0);
    assert_eq!(world.publish("a", &payload), Ok(()));
}

#[test]
fn nonsense_is_a_protocol_error_and_a_new_connection() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\n"[..],
        b"MSG a\r\n",
        b"\xff\xfe\r\n",
        b"HMSG a 1 3 3\r\nabc\r\n",
    ] {
        let mut world = World::connected();
        world.receive(bytes);
        let events = world.events();
        assert!(
            matches!(events[0], Event::Disconnected(DisconnectCause::Protocol(_))),
            "{events:?}"
        );
        assert_eq!(world.io(), [Io::Close]);
        world.receive("PING\r\n");
        assert_eq!(world.sent(), "", "a closed socket has nothing to say");
        world.timer();
        assert_eq!(world.io(), [Io::Open]);
        world.connect();
    }
    let mut world = World::connected();
    world.session.handle_text(world.now);
    let text = DisconnectCause::Protocol(ProtocolError::TextFrame);
    assert_eq!(world.events()[0], Event::Disconnected(text));
}

#[test]
fn a_closed_session_sends_its_last_words_and_stays_closed() {
    let mut world = World::connected();
    world.publish("a", "last").expect("a connection");
    world.session.close(world.now);
    assert_eq!(world.session.status(), &Status::Closed { cause: None });
    assert_eq!(world.events(), [Event::StatusChanged]);
    assert_eq!(world.sent(), "PUB a 4\r\nlast\r\n");
    assert_eq!(world.io(), [Io::Close]);
    world.session.handle_wake(world.now);
    world.session.force_reconnect(world.now);
    world.session.handle_timeout(world.now + ms(100_000));
    world.close();
    assert_eq!(
        (world.io(), world.events(), world.session.poll_timeout()),
        (vec![], vec![], None)
    );
}
