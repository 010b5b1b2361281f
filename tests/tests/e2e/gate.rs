//! The gate before guests' commands: who is too many for it, and that nobody else notices.

use serde_json::{Value, json};
use shared::cloud_event::CloudEvent;
use shared::subjects::Stream;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{self, Hotel, today};
use vacancy_tests::wait;
use vacancy_tests::wire::{Delivery, Verdict, Wire};

const HOLD: &str = "cmd.guest.hold";
/// Whatever a guest's subjects to reply to are called: the user is everybody, and so is this part of them.
const INBOXES: &str = "_INBOX.guest";

/// A hold of room 1, on a day of its own for each client.
fn hold(client: u64) -> Vec<u8> {
    let date = today().plus_days(i32::try_from(client % 300).unwrap());
    let hold = hotel::hold(1, client, date, 1);
    let event = CloudEvent::command(hotel::new_id(), "/tests", hotel::now(), hold);
    serde_json::to_vec(&event).unwrap()
}

/// A page of a guest that listens to what becomes of its requests.
struct Page {
    wire: Wire,
    inbox: String,
}

async fn guest(hotel: &Hotel) -> Page {
    let mut wire = hotel.page(None).await;
    let inbox = format!("{INBOXES}.{}", hotel::new_id());
    assert_eq!(wire.subscribe(&inbox, None).await, Verdict::Allowed);
    Page { wire, inbox }
}

/// The error of an answer in the form of a PubAck: its code and what it says.
fn refusal(answer: &Delivery) -> Option<(u64, String)> {
    let answer: Value = serde_json::from_str(&answer.payload).unwrap();
    let error = answer.get("error")?;
    let text = error["description"].as_str().unwrap().to_owned();
    Some((error["code"].as_u64().unwrap(), text))
}

async fn ask(Page { wire, inbox }: &mut Page, payload: &[u8]) -> Option<(u64, String)> {
    let verdict = wire.publish_with_reply(HOLD, inbox, payload).await;
    assert_eq!(verdict, Verdict::Allowed);
    refusal(&wire.delivery().await)
}

/// Sends holds without waiting for anything, with these headers, and returns how many are let in. All others are too many.
async fn flood(Page { wire, inbox }: &mut Page, headers: &str) -> usize {
    const MANY: u64 = 100;
    for client in 1..=MANY {
        let (headers, payload) = (format!("NATS/1.0\r\n{headers}\r\n"), hold(client));
        let length = headers.len() + payload.len();
        let begin = format!("HPUB {HOLD} {inbox} {} {length}\r\n", headers.len());
        wire.send([begin.as_bytes(), headers.as_bytes(), &payload, b"\r\n"].concat())
            .await;
    }
    let mut let_in = 0;
    for _ in 0..MANY {
        match refusal(&wire.delivery().await) {
            None => let_in += 1,
            Some((code, text)) => {
                assert_eq!(code, 429);
                assert!(text.ends_with("Try this again in 1 s."), "{text}");
            }
        }
    }
    let_in
}

/// Ten at once, eight of them in flight, and two a second for as long as it takes.
const ALLOWED: std::ops::Range<usize> = 8..50;

