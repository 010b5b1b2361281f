//! From the navigation to the first complete board, and how many elements that has.

use super::samples::Samples;
use super::side::Sides;
use crate::bench::first_board;

/// In milliseconds, in a hotel of a thousand rooms at most.
const AIM: f64 = 1_000.0;
const AIM_IS_UP_TO: u32 = 1_000;
/// How many elements the page is to have at most.
const MOST_NODES: f64 = 2_000.0;

/// Loads both pages over and over.
pub(super) async fn measure(sides: &Sides, runs: usize) {
    let [mut cold, mut warm, mut nodes, mut bars] = [(); 4].map(|()| Samples::default());
    for run in 0..runs {
        for (number, side) in sides.in_turns(run) {
            first_board::forget(&side.page, &sides.origin).await;
            cold.add(number, side.load().await.board);
            side.rest().await;
            let marks = side.load().await;
            warm.add(number, marks.board);
            nodes.add(number, marks.nodes.into());
            bars.add(number, marks.bars.into());
            side.rest().await;
        }
    }
    let aim = (sides.size.rooms <= AIM_IS_UP_TO).then_some(AIM);
    cold.print(sides, "first-board.cold", "ms", aim);
    warm.print(sides, "first-board.warm", "ms", aim);
    nodes.print(sides, "nodes", "elements", Some(MOST_NODES));
    bars.print(sides, "bars", "stays in the page", None);
}
