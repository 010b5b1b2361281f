//! What is wanted and what fails, from a seed.

use std::time::Duration;

use serde_json::{Value, json};
use shared::Date;
use shared::cloud_event::MessageId;
use vacancy_load::Dice;

/// The first day that anybody wants.
const FIRST_DAY: (i32, u32, u32) = (2031, 3, 1);
/// Over how many days the arrivals are spread: few, so that the clients compete.
const DAYS: usize = 45;
/// The type of every room.
const ROOM_TYPE: &str = "double";
/// Repeated things are about one of the last so many bookings that were wished for, by whomever.
const REMEMBERED: usize = 24;

/// The user who sends commands with ids that others have used.
pub const STRANGER: &str = "stranger";

/// How much there is to do and to survive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    pub clients: usize,
    /// Commands of each client.
    pub commands: usize,
    pub rooms: u32,
    pub backends: usize,
    /// What is hit, in this order, at random points.
    pub faults: Vec<Fault>,
}

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL of a nats-server: of the only one, or of one in a cluster.
    KillServer,
    /// SIGKILL of a backend.
    KillBackend,
    /// SIGKILL of both at once.
    KillBoth,
    /// A nats-server that does nothing for so long that the others go on without it, and that then wakes up.
    HaltServer,
    /// A nats-server of a cluster that the others cannot reach for so long that they go on without it, while its clients can.
    CutOff,
    /// A backend that does nothing for so long that it is taken for dead, and that then works on.
    HaltBackend,
}

impl Fault {
    /// As in the lines of the bench.
    pub fn name(self) -> &'static str {
        match self {
            Self::KillServer => "kill-server",
            Self::KillBackend => "kill-backend",
            Self::KillBoth => "kill-both",
            Self::HaltServer => "halt-server",
            Self::CutOff => "cut-off-server",
            Self::HaltBackend => "halt-backend",
        }
    }
}

/// What is going to happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub seed: u64,
    pub shape: Shape,
    /// What each client does, one after the other.
    pub clients: Vec<Vec<Step>>,
    /// Bookings by a program that decides for itself.
    pub rival: Vec<Step>,
    pub faults: Vec<Incident>,
}

/// A command, and how often it arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub id: MessageId,
    /// The token of the command in subjects.
    pub command: &'static str,
    pub data: Value,
    pub repeated: Repeated,
}

/// What is delivered a second time, as networks and impatient people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    Never,
    /// Twice at once, without a message id that the stream could know it by.
    AtOnce,
    /// Again when its outcome is known, as if it came after the deduplication window.
    Late,
    /// Again when its outcome is known, by somebody else who uses the same id.
    ByStranger,
}

/// A fault with its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident {
    pub fault: Fault,
    /// How many commands the server has acknowledged before.
    pub after: usize,
    /// And then so much later: somewhere in the middle of something.
    pub delay: Duration,
    /// Which of several; taken modulo their number.
    pub which: usize,
    /// For how long it is away.
    pub away: Duration,
}

/// A booking that somebody has wished for.
#[derive(Debug, Clone)]
struct Wished {
    room: u32,
    client: u64,
    arrival: Date,
    nights: usize,
    command: MessageId,
}

impl Plan {
    /// The plan of a seed.
    pub fn new(seed: u64, shape: Shape) -> Self {
        let mut dice = Dice::new(seed);
        let mut wished: Vec<Wished> = Vec::new();
        let mut clients = vec![Vec::new(); shape.clients];
        for number in 0..shape.clients * shape.commands {
            let id: MessageId = format!("{seed:x}-{number}").parse().expect("a token");
            let room = 1 + dice.below(shape.rooms as usize) as u32;
            let (command, data) = command(&mut dice, &mut wished, room, number as u64 + 1, &id);
            let repeated = match dice.below(10) {
                0 => Repeated::AtOnce,
                1 | 2 => Repeated::Late,
                3 => Repeated::ByStranger,
                _ => Repeated::Never,
            };
            clients[number % shape.clients].push(Step {
                id,
                command,
                data,
                repeated,
            });
        }
        let rival = (0..shape.commands).map(|number| {
            let room = 1 + dice.below(shape.rooms as usize);
            let (client, arrival, nights) = (1_000_000 + number, day(&mut dice), 1 + dice.below(3));
            Step {
                id: format!("{seed:x}-rival-{number}").parse().expect("a token"),
                command: "book-room",
                data: json!({
                    "room": {"id": room}, "client": {"id": client}, "date": arrival, "nights": nights,
                }),
                repeated: [Repeated::Never, Repeated::Late][dice.below(2)],
            }
        });
        let rival = rival.collect();
        let faults = incidents(&mut dice, &shape);
        Self {
            seed,
            shape,
            clients,
            rival,
            faults,
        }
    }

