//! Pictures of every page, in every size and theme: `cargo run -p vacancy-tests --bin screenshots -- FOLDER`, with the
//! environment of `cargo xtask test`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::json;
use vacancy_tests::board::Board;
use vacancy_tests::tour;

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
    let visit = async |board: &Board, name: &str| shoot(board, &folder, name).await;
    tour::doors(&visit).await;
    tour::manager(&visit).await;
    tour::front_desk(&visit).await;
    tour::housekeeping(&visit).await;
    tour::guest(&visit).await;
}

/// Takes the page's picture in every size and theme.
async fn shoot(board: &Board, folder: &Path, name: &str) {
    // Away from everything that looks different under a mouse.
    let corner = json!({ "type": "mouseMoved", "x": 0, "y": 0 });
    board.devtools("Input.dispatchMouseEvent", corner).await;
    for size in SIZES {
        board.resize(size).await;
        for theme in THEMES {
            board
                .emulate_media(&[
                    ("prefers-color-scheme", theme),
                    ("prefers-reduced-motion", "reduce"),
                ])
                .await;
            let file = folder.join(format!("{name}-{}x{}-{theme}.png", size.0, size.1));
            let written = fs::write(&file, board.screenshot().await);
            written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }
}
