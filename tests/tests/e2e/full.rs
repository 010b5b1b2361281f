//! Limits that are reached under open pages: what the page says, and that the others work on.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::stream::Config;
use bytes::Bytes;
use reqwest::header::{COOKIE, RETRY_AFTER};
use serde_json::json;
use shared::cloud_event::CloudEvent;
use vacancy_tests::board::{Bar, Board, Role, Wish};
use vacancy_tests::hotel::{self, Hotel, booking, today};
use vacancy_tests::nats::Options;
use vacancy_tests::wait;
use vacancy_tests::wire::Verdict;

async fn hotel_with(edits: &[(&str, &str)]) -> Hotel {
    let hotel = Hotel::start_with(Options {
        edits,
        ..Options::default()
    })
    .await;
    hotel.add_room(1).await;
    hotel
}

/// Books, and expects that it is shown as done.
async fn works(desk: &Board, wish: &Wish) {
    desk.book(wish).await;
    desk.wait_for_bar(1, &wish.booking(), "booked").await;
}

/// The text of the refusal with this code, which is shown.
async fn told(desk: &Board, code: &str) -> String {
    let toast = format!(r#"[data-toast][data-refusal="{code}"]"#);
    desk.wait_for(&toast).await;
    desk.text(&toast).await.unwrap_or_default()
}

const SEND_AGAIN: &str = r#"[data-toast] [data-action="send-again"]"#;

#[tokio::test]
async fn where_an_account_has_no_space_left_that_is_said_and_it_goes_on_when_there_is() {
    fill_up(&[("max_file: 10GB", "max_file: 20MB")]).await;
}

#[tokio::test]
async fn where_the_server_has_no_space_left_that_is_said_and_it_goes_on_when_there_is() {
    // An account's share is set apart for it, so a server that promises more than it has does not start.
    fill_up(&[
        ("max_file_store: 100GB", "max_file_store: 20MB"),
        ("max_file: 10GB", "max_file: -1"),
    ])
    .await;
}

async fn fill_up(limits: &[(&str, &str)]) {
    let hotel = hotel_with(limits).await;
    let (desk, guest) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::Guest)
    );
    works(&desk, &Wish::of_a_night(1)).await;
    let jetstream = hotel.jetstream();
    let filler = Config {
        name: "filler".to_owned(),
        ..Config::default()
    };
    jetstream.create_stream(filler).await.unwrap();
    let mut payload = vec![0; 900_000];
    // Down to what a command needs.
    while payload.len() > 100 {
        let sent = jetstream.publish("filler", payload.clone().into()).await;
        if sent.unwrap().await.is_err() {
            payload.truncate(payload.len() / 2);
        }
    }
    desk.book(&Wish::of_a_night(2)).await;
    let text = told(&desk, "storage-full").await;
    assert!(text.contains("no space left"), "{text}");
    assert_eq!(desk.bar(1, &Wish::of_a_night(2).booking()).await, None);
    // What is there can be read as ever.
    assert_eq!(desk.connection().await.as_deref(), Some("live"));
    assert_eq!(guest.connection().await.as_deref(), Some("live"));

    let answer = reqwest::Client::new()
        .put(hotel.backend.url("/mutation/cleanup"))
        .json(&json!({"data": {"room": {"id": 1}, "date": today()}}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/storage-full");

    jetstream.delete_stream("filler").await.unwrap();
    desk.click(SEND_AGAIN).await;
    desk.wait_for_bar(1, &Wish::of_a_night(2).booking(), "booked")
        .await;
}

#[tokio::test]
async fn who_asks_for_too_much_is_told_when_to_ask_again_and_a_colleague_works_on() {
    let hotel = Hotel::with_options(["--command-rate", "1"]).await;
    hotel.add_room(1).await;
    let (desk, colleague) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::Manager)
    );
    hotel
        .book(1, 9, "Somebody", Wish::of_a_night(9).arrival, 1)
        .await;
    // The same person, in a program that is out of hand.
    let mut flood = hotel.page(Some("frontdesk")).await;
    let flooding = tokio::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        loop {
            pace.tick().await;
            let taken = booking(1, 8, "Somebody else", Wish::of_a_night(9).arrival, 1);
            let event = CloudEvent::command(hotel::new_id(), "/tests", hotel::now(), taken);
            let payload = serde_json::to_vec(&event).unwrap();
            let verdict = flood.publish("cmd.frontdesk.book-room", &payload).await;
            assert_eq!(verdict, Verdict::Allowed);
        }
    });
    // What is let through now and then may be this one.
    let mut client = 20;
    let text = wait::until("a command too many", async || {
        client += 1;
        desk.book(&Wish::of_a_night(client)).await;
        let toast = r#"[data-toast][data-refusal="too-many-commands"]"#;
        wait::until("the end of it", async || {
            let bar = desk.bar(1, &Wish::of_a_night(client).booking()).await;
            (desk.has(toast).await || bar == Bar::decided("booked")).then_some(())
        })
        .await;
        desk.text(toast).await
    })
    .await;
    assert!(text.contains("Try this again in"), "{text}");
    works(&colleague, &Wish::of_a_night(5)).await;

    // The same over HTTP.
    let cookie = hotel.log_in("frontdesk").await;
    let (problem, retry) = wait::until("a request too many", async || {
        let answer = reqwest::Client::new()
            .put(hotel.backend.url("/mutation/cleanup"))
            .header(COOKIE, &cookie)
            .header("Prefer", "wait=10")
            .json(&json!({"data": {"room": {"id": 1}, "date": today()}}))
            .send()
            .await
            .unwrap();
        let retry = answer.headers().get(RETRY_AFTER).cloned();
        (answer.status() == 429).then_some((answer, retry?))
    })
    .await;
    assert_eq!(retry, "1");
    let problem: serde_json::Value = problem.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/too-many-commands");

    flooding.abort();
    wait::until("it to be done after all", async || {
        if desk.has(SEND_AGAIN).await {
            desk.click(SEND_AGAIN).await;
        }
        let bar = desk.bar(1, &Wish::of_a_night(client).booking()).await;
        (bar == Bar::decided("booked")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_guest_too_many_is_told_that_the_hotel_is_full_and_the_desk_works_on() {
    let hotel = hotel_with(&[("max_connections: 2000", "max_connections: 1")]).await;
    let (first, verdict) = hotel.try_page(None).await;
    assert_eq!(verdict, Verdict::Allowed);
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let guest = Board::open(&hotel).await;
    guest.log_in(Role::Guest).await;
    guest.wait_for(r#"[data-login-error="full"]"#).await;
    works(&desk, &Wish::of_a_night(1)).await;
    drop(first);
    wait::until("a free place", async || {
        guest.log_in(Role::Guest).await;
        // Each try begins with taking the error of the one before away.
        guest
            .wait_for("[data-connection], [data-login-error]")
            .await;
        guest.has("[data-connection]").await.then_some(())
    })
    .await;
    guest.wait_for_connection("live").await;
}

#[tokio::test]
async fn with_as_many_connections_as_the_server_takes_a_page_is_told_and_the_desk_works_on() {
    let hotel = hotel_with(&[("max_connections: 5000", "max_connections: 12")]).await;
    let (desk, guest) = tokio::join!(Board::live(&hotel, Role::FrontDesk), Board::open(&hotel));
    let mut others = Vec::new();
    wait::until("a connection too many", async || {
        let (page, verdict) = hotel.try_page(None).await;
        others.push(page);
        (verdict == Verdict::Denied("maximum connections exceeded".to_owned())).then_some(())
    })
    .await;
    guest.log_in(Role::Guest).await;
    guest.wait_for(r#"[data-login-error="full"]"#).await;
    works(&desk, &Wish::of_a_night(1)).await;
}

#[tokio::test]
async fn a_page_with_too_many_views_says_so_and_the_desk_works_on() {
    let edits = [("max_subscriptions: 8,", "max_subscriptions: 1,")];
    let hotel = hotel_with(&edits).await;
    let (desk, guest) = tokio::join!(Board::live(&hotel, Role::FrontDesk), Board::open(&hotel));
    guest.log_in(Role::Guest).await;
    guest.wait_for(r#"[data-fault="too-many-views"]"#).await;
    works(&desk, &Wish::of_a_night(1)).await;
}

#[tokio::test]
async fn a_command_that_is_too_large_is_not_sent_and_the_page_goes_on() {
    let staff = "max_subscriptions: 64, max_payload: 16KB";
    let edits = [(staff, "max_subscriptions: 64, max_payload: 250")];
    let hotel = hotel_with(&edits).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.book(&Wish::of_a_night(1)).await;
    let text = told(&desk, "too-large").await;
    assert!(text.contains("larger than the server takes"), "{text}");
    assert_eq!(desk.connection().await.as_deref(), Some("live"));
    hotel
        .book(1, 2, "Ada", Wish::of_a_night(2).arrival, 1)
        .await;
    desk.wait_for_bar(1, &Wish::of_a_night(2).booking(), "booked")
        .await;
}

/// Notes from now on what the connection's badge says.
async fn follow(desk: &Board) {
    let script = "const badge = document.querySelector('[data-connection]');
        window.states = [];
        new MutationObserver(() => window.states.push(badge.dataset.connection))
            .observe(badge, { attributes: true, attributeFilter: ['data-connection'] });";
    desk.run::<()>(script, json!([])).await;
}

#[tokio::test]
async fn a_page_that_does_not_read_is_cut_off_and_catches_up_when_it_wakes() {
    let (hotel, relay) = Hotel::behind_relay().await;
    hotel.add_room(1).await;
    hotel
        .book(1, 1, "Ada", Wish::of_a_night(1).arrival, 1)
        .await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.wait_for_bar(1, &Wish::of_a_night(1).booking(), "booked")
        .await;
    desk.leave_a_mark().await;
    follow(&desk).await;
    let mut bystander = hotel.page(Some("frontdesk")).await;

    relay.hold();
    // Old news, which says nothing to a page, until there is more of it than the server holds for one.
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("Nats-Subject", "$KV.stays.1.1_2022-12-12"),
        ("Nats-Sequence", "1"),
        ("Nats-Last-Sequence", "0"),
        ("Nats-Time-Stamp", "2022-12-12T00:00:00Z"),
    ] {
        headers.insert(name, value);
    }
    // Nothing that a compression would make smaller.
    let noise = std::iter::repeat_with(|| uuid::Uuid::new_v4().into_bytes());
    let value = Bytes::from_iter(noise.take(50_000).flatten());
    wait::until("the server to cut a slow reader", async || {
        let live = "live.stays.1.1_2022-12-12";
        let told = hotel
            .client()
            .publish_with_headers(live, headers.clone(), value.clone());
        told.await.unwrap();
        hotel.client().flush().await.unwrap();
        (hotel.nats.slow_consumers().await > 0).then_some(())
    })
    .await;
    hotel
        .book(1, 2, "Grace", Wish::of_a_night(2).arrival, 1)
        .await;
    assert_eq!(bystander.verdict().await, Verdict::Allowed);
    assert_eq!(desk.bar(1, &Wish::of_a_night(2).booking()).await, None);

    relay.restore();
    desk.wait_for_bar(1, &Wish::of_a_night(2).booking(), "booked")
        .await;
    desk.wait_for_connection("live").await;
    let states: Vec<String> = desk.run("return window.states", json!([])).await;
    // It said that it was not current, and does not any more.
    assert!(states.iter().any(|state| state == "stale"), "{states:?}");
    desk.assert_not_reloaded().await;
}
