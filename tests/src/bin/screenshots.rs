//! Pictures of every page, in every size and theme: `cargo run -p vacancy-tests --bin screenshots -- FOLDER`, with the
//! environment of `cargo xtask test`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::json;
use shared::bookings::BookRoom;
use shared::subjects::DECISIONS;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::browser::Browser;
use vacancy_tests::hotel::{Hotel, booking, today};
use vacancy_tests::relay::Relay;
use vacancy_tests::wait;

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
    let (mut hotel, relay) = Hotel::behind_relay().await;
    hotel.backend.seed(40, 60).await;

    let board = Board::open(&hotel).await;
    shoot(&board, &folder, "log-in").await;
    board.log_in_with("nobody", "knows").await;
    board.wait_for("[data-login-error]").await;
    shoot(&board, &folder, "wrong-password").await;
    board.go_to(&hotel.backend.url("/#link=none")).await;
    board.wait_for("[data-login-error]").await;
    shoot(&board, &folder, "link-over").await;
    drop(board);
    for role in Role::ALL {
        let board = Board::live(&hotel, role).await;
        board.wait_for(content(role)).await;
        shoot(&board, &folder, name(role)).await;
        if role == Role::Manager {
            staff(&hotel, &board, &folder).await;
        }
        if role == Role::FrontDesk {
            lists(&board, &folder).await;
            dialogs(&board, &folder).await;
            answers(&hotel, &relay, &board, &folder).await;
            no_cookie(&hotel, &folder).await;
            hotel.nats.kill();
            board.wait_for_connection("stale").await;
            shoot(&board, &folder, "stale").await;
            hotel.nats.restart().await;
        }
    }
}

/// What the picture of the role's page is called.
fn name(role: Role) -> &'static str {
    match role {
        Role::Manager => "manager",
        role => role.page(),
    }
}

/// What is on the page once it has something to show.
fn content(role: Role) -> &'static str {
    match role {
        Role::Manager | Role::FrontDesk => "[data-stay]",
        Role::Housekeeping => "[data-housekeeping]",
        Role::Guest => "[data-night]",
    }
}

