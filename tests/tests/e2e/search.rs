//! Finding a stay by what one knows of it.

use serde_json::json;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wait;

const FIELD: &str = r#"[name="search"]"#;

/// The stays that are offered, from above.
async fn offers(board: &Board, expected: &[&str]) {
    let script =
        "return [...document.querySelectorAll('[data-hit] strong')].map((hit) => hit.textContent);";
    let expected: Vec<String> = expected.iter().map(|name| (*name).to_owned()).collect();
    wait::until_equal("what is found", expected, async || {
        board.run::<Vec<String>>(script, json!([])).await
    })
    .await;
}

async fn press(board: &Board, key: &str) {
    let script = "document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true }));";
    board.run::<()>(script, json!([key])).await;
}

#[tokio::test]
async fn a_stay_far_away_is_found_and_brought_into_sight_by_the_keyboard_alone() {
    let hotel = Hotel::with_rooms(2).await;
    let far = today().plus_days(200);
    hotel.book(1, 1, "Grace Hopper", today(), 1).await;
    hotel.book(2, 2, "Grace Kelly", far, 3).await;
    hotel.book(2, 3, "Ada", today(), 1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.type_into(FIELD, "GRACE").await;
    offers(&desk, &["Grace Hopper", "Grace Kelly"]).await;
    press(&desk, "ArrowDown").await;
    press(&desk, "Enter").await;
    let bar = format!(r#"[data-room="2"] [data-stay="2_{far}"]"#);
    desk.wait_for(&bar).await;
    let focused = desk.cursor().await;
    assert!(focused.contains("Grace Kelly"), "{focused}");
    offers(&desk, &[]).await;

    desk.type_into(FIELD, "102 nobody").await;
    desk.wait_for(".search .none").await;
    press(&desk, "Escape").await;
    wait::until("the list to be closed", async || {
        (!desk.has(".search ul:not([hidden])").await).then_some(())
    })
    .await;
}
