//! `bench board`: from a click in one browser to the bar painted in another, the size of the SPA, and the time from the
//! navigation to the first complete board.

use crate::bench::{first_board, latency, size};
use crate::hotel::Hotel;

/// A hotel as `cargo xtask up` starts it.
async fn hotel(rooms: u32) -> Hotel {
    let hotel = Hotel::start().await;
    eprintln!("seeding {rooms} rooms × 60 nights …");
    hotel.backend.seed(rooms, 60).await;
    hotel
}

/// Measures and prints.
pub async fn run() {
    let small = hotel(40).await;
    size::measure(&small).await;
    first_board::measure(&small, "40-rooms", 30).await;
    latency::measure(&small).await;
    drop(small);

    let large = hotel(1_000).await;
    first_board::measure(&large, "1000-rooms", 60).await;
}
