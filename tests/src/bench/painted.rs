//! When something that was clicked, or has changed, is painted.
//!
//! The pages and this program read the clock of the same machine: `performance.timeOrigin + performance.now()` is
//! milliseconds since 1970 as is the system's time here. Painted means: a frame has been made after the element was in the
//! document, so the first message that the page handles after that frame's callback.

use std::time::SystemTime;

use serde_json::json;

use crate::browser::Browser;

/// Notes the moment at which each element that is new in the document has been painted, as `window.painted[booking]`, and
/// the moment of the last click, as `window.clicked`: when the browser got it, which is before the page did.
const WATCH: &str = r#"
    const [selector] = arguments;
    window.painted = {};
    window.waiting = {};
    const clock = () => performance.timeOrigin + performance.now();
    const seen = new Set();
    const look = () => {
        for (const bar of document.querySelectorAll(selector)) {
            const booking = bar.dataset.stay;
            if (seen.has(booking)) continue;
            seen.add(booking);
            requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => {
                    window.painted[booking] = clock();
                    window.waiting[booking]?.(window.painted[booking]);
                };
                channel.port2.postMessage(null);
            });
        }
    };
    look();
    new MutationObserver(look).observe(document.body,
        { subtree: true, childList: true, attributes: true, attributeFilter: ['data-stay', 'data-pending'] });
    addEventListener('click', (event) => {
        window.clicked = performance.timeOrigin + event.timeStamp;
    }, { capture: true });
"#;

/// Notes from now on when each stay that matches `selector` is painted.
pub(super) async fn watch(browser: &Browser, selector: &str) {
    browser.run::<()>(WATCH, json!([selector])).await;
}

/// When the stay of `booking` was painted, in milliseconds since 1970.
pub(super) async fn at(browser: &Browser, booking: String) -> f64 {
    // A callback, since asking over and over would keep the very page busy that is measured.
    let script = "const [booking, done] = arguments;
        if (booking in window.painted) done(window.painted[booking]);
        else window.waiting[booking] = done;";
    browser.run_async(script, vec![booking.into()]).await
}

/// Waits for a stay's bar to say a text, and notes when that is painted as the promise `window.said`.
const EXPECT: &str = r#"
    const [booking, text] = arguments;
    const bar = `[data-stay="${booking}"] > span`;
    window.said = new Promise((done) => {
        const observer = new MutationObserver(() => {
            if (document.querySelector(bar)?.textContent !== text) return;
            observer.disconnect();
            requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => done(performance.timeOrigin + performance.now());
                channel.port2.postMessage(null);
            });
        });
        observer.observe(document.querySelector('[data-board]'),
            { subtree: true, childList: true, characterData: true });
    });
"#;

/// Begins to wait for the bar of `booking` to say `text`, which it does not say now.
pub(super) async fn expect(browser: &Browser, booking: &str, text: &str) {
    browser.run::<()>(EXPECT, json!([booking, text])).await;
}

/// When what was [expected](expect) last was painted, in milliseconds since 1970.
pub(super) async fn said(browser: &Browser) -> f64 {
    let script = "const [done] = arguments; window.said.then(done);";
    browser.run_async(script, Vec::new()).await
}

/// When the page was clicked the last time, in milliseconds since 1970.
pub(super) async fn clicked(browser: &Browser) -> f64 {
    browser.run("return window.clicked", json!([])).await
}

/// The rooms that a board shows without scrolling.
pub(super) async fn rooms(board: &Browser) -> Vec<u32> {
    let script = "const area = document.querySelector('[data-board]').getBoundingClientRect();
        return [...document.querySelectorAll('[data-room]')].filter((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return bottom <= area.bottom - 1 && top >= area.top;
        }).map((row) => Number(row.dataset.room));";
    board.run(script, json!([])).await
}

/// Lets the board begin with the day `first`.
pub(super) async fn go_to(board: &Browser, first: &str) {
    board.set_value(r#"input[name="jump"]"#, first).await;
    board
        .wait_for(&format!(r#"[data-board][data-first="{first}"]"#))
        .await;
}

/// What the clock says that the pages read, too.
pub(super) fn now() -> f64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    elapsed.expect("a clock past 1970").as_secs_f64() * 1_000.0
}
