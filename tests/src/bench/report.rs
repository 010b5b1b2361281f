//! A measurement's lines.

use serde::Serialize;
use serde_json::{Map, Value};

/// One line: a JSON object with `name`, `value`, `unit`, and what else helps to understand the value.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    pub name: &'a str,
    pub value: f64,
    pub unit: &'static str,
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

/// Prints a line to standard output. `details` is a JSON object.
pub fn row(name: &str, value: f64, unit: &'static str, details: Value) {
    let Value::Object(details) = details else {
        panic!("the details of {name} are no object: {details}");
    };
    let row = Row {
        name,
        value,
        unit,
        details,
    };
    let line = serde_json::to_string(&row).expect("JSON");
    #[expect(clippy::print_stdout, reason = "the lines are what a bench is for")]
    {
        println!("{line}");
    }
}

/// Prints a line with a peer's value beside it; `ratio` is how many times as large ours is.
pub fn beside(
    name: &str,
    unit: &'static str,
    ours: f64,
    peer: &str,
    theirs: f64,
    mut details: Value,
) {
    details["peer"] = peer.into();
    details["peer_value"] = round(theirs).into();
    details["ratio"] = round(ours / theirs).into();
    row(name, round(ours), unit, details);
}

/// Adds to `details` what the value is to be at most, and whether it is.
pub fn aimed(details: &mut Value, aim: f64, value: f64) {
    details["aim"] = aim.into();
    details["met"] = (value <= aim).into();
}

/// Prints the median of our samples beside that of a peer's.
pub fn compared(
    name: &str,
    unit: &'static str,
    ours: &[f64],
    peer: &str,
    theirs: &[f64],
    details: &Value,
) {
    let [ours, theirs] = [ours, theirs].map(|samples| percentile(samples, 50));
    beside(name, unit, ours, peer, theirs, details.clone());
}

/// Prints the p50 and the p95 of `samples`, in milliseconds, each as a line of its own.
pub fn percentiles(name: &str, samples: &[f64], details: &Value) {
    for percent in [50, 95] {
        let mut details = details.clone();
        details["n"] = samples.len().into();
        let value = percentile(samples, percent);
        row(&format!("{name}.p{percent}"), value, "ms", details);
    }
}

/// The smallest of the `samples` that at least `percent` in a hundred of them do not exceed.
pub fn percentile(samples: &[f64], percent: usize) -> f64 {
    round(percentile_of(samples, percent))
}

/// The same, as it is.
pub fn percentile_of(samples: &[f64], percent: usize) -> f64 {
    assert!(!samples.is_empty(), "a percentile of nothing");
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

/// To a hundredth: finer is noise, and the browser's clock is no finer.
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn a_percentile_is_one_of_the_samples() {
        let samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&samples, 50), 50.0);
        assert_eq!(percentile(&samples, 95), 95.0);
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 50), 2.0);
        assert_eq!(percentile(&[7.0], 95), 7.0);
    }
}