/// The manager's page of the staff, and what the link that is made there leads to.
async fn staff(hotel: &Hotel, board: &Board, folder: &Path) {
    board.click(r#"[data-action="show-staff"]"#).await;
    board.wait_for("[data-staff]").await;
    shoot(board, folder, "staff").await;
    board
        .click(r#"[data-staff="housekeeping"] [data-action="member"]"#)
        .await;
    board
        .wait_for(r#"dialog[data-dialog="member"][open]"#)
        .await;
    shoot(board, folder, "member").await;
    board
        .click(r#"dialog[data-dialog="member"] [data-action="close"]"#)
        .await;
    board.click(r#"[data-action="add-staff"]"#).await;
    board
        .wait_for(r#"dialog[data-dialog="add-staff"][open]"#)
        .await;
    let submit = r#"dialog[data-dialog="add-staff"] button[type="submit"]"#;
    board.click(submit).await;
    board.wait_for("dialog [data-error]").await;
    shoot(board, folder, "add-wrong").await;
    board
        .type_into(r#"dialog [name="name"]"#, "Grace Hopper")
        .await;
    board.type_into(r#"dialog [name="staff"]"#, "grace").await;
    board.click(submit).await;
    board.wait_for("[data-new-link]").await;
    shoot(board, folder, "new-link").await;
    let script = "return document.querySelector('[data-new-link]').value.split('#')[1]";
    let link: String = board.run(script, json!([])).await;
    let invited = Board::open(hotel).await;
    invited
        .go_to(&hotel.backend.url(&format!("/#{link}")))
        .await;
    invited.wait_for("form[data-link]").await;
    shoot(&invited, folder, "link").await;
}

/// The lists of today, and what the search finds.
async fn lists(board: &Board, folder: &Path) {
    board.click(r#"[data-action="show-day"]"#).await;
    board.wait_for("[data-list] [data-stay]").await;
    shoot(board, folder, "day").await;
    board.click(r#"[data-action="show-board"]"#).await;
    board.type_into(r#"[name="search"]"#, "an").await;
    board.wait_for("[data-hit]").await;
    shoot(board, folder, "search").await;
    board.type_into(r#"[name="search"]"#, "nobody").await;
    board.wait_for(".search .none").await;
    shoot(board, folder, "search-none").await;
    board.click("[data-board]").await;
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

/// Each state that a booking can be in before it is on the board, and after.
async fn answers(hotel: &Hotel, relay: &Relay, board: &Board, folder: &Path) {
    for room in [41, 42] {
        hotel.add_room(room).await;
    }
    // Only what is nearly in sight is on the page.
    let scroll = r#"const row = document.querySelector('[data-room="42"]');
        if (row) row.scrollIntoView({ block: 'center' });
        else document.querySelector('[data-board]').scrollTop += 200;
        return row !== null"#;
    wait::until("the rooms in sight", async || {
        board.run::<bool>(scroll, json!([])).await.then_some(())
    })
    .await;

    hotel.backend.pause();
    // So that there is time for the pictures: accepted, it would soon be late.
    relay.hold();
    board.book(&wish(41, 1)).await;
    board.wait_for(r#"[data-pending="sending"]"#).await;
    shoot(board, folder, "pending").await;
    relay.restore();
    board.wait_for(r#"[data-notice="late"]"#).await;
    shoot(board, folder, "late").await;
    hotel.backend.resume();
    board.wait_for(r#"[data-notice="done"]"#).await;
    let show = r#"[data-notice="done"] [data-action="show"]"#;
    board.click(show).await;
    shoot(board, folder, "done").await;
    dismiss(board).await;

    refused(hotel, board, folder).await;
    parked(hotel, board, folder).await;

    relay.deafen();
    let before = hotel.sent::<BookRoom>().await;
    board.book(&wish(41, 16)).await;
    wait::until("the command", async || {
        (hotel.sent::<BookRoom>().await > before).then_some(())
    })
    .await;
    relay.cut();
    board.wait_for(r#"[data-notice="unsure"]"#).await;
    shoot(board, folder, "unsure").await;
    board.book(&wish(42, 20)).await;
    board.wait_for(r#"[data-refusal="not-sent"]"#).await;
    shoot(board, folder, "not-sent").await;
    relay.restore();
    board.wait_for_connection("live").await;
}

/// A booking that comes too late, and its correction.
async fn refused(hotel: &Hotel, board: &Board, folder: &Path) {
    let late = wish(42, 1);
    hotel.backend.pause();
    let rival = booking(late.room, 4_712, "Alan Turing", late.arrival, late.nights);
    hotel.send(rival).await;
    board.book(&late).await;
    board.wait_for(r#"[data-notice="late"]"#).await;
    hotel.backend.resume();
    let correct = r#"[data-refusal="room-taken"] [data-action="correct"]"#;
    board.wait_for(correct).await;
    shoot(board, folder, "refused").await;
    board.click(correct).await;
    board.wait_for(r#"dialog[open] [data-error="date"]"#).await;
    shoot(board, folder, "correct").await;
    let cancel = r#"dialog[data-dialog="book"] [data-action="cancel"]"#;
    board.click(cancel).await;
}

/// A booking that cannot be decided: what nobody can read stands where the decision belongs. Then it is given up.
async fn parked(hotel: &Hotel, board: &Board, folder: &Path) {
    hotel.backend.pause();
    board.book(&wish(42, 8)).await;
    let id = wait::until("the command", async || board.kept().await.pop()).await;
    let bucket = hotel.bucket(DECISIONS).await;
    let key = format!("{id}.booking.42.=3E");
    let put = bucket.put(&key, "not a decision".into()).await;
    put.expect("the bucket takes it");
    hotel.backend.resume();
    let notice = r#"[data-notice="parked"]"#;
    board.wait_for(notice).await;
    shoot(board, folder, "parked").await;
    let text = board.text(notice).await.unwrap_or_default();
    let name = text
        .rsplit(' ')
        .next()
        .map(|name| name.trim_end_matches('.'));
    let discard = ["discard", name.unwrap_or_default()];
    let output = hotel.backend.run("dlq", &discard).await;
    assert!(output.status.success(), "{output:?}");
    board.wait_for(r#"[data-refusal="discarded"]"#).await;
    shoot(board, folder, "given-up").await;
    dismiss(board).await;
}

/// Three nights in `room`, `days` days from now.
fn wish(room: u32, days: i32) -> Wish {
    Wish {
        room,
        client: 4_711,
        guest: "Grace Hopper",
        arrival: today().plus_days(days),
        nights: 3,
    }
}

/// Dismisses the notices that are shown.
async fn dismiss(board: &Board) {
    let script = "document.querySelectorAll('.toast [data-action=dismiss]').forEach((button) => button.click())";
    board.run::<()>(script, json!([])).await;
}

/// What a browser says that keeps nothing, not even who is logged in.
async fn no_cookie(hotel: &Hotel, folder: &Path) {
    let board = Board::open_in(Browser::start_without_storage().await, hotel).await;
    board.log_in(Role::FrontDesk).await;
    board.wait_for(r#"[data-login-error="no-cookie"]"#).await;
    shoot(&board, folder, "no-cookie").await;
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
