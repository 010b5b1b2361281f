//! The page as an app: it is installed, opens without a network, and is never an old build where there is one.

use serde_json::{Value, json};
use vacancy_tests::another::Another;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::built::Built;
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wait;

const NEW_VERSION: &str = r#"[data-notice="new-version"]"#;

/// Waits until the browser keeps the page with these styles, and returns the paths of all that it keeps.
async fn kept(board: &Board, style: &str) -> Vec<String> {
    let script = "const [done] = arguments;
        (async () => {
            const page = await caches.match('/');
            const requests = page ? await (await caches.open('page')).keys() : [];
            done(requests.map(({ url }) => new URL(url).pathname));
        })();";
    wait::until(&format!("a kept page with {style}"), async || {
        let paths: Vec<String> = board.run_async(script, Vec::new()).await;
        paths.iter().any(|path| path == style).then_some(paths)
    })
    .await
}

/// The path of the style that every page has.
async fn style(board: &Board) -> String {
    let script = "const link = document.querySelector('link[rel=stylesheet][href^=\"/base-\"]');
        if (!link.sheet) throw new Error('the style is not there');
        return link.getAttribute('href')";
    board.run(script, json!([])).await
}

/// Tells the page that there is no network, and then that there is one again.
async fn come_back_online(board: &Board) {
    for offline in [true, false] {
        let network = json!({
            "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1
        });
        board
            .devtools("Network.emulateNetworkConditions", network)
            .await;
    }
}

#[tokio::test]
async fn the_page_of_each_hotel_can_be_installed() {
    let hotel = Hotel::with_rooms(1).await;
    Another::add(&hotel, "sea").await;
    let board = Board::open(&hotel).await;
    // An address without its last slash is not another app.
    for (path, start) in [("/", "/"), ("/sea/", "/sea/"), ("/sea?page=day", "/sea/")] {
        board.go_to(&hotel.backend.url(path)).await;
        board.wait_for("form[data-login]").await;
        let manifest = board.devtools("Page.getAppManifest", json!({})).await;
        assert_eq!(manifest["errors"], json!([]), "{path}");
        let said: Value = serde_json::from_str(manifest["data"].as_str().unwrap()).unwrap();
        let beside: reqwest::Url = manifest["url"].as_str().unwrap().parse().unwrap();
        let start_url = beside.join(said["start_url"].as_str().unwrap()).unwrap();
        assert_eq!(start_url.as_str(), hotel.backend.url(start));
        let errors = board
            .devtools("Page.getInstallabilityErrors", json!({}))
            .await;
        assert_eq!(errors["installabilityErrors"], json!([]), "{path}");
    }
    assert_eq!(board.console_errors().await, [""; 0]);
}

#[tokio::test]
async fn without_a_server_the_page_opens_and_nothing_about_anybody_is_kept() {
    let mut hotel = Hotel::with_rooms(1).await;
    hotel.book(1, 1, "Grace Hopper", today(), 1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.wait_for("[data-stay]").await;
    let kept = kept(&desk, &style(&desk).await).await;
    let is_of_the_build = |path: &String| {
        let end = path.rsplit('.').next().unwrap_or_default();
        path == "/" || ["css", "js", "svg", "wasm"].contains(&end)
    };
    assert!(kept.iter().all(is_of_the_build), "{kept:?}");
    let script = "const [done] = arguments;
        (async () => {
            const names = await caches.keys();
            const texts = [];
            for (const name of names) {
                const cache = await caches.open(name);
                for (const request of await cache.keys()) texts.push(await (await cache.match(request)).text());
            }
            done([names.length, texts.filter((text) => text.includes('Hopper')).length]);
        })();";
    let (caches, with_name): (u32, u32) = desk.run_async(script, Vec::new()).await;
    assert_eq!((caches, with_name), (1, 0));

    hotel.backend.stop().await;
    for path in ["/?page=day", "/sea/"] {
        desk.go_to(&hotel.backend.url(path)).await;
        desk.wait_for("[data-page]").await;
        style(&desk).await;
    }

    // A network that swallows everything is as good as none.
    hotel.backend.start().await;
    hotel.backend.pause();
    desk.go_to(&hotel.backend.url("/")).await;
    desk.wait_for("[data-page]").await;
    hotel.backend.resume();
}

#[tokio::test]
async fn a_new_build_is_there_at_the_first_load_and_of_the_old_one_nothing_is_left() {
    let built = Built::copy();
    let mut hotel = Hotel::with_board(built.folder()).await;
    let board = Board::open(&hotel).await;
    let old = style(&board).await;
    kept(&board, &old).await;
    hotel.backend.stop().await;
    let new = built.build_anew();
    hotel.backend.start().await;

    board.go_to(&hotel.backend.url("/")).await;
    board.wait_for("form[data-login]").await;
    assert_eq!(style(&board).await, new);
    wait::until("the old style to be gone", async || {
        let paths = kept(&board, &new).await;
        (!paths.contains(&old)).then_some(())
    })
    .await;
    hotel.backend.stop().await;
    board.go_to(&hotel.backend.url("/")).await;
    board.wait_for("[data-page]").await;
    assert_eq!(style(&board).await, new);
}

#[tokio::test]
async fn an_open_page_tells_of_a_new_build_and_of_no_other() {
    let built = Built::copy();
    let mut hotel = Hotel::with_board(built.folder()).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let looks = "return performance.getEntriesByType('resource')
        .filter(({ name }) => new URL(name).pathname === '/').length";
    come_back_online(&desk).await;
    wait::until("a look at the server's page", async || {
        let looks: u32 = desk.run(looks, json!([])).await;
        (looks > 0).then_some(())
    })
    .await;
    // What follows from the look follows before the next frames.
    desk.emulate_media(&[]).await;
    assert!(!desk.has(NEW_VERSION).await);

    hotel.backend.stop().await;
    let new = built.build_anew();
    hotel.backend.start().await;
    come_back_online(&desk).await;
    desk.wait_for(NEW_VERSION).await;
    desk.leave_a_mark().await;
    desk.click(&format!(r#"{NEW_VERSION} [data-action="reload"]"#))
        .await;
    desk.wait_for(&format!(r#"link[href="{new}"]"#)).await;
    desk.wait_for_connection("live").await;
    assert!(!desk.has(NEW_VERSION).await);
}
