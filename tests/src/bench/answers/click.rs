//! From a click to its outcome on the page, in a Chromium, while others send commands.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::load::Load;
use super::{AIM, NODE, Options, Sides, Way, ask};
use crate::bench::{painted, report};
use crate::board::{Board, Role, Wish};
use crate::browser::Browser;
use crate::hotel::today;

/// The first day that the board shows, in days from today: the others do not book as far ahead.
const FIRST: i32 = 300;
/// How many nights of those that it shows are booked, from its first one.
const NIGHTS: i32 = 28;
/// Not counted: the first clicks compile and warm up what the others find ready.
const WARM_UP: usize = 5;

/// A page of each side.
struct Pages {
    board: Board,
    form: Browser,
    free: Vec<Wish>,
}

/// Who is clicked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Ours,
    Peer,
}

/// How long the clicks at each side took, in milliseconds.
#[derive(Debug, Default)]
struct Samples {
    ours: Vec<f64>,
    peer: Vec<f64>,
}

/// Measures, and prints. Returns how many bookings were clicked for at each side.
pub(super) async fn measure(sides: &Arc<Sides>, options: &Options) -> Clicks {
    let mut pages = Pages::open(sides).await;
    let mut clicks = Clicks::default();
    for _ in 0..WARM_UP {
        pages.click(Side::Ours, &mut clicks).await;
        pages.click(Side::Peer, &mut clicks).await;
    }
    for &rate in &options.rates {
        let mut samples = Samples::default();
        for run in 0..options.runs {
            eprintln!("clicks among {rate} commands a second, run {} …", run + 1);
            for side in [Side::Ours, Side::Peer] {
                let way = match side {
                    Side::Ours => Way::Nats,
                    Side::Peer => Way::PeerEvents,
                };
                let duration = Duration::from_secs_f64(options.seconds);
                let others = among(sides, way, rate, duration);
                let clicking = async {
                    let start = Instant::now();
                    let mut took = Vec::new();
                    while start.elapsed() < duration {
                        took.push(pages.click(side, &mut clicks).await);
                    }
                    took
                };
                let (took, ()) = tokio::join!(clicking, others);
                match side {
                    Side::Ours => samples.ours.extend(took),
                    Side::Peer => samples.peer.extend(took),
                }
            }
        }
        print(rate, &samples, options.runs);
    }
    clicks
}

/// How many bookings were clicked for.
#[derive(Debug, Default)]
pub(super) struct Clicks {
    pub(super) ours: usize,
    pub(super) peer: usize,
}

/// The commands of others. One a second is a pace that a single person keeps up with, so there is nobody else then.
async fn among(sides: &Arc<Sides>, way: Way, rate: u32, duration: Duration) {
    if rate > 1 {
        let rate = f64::from(rate);
        let load = Load {
            rate,
            count: (rate * duration.as_secs_f64()) as usize,
            delay: Duration::ZERO,
        };
        ask(sides, way, load).await;
        sides.ours.rest().await;
    }
}

impl Pages {
    async fn open(sides: &Sides) -> Self {
        let (board, form) = tokio::join!(
            Board::live(sides.ours.hotel(), Role::FrontDesk),
            Browser::start()
        );
        form.go_to(&sides.peer.url("/")).await;
        form.wait_for(r#"[data-connection="live"]"#).await;
        painted::watch(&form, "[data-stay]").await;

        let first = today().plus_days(FIRST);
        painted::go_to(&board, &first.to_string()).await;
        // A bar that is pending is what the board expects, and not the outcome.
        painted::watch(&board, "[data-stay]:not([data-pending])").await;
        let rooms = painted::rooms(&board).await;
        let nights = (0..NIGHTS).flat_map(|night| rooms.iter().map(move |room| (night, *room)));
        let free = nights
            .zip(900_000_000..)
            .map(|((night, room), client)| Wish {
                room,
                client,
                guest: "Ada Lovelace",
                arrival: first.plus_days(night),
                nights: 1,
            });
        let free = free.collect();
        Self { board, form, free }
    }

    /// Books, and returns how long it took until that was painted, in milliseconds.
    async fn click(&mut self, side: Side, clicks: &mut Clicks) -> f64 {
        let wish = self.free.pop().expect("a free night on the board");
        let page: &Browser = match side {
            Side::Ours => {
                clicks.ours += 1;
                self.board.book(&wish).await;
                &self.board
            }
            Side::Peer => {
                clicks.peer += 1;
                self.book_at_peer(&wish).await;
                &self.form
            }
        };
        let painted = painted::at(page, wish.booking()).await;
        painted - painted::clicked(page).await
    }

    /// Fills in the peer's form and sends it.
    async fn book_at_peer(&self, wish: &Wish) {
        let fields = [
            ("room", wish.room.to_string()),
            ("client", wish.client.to_string()),
            ("guest", wish.guest.to_owned()),
            ("date", wish.arrival.to_string()),
            ("nights", wish.nights.to_string()),
        ];
        for (name, value) in fields {
            let input = format!(r#"input[name="{name}"]"#);
            self.form.set_value(&input, &value).await;
        }
        self.form.click(r#"button[type="submit"]"#).await;
    }
}

fn print(rate: u32, samples: &Samples, runs: usize) {
    for percent in [50, 95, 99] {
        let [ours, peer] =
            [&samples.ours, &samples.peer].map(|took| report::percentile_of(took, percent));
        let mut details = json!({
            "offered": rate, "runs": runs, "n": samples.ours.len(), "peer_n": samples.peer.len(),
        });
        if percent == 95 {
            details["aim"] = report::round(AIM).into();
            details["met"] = (ours <= AIM * peer).into();
        }
        let name = format!("answers.click.{rate}.p{percent}");
        report::beside(&name, "ms", ours, NODE, peer, details);
    }
}
