//! Every page in every state, for whoever looks at all of them: a camera, or a check of what they all have to fulfil.
//!
//! Each part opens a hotel of its own, and hands each page over, with its name, as soon as it shows what the name says.

use serde_json::json;
use shared::bookings::BookRoom;
use shared::staff::{DisableStaff, EnableStaff, StaffName};
use shared::subjects::DECISIONS;

use crate::board::{Board, Role, Wish};
use crate::browser::Browser;
use crate::hotel::{Hotel, booking, today};
use crate::relay::Relay;
use crate::wait;

/// What asks who is there, and says why somebody is not let in, or no longer.
pub async fn doors(visit: &impl AsyncFn(&Board, &str)) {
    let (mut hotel, relay) = Hotel::behind_relay().await;
    hotel.add_room(1).await;
    let board = Board::open(&hotel).await;
    visit(&board, "log-in").await;
    board.log_in_with("nobody", "knows").await;
    board.wait_for("[data-login-error]").await;
    visit(&board, "wrong-password").await;
    board.go_to(&hotel.backend.url("/#link=none")).await;
    board.wait_for("[data-login-error]").await;
    visit(&board, "link-over").await;

    let enter = async || {
        board.enter(&hotel, Role::FrontDesk).await;
        board.wait_for_connection("live").await;
    };
    let staff: StaffName = "frontdesk".parse().expect("a log-in name");
    enter().await;
    hotel
        .done(DisableStaff {
            staff: staff.clone(),
        })
        .await;
    board.wait_for(r#"[data-told="ended"]"#).await;
    visit(&board, "ended").await;
    hotel.done(EnableStaff { staff }).await;

    enter().await;
    // As a machine that has slept for long finds it: its connection and its session are gone.
    board.forget_cookies().await;
    let later = "const now = Date.now; Date.now = () => now() + 3_600_000;";
    board.run::<()>(later, json!([])).await;
    relay.cut();
    board.wait_for(r#"dialog[data-dialog="over"][open]"#).await;
    visit(&board, "session-over").await;
    relay.restore();

    enter().await;
    hotel.backend.stop().await;
    board.click(r#"[data-action="sign-out"]"#).await;
    board.wait_for(r#"[data-told="not-signed-out"]"#).await;
    visit(&board, "not-signed-out").await;
    hotel.backend.start().await;

    let forgetful = Browser::start_without_storage().await;
    let board = Board::open_in(forgetful, &hotel).await;
    board.log_in(Role::FrontDesk).await;
    board.wait_for(r#"[data-login-error="no-cookie"]"#).await;
    visit(&board, "no-cookie").await;
}

/// A manager's pages, and what the link leads to that is made there.
pub async fn manager(visit: &impl AsyncFn(&Board, &str)) {
    let hotel = seeded(Hotel::start().await).await;
    let board = opened(&hotel, Role::Manager).await;
    visit(&board, "manager").await;
    staff(&hotel, &board, visit).await;
}

/// The board, its dialogs, the lists of today, what is found, and all that a notice can say.
pub async fn front_desk(visit: &impl AsyncFn(&Board, &str)) {
    let (hotel, relay) = Hotel::behind_relay().await;
    let mut hotel = seeded(hotel).await;
    let board = opened(&hotel, Role::FrontDesk).await;
    visit(&board, "front-desk").await;
    lists(&board, visit).await;
    dialogs(&board, visit).await;
    answers(&hotel, &relay, &board, visit).await;
    hotel.nats.kill();
    board.wait_for_connection("stale").await;
    visit(&board, "stale").await;
}

/// Housekeeping's rounds: what is next, inspected or wrong, what waits for a connection, and a page that is loaded without one.
pub async fn housekeeping(visit: &impl AsyncFn(&Board, &str)) {
    let (hotel, relay) = Hotel::behind_relay().await;
    let hotel = seeded(hotel).await;
    let board = opened(&hotel, Role::Housekeeping).await;
    visit(&board, "housekeeping").await;
    let next = |action: &str| format!(r#"[data-next] [data-action="{action}"]"#);
    board.click(&next("clean")).await;
    let inspect = r#"[data-stage="to-inspect"] [data-action="inspect"]"#;
    into_sight(&board, inspect).await;
    board.click(inspect).await;
    board.wait_for(r#"[data-housekeeping="inspected"]"#).await;
    board.click(&next("problem")).await;
    let submit = r#"dialog[data-dialog="problem"][open] button[type="submit"]"#;
    board.click(submit).await;
    board.wait_for("dialog [data-error]").await;
    visit(&board, "problem").await;
    let note = "The window does not close, and the carpet below it is wet";
    board.type_into(r#"dialog [name="note"]"#, note).await;
    board.click(submit).await;
    into_sight(&board, "[data-trouble]").await;
    visit(&board, "trouble").await;

    relay.cut();
    board.wait_for_connection("stale").await;
    board.click(&next("clean")).await;
    board.click(&next("clean")).await;
    board.wait_for(r#"[data-notice="queued"]"#).await;
    visit(&board, "housekeeping-queued").await;
    board
        .click(r#"[data-notice="queued"] [data-action="show-queue"]"#)
        .await;
    board.wait_for("[data-queued]").await;
    visit(&board, "queue").await;
    let urls = json!({ "urls": ["*/hotels/*"] });
    board.devtools("Network.enable", json!({})).await;
    board.devtools("Network.setBlockedURLs", urls).await;
    board.go_to(&hotel.backend.url("/")).await;
    board.wait_for("[data-as-of]").await;
    visit(&board, "remembered").await;
}

/// Scrolls to what the selector finds, once it is there.
async fn into_sight(board: &Board, selector: &str) {
    board.wait_for(selector).await;
    let scroll = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
    board.run::<()>(scroll, json!([selector])).await;
}

/// What guests see, and everybody as long as there are no rooms.
pub async fn guest(visit: &impl AsyncFn(&Board, &str)) {
    let hotel = Hotel::start().await;
    let empty = Board::live(&hotel, Role::FrontDesk).await;
    empty.wait_for("[data-board] .empty").await;
    visit(&empty, "empty").await;
    let hotel = seeded(hotel).await;
    let board = opened(&hotel, Role::Guest).await;
    visit(&board, "guest").await;
    board.click("[data-night] button:enabled").await;
    board.wait_for(r#"[data-hold] [data-action="hold"]"#).await;
    visit(&board, "hold-chosen").await;
    board.click(r#"[data-hold] [data-action="hold"]"#).await;
    board.wait_for("[data-hold] [data-countdown]").await;
    visit(&board, "hold").await;
    board.click(r#"[data-hold] [data-action="confirm"]"#).await;
    board.wait_for("[data-hold] [data-booked]").await;
    visit(&board, "hold-booked").await;
}

async fn seeded(hotel: Hotel) -> Hotel {
    hotel.backend.seed(40, 30).await;
    hotel
}

/// The role's page, once it has something to show.
async fn opened(hotel: &Hotel, role: Role) -> Board {
    let board = Board::live(hotel, role).await;
    let content = match role {
        Role::Manager | Role::FrontDesk => "[data-stay]",
        Role::Housekeeping => "[data-housekeeping]",
        Role::Guest => "[data-night]",
    };
    board.wait_for(content).await;
    board
}

/// The manager's page of the staff, and what the link that is made there leads to.
async fn staff(hotel: &Hotel, board: &Board, visit: &impl AsyncFn(&Board, &str)) {
    board.click(r#"[data-action="show-staff"]"#).await;
    board.wait_for("[data-staff]").await;
    visit(board, "staff").await;
    board
        .click(r#"[data-staff="housekeeping"] [data-action="member"]"#)
        .await;
    board
        .wait_for(r#"dialog[data-dialog="member"][open]"#)
        .await;
    visit(board, "member").await;
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
    visit(board, "add-wrong").await;
    board
        .type_into(r#"dialog [name="name"]"#, "Grace Hopper")
        .await;
    board.type_into(r#"dialog [name="staff"]"#, "grace").await;
    board.click(submit).await;
    board.wait_for("[data-new-link]").await;
    visit(board, "new-link").await;
    let script = "return document.querySelector('[data-new-link]').value.split('#')[1]";
    let link: String = board.run(script, json!([])).await;
    let invited = Board::open(hotel).await;
    invited
        .go_to(&hotel.backend.url(&format!("/#{link}")))
        .await;
    invited.wait_for("form[data-link]").await;
    visit(&invited, "link").await;
}

/// The lists of today, and what the search finds.
async fn lists(board: &Board, visit: &impl AsyncFn(&Board, &str)) {
    board.click(r#"[data-action="show-day"]"#).await;
    board.wait_for("[data-list] [data-stay]").await;
    visit(board, "day").await;
    board.click(r#"[data-action="show-board"]"#).await;
    board.type_into(r#"[name="search"]"#, "an").await;
    board.wait_for("[data-hit]").await;
    visit(board, "search").await;
    board.type_into(r#"[name="search"]"#, "nobody").await;
    board.wait_for(".search .none").await;
    visit(board, "search-none").await;
    board.set_value(r#"[name="search"]"#, "").await;
}

async fn dialogs(board: &Board, visit: &impl AsyncFn(&Board, &str)) {
    board.click(r#"[data-action="book"]"#).await;
    board.wait_for(r#"dialog[data-dialog="book"][open]"#).await;
    visit(board, "book").await;
    board
        .click(r#"dialog[data-dialog="book"] [data-action="cancel"]"#)
        .await;
    board.click("[data-stay]").await;
    board.wait_for(r#"dialog[data-dialog="stay"][open]"#).await;
    visit(board, "stay").await;
    board
        .click(r#"dialog[data-dialog="stay"] [data-action="close"]"#)
        .await;
    moves(board, visit).await;
}

/// A stay in one's hand, over the room below: there it changes places with somebody, or cannot be. And in the lane.
async fn moves(board: &Board, visit: &impl AsyncFn(&Board, &str)) {
    board
        .click(r#"[data-stay][data-due="not-today"]:not([data-pinned])"#)
        .await;
    board
        .click(r#"dialog[data-dialog="stay"] [data-action="move"]"#)
        .await;
    board.wait_for("[data-lane] .prospect").await;
    board.key("ArrowDown").await;
    board.wait_for(".ghost").await;
    visit(board, "move").await;
    board.key("p").await;
    board.wait_for("[data-parked]").await;
    visit(board, "move-parked").await;
    board.click(r#"[data-action="unpark"]"#).await;
}

/// Each state that a booking can be in before it is on the board, and after.
async fn answers(hotel: &Hotel, relay: &Relay, board: &Board, visit: &impl AsyncFn(&Board, &str)) {
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

    // So that there is time to look: accepted, it would soon be late. Whoever looks for long may find the connection given
    // up, which takes a backend that works to come back.
    relay.hold();
    let pending = wish(41, 1);
    board.book(&pending).await;
    board.wait_for(r#"[data-pending="sending"]"#).await;
    visit(board, "pending").await;
    relay.restore();
    board.wait_for_bar(41, &pending.booking(), "booked").await;
    dismiss(board).await;

    hotel.backend.pause();
    board.book(&wish(41, 5)).await;
    board.wait_for(r#"[data-notice="late"]"#).await;
    visit(board, "late").await;
    hotel.backend.resume();
    board.wait_for(r#"[data-notice="done"]"#).await;
    let show = r#"[data-notice="done"] [data-action="show"]"#;
    board.click(show).await;
    visit(board, "done").await;
    dismiss(board).await;

    refused(hotel, board, visit).await;
    parked(hotel, board, visit).await;

    relay.deafen();
    let before = hotel.sent::<BookRoom>().await;
    board.book(&wish(41, 16)).await;
    wait::until("the command", async || {
        (hotel.sent::<BookRoom>().await > before).then_some(())
    })
    .await;
    relay.cut();
    board.wait_for(r#"[data-notice="unsure"]"#).await;
    visit(board, "unsure").await;
    board.book(&wish(42, 20)).await;
    board.wait_for(r#"[data-notice="queued"]"#).await;
    visit(board, "queued").await;
    relay.restore();
    board.wait_for_connection("live").await;
}

/// A booking that comes too late, and its correction.
async fn refused(hotel: &Hotel, board: &Board, visit: &impl AsyncFn(&Board, &str)) {
    let late = wish(42, 1);
    hotel.backend.pause();
    let rival = booking(late.room, 4_712, "Alan Turing", late.arrival, late.nights);
    hotel.send(rival).await;
    board.book(&late).await;
    board.wait_for(r#"[data-notice="late"]"#).await;
    hotel.backend.resume();
    let correct = r#"[data-refusal="room-taken"] [data-action="correct"]"#;
    board.wait_for(correct).await;
    visit(board, "refused").await;
    board.click(correct).await;
    board.wait_for(r#"dialog[open] [data-error="date"]"#).await;
    visit(board, "correct").await;
    let cancel = r#"dialog[data-dialog="book"] [data-action="cancel"]"#;
    board.click(cancel).await;
}

/// A booking that cannot be decided: what nobody can read stands where the decision belongs. Then it is given up.
async fn parked(hotel: &Hotel, board: &Board, visit: &impl AsyncFn(&Board, &str)) {
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
    visit(board, "parked").await;
    let text = board.text(notice).await.unwrap_or_default();
    let name = text
        .rsplit(' ')
        .next()
        .map(|name| name.trim_end_matches('.'));
    let discard = ["discard", name.unwrap_or_default()];
    let output = hotel.backend.run("dlq", &discard).await;
    assert!(output.status.success(), "{output:?}");
    board.wait_for(r#"[data-refusal="discarded"]"#).await;
    visit(board, "given-up").await;
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
