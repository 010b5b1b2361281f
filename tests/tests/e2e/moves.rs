//! Stays are moved by mouse, finger and keyboard; before it is done it is told what changes, or why it cannot be, and
//! afterwards it can be taken back.

use serde_json::json;
use shared::Date;
use shared::bookings::{BookingId, Pin, SwapStays};
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, client_id, room_id, today};
use vacancy_tests::pointer::Part;
use vacancy_tests::wait;

const GHOST: &str = ".ghost";
const TOLD: &str = "[data-lane] .prospect";

fn stay(room: u32, booking: &str) -> String {
    format!(r#"[data-room="{room}"] [data-stay="{booking}"]"#)
}

async fn told_becomes(desk: &Board, fit: &str, words: &[&str]) {
    wait::until_equal("what is told", (Some(fit.to_owned()), true), async || {
        let text = desk.text(TOLD).await.unwrap_or_default();
        let says_all = words.iter().all(|words| text.contains(words));
        (desk.attribute(TOLD, "data-fit").await, says_all)
    })
    .await;
}

async fn is_in(boards: &[&Board], booking: &str, room: u32, not_in: u32) {
    for board in boards {
        board.wait_for_bar(room, booking, "booked").await;
        let gone = async || board.bar(not_in, booking).await;
        wait::until_equal("the bar in the other room", None, gone).await;
    }
}

/// A hotel of two rooms, and its front desk. Grace, who is client 5, arrives in room 1 the day after tomorrow, for two nights.
async fn grace_in_one_of_two_rooms() -> (Hotel, Board, Date) {
    let hotel = Hotel::with_rooms(2).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let arrival = today().plus_days(2);
    hotel.book(1, 5, "Grace", arrival, 2).await;
    (hotel, desk, arrival)
}

/// How many days the bar of a booking takes on the board.
async fn days(desk: &Board, booking: &str) -> f64 {
    let script = "const bar = document.querySelector(`[data-stay=\"${arguments[0]}\"]`);
        return Number(bar.style.getPropertyValue('--width')) / 2;";
    desk.run(script, json!([booking])).await
}

#[tokio::test]
async fn a_stay_is_dragged_to_another_room_and_brought_back() {
    let hotel = Hotel::with_rooms(3).await;
    let (desk, other) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::Manager)
    );
    let arrival = today().plus_days(2);
    hotel.book(1, 5, "Grace", arrival, 3).await;
    hotel.book(2, 6, "Ada", arrival.plus_days(2), 4).await;
    let booking = format!("5_{arrival}");
    desk.wait_for_bar(2, &format!("6_{}", arrival.plus_days(2)), "booked")
        .await;

    // By its middle, to the same dates of room 3, and two days on.
    let grip = desk.part(&stay(1, &booking), Part::Middle).await;
    desk.press(grip).await;
    let to = desk.night(3, arrival.plus_days(1)).await;
    let to = to.right(grip.x - desk.night(1, arrival.plus_days(1)).await.x);
    desk.drag_to(grip.right(20.0)).await;
    desk.drag_to(to).await;
    told_becomes(&desk, "free", &["Grace", "Room: 101 → 103"]).await;
    assert_eq!(
        desk.attribute(GHOST, "data-fit").await.as_deref(),
        Some("free")
    );
    // Which rooms could have it is to be seen before it is there.
    let fits: Vec<String> = desk
        .run(
            "return [...document.querySelectorAll('.fit')].map((fit) => fit.dataset.fit)",
            json!([]),
        )
        .await;
    assert_eq!(fits, ["same", "swap", "free"]);
    desk.release(to).await;
    is_in(&[&desk, &other], &booking, 3, 1).await;

    desk.click(r#"[data-notice="done"] [data-action="undo"]"#)
        .await;
    is_in(&[&desk, &other], &booking, 1, 3).await;
    assert_eq!(desk.toasts().await, []);
    assert!(!desk.has("dialog[open]").await, "a drag is no click");
}

