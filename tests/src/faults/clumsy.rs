//! A handler and a reaction that fail at random, for a moment or for good, and that end without a word in the middle of it; and
//! the operator who has everything tried again that was parked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jetstream_es::dead_letters::DeadLetterError;
use jetstream_es::reaction::{Effect, Reaction, Reactor};
use jetstream_es::{
    Connection, DeadLetters, Failure, Handler, LetterState, Processor, ProcessorSpec, Recorded,
    Start, StoredMessage,
};
use shared::bookings::BookingEvent;
use shared::housekeeping::RequestCleanup;
use shared::subjects::Stream;
use tokio_util::sync::CancellationToken;
use vacancy_backend::bookings::Bookings;
use vacancy_backend::reactions;
use vacancy_load::Dice;

use super::checker::Violation;
use super::record::Record;
use crate::wait;

/// The handler's consumer.
const HANDLER: &str = "clumsy";
/// The reaction's consumer.
const REACTOR: &str = "react-clumsy";
/// What the reaction's commands say of the program that wrote them.
pub(super) const SOURCE: &str = "/clumsy";

/// Notes which events it has handled, and asks for the cleaning of each room that is booked.
#[derive(Clone)]
pub(super) struct Clumsy {
    dice: Arc<Mutex<Dice>>,
    /// Whether it no longer fails.
    well: Arc<AtomicBool>,
    /// Keys and sequences in the order in which they were handled.
    handled: Arc<Mutex<Vec<(String, u64)>>>,
}

impl Clumsy {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            dice: Arc::new(Mutex::new(Dice::new(seed))),
            well: Arc::default(),
            handled: Arc::default(),
        }
    }

    fn below(&self, sides: usize) -> usize {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        dice.below(sides)
    }

    fn stumble(&self) -> Result<(), Failure> {
        if self.well.load(Ordering::Acquire) {
            return Ok(());
        }
        match self.below(30) {
            0..6 => Err(Failure::transient("clumsy")),
            6 => Err(Failure::permanent("clumsy, and for good")),
            7 => Err(Failure::outage("away")),
            _ => Ok(()),
        }
    }

    /// Runs, and ends without a word again and again until `calm`; then runs until `stop`.
    pub(super) async fn run(
        &self,
        connection: &Connection,
        calm: CancellationToken,
        stop: CancellationToken,
    ) {
        while !stop.is_cancelled() {
            let spec = ProcessorSpec {
                concurrency: 8,
                in_flight: 50,
                ..ProcessorSpec::new(Stream::RoomBooking.name(), HANDLER)
            };
            let opened = tokio::join!(
                Processor::open(connection, spec, self.clone()),
                Reactor::open(connection, self.clone())
            );
            // While the server is away they do not open.
            if let (Ok(processor), Ok(reactor)) = opened {
                let life = Duration::from_millis(100 + self.below(3_000) as u64);
                let ends = async {
                    tokio::time::sleep(life).await;
                    if calm.is_cancelled() {
                        std::future::pending::<()>().await;
                    }
                };
                let runs = async {
                    tokio::join!(processor.run(stop.clone()), reactor.run(stop.clone()));
                };
                tokio::select! {
                    () = runs => {}
                    () = ends => {}
                }
            }
            tokio::time::sleep(Duration::from_millis(self.below(50) as u64)).await;
        }
    }

    /// From now on nothing fails, and what was parked is tried again until nothing is.
    pub(super) async fn recover(&self, connection: &Connection) {
        self.well.store(true, Ordering::Release);
        let letters = DeadLetters::new(connection);
        wait::until("all letters of the clumsy to be worked on", async || {
            let mut open = 0;
            for consumer in [HANDLER, REACTOR] {
                for filed in letters.list(Some(consumer)).await.ok()? {
                    let letter = filed.letter;
                    open += usize::from(!letter.state.is_end());
                    if letter.state == LetterState::Parked {
                        match letters.retry(&letter.name(), "the operator").await {
                            // It is no longer parked, or will be asked for again.
                            Ok(_) | Err(DeadLetterError::Changed(_)) => {}
                            Err(error) => eprintln!("not yet tried again: {error}"),
                        }
                    }
                }
            }
            (open == 0).then_some(())
        })
        .await;
    }

    /// What was lost, overtaken, or done twice; and what anybody else has left for an operator.
    pub(super) async fn check(&self, connection: &Connection, record: &Record) -> Vec<Violation> {
        let mut violations = self.check_handled(record);
        violations.extend(check_reactions(record));
        let letters = DeadLetters::new(connection).list(None).await;
        let letters = letters.expect("the letters");
        let left = letters
            .into_iter()
            .filter(|filed| !filed.letter.state.is_end());
        violations.extend(left.map(|filed| Violation::LeftToAnOperator {
            letter: filed.letter.name().to_string(),
            attempts: format!("{:?}", filed.letter.attempts),
        }));
        violations
    }

    fn check_handled(&self, record: &Record) -> Vec<Violation> {
        let handled = self.handled.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = BTreeSet::new();
        let first = handled
            .iter()
            .filter(|(_, sequence)| seen.insert(*sequence));
        let first: Vec<(String, u64)> = first.cloned().collect();
        let mut violations = overtaken(HANDLER, first.iter().cloned());
        let events = &record.events[Stream::RoomBooking.name()];
        let lost = events
            .iter()
            .filter(|event| !seen.contains(&event.sequence));
        violations.extend(lost.map(|event| Violation::NotHandled {
            by: HANDLER,
            sequence: event.sequence,
        }));
        violations
    }
}

