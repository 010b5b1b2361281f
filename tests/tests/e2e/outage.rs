//! Parts that fail under open pages, and what the pages say meanwhile.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use shared::bookings::BookRoom;
use shared::cloud_event::CloudEvent;
use shared::outcome::Decision;
use shared::subjects::{CommandSubject, STAYS, Stream};
use vacancy_tests::board::{Bar, Board, Role, Wish};
use vacancy_tests::hotel::{self, Hotel, booking, today};
use vacancy_tests::wait;

#[tokio::test]
async fn pages_outlive_a_killed_server_and_show_what_happened_meanwhile() {
    let mut hotel = Hotel::with_rooms(2).await;
    let before = today().plus_days(1);
    hotel.book(1, 31, "Before", before, 1).await;
    let (desk, housekeeping) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::Housekeeping)
    );
    desk.wait_for_bar(1, &format!("31_{before}"), "booked")
        .await;
    desk.leave_a_mark().await;
    housekeeping.leave_a_mark().await;

    hotel.nats.kill();
    desk.wait_for_connection("stale").await;
    housekeeping.wait_for_connection("stale").await;
    // What was known is still there to read, and says since when it may be wrong.
    desk.wait_for_bar(1, &format!("31_{before}"), "booked")
        .await;
    let since = desk.attribute("[data-connection]", "data-since").await;
    assert!(since.is_some(), "stale, but not since when");

    hotel.nats.restart().await;
    hotel.backend.ready().await;
    let meanwhile = today().plus_days(2);
    let answer = reqwest::Client::new()
        .put(hotel.backend.url("/mutation/book-room"))
        .json(&json!({"data": {"room": {"id": 2}, "client": {"id": 32}, "date": meanwhile}}))
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());

    desk.wait_for_connection("live").await;
    housekeeping.wait_for_connection("live").await;
    desk.wait_for_bar(2, &format!("32_{meanwhile}"), "booked")
        .await;
    desk.wait_for_bar(1, &format!("31_{before}"), "booked")
        .await;

    // And the pages can work again.
    let wish = Wish {
        room: 1,
        client: 33,
        guest: "After",
        arrival: today().plus_days(4),
        nights: 1,
    };
    desk.book(&wish).await;
    desk.wait_for_bar(1, &wish.booking(), "booked").await;
    desk.assert_not_reloaded().await;
    housekeeping.assert_not_reloaded().await;
}

