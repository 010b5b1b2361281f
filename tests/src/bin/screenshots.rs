//! Pictures of every page, in every size and theme: `cargo run -p vacancy-tests --bin screenshots -- FOLDER`, with the
//! environment of `cargo xtask test`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::json;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::hotel::{Hotel, today};

/// Writes a PNG of every page × size × theme of a freshly seeded hotel into a folder.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the pictures go; made when it is not there.
    folder: PathBuf,
}

const SIZES: [(u32, u32); 3] = [(1440, 900), (820, 1180), (390, 844)];
const THEMES: [&str; 2] = ["light", "dark"];

#[tokio::main]
async fn main() {
    let folder = Arguments::parse().folder;
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut hotel = Hotel::start().await;
    hotel.backend.seed(40, 60).await;

    let board = Board::open(&hotel).await;
    shoot(&board, &folder, "log-in").await;
    drop(board);
    for role in Role::ALL {
        let board = Board::live(&hotel, role).await;
        board.wait_for(content(role)).await;
        shoot(&board, &folder, role.page()).await;
        if role == Role::FrontDesk {
            dialogs(&board, &folder).await;
            answers(&hotel, &board, &folder).await;
            hotel.nats.kill();
            board.wait_for_connection("stale").await;
            shoot(&board, &folder, "stale").await;
            hotel.nats.restart().await;
        }
    }
}

/// What is on the page once it has something to show.
fn content(role: Role) -> &'static str {
    match role {
        Role::FrontDesk => "[data-stay]",
        Role::Housekeeping => "[data-housekeeping]",
        Role::Guest => "[data-night]",
    }
}

async fn dialogs(board: &Board, folder: &Path) {
    board.click(r#"[data-action="book"]"#).await;
    board.wait_for(r#"dialog[data-dialog="book"][open]"#).await;
    shoot(board, folder, "book").await;
    board
        .click(r#"dialog[data-dialog="book"] [data-action="cancel"]"#)
        .await;
    board.click("[data-stay]").await;
    board.wait_for(r#"dialog[data-dialog="stay"][open]"#).await;
    shoot(board, folder, "stay").await;
    board
        .click(r#"dialog[data-dialog="stay"] [data-action="close"]"#)
        .await;
}

/// What the page says of a booking that is not answered in time, and then is.
async fn answers(hotel: &Hotel, board: &Board, folder: &Path) {
    let room = 41;
    hotel.add_room(room).await;
    let wish = Wish {
        room,
        client: 4_711,
        guest: "Grace Hopper",
        arrival: today().plus_days(1),
        nights: 3,
    };
    board.wait_for(r#"option[value="41"], [data-board]"#).await;
    hotel.backend.pause();
    board.book(&wish).await;
    board.wait_for(r#"[data-notice="late"]"#).await;
    shoot(board, folder, "late").await;
    hotel.backend.resume();
    board.wait_for(r#"[data-notice="done"]"#).await;
    board
        .click(r#"[data-notice="done"] [data-action="show"]"#)
        .await;
    shoot(board, folder, "done").await;
}

/// Takes the page's picture in every size and theme.
async fn shoot(board: &Board, folder: &Path, name: &str) {
    // Away from everything that looks different under a mouse.
    let corner = json!({ "type": "mouseMoved", "x": 0, "y": 0 });
    board.devtools("Input.dispatchMouseEvent", corner).await;
    for (width, height) in SIZES {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        board
            .devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        for theme in THEMES {
            let media = json!({ "features": [
                { "name": "prefers-color-scheme", "value": theme },
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ]});
            board.devtools("Emulation.setEmulatedMedia", media).await;
            // The second frame is one that was laid out in the new size.
            let frames = "const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(() => done(null)));";
            board.run_async::<()>(frames, Vec::new()).await;
            let file = folder.join(format!("{name}-{width}x{height}-{theme}.png"));
            let written = fs::write(&file, board.screenshot().await);
            written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }
}
