//! Pages without a connection: what is asked for there waits, and what was known can be read.

use serde_json::json;
use shared::housekeeping::RequestCleanup;
use shared::staff::DisableStaff;
use shared::subjects::Stream;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::browser::Browser;
use vacancy_tests::hotel::{Hotel, booking, room_id, today};
use vacancy_tests::relay::Relay;
use vacancy_tests::wait;

const QUEUED: &str = r#"[data-notice="queued"]"#;
const SHOW_QUEUE: &str = r#"[data-notice="queued"] [data-action="show-queue"]"#;
const NO_COPY: &str = r#"[role="status"] [data-notice="no-copy"]"#;

/// A hotel whose rooms, 1 and 2, are to be cleaned.
async fn hotel() -> (Hotel, Relay) {
    let (hotel, relay) = Hotel::behind_relay().await;
    for room in [1, 2] {
        hotel.add_room(room).await;
        let (room, date) = (room_id(room).into(), today());
        hotel.done(RequestCleanup { room, date }).await;
    }
    (hotel, relay)
}

/// What the browser keeps of the hotel for a start without a connection.
async fn remembered(board: &Board) -> Option<String> {
    // What is deleted leaves its moment and nothing else.
    let script = r"const [done] = arguments;
        const open = indexedDB.open('vacancy');
        open.onupgradeneeded = () => open.transaction.abort();
        open.onerror = () => done(null);
        open.onsuccess = () => {
            const all = open.result.transaction('snapshots').objectStore('snapshots').getAll();
            all.onsuccess = () => {
                open.result.close();
                done(all.result.find((record) => !/^\d+$/.test(record)) ?? null);
            };
        };";
    board.run_async(script, Vec::new()).await
}

/// Waits until the browser keeps something in which `text` stands.
async fn wait_until_remembered(board: &Board, text: &str) {
    wait::until("the copy", async || {
        let remembered = remembered(board).await?;
        remembered.contains(text).then_some(())
    })
    .await;
}

async fn wait_until_forgotten(board: &Board) {
    wait::until_equal("the copy", None, async || remembered(board).await).await;
}

/// Cuts the page off from the hotel, or no longer. The page itself is served all the same.
async fn cut_off(board: &Board, relay: &Relay, off: bool) {
    let urls = if off { vec!["*/hotels/*"] } else { Vec::new() };
    board.devtools("Network.enable", json!({})).await;
    board
        .devtools("Network.setBlockedURLs", json!({ "urls": urls }))
        .await;
    match off {
        true => relay.cut(),
        false => relay.restore(),
    }
}

async fn load_anew(hotel: &Hotel, board: &Board) {
    board.go_to(&hotel.backend.url("/")).await;
}

/// What waits to be sent, as the list shows it.
async fn queue(board: &Board) -> Vec<String> {
    let script = "return [...document.querySelectorAll('[data-queued] strong')].map((what) => what.textContent);";
    board.run(script, json!([])).await
}

async fn wait_for_queue(board: &Board, expected: &[&str]) {
    wait::until_equal("the queue", expected.to_vec(), async || {
        let queue = queue(board).await;
        expected
            .iter()
            .copied()
            .filter(|what| queue.iter().any(|there| there == what) && queue.len() == expected.len())
            .collect::<Vec<_>>()
    })
    .await;
}

/// How many commands of a name housekeeping's browsers have sent.
async fn sent(hotel: &Hotel, name: &str) -> usize {
    let subjects = hotel.subjects(Stream::Commands).await;
    let subject = format!("cmd.housekeeping.housekeeping.{name}");
    subjects.get(&subject).copied().unwrap_or_default()
}

