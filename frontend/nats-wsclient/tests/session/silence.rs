//! Whether the server is still there.

use std::time::Duration;

use nats_wsclient::proto::{DisconnectCause, Event, Io, Status};

use crate::world::{World, ms};

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
fn a_timer_that_is_late_is_as_good_as_waking_up() {
    let mut world = World::connected();
    world.now += Duration::from_secs(3_600);
    world.session.handle_timeout(world.now);
    assert_eq!(world.sent(), "PING\r\n");
    assert_eq!(world.timer(), ms(3_000), "with little patience");
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
