//! One thing after another.

use std::time::Duration;

use super::server::HEARTBEAT;
use super::{Arrival, World};
use crate::SyncState;
use crate::client::Engine;
use crate::jetstream::consumer::ordered::{OrderedConfig, OrderedError};

#[test]
fn an_empty_stream_is_complete() {
    let mut world = World::live(0);
    assert!(world.read.is_empty());
    let now = world.now;
    world.server.store(now, 3);
    world.settle();
    assert_eq!(world.read, [1, 2, 3]);
    assert_eq!(world.resets, 0);
}

#[test]
fn whatever_is_lost_is_fetched() {
    for lost in 0..6 {
        let mut world = World::live(2);
        let now = world.now;
        world.server.store(now, 6);
        world.work();
        // Of the messages, and of what the server asks.
        world.to_client.remove(lost);
        world.settle();
        world.check_all();
        assert_eq!(world.read, [1, 2, 3, 4, 5, 6, 7, 8], "without {lost}");
    }
}

#[test]
fn the_last_message_is_missed_too() {
    let mut world = World::live(2);
    world.work();
    world.arrive(usize::MAX);
    let now = world.now;
    world.server.store(now, 1);
    world.work();
    world.to_client.clear();
    // It is not silence that tells, but the next heartbeat.
    world.pass(HEARTBEAT);
    while world.read != [1, 2, 3] {
        world.work();
        assert!(!world.to_client.is_empty(), "nothing follows");
        world.arrive(usize::MAX);
        world.read(usize::MAX);
    }
    assert_eq!(world.server.consumers.len(), 1);
}

