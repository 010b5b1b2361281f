//! Several hotels on one server: each is added while the others work, and nothing of one is visible in another.

use nkeys::KeyPair;
use serde_json::{Value, json};
use shared::subjects::Stream;
use vacancy_tests::another::Another;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, PASSWORD, today};
use vacancy_tests::wait;
use vacancy_tests::wire::{Verdict, Wire};

const ADD_ROOM: [&str; 9] = [
    "add-room", "--room", "7", "--name", "707", "--type", "suite", "--floor", "7",
];

/// A request for a whole bucket, as the page sends it.
const PAGE: &[u8] = br#"{"seq":1,"next_by_subj":"$KV.vacancy.>","batch":1000}"#;

fn denied(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Denied(text) if text == "Authorization Violation")
}

/// The subjects of what the wire hears until the server has answered.
async fn heard(wire: &mut Wire) -> Vec<String> {
    assert_eq!(wire.verdict().await, Verdict::Allowed);
    wire.messages
        .drain(..)
        .map(|message| message.subject)
        .collect()
}

#[tokio::test]
async fn a_hotel_is_added_while_the_first_one_works() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.staff().await;

    let sea = Another::add(&hotel, "sea").await;
    let cookie = sea.log_in(&hotel).await;
    let who: Value = sea
        .get(&hotel, "/session", &cookie)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&who["user"], &who["hotel"]),
        (&json!("manager"), &json!("sea"))
    );
    // The first hotel goes on, and lets people in as before.
    hotel.page(Some("frontdesk")).await;
    hotel.page(None).await;
    hotel.book(1, 1, "Ada", today(), 1).await;

    // What is there already is refused, and goes on as it is.
    for (name, code) in [
        ("sea", 3),
        ("main", 3),
        ("Sea", 2),
        ("hotels", 2),
        ("a.b", 2),
    ] {
        let again = hotel.backend.run("hotel", &["add", name]).await;
        assert_eq!(again.status.code(), Some(code), "{name}: {again:?}");
    }
    let list = hotel.backend.run("hotel", &["list"]).await;
    let list = String::from_utf8(list.stdout).unwrap();
    let lines: Vec<&str> = list.lines().collect();
    assert!(
        lines[0].starts_with("main") && lines[1].starts_with("sea"),
        "{list}"
    );
    assert_eq!(lines.len(), 2, "{list}");
    assert_eq!(sea.get(&hotel, "/session", &cookie).await.status(), 200);
}

#[tokio::test]
async fn a_hotel_that_cannot_be_opened_holds_up_no_other_and_is_opened_later() {
    let mut hotel = Hotel::with_rooms(1).await;
    let sea = Another::add(&hotel, "sea").await;
    // The server has not heard of this one.
    let seed = KeyPair::new_user().seed().unwrap();
    let file = hotel.nats.hotels().join("hill.nk");
    std::fs::copy(&sea.key, &file).unwrap();
    std::fs::write(&file, seed).unwrap();

    hotel.backend.stop().await;
    hotel.backend.start().await;
    hotel.book(1, 1, "Ada", today(), 1).await;
    wait::until("the hotel sea", async || {
        let ready = reqwest::get(sea.url(&hotel, "/health/ready")).await.ok()?;
        ready.status().is_success().then_some(())
    })
    .await;
    let hill = hotel.backend.url("/hotels/hill/health/ready");
    assert_eq!(reqwest::get(&hill).await.unwrap().status(), 503);

    Another::add(&hotel, "hill").await;
    assert_eq!(reqwest::get(&hill).await.unwrap().status(), 200);
}

