//! The whole way of a command through `vacancy serve`: it is published and stored, taken by the backend, decided, its event
//! stored, and its outcome stored and told to the one who asked. Three writes, one after the other, each on the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use serde_json::json;
use vacancy_load::{Answer, Load, Store, Wish, run};

use super::{Options, ROOMS, report};
use crate::backend::Backend;
use crate::bench::desk::Desk;
use crate::hotel::{booking, today};
use crate::nats::{self, NatsServer};

/// A server and a backend without a page.
struct Whole {
    // Fields are dropped in this order: the server goes last.
    _backend: Backend,
    desk: Desk,
    /// The next night of each room that is free.
    free: Vec<AtomicU32>,
    guests: AtomicU64,
    _nats: NatsServer,
}

/// Measures, and prints.
pub(super) async fn measure(options: &Options) {
    let whole = Arc::new(Whole::start().await);
    for &clients in &options.clients {
        let mut samples = Vec::new();
        for number in 0..options.runs {
            let load = Load {
                clients,
                rooms: ROOMS,
                seconds: options.seconds,
                // Commands of their own, for this hotel knows those of all runs before.
                seed: options.seed ^ (clients as u64) << 40 ^ (number as u64) << 48,
            };
            let before = whole.desk.events().await;
            let measured = run(&whole, load).await;
            assert_eq!(measured.done_twice, 0, "a command was done twice");
            let events = whole.desk.events().await - before;
            let accepted = measured.accepted.len() as u64;
            assert_eq!(events, accepted, "events for the accepted commands");
            samples.push(measured);
        }
        let details =
            json!({ "clients": clients, "runs": options.runs, "seconds": options.seconds });
        let of_each = |of: &dyn Fn(&vacancy_load::Measured) -> f64| {
            let of_each: Vec<f64> = samples.iter().map(of).collect();
            report::percentile(&of_each, 50)
        };
        let rows: [(&str, &'static str, f64); 3] = [
            ("accepted", "commands/s", of_each(&|one| one.rate())),
            (
                "p50",
                "ms",
                of_each(&|one| report::percentile_of(&one.took, 50)),
            ),
            (
                "p99",
                "ms",
                of_each(&|one| report::percentile_of(&one.took, 99)),
            ),
        ];
        for (what, unit, value) in rows {
            report::row(
                &format!("commands.{clients}.whole.{what}"),
                value,
                unit,
                details.clone(),
            );
        }
    }
}

impl Whole {
    async fn start() -> Self {
        let nats = NatsServer::start(8080, nats::Options::default()).await;
        let mut backend = Backend::without_pages(&nats, 1);
        backend.start().await;
        let client = nats.connect("backend").await.expect("a connection");
        let desk = Desk::open(client).await;
        desk.add_rooms(ROOMS).await;
        Self {
            _backend: backend,
            desk,
            free: (0..ROOMS).map(|_| AtomicU32::new(0)).collect(),
            guests: AtomicU64::new(1),
            _nats: nats,
        }
    }
}

impl Store for Whole {
    async fn execute(&self, wish: &Wish) -> Answer {
        let id = wish.id.parse().expect("a token");
        let night = self.free[wish.book.room as usize].fetch_add(1, Ordering::Relaxed);
        let guest = self.guests.fetch_add(1, Ordering::Relaxed);
        let arrival = today().plus_days(i32::try_from(night).expect("a night in this millennium"));
        let command = booking(wish.book.room + 1, guest, "Ada Lovelace", arrival, 1);
        let sent = self.desk.send(id, command).await;
        if !sent.again {
            sent.outcome.done().await;
        }
        Answer {
            before: sent.again,
            conflicts: 0,
        }
    }
}
