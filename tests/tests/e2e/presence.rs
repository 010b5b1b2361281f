//! Whoever opens a stay hears who else has it open, and the board shows it to everybody.

use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wait;

const WATCHERS: &str = r#"dialog[data-dialog="stay"][open] [data-watchers]"#;

async fn opens(board: &Board, booking: &str) {
    board
        .click(&format!(r#"[data-room="1"] [data-stay="{booking}"]"#))
        .await;
}

async fn sees(board: &Board, expected: Option<&str>) {
    wait::until_equal(
        "who else is there",
        expected.map(str::to_owned),
        async || board.text(WATCHERS).await,
    )
    .await;
}

#[tokio::test]
async fn who_looks_at_a_stay_sees_who_else_does() {
    let hotel = Hotel::with_rooms(1).await;
    let (desk, manager) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::Manager)
    );
    hotel.book(1, 5, "Grace", today(), 2).await;
    let booking = format!("5_{}", today());
    opens(&desk, &booking).await;
    // On the board of others, without a click.
    manager
        .wait_for(&format!(r#"[data-watched="1.{booking}"]"#))
        .await;
    sees(&desk, None).await;
    opens(&manager, &booking).await;
    sees(&manager, Some("Also open at: frontdesk")).await;
    // Whoever was there before hears of the one who has come.
    sees(&desk, Some("Also open at: manager")).await;
    manager
        .click(r#"dialog[data-dialog="stay"] [data-action="close"]"#)
        .await;
    sees(&desk, None).await;
}
