//! What the page is allowed to do, as the browser sees it.

use std::fs;
use std::path::Path;

use serde_json::json;
use vacancy_tests::backend::Backend;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::browser::Browser;
use vacancy_tests::built::Built;
use vacancy_tests::hotel::Hotel;
use vacancy_tests::nats::{NatsServer, Options};
use vacancy_tests::ports::Port;

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

/// Turns one bit of the last byte over.
fn alter(file: &Path) {
    let mut bytes = fs::read(file).expect("a file");
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(file, bytes).expect("written");
}

#[tokio::test]
async fn a_file_that_is_not_the_one_that_was_built_is_not_used() {
    let built = Built::copy();
    let http = Port::lease();
    let nats = NatsServer::start(http.number(), Options::default()).await;
    let options = ["--spa".into(), built.folder().into()];
    let mut backend = Backend::with(http, &nats, options.into());
    backend.start().await;
    let page = backend.url("/");
    let browser = Browser::start().await;
    browser.devtools("Network.enable", json!({})).await;
    let parameters = json!({ "cacheDisabled": true });
    browser
        .devtools("Network.setCacheDisabled", parameters)
        .await;
    // The worker has good copies of what will be altered.
    let parameters = json!({ "bypass": true });
    browser
        .devtools("Network.setBypassServiceWorker", parameters)
        .await;

    browser.go_to(&page).await;
    browser.wait_for("form[data-login]").await;
    let script = "return [...document.querySelectorAll('link[rel=stylesheet], link[rel=modulepreload]')]
        .filter((link) => !link.integrity.startsWith('sha384-')).map((link) => link.href)
        .concat([...document.querySelectorAll('script[src]')].map((script) => script.src))
        .concat([...document.styleSheets].filter((sheet) => !sheet.ownerNode.integrity).map(() => 'a style'));";
    let unchecked: Vec<String> = browser.run(script, json!([])).await;
    assert_eq!(unchecked, [""; 0]);
    assert_eq!(browser.console_errors().await, [""; 0]);

    for end in [".js", ".wasm"] {
        let file = built.file("vacancy-board-", end);
        alter(&file);
        browser.go_to(&page).await;
        browser.wait_for("[data-not-loaded]").await;
        assert!(!browser.has("form[data-login]").await, "{end} was used");
        let errors = browser.console_errors().await.join("\n");
        assert!(errors.contains("integrity"), "{errors}");
        alter(&file);
    }

    alter(&built.file("base-", ".css"));
    browser.go_to(&page).await;
    browser.wait_for("form[data-login]").await;
    let script = "return document.querySelector('link[href^=\"/base-\"]').sheet === null";
    let refused: bool = browser.run(script, json!([])).await;
    assert!(refused, "the style was used");
}
