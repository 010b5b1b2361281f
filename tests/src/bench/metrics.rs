//! What Chromium counts for a page.

use serde::Deserialize;
use serde_json::json;

use crate::browser::Browser;

/// In Chromium's own units. Times are of the main thread, from the page's start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metrics {
    /// Seconds of processor time spent on tasks.
    pub(super) tasks: f64,
    /// Bytes that JavaScript uses.
    pub(super) heap: f64,
}

/// Has the browser count from now on.
pub(super) async fn enable(browser: &Browser) {
    // Processor time: whatever else the machine is busy with is not counted.
    let clock = json!({ "timeDomain": "threadTicks" });
    browser.devtools("Performance.setTimeDomain", clock).await;
    browser.devtools("Performance.enable", json!({})).await;
}

pub(super) async fn read(browser: &Browser) -> Metrics {
    #[derive(Deserialize)]
    struct Answer {
        metrics: Vec<Metric>,
    }
    #[derive(Deserialize)]
    struct Metric {
        name: String,
        value: f64,
    }
    let answer = browser.devtools("Performance.getMetrics", json!({})).await;
    let answer: Answer = serde_json::from_value(answer).expect("metrics");
    let value = |name| {
        let mut all = answer.metrics.iter();
        all.find(|metric| metric.name == name)
            .unwrap_or_else(|| panic!("Chromium tells no {name}"))
            .value
    };
    Metrics {
        tasks: value("TaskDuration"),
        heap: value("JSHeapUsedSize"),
    }
}

/// Lets the browser drop what nobody holds any more.
pub(super) async fn collect_garbage(browser: &Browser) {
    browser
        .devtools("HeapProfiler.collectGarbage", json!({}))
        .await;
}
