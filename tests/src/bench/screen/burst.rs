//! Many changes at once, all over the hotel: as when a channel sends a day's bookings, or a network is there again.

use super::house::House;
use super::probe::Probe;
use super::samples::Samples;
use super::side::Sides;
use crate::bench::painted;

const BURSTS: [usize; 2] = [1_000, 10_000];

/// Writes each burst to both pages in turns. The last change is one that is in sight.
pub(super) async fn measure(house: &mut House, sides: &Sides, runs: usize) {
    for count in BURSTS {
        let [mut painted, mut busy, mut long, mut longest, mut dropped] =
            [(); 5].map(|()| Samples::default());
        for run in 0..runs {
            for (number, side) in sides.in_turns(run) {
                side.load().await;
                let shown = side.shown().await;
                let name = format!("Burst {count} {run} {number}");
                let messages = house.changes(count, &shown[0], &name);
                painted::expect(&side.page, &shown[0].1.to_string(), &name).await;
                let probe = Probe::begin(side).await;
                let start = painted::now();
                house.write(&messages).await;
                painted.add(number, painted::said(&side.page).await - start);
                let seen = probe.end().await;
                busy.add(number, seen.busy);
                long.add(number, seen.tasks.len() as f64);
                longest.add(number, seen.longest_task());
                dropped.add(number, seen.dropped_frames());
                side.rest().await;
            }
        }
        let name = |what: &str| format!("burst.{count}.{what}");
        let none = (count == 10_000).then_some(0.0);
        painted.print(sides, &name("painted"), "ms", None);
        busy.print(sides, &name("main-thread"), "ms", None);
        long.print(sides, &name("long-tasks"), "tasks", none);
        longest.print(sides, &name("longest-task"), "ms", None);
        dropped.print(sides, &name("dropped-frames"), "frames", None);
    }
}