#[tokio::test]
async fn where_it_cannot_be_it_is_told_whose_the_nights_are() {
    let hotel = Hotel::with_rooms(2).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let arrival = today().plus_days(2);
    hotel.book(1, 5, "Grace", arrival, 2).await;
    hotel.book(2, 6, "Ada", arrival, 2).await;
    let booking = BookingId {
        client: client_id(6),
        arrival,
    };
    let room = room_id(2).into();
    hotel.done(Pin { room, booking }).await;
    let pinned = format!("{}[data-pinned]", stay(2, &booking.to_string()));
    desk.wait_for(&pinned).await;

    let mine = format!("5_{arrival}");
    let grip = desk.part(&stay(1, &mine), Part::Middle).await;
    let to = desk.night(2, arrival.plus_days(1)).await;
    desk.press(grip).await;
    desk.drag_to(to).await;
    told_becomes(&desk, "no", &["Ada has room 102 from"]).await;
    desk.release(to).await;
    let refusals = async || {
        let toasts = desk.toasts().await.into_iter();
        toasts.filter_map(|toast| toast.refusal).collect::<Vec<_>>()
    };
    wait::until_equal("the refusal", vec!["room-taken".to_owned()], refusals).await;
    desk.wait_for_bar(1, &mine, "booked").await;
    // Marking nights for somebody new is no different.
    let free = desk.night(2, arrival.plus_days(-1)).await;
    desk.press(free).await;
    desk.drag_to(to).await;
    desk.wait_for(r#".marked[data-fit="no"] small"#).await;
    desk.release(to).await;
    desk.wait_for(r#"dialog[data-dialog="book"][open] [data-error="nights"]"#)
        .await;
}

#[tokio::test]
async fn two_stays_change_places_and_back() {
    let hotel = Hotel::with_rooms(2).await;
    let (desk, other) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::Manager)
    );
    let arrival = today().plus_days(1);
    hotel.book(1, 5, "Grace", arrival, 4).await;
    hotel.book(2, 6, "Ada", arrival.plus_days(1), 2).await;
    let (grace, ada) = (
        format!("5_{arrival}"),
        format!("6_{}", arrival.plus_days(1)),
    );
    desk.wait_for_bar(2, &ada, "booked").await;
    let grip = desk.part(&stay(1, &grace), Part::Middle).await;
    let down = desk.night(2, arrival).await.y;
    let to = vacancy_tests::pointer::Point { x: grip.x, y: down };
    desk.press(grip).await;
    desk.drag_to(to).await;
    told_becomes(&desk, "swap", &["Room: 101 → 102", "Ada → room 101"]).await;
    desk.release(to).await;
    let both = [&desk, &other];
    is_in(&both, &grace, 2, 1).await;
    is_in(&both, &ada, 1, 2).await;
    desk.click(r#"[data-notice="done"] [data-action="undo"]"#)
        .await;
    is_in(&both, &grace, 1, 2).await;
    is_in(&both, &ada, 2, 1).await;
    assert_eq!(hotel.sent::<SwapStays>().await, 2);
}

#[tokio::test]
async fn either_end_of_a_stay_is_pulled() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let arrival = today().plus_days(4);
    hotel.book(1, 5, "Grace", arrival, 2).await;
    let booking = format!("5_{arrival}");
    for (part, date, nights) in [
        (Part::End, arrival.plus_days(5), 5.0),
        (Part::Start, arrival.plus_days(-1), 6.0),
    ] {
        let grip = desk.part(&stay(1, &booking), part).await;
        let to = desk.night(1, date).await;
        desk.press(grip).await;
        desk.drag_to(to).await;
        told_becomes(&desk, "free", &["Nights: "]).await;
        desk.release(to).await;
        desk.wait_for_bar(1, &booking, "booked").await;
        wait::until_equal("its days", nights, async || days(&desk, &booking).await).await;
    }
}

