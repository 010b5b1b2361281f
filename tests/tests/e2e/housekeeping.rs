//! Housekeeping's page on a phone: what is next, what is done, what is wrong.

use serde_json::json;
use shared::housekeeping::RequestCleanup;
use shared::subjects::Stream;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, room_id, today};
use vacancy_tests::wait;

const NOTE: &str = r#"dialog[data-dialog="problem"] [name="note"]"#;
const NOTE_IT: &str = r#"dialog[data-dialog="problem"] button[type="submit"]"#;

/// A hotel where these rooms are to be cleaned today, of as many.
async fn hotel(rooms: u32, to_clean: &[u32]) -> Hotel {
    let hotel = Hotel::with_rooms(rooms).await;
    for room in to_clean {
        ask_for(&hotel, *room).await;
    }
    hotel
}

async fn ask_for(hotel: &Hotel, room: u32) {
    let room = room_id(room).into();
    let date = today();
    hotel.done(RequestCleanup { room, date }).await;
}

async fn on_a_phone(board: &Board) {
    let metrics = json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true });
    board
        .devtools("Emulation.setDeviceMetricsOverride", metrics)
        .await;
}

/// Waits until this room is the next one to do.
async fn next_is(board: &Board, room: u32) {
    let expected = Some(room.to_string());
    wait::until_equal("the next room", expected, async || {
        board.attribute("[data-next]", "data-room").await
    })
    .await;
}

/// Waits until these rooms are on the list of a stage, in this order.
async fn lists(board: &Board, stage: &str, expected: &[u32]) {
    let expected: Vec<String> = expected.iter().map(u32::to_string).collect();
    let script =
        "return [...document.querySelectorAll(`[data-stage=\"${arguments[0]}\"] [data-room]`)]
        .map((item) => item.dataset.room);";
    wait::until_equal(&format!("the rooms {stage}"), expected, async || {
        board.run::<Vec<String>>(script, json!([stage])).await
    })
    .await;
}

fn next(action: &str) -> String {
    format!(r#"[data-next] [data-action="{action}"]"#)
}

fn of(room: u32, action: &str) -> String {
    format!(r#"[data-room="{room}"] [data-action="{action}"]"#)
}

async fn tell(board: &Board, note: &str) {
    board.type_into(NOTE, note).await;
    board.click(NOTE_IT).await;
}

#[tokio::test]
async fn room_after_room_is_done_under_the_thumb() {
    let hotel = hotel(3, &[3, 1, 2]).await;
    let page = Board::live(&hotel, Role::Housekeeping).await;
    on_a_phone(&page).await;
    next_is(&page, 1).await;
    lists(&page, "to-clean", &[2, 3]).await;
    let under_the_thumb =
        "return [...document.querySelectorAll('[data-next] button')].every((button) => {
        const { top, bottom, height, width } = button.getBoundingClientRect();
        return height >= 48 && width >= 48 && top > innerHeight / 2 && bottom <= innerHeight;
    })";
    assert!(page.run::<bool>(under_the_thumb, json!([])).await);

    page.click(&next("clean")).await;
    next_is(&page, 2).await;
    lists(&page, "to-inspect", &[1]).await;
    let focused = "return document.activeElement.dataset.action ?? ''";
    assert_eq!(page.run::<String>(focused, json!([])).await, "clean");
    // Whoever taps twice means one room.
    let tapped = "const button = document.querySelector('[data-next] [data-action=clean]');
        for (const detail of [1, 2]) button.dispatchEvent(new MouseEvent('click', { bubbles: true, detail }));";
    page.run::<()>(tapped, json!([])).await;
    next_is(&page, 3).await;
    lists(&page, "to-inspect", &[1, 2]).await;

    page.click(&next("clean")).await;
    lists(&page, "to-inspect", &[1, 2, 3]).await;
    assert!(!page.has("[data-next]").await);
    wait::until_equal("pending marks", false, async || {
        page.has("[data-pending]").await
    })
    .await;
    assert_eq!(page.toasts().await, []);
    assert_eq!(
        page.text("h1").await.as_deref(),
        Some("Every room is clean")
    );
}

