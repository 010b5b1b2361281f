//! What a browser has to load to show the board.

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use serde::Deserialize;
use serde_json::json;

use crate::bench::report;
use crate::board::{Board, Role};
use crate::hotel::Hotel;

/// A file as the browser accounts for it (Resource Timing).
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

/// Loads the page in a fresh browser, asks for each file that it loaded once more, in brotli, and prints the lengths of
/// the bodies and their sum.
pub(super) async fn measure(hotel: &Hotel) {
    let board = Board::live(hotel, Role::FrontDesk).await;
    let files: Vec<Loaded> = board.run(LOADED, json!([])).await;
    let client = reqwest::Client::new();
    let (mut sum, mut in_browser, mut plain) = (0.0, 0, 0);
    let mut unpacked = 0;
    for file in &files {
        let request = client.get(&file.url).header(ACCEPT_ENCODING, "br");
        let answer = request.send().await.expect("a file that is there");
        let encoding = answer.headers().get(CONTENT_ENCODING);
        let encoding = encoding.map_or("none", |value| value.to_str().expect("a word"));
        let encoding = encoding.to_owned();
        unpacked += u32::from(encoding != "br");
        let bytes = answer.bytes().await.expect("a body").len();
        let kilobytes = kilobytes(bytes);
        let name = file.url.trim_start_matches(&hotel.backend.url(""));
        let details = json!({ "file": name, "encoding": encoding, "decoded_bytes": file.decoded });
        report::row("board.file", report::round(kilobytes), "KB", details);
        sum += kilobytes;
        in_browser += file.encoded;
        plain += file.decoded;
    }
    let details = json!({
        "files": files.len(), "not_in_brotli": unpacked,
        "in_browser_bytes": in_browser, "decoded_bytes": plain,
    });
    report::row("board.transfer", report::round(sum), "KB", details);
}

/// In thousands of bytes.
fn kilobytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).expect("below 4 GB")) / 1_000.0
}
