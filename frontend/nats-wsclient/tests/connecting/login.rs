//! Credentials that are asked for, signed, and renewed.

use std::time::Duration;

use nats_wsclient::proto::{
    Credentials, DisconnectCause, Event, Fate, Grant, SessionConfig, Signer, Signing, Stage, Status,
};

use crate::world::{PONG, World, config, ms};

/// A key whose signatures the test makes.
struct Key;

impl Signer for Key {
    fn public_key(&self) -> &str {
        "UKEY"
    }

    fn sign(&self, _nonce: &[u8]) -> Signing {
        panic!("the driver is the test");
    }
}

fn token(text: &str, expires: Option<u64>) -> Grant {
    let grant = Grant::from(Credentials::Token(text.to_owned()));
    match expires {
        Some(at) => grant.expires(ms(at)),
        None => grant,
    }
}

/// A session that asks for its credentials.
fn asking() -> World {
    let mut world = World::new(SessionConfig {
        asks_for_credentials: true,
        retry_on_initial_connect: true,
        ..config(&["a", "b"])
    });
    assert_eq!(world.io(), ["authorize"], "before there is a socket");
    world
}

/// A session that is connected with credentials that end at so many milliseconds.
fn connected_until(expires: u64) -> World {
    let mut world = asking();
    answer(&mut world, Ok(token("first", Some(expires))));
    assert_eq!(world.io(), ["a"]);
    world.connect("");
    world
}

fn answer(world: &mut World, answer: Result<Grant, &str>) {
    let id = world.asked.expect("to have been asked");
    let answer = answer.map_err(str::to_owned);
    world.session.handle_credentials(world.now, id, answer);
}

/// Lets the timer fire, and the server answer its pings, until credentials are asked for.
fn until_asked(world: &mut World) {
    loop {
        world.timer();
        assert!(world.session.status().is_connected());
        let pings = world.sent().matches("PING").count();
        world.receive(&PONG.repeat(pings));
        match &world.io()[..] {
            [] => {}
            io => return assert_eq!(io, ["authorize"]),
        }
    }
}

