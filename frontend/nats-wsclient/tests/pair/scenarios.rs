use nats_wsclient::proto::{DisconnectCause, Event, ServerError, Status};

use crate::network::Way;
use crate::world::{World, ms};

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[test]
fn two_clients_chat_over_a_network_of_single_bytes() {
    let mut world = World::connected(1, 2);
    world.network.piece = 1;
    let sid = world.subscribe(1, "chat.*", None);
    world.advance(ms(100));
    for number in 0..50 {
        assert!(world.publish(0, "chat.a", None, &number.to_string()));
    }
    world.flush(0);
    world.advance(ms(2_000));
    assert_eq!(world.clients[1].payloads(sid), numbers(0..50));
    assert_eq!(world.clients[0].flushes, 1);
    world.check_received();
}

#[test]
fn a_group_shares_and_nobody_else_does() {
    let mut world = World::connected(2, 3);
    let members = [0, 1].map(|client| world.subscribe(client, "work", Some("group")));
    let observer = world.subscribe(2, "work", None);
    world.advance(ms(100));
    for number in 0..10 {
        world.publish(2, "work", None, &number.to_string());
    }
    world.advance(ms(500));
    let shares = [0, 1].map(|client| world.clients[client].payloads(members[client]));
    let mut all = shares.concat();
    all.sort();
    assert_eq!(all, numbers(0..10));
    assert!(shares.iter().all(|share| share.len() == 5), "{shares:?}");
    assert_eq!(world.clients[2].payloads(observer), numbers(0..10));
}

#[test]
fn nobody_there_to_answer_is_said_by_the_server() {
    let mut world = World::connected(3, 1);
    world.subscribe(0, "inbox.*", None);
    world.publish(0, "nobody", Some("inbox.1"), "");
    world.advance(ms(200));
    let [(_, _, answer)] = &world.clients[0].received[..] else {
        panic!("{:?}", world.clients[0].received);
    };
    assert!(answer.is_no_responders());
    assert_eq!(answer.subject, "inbox.1");
}

#[test]
fn a_restart_of_the_server_costs_what_was_on_its_way_and_nothing_else() {
    let mut world = World::connected(4, 2);
    let sid = world.subscribe(0, "a", None);
    world.advance(ms(100));
    for round in 0..5 {
        world.publish(1, "a", None, &round.to_string());
        world.flush(1);
        world.advance(ms(200));
        world.restart_server();
        world.advance(ms(2_000));
    }
    assert_eq!(world.clients[0].payloads(sid), numbers(0..5));
    assert_eq!(world.clients[0].session.statistics().connections, 6);
}

#[test]
fn silence_in_either_direction_is_found() {
    for way in [Way::ToClient, Way::ToServer] {
        let mut world = World::connected(5, 1);
        let sid = world.subscribe(0, "a", None);
        world.advance(ms(100));
        world.silence(0, way);
        // The interval of pings, the patience for the answer, and the way back.
        world.advance(ms(3_000 + 1_000 + 500));
        let lost = Event::Disconnected(DisconnectCause::Silent);
        assert!(world.clients[0].events.contains(&lost), "{way:?}");
        assert_eq!(world.clients[0].session.status(), &Status::Connected);
        world.publish_at_server("a", "0");
        world.advance(ms(100));
        assert_eq!(world.clients[0].payloads(sid), numbers(0..1));
    }
}

#[test]
fn a_page_that_wakes_finds_the_silence_sooner() {
    let mut world = World::connected(6, 1);
    world.silence(0, Way::ToClient);
    let now = world.now;
    world.clients[0].session.handle_wake(now);
    world.settle(0);
    world.advance(ms(500));
    let lost = Event::Disconnected(DisconnectCause::Silent);
    assert!(world.clients[0].events.contains(&lost));
}

#[test]
fn what_is_denied_is_denied_to_the_one_and_nobody_else() {
    let mut world = World::connected(7, 2);
    let refused = world.subscribe(0, "denied", None);
    let granted = world.subscribe(0, "granted", None);
    world.publish(0, "denied", None, "");
    world.advance(ms(200));
    let client = &world.clients[0];
    let subject = "denied".to_owned();
    let denial = Event::SubscriptionDenied {
        sid: refused,
        subject: subject.clone(),
    };
    assert!(client.events.contains(&denial), "{:?}", client.events);
    let denial = Event::ServerError(ServerError::PublishDenied { subject });
    assert!(client.events.contains(&denial), "{:?}", client.events);
    assert_eq!(client.sids.keys().collect::<Vec<_>>(), [&granted]);
    world.restart_server();
    world.advance(ms(2_000));
    let id = world.clients[0].socket.expect("a socket");
    assert_eq!(world.server.patterns(id), ["granted"]);
}

#[test]
fn a_password_that_changed_keeps_the_client_out_until_it_changes_back() {
    let mut world = World::connected(8, 1);
    world.server.token = Some("other".to_owned());
    world.restart_server();
    world.advance(ms(5_000));
    let Status::Reconnecting { cause, .. } = world.clients[0].session.status() else {
        panic!("{:?}", world.clients[0].session.status());
    };
    assert_eq!(*cause, ServerError::AuthorizationViolation.into());
    world.server.token = Some("t".to_owned());
    world.advance(ms(5_000));
    assert_eq!(world.clients[0].session.status(), &Status::Connected);
}
