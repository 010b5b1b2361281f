//! What comes out of a printer.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::Hotel;
use vacancy_tests::tools;

/// Prints the page as its style has it, and returns how many pages that are. The PDF is left to look at.
async fn print(board: &Board, name: &str) -> usize {
    let options = json!({ "preferCSSPageSize": true, "printBackground": false });
    let printed = board.devtools("Page.printToPDF", options).await;
    let pdf = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    fs::create_dir_all(tools::evidence()).unwrap();
    fs::write(tools::evidence().join(name).with_extension("pdf"), &pdf).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    text.matches("/Type /Page\n").count()
}

/// How many rooms have been on the page at once since [`watch_rooms`].
async fn most_rooms(board: &Board) -> usize {
    board.run("return window.mostRooms", json!([])).await
}

async fn watch_rooms(board: &Board) {
    let script = "window.mostRooms = 0;
        const count = () => {
            window.mostRooms = Math.max(window.mostRooms, document.querySelectorAll('[data-room]').length);
        };
        count();
        new MutationObserver(count).observe(document.querySelector('[data-board]'), { childList: true, subtree: true });";
    board.run::<()>(script, json!([])).await;
}

async fn rooms(board: &Board) -> usize {
    let script = "return document.querySelectorAll('[data-room]').length";
    board.run(script, json!([])).await
}

#[tokio::test]
async fn forty_rooms_are_on_one_sheet_of_paper_and_a_large_hotel_on_as_many_as_it_takes() {
    let hotel = Hotel::start().await;
    hotel.backend.seed(40, 30).await;
    let board = Board::live(&hotel, Role::FrontDesk).await;
    board.wait_for("[data-stay]").await;
    watch_rooms(&board).await;
    let seen = rooms(&board).await;
    assert!(
        seen < 40,
        "the window shows all of them, and proves nothing"
    );
    assert_eq!(print(&board, "board-30").await, 1);
    assert_eq!(most_rooms(&board).await, 40);
    assert_eq!(rooms(&board).await, seen, "the page is as it was before");

    board.click(r#"[name="days"][value="14"]"#).await;
    board.wait_for(r#"[data-board][data-days="14"]"#).await;
    assert_eq!(print(&board, "board-14").await, 1);

    board.click(r#"[data-action="show-day"]"#).await;
    board.wait_for("[data-list] [data-stay]").await;
    // Some 120 entries, a line each.
    assert_eq!(print(&board, "day").await, 2);

    for room in 41..=160 {
        hotel.add_room(room).await;
    }
    board.click(r#"[data-action="show-board"]"#).await;
    let all = r#"[data-board][aria-rowcount="166"]"#;
    board.wait_for(all).await;
    assert_eq!(print(&board, "board-160-rooms").await, 4);
}
