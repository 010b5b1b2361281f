//! One thing after another.

use std::time::Duration;

use super::super::machine::{Mode, PullMachine};
use super::super::{Pull, PullError};
use super::{headers, machine, message, overhead, read, status};

const START: Duration = Duration::from_secs(1_000);
const FETCH: Mode = Mode::Fetch { no_wait: false };

fn seconds(seconds: u64) -> Duration {
    START + Duration::from_secs(seconds)
}

fn connected(mode: Mode, pull: Pull) -> PullMachine {
    let mut machine = machine(mode, pull);
    machine.handle_connected(START);
    machine
}

/// The number of the request that is to be sent, and how many messages it asks for.
fn asked(machine: &mut PullMachine) -> Option<(u64, u64)> {
    let request = machine.poll_request()?;
    assert_eq!(request.reply, format!("inbox.{}", request.id));
    let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
    Some((request.id, body["batch"].as_u64().expect("a number")))
}

fn interrupted(description: &str) -> PullError {
    PullError::Interrupted {
        description: description.to_owned(),
    }
}

#[test]
fn requests_in_json() {
    let body = |mode, pull| connected(mode, pull).poll_request().expect("asked").body;
    let no_wait = Mode::Fetch { no_wait: true };
    assert_eq!(
        body(Mode::Continuous, Pull::new()),
        r#"{"batch":200,"expires":30000000000,"idle_heartbeat":5000000000}"#
    );
    assert_eq!(
        body(no_wait, Pull::new().max_messages(3)),
        r#"{"batch":3,"no_wait":true}"#
    );
    let pull = Pull::new()
        .max_messages(1)
        .max_bytes(512)
        .expires(Duration::from_millis(4))
        .group("jobs")
        .min_pending(5)
        .min_ack_pending(6)
        .priority(7);
    assert_eq!(
        body(FETCH, pull),
        concat!(
            r#"{"batch":1,"max_bytes":512,"expires":4000000,"idle_heartbeat":2000000,"group":"jobs","#,
            r#""min_pending":5,"min_ack_pending":6,"priority":7}"#
        )
    );
}

#[test]
fn more_is_asked_for_when_half_was_read() {
    let mut machine = connected(Mode::Continuous, Pull::new().max_messages(4));
    assert_eq!(asked(&mut machine), Some((1, 4)));
    for sequence in 1..=4 {
        machine.handle_message(START, message(sequence, 0));
    }
    machine.handle_timeout(START);
    assert_eq!(asked(&mut machine), None, "nothing was read");
    assert!(!machine.wants_more());
    assert_eq!(machine.poll_timeout(), None, "nothing is awaited");
    for expected in 1..=2 {
        let (_, info) = machine.poll_item().expect("an item").expect("a message");
        assert_eq!(info.stream_sequence, expected);
    }
    assert!(machine.wants_more());
    machine.handle_timeout(START);
    assert_eq!(asked(&mut machine), Some((2, 2)));
    assert_eq!(read(&mut machine), [Ok(3), Ok(4)]);
    machine.handle_timeout(START);
    assert_eq!(asked(&mut machine), Some((3, 2)));
    // The first of the two requests has one message left.
    machine.handle_message(START, message(5, 0));
    machine.handle_message(START, status(2, "408 Request Timeout"));
    machine.handle_timeout(START);
    assert_eq!(read(&mut machine), [Ok(5)]);
    machine.handle_timeout(START);
    assert_eq!(asked(&mut machine), Some((4, 2)));
}

