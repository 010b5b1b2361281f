//! What a browser has to load to show the board.

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use serde::Deserialize;
use serde_json::json;

use crate::bench::report;
use crate::board::{Board, Role};
use crate::browser::Browser;
use crate::hotel::Hotel;

/// A file that a page has loaded.
#[derive(Debug)]
pub(super) struct File {
    /// The path below the page's origin.
    pub(super) path: String,
    /// How long its body is in brotli, or as it is where there is no such form.
    pub(super) kilobytes: f64,
    encoding: String,
    loaded: Loaded,
}

/// The same as the browser accounts for it (Resource Timing).
#[derive(Debug, Deserialize)]
struct Loaded {
    url: String,
    /// The body's length as it came over the wire.
    encoded: u64,
    decoded: u64,
}

/// The document and every file that the page has loaded.
const LOADED: &str = "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter((entry) => entry.name.startsWith(location.origin))
    .map((entry) => ({ url: entry.name, encoded: entry.encodedBodySize, decoded: entry.decodedBodySize }));";

/// Loads the page in a fresh browser, and prints the lengths of all files that it loads, and their sum.
pub(super) async fn measure(hotel: &Hotel) {
    let board = Board::live(hotel, Role::FrontDesk).await;
    let files = files(&board, &hotel.backend.url("")).await;
    for file in &files {
        let details = json!({
            "file": file.path, "encoding": file.encoding, "decoded_bytes": file.loaded.decoded,
        });
        report::row("board.file", report::round(file.kilobytes), "KB", details);
    }
    let loaded = || files.iter().map(|file| &file.loaded);
    let details = json!({
        "files": files.len(),
        "not_in_brotli": files.iter().filter(|file| file.encoding != "br").count(),
        "in_browser_bytes": loaded().map(|file| file.encoded).sum::<u64>(),
        "decoded_bytes": loaded().map(|file| file.decoded).sum::<u64>(),
    });
    let sum = files.iter().map(|file| file.kilobytes).sum();
    report::row("board.transfer", report::round(sum), "KB", details);
}

/// The files that the page has loaded from `origin`, each asked for once more, in brotli.
pub(super) async fn files(page: &Browser, origin: &str) -> Vec<File> {
    let loaded: Vec<Loaded> = page.run(LOADED, json!([])).await;
    let client = reqwest::Client::new();
    let mut files = Vec::new();
    for loaded in loaded {
        let request = client.get(&loaded.url).header(ACCEPT_ENCODING, "br");
        let answer = request.send().await.expect("a file that is there");
        let encoding = answer.headers().get(CONTENT_ENCODING);
        let encoding = encoding.map_or("none", |value| value.to_str().expect("a word"));
        let encoding = encoding.to_owned();
        let bytes = answer.bytes().await.expect("a body").len();
        files.push(File {
            path: loaded.url.trim_start_matches(origin).to_owned(),
            kilobytes: kilobytes(bytes),
            encoding,
            loaded,
        });
    }
    files
}

/// In thousands of bytes.
fn kilobytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).expect("below 4 GB")) / 1_000.0
}
