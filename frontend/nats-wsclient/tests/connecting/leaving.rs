//! Leaving a server that is about to shut down.

use nats_wsclient::proto::{DisconnectCause, Event, Fate, Status};

use crate::world::{PONG, World, ms};

const LAME_DUCK: &str = "INFO {\"ldm\":true}\r\n";

#[test]
fn a_server_about_to_shut_down_is_left_once_it_has_taken_everything() {
    let mut world = World::connected(&["a", "b"], "");
    world.session.subscribe("s", None).expect("a subject");
    let before = world.publish().expect("a connection");
    assert_eq!(world.receive(LAME_DUCK), [Event::LameDuck]);
    assert_eq!(world.sent(), "SUB s 1\r\nPUB p 1\r\nx\r\nPING\r\n");
    let after = world.publish().expect("a connection");
    assert_eq!(world.sent(), "PUB p 1\r\nx\r\n");
    let message = "MSG s 1 1\r\nm\r\n";
    let events = world.receive(&[message, LAME_DUCK, PONG, message].concat());
    let are_messages = |events: &[Event]| {
        let mut events = events.iter();
        events.all(|event| matches!(event, Event::Message { .. }))
    };
    assert!(events.len() >= 2 && are_messages(&events), "{events:?}");
    assert_eq!(world.session.fate(before), Some(Fate::Sent));
    assert_eq!(world.sent(), "PING\r\n", "for what came after");
    let events = world.receive(&[PONG, message].concat());
    assert_eq!(
        events,
        [
            Event::Disconnected(DisconnectCause::LameDuck),
            Event::StatusChanged
        ],
        "and nothing of a connection that was left"
    );
    assert_eq!(world.session.fate(after), Some(Fate::Sent));
    assert_eq!(world.io(), ["close", "b"], "at once");
    world.connect("");
    assert!(world.publish().is_ok());
}

#[test]
fn a_flush_that_was_under_way_is_answered() {
    let mut world = World::connected(&["a", "b"], "");
    world.receive(LAME_DUCK);
    let flush = world.session.ping().expect("a connection");
    let events = world.receive(&[PONG, PONG].concat());
    assert_eq!(events[0], Event::Pong(flush));
    assert_eq!(events[1], Event::Disconnected(DisconnectCause::LameDuck));
}

#[test]
fn who_publishes_without_a_pause_leaves_all_the_same() {
    let mut world = World::connected(&["a", "b"], "");
    world.receive(LAME_DUCK);
    let mut turns = 0;
    while world.session.status().is_connected() {
        turns += 1;
        assert!(turns < 10);
        world.publish().expect("a connection");
        world.sent();
        world.receive(PONG);
    }
    assert_eq!(world.io(), ["close", "b"]);
}

#[test]
fn a_server_that_answers_no_more_is_left_all_the_same() {
    let mut world = World::connected(&["a", "b"], "");
    world.receive(LAME_DUCK);
    assert_eq!(world.timer(), ms(10_000));
    assert_eq!(world.cause(), &DisconnectCause::Silent);
    assert_eq!(world.io(), ["close", "b"]);
}

#[test]
fn a_close_behind_the_last_answer_is_not_the_next_servers() {
    let mut world = World::connected(&["a", "b"], "");
    world.receive(LAME_DUCK);
    world.session.handle_input(world.now, PONG.as_bytes());
    world.lose();
    assert_eq!(world.io(), ["close", "b"]);
    assert_eq!(world.cause(), &DisconnectCause::LameDuck);
    assert!(matches!(
        world.session.status(),
        Status::Reconnecting { attempt: 1, .. }
    ));
}

#[test]
fn the_only_server_is_not_left_until_there_is_another() {
    let mut world = World::connected(&["a"], "");
    world.receive(LAME_DUCK);
    assert_eq!(world.sent(), "");
    assert!(world.session.status().is_connected());
    world.receive("INFO {\"ldm\":true,\"connect_urls\":[\"b\"]}\r\n");
    assert_eq!(world.sent(), "PING\r\n");
    world.receive(PONG);
    assert_eq!(world.io(), ["close", "b"]);
}
