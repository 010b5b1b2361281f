//! From a change in the bucket to the frame that shows it.

use std::time::Duration;

use super::house::House;
use super::samples::Samples;
use super::side::Sides;
use crate::bench::painted;

/// How many changes each side is shown in a run.
const CHANGES: usize = 40;
/// Not counted: the first ones compile and warm up what the others find ready.
const WARM_UP: usize = 10;
/// In milliseconds.
const AIM: f64 = 50.0;

/// Changes one stay after the other.
pub(super) async fn measure(house: &mut House, sides: &Sides, runs: usize) {
    let mut samples = Samples::default();
    for run in 0..runs {
        for (number, side) in sides.in_turns(run) {
            side.load().await;
            let shown = side.shown().await;
            for change in 0..WARM_UP + CHANGES {
                let stay = &shown[change % shown.len()];
                let name = format!("Guest {run} {number} {change}");
                let messages = house.changes(1, stay, &name);
                painted::expect(&side.page, &stay.1.to_string(), &name).await;
                // Changes come whenever they come, and not always at the beginning of a frame.
                tokio::time::sleep(Duration::from_millis((change * 7 % 17) as u64)).await;
                let start = painted::now();
                house.write(&messages).await;
                let painted = painted::said(&side.page).await;
                if change >= WARM_UP {
                    samples.add(number, painted - start);
                }
            }
            side.rest().await;
        }
    }
    samples.print_both(sides, "publish-to-paint", Some(AIM));
}
