//! What the front desk does with a stay, from its dialog.

use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{self, Hotel, today};
use vacancy_tests::wait;

const DIALOG: &str = r#"dialog[data-dialog="stay"][open]"#;

fn stay(room: u32, booking: &str) -> String {
    format!(r#"[data-room="{room}"] [data-stay="{booking}"]"#)
}

/// Opens the stay and presses what is there to be done.
async fn press(desk: &Board, room: u32, booking: &str, action: &str) {
    desk.click(&stay(room, booking)).await;
    desk.click(&format!(r#"{DIALOG} [data-action="{action}"]"#))
        .await;
}

async fn is_gone(desk: &Board, room: u32, booking: &str) {
    wait::until_equal("the bar", None, async || desk.bar(room, booking).await).await;
}

#[tokio::test]
async fn a_guest_is_expected_comes_and_leaves_again() {
    let hotel = Hotel::with_rooms(1).await;
    let (desk, other) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::Manager)
    );
    hotel.done(hotel::hold(1, 9, today(), 2)).await;
    let booking = format!("9_{}", today());
    for (action, status) in [
        ("confirm", "booked"),
        ("pin", "booked"),
        ("check-in", "in-house"),
        ("check-out", "checked-out"),
    ] {
        press(&desk, 1, &booking, action).await;
        for board in [&desk, &other] {
            board.wait_for_bar(1, &booking, status).await;
        }
    }
    // There is nothing more to be done with it.
    desk.click(&stay(1, &booking)).await;
    desk.wait_for(DIALOG).await;
    assert!(!desk.has(&format!("{DIALOG} .deeds button")).await);
    assert_eq!(desk.toasts().await, []);
}

#[tokio::test]
async fn a_booking_is_cancelled_and_that_is_taken_back() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let arrival = today().plus_days(3);
    hotel.book(1, 5, "Grace", arrival, 2).await;
    let booking = format!("5_{arrival}");
    desk.wait_for_bar(1, &booking, "booked").await;
    // Nobody is missing yet, and the day of arrival is to come: the dialog says so.
    desk.click(&stay(1, &booking)).await;
    let refused = format!(r#"{DIALOG} #check-in-refusal[data-refusal="no-such-stay"]"#);
    desk.wait_for(&refused).await;
    assert!(
        !desk
            .has(&format!(r#"{DIALOG} [data-action="no-show"]"#))
            .await
    );
    desk.click(&format!(r#"{DIALOG} [data-action="cancel"]"#))
        .await;
    is_gone(&desk, 1, &booking).await;
    desk.click(r#"[data-notice="done"] [data-action="undo"]"#)
        .await;
    desk.wait_for_bar(1, &booking, "booked").await;
}

#[tokio::test]
async fn a_guest_who_did_not_come_is_noted() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let arrival = today().plus_days(-1);
    hotel.book(1, 5, "Grace", arrival, 3).await;
    let booking = format!("5_{arrival}");
    press(&desk, 1, &booking, "no-show").await;
    desk.wait_for_bar(1, &booking, "no-show").await;
}
