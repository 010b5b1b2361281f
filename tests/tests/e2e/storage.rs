//! Browsers that keep nothing: forbidden, or full. The board works, and says what it cannot do.

use serde_json::json;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::browser::Browser;
use vacancy_tests::hotel::Hotel;

const UNKEPT: &str = r#"[role="status"] [data-notice="unkept"]"#;

/// Books twice, the first time with a late answer, and is told once that nothing is kept.
async fn works_and_says_so(hotel: &Hotel, desk: &Board) {
    assert!(!desk.has(UNKEPT).await);
    hotel.backend.pause();
    desk.book(&Wish::of_a_night(1)).await;
    desk.wait_for(UNKEPT).await;
    let text = desk.text(UNKEPT).await.unwrap_or_default();
    assert!(text.contains("after a reload"), "{text}");
    desk.wait_for(r#"[data-notice="late"]"#).await;
    hotel.backend.resume();
    desk.wait_for_bar(1, &Wish::of_a_night(1).booking(), "booked")
        .await;
    desk.click(&format!(r#"{UNKEPT} [data-action="dismiss"]"#))
        .await;

    desk.book(&Wish::of_a_night(2)).await;
    desk.wait_for_bar(1, &Wish::of_a_night(2).booking(), "booked")
        .await;
    assert!(!desk.has(UNKEPT).await);
    assert_eq!(desk.toasts().await, []);
}

#[tokio::test]
async fn where_not_even_cookies_are_kept_that_is_said_to_whoever_logs_in() {
    let hotel = Hotel::with_rooms(1).await;
    let browser = Browser::start_without_storage().await;
    let desk = Board::open_in(browser, &hotel).await;
    desk.log_in(Role::FrontDesk).await;
    desk.wait_for(r#"[data-login-error="no-cookie"]"#).await;
    // A guest needs none.
    desk.log_in(Role::Guest).await;
    desk.wait_for_connection("live").await;
}

#[tokio::test]
async fn where_nothing_but_cookies_may_be_kept_commands_are_sent_and_answered_all_the_same() {
    let hotel = Hotel::with_rooms(1).await;
    let browser = Browser::start().await;
    // A browser forbids either all of it or nothing, so this says what it would say.
    let forbid = "Object.defineProperty(window, 'localStorage', {
        get() { throw new DOMException('forbidden', 'SecurityError') },
    });";
    let parameters = json!({ "source": forbid });
    browser
        .devtools("Page.addScriptToEvaluateOnNewDocument", parameters)
        .await;
    let desk = Board::open_in(browser, &hotel).await;
    desk.log_in(Role::FrontDesk).await;
    desk.wait_for_connection("live").await;
    works_and_says_so(&hotel, &desk).await;
}

#[tokio::test]
async fn where_there_is_no_space_left_commands_are_sent_and_answered_all_the_same() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let fill = "for (let bytes = 8 * 1024 * 1024, number = 0; bytes >= 1; number++) {
            try { localStorage.setItem('of-others-' + number, 'x'.repeat(bytes)) } catch { bytes /= 2 }
        }";
    desk.run::<()>(fill, json!([])).await;
    works_and_says_so(&hotel, &desk).await;
}
