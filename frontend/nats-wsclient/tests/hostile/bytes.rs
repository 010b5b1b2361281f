//! Bytes that make no sense, one session at a time.

use std::time::Duration;

use nats_wsclient::proto::{
    DisconnectCause, Event, HeaderError, Io, MAX_CONTROL_LINE, MAX_INFO, ProtocolError,
    ServerError, Session, SessionConfig, Stage, Status,
};

use crate::memory::{Alone, KB, MB};

const INFO: &str = "INFO {\"headers\":true,\"max_payload\":1048576}\r\n";
const NOW: Duration = Duration::from_secs(1_000);
const LIMIT: usize = 64 * KB;

/// When the hostility begins.
#[derive(Clone, Copy, PartialEq)]
enum When {
    /// In place of the INFO.
    Greeting,
    /// In place of the PONG.
    Handshake,
    Connected,
}
use When::{Connected, Greeting, Handshake};

fn session() -> Session {
    let config = SessionConfig {
        retry_on_initial_connect: true,
        max_message: LIMIT,
        ..SessionConfig::default()
    };
    let mut session = Session::new(config, NOW, 1);
    session.subscribe("a", None).expect("a subject");
    assert!(dials(&mut session));
    session
}

fn dials(session: &mut Session) -> bool {
    session.poll_io().is_some_and(|io| io != Io::Close) && session.poll_io().is_none()
}

fn drain(session: &mut Session) -> Vec<Event> {
    let events = std::iter::from_fn(|| session.poll_event()).collect();
    session.transmit(|_| {});
    events
}

fn reach(session: &mut Session, now: Duration, when: When) {
    session.handle_open(now);
    if when != Greeting {
        session.handle_input(now, INFO.as_bytes());
        drain(session);
    }
    if when == Connected {
        session.handle_input(now, b"PONG\r\nPONG\r\n");
        drain(session);
        assert_eq!(session.status(), &Status::Connected);
    }
}

/// What the session says of the end of a connection.
fn cause(session: &Session) -> Option<DisconnectCause> {
    match session.status() {
        Status::Connecting { cause, .. } => cause.clone(),
        Status::Reconnecting { cause, .. } => Some(cause.clone()),
        _ => None,
    }
}

/// The socket is closed, and another one leads to a connection on which messages arrive.
#[track_caller]
fn expect_clean_reconnect(session: &mut Session) {
    assert_eq!(session.poll_io(), Some(Io::Close));
    assert_eq!(session.poll_io(), None);
    session.handle_input(NOW, INFO.as_bytes());
    assert_eq!(drain(session), [], "what comes after the end is nothing");
    let now = session.poll_timeout().expect("a pause");
    session.handle_timeout(now);
    assert!(dials(session));
    reach(session, now, Connected);
    session.handle_input(now, b"MSG a 1 2\r\nhi\r\n");
    let events = drain(session);
    assert!(
        matches!(&events[..], [Event::Message { message, .. }] if message.payload == "hi"),
        "{events:?}"
    );
}

/// Says something hostile, so many times, and checks what comes of it: the reason, the memory that it took, and the
/// next connection.
#[track_caller]
fn hostile(alone: &Alone, when: When, bytes: &[u8], times: usize, memory: usize) -> ProtocolError {
    let mut session = session();
    reach(&mut session, NOW, when);
    let measured = alone.measure();
    for _ in 0..times {
        session.handle_input(NOW, bytes);
        drain(&mut session);
        if cause(&session).is_some() {
            break;
        }
    }
    measured.expect_peak_below(memory);
    let Some(DisconnectCause::Protocol(error)) = cause(&session) else {
        panic!("{:?}", session.status());
    };
    measured.expect_held_below(4 * KB);
    expect_clean_reconnect(&mut session);
    error
}

#[test]
fn lines_without_end() {
    let alone = Alone::begin();
    let line = vec![b'x'; 10 * MB];
    let control = ProtocolError::LineTooLong {
        limit: MAX_CONTROL_LINE,
    };
    let info = ProtocolError::LineTooLong { limit: MAX_INFO };
    for when in [Greeting, Handshake, Connected] {
        assert_eq!(
            hostile(&alone, when, &line[..KB], 10 * KB, 32 * KB),
            control
        );
        // What comes as one WebSocket message is there as a whole before anybody can look at it.
        assert_eq!(hostile(&alone, when, &line, 1, 11 * MB), control);
        let words = b"INFO {\"server_name\":\"".to_vec();
        let long = [words, line[..MB].to_vec()].concat();
        assert_eq!(hostile(&alone, when, &long, 1, 2 * MB), info);
        assert_eq!(hostile(&alone, when, b"INFO", 1_000_000, MB), info);
        assert_eq!(
            hostile(&alone, when, b"MSG a 1 ", 1_000_000, 32 * KB),
            control
        );
    }
    let mut valid = INFO.trim_end().trim_end_matches('}').to_owned();
    valid.push_str(&format!(",\"server_name\":\"{}\"}}\r\n", "x".repeat(MB)));
    assert_eq!(hostile(&alone, Greeting, valid.as_bytes(), 1, 3 * MB), info);
}

