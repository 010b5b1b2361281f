//! What came of each side's turns, and its lines.

use serde_json::json;

use super::side::{PEER, Sides};
use crate::bench::report;

/// The values of a measurement, ours and the peer's.
#[derive(Debug, Default)]
pub(super) struct Samples([Vec<f64>; 2]);

impl Samples {
    /// `side` is as [`Sides::in_turns`] counts.
    pub(super) fn add(&mut self, side: usize, value: f64) {
        self.0[side].push(value);
    }

    pub(super) fn extend(&mut self, side: usize, values: impl IntoIterator<Item = f64>) {
        self.0[side].extend(values);
    }

    /// Prints the median.
    pub(super) fn print(&self, sides: &Sides, name: &str, unit: &'static str, aim: Option<f64>) {
        self.print_percentile(sides, name, unit, 50, aim);
    }

    /// Prints the p50 and the p95, each as a line of its own; `aim` is for the p95.
    pub(super) fn print_both(&self, sides: &Sides, name: &str, aim: Option<f64>) {
        for (percent, aim) in [(50, None), (95, aim)] {
            let name = format!("{name}.p{percent}");
            self.print_percentile(sides, &name, "ms", percent, aim);
        }
    }

    fn print_percentile(
        &self,
        sides: &Sides,
        name: &str,
        unit: &'static str,
        percent: usize,
        aim: Option<f64>,
    ) {
        let [ours, theirs] = &self.0;
        let [value, peer] = [ours, theirs].map(|samples| report::percentile_of(samples, percent));
        let size = sides.size;
        let mut details = json!({
            "rooms": size.rooms, "days": size.days, "stays": sides.stays,
            "n": ours.len(), "peer_n": theirs.len(), "ahead": value <= peer,
        });
        if let Some(aim) = aim {
            report::aimed(&mut details, aim, value);
        }
        let name = format!("screen.{}.{name}", size.rooms);
        report::beside(&name, unit, value, PEER, peer, details);
    }
}
