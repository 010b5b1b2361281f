//! Ways around permissions that are known of NATS and JetStream, tried on the live server.

use serde_json::json;
use shared::staff::Role;
use shared::subjects::Stream;
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wire::{Verdict, Wire};

const VACANCY: &str = "$JS.API.DIRECT.GET.KV_vacancy";

/// Listens to all that a page may hear, in the name of `user`.
async fn listen(page: &mut Wire, user: &str) {
    for filter in [
        "live.>".to_owned(),
        format!("outcome.{user}.>"),
        format!("_INBOX.{user}.>"),
    ] {
        assert_eq!(page.subscribe(&filter, None).await, Verdict::Allowed);
    }
}

/// What has come in, when the server has answered all that this connection asked before.
async fn heard(page: &mut Wire) -> Vec<(String, String)> {
    assert_eq!(page.verdict().await, Verdict::Allowed);
    let heard = std::mem::take(&mut page.messages).into_iter();
    heard
        .map(|delivery| (delivery.subject, delivery.payload))
        .collect()
}

/// The server lets the answer to a request go to any subject, whatever one may publish to. It stays in the account of the one who
/// asks, and nothing takes it for more than an answer.
#[tokio::test]
async fn an_answer_that_is_sent_astray_does_not_leave_its_account_and_is_kept_nowhere() {
    let hotel = Hotel::with_rooms(1).await;
    let mut desk = hotel.page(Some("frontdesk")).await;
    listen(&mut desk, "frontdesk").await;
    let mut guest = hotel.page(None).await;
    let before = hotel.events().await;
    let astray = [
        "$KV.vacancy.x",
        "$KV.stays.1.1_2022-12-12",
        "live.stays.1.1_2022-12-12",
        "cmd.guest.hold",
        "cmd.guest.guest.hold",
        "cmd.frontdesk.frontdesk.book-room",
        "booking.1.2022-12-12.1_2022-12-12",
        "room.2",
        "_INBOX.frontdesk.x",
        "outcome.frontdesk.c1",
        "$JS.API.STREAM.DELETE.room",
        "$JS.API.STREAM.PURGE.room",
        "$SYS.REQ.SERVER.PING",
    ];
    for reply in astray {
        let verdict = guest
            .publish_with_reply(VACANCY, reply, br#"{"seq":1}"#)
            .await;
        assert_eq!(verdict, Verdict::Allowed, "{reply}");
    }
    // The answer to this one comes after all of them.
    let own = "_INBOX.guest.last";
    assert_eq!(guest.subscribe(own, None).await, Verdict::Allowed);
    guest
        .publish_with_reply(VACANCY, own, br#"{"seq":1}"#)
        .await;
    assert_eq!(guest.delivery().await.subject, own);

    assert_eq!(heard(&mut desk).await, []);
    assert_eq!(hotel.events().await, before);
    assert!(!hotel.entries("vacancy").await.contains_key("x"));
    // The import of commands takes them up once more, and the gate lets none of them in.
    for subject in hotel.subjects(Stream::Commands).await.into_keys() {
        assert!(subject.starts_with("cmd.hotel.test."), "{subject}");
    }
    // What the server keeps for its own answers is refused at once.
    for reply in ["_R_.x", "$JS.ACK.commands.commands.1.1.1.1.0"] {
        let verdict = guest.publish_with_reply(VACANCY, reply, b"{}").await;
        assert!(
            matches!(verdict, Verdict::Denied(_)),
            "{reply}: {verdict:?}"
        );
    }
}

#[tokio::test]
async fn whoever_is_asked_something_may_not_answer_where_they_like() {
    let hotel = Hotel::start().await;
    let mut desk = hotel.page(Some("frontdesk")).await;
    listen(&mut desk, "frontdesk").await;
    let mut answers = hotel.client().subscribe("answers.>").await.unwrap();
    // A message with a subject to answer to is no permission (`allow_responses`).
    let asked = hotel
        .client()
        .publish_with_reply("live.rooms.1", "answers.1", "{}".into());
    asked.await.unwrap();
    assert_eq!(desk.delivery().await.subject, "live.rooms.1");
    let verdict = desk.publish("answers.1", b"{}").await;
    assert!(
        matches!(&verdict, Verdict::Denied(text) if text.starts_with("Permissions Violation")),
        "{verdict:?}"
    );
    hotel
        .client()
        .publish("answers.last", "".into())
        .await
        .unwrap();
    let first = futures_util::StreamExt::next(&mut answers).await.unwrap();
    assert_eq!(first.subject.as_str(), "answers.last");
}

/// The subject says whose outcome may be read; the body of the request does not say otherwise.
#[tokio::test]
async fn the_body_of_a_get_reaches_nothing_that_its_subject_does_not() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.book(1, 1, "Ada", today(), 1).await;
    let theirs = hotel.entries("outcomes").await;
    let (key, value) = theirs.first_key_value().expect("an outcome");
    let value = String::from_utf8(value.to_vec()).unwrap();
    let mut guest = hotel.page(None).await;
    listen(&mut guest, "guest").await;
    let own = "$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.guest.guest";
    let subject = format!("$KV.outcomes.{key}");
    for body in [
        json!({ "last_by_subj": subject }),
        json!({ "seq": 1 }),
        json!({ "seq": 1, "next_by_subj": ">" }),
        json!({ "seq": 1, "batch": 100 }),
        json!({ "multi_last": ["$KV.outcomes.>"], "batch": 100 }),
        json!({ "start_time": "2020-01-01T00:00:00Z", "batch": 100 }),
    ] {
        for tail in ["c1", ">", "*"] {
            let asked = format!("{own}.{tail}");
            let body = body.to_string();
            guest
                .publish_with_reply(&asked, "_INBOX.guest.get", body.as_bytes())
                .await;
        }
    }
    // The answer to this one comes after all of them.
    guest
        .publish_with_reply(&format!("{own}.c2"), "_INBOX.guest.last", b"")
        .await;
    loop {
        let answer = guest.delivery().await;
        assert_ne!(answer.payload, value, "{answer:?}");
        assert!(
            !answer.headers.contains("Nats-Subject: $KV.outcomes.hotel"),
            "{answer:?}"
        );
        if answer.subject == "_INBOX.guest.last" {
            break;
        }
    }
}

#[tokio::test]
async fn an_open_connection_ends_with_its_token_and_a_newer_one_does_not() {
    let hotel = Hotel::with_options(["--token-lifetime", "3"]).await;
    hotel.hire("anna", Role::FrontDesk).await;
    let old = hotel.log_in("anna").await;
    let (mut open, verdict) = hotel.try_page(Some(&old)).await;
    assert_eq!(verdict, Verdict::Allowed);
    assert_eq!(
        open.closed().await.as_deref(),
        Some("User Authentication Expired")
    );
    let (_, verdict) = hotel.try_page(Some(&old)).await;
    assert_eq!(
        verdict,
        Verdict::Denied("Authorization Violation".to_owned())
    );
    let new = hotel.log_in("anna").await;
    assert_eq!(hotel.try_page(Some(&new)).await.1, Verdict::Allowed);
}