#[test]
fn what_comes_twice_or_out_of_order_is_put_right() {
    for place in 0..3 {
        let mut world = World::live(1);
        let now = world.now;
        world.server.store(now, 4);
        world.work();
        let twice = world.to_client[place].clone();
        world.to_client.insert(place + 1, twice);
        world.settle();
        world.check_all();
        let now = world.now;
        world.server.store(now, 4);
        world.work();
        world.to_client.swap(place, place + 1);
        world.settle();
        world.check_all();
        assert_eq!(world.read, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}

#[test]
fn a_consumer_that_is_gone_is_replaced() {
    for told in [true, false] {
        let mut world = World::live(2);
        if told {
            world.server.delete_consumers();
        } else {
            world.server.forget_consumers();
        }
        let now = world.now;
        world.server.store(now, 2);
        world.settle();
        world.check_all();
        assert_eq!(world.read, [1, 2, 3, 4]);
        assert_eq!(world.errors, []);
    }
}

#[test]
fn a_reconnect_goes_on_where_it_was() {
    let mut world = World::live(3);
    world.cut();
    world.read(usize::MAX);
    assert_eq!(world.state, SyncState::Stale { since: world.now });
    let now = world.now;
    world.server.store(now, 2);
    world.server.remove_first();
    world.connect();
    world.work();
    world.read(usize::MAX);
    assert_eq!(world.state, SyncState::Resyncing);
    world.settle();
    world.check_all();
    assert_eq!(world.read, [1, 2, 3, 4, 5]);
    assert_eq!(world.resets, 0);
}

#[test]
fn a_stream_that_was_made_anew_is_noticed() {
    // As long as before, shorter, longer, and empty.
    for length in [3, 1, 7, 0] {
        for online in [true, false] {
            let mut world = World::live(3);
            if !online {
                world.cut();
            }
            world.pass(Duration::from_millis(1));
            let now = world.now;
            world.server.make_stream(now);
            world.server.store(now, length);
            world.connect();
            world.settle();
            world.check_all();
            let all: Vec<u64> = (1..=length as u64).collect();
            assert_eq!(world.read, all, "online: {online}");
            assert_eq!(world.resets, 1);
        }
    }
}

#[test]
fn a_stream_may_be_missing_for_a_while() {
    let mut world = World::live(3);
    world.server.delete_stream();
    world.settle();
    let missing = OrderedError::StreamMissing {
        stream: "s".to_owned(),
    };
    assert_eq!(world.errors, [missing], "told once");
    assert_eq!(world.state, SyncState::Resyncing);
    let now = world.now;
    world.server.make_stream(now);
    world.server.store(now, 2);
    world.settle();
    world.check_all();
    assert_eq!((world.read, world.resets), (vec![1, 2], 1));
}

#[test]
fn a_reader_that_does_not_read_holds_the_server_back() {
    let mut world = World::live(0);
    let now = world.now;
    world.server.store(now, 1_000);
    for _ in 0..100 {
        world.work();
        world.arrive(usize::MAX);
        world.pass(Duration::from_millis(100));
    }
    let delivered = |world: &World| {
        let arrived = world.to_client.iter();
        arrived
            .filter(|arrival| matches!(arrival, Arrival::Message(..)))
            .count()
    };
    assert_eq!(delivered(&world), 0);
    let mut events = 0;
    while world.machine.has_news() && events < 20 {
        world.read(1);
        events += 1;
    }
    assert!(
        world.read.len() <= 16,
        "{} were delivered",
        world.read.len()
    );
    world.settle();
    for _ in 0..20 {
        world.settle();
    }
    world.check_all();
    assert_eq!(world.read.len(), 1_000);
}

#[test]
fn a_consumer_is_deleted_with_its_reader() {
    let mut world = World::live(3);
    world.machine.handle_dropped();
    world.work();
    assert!(world.server.consumers.is_empty());
    assert!(world.machine.is_ended());
    assert_eq!(world.machine.poll_timeout(), None);
}

#[test]
fn only_what_is_new() {
    use crate::jetstream::consumer::DeliverPolicy;
    let config = OrderedConfig::new().deliver_policy(DeliverPolicy::New);
    let mut world = World::new(config);
    let now = world.now;
    world.server.store(now, 3);
    world.connect();
    world.settle();
    assert_eq!((&*world.read, world.state), (&[][..], SyncState::Live));
    // The first new one is lost with its connection.
    let now = world.now;
    world.server.store(now, 1);
    world.work();
    world.cut();
    world.connect();
    world.settle();
    assert_eq!((&*world.read, world.state), (&[4][..], SyncState::Live));
}

#[test]
fn without_its_time_of_making_a_stream_is_known_by_its_length() {
    let mut world = World::new(OrderedConfig::new());
    world.denied = "$JS.API.STREAM.INFO";
    let now = world.now;
    world.server.store(now, 3);
    world.connect();
    world.settle();
    world.check_all();
    world.server.forget_consumers();
    let now = world.now;
    world.server.store(now, 1);
    world.settle();
    assert_eq!((&*world.read, world.resets), (&[1, 2, 3, 4][..], 0));
    world.server.make_stream(world.now);
    let now = world.now;
    world.server.store(now, 2);
    world.settle();
    world.check_all();
    assert_eq!((&*world.read, world.resets), (&[1, 2][..], 1));
    assert_eq!(world.errors, []);
}

#[test]
fn without_flow_control_it_goes_on() {
    let mut world = World::new(OrderedConfig::new());
    world.denied = "$JS.FC";
    let now = world.now;
    world.server.store(now, 100);
    world.connect();
    world.settle();
    world.check_all();
    assert_eq!(world.read.len(), 100);
    assert_eq!(world.errors, []);
}

#[test]
fn a_missing_permission_ends_it() {
    let mut world = World::new(OrderedConfig::new());
    world.connect();
    let sent = world.machine.poll_outgoing().expect("a request");
    world.machine.handle_publish_denied("somebody.elses");
    assert!(!world.machine.is_ended());
    world.machine.handle_publish_denied(&sent.subject);
    assert!(world.machine.is_ended());
    world.read(usize::MAX);
    let denied = OrderedError::Denied {
        subject: sent.subject,
    };
    assert_eq!(world.errors, [denied]);
}
