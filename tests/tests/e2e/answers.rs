//! What a page says of a command whose answer takes long, or is lost on the way, and what it offers afterwards.

use serde_json::json;
use shared::bookings::{BookRoom, Hold, HoldMinutes};
use shared::cloud_event::CloudEvent;
use shared::outcome::{Decision, Next, Outcome};
use shared::subjects::Stream;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::hotel::{self, Hotel, booking, today};
use vacancy_tests::wait;
use vacancy_tests::wire::Verdict;

fn wish(room: u32, client: u64) -> Wish {
    Wish {
        room,
        client,
        guest: "Grace Hopper",
        arrival: today().plus_days(1),
        nights: 2,
    }
}

async fn wait_until_sent(hotel: &Hotel) {
    wait::until_equal("the command", 1, async || hotel.sent::<BookRoom>().await).await;
}

#[tokio::test]
async fn a_late_answer_is_announced_and_a_mistake_is_undone_from_its_notice() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let wish = wish(1, 71);
    hotel.backend.pause();
    desk.book(&wish).await;
    let late = r#"[role="status"] [data-notice="late"]"#;
    desk.wait_for(late).await;
    let text = desk.text(late).await.unwrap_or_default();
    assert!(text.contains("does not answer at the moment"), "{text}");
    assert_eq!(desk.doubt(&wish.booking()).await.as_deref(), Some("late"));
    assert_eq!(desk.kept().await.len(), 1);

    hotel.backend.resume();
    desk.wait_for_bar(1, &wish.booking(), "booked").await;
    let done = r#"[data-notice="done"]"#;
    desk.wait_for(done).await;
    let text = desk.text(done).await.unwrap_or_default();
    assert!(
        text.contains("Room 101 is booked for Grace Hopper"),
        "{text}"
    );
    assert!(!desk.has(late).await);
    assert_eq!(desk.kept().await.len(), 0);

    desk.click(&format!(r#"{done} [data-action="show"]"#)).await;
    let focused = desk.cursor().await;
    assert!(focused.contains("Grace Hopper"), "{focused}");
    desk.click(&format!(r#"{done} [data-action="undo"]"#)).await;
    wait::until_equal("the bar", None, async || desk.bar(1, &wish.booking()).await).await;
    wait::until("what was undone", async || {
        let text = desk.text("[data-announcer]").await?;
        text.starts_with("Undone").then_some(())
    })
    .await;
    assert!(!desk.has(r#"[data-action="undo"]"#).await);
    assert_eq!(desk.toasts().await, []);
}

#[tokio::test]
async fn what_somebody_else_did_since_is_not_undone() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.book(&wish(1, 71)).await;
    desk.wait_for(r#"[data-notice="done"] [data-action="undo"]"#)
        .await;
    hotel.book(1, 72, "Other", today().plus_days(5), 1).await;
    wait::until("the offer to be withdrawn", async || {
        let undo = r#"[data-notice="done"] [data-action="undo"]"#;
        (!desk.has(undo).await).then_some(())
    })
    .await;
    assert!(desk.has(r#"[data-notice="done"]"#).await);
}

#[tokio::test]
async fn after_a_reload_what_is_pending_is_known_and_followed_to_its_end() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let wish = wish(1, 73);
    hotel.backend.pause();
    desk.book(&wish).await;
    desk.wait_for(r#"[data-notice="late"]"#).await;
    // The page is gone before it hears the answer. The backend serves the page, too, so it has to go on now.
    desk.go_to("about:blank").await;
    hotel.backend.resume();
    desk.enter(&hotel, Role::FrontDesk).await;
    desk.wait_for(r#"[data-notice="done"]"#).await;
    desk.wait_for_bar(1, &wish.booking(), "booked").await;
    assert_eq!(
        (desk.kept().await.len(), hotel.sent::<BookRoom>().await),
        (0, 1)
    );
}

#[tokio::test]
async fn after_a_reload_what_may_not_have_arrived_is_sent_under_its_id() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let arrival = today().plus_days(3);
    let entry = json!({
        "wish": {"book": {"room": {"id": 1}, "client": {"id": 74}, "date": arrival, "nights": 1}},
        "sent": hotel::now(), "posted": "sent",
    });
    let keep = "localStorage.setItem('vacancy.pending.main.frontdesk/frontdesk.' + arguments[0], arguments[1])";
    let id = hotel::new_id();
    // The second time it has been done already, and that is told.
    for _ in 0..2 {
        desk.run::<()>(keep, json!([id, entry.to_string()])).await;
        desk.enter(&hotel, Role::FrontDesk).await;
        desk.wait_for(r#"[data-notice="done"]"#).await;
        desk.wait_for_bar(1, &format!("74_{arrival}"), "booked")
            .await;
        assert_eq!(
            (desk.kept().await.len(), hotel.sent::<BookRoom>().await),
            (0, 1)
        );
    }
}

#[tokio::test]
async fn a_connection_cut_before_the_acknowledgement_leaves_it_open_until_there_is_one_again() {
    let (hotel, relay) = Hotel::behind_relay().await;
    hotel.add_room(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let wish = wish(1, 75);
    relay.deafen();
    desk.book(&wish).await;
    wait_until_sent(&hotel).await;
    relay.cut();
    let unsure = r#"[role="status"] [data-notice="unsure"]"#;
    desk.wait_for(unsure).await;
    let text = desk.text(unsure).await.unwrap_or_default();
    assert!(text.contains("never done twice"), "{text}");
    assert_eq!(desk.doubt(&wish.booking()).await.as_deref(), Some("unsure"));

    relay.restore();
    desk.wait_for_bar(1, &wish.booking(), "booked").await;
    desk.wait_for(r#"[data-notice="done"]"#).await;
    assert!(!desk.has(unsure).await);
    assert_eq!(hotel.sent::<BookRoom>().await, 1);
    assert_eq!(hotel.count(Stream::RoomBooking).await, 1);
}

#[tokio::test]
async fn a_guests_outcome_says_nothing_of_a_stay() {
    let hotel = Hotel::with_rooms(1).await;
    let mut guest = hotel.page(None).await;
    assert_eq!(
        guest.subscribe("outcome.guest.>", None).await,
        Verdict::Allowed
    );
    let BookRoom {
        room,
        client,
        date,
        nights,
        ..
    } = booking(1, 77, "Katherine Johnson", today(), 2);
    let minutes = HoldMinutes::default();
    let hold = Hold {
        room,
        client,
        date,
        nights,
        minutes,
    };
    let event = CloudEvent::command(hotel::new_id(), "/tests", hotel::now(), hold);
    let payload = serde_json::to_vec(&event).unwrap();
    guest.publish("cmd.guest.hold", &payload).await;
    let told = guest.delivery().await;
    assert!(!told.payload.contains("Johnson"), "{}", told.payload);
    let outcome: Outcome = serde_json::from_str(&told.payload).unwrap();
    assert!(
        matches!(outcome.decision, Decision::Done { view: None, .. }),
        "{outcome:?}"
    );
    assert!(
        matches!(&*outcome.next, [Next::Message { .. }, Next::Confirm { .. }]),
        "{outcome:?}"
    );
}
