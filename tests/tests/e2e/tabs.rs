//! Two tabs of one browser and one log-in: what is pending in the one is so in the other.

use shared::bookings::BookRoom;
use shared::subjects::Stream;
use thirtyfour::WindowHandle;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::hotel::{Hotel, booking, today};
use vacancy_tests::wait;

const LATE: &str = r#"[data-notice="late"]"#;
const DONE: &str = r#"[data-notice="done"]"#;

fn wish(client: u64) -> Wish {
    Wish {
        room: 1,
        client,
        guest: "Grace Hopper",
        arrival: today().plus_days(1),
        nights: 2,
    }
}

/// Opens a second tab of the front desk and turns back to the first one. Returns both.
async fn tabs(hotel: &Hotel, desk: &Board) -> [WindowHandle; 2] {
    let first = desk.tab().await;
    let second = desk.open_tab().await;
    // Whoever is signed in is so in every tab.
    desk.go_to(&hotel.backend.url("/")).await;
    desk.wait_for_connection("live").await;
    desk.turn_to(&first).await;
    [first, second]
}

/// Books while nobody decides, until both tabs say that it takes longer.
async fn book_late(hotel: &Hotel, desk: &Board, tabs: &[WindowHandle; 2], wish: &Wish) {
    hotel.backend.pause();
    desk.book(wish).await;
    for tab in tabs {
        desk.turn_to(tab).await;
        desk.wait_for(LATE).await;
        let doubt = desk.doubt(&wish.booking()).await;
        assert_eq!(doubt.as_deref(), Some("late"));
    }
}

#[tokio::test]
async fn what_one_tab_sends_is_pending_in_the_other_and_done_in_both() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let tabs = tabs(&hotel, &desk).await;
    let wish = wish(61);
    book_late(&hotel, &desk, &tabs, &wish).await;
    assert_eq!(desk.kept().await.len(), 1);

    hotel.backend.resume();
    for tab in &tabs {
        desk.turn_to(tab).await;
        desk.wait_for_bar(1, &wish.booking(), "booked").await;
        desk.wait_for(DONE).await;
        assert!(!desk.has(LATE).await);
        assert_eq!(desk.toasts().await, []);
    }
    wait::until_equal("the kept commands", 0, async || desk.kept().await.len()).await;
    assert_eq!(hotel.sent::<BookRoom>().await, 1);
    assert_eq!(hotel.count(Stream::RoomBooking).await, 1);
}

#[tokio::test]
async fn what_is_refused_is_taken_back_in_both_tabs() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let tabs = tabs(&hotel, &desk).await;
    let wish = wish(62);
    hotel.backend.pause();
    hotel.send(booking(1, 63, "Rival", wish.arrival, 1)).await;
    book_late(&hotel, &desk, &tabs, &wish).await;
    hotel.backend.resume();
    for tab in &tabs {
        desk.turn_to(tab).await;
        desk.wait_for(r#"[data-refusal="room-taken"] [data-action="correct"]"#)
            .await;
        assert_eq!(desk.bar(1, &wish.booking()).await, None);
        assert!(!desk.has(LATE).await);
    }
    wait::until_equal("the kept commands", 0, async || desk.kept().await.len()).await;
}

#[tokio::test]
async fn what_a_tab_has_asked_that_is_closed_since_the_other_one_tells() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let [first, second] = tabs(&hotel, &desk).await;
    let wish = wish(64);
    hotel.backend.pause();
    desk.book(&wish).await;
    wait::until_equal("the command", 1, async || hotel.sent::<BookRoom>().await).await;
    assert_eq!(desk.tab().await, first);
    desk.close_tab().await;
    desk.turn_to(&second).await;
    desk.wait_for(LATE).await;
    hotel.backend.resume();
    desk.wait_for(DONE).await;
    desk.wait_for_bar(1, &wish.booking(), "booked").await;
    assert_eq!(desk.kept().await, [""; 0]);
    assert_eq!(hotel.sent::<BookRoom>().await, 1);
}

#[tokio::test]
async fn who_signs_out_in_one_tab_has_done_so_in_the_other() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let tabs = tabs(&hotel, &desk).await;
    let wish = wish(65);
    book_late(&hotel, &desk, &tabs, &wish).await;
    let [first, second] = &tabs;
    // Whoever pauses the backend pauses the one that ends sessions.
    hotel.backend.resume();
    desk.wait_for(DONE).await;
    desk.turn_to(second).await;
    desk.click(r#"[data-action="sign-out"]"#).await;
    desk.wait_for("form[data-login]").await;
    desk.turn_to(first).await;
    desk.wait_for(r#"[data-told="ended"]"#).await;
    assert!(
        !desk.has("[data-stay]").await,
        "no guest is left on the page"
    );
    assert_eq!(desk.kept().await, [""; 0]);
}
