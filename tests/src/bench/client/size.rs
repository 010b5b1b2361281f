//! What the client adds to a page, in brotli, with one feature after the other.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::bench::report;
use crate::tools;

pub(super) fn measure() {
    let folder = tools::client_pages().join("size");
    let size = |name: &str, file: &str| length(&folder.join(name).join(file));
    let empty = size("empty", "client_bg.wasm.br");
    for name in [
        "core",
        "core+nkeys",
        "core+jetstream",
        "core+jetstream+kv",
        "everything",
    ] {
        let details = json!({
            "empty_page_kb": empty,
            "uncompressed_kb": size(name, "client_bg.wasm"),
            "javascript_kb": size(name, "client.js.br"),
        });
        let added = size(name, "client_bg.wasm.br") - empty;
        let name = format!("client.size.{name}");
        report::row(&name, report::round(added), "KB", details);
    }
}

/// In thousands of bytes.
fn length(path: &Path) -> f64 {
    let data = fs::metadata(path);
    let data = data.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    data.len() as f64 / 1_000.0
}