#[test]
fn bytes_are_bounded_too() {
    let size = overhead(1) + 10;
    let pull = Pull::new().max_messages(100).max_bytes(4 * size);
    let mut machine = connected(Mode::Continuous, pull);
    assert_eq!(asked(&mut machine), Some((1, 100)));
    for sequence in 1..=3 {
        machine.handle_message(START, message(sequence, 10));
    }
    // The next one has more bytes than are left of the request.
    machine.handle_message(START, status(1, "409 Message Size Exceeds MaxBytes"));
    machine.handle_timeout(START);
    assert_eq!(asked(&mut machine), None);
    let first = machine.poll_item();
    assert!(matches!(first, Some(Ok(_))));
    machine.handle_timeout(START);
    assert_eq!(asked(&mut machine), None, "it would not fit again");
    assert_eq!(read(&mut machine), [Ok(2), Ok(3)]);
    machine.handle_timeout(START);
    assert_eq!(asked(&mut machine), Some((2, 100)));
    // It does not fit at all.
    machine.handle_message(START, status(2, "409 Message Size Exceeds MaxBytes"));
    let error = PullError::TooLarge {
        max_bytes: 4 * size,
    };
    assert_eq!(read(&mut machine), [Err(error)]);
    machine.handle_timeout(START);
    assert_eq!(asked(&mut machine), None, "not at once");
    machine.handle_timeout(seconds(1));
    assert_eq!(asked(&mut machine), Some((3, 100)));
}

#[test]
fn what_arrived_and_was_read_makes_room_for_as_many_bytes() {
    let size = overhead(1) + 10;
    let pull = Pull::new().max_messages(4).max_bytes(4 * size);
    let mut machine = connected(Mode::Continuous, pull);
    assert_eq!(asked(&mut machine), Some((1, 4)));
    for sequence in 1..=3 {
        machine.handle_message(START, message(sequence, 10));
    }
    assert_eq!(read(&mut machine), [Ok(1), Ok(2), Ok(3)]);
    machine.handle_timeout(START);
    let body = machine.poll_request().expect("asked").body;
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["max_bytes"], 3 * size);
}

#[test]
fn a_fetch_ends() {
    for (answer, expected) in [
        ("408 Request Timeout", None),
        ("404 No Messages", None),
        ("409 Batch Completed", None),
        ("409 Message Size Exceeds MaxBytes", None),
        ("503", Some(PullError::NoResponders)),
        ("409 Consumer Deleted", Some(PullError::ConsumerDeleted)),
        (
            "409 Leadership Change",
            Some(interrupted("Leadership Change")),
        ),
    ] {
        let mut machine = connected(FETCH, Pull::new().max_messages(3));
        assert_eq!(asked(&mut machine), Some((1, 3)));
        machine.handle_message(START, message(1, 0));
        machine.handle_message(START, status(1, answer));
        assert!(machine.is_ended());
        let items = read(&mut machine);
        assert_eq!(items[0], Ok(1));
        assert_eq!(items.get(1), expected.map(Err).as_ref(), "{answer}");
        machine.handle_timeout(seconds(100));
        assert_eq!(asked(&mut machine), None);
    }
    let mut machine = connected(FETCH, Pull::new().max_messages(2));
    assert_eq!(asked(&mut machine), Some((1, 2)));
    machine.handle_message(START, message(1, 0));
    assert!(!machine.is_ended());
    machine.handle_message(START, message(2, 0));
    assert!(machine.is_ended());
    assert_eq!(read(&mut machine), [Ok(1), Ok(2)]);
}

#[test]
fn a_fetch_does_not_outlive_its_connection() {
    let mut offline = machine(FETCH, Pull::new());
    assert_eq!(read(&mut offline), [Err(PullError::Disconnected)]);
    assert!(offline.is_ended());
    let mut cut = connected(FETCH, Pull::new());
    cut.handle_message(START, message(1, 0));
    cut.handle_disconnected();
    assert_eq!(read(&mut cut), [Ok(1), Err(PullError::Disconnected)]);
    cut.handle_connected(seconds(1));
    assert_eq!(asked(&mut cut), None);
}

