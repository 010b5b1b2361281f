//! Who may say and hear what, tried over the browser's own WebSocket.

use async_nats::ConnectOptions;
use futures_util::StreamExt;
use serde_json::Value;
use shared::cloud_event::CloudEvent;
use shared::subjects::{OutcomeKey, Stream};
use vacancy_tests::hotel::{self, Hotel, booking, today};
use vacancy_tests::nats::{NatsServer, Options};
use vacancy_tests::wire::{Verdict, Wire};

/// The port that the server of these tests lets pages in from; nobody listens on it.
const PAGE: u16 = 8080;
const ORIGIN: &str = "http://127.0.0.1:8080";

const FRONT_DESK: u8 = 1;
const HOUSEKEEPING: u8 = 2;
const GUEST: u8 = 4;
const NOBODY: u8 = 0;

/// Who may publish what, as seen from the browser's account.
const PUBLISH: &[(&str, u8)] = &[
    // Commands: each in one's own name, and only those of one's role.
    ("cmd.frontdesk.book-room", FRONT_DESK),
    ("cmd.frontdesk.checkin", FRONT_DESK),
    ("cmd.frontdesk.cleanup", FRONT_DESK),
    ("cmd.frontdesk.change-stay", FRONT_DESK),
    ("cmd.frontdesk.hold", FRONT_DESK),
    ("cmd.frontdesk.undo", FRONT_DESK),
    ("cmd.frontdesk.request-cleanup", FRONT_DESK),
    ("cmd.frontdesk.add-room", NOBODY),
    ("cmd.frontdesk.retire-room", NOBODY),
    ("cmd.frontdesk.expire-hold", NOBODY),
    ("cmd.housekeeping.inspect", HOUSEKEEPING),
    ("cmd.housekeeping.out-of-order", NOBODY),
    ("cmd.guest.hold", GUEST),
    ("cmd.guest.confirm", GUEST),
    ("cmd.guest.cancel", NOBODY),
    ("cmd.guest.expire-hold", NOBODY),
    ("cmd.housekeeping.cleanup", HOUSEKEEPING),
    ("cmd.housekeeping.book-room", NOBODY),
    ("cmd.housekeeping.checkin", NOBODY),
    ("cmd.guest.book-room", NOBODY),
    ("cmd.guest.cleanup", NOBODY),
    ("cmd.anna.book-room", NOBODY),
    ("cmd.frontdesk.frontdesk.book-room", NOBODY),
    ("cmd.hotel.http.book-room", NOBODY),
    // Pages of the buckets of one's role.
    ("$JS.API.DIRECT.GET.KV_rooms", FRONT_DESK | HOUSEKEEPING),
    (
        "$JS.API.DIRECT.GET.KV_housekeeping",
        FRONT_DESK | HOUSEKEEPING,
    ),
    ("$JS.API.DIRECT.GET.KV_stays", FRONT_DESK),
    ("$JS.API.DIRECT.GET.KV_days", FRONT_DESK),
    ("$JS.API.DIRECT.GET.KV_guests", FRONT_DESK),
    ("$JS.API.DIRECT.GET.KV_occupancy", FRONT_DESK),
    ("$JS.API.DIRECT.GET.KV_vacancy", FRONT_DESK | GUEST),
    ("$JS.API.DIRECT.GET.KV_outcomes", NOBODY),
    (
        "$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.frontdesk.frontdesk.c1",
        FRONT_DESK,
    ),
    (
        "$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.housekeeping.housekeeping.c1",
        HOUSEKEEPING,
    ),
    (
        "$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.guest.guest.c1",
        GUEST,
    ),
    (
        "$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.frontdesk.anna.c1",
        NOBODY,
    ),
    (
        "$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.hotel.http.c1",
        NOBODY,
    ),
    (
        "$JS.API.DIRECT.GET.KV_stays.$KV.stays.1.1_2022-12-12",
        NOBODY,
    ),
    ("$JS.API.DIRECT.GET.room-booking", NOBODY),
    ("$JS.API.DIRECT.GET.commands", NOBODY),
    // The rest of JetStream.
    ("$JS.API.INFO", NOBODY),
    ("$JS.API.STREAM.NAMES", NOBODY),
    ("$JS.API.STREAM.INFO.KV_rooms", NOBODY),
    ("$JS.API.STREAM.CREATE.mine", NOBODY),
    ("$JS.API.STREAM.UPDATE.KV_rooms", NOBODY),
    ("$JS.API.STREAM.PURGE.room-booking", NOBODY),
    ("$JS.API.STREAM.DELETE.room-booking", NOBODY),
    ("$JS.API.STREAM.MSG.GET.room-booking", NOBODY),
    ("$JS.API.STREAM.MSG.DELETE.commands", NOBODY),
    ("$JS.API.CONSUMER.CREATE.KV_stays", NOBODY),
    ("$JS.API.CONSUMER.CREATE.KV_stays.mine.$KV.stays.>", NOBODY),
    ("$JS.API.CONSUMER.MSG.NEXT.commands.handler", NOBODY),
    ("$JS.ACK.commands.handler.1.1.1.1.0", NOBODY),
    // What only the backend and the server write.
    ("$KV.rooms.1", NOBODY),
    ("$KV.stays.1.1_2022-12-12", NOBODY),
    ("$KV.vacancy.standard", NOBODY),
    ("$KV.outcomes.frontdesk.frontdesk.c1", NOBODY),
    ("room.1", NOBODY),
    ("booking.1.2022-12-12.1_2022-12-12", NOBODY),
    ("cleanup.1.2022-12-12.1_2022-12-12", NOBODY),
    ("live.rooms.1", NOBODY),
    ("live.stays.1.1_2022-12-12", NOBODY),
    ("outcome.frontdesk.c1", NOBODY),
    // Other people's inboxes, and the server's own affairs.
    ("_INBOX.frontdesk.x", NOBODY),
    ("_INBOX.housekeeping.x", NOBODY),
    ("_INBOX.guest.x", NOBODY),
    ("$SYS.REQ.SERVER.PING", NOBODY),
    ("$SYS.REQ.USER.INFO", NOBODY),
    ("$SRV.PING", NOBODY),
    ("anything", NOBODY),
];

