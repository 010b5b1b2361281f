//! How a connection ends, and how it is made again.

use nats_wsclient::proto::{
    DisconnectCause, Event, Io, ProtocolError, ServerError, SessionConfig, Stage, Status,
};

use crate::world::{INFO, World, config, dropped, ms};

#[test]
fn attempts_grow_apart_and_never_end() {
    let mut world = World::connected();
    world.now += ms(60_000);
    world.close();
    let mut whole = ms(200);
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
        assert!(pause >= whole / 2 && pause <= whole, "{attempt}: {pause:?}");
        whole = (whole + whole / 2).min(ms(5_000));
        assert_eq!(world.io(), [Io::Open]);
        world.close();
        assert_eq!(world.io(), []);
    }
    assert_eq!(whole, ms(5_000));
}

#[test]
fn a_server_that_drops_whoever_it_accepts_is_not_dialled_without_a_pause() {
    let mut world = World::connected();
    for _ in 0..8 {
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
