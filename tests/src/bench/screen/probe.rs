//! Frames and long tasks of a page.

use serde::Deserialize;
use serde_json::json;

use super::side::Side;
use crate::bench::metrics;

/// How long a frame is, in milliseconds.
const FRAME: f64 = 1_000.0 / 60.0;

const BEGIN: &str = "const probe = window.probe = { frames: [], tasks: [] };
    const observer = new PerformanceObserver((list) => {
        probe.tasks.push(...list.getEntries().map((task) => task.duration));
    });
    observer.observe({ type: 'longtask' });
    let before;
    const frame = (now) => {
        if (before !== undefined) probe.frames.push(now - before);
        before = now;
        if (!probe.stopped) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);";

/// The browser tells of a task after it, so that a frame later all have been told.
const END: &str = "const [done] = arguments;
    const { probe } = window;
    requestAnimationFrame(() => requestAnimationFrame(() => {
        probe.stopped = true;
        done(probe);
    }));";

/// Watches a page from its beginning to its end.
#[derive(Debug)]
pub(super) struct Probe<'a> {
    side: &'a Side,
    tasks_before: f64,
}

/// What it has seen; in milliseconds.
#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    /// From each frame to the next.
    pub(super) frames: Vec<f64>,
    /// The tasks of 50 ms and longer.
    pub(super) tasks: Vec<f64>,
    /// Processor time of the main thread.
    #[serde(skip)]
    pub(super) busy: f64,
}

impl<'a> Probe<'a> {
    pub(super) async fn begin(side: &'a Side) -> Self {
        side.page.run::<()>(BEGIN, json!([])).await;
        let tasks_before = metrics::read(&side.page).await.tasks;
        Self { side, tasks_before }
    }

    pub(super) async fn end(self) -> Seen {
        let page = &self.side.page;
        let mut seen: Seen = page.run_async(END, Vec::new()).await;
        seen.busy = (metrics::read(page).await.tasks - self.tasks_before) * 1_000.0;
        seen
    }
}

impl Seen {
    /// The longest of the long tasks; 0 when there was none.
    pub(super) fn longest_task(&self) -> f64 {
        self.tasks.iter().copied().fold(0.0, f64::max)
    }

    /// How many frames there should have been besides those that there were.
    pub(super) fn dropped_frames(&self) -> f64 {
        let frames = self.frames.iter();
        frames.map(|frame| (frame / FRAME).round() - 1.0).sum()
    }
}