#[tokio::test]
async fn the_keyboard_moves_a_stay_too() {
    let hotel = Hotel::with_rooms(2).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    hotel.book(1, 5, "Grace", today(), 2).await;
    let booking = format!("5_{}", today());
    desk.wait_for_bar(1, &booking, "booked").await;
    // The cursor begins on today, in the first room.
    desk.key("m").await;
    told_becomes(&desk, "same", &["Grace"]).await;
    for key in ["ArrowDown", "ArrowRight", "Shift+ArrowRight"] {
        desk.key(key).await;
    }
    told_becomes(&desk, "free", &["Room: 101 → 102", "Nights: 2 → 3"]).await;
    desk.key("Escape").await;
    wait::until("it to be left where it was", async || {
        (!desk.has(TOLD).await).then_some(())
    })
    .await;
    desk.key("m").await;
    // The cursor has gone with it, and there is nobody in room 102.
    assert!(!desk.has(TOLD).await);
    for key in [
        "ArrowUp",
        "ArrowLeft",
        "m",
        "ArrowDown",
        "ArrowRight",
        "Enter",
    ] {
        desk.key(key).await;
    }
    is_in(&[&desk], &booking, 2, 1).await;
}

#[tokio::test]
async fn a_finger_that_rests_on_a_stay_takes_it_up_and_one_that_slides_scrolls() {
    let (_hotel, desk, arrival) = grace_in_one_of_two_rooms().await;
    let booking = format!("5_{arrival}");
    let grip = desk.part(&stay(1, &booking), Part::Middle).await;
    let to = desk.night(2, arrival.plus_days(1)).await;
    desk.touch(grip).await;
    desk.slide_to(grip.right(40.0)).await;
    desk.lift().await;
    assert!(!desk.has(GHOST).await);
    desk.touch(grip).await;
    desk.wait_for(GHOST).await;
    desk.slide_to(to).await;
    told_becomes(&desk, "free", &["Room: 101 → 102"]).await;
    desk.lift().await;
    is_in(&[&desk], &booking, 2, 1).await;
}

#[tokio::test]
async fn a_stay_waits_in_the_lane_and_is_put_down_by_pointing() {
    let (_hotel, desk, arrival) = grace_in_one_of_two_rooms().await;
    let booking = format!("5_{arrival}");
    let grip = desk.part(&stay(1, &booking), Part::Middle).await;
    desk.press(grip).await;
    desk.drag_to(grip.right(30.0)).await;
    let lane = desk.part("[data-lane] .park", Part::Middle).await;
    desk.drag_to(lane).await;
    desk.release(lane).await;
    let parked = format!(r#"[data-lane] [data-parked="1.{booking}"]"#);
    desk.wait_for(&parked).await;
    desk.wait_for(".lifted").await;
    // The hotel knows nothing of that.
    desk.wait_for_bar(1, &booking, "booked").await;

    desk.click(&parked).await;
    told_becomes(&desk, "same", &["Grace"]).await;
    let to = desk.night(2, arrival.plus_days(3)).await;
    desk.press(to).await;
    desk.release(to).await;
    told_becomes(&desk, "free", &["Room: 101 → 102", "Arrival: "]).await;
    desk.click(r#"[data-lane] [data-action="longer"]"#).await;
    told_becomes(&desk, "free", &["Nights: 2 → 3"]).await;
    desk.click(r#"[data-lane] [data-action="put-down"]"#).await;
    is_in(&[&desk], &booking, 2, 1).await;
    wait::until("the lane to be gone", async || {
        (!desk.has("[data-lane]").await).then_some(())
    })
    .await;
    // From its dialog, which leads to the same.
    desk.click(&stay(2, &booking)).await;
    desk.click(r#"dialog[data-dialog="stay"][open] [data-action="move"]"#)
        .await;
    desk.wait_for(r#"[data-lane] [data-action="put-down"]:disabled"#)
        .await;
    desk.click(r#"[data-lane] [data-action="let-go"]"#).await;
}
