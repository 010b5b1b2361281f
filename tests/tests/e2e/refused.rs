//! A refusal is corrected in what was entered.

use serde_json::json;
use shared::bookings::{BookRoom, Cancel};
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::hotel::{Hotel, booking, room_id, today};
use vacancy_tests::wait;

const DIALOG: &str = r#"dialog[data-dialog="book"][open]"#;

/// What stands in the booking dialog, from the room to the guest's number.
async fn entered(desk: &Board) -> Vec<String> {
    let script = "return ['room', 'date', 'nights', 'guest', 'client'].map((name) =>
        document.querySelector(`dialog[data-dialog=book] [name=${name}]`).value);";
    desk.run(script, json!([])).await
}

/// The name of the field that the keyboard is in.
async fn focused(desk: &Board) -> Option<String> {
    let script = "return document.activeElement?.getAttribute('name') ?? null";
    desk.run(script, json!([])).await
}

#[tokio::test]
async fn a_refused_booking_is_corrected_where_the_hotel_says() {
    let hotel = Hotel::with_rooms(2).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let wish = Wish {
        room: 1,
        client: 81,
        guest: "Grace Hopper",
        arrival: today().plus_days(2),
        nights: 2,
    };
    // Somebody else is before it, and the page does not know yet.
    hotel.backend.pause();
    hotel.send(booking(1, 82, "Rival", wish.arrival, 1)).await;
    desk.book(&wish).await;
    desk.wait_for(r#"[data-notice="late"]"#).await;
    hotel.backend.resume();
    let refused = r#"[data-toast][data-refusal="room-taken"]"#;
    desk.wait_for(refused).await;
    assert_eq!(desk.bar(1, &wish.booking()).await, None);

    desk.click(&format!(r#"{refused} [data-action="correct"]"#))
        .await;
    desk.wait_for(DIALOG).await;
    assert_eq!(desk.toasts().await, []);
    let arrival = wish.arrival.to_string();
    let expected = ["1", &arrival, "2", "Grace Hopper", "81"];
    assert_eq!(entered(&desk).await, expected);
    wait::until_equal("the focus", Some("date".to_owned()), async || {
        focused(&desk).await
    })
    .await;
    let told = desk
        .text(r#"[data-error="date"]"#)
        .await
        .unwrap_or_default();
    let taken = format!("82_{arrival}");
    assert!(told.contains("is taken") && told.contains(&taken), "{told}");
    let described: String = desk
        .run(
            "return document.activeElement.getAttribute('aria-describedby')
                .split(' ').map((id) => document.getElementById(id).textContent).join('')",
            json!([]),
        )
        .await;
    assert_eq!(described, told);

    // As soon as the page knows itself that this room is taken, it says so at the field, too.
    desk.wait_for_bar(1, &taken, "booked").await;
    desk.submit().await;
    wait::until_equal("the focus", Some("date".to_owned()), async || {
        focused(&desk).await
    })
    .await;
    assert!(desk.has(r#"[data-error="date"]"#).await);
    assert_eq!(hotel.sent::<BookRoom>().await, 1);

    desk.set_value(&format!(r#"{DIALOG} [name="room"]"#), "2")
        .await;
    desk.submit().await;
    desk.wait_for_bar(2, &wish.booking(), "booked").await;
    assert_eq!(desk.toasts().await, []);
    // A new command, since the hotel does none of one id twice.
    assert_eq!(hotel.sent::<BookRoom>().await, 2);
}

#[tokio::test]
async fn what_cannot_be_entered_anew_is_told_without_an_offer() {
    let hotel = Hotel::with_rooms(1).await;
    let arrival = today();
    hotel.book(1, 83, "Joan Clarke", arrival, 1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let key = format!("83_{arrival}");
    desk.wait_for_bar(1, &key, "booked").await;
    hotel.backend.pause();
    // Cancelled before the check-in, which cannot know.
    let cancel = Cancel {
        room: room_id(1).into(),
        booking: key.parse().unwrap(),
    };
    hotel.send(cancel).await;
    desk.check_in(1, &key).await;
    desk.wait_for(r#"[data-notice="late"]"#).await;
    hotel.backend.resume();
    desk.wait_for(r#"[data-toast][data-refusal]"#).await;
    assert!(!desk.has(r#"[data-action="correct"]"#).await);
}
