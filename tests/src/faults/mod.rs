//! A hotel under load while its parts are killed, and a checker that says whether anything was lost or done twice.
//!
//! A [`Plan`] comes from a seed: what each client wants, which commands are repeated, and what is killed when. A round
//! carries it out on real processes, records what every client was told, waits until all is quiet, and hands everything
//! to the checker. The plan is the same for the same seed; the moments at which the processes are hit are the
//! operating system's.
//!
//! ```text
//! plan        what is wanted and what fails, from a seed
//! house       one nats-server or three of them, and several backends
//! network     the routes between the servers of a cluster
//! load        clients that carry out the plan and note what they are told
//! rival       a program that decides on the same rooms
//! clumsy      a handler and a reaction that fail at random, and the operator who mends what they leave
//! shaky       a read model whose projector fails again and again
//! history     what they note
//! record      everything that the streams hold afterwards
//! nights      who has which night, folded from raw events without the product's own rules
//! views       the read models: folded from nothing, watched while they change
//! checker     what must hold, whatever failed
//! round       all of it together
//! ```

pub mod checker;
mod clumsy;
pub mod history;
pub mod house;
mod load;
mod network;
pub mod nights;
pub mod plan;
mod record;
mod rival;
pub mod round;
mod shaky;
mod views;

pub use plan::{Plan, Shape};
pub use round::{Report, round};

/// The environment variable with the seed to repeat.
pub const SEED: &str = "VACANCY_FAULT_SEED";

/// The seed to test with: the one in [`SEED`], or a new one.
pub fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|error| panic!("{SEED} says {text:?}: {error}")),
        // A version 7 would begin with the time and be much like the one before.
        Err(_) => uuid::Uuid::new_v4().as_u64_pair().0,
    }
}