#[test]
fn it_goes_on_after_what_passes() {
    for (answer, error) in [
        ("408 Request Timeout", None),
        ("409 Batch Completed", None),
        ("503", Some(PullError::NoResponders)),
        (
            "409 Leadership Change",
            Some(interrupted("Leadership Change")),
        ),
        ("409 Server Shutdown", Some(interrupted("Server Shutdown"))),
        (
            "409 Exceeded MaxWaiting",
            Some(interrupted("Exceeded MaxWaiting")),
        ),
        (
            "409 Some Later Reason",
            Some(interrupted("Some Later Reason")),
        ),
    ] {
        let mut machine = connected(Mode::Continuous, Pull::new());
        assert_eq!(asked(&mut machine), Some((1, 200)));
        machine.handle_message(START, status(1, answer));
        let expected: Vec<_> = error.iter().cloned().map(Err).collect();
        assert_eq!(read(&mut machine), expected, "{answer}");
        machine.handle_timeout(START);
        let at_once = asked(&mut machine);
        if error.is_none() {
            assert_eq!(at_once, Some((2, 200)), "{answer}");
            continue;
        }
        assert_eq!(at_once, None, "{answer}");
        // Ever more slowly, and the reader is told once.
        let mut now = START;
        let mut delays = Vec::new();
        for id in 2..=9 {
            let due = machine.poll_timeout().expect("a time");
            delays.push((due - now).as_millis());
            now = due;
            machine.handle_timeout(now);
            assert_eq!(asked(&mut machine), Some((id, 200)), "{answer}");
            machine.handle_message(now, status(id, answer));
        }
        assert_eq!(delays, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
        assert_eq!(read(&mut machine), []);
        // Until there is a message.
        now = machine.poll_timeout().expect("a time");
        machine.handle_timeout(now);
        assert_eq!(asked(&mut machine), Some((10, 200)));
        machine.handle_message(now, message(1, 0));
        machine.handle_message(now, status(10, answer));
        let last = error.map(Err);
        assert_eq!(read(&mut machine), [Ok(1), last.expect("an error")]);
        assert_eq!(
            machine.poll_timeout(),
            Some(now + Duration::from_millis(100))
        );
    }
}

#[test]
fn it_ends_with_what_does_not_pass() {
    let refused = |status, description: &str| PullError::Refused {
        status,
        description: description.to_owned(),
    };
    for (answer, expected) in [
        ("409 Consumer Deleted", PullError::ConsumerDeleted),
        ("409 Consumer is push based", PullError::PushConsumer),
        (
            "409 Exceeded MaxRequestBatch of 1",
            refused(409, "Exceeded MaxRequestBatch of 1"),
        ),
        (
            "409 Exceeded MaxRequestExpires of 1s",
            refused(409, "Exceeded MaxRequestExpires of 1s"),
        ),
        (
            "409 Exceeded MaxRequestMaxBytes of 1",
            refused(409, "Exceeded MaxRequestMaxBytes of 1"),
        ),
        (
            "400 Bad Request - Priority Group missing",
            refused(400, "Bad Request - Priority Group missing"),
        ),
        ("412 Required Api Level", refused(412, "Required Api Level")),
    ] {
        assert!(expected.is_final());
        for mode in [FETCH, Mode::Continuous] {
            let mut machine = connected(mode, Pull::new());
            machine.handle_message(START, status(1, answer));
            assert_eq!(read(&mut machine), [Err(expected.clone())]);
            assert!(machine.is_ended());
            machine.handle_disconnected();
            machine.handle_connected(seconds(9));
            machine.handle_timeout(seconds(99));
            assert_eq!(asked(&mut machine), None);
            assert_eq!(machine.poll_timeout(), None);
        }
    }
    let mut denied = connected(Mode::Continuous, Pull::new());
    denied.handle_denied("next");
    let expected = PullError::Denied {
        subject: "next".to_owned(),
    };
    assert_eq!(read(&mut denied), [Err(expected)]);
    assert!(denied.is_ended());
}

#[test]
fn silence_is_noticed() {
    let mut machine = connected(Mode::Continuous, Pull::new());
    assert_eq!(asked(&mut machine), Some((1, 200)));
    assert_eq!(machine.poll_timeout(), Some(seconds(10)));
    machine.handle_message(seconds(5), status(1, "100 Idle Heartbeat"));
    assert_eq!(machine.poll_timeout(), Some(seconds(15)));
    // The page was asleep: what the server said meanwhile may wait to be received.
    machine.handle_timeout(seconds(17));
    assert_eq!(read(&mut machine), []);
    assert_eq!(machine.poll_timeout(), Some(seconds(27)));
    machine.handle_timeout(seconds(27));
    assert_eq!(read(&mut machine), [Err(PullError::Silent)]);
    assert_eq!(asked(&mut machine), Some((2, 200)));
    // What the first request brings is of use, and what becomes of it is not.
    machine.handle_message(seconds(28), message(1, 0));
    machine.handle_message(seconds(36), status(1, "100 Idle Heartbeat"));
    machine.handle_message(seconds(36), status(1, "408 Request Timeout"));
    assert_eq!(machine.poll_timeout(), Some(seconds(38)));
    assert_eq!(read(&mut machine), [Ok(1)]);

    let mut fetch = connected(FETCH, Pull::new());
    fetch.handle_timeout(seconds(10));
    assert_eq!(read(&mut fetch), [Err(PullError::Silent)]);
    assert!(fetch.is_ended());
}

#[test]
fn a_reconnect_asks_anew() {
    let mut machine = connected(Mode::Continuous, Pull::new().max_messages(4));
    assert_eq!(asked(&mut machine), Some((1, 4)));
    machine.handle_message(START, message(1, 0));
    machine.handle_disconnected();
    assert_eq!(machine.poll_timeout(), None);
    assert!(!machine.is_ended());
    machine.handle_timeout(seconds(1));
    assert_eq!(asked(&mut machine), None);
    machine.handle_connected(seconds(2));
    assert_eq!(asked(&mut machine), Some((2, 3)), "one waits to be read");
    machine.handle_message(seconds(2), status(1, "409 Server Shutdown"));
    machine.handle_message(seconds(2), message(2, 0));
    assert_eq!(read(&mut machine), [Ok(1), Ok(2)]);
}

#[test]
fn what_was_not_sent_is_asked_for_again() {
    let mut machine = connected(Mode::Continuous, Pull::new());
    assert_eq!(asked(&mut machine), Some((1, 200)));
    machine.handle_unsent(START, 1);
    assert_eq!(
        machine.poll_timeout(),
        Some(START + Duration::from_millis(100))
    );
    machine.handle_timeout(seconds(1));
    assert_eq!(asked(&mut machine), Some((2, 200)));
    assert_eq!(read(&mut machine), []);
}

#[test]
fn a_pinned_client_says_so() {
    let mut machine = connected(Mode::Continuous, Pull::new().max_messages(2).group("jobs"));
    let pin = |machine: &mut PullMachine| {
        let body = machine.poll_request().expect("asked").body;
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        body["id"].as_str().map(str::to_owned)
    };
    assert_eq!(pin(&mut machine), None);
    let mut first = message(1, 0);
    first.headers = headers("NATS/1.0\r\nNats-Pin-Id: p1\r\n\r\n");
    machine.handle_message(START, first);
    assert_eq!(read(&mut machine), [Ok(1)]);
    machine.handle_timeout(START);
    assert_eq!(pin(&mut machine).as_deref(), Some("p1"));
    machine.handle_message(START, status(2, "423 Nats-Pin-Id mismatch"));
    machine.handle_timeout(START);
    assert_eq!(pin(&mut machine), None);
    // Not for ever, if the server insists.
    machine.handle_message(START, status(3, "423 Nats-Pin-Id mismatch"));
    machine.handle_timeout(START);
    assert_eq!(machine.poll_request(), None);
    assert_eq!(read(&mut machine), []);
}

#[test]
fn other_messages_are_passed_over() {
    let mut machine = connected(FETCH, Pull::new());
    let mut stray = message(1, 0);
    stray.reply = None;
    machine.handle_message(START, stray);
    machine.handle_message(START, status(7, "409 Consumer Deleted"));
    let mut elsewhere = status(1, "409 Consumer Deleted");
    elsewhere.subject = super::subject("other.1");
    machine.handle_message(START, elsewhere);
    assert!(!machine.is_ended());
    assert_eq!(read(&mut machine), []);
}
