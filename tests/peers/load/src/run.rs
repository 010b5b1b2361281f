//! Clients that each send one command after the other, and what came of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::dice::{Dice, Zipf};
use crate::room::Book;

/// Of so many commands one is sent again, long after its answer.
const REPEATED: usize = 50;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// How many clients there are at the same time.
    pub clients: usize,
    /// Over how many rooms their commands are spread.
    pub rooms: usize,
    /// For how long they send.
    pub seconds: f64,
    /// Of all random numbers.
    pub seed: u64,
}

/// A command with the id by which it is recognised when it comes again.
#[derive(Debug, Clone)]
pub struct Wish {
    pub id: String,
    pub book: Book,
}

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Whether it had been done before, so that nothing was appended.
    pub before: bool,
    /// How often somebody else was faster, so that it was decided again.
    pub conflicts: u64,
}

/// One side of the comparison.
pub trait Store: Send + Sync + 'static {
    /// Decides on a command and appends its event, as often as it takes; returns once that is durable.
    fn execute(&self, wish: &Wish) -> impl Future<Output = Answer> + Send;
}

/// What came of all of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// From the first command to the last answer.
    pub seconds: f64,
    /// The ids of the commands that were accepted, once each.
    pub accepted: Vec<String>,
    /// How long each of them took, in milliseconds.
    pub took: Vec<f64>,
    pub conflicts: u64,
    /// Commands that were sent again and recognised.
    pub duplicates: u64,
    /// Commands that were sent again and done again. Must be 0.
    pub done_twice: u64,
}

impl Measured {
    /// Accepted commands a second.
    pub fn rate(&self) -> f64 {
        self.accepted.len() as f64 / self.seconds
    }

    fn add(&mut self, other: Self) {
        self.accepted.extend(other.accepted);
        self.took.extend(other.took);
        self.conflicts += other.conflicts;
        self.duplicates += other.duplicates;
        self.done_twice += other.done_twice;
    }
}

/// Lets the clients send for as long as the load says.
///
/// # Panics
/// When a client does.
pub async fn run<S: Store>(store: &Arc<S>, load: Load) -> Measured {
    let zipf = Arc::new(Zipf::new(load.rooms));
    let start = Instant::now();
    let until = start + Duration::from_secs_f64(load.seconds);
    let mut clients = JoinSet::new();
    for client in 0..load.clients {
        let (store, zipf) = (Arc::clone(store), Arc::clone(&zipf));
        clients.spawn(async move { send(&*store, &zipf, client, load.seed, until).await });
    }
    let mut measured = Measured::default();
    for of_one in clients.join_all().await {
        measured.add(of_one);
    }
    measured.seconds = start.elapsed().as_secs_f64();
    measured
}

async fn send<S: Store>(
    store: &S,
    zipf: &Zipf,
    client: usize,
    seed: u64,
    until: Instant,
) -> Measured {
    let mut dice = Dice::new(seed ^ (client as u64) << 32);
    let mut measured = Measured::default();
    let mut sent: Vec<Wish> = Vec::new();
    while Instant::now() < until {
        if !sent.is_empty() && dice.below(REPEATED) == 0 {
            let again = &sent[dice.below(sent.len())];
            let answer = store.execute(again).await;
            measured.conflicts += answer.conflicts;
            if answer.before {
                measured.duplicates += 1;
            } else {
                measured.done_twice += 1;
            }
            continue;
        }
        let number = sent.len();
        let wish = Wish {
            id: format!("{seed:016x}-{client}-{number}"),
            book: Book {
                room: zipf.draw(&mut dice) as u32,
                client: dice.roll() >> 11,
                guest: "Ada Augusta King, Countess of Lovelace".into(),
                nights: 1 + dice.below(14) as u16,
            },
        };
        let before = Instant::now();
        let answer = store.execute(&wish).await;
        measured.took.push(before.elapsed().as_secs_f64() * 1_000.0);
        measured.conflicts += answer.conflicts;
        measured.accepted.push(wish.id.clone());
        sent.push(wish);
    }
    measured
}
