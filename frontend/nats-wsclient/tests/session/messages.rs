//! What is sent and received over a connection.

use std::ops::ControlFlow;

use nats_wsclient::proto::{
    Event, HeaderMap, Io, PublishError, ServerError, SessionConfig, Status,
};

use crate::world::{INFO, World, config, dropped, ms};

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
fn whoever_takes_messages_may_break_off_between_them() {
    let mut world = World::connected();
    let sid = world.session.subscribe("a", None).expect("a subject");
    world.session.unsubscribe_after(sid, 3);
    world.receive(
        "MSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\nPING\r\nMSG a 1 1\r\nz\r\nMSG a 1 1\r\n!\r\n",
    );
    let mut payloads = String::new();
    let mut take = |breaks_at: &str| {
        world.session.poll_event_with(|sid, message| {
            let payload = String::from_utf8_lossy(&message.payload).into_owned();
            payloads += &payload;
            if payload == breaks_at {
                ControlFlow::Break(sid)
            } else {
                ControlFlow::Continue(())
            }
        })
    };
    assert_eq!(take("x"), ControlFlow::Break(sid));
    assert_eq!(take("z"), ControlFlow::Break(sid));
    let ended = Some(Event::SubscriptionEnded(sid));
    assert_eq!(take(""), ControlFlow::Continue(ended), "after its last one");
    assert_eq!(take(""), ControlFlow::Continue(None));
    assert_eq!(payloads, "xyz");
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