#[tokio::test]
async fn commands_are_accepted_while_the_backend_is_away_and_done_once_it_is_back() {
    let mut hotel = Hotel::with_rooms(2).await;
    let (desk, other) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::FrontDesk)
    );
    hotel.backend.stop().await;

    let command = booking(1, 41, "By wire", today(), 1);
    let id = hotel::new_id();
    let event = CloudEvent::command(id.clone(), "/tests", hotel::now(), command);
    let subject = CommandSubject::text::<BookRoom>(&hotel::actor());
    let payload = serde_json::to_vec(&event).unwrap();
    let ack = hotel.publish(&subject, &id, payload).await.unwrap();
    assert_eq!(ack.stream, Stream::Commands.name());
    let wish = Wish {
        room: 2,
        client: 42,
        guest: "By board",
        arrival: today().plus_days(1),
        nights: 2,
    };
    desk.book(&wish).await;
    let predicted = Some(Bar {
        status: "booked".to_owned(),
        pending: true,
    });
    wait::until_equal("the predicted bar", predicted, async || {
        desk.bar(2, &wish.booking()).await
    })
    .await;
    wait::until_equal("the accepted command", Some(1), async || {
        let subjects = hotel.subjects(Stream::Commands).await;
        subjects.get("cmd.frontdesk.frontdesk.book-room").copied()
    })
    .await;
    // The other one sees nothing yet: there is nothing to see.
    assert_eq!(other.bar(2, &wish.booking()).await, None);
    assert_eq!(hotel.kept_outcome(&id).await, None);

    hotel.backend.start().await;

    for board in [&desk, &other] {
        board.wait_for_bar(2, &wish.booking(), "booked").await;
        board
            .wait_for_bar(1, &format!("41_{}", today()), "booked")
            .await;
        assert_eq!(board.toasts().await, []);
    }
    let outcome = wait::until("the outcome", async || hotel.kept_outcome(&id).await).await;
    assert!(
        matches!(outcome.decision, Decision::Done { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_backend_killed_in_the_middle_of_its_work_loses_nothing_and_does_nothing_twice() {
    const BOOKINGS: u64 = 200;
    let mut hotel = Hotel::with_rooms(4).await;
    let subject = CommandSubject::text::<BookRoom>(&hotel::actor());
    let mut ids = Vec::new();
    // One booking a night and room, and of each a second one that comes too late.
    for number in 0..BOOKINGS {
        let room = u32::try_from(number % 4).unwrap() + 1;
        let night = today().plus_days(i32::try_from(number / 8).unwrap());
        let id = hotel::new_id();
        let command = booking(room, number + 1, "Guest", night, 1);
        let event = CloudEvent::command(id.clone(), "/tests", hotel::now(), command);
        let payload = serde_json::to_vec(&event).unwrap();
        hotel.publish(&subject, &id, payload).await.unwrap();
        ids.push(id);
        if number % 50 == 25 {
            hotel.backend.kill();
            hotel.backend.start().await;
        }
    }

    let mut done = Vec::new();
    let mut refused = 0;
    for id in &ids {
        let outcome = wait::until("an outcome", async || hotel.kept_outcome(id).await).await;
        match outcome.decision {
            Decision::Done { event, .. } => done.push(event.sequence),
            Decision::Refused { refusal } => {
                assert_eq!(refusal.code, "room-taken");
                refused += 1;
            }
            Decision::Parked { letter } => panic!("parked: {letter}"),
        }
    }
    let half = usize::try_from(BOOKINGS / 2).unwrap();
    assert_eq!((done.len(), refused), (half, half));
    done.sort_unstable();
    done.dedup();
    assert_eq!(done.len(), half, "two commands share an event");
    assert_eq!(hotel.count(Stream::RoomBooking).await, BOOKINGS / 2);

    // And the view says what the events say.
    wait::until_equal("the stays in the view", half, async || {
        hotel.entries(STAYS.name()).await.len()
    })
    .await;
}

#[tokio::test]
async fn a_server_killed_while_commands_arrive_keeps_all_that_it_acknowledged() {
    const BOOKINGS: u16 = 120;
    let mut hotel = Hotel::with_rooms(2).await;
    let subject = CommandSubject::text::<BookRoom>(&hotel::actor());
    let mut context = hotel.jetstream();
    // An acknowledgement that the dead server took along is not waited for.
    context.set_timeout(Duration::from_millis(500));
    let send = async {
        let mut ids = Vec::new();
        for number in 0..BOOKINGS {
            let night = today().plus_days(i32::from(number / 2));
            let id = hotel::new_id();
            let command = booking(u32::from(number % 2) + 1, 7, "Guest", night, 1);
            let event = CloudEvent::command(id.clone(), "/tests", hotel::now(), command);
            let payload = serde_json::to_vec(&event).unwrap();
            // Without an acknowledgement nobody knows, so the same command is sent again, under the same id.
            wait::until("an acknowledgement", async || {
                hotel::publish(&context, &subject, &id, payload.clone())
                    .await
                    .ok()
            })
            .await;
            ids.push(id);
        }
        ids
    };
    let fail = async {
        for part in 1..=2 {
            wait::until("a part of the commands", async || {
                let stream = context.get_stream(Stream::Commands.name()).await.ok()?;
                let enough = u64::from(part * BOOKINGS / 3);
                (stream.cached_info().state.last_sequence >= enough).then_some(())
            })
            .await;
            hotel.nats.kill();
            hotel.nats.restart().await;
        }
    };
    let (ids, ()) = tokio::join!(send, fail);
    hotel.backend.ready().await;

    for id in &ids {
        let outcome = wait::until("an outcome", async || hotel.kept_outcome(id).await).await;
        assert!(
            matches!(outcome.decision, Decision::Done { .. }),
            "{outcome:?}"
        );
    }
    assert_eq!(hotel.count(Stream::RoomBooking).await, u64::from(BOOKINGS));
    wait::until_equal("the stays in the view", usize::from(BOOKINGS), async || {
        hotel.entries(STAYS.name()).await.len()
    })
    .await;
}

/// Which bars a page shows, as room and booking.
async fn bars(board: &Board) -> BTreeMap<String, String> {
    let script =
        "return Object.fromEntries([...document.querySelectorAll('[data-stay]')].map((bar) =>
        [bar.dataset.stay, bar.closest('[data-room]').dataset.room]));";
    board.run(script, json!([])).await
}

/// Tells the page that the browser has no network, or has one again.
async fn tell_of_network(board: &Board, there: bool) {
    let conditions = json!({
        "offline": !there, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
    });
    board
        .devtools("Network.emulateNetworkConditions", conditions)
        .await;
}

#[tokio::test]
async fn a_page_whose_network_is_gone_says_so_and_catches_up() {
    let (hotel, relay) = Hotel::behind_relay().await;
    hotel.add_room(1).await;
    hotel.add_room(2).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.leave_a_mark().await;

    relay.silence();
    tell_of_network(&desk, false).await;
    desk.wait_for_connection("offline").await;

    let mut expected = BTreeMap::new();
    for number in 1..=6_u8 {
        let (room, night) = (number % 2 + 1, today().plus_days(i32::from(number)));
        hotel
            .book(room.into(), number.into(), "Meanwhile", night, 1)
            .await;
        expected.insert(format!("{number}_{night}"), room.to_string());
    }
    assert_eq!(bars(&desk).await, BTreeMap::new());
    assert_eq!(desk.connection().await.as_deref(), Some("offline"));

    relay.restore();
    tell_of_network(&desk, true).await;
    desk.wait_for_connection("live").await;
    wait::until_equal("the bars", expected, async || bars(&desk).await).await;
    desk.assert_not_reloaded().await;
}

#[tokio::test]
async fn a_page_that_was_frozen_finds_its_dead_connection_and_catches_up() {
    let (hotel, relay) = Hotel::behind_relay().await;
    hotel.add_room(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.leave_a_mark().await;

    // As the browser does with a tab in the background: no timer fires, and nobody hears what the socket says.
    let state = |state: &str| json!({ "state": state });
    desk.devtools("Page.setWebLifecycleState", state("frozen"))
        .await;
    relay.silence();
    let mut expected = BTreeMap::new();
    for number in 1..=3_u8 {
        let night = today().plus_days(i32::from(number));
        hotel.book(1, number.into(), "Meanwhile", night, 1).await;
        expected.insert(format!("{number}_{night}"), "1".to_owned());
    }
    relay.restore();
    desk.devtools("Page.setWebLifecycleState", state("active"))
        .await;
    let begin = Instant::now();

    wait::until_equal("the bars", expected, async || bars(&desk).await).await;
    // Without a sign from the browser it would take the interval of pings and the patience for the answer: 30 seconds.
    assert!(begin.elapsed() < Duration::from_secs(25));
    desk.wait_for_connection("live").await;
    desk.assert_not_reloaded().await;
}
