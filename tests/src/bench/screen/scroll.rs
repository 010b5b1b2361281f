//! Through the whole board, from top to bottom.

use serde_json::json;

use super::probe::Probe;
use super::samples::Samples;
use super::side::Sides;

/// Over so many frames, if each is in time.
const FRAMES: u32 = 300;
/// In milliseconds.
const AIM: f64 = 20.0;

/// Scrolls by the same distance in each frame.
const SCROLL: &str = "const [frames, done] = arguments;
    const area = document.querySelector('[data-board]');
    const step = (area.scrollHeight - area.clientHeight) / frames;
    let left = frames;
    let top = 0;
    const frame = () => {
        top += step;
        area.scrollTop = top;
        if (--left > 0) requestAnimationFrame(frame);
        else done(area.scrollTop);
    };
    requestAnimationFrame(frame);";

pub(super) async fn measure(sides: &Sides, runs: usize) {
    let [mut frames, mut busy, mut dropped] = [(); 3].map(|()| Samples::default());
    for run in 0..runs {
        for (number, side) in sides.in_turns(run) {
            side.load().await;
            let probe = Probe::begin(side).await;
            let scrolled: f64 = side.page.run_async(SCROLL, vec![json!(FRAMES)]).await;
            assert!(scrolled > 0.0, "the board is too small to be scrolled");
            let seen = probe.end().await;
            dropped.add(number, seen.dropped_frames());
            busy.add(number, seen.busy / f64::from(FRAMES));
            frames.extend(number, seen.frames);
            side.rest().await;
        }
    }
    frames.print_both(sides, "scroll", Some(AIM));
    busy.print(sides, "scroll.main-thread", "ms per frame", None);
    dropped.print(sides, "scroll.dropped-frames", "frames", None);
}
