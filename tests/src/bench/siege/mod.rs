//! `bench siege`: how a hotel bears those who mean it no good, or are too many. While they do what they do, the front desk sends its
//! commands as on any other day, ten a second, and how long each took to its outcome is compared with a calm minute before and after.
//! Everything is on this machine, bounded in count and in time, and the attackers take their share of its two cores.
//!
//! ```text
//! desk        the front desk, which goes on working
//! crowd       two thousand guests at once
//! guests      a guest that floods, subscribes without end, never reads, or speaks no protocol
//! handshakes  a thousand connections that begin and do not go on, at each door
//! passwords   somebody who guesses, and the owner meanwhile
//! ```

mod crowd;
mod desk;
mod guests;
mod handshakes;
mod passwords;

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::memory;
use super::report;
use crate::hotel::Hotel;
use desk::Desk;

/// What can be said on the command line.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How many commands the front desk sends under each attack.
    #[arg(long, default_value_t = 200)]
    pub commands: usize,
    /// How many guests come at once.
    #[arg(long, default_value_t = 2_000)]
    pub guests: usize,
    /// How many connections are begun and not gone on with, at each door.
    #[arg(long, default_value_t = 1_000)]
    pub handshakes: usize,
    /// How many passwords of each kind are timed.
    #[arg(long, default_value_t = 40)]
    pub passwords: usize,
    /// What is done; all of it unless told otherwise.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Attack::ALL)]
    pub attacks: Vec<Attack>,
}

/// What is done to the hotel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Attack {
    /// As many guests as there may be, who look at what is free and hear of each change.
    Crowd,
    /// A guest that sends commands as fast as the wire takes them.
    Flood,
    /// A guest that subscribes without end.
    Subscriptions,
    /// A guest that asks for everything and reads nothing.
    NeverReads,
    /// Guests that send what is no protocol.
    Garbage,
    /// Connections that begin and do not go on.
    Handshakes,
    /// Somebody who guesses passwords.
    Passwords,
}

impl Attack {
    const ALL: [Self; 7] = [
        Self::Crowd,
        Self::Flood,
        Self::Subscriptions,
        Self::NeverReads,
        Self::Garbage,
        Self::Handshakes,
        Self::Passwords,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Crowd => "crowd",
            Self::Flood => "flood",
            Self::Subscriptions => "subscriptions",
            Self::NeverReads => "never-reads",
            Self::Garbage => "garbage",
            Self::Handshakes => "handshakes",
            Self::Passwords => "passwords",
        }
    }
}

/// How many rooms the hotel has.
const ROOMS: u32 = 20;
/// How often a command is sent before anything is counted.
const WARM_UP: usize = 50;
/// The p95 of the desk may be so many times that of calm.
const AIM: f64 = 2.0;

/// What an attack came to: `name`, `value`, `unit`.
type Figures = Vec<(&'static str, f64, &'static str)>;

/// Measures, and prints.
pub async fn run(options: &Options) {
    let hotel = Hotel::without_pages([""; 0]).await;
    for room in 1..=ROOMS {
        hotel.add_room(room).await;
    }
    let mut desk = Desk::open(&hotel, ROOMS).await;
    eprintln!("warming up …");
    desk.work(WARM_UP).await;
    for &attack in &options.attacks {
        eprintln!("{} …", attack.name());
        let before = desk.work(options.commands).await;
        let (working, besieged, figures) = under(&hotel, attack, options, desk).await;
        desk = working;
        let after = desk.work(options.commands).await;
        let calm: Vec<f64> = before.into_iter().chain(after).collect();
        print(attack, &calm, &besieged, figures, server_memory(&hotel));
    }
}

/// What the desk's commands took during the attack, and what became of that.
async fn under(
    hotel: &Hotel,
    attack: Attack,
    options: &Options,
    mut desk: Desk,
) -> (Desk, Vec<f64>, Figures) {
    let until = CancellationToken::new();
    let begun = CancellationToken::new();
    let attack_is_over = CancellationToken::new();
    let over = attack_is_over.clone();
    let (enough, commands) = (until.clone().drop_guard(), options.commands);
    // A task of its own, or else it would wait whenever the attacker does not.
    let besieged = begun.clone();
    let work = tokio::spawn(async move {
        desk.rest(besieged).await;
        let took = desk.work(commands).await;
        drop(enough);
        desk.rest(over).await;
        (desk, took)
    });
    // A crowd begins to count when it is there.
    if attack != Attack::Crowd {
        begun.cancel();
    }
    let figures = match attack {
        Attack::Crowd => crowd::come(hotel, options.guests, &begun, until).await,
        Attack::Flood => guests::flood(hotel, until).await,
        Attack::Subscriptions => guests::subscribe(hotel, until).await,
        Attack::NeverReads => guests::never_read(hotel, until).await,
        Attack::Garbage => guests::garbage(hotel, until).await,
        Attack::Handshakes => handshakes::begin(hotel, options.handshakes).await,
        Attack::Passwords => passwords::guess(hotel, options.passwords, until).await,
    };
    attack_is_over.cancel();
    let (desk, took) = work.await.expect("no panic");
    (desk, took, figures)
}

fn print(attack: Attack, calm: &[f64], besieged: &[f64], figures: Figures, server: Value) {
    let name = attack.name();
    for (what, value, unit) in figures {
        report::row(
            &format!("siege.{name}.{what}"),
            report::round(value),
            unit,
            json!({}),
        );
    }
    let commands = besieged.len();
    for percent in [50, 95] {
        let [calm, besieged] =
            [calm, besieged].map(|samples| report::percentile_of(samples, percent));
        let mut details = json!({ "n": commands, "server": server });
        if percent == 95 {
            details["aim"] = AIM.into();
            details["met"] = (besieged <= AIM * calm).into();
        }
        report::beside(
            &format!("siege.{name}.desk.p{percent}"),
            "ms",
            besieged,
            "the same desk in calm",
            calm,
            details,
        );
    }
}

/// What the server has in memory, in MiB.
fn server_memory(hotel: &Hotel) -> Value {
    let kib = |of: fn(u32) -> f64| report::round(of(hotel.nats.process_id()) / 1024.0);
    json!({ "resident_mib": kib(memory::resident), "peak_mib": kib(memory::peak) })
}

/// In milliseconds.
fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
