//! What the page is allowed to do, as the browser sees it.

use serde_json::json;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::Hotel;

#[tokio::test]
async fn the_page_is_isolated_loads_nothing_from_elsewhere_and_runs_no_script_but_its_own() {
    let hotel = Hotel::with_rooms(1).await;
    let board = Board::live(&hotel, Role::FrontDesk).await;
    // COOP and COEP are understood: no other page shares its process.
    let isolated: bool = board.run("return crossOriginIsolated", json!([])).await;
    assert!(isolated);
    let script =
        "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host)
        .filter((host) => host !== location.host);";
    let elsewhere: Vec<String> = board.run(script, json!([])).await;
    assert_eq!(elsewhere, [""; 0]);

    let script = "const [done] = arguments;
        document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.body.append(script);";
    let directive: String = board.run_async(script, Vec::new()).await;
    assert_eq!(directive, "script-src-elem");
    let injected: bool = board.run("return 'injected' in window", json!([])).await;
    assert!(!injected);
    // The cookie is there, and no script sees it.
    let cookies: String = board.run("return document.cookie", json!([])).await;
    assert_eq!(cookies, "");
}