/// Each booking has led to one command, and those of a room came in the order of its bookings.
fn check_reactions(record: &Record) -> Vec<Violation> {
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut order = Vec::new();
    let bookings = &record.events[Stream::RoomBooking.name()];
    let bookings = bookings.iter().filter_map(|message| {
        let event: serde_json::Value = serde_json::from_slice(&message.payload).ok()?;
        let booked = event["type"].as_str()?.contains("room-booked");
        let id = event["id"].as_str()?.to_owned();
        let room = event["data"]["room"]["id"].to_string();
        booked.then_some((id, (room, message.sequence)))
    });
    let bookings: BTreeMap<String, (String, u64)> = bookings.collect();
    for command in &record.of_the_clumsy {
        let first = asked.entry(&command.event).or_default();
        if first.is_empty()
            && let Some(place) = bookings.get(&command.event)
        {
            order.push(place.clone());
        }
        first.insert(&command.id);
    }
    let mut violations = overtaken(REACTOR, order.into_iter());
    for (id, (_, sequence)) in &bookings {
        match asked.get(id.as_str()).map_or(0, BTreeSet::len) {
            1 => {}
            0 => violations.push(Violation::NotHandled {
                by: REACTOR,
                sequence: *sequence,
            }),
            commands => violations.push(Violation::ReactedTwice {
                sequence: *sequence,
                commands,
            }),
        }
    }
    violations
}

fn overtaken(by: &'static str, order: impl Iterator<Item = (String, u64)>) -> Vec<Violation> {
    let mut last = BTreeMap::new();
    let mut violations = Vec::new();
    for (key, sequence) in order {
        let before = last.insert(key, sequence).unwrap_or(0);
        if before > sequence {
            violations.push(Violation::Overtaken {
                by,
                sequence,
                before,
            });
        }
    }
    violations
}

impl Handler for Clumsy {
    fn key(&self, message: &StoredMessage) -> String {
        // booking.<room>.…
        let room = message.subject.split('.').nth(1);
        room.unwrap_or_default().to_owned()
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        let dawdles = Duration::from_millis(self.below(5) as u64);
        tokio::time::sleep(dawdles).await;
        self.stumble()?;
        let mut handled = self.handled.lock().unwrap_or_else(PoisonError::into_inner);
        handled.push((Handler::key(self, message), message.sequence));
        Ok(())
    }
}

impl Reaction for Clumsy {
    type Events = Bookings;

    const NAME: &'static str = "clumsy";
    const SOURCE: &'static str = SOURCE;
    const ACTOR: Option<&'static str> = Some(reactions::ACTOR);
    // It opens when the load is on already.
    const FROM: Start = Start::Beginning;

    fn react(&self, event: &Recorded<BookingEvent>) -> Result<Vec<Effect>, Failure> {
        self.stumble()?;
        let BookingEvent::RoomBooked(booked) = &event.event else {
            return Ok(Vec::new());
        };
        let request = RequestCleanup {
            room: booked.room,
            date: booked.arrival,
        };
        let command = reactions::command(&request, booked.room.id.to_string())?;
        Ok(vec![Effect::Send(command)])
    }
}
