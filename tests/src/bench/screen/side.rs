//! A board in its browser: ours, or the peer's.

use std::time::Duration;

use serde_json::json;
use shared::bookings::BookingId;
use shared::rooms::RoomId;

use super::Size;
use super::house::House;
use crate::bench::first_board::{self, Marks};
use crate::bench::metrics;
use crate::board::{Board, Role};

/// How long a measurement in a page may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// The peer as the lines call it.
pub(super) const PEER: &str = "SolidJS 1.9, nats.js 3.4";

/// Keeps the memory of the WebAssembly that a page loads as `window.wasm`.
const KEEP_MEMORY: &str = "for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
        const made = await original.apply(WebAssembly, args);
        window.wasm = (made.instance ?? made).exports.memory;
        return made;
    };
}";

/// Both boards. Whoever has no turn shows nothing, and is not connected.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) size: Size,
    /// How many stays the hotel has.
    pub(super) stays: usize,
    /// Where the pages come from.
    pub(super) origin: String,
    pub(super) ours: Side,
    pub(super) peer: Side,
}

/// A board.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) page: Board,
    url: String,
}

/// A stay that a board shows without scrolling: its room, and its booking there.
pub(super) type Shown = (RoomId, BookingId);

impl Sides {
    /// Opens both browsers, and logs in.
    pub(super) async fn open(house: &House, size: Size) -> Self {
        let (hotel, days) = (&house.hotel, size.days);
        let nats = hotel.nats.websocket_url();
        let ours = hotel.backend.url(&format!("/?days={days}"));
        let peer = format!("/solid.html?days={days}&nats={nats}");
        let peer = hotel.backend.url(&peer);
        Self {
            size,
            stays: house.stays(),
            origin: hotel.backend.url(""),
            ours: Side::open(house, ours, days).await,
            peer: Side::open(house, peer, days).await,
        }
    }

    /// Ours and the peer's, the one first that is not first in the next run.
    pub(super) fn in_turns(&self, run: usize) -> [(usize, &Side); 2] {
        let (ours, peer) = ((0, &self.ours), (1, &self.peer));
        match run % 2 {
            0 => [ours, peer],
            _ => [peer, ours],
        }
    }
}

impl Side {
    async fn open(house: &House, url: String, days: u32) -> Self {
        // The peer's page needs the cookie as well.
        let page = Board::live(&house.hotel, Role::FrontDesk).await;
        page.set_patience(PATIENCE).await;
        metrics::enable(&page).await;
        first_board::watch(&page, days).await;
        let keep = json!({ "source": KEEP_MEMORY });
        page.devtools("Page.addScriptToEvaluateOnNewDocument", keep)
            .await;
        let side = Self { page, url };
        side.rest().await;
        side
    }

    /// Loads the page, and returns once its board is complete and painted.
    pub(super) async fn load(&self) -> Marks {
        first_board::load(&self.page, &self.url).await
    }

    /// Leaves the page.
    pub(super) async fn rest(&self) {
        self.page.go_to("about:blank").await;
    }

    /// The stays that are shown without scrolling.
    pub(super) async fn shown(&self) -> Vec<Shown> {
        let script = "const area = document.querySelector('[data-board]').getBoundingClientRect();
            return [...document.querySelectorAll('[data-stay]')].filter((bar) => {
                const { top, bottom, left } = bar.getBoundingClientRect();
                return bottom <= area.bottom && top >= area.top && left <= area.right - 60;
            }).map((bar) => [bar.closest('[data-room]').dataset.room, bar.dataset.stay]);";
        let shown: Vec<(String, String)> = self.page.run(script, json!([])).await;
        assert!(!shown.is_empty(), "no stay is shown");
        let stay = |(room, booking): &(String, String)| {
            let room = room.parse().expect("a room's id");
            (room, booking.parse().expect("a booking's id"))
        };
        shown.iter().map(stay).collect()
    }
}