#[tokio::test]
async fn what_has_passed_the_inspection_shows_at_the_front_desk_and_can_be_asked_for_again() {
    let hotel = hotel(2, &[1]).await;
    let (page, desk) = tokio::join!(
        Board::live(&hotel, Role::Housekeeping),
        Board::live(&hotel, Role::FrontDesk)
    );
    desk.wait_for_housekeeping(1, "asked").await;
    page.clean(1).await;
    lists(&page, "to-inspect", &[1]).await;
    page.click(&of(1, "inspect")).await;
    lists(&page, "ready", &[1, 2]).await;
    for board in [&page, &desk] {
        board.wait_for_housekeeping(1, "inspected").await;
    }
    let mark = r#"[data-room="1"] [data-housekeeping]"#;
    let label = desk.attribute(mark, "aria-label").await;
    assert_eq!(label.as_deref(), Some("Room 101 is clean and inspected"));

    page.click(&of(1, "again")).await;
    next_is(&page, 1).await;
    desk.wait_for_housekeeping(1, "asked").await;
    assert_eq!(page.toasts().await, []);
}

#[tokio::test]
async fn a_problem_is_told_with_its_note_as_it_was_typed() {
    let hotel = hotel(2, &[1, 2]).await;
    let (page, desk) = tokio::join!(
        Board::live(&hotel, Role::Housekeeping),
        Board::live(&hotel, Role::FrontDesk)
    );
    on_a_phone(&page).await;
    next_is(&page, 1).await;
    page.click(&next("problem")).await;

    let error = r#"dialog [data-error="note"]"#;
    page.click(NOTE_IT).await;
    page.wait_for(error).await;
    // Longer than a note may be; set at once, as by pasting.
    page.set_value(NOTE, &"ü".repeat(501)).await;
    page.click(NOTE_IT).await;
    wait::until("the error", async || {
        let text = page.text(error).await.unwrap_or_default();
        text.contains("1 character too long").then_some(())
    })
    .await;
    assert_eq!(hotel.count(Stream::RoomCleanup).await, 2);

    let note = "Window broken <img src=x onerror=alert(1)> 🪟";
    page.set_value(NOTE, note).await;
    page.click(NOTE_IT).await;
    // What cannot be done is no longer next, and the note stands with the room.
    next_is(&page, 2).await;
    let trouble = r#"[data-room="1"] [data-trouble]"#;
    wait::until_equal("the note", Some(note.to_owned()), async || {
        page.text(trouble).await
    })
    .await;
    assert!(!page.has("[data-room] img").await);
    for board in [&page, &desk] {
        board.wait_for_housekeeping(1, "failed").await;
    }
    let mark = r#"[data-room="1"] [data-housekeeping]"#;
    let label = desk.attribute(mark, "aria-label").await.unwrap_or_default();
    assert!(label.contains(note), "{label}");

    // The hotel asks for it again by itself, and until it is clean nobody forgets why.
    wait::until("the request", async || {
        (hotel.count(Stream::RoomCleanup).await == 4).then_some(())
    })
    .await;
    desk.wait_for_housekeeping(1, "failed").await;
    page.click(&of(1, "clean")).await;
    desk.wait_for_housekeeping(1, "clean").await;
    assert!(!page.has(trouble).await);
    assert_eq!(page.toasts().await, []);
}

#[tokio::test]
async fn what_does_not_pass_the_inspection_is_to_be_cleaned_again() {
    let hotel = hotel(1, &[1]).await;
    let page = Board::live(&hotel, Role::Housekeeping).await;
    page.clean(1).await;
    lists(&page, "to-inspect", &[1]).await;
    page.click(&of(1, "problem")).await;
    tell(&page, "Dust under the bed").await;
    next_is(&page, 1).await;
    page.wait_for_housekeeping(1, "failed").await;
}
