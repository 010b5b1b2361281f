//! What one does, the others see.

use serde_json::json;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wait;

#[tokio::test]
async fn a_booking_made_in_one_browser_shows_in_another() {
    let hotel = Hotel::with_rooms(3).await;
    let (here, there) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::FrontDesk)
    );
    let wish = Wish {
        room: 2,
        client: 71,
        guest: "Ada Lovelace",
        arrival: today().plus_days(1),
        nights: 2,
    };

    here.book(&wish).await;

    there.wait_for_bar(2, &wish.booking(), "booked").await;
    here.wait_for_bar(2, &wish.booking(), "booked").await;
    let bar = format!(r#"[data-stay="{}"]"#, wish.booking());
    let text = there.text(&bar).await.unwrap();
    assert!(text.contains("Ada Lovelace"), "the bar says {text:?}");
    for (room, board) in [(1, &here), (3, &here), (1, &there), (3, &there)] {
        assert_eq!(board.bar(room, &wish.booking()).await, None);
    }
    for board in [here, there] {
        assert_eq!(board.console_errors().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_check_in_and_a_cleanup_show_on_every_screen() {
    let hotel = Hotel::with_rooms(2).await;
    let arrival = today().plus_days(-1);
    let booking = format!("5_{arrival}");
    hotel.book(1, 5, "Grace Hopper", arrival, 3).await;
    let (desk, other) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::FrontDesk)
    );
    other.wait_for_bar(1, &booking, "booked").await;
    other.wait_for_housekeeping(1, "clean").await;

    desk.check_in(1, &booking).await;

    other.wait_for_bar(1, &booking, "in-house").await;
    desk.wait_for_bar(1, &booking, "in-house").await;
    // The guest has slept there already, so the room has to be made up.
    other.wait_for_housekeeping(1, "dirty").await;
    drop(desk);

    let housekeeping = Board::live(&hotel, Role::Housekeeping).await;
    housekeeping.wait_for_housekeeping(1, "dirty").await;
    housekeeping.clean(1).await;

    other.wait_for_housekeeping(1, "clean").await;
    housekeeping.wait_for_housekeeping(1, "clean").await;
    assert!(other.toasts().await.is_empty());
}

#[tokio::test]
async fn a_guest_sees_the_free_rooms_fall() {
    let hotel = Hotel::with_rooms(3).await;
    let night = today().plus_days(2);
    let guest = Board::live(&hotel, Role::Guest).await;
    let cell = format!(r#"[data-type="standard"] [data-night="{night}"]"#);
    let free = async || guest.attribute(&cell, "data-free").await;
    wait::until_equal("the free rooms", Some("3".to_owned()), free).await;

    hotel.book(1, 9, "Joan Clarke", night, 1).await;

    wait::until_equal("the free rooms", Some("2".to_owned()), free).await;
    let text: String = guest
        .run("return document.documentElement.innerHTML", json!([]))
        .await;
    assert!(!text.contains("Clarke"), "a guest's page names a guest");
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_right_one_then_works() {
    let hotel = Hotel::with_rooms(1).await;
    let board = Board::open(&hotel).await;

    board.log_in_with("frontdesk", "not the password").await;
    board
        .wait_for(r#"[data-login-error="wrong-password"]"#)
        .await;
    assert_eq!(board.connection().await, None, "nobody is logged in");

    board.log_in(Role::FrontDesk).await;
    board.wait_for_connection("live").await;
}
