//! From the navigation to the first complete board.
//!
//! Complete means: the page says that it is live, shows as many days as it was asked to, and has a row and a bar at
//! least; painted means the same as in the measurement of latency. Somebody is logged in: the page asks who it is, and connects.

use serde::Deserialize;
use serde_json::json;
use shared::subjects::STAYS;

use crate::bench::report;
use crate::board::{Board, Role};
use crate::browser::Browser;
use crate::hotel::Hotel;

/// Loads in a fresh browser each, and again in the last one of them.
const LOADS: usize = 7;

/// Runs before the page's own scripts; DAYS is replaced.
const WATCH: &str = r#"(() => {
    const marks = window.marks = {};
    let state = 'days';
    const look = () => {
        if (state === 'days') {
            const days = document.querySelector('input[name="days"][value="DAYS"]');
            if (!days) return;
            state = 'board';
            marks.page = performance.now();
            if (!days.checked) days.click();
        }
        if (state === 'board') {
            const live = document.querySelector('[data-connection="live"]');
            const board = document.querySelector('[data-board][data-days="DAYS"]');
            const rows = document.querySelectorAll('[data-room]').length;
            const bars = document.querySelectorAll('[data-stay]').length;
            if (!live || !board || !rows || !bars) return;
            state = 'painting';
            requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => {
                    marks.board = performance.now();
                    Object.assign(marks, { rows, bars, nodes: document.querySelectorAll('*').length });
                    window.whenPainted?.(marks);
                };
                channel.port2.postMessage(null);
            });
        }
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
})();"#;

/// What the script has noted; times in milliseconds since the navigation started.
#[derive(Debug, Deserialize)]
pub(super) struct Marks {
    /// Connected, with an empty board.
    page: f64,
    pub(super) board: f64,
    pub(super) rows: u32,
    pub(super) bars: u32,
    pub(super) nodes: u32,
}

/// Loads the front desk's board over and over, and prints the medians.
pub(super) async fn measure(hotel: &Hotel, label: &str, days: u32) {
    let stays = hotel.entries(STAYS.name()).await.len();
    let url = hotel.backend.url("/");

    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..LOADS {
        let board = Board::live(hotel, Role::FrontDesk).await;
        let browser: &Browser = &board;
        watch(browser, days).await;
        // The session is all that is left of the log-in.
        forget(browser, &hotel.backend.url("")).await;
        cold.push(load(browser, &url).await);
        warm.push(load(browser, &url).await);
    }
    for (kind, marks) in [("cold", &cold), ("warm", &warm)] {
        let board: Vec<f64> = marks.iter().map(|marks| marks.board).collect();
        let page: Vec<f64> = marks.iter().map(|marks| marks.page).collect();
        let first = &marks[0];
        let details = json!({
            "n": marks.len(), "days": days, "stays": stays, "cache": kind,
            "connected_ms": report::percentile(&page, 50),
            "max_ms": report::percentile(&board, 100),
            "rows_in_dom": first.rows, "bars_in_dom": first.bars, "dom_nodes": first.nodes,
        });
        let name = format!("board.first-board.{label}.{kind}");
        report::row(&name, report::percentile(&board, 50), "ms", details);
    }
}

/// Watches each page that is loaded from now on for a board of so many days.
pub(super) async fn watch(browser: &Browser, days: u32) {
    let script = WATCH.replace("DAYS", &days.to_string());
    let parameters = json!({ "source": script });
    browser
        .devtools("Page.addScriptToEvaluateOnNewDocument", parameters)
        .await;
}

/// Takes away what the browser has kept of pages' files, and the worker that keeps some as well.
pub(super) async fn forget(browser: &Browser, origin: &str) {
    browser
        .devtools("Network.clearBrowserCache", json!({}))
        .await;
    let kept = json!({ "origin": origin, "storageTypes": "service_workers,cache_storage" });
    browser.devtools("Storage.clearDataForOrigin", kept).await;
}

/// Loads a page that is watched, and returns once its board is painted.
pub(super) async fn load(browser: &Browser, url: &str) -> Marks {
    browser.go_to(url).await;
    let script = "const [done] = arguments;
        if (window.marks.board) done(window.marks);
        else window.whenPainted = done;";
    browser.run_async(script, Vec::new()).await
}