#[tokio::test]
async fn nothing_of_a_hotel_is_heard_or_read_in_another() {
    let hotel = Hotel::with_rooms(1).await;
    let sea = Another::add(&hotel, "sea").await;
    let cookie = sea.log_in(&hotel).await;

    // The same role with the same name in both.
    let mut here = hotel.page(Some("manager")).await;
    let (mut there, verdict) = hotel.try_page(Some(&cookie)).await;
    assert_eq!(verdict, Verdict::Allowed);
    let (mut guest, verdict) = sea.guest(&hotel).await;
    assert_eq!(verdict, Verdict::Allowed);
    let mut first_guest = hotel.page(None).await;
    for wire in [&mut here, &mut there, &mut guest, &mut first_guest] {
        assert_eq!(wire.subscribe("live.>", None).await, Verdict::Allowed);
    }
    for wire in [&mut here, &mut there] {
        let verdict = wire.subscribe("outcome.manager.>", None).await;
        assert_eq!(verdict, Verdict::Allowed);
    }

    // Events, views, outcomes and commands of one are in that one.
    let before = (hotel.count(Stream::Commands).await, hotel.events().await);
    sea.done(&hotel, &ADD_ROOM).await;
    let verdict = there.publish("cmd.manager.book-room", b"no command").await;
    assert_eq!(verdict, Verdict::Allowed);
    while there.delivery().await.subject != "live.rooms.7" {}
    assert_eq!(guest.delivery().await.subject, "live.vacancy.suite");
    assert_eq!(heard(&mut here).await, [""; 0]);
    assert_eq!(heard(&mut first_guest).await, [""; 0]);
    assert_eq!(
        (hotel.count(Stream::Commands).await, hotel.events().await),
        before
    );
    let commands = sea.count("commands").await;
    heard(&mut there).await;
    heard(&mut guest).await;
    hotel.book(1, 1, "Ada", today(), 1).await;
    let stays = here.delivery().await.subject;
    assert!(stays.starts_with("live."), "{stays}");
    for wire in [&mut there, &mut guest] {
        let of_here = heard(wire).await;
        let of_here: Vec<_> = of_here
            .iter()
            .filter(|subject| subject.contains("standard") || subject.contains("stays"))
            .collect();
        assert_eq!(of_here, [""; 0]);
    }
    assert_eq!(sea.count("commands").await, commands);

    // What a guest reads is their own hotel's.
    for (wire, own, other) in [
        (&mut guest, "suite", "standard"),
        (&mut first_guest, "standard", "suite"),
    ] {
        let verdict = wire.subscribe("_INBOX.guest.>", None).await;
        assert_eq!(verdict, Verdict::Allowed);
        let subject = "$JS.API.DIRECT.GET.KV_vacancy";
        let reply = "_INBOX.guest.page";
        wire.publish_with_reply(subject, reply, PAGE).await;
        let mut read = String::new();
        loop {
            let message = wire.delivery().await;
            if message.headers.contains(" 204") {
                break;
            }
            read += &message.headers;
        }
        assert!(read.contains(own) && !read.contains(other), "{read}");
    }
}