    /// What comes before everything else: the rooms.
    pub fn rooms(&self) -> Vec<Step> {
        let add = |room: u32| Step {
            id: format!("{:x}-room-{room}", self.seed)
                .parse()
                .expect("a token"),
            command: "add-room",
            data: json!({
                "room": {"id": room}, "name": (100 + room).to_string(), "type": ROOM_TYPE, "floor": 1,
            }),
            repeated: Repeated::Never,
        };
        (1..=self.shape.rooms).map(add).collect()
    }
}

/// Spreads the faults over the load: each in its own part, so that the load goes on after the last one.
fn incidents(dice: &mut Dice, shape: &Shape) -> Vec<Incident> {
    let part = shape.clients * shape.commands / (shape.faults.len() + 1);
    let numbered = shape.faults.iter().enumerate();
    numbered
        .map(|(number, &fault)| Incident {
            fault,
            after: number * part + dice.below(part.max(1)),
            delay: Duration::from_micros(dice.below(20_000) as u64),
            // The backend that started first is the one that reads, until it fails.
            which: if number == 0 { 0 } else { dice.below(60) },
            away: Duration::from_millis(match fault {
                // Longer than anybody waits for a sign of life.
                Fault::HaltServer | Fault::CutOff | Fault::HaltBackend => {
                    7_000 + dice.below(2_000) as u64
                }
                _ => dice.below(400) as u64,
            }),
        })
        .collect()
}

fn day(dice: &mut Dice) -> Date {
    let (year, month, day) = FIRST_DAY;
    let first = Date::new(year, month, day).expect("a day");
    first.plus_days(dice.below(DAYS) as i32)
}

fn command(
    dice: &mut Dice,
    wished: &mut Vec<Wished>,
    room: u32,
    client: u64,
    id: &MessageId,
) -> (&'static str, Value) {
    let (arrival, nights) = (day(dice), 1 + dice.below(4));
    let kind = dice.below(100);
    if kind < 10 {
        // Nobody knows yet which room it will be.
        let data = json!({
            "type": ROOM_TYPE, "client": {"id": client}, "date": arrival, "nights": nights,
        });
        return (["book-room-type", "hold-room-type"][kind % 2], data);
    }
    if wished.is_empty() || kind < 45 {
        wished.push(Wished {
            room,
            client,
            arrival,
            nights,
            command: id.clone(),
        });
        let data = json!({
            "room": {"id": room}, "client": {"id": client}, "date": arrival, "nights": nights,
        });
        return (if kind < 33 { "book-room" } else { "hold" }, data);
    }
    let recent = wished.len().min(REMEMBERED);
    let about = wished[wished.len() - 1 - dice.below(recent)].clone();
    let Wished {
        room: its_room,
        client,
        arrival: arrived,
        nights: stays,
        command,
    } = about;
    let booking = format!("{client}_{arrived}");
    let of_booking = json!({ "room": {"id": its_room}, "booking": booking });
    let on = |date: Date| json!({ "room": {"id": its_room}, "date": date });
    match kind {
        45..52 => ("cancel", of_booking),
        52..63 => ("confirm", of_booking),
        63..67 => (["pin", "unpin"][dice.below(2)], of_booking),
        67..70 => {
            let mut data = of_booking;
            data["to"] = json!({ "id": room });
            ("change-stay", data)
        }
        70..73 => {
            let mut data = of_booking;
            data["date"] = json!(arrival);
            ("change-stay", data)
        }
        73..78 => {
            let data = json!({
                "room": {"id": its_room}, "client": {"id": client}, "date": arrived,
            });
            ("checkin", data)
        }
        78..83 => {
            let date = arrived.plus_days(dice.below(stays + 1) as i32);
            let data = json!({ "room": {"id": its_room}, "booking": booking, "date": date });
            ("checkout", data)
        }
        83..88 => {
            let data = json!({ "room": {"id": its_room}, "command": command });
            ("undo", data)
        }
        88..94 => ("cleanup", on(arrival)),
        94..96 => ("inspect", on(arrival)),
        96..98 => {
            let mut data = on(arrival);
            data["note"] = "a stain".into();
            ("fail-cleanup", data)
        }
        _ => {
            let data = json!({
                "room": {"id": room}, "date": arrival, "nights": nights, "reason": "a leak",
            });
            ("out-of-order", data)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape {
            clients: 4,
            commands: 50,
            rooms: 3,
            backends: 2,
            faults: vec![Fault::KillServer, Fault::KillBackend],
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_plan() {
        assert_eq!(Plan::new(7, shape()), Plan::new(7, shape()));
        assert_ne!(Plan::new(7, shape()).clients, Plan::new(8, shape()).clients);
    }

    #[test]
    fn every_fault_comes_before_the_load_ends() {
        for seed in 0..100 {
            let plan = Plan::new(seed, shape());
            let moments: Vec<usize> = plan.faults.iter().map(|incident| incident.after).collect();
            assert!(moments.is_sorted() && moments.iter().all(|after| *after < 200 * 2 / 3));
        }
    }
}
