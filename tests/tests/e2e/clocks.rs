//! The day is the hotel's, whatever the device before which somebody sits takes it for.

use serde_json::json;
use shared::Date;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::browser::Browser;
use vacancy_tests::hotel::{Hotel, now};
use vacancy_tests::wait;

/// As far ahead of UTC as it gets.
const ZONE: &str = "Pacific/Kiritimati";
const AHEAD_MINUTES: u16 = 14 * 60;

/// A page's clock that is wrong by so many days.
fn wrong_by(days: i32) -> String {
    format!(
        "const Right = Date;
        globalThis.Date = class extends Right {{
            constructor(...given) {{ given.length ? super(...given) : super(Right.now() + {days} * 86400000); }}
            static now() {{ return Right.now() + {days} * 86400000; }}
        }};"
    )
}

/// The first date on the board, and what is due of the stay of client 5.
async fn shows(board: &Board) -> (Option<String>, Option<String>) {
    (
        board.attribute("[data-board]", "data-first").await,
        board.attribute(r#"[data-stay^="5_"]"#, "data-due").await,
    )
}

#[tokio::test]
async fn screens_that_disagree_about_the_time_show_the_same_board() {
    let hotel = Hotel::with_options(["--time-zone", ZONE]).await;
    hotel.add_room(1).await;
    let today: Date = now().plus_minutes(AHEAD_MINUTES).date();
    hotel.book(1, 5, "Grace", today, 2).await;
    let expected = (
        Some(today.plus_days(-2).to_string()),
        Some("arrival".to_owned()),
    );
    for (zone, days) in [("Pacific/Honolulu", 0), ("Europe/Berlin", 1), ("UTC", -3)] {
        let browser = Browser::start().await;
        let zone = json!({ "timezoneId": zone });
        browser
            .devtools("Emulation.setTimezoneOverride", zone)
            .await;
        let source = json!({ "source": wrong_by(days) });
        browser
            .devtools("Page.addScriptToEvaluateOnNewDocument", source)
            .await;
        let board = Board::open_in(browser, &hotel).await;
        board.log_in(Role::FrontDesk).await;
        board.wait_for_connection("live").await;
        let what = format!("the board of a clock that is {days} days ahead");
        wait::until_equal(&what, expected.clone(), async || shows(&board).await).await;
    }
}
