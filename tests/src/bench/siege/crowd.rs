//! As many guests as there may be, who look at what is free and hear of each change.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Figures, milliseconds};
use crate::bench::report;
use crate::hotel::Hotel;
use crate::wire::{Verdict, Wire};

/// How many of them are on their way in at the same time.
const AT_ONCE: usize = 100;

/// They come all at once, and are `all_in` when the last of them is.
pub(super) async fn come(
    hotel: &Hotel,
    guests: usize,
    all_in: &CancellationToken,
    until: CancellationToken,
) -> Figures {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let (url, origin) = (hotel.nats.websocket_url(), hotel.backend.url(""));
    // What the guests' machines would do is not to stand before what the desk's does: they share the processor, and no queue of tasks.
    let elsewhere = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let start = Instant::now();
    let mut coming = JoinSet::new();
    for _ in 0..guests {
        let (url, origin, places) = (url.clone(), origin.clone(), Arc::clone(&places));
        let come = async move {
            let _place = places.acquire_owned().await.expect("never closed");
            let start = Instant::now();
            let mut wire = Wire::dial(&url, &origin).await.expect("a handshake");
            let verdict = wire.connect().await;
            if verdict == Verdict::Allowed {
                for filter in ["live.vacancy.>", "_INBOX.guest.>"] {
                    assert_eq!(wire.subscribe(filter, None).await, Verdict::Allowed);
                }
            }
            (wire, verdict, milliseconds(start.elapsed()))
        };
        coming.spawn_on(come, elsewhere.handle());
    }
    let mut there = JoinSet::new();
    let mut took = Vec::new();
    let mut turned_away = 0_u32;
    while let Some(came) = coming.join_next().await {
        let (mut wire, verdict, after) = came.expect("no panic");
        if verdict != Verdict::Allowed {
            turned_away += 1;
            continue;
        }
        took.push(after);
        let until = until.clone();
        there.spawn_on(async move { wire.listen(until).await }, elsewhere.handle());
    }
    let took_all = start.elapsed().as_secs_f64();
    all_in.cancel();
    let mut heard = 0_u64;
    let mut lost = 0_u32;
    while let Some(listened) = there.join_next().await {
        match listened.expect("no panic") {
            Ok(messages) => heard += messages,
            Err(_) => lost += 1,
        }
    }
    elsewhere.shutdown_background();
    vec![
        (
            "guests",
            f64::from(u32::try_from(took.len()).expect("few")),
            "connections",
        ),
        ("turned-away", f64::from(turned_away), "connections"),
        ("lost", f64::from(lost), "connections"),
        ("all-in", took_all, "s"),
        ("in.p95", report::percentile_of(&took, 95), "ms"),
        ("heard", heard as f64, "messages"),
    ]
}