#[tokio::test]
async fn what_is_done_without_a_connection_is_sent_once_when_there_is_one() {
    let (hotel, relay) = hotel().await;
    let page = Board::live(&hotel, Role::Housekeeping).await;
    wait_until_remembered(&page, "rooms 2 ").await;
    relay.cut();
    page.wait_for_connection("stale").await;
    page.clean(1).await;
    page.wait_for(r#"[data-room="1"] [data-action="inspect"]"#)
        .await;
    page.click(r#"[data-room="1"] [data-action="inspect"]"#)
        .await;
    page.wait_for_housekeeping(1, "inspected").await;
    page.clean(2).await;
    page.wait_for(r#"[data-room="2"] [data-pending="queued"]"#)
        .await;
    page.click(SHOW_QUEUE).await;
    let all = [
        "Cleaning of room 101",
        "Inspection of room 101",
        "Cleaning of room 102",
    ];
    wait_for_queue(&page, &all).await;
    assert_eq!(page.kept().await.len(), 3);

    // Over a reload, too. The server of the page is there; that of the messages is not.
    load_anew(&hotel, &page).await;
    page.wait_for_connection("stale").await;
    page.wait_for_housekeeping(1, "inspected").await;
    page.click(SHOW_QUEUE).await;
    wait_for_queue(&page, &all).await;
    // What is withdrawn is never sent.
    let withdraw = r#"[aria-label="Withdraw: Cleaning of room 102"]"#;
    page.click(withdraw).await;
    wait_for_queue(&page, &all[..2]).await;
    page.wait_for_housekeeping(2, "asked").await;
    page.click(r#"dialog[data-dialog="queue"] [data-action="close"]"#)
        .await;

    relay.restore();
    page.wait_for_connection("live").await;
    wait::until("everything to be sent", async || {
        let is_settled = page.kept().await.is_empty() && !page.has("[data-pending]").await;
        is_settled.then_some(())
    })
    .await;
    page.wait_for_housekeeping(1, "inspected").await;
    page.wait_for_housekeeping(2, "asked").await;
    assert!(!page.has(QUEUED).await);
    assert_eq!(page.toasts().await, []);
    assert_eq!(sent(&hotel, "cleanup").await, 1);
    assert_eq!(sent(&hotel, "inspect").await, 1);
}

#[tokio::test]
async fn what_was_decided_otherwise_meanwhile_is_refused_with_its_reason() {
    let (hotel, relay) = hotel().await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let wish = Wish {
        room: 1,
        client: 81,
        guest: "Grace Hopper",
        arrival: today().plus_days(1),
        nights: 2,
    };
    relay.cut();
    desk.wait_for_connection("stale").await;
    desk.book(&wish).await;
    desk.wait_for(QUEUED).await;
    assert_eq!(desk.doubt(&wish.booking()).await.as_deref(), Some("queued"));
    let rival = booking(1, 82, "Alan Turing", wish.arrival, 1);
    hotel.done(rival).await;

    relay.restore();
    desk.wait_for(r#"[data-refusal="room-taken"] [data-action="correct"]"#)
        .await;
    assert_eq!(desk.bar(1, &wish.booking()).await, None);
    assert!(!desk.has(QUEUED).await);
    assert_eq!(desk.kept().await, [""; 0]);
}

#[tokio::test]
async fn a_page_that_is_loaded_without_a_connection_shows_what_was_known_and_goes_on() {
    let (hotel, relay) = hotel().await;
    let arrival = today();
    hotel.book(1, 83, "Ada <b>Lovelace</b>", arrival, 2).await;
    let bar = format!("83_{arrival}");
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    wait_until_remembered(&desk, "Lovelace").await;

    cut_off(&desk, &relay, true).await;
    load_anew(&hotel, &desk).await;
    desk.wait_for_bar(1, &bar, "booked").await;
    assert_eq!(desk.connection().await.as_deref(), Some("stale"));
    let told = desk.text("[data-as-of]").await.unwrap_or_default();
    assert!(
        told.starts_with("As of ") && told.contains(" ago"),
        "{told}"
    );
    assert!(told.contains("only be read"), "{told}");
    // Nobody has said whose session it is.
    desk.clean(1).await;
    desk.wait_for(r#"[data-refusal="not-sent"]"#).await;
    desk.click(r#"[data-refusal] [data-action="dismiss"]"#)
        .await;
    assert_eq!(desk.kept().await, [""; 0]);

    // Meanwhile something comes, and something goes.
    let date = today();
    hotel.book(2, 84, "Meanwhile", date, 1).await;
    desk.leave_a_mark().await;
    cut_off(&desk, &relay, false).await;
    desk.wait_for_connection("live").await;
    desk.wait_for_bar(2, &format!("84_{date}"), "booked").await;
    assert!(!desk.has("[data-as-of]").await);
    desk.clean(1).await;
    desk.wait_for_housekeeping(1, "clean").await;
    desk.assert_not_reloaded().await;
    assert_eq!(desk.toasts().await, []);
}

#[tokio::test]
async fn whose_session_is_over_meanwhile_finds_the_log_in_and_leaves_nothing() {
    let (hotel, relay) = hotel().await;
    let page = Board::live(&hotel, Role::Housekeeping).await;
    wait_until_remembered(&page, "rooms 1 ").await;
    cut_off(&page, &relay, true).await;
    load_anew(&hotel, &page).await;
    page.wait_for_housekeeping(1, "asked").await;
    let staff = "housekeeping".parse().unwrap();
    hotel.done(DisableStaff { staff }).await;

    cut_off(&page, &relay, false).await;
    page.wait_for(r#"[data-told="expired"]"#).await;
    assert!(!page.has("[data-room]").await);
    wait_until_forgotten(&page).await;
}

#[tokio::test]
async fn what_is_older_than_a_session_can_be_is_not_shown() {
    let (hotel, relay) = hotel().await;
    let page = Board::live(&hotel, Role::Housekeeping).await;
    wait_until_remembered(&page, "rooms 1 ").await;
    cut_off(&page, &relay, true).await;
    load_anew(&hotel, &page).await;
    page.wait_for_housekeeping(1, "asked").await;
    let age = r#"const [done] = arguments;
        const open = indexedDB.open('vacancy');
        open.onsuccess = () => {
            const store = open.result.transaction('snapshots', 'readwrite').objectStore('snapshots');
            const get = store.get('main');
            get.onsuccess = () => {
                const aged = get.result.replace(/"until":"[^"]*"/, '"until":"2022-12-12T00:00:00.000Z"');
                store.put(aged, 'main').onsuccess = () => { open.result.close(); done(aged !== get.result); };
            };
        };"#;
    assert!(page.run_async::<bool>(age, Vec::new()).await);
    load_anew(&hotel, &page).await;
    page.wait_for(r#"[data-login-error="no-answer"]"#).await;
    assert!(!page.has("[data-room]").await);
    wait_until_forgotten(&page).await;
}

#[tokio::test]
async fn nothing_of_the_hotel_survives_a_log_out() {
    let (hotel, relay) = hotel().await;
    hotel.book(1, 85, "Katherine Johnson", today(), 1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    wait_until_remembered(&desk, "Johnson").await;
    let first = desk.tab().await;
    let second = desk.open_tab().await;
    load_anew(&hotel, &desk).await;
    desk.wait_for_connection("live").await;

    desk.turn_to(&first).await;
    desk.click(r#"[data-action="sign-out"]"#).await;
    desk.wait_for("form[data-login]").await;
    wait_until_forgotten(&desk).await;
    // A tab that is put away in the same moment writes what it knows, and must not.
    desk.turn_to(&second).await;
    desk.close_tab().await;
    desk.turn_to(&first).await;
    assert_eq!(remembered(&desk).await, None);
    cut_off(&desk, &relay, true).await;
    load_anew(&hotel, &desk).await;
    desk.wait_for(r#"[data-login-error="no-answer"]"#).await;
    assert!(!desk.has("[data-stay]").await);
}

#[tokio::test]
async fn who_signs_out_is_asked_about_what_was_never_sent() {
    let (hotel, relay) = hotel().await;
    let page = Board::live(&hotel, Role::Housekeeping).await;
    relay.cut();
    page.wait_for_connection("stale").await;
    page.clean(1).await;
    page.wait_for(QUEUED).await;
    page.click(r#"[data-action="sign-out"]"#).await;
    wait_for_queue(&page, &["Cleaning of room 101"]).await;
    page.click(r#"dialog[data-dialog="queue"] [data-action="close"]"#)
        .await;
    page.wait_for_housekeeping(1, "clean").await;

    page.click(r#"[data-action="sign-out"]"#).await;
    page.click(r#"dialog[data-dialog="queue"] [data-action="give-up"]"#)
        .await;
    page.wait_for("form[data-login]").await;
    assert_eq!(page.kept().await, [""; 0]);
    relay.restore();
    // Whoever comes next sends nothing of it.
    page.log_in(Role::Housekeeping).await;
    page.wait_for_connection("live").await;
    page.wait_for_housekeeping(1, "asked").await;
    assert_eq!(sent(&hotel, "cleanup").await, 0);
}

#[tokio::test]
async fn two_tabs_send_once_what_one_of_them_has_queued() {
    let (hotel, relay) = hotel().await;
    let page = Board::live(&hotel, Role::Housekeeping).await;
    let first = page.tab().await;
    let second = page.open_tab().await;
    load_anew(&hotel, &page).await;
    page.wait_for_connection("live").await;
    relay.cut();
    page.wait_for_connection("stale").await;
    page.clean(1).await;
    page.wait_for(QUEUED).await;
    page.turn_to(&first).await;
    page.wait_for(QUEUED).await;
    relay.restore();
    for tab in [&first, &second] {
        page.turn_to(tab).await;
        page.wait_for_connection("live").await;
        page.wait_for_housekeeping(1, "clean").await;
        wait::until_equal("the notice", false, async || page.has(QUEUED).await).await;
    }
    wait::until_equal("the kept commands", 0, async || page.kept().await.len()).await;
    assert_eq!(sent(&hotel, "cleanup").await, 1);
    assert_eq!(page.toasts().await, []);
}

/// A browser in which this script has been run before the page's own.
async fn browser_with(script: &str) -> Browser {
    let browser = Browser::start().await;
    let parameters = json!({ "source": script });
    browser
        .devtools("Page.addScriptToEvaluateOnNewDocument", parameters)
        .await;
    browser
}

#[tokio::test]
async fn a_browser_that_keeps_no_copy_says_so_and_works() {
    let hotel = Hotel::with_rooms(1).await;
    let forbidden = "Object.defineProperty(window, 'indexedDB', {
        get() { throw new DOMException('forbidden', 'SecurityError') },
    });";
    let none = "Object.defineProperty(window, 'indexedDB', { value: undefined });";
    let full = "IDBObjectStore.prototype.put = () => {
        throw new DOMException('full', 'QuotaExceededError');
    };";
    for script in [forbidden, none, full] {
        let desk = Board::open_in(browser_with(script).await, &hotel).await;
        desk.log_in(Role::FrontDesk).await;
        desk.wait_for_connection("live").await;
        desk.wait_for(NO_COPY).await;
        desk.click(&format!(r#"{NO_COPY} [data-action="dismiss"]"#))
            .await;
        let (room, date) = (room_id(1).into(), today());
        hotel.done(RequestCleanup { room, date }).await;
        desk.wait_for_housekeeping(1, "asked").await;
        desk.clean(1).await;
        desk.wait_for_housekeeping(1, "clean").await;
        wait::until_equal("the kept commands", 0, async || desk.kept().await.len()).await;
        assert!(!desk.has(NO_COPY).await, "said once");
        assert_eq!(desk.toasts().await, []);
        load_anew(&hotel, &desk).await;
        desk.wait_for_connection("live").await;
    }
}
