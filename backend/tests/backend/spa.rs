//! The board's files.

use std::fs;

use jetstream_es::testing::Server;
use reqwest::header;

use crate::hotel::Backend;

const HASHED: &str = "/vacancy-board-8a0e6aa7f4c1d9b3.js";

#[tokio::test]
async fn the_board_is_served_as_it_was_built_but_for_the_address_of_nats() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name.trim_start_matches('/'));
        fs::write(path, text).unwrap();
    };
    let page = r#"<!doctype html><meta name=hotel content=main><meta content name=nats-websocket><meta name=time-zone content><script>start()</script>"#;
    write("index.html", page);
    write("manifest.webmanifest", "{}");
    write(HASHED, "script");
    write(&format!("{HASHED}.br"), "packed");
    // The files are there before NATS is.
    let server = Server::start().await;
    let backend = Backend::start(
        &server.url(),
        &[
            "--spa",
            folder.path().to_str().unwrap(),
            "--time-zone",
            "europe/berlin",
            "--nats-websocket",
            "ws://127.0.0.1:9/",
        ],
    );

    let index = backend.get("/").await;
    assert_eq!(index.status(), 200);
    let headers = index.headers().clone();
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains("connect-src 'self' ws://127.0.0.1:9;"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    let text = index.text().await.unwrap();
    assert!(
        text.contains(r#"<meta name="time-zone" content="Europe/Berlin">"#),
        "{text}"
    );
    assert!(
        text.contains(r#"<meta name="nats-websocket" content="ws://127.0.0.1:9/">"#),
        "{text}"
    );

    let plain = backend.get(HASHED).await;
    let cache = plain.headers()[header::CACHE_CONTROL]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(cache.contains("immutable"), "{cache}");
    assert_eq!(plain.text().await.unwrap(), "script");
    let packed = reqwest::Client::new()
        .get(format!("{}{HASHED}", backend.http))
        .header(header::ACCEPT_ENCODING, "br");
    let packed = packed.send().await.unwrap();
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "br");
    assert_eq!(packed.bytes().await.unwrap(), "packed");

    for path in [
        "/nothing-8a0e6aa7f4c1d9b3.js",
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
    ] {
        let missing = backend.get(path).await;
        assert_eq!(missing.status(), 404, "{path}");
        assert_eq!(missing.headers()[header::CACHE_CONTROL], "no-cache");
    }
    let put = reqwest::Client::new().put(format!("{}/mutation/add-room", backend.http));
    let put = put.send().await.unwrap();
    assert_eq!(put.status(), 404);
    assert_eq!(
        put.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
}