#[tokio::test]
async fn a_session_a_key_or_a_token_of_a_hotel_is_worth_nothing_in_another() {
    let hotel = Hotel::start().await;
    let sea = Another::add(&hotel, "sea").await;
    let cookie = sea.log_in(&hotel).await;
    hotel.staff().await;
    let first = hotel.log_in("manager").await;

    // Over HTTP, each at the other's paths.
    let who: Value = sea
        .get(&hotel, "/session", &first)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(who["user"], "guest");
    let staff = sea.get(&hotel, "/views/staff", &first).await;
    assert_eq!(staff.status(), 401);
    for path in ["/session", "/hotels/main/session"] {
        let request = reqwest::Client::new().get(hotel.backend.url(path));
        let who = request.header("Cookie", &cookie).send().await.unwrap();
        assert_eq!(
            who.json::<Value>().await.unwrap()["user"],
            "guest",
            "{path}"
        );
    }
    // The hotel's name in it is no more than where to look.
    let renamed = first.replacen("vacancy=main.", "vacancy=sea.", 1);
    assert!(denied(&hotel.try_page(Some(&renamed)).await.1));
    let body = json!({ "name": "frontdesk", "password": PASSWORD });
    let request = reqwest::Client::new().post(sea.url(&hotel, "/session"));
    let nobody = request.json(&body).send().await.unwrap();
    assert_eq!(nobody.status(), 401);

    // A guest of another hotel has the limits of guests, and nothing more.
    let (mut guest, verdict) = sea.guest(&hotel).await;
    assert_eq!(verdict, Verdict::Allowed);
    for subject in [
        "cmd.guest.book-room",
        "$JS.API.DIRECT.GET.KV_stays",
        "cmd.manager.hold",
    ] {
        let verdict = guest.publish(subject, b"{}").await;
        let is_denied =
            matches!(&verdict, Verdict::Denied(text) if text.starts_with("Permissions"));
        assert!(is_denied, "{subject}: {verdict:?}");
    }
    let mut verdict = Verdict::Allowed;
    for _ in 0..9 {
        verdict = guest.subscribe("live.>", None).await;
    }
    let told = Verdict::Denied("maximum subscriptions exceeded".to_owned());
    assert_eq!(verdict, told);
    let (url, origin) = (hotel.nats.websocket_url(), hotel.backend.url(""));
    for token in ["hill.guest", ".guest", "sea", "sea.manager", "Sea.guest"] {
        let mut wire = Wire::dial(&url, &origin).await.unwrap();
        assert!(denied(&wire.connect_with(token).await), "{token}");
    }

    // A machine is let in where its key is known, and nowhere else by it.
    let key = hotel.hire_channel("agency").await;
    for (named, let_in) in [(None, true), (Some("main"), true), (Some("sea"), false)] {
        let mut wire = Wire::dial(&url, &origin).await.unwrap();
        let verdict = wire.connect_to(named, &key, None).await;
        assert_eq!(
            verdict == Verdict::Allowed,
            let_in,
            "{named:?}: {verdict:?}"
        );
    }
}

#[tokio::test]
async fn pages_of_two_hotels_in_one_browser_know_nothing_of_each_other() {
    let hotel = Hotel::with_rooms(1).await;
    let sea = Another::add(&hotel, "sea").await;
    sea.done(&hotel, &ADD_ROOM).await;
    let board = Board::live(&hotel, Role::FrontDesk).await;
    let first = board.tab().await;

    board.open_tab().await;
    let page = hotel.backend.url(&format!("/sea/#link={}", sea.link));
    board.go_to(&page).await;
    board.choose_password(PASSWORD).await;
    board.wait_for_connection("live").await;
    board.wait_for(r#"[data-room="7"]"#).await;
    assert!(!board.has(r#"[data-room="1"]"#).await);
    let second = board.tab().await;

    // Both stay who they are, also when they are loaded anew.
    for (tab, path, room, name) in [
        (&first, "/", 1, "frontdesk of the front-desk"),
        (&second, "/sea/", 7, "The manager"),
    ] {
        board.turn_to(tab).await;
        board.go_to(&hotel.backend.url(path)).await;
        board.wait_for_connection("live").await;
        board.wait_for(&format!(r#"[data-room="{room}"]"#)).await;
        assert_eq!(board.text("[data-user]").await.as_deref(), Some(name));
    }
    // Whoever signs out in one does so there.
    board.click(r#"[data-action="sign-out"]"#).await;
    board.wait_for("form[data-login]").await;
    board.turn_to(&first).await;
    board.go_to(&hotel.backend.url("/")).await;
    board.wait_for_connection("live").await;

    // A guest of the other hotel sees what is free there.
    board.turn_to(&second).await;
    board.click(r#"[data-action="guest"]"#).await;
    board.wait_for_connection("live").await;
    board.wait_for(r#"[data-page="guest"]"#).await;
    board.wait_for(r#"[data-type="suite"]"#).await;
    assert!(!board.has(r#"[data-type="standard"]"#).await);
    let lost = reqwest::get(hotel.backend.url("/hill/")).await.unwrap();
    assert_eq!(lost.status(), 404);
}