/// Who may subscribe to what. `live.>` is everybody's, but only the buckets of one's role come in there.
const SUBSCRIBE: &[(&str, u8)] = &[
    ("_INBOX.frontdesk.>", FRONT_DESK),
    ("_INBOX.housekeeping.>", HOUSEKEEPING),
    ("_INBOX.guest.>", GUEST),
    ("_INBOX.>", NOBODY),
    ("_INBOX.*.x", NOBODY),
    ("live.>", FRONT_DESK | HOUSEKEEPING | GUEST),
    ("live.stays.>", FRONT_DESK | HOUSEKEEPING | GUEST),
    ("outcome.frontdesk.>", FRONT_DESK),
    ("outcome.housekeeping.>", HOUSEKEEPING),
    ("outcome.guest.>", GUEST),
    ("outcome.anna.>", NOBODY),
    ("outcome.>", NOBODY),
    ("cmd.>", NOBODY),
    ("cmd.frontdesk.>", NOBODY),
    ("cmd.housekeeping.>", NOBODY),
    ("room.>", NOBODY),
    ("booking.>", NOBODY),
    ("cleanup.>", NOBODY),
    ("$KV.>", NOBODY),
    ("$KV.stays.>", NOBODY),
    ("$JS.>", NOBODY),
    ("$JS.API.>", NOBODY),
    ("$JS.EVENT.>", NOBODY),
    ("$SYS.>", NOBODY),
    ("$SRV.>", NOBODY),
    (">", NOBODY),
    ("*", NOBODY),
    ("*.>", NOBODY),
];

const USERS: [(Option<&str>, u8); 3] = [
    (Some("frontdesk"), FRONT_DESK),
    (Some("housekeeping"), HOUSEKEEPING),
    (None, GUEST),
];

/// What is wrong with a verdict, if it is not the one that the table says.
fn complaint(deed: &str, user: Option<&str>, expected: bool, verdict: &Verdict) -> Option<String> {
    let user = user.unwrap_or("guest");
    match verdict {
        Verdict::Allowed if !expected => Some(format!("{user} may {deed}")),
        Verdict::Denied(text) if expected => Some(format!("{user} may not {deed}: {text}")),
        Verdict::Denied(text) if !text.starts_with("Permissions Violation") => Some(format!(
            "{user} may not {deed}, but for another reason: {text}"
        )),
        Verdict::Allowed | Verdict::Denied(_) => None,
    }
}

