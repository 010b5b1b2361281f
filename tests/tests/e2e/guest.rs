//! A guest finds a free room, holds it, and confirms it in time, or too late.

use serde_json::json;
use shared::bookings::StayStatus;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wait;

const HOLD: &str = r#"[data-hold] [data-action="hold"]"#;
const CONFIRM: &str = r#"[data-hold] [data-action="confirm"]"#;
const COUNTDOWN: &str = "[data-hold] [data-countdown]";

fn night(date: shared::Date) -> String {
    format!(r#"[data-type="standard"] [data-night="{date}"] button"#)
}

/// The only bar on the board, with what the front desk reads of it.
async fn the_bar(desk: &Board) -> Option<(String, String)> {
    let script = "const bar = document.querySelector('[data-stay]');
        return bar && [bar.dataset.status, bar.getAttribute('aria-label')];";
    desk.run(script, json!([])).await
}

async fn desk_sees(desk: &Board, status: StayStatus, name: &str) {
    wait::until_equal(
        "what the front desk sees",
        (status.as_str().to_owned(), true),
        async || {
            let (status, label) = the_bar(desk).await.unwrap_or_default();
            (status, label.contains(name))
        },
    )
    .await;
}

#[tokio::test]
async fn a_room_is_held_over_a_reload_and_confirmed() {
    let hotel = Hotel::with_rooms(1).await;
    let (guest, desk) = tokio::join!(
        Board::live(&hotel, Role::Guest),
        Board::live(&hotel, Role::FrontDesk)
    );
    let arrival = today().plus_days(2);
    hotel.book(1, 5, "Grace", arrival.plus_days(2), 1).await;
    let full = format!(r#"{}[disabled]"#, night(arrival.plus_days(2)));
    guest.wait_for(&full).await;
    guest.click(&night(arrival)).await;
    for _ in 0..2 {
        guest.click(r#"[data-hold] [data-action="longer"]"#).await;
    }
    // The third night is Grace's, and the guest is told before asking.
    guest.wait_for("[data-hold] [data-full]").await;
    guest.wait_for(&format!("{HOLD}:disabled")).await;
    guest.click(r#"[data-hold] [data-action="shorter"]"#).await;
    guest
        .type_into(r#"[data-hold] [name="guest"]"#, "Ada <b>")
        .await;
    guest.click(HOLD).await;
    guest.wait_for(COUNTDOWN).await;
    desk_sees(&desk, StayStatus::Tentative, "Ada <b>").await;

    guest.go_to(&hotel.backend.url("/")).await;
    guest.log_in(Role::Guest).await;
    guest.click(CONFIRM).await;
    guest.wait_for("[data-hold] [data-booked]").await;
    desk_sees(&desk, StayStatus::Booked, "Ada <b>").await;
    guest.click(r#"[data-hold] [data-action="forget"]"#).await;
    guest.wait_for("[data-hold][hidden]").await;
}

#[tokio::test]
async fn a_hold_that_nobody_confirms_in_time_is_over() {
    let hotel = Hotel::with_rooms(1).await;
    let guest = Board::live(&hotel, Role::Guest).await;
    guest.click(&night(today().plus_days(1))).await;
    guest
        .type_into(r#"[data-hold] [name="guest"]"#, &"x".repeat(300))
        .await;
    guest.click(HOLD).await;
    guest
        .wait_for(r#"[data-hold] [data-refusal="invalid"]"#)
        .await;
    guest
        .type_into(r#"[data-hold] [name="guest"]"#, "Ada")
        .await;
    guest.click(HOLD).await;
    guest.wait_for(COUNTDOWN).await;
    let later = "const now = Date.now.bind(Date); Date.now = () => now() + 16 * 60 * 1000;";
    guest.run::<()>(later, json!([])).await;
    guest.wait_for("[data-hold] [data-over]").await;
    guest.wait_for(&format!("{CONFIRM}:disabled")).await;
}

#[tokio::test]
async fn the_last_room_is_held_by_one_guest_and_the_other_is_told() {
    let hotel = Hotel::with_rooms(1).await;
    let (one, other) = tokio::join!(
        Board::live(&hotel, Role::Guest),
        Board::live(&hotel, Role::Guest)
    );
    let arrival = today().plus_days(1);
    for guest in [&one, &other] {
        guest.click(&night(arrival)).await;
        guest.wait_for(HOLD).await;
    }
    one.click(HOLD).await;
    one.wait_for(COUNTDOWN).await;
    other.wait_for("[data-hold] [data-full]").await;
    other.wait_for(&format!("{HOLD}:disabled")).await;
}