#[test]
fn lengths_that_are_lies() {
    let alone = Alone::begin();
    for announced in ["65537", "99999999999", "18446744073709551614"] {
        let error = hostile(
            &alone,
            Connected,
            format!("MSG a 1 {announced}\r\n").as_bytes(),
            1,
            8 * KB,
        );
        assert!(
            matches!(
                error,
                ProtocolError::MessageTooLarge { limit: LIMIT, .. }
                    | ProtocolError::MalformedMessage { .. }
            ),
            "{error:?}"
        );
    }
    for malformed in [
        "MSG a 1 18446744073709551615\r\n",
        "MSG a 1 99999999999999999999999\r\n",
        "MSG a 1 -1\r\n",
        "MSG a 1 0x10\r\n",
        "MSG a 1\r\n",
        "MSG a 1 r 3 4\r\n",
        "MSG a one 2\r\n",
        "HMSG a 1 20 10\r\n",
        "HMSG a 1 18446744073709551615 18446744073709551615\r\n",
    ] {
        let error = hostile(&alone, Connected, malformed.as_bytes(), 1, 8 * KB);
        assert!(
            matches!(error, ProtocolError::MalformedMessage { .. }),
            "{malformed}: {error:?}"
        );
    }
    for misfit in [
        "MSG a 1 2\r\nhello\r\n",
        "MSG a 1 8\r\nhello\r\nPING\r\n",
        "MSG a 1 0\r\nPING\r\n",
    ] {
        let error = hostile(&alone, Connected, misfit.as_bytes(), 1, 8 * KB);
        assert_eq!(error, ProtocolError::MissingEnd, "{misfit}");
    }
}

#[test]
fn an_announced_message_takes_no_memory_before_it_arrives() {
    let alone = Alone::begin();
    let measured = alone.measure();
    let mut session = session();
    reach(&mut session, NOW, Connected);
    session.handle_input(NOW, b"MSG a 1 65536\r\n");
    drain(&mut session);
    measured.expect_peak_below(16 * KB);
    // The rest never comes. Silence is found as always.
    for _ in 0..2 {
        let due = session.poll_timeout().expect("a timer");
        session.handle_timeout(due);
        drain(&mut session);
    }
    assert_eq!(cause(&session), Some(DisconnectCause::Silent));
}

#[test]
fn headers_that_are_none() {
    let alone = Alone::begin();
    let message = |headers: &[u8]| {
        let length = headers.len();
        [
            format!("HMSG a 1 {length} {length}\r\n").as_bytes(),
            headers,
            b"\r\n",
        ]
        .concat()
    };
    for headers in [
        &b"HTTP/1.1 200 OK\r\n\r\n"[..],
        b"NATS/1.0 abc\r\n\r\n",
        b"NATS/1.0 99999\r\n\r\n",
        b"NATS/1.0\r\nno colon\r\n\r\n",
        b"NATS/1.0\r\n: no name\r\n\r\n",
        b"\r\n\r\n",
        b"NATS",
    ] {
        let error = hostile(&alone, Connected, &message(headers), 1, 8 * KB);
        assert!(
            matches!(error, ProtocolError::Headers(HeaderError::Malformed { .. })),
            "{headers:?}: {error:?}"
        );
    }
    let error = hostile(
        &alone,
        Connected,
        &message(b"NATS/1.0\r\nA: \xff\r\n\r\n"),
        1,
        8 * KB,
    );
    assert_eq!(error, ProtocolError::Headers(HeaderError::NotUtf8));
    // Headers without an end, up to the largest message.
    let mut endless = b"NATS/1.0\r\n".to_vec();
    endless.resize(LIMIT, b'x');
    let error = hostile(&alone, Connected, &message(&endless), 1, 4 * LIMIT);
    assert!(matches!(
        error,
        ProtocolError::Headers(HeaderError::Malformed { .. })
    ));
}

#[test]
fn text_that_is_not_utf8() {
    let alone = Alone::begin();
    for bytes in [
        &b"MSG \xff\xfe 1 0\r\n\r\n"[..],
        b"MSG a 1 \xff 0\r\n\r\n",
        b"-ERR '\xff'\r\n",
    ] {
        assert_eq!(
            hostile(&alone, Connected, bytes, 1, 8 * KB),
            ProtocolError::NotUtf8
        );
    }
}

