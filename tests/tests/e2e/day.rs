//! The lists of today, on a page of their own.

use serde_json::json;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wait;

/// The bookings on a list, from above.
async fn list(board: &Board, list: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(`[data-list=${arguments[0]}] [data-stay]`)]
        .map((item) => item.dataset.stay);";
    board.run(script, json!([list])).await
}

async fn has(board: &Board, on: &str, expected: &[&String]) {
    let expected: Vec<String> = expected.iter().copied().cloned().collect();
    let what = format!("the list {on}");
    wait::until_equal(&what, expected, async || list(board, on).await).await;
}

fn button(booking: &str, action: &str) -> String {
    format!(r#"[data-page="day"] [data-stay="{booking}"] [data-action="{action}"]"#)
}

#[tokio::test]
async fn guests_are_checked_in_and_out_with_one_tap_each() {
    let hotel = Hotel::with_rooms(3).await;
    let (today, yesterday) = (today(), today().plus_days(-1));
    hotel.book(1, 1, "Ada", today, 2).await;
    hotel.book(2, 2, "Late", yesterday, 3).await;
    hotel.book(3, 3, "Leaving", yesterday, 1).await;
    hotel.book(3, 4, "Later", today.plus_days(2), 1).await;
    let [ada, late, leaving] = [(1, today), (2, yesterday), (3, yesterday)]
        .map(|(client, date)| format!("{client}_{date}"));
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.click(r#"[data-action="show-day"]"#).await;
    // Those who are late come first.
    has(&desk, "arrivals", &[&late, &leaving, &ada]).await;
    desk.click(&button(&leaving, "check-in")).await;
    has(&desk, "departures", &[&leaving]).await;
    desk.click(&button(&ada, "check-in")).await;
    has(&desk, "in-house", &[&ada]).await;
    desk.click(&button(&leaving, "check-out")).await;
    has(&desk, "departures", &[]).await;

    // The rest is done in the dialog, and the list follows.
    desk.click(&button(&late, "open")).await;
    desk.click(r#"dialog[data-dialog="stay"] [data-action="no-show"]"#)
        .await;
    has(&desk, "arrivals", &[]).await;
    has(&desk, "no-shows", &[&late]).await;
    assert_eq!(desk.toasts().await, []);
}

#[tokio::test]
async fn a_link_leads_to_the_lists_and_what_others_do_shows_there() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.click(r#"[data-action="show-day"]"#).await;
    let address: String = desk.run("return location.href", json!([])).await;
    desk.go_to("about:blank").await;
    desk.go_to(&address).await;
    desk.wait_for_connection("live").await;
    desk.wait_for(r#"[data-page="day"]"#).await;
    hotel.book(1, 1, "Ada", today(), 1).await;
    has(&desk, "arrivals", &[&format!("1_{}", today())]).await;
}
