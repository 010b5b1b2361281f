//! Which server is dialled, and when.

use nats_wsclient::proto::{DisconnectCause, ServerError, SessionConfig, Status};

use crate::world::{World, config, ms, url};

#[test]
fn the_first_round_tries_each_server_before_it_fails() {
    let mut world = World::new(config(&["a", "b", "c"]));
    for host in ["a", "b", "c"] {
        assert_eq!(world.io(), [host]);
        world.lose();
    }
    let cause = Some(DisconnectCause::Unreachable);
    assert_eq!(world.session.status(), &Status::Closed { cause });
    assert_eq!(world.io(), [""; 0]);
}

#[test]
fn another_server_is_dialled_at_once_and_only_a_round_in_vain_is_followed_by_a_pause() {
    let mut world = World::connected(&["a", "b", "c"], "");
    // The pause after the first round is the second: the first would have come before it with a single server.
    let mut whole = ms(300);
    for round in 0..10 {
        world.lose();
        // The first round goes on where the connection was lost.
        for host in ["b", "c"] {
            assert_eq!(world.io(), [host], "at once");
            world.lose();
        }
        assert_eq!(world.io(), [""; 0]);
        let pause = world.timer();
        assert!(pause >= whole / 2 && pause <= whole, "{round}: {pause:?}");
        assert_eq!(world.io(), ["a"]);
        whole = (whole + whole / 2).min(ms(5_000));
    }
}

#[test]
fn a_dead_server_costs_no_time() {
    let mut world = World::connected(&["a", "b", "c"], "");
    world.lose();
    assert_eq!(world.io(), ["b"]);
    world.lose();
    assert_eq!(world.io(), ["c"]);
    world.connect("");
    assert_eq!(world.session.url(), Some(&url("c")));
}

#[test]
fn servers_that_drop_whoever_they_accept_are_dialled_with_a_pause() {
    let mut world = World::connected(&["a", "b"], "");
    world.lose();
    for _ in 0..6 {
        world.io();
        world.connect("");
        world.lose();
        assert_eq!(world.io(), [""; 0]);
        world.timer();
    }
    world.io();
    world.connect("");
    world.lose();
    assert!(world.timer() >= ms(2_500));
}

#[test]
fn a_cluster_is_followed_as_it_changes() {
    let mut world = World::connected(&["a"], r#""connect_urls":["a:80","b:1"]"#);
    world.receive("INFO {\"connect_urls\":[\"b:1\",\"c:2\"]}\r\n");
    world.receive("INFO {\"connect_urls\":[\"b:1\"]}\r\n");
    world.session.force_reconnect(world.now);
    assert_eq!(world.io(), ["close", "b:1"], "with the path");
    world.connect(r#""connect_urls":["b:1"]"#);
    world.now += ms(60_000);
    world.session.force_reconnect(world.now);
    assert_eq!(world.io(), ["close", "a"], "c is gone");

    let mut world = World::new(SessionConfig {
        discover_servers: false,
        ..config(&["a"])
    });
    world.io();
    world.connect(r#""connect_urls":["a:80","b:1"]"#);
    world.session.force_reconnect(world.now);
    assert_eq!(world.io(), ["close", "a"]);
}

#[test]
fn the_same_refusal_twice_ends_a_session_that_has_a_limit() {
    let refuse = |world: &mut World, words: &str| {
        world.session.handle_open(world.now);
        world.receive(&format!("INFO {{}}\r\n-ERR '{words}'\r\n"));
        world.io();
    };
    for (limit, ends) in [(None, false), (Some(100), true)] {
        let mut world = World::new(SessionConfig {
            max_reconnects: limit,
            ..config(&["a", "b"])
        });
        world.io();
        world.connect("");
        world.now += ms(60_000);
        world.lose();
        world.io();
        refuse(&mut world, "Authorization Violation");
        world.timer();
        world.io();
        refuse(&mut world, "Authorization Violation");
        refuse(&mut world, "User Authentication Expired");
        assert!(!world.session.status().is_closed(), "by each server once");
        world.timer();
        world.io();
        refuse(&mut world, "User Authentication Revoked");
        assert!(!world.session.status().is_closed(), "with other words");
        refuse(&mut world, "User Authentication Expired");
        assert_eq!(
            world.cause(),
            &DisconnectCause::Server(ServerError::AuthenticationExpired)
        );
        assert_eq!(world.session.status().is_closed(), ends);
    }
}

#[test]
fn an_address_that_the_browser_refuses_is_told_as_such() {
    let mut world = World::new(config(&["a"]));
    world.io();
    let reason = "insecure".to_owned();
    world.session.handle_refused(world.now, reason.clone());
    assert_eq!(world.cause(), &DisconnectCause::Refused { reason });
    assert!(world.session.status().is_closed());
}