#[test]
fn another_protocol_altogether() {
    let alone = Alone::begin();
    for bytes in [
        &b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"CONNECT {}\r\n",
        b"SUB a 1\r\n",
        b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
        b"info {}\r\n",
        b"\0\0\0\n",
    ] {
        for when in [Greeting, Connected] {
            let error = hostile(&alone, when, bytes, 1, 8 * KB);
            assert!(
                matches!(error, ProtocolError::UnknownOperation { .. }),
                "{bytes:?}: {error:?}"
            );
        }
    }
}

#[test]
fn an_introduction_that_is_none() {
    let alone = Alone::begin();
    let nested = format!("INFO {{\"x\":{}\r\n", "[".repeat(200 * KB));
    for info in [
        "INFO\r\n",
        "INFO hello\r\n",
        "INFO []\r\n",
        "INFO {\r\n",
        "INFO {\"max_payload\":-1}\r\n",
        "INFO {\"max_payload\":\"many\"}\r\n",
        "INFO {\"connect_urls\":[1]}\r\n",
        &nested,
    ] {
        let error = hostile(&alone, Greeting, info.as_bytes(), 1, MB);
        assert!(
            matches!(error, ProtocolError::MalformedInfo { .. }),
            "{info:.40}: {error:?}"
        );
    }
}

#[test]
fn things_said_out_of_turn() {
    let alone = Alone::begin();
    for (when, early) in [
        (Greeting, "MSG a 1 2\r\nhi\r\n"),
        (Greeting, "PONG\r\n"),
        (Handshake, "MSG a 1 2\r\nhi\r\n"),
    ] {
        let error = hostile(&alone, when, early.as_bytes(), 1, 8 * KB);
        assert!(
            matches!(error, ProtocolError::OutOfTurn { .. }),
            "{early:?}: {error:?}"
        );
    }
}

#[test]
fn random_garbage_ends_sooner_or_later() {
    let alone = Alone::begin();
    let mut random = 1_u64;
    for _ in 0..200 {
        let garbage: Vec<u8> = std::iter::repeat_with(|| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 56) as u8
        })
        .take(16 * KB)
        .collect();
        hostile(&alone, Connected, &garbage, 1, 64 * KB);
    }
}

#[test]
fn text_frames() {
    let _alone = Alone::begin();
    let mut session = session();
    reach(&mut session, NOW, Connected);
    session.handle_text(NOW);
    drain(&mut session);
    assert_eq!(cause(&session), Some(ProtocolError::TextFrame.into()));
    expect_clean_reconnect(&mut session);
}

#[test]
fn a_server_that_says_nothing() {
    let _alone = Alone::begin();
    for (when, stage) in [(Greeting, Stage::Greeting), (Handshake, Stage::Handshake)] {
        let mut session = session();
        reach(&mut session, NOW, when);
        let due = session.poll_timeout().expect("a deadline");
        session.handle_timeout(due);
        drain(&mut session);
        assert_eq!(cause(&session), Some(DisconnectCause::Timeout(stage)));
        expect_clean_reconnect(&mut session);
    }
}

#[test]
fn complaints_in_every_form() {
    let _alone = Alone::begin();
    let long = format!("'{}'", "x".repeat(MAX_CONTROL_LINE - 20));
    for (text, closes) in [
        ("", false),
        ("''", false),
        ("'", false),
        ("'unterminated", false),
        ("no quotes", false),
        ("'Something New'", false),
        (&*long, false),
        ("'Permissions Violation'", false),
        ("'Permissions Violation for Publish to '", false),
        ("'Permissions Violation for Publish to \"'", false),
        (
            "'Permissions Violation for Subscription to \"b\" using queue '",
            false,
        ),
        ("'Stale Connection'", true),
        ("'AUTHORIZATION VIOLATION'", true),
        ("'Parser Error and more'", true),
    ] {
        let mut session = session();
        reach(&mut session, NOW, Connected);
        session.handle_input(NOW, format!("-ERR {text}\r\n").as_bytes());
        let events = drain(&mut session);
        assert!(matches!(events[0], Event::ServerError(_)), "{events:?}");
        if closes {
            let said = cause(&session);
            assert!(
                matches!(said, Some(DisconnectCause::Server(_))),
                "{text}: {said:?}"
            );
            expect_clean_reconnect(&mut session);
        } else {
            assert_eq!(session.status(), &Status::Connected, "{text}");
        }
    }
    // One in place of the INFO has its say, too.
    let mut session = session();
    reach(&mut session, NOW, Greeting);
    session.handle_input(NOW, b"-ERR 'maximum connections exceeded'\r\n");
    drain(&mut session);
    assert_eq!(
        cause(&session),
        Some(ServerError::MaximumConnections.into())
    );
    expect_clean_reconnect(&mut session);
}