#[tokio::test]
async fn each_account_may_say_and_hear_what_the_table_allows_and_nothing_else() {
    let nats = NatsServer::start(PAGE, Options::default()).await;
    let mut complaints = Vec::new();
    for (user, bit) in USERS {
        let mut wire = Wire::dial(&nats.websocket_url(), ORIGIN).await.unwrap();
        assert_eq!(wire.log_in(user).await, Verdict::Allowed);
        for (subject, who) in PUBLISH {
            let verdict = wire.publish(subject, b"{}").await;
            let deed = format!("publish {subject}");
            complaints.extend(complaint(&deed, user, who & bit != 0, &verdict));
        }
    }
    for (user, bit) in USERS {
        // A connection for each subject: a guest has few subscriptions.
        for (subject, who) in SUBSCRIBE {
            let mut wire = Wire::dial(&nats.websocket_url(), ORIGIN).await.unwrap();
            assert_eq!(wire.log_in(user).await, Verdict::Allowed);
            for queue in [None, Some("workers")] {
                let verdict = wire.subscribe(subject, queue).await;
                let deed = format!("subscribe {subject} {}", queue.unwrap_or_default());
                complaints.extend(complaint(&deed, user, who & bit != 0, &verdict));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[tokio::test]
async fn a_command_arrives_in_the_name_of_the_one_who_is_logged_in() {
    let hotel = Hotel::with_rooms(1).await;
    let mut wire = hotel.page(Some("frontdesk")).await;
    let id = hotel::new_id();
    let mut event = CloudEvent::command(
        id.clone(),
        "/forged",
        hotel::now(),
        booking(1, 2, "Ada", today(), 1),
    );
    // The message may say what it likes of its sender.
    event.actor = Some("hotel/manager".parse().unwrap());
    let payload = serde_json::to_vec(&event).unwrap();
    let user = "frontdesk".parse().unwrap();
    for subject in ["_INBOX.frontdesk.ack", &OutcomeKey::in_browser(&user, &id)] {
        assert_eq!(wire.subscribe(subject, None).await, Verdict::Allowed);
    }
    let ack = "_INBOX.frontdesk.ack";
    let verdict = wire
        .publish_with_reply("cmd.frontdesk.book-room", ack, &payload)
        .await;
    assert_eq!(verdict, Verdict::Allowed);

    let (one, two) = (wire.delivery().await, wire.delivery().await);
    let (ack, outcome) = if one.subject == ack {
        (one, two)
    } else {
        (two, one)
    };
    let ack: Value = serde_json::from_str(&ack.payload).unwrap();
    assert_eq!(ack["stream"], Stream::Commands.name());
    let outcome: Value = serde_json::from_str(&outcome.payload).unwrap();
    assert_eq!(outcome["decision"], "done", "{outcome}");
    let subjects = hotel.subjects(Stream::Commands).await;
    assert_eq!(subjects["cmd.frontdesk.frontdesk.book-room"], 1);
    let events = hotel.messages(Stream::RoomBooking, 1).await;
    assert_eq!(events[0]["actor"], "frontdesk/frontdesk");
    assert_eq!(events[0]["causationid"], id.as_str());
    assert_eq!(events[0]["correlationid"], id.as_str());
}

#[tokio::test]
async fn nobody_hears_the_outcome_of_somebody_elses_command() {
    let hotel = Hotel::with_rooms(1).await;
    let mut wires = Vec::new();
    for user in ["frontdesk", "housekeeping"] {
        let mut wire = hotel.page(Some(user)).await;
        let own = format!("outcome.{user}.>");
        assert_eq!(wire.subscribe(&own, None).await, Verdict::Allowed);
        wires.push(wire);
    }
    let mut all = hotel.client().subscribe("outcome.>").await.unwrap();
    hotel.client().flush().await.unwrap();

    hotel.book(1, 1, "Ada", today(), 1).await;

    let heard = all.next().await.unwrap();
    assert!(
        heard.subject.starts_with("outcome.hotel.test."),
        "{}",
        heard.subject
    );
    for mut wire in wires {
        assert_eq!(wire.verdict().await, Verdict::Allowed);
        assert_eq!(wire.messages, []);
    }
}

#[tokio::test]
async fn a_wrong_password_an_unknown_user_and_the_backends_own_users_are_turned_away() {
    let nats = NatsServer::start(PAGE, Options::default()).await;
    for (user, password) in [
        ("frontdesk", "wrong"),
        ("frontdesk", ""),
        ("frontdesk", "housekeeping-secret"),
        ("nobody", "frontdesk-secret"),
        // Known, and with the right password, but at the wrong door.
        ("backend", "backend-secret"),
        ("sys", "sys-secret"),
    ] {
        let mut wire = Wire::dial(&nats.websocket_url(), ORIGIN).await.unwrap();
        let verdict = wire.log_in_with(Some(user), Some(password)).await;
        assert_eq!(
            verdict,
            Verdict::Denied("Authorization Violation".to_owned()),
            "{user} with {password:?}"
        );
        wire.closed().await;
    }
}

#[tokio::test]
async fn a_browsers_users_cannot_come_in_over_tcp() {
    let nats = NatsServer::start(PAGE, Options::default()).await;
    for user in ["frontdesk", "housekeeping", "guest"] {
        let result = nats.connect(user).await;
        assert!(result.is_err(), "{user} came in over TCP");
    }
    let nobody = ConnectOptions::new().connect(nats.url()).await;
    assert!(nobody.is_err(), "nobody came in over TCP");
    nats.connect("backend").await.unwrap();
}

#[tokio::test]
async fn a_page_from_a_foreign_origin_is_turned_away_with_403() {
    let nats = NatsServer::start(PAGE, Options::default()).await;
    for origin in [
        "http://evil.example",
        "http://127.0.0.1:8081",
        "https://127.0.0.1:8080",
        "http://127.0.0.1.evil.example:8080",
        "null",
    ] {
        let refused = Wire::dial(&nats.websocket_url(), origin).await;
        assert_eq!(
            refused.err().map(|status| status.as_u16()),
            Some(403),
            "{origin}"
        );
    }
    for origin in [ORIGIN, "http://localhost:8080"] {
        let mut wire = Wire::dial(&nats.websocket_url(), origin).await.unwrap();
        assert_eq!(wire.log_in(None).await, Verdict::Allowed, "{origin}");
    }
}