#[test]
fn credentials_are_asked_for_before_each_attempt() {
    let mut world = asking();
    answer(&mut world, Ok(token("one", None)));
    assert_eq!(world.io(), ["a"]);
    world.session.handle_open(world.now);
    world.receive("INFO {}\r\n");
    assert!(world.sent().contains(r#""auth_token":"one""#));
    world.lose();
    assert_eq!(world.io(), ["authorize"]);
    answer(&mut world, Ok(token("two", None)));
    assert_eq!(world.io(), ["b"]);
    world.session.handle_open(world.now);
    world.receive("INFO {}\r\n");
    assert!(world.sent().contains(r#""auth_token":"two""#));
}

#[test]
fn whoever_has_no_credentials_is_asked_again_after_a_pause() {
    let mut world = asking();
    for _ in 0..3 {
        answer(&mut world, Err("the session has ended"));
        assert_eq!(
            world.cause(),
            &DisconnectCause::Credentials {
                reason: "the session has ended".to_owned()
            }
        );
        assert_eq!(world.io(), [""; 0], "no other server would be better");
        assert!(world.timer() >= ms(100));
        assert_eq!(world.io(), ["authorize"]);
    }
    assert_eq!(world.timer(), ms(10_000));
    assert_eq!(world.cause(), &DisconnectCause::Timeout(Stage::Credentials));
    answer(&mut world, Ok(token("late", None)));
    assert_eq!(world.io(), [""; 0], "nobody waits for it any more");
    world.timer();
    assert_eq!(world.io(), ["authorize"]);
    world.session.force_reconnect(world.now);
    assert!(
        !world.io().contains(&"close".to_owned()),
        "there is no socket"
    );
}

#[test]
fn the_first_attempt_without_credentials_ends_the_session_unless_told_otherwise() {
    let mut world = World::new(SessionConfig {
        asks_for_credentials: true,
        ..config(&["a", "b"])
    });
    world.io();
    answer(&mut world, Err("no"));
    assert!(world.session.status().is_closed());
}

#[test]
fn what_the_server_sends_is_signed() {
    let credentials = [
        (Credentials::nkey(Key), r#""nkey":"UKEY""#),
        (Credentials::jwt("e30.e30.x", Key), r#""jwt":"e30.e30.x""#),
    ];
    for (credentials, said) in credentials {
        let mut world = World::new(SessionConfig {
            credentials,
            ..config(&["a"])
        });
        assert_eq!(world.io(), ["a"]);
        world.session.handle_open(world.now);
        world.receive("INFO {\"nonce\":\"n0nce\"}\r\n");
        assert_eq!(world.io(), ["sign"]);
        assert_eq!(world.sent(), "", "the signature comes first");
        let (_, nonce) = world.session.challenge().expect("something to sign");
        assert_eq!(nonce, "n0nce");
        let id = world.asked.expect("a number");
        let signature = Ok([0xfb; 64]);
        world.session.handle_signature(world.now, id, signature);
        let sent = world.sent();
        let signature = format!(r#""sig":"{}-w""#, "-_v7".repeat(21));
        assert!(sent.contains(said) && sent.contains(&signature), "{sent}");
        world.receive(&PONG.repeat(2));
        assert_eq!(world.session.status(), &Status::Connected);
    }
}

#[test]
fn a_signature_that_fails_or_does_not_come_is_a_failed_attempt() {
    let waiting = || {
        let mut world = World::new(SessionConfig {
            credentials: Credentials::nkey(Key),
            retry_on_initial_connect: true,
            ..config(&["a"])
        });
        world.io();
        world.session.handle_open(world.now);
        world.receive("INFO {\"nonce\":\"n\"}\r\n");
        assert_eq!(world.io(), ["sign"]);
        world
    };
    let mut world = waiting();
    let id = world.asked.expect("a number");
    let refused = Err("locked".to_owned());
    world.session.handle_signature(world.now, id, refused);
    let reason = "locked".to_owned();
    assert_eq!(world.cause(), &DisconnectCause::Signature { reason });
    assert_eq!(world.io(), ["close"]);

    let mut world = waiting();
    assert_eq!(world.timer(), ms(10_000));
    assert_eq!(world.cause(), &DisconnectCause::Timeout(Stage::Sign));
    let id = world.asked.expect("a number");
    world.session.handle_signature(world.now, id, Ok([0; 64]));
    assert_eq!(world.io(), ["close"]);
    assert_eq!(world.sent(), "", "it is too late");
}

#[test]
fn fresh_credentials_are_asked_for_ahead_of_the_end_and_used_at_once() {
    let mut world = connected_until(3_601_000);
    until_asked(&mut world);
    let left = ms(3_601_000) - world.now;
    assert!(left > ms(20_000) && left < ms(40_000), "{left:?}");
    let published = world.publish().expect("a connection");
    assert!(world.session.status().is_connected(), "meanwhile");
    answer(&mut world, Ok(token("second", Some(7_200_000))));
    assert_eq!(world.sent(), "PUB p 1\r\nx\r\nPING\r\n");
    let events = world.receive(PONG);
    assert_eq!(events[0], Event::Disconnected(DisconnectCause::Renewal));
    assert_eq!(world.session.fate(published), Some(Fate::Sent));
    assert!(matches!(&world.io()[..], [close, _] if close == "close"));
    world.session.handle_open(world.now);
    world.receive("INFO {}\r\n");
    assert!(world.sent().contains(r#""auth_token":"second""#));
    world.receive(&PONG.repeat(2));
    until_asked(&mut world);
    assert!(world.now > ms(7_100_000));
}

#[test]
fn a_grant_says_how_long_ahead_of_its_end() {
    let connected = |ahead: u64| {
        let mut world = asking();
        let grant = token("first", Some(901_000)).ahead(ms(ahead));
        answer(&mut world, Ok(grant));
        world.io();
        world.connect("");
        until_asked(&mut world);
        ms(901_000) - world.now
    };
    let left = connected(300_000);
    assert!(left > ms(220_000) && left < ms(380_000), "{left:?}");
    // One that would be asked for again as soon as it is there.
    let left = connected(3_600_000);
    assert!(left > ms(330_000) && left < ms(570_000), "{left:?}");
}

#[test]
fn credentials_that_are_no_fresher_are_no_reason_to_leave() {
    let mut world = connected_until(601_000);
    until_asked(&mut world);
    let asked_at = world.now;
    answer(&mut world, Ok(token("first", Some(601_000))));
    until_asked(&mut world);
    assert!(world.now >= asked_at + ms(5_000));
    answer(&mut world, Err("not yet"));
    until_asked(&mut world);
    // Nor is it if nobody answers.
    let asked_at = world.now;
    until_asked(&mut world);
    assert!(world.now >= asked_at + ms(5_000));
    assert!(world.session.status().is_connected());
    answer(&mut world, Ok(token("for ever", None)));
    world.receive(&PONG.repeat(3));
    assert_eq!(world.cause(), &DisconnectCause::Renewal);
}

#[test]
fn a_clock_that_is_fast_does_not_renew_again_and_again() {
    let mut world = connected_until(500);
    assert!(world.now > ms(500), "they have ended, says the clock here");
    for _ in 0..10 {
        assert!(world.timer() >= Duration::from_secs(1));
        assert_eq!(world.io(), [""; 0]);
        let pings = world.sent().matches("PING").count();
        world.receive(&PONG.repeat(pings));
    }
}