#[tokio::test]
async fn a_guest_who_floods_is_told_when_to_come_again_and_others_are_let_in() {
    let hotel = Hotel::with_rooms(1).await;
    let (mut flooder, mut other) = (guest(&hotel).await, guest(&hotel).await);
    let let_in = flood(&mut flooder, "").await;
    assert!(ALLOWED.contains(&let_in), "{let_in}");
    assert_eq!(ask(&mut other, &hold(100)).await, None);
    let kept = hotel.subjects(Stream::Commands).await;
    assert_eq!(kept["cmd.guest.guest.hold"], let_in + 1);

    // Who waits is let in again.
    wait::until("a free place", async || {
        let answer = ask(&mut flooder, &hold(101)).await;
        answer.is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_guests_of_an_address_have_a_limit_together() {
    let options = ["--guest-rate", "0", "--guest-address-rate", "1"];
    let hotel = Hotel::with_options(options).await;
    hotel.add_room(1).await;
    let (mut one, mut two) = (guest(&hotel).await, guest(&hotel).await);
    let let_in = flood(&mut one, "").await + flood(&mut two, "").await;
    // Five at once, and one a second.
    assert!((5..50).contains(&let_in), "{let_in}");
}

#[tokio::test]
async fn who_claims_to_be_another_connection_is_not_believed() {
    let hotel = Hotel::with_rooms(1).await;
    let mut flooder = guest(&hotel).await;
    let forged = json!({"server": "elsewhere", "id": 1, "host": "192.0.2.7"});
    let headers = [
        "Nats-Request-Info",
        "NATS-REQUEST-INFO",
        "Nats-Request-Info",
    ]
    .map(|name| format!("{name}: {forged}\r\n"))
    .concat();
    for headers in [headers.as_str(), "Nats-Request-Info: {}\r\n"] {
        let let_in = flood(&mut flooder, headers).await;
        assert!(let_in < ALLOWED.end, "{let_in}");
    }
}

#[tokio::test]
async fn what_nobody_can_be_answered_about_is_refused_and_kept_nowhere() {
    let hotel = Hotel::with_rooms(1).await;
    let mut page = guest(&hotel).await;
    for payload in ["{}", "nonsense", "", r#"{"id":7}"#] {
        let answer = ask(&mut page, payload.as_bytes()).await;
        assert_eq!(answer.map(|(code, _)| code), Some(400), "{payload}");
    }
    let kept = hotel.subjects(Stream::Commands).await;
    assert!(!kept.contains_key("cmd.guest.guest.hold"), "{kept:?}");
    assert_eq!(ask(&mut page, &hold(1)).await, None);
}

/// Sends commands until it is cut off, and hears nothing.
async fn be_cut_off(mut wire: Wire) {
    for _ in 0..400 {
        wire.send(format!("PUB {HOLD} 2\r\n{{}}\r\n")).await;
    }
    wire.closed().await;
}

#[tokio::test]
async fn who_hears_no_refusal_is_cut_off_and_no_guest_let_in_from_there_for_a_while() {
    let hotel = Hotel::with_rooms(1).await;
    let (url, origin) = (hotel.nats.websocket_url(), hotel.backend.url(""));
    let from_elsewhere = async || {
        let mut wire = Wire::dial_from([127, 0, 0, 2].into(), &url, &origin).await;
        let verdict = wire.connect().await;
        (wire, verdict)
    };
    let mut other = guest(&hotel).await;
    let ((deaf, _), (mut neighbour, _)) = (from_elsewhere().await, from_elsewhere().await);
    be_cut_off(deaf).await;
    let (_, verdict) = from_elsewhere().await;
    let refused = Verdict::Denied("Authorization Violation".to_owned());
    assert_eq!(verdict, refused);
    // Who is there already stays, others are not concerned, and it is not for ever.
    let heard = neighbour.subscribe("live.vacancy.>", None).await;
    assert_eq!(heard, Verdict::Allowed);
    assert_eq!(ask(&mut other, &hold(1)).await, None);
    assert_eq!(hotel.try_page(None).await.1, Verdict::Allowed);
    wait::until("the end of it", async || {
        (from_elsewhere().await.1 == Verdict::Allowed).then_some(())
    })
    .await;
}

#[tokio::test]
async fn behind_a_proxy_nobody_is_kept_out_for_another_one() {
    let hotel = Hotel::with_options(["--guest-address-rate", "0"]).await;
    be_cut_off(guest(&hotel).await.wire).await;
    assert_eq!(hotel.try_page(None).await.1, Verdict::Allowed);
}

#[tokio::test]
async fn a_page_says_for_how_long_no_guest_is_let_in_and_lets_the_staff_log_in() {
    let hotel = Hotel::with_rooms(1).await;
    let board = Board::open(&hotel).await;
    be_cut_off(guest(&hotel).await.wire).await;
    board.log_in(Role::Guest).await;
    let barred = r#"[data-login-error="barred"]"#;
    board.wait_for(barred).await;
    let text = board.text(barred).await.unwrap_or_default();
    assert!(text.contains("Try again in"), "{text}");
    board.log_in(Role::FrontDesk).await;
    board.wait_for_connection("live").await;
}

#[tokio::test]
async fn a_page_that_loses_its_connection_meanwhile_says_why_it_does_not_come_back_yet() {
    let (hotel, relay) = Hotel::behind_relay().await;
    let watching = Board::live(&hotel, Role::Guest).await;
    let deaf = guest(&hotel).await;
    relay.cut();
    watching.wait_for_connection("stale").await;
    be_cut_off(deaf.wire).await;
    relay.restore();
    watching.wait_for(r#"[data-fault="not-let-in"]"#).await;
    watching.wait_for_connection("live").await;
}

#[tokio::test]
async fn where_no_backend_runs_a_guest_is_told_at_once() {
    let mut hotel = Hotel::with_rooms(1).await;
    let mut page = guest(&hotel).await;
    hotel.backend.kill();
    let answer = wait::until("nobody to be there", async || {
        // The server itself answers, so that is there as soon as it has looked at the request.
        let Page { wire, inbox } = &mut page;
        let verdict = wire.publish_with_reply(HOLD, inbox, &hold(1)).await;
        assert_eq!(verdict, Verdict::Allowed);
        let mut answers = std::mem::take(&mut wire.messages).into_iter();
        answers.find(|answer| answer.headers.contains(" 503"))
    })
    .await;
    assert_eq!(answer.payload, "");
}
