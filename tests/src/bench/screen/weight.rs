//! What a browser has to load.

use std::collections::BTreeMap;

use serde_json::json;

use super::side::{PEER, Sides};
use crate::bench::{report, size};

/// In thousands of bytes, in brotli.
const AIM: f64 = 120.0;

/// Prints the sum for each side, and what stands behind it: the two pages do not do the same.
pub(super) async fn measure(sides: &Sides) {
    let mut sums = Vec::new();
    for (_, side) in sides.in_turns(0) {
        side.load().await;
        let files = size::files(&side.page, &sides.origin).await;
        let mut parts = BTreeMap::<_, f64>::new();
        for file in &files {
            *parts.entry(kind(&file.path).to_owned()).or_default() += file.kilobytes;
        }
        parts
            .values_mut()
            .for_each(|sum| *sum = report::round(*sum));
        sums.push((files.iter().map(|file| file.kilobytes).sum::<f64>(), parts));
        side.rest().await;
    }
    let [(ours, parts), (theirs, peer_parts)] = &sums[..] else {
        panic!("there are two sides");
    };
    let mut details = json!({
        "parts_kb": parts, "peer_parts_kb": peer_parts, "ahead": ours <= theirs,
        "what": "the whole page: log-in, dialogs, commands, lists, search, and the pages of the other roles",
        "peer_what": "the board alone, to look at",
    });
    report::aimed(&mut details, AIM, *ours);
    report::beside("screen.transfer", "KB", *ours, PEER, *theirs, details);
}

/// What a file is: its ending, or else what is asked over HTTP.
fn kind(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or(path);
    match path.rsplit_once('.') {
        Some((_, ending)) => ending,
        None => path,
    }
}
