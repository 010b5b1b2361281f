//! What must hold, whatever failed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::cloud_event::MessageId;
use shared::outcome::{Code, Decision, EventPointer, Refusal};
use shared::subjects::Stream;

use super::history::History;
use super::nights::{Nights, SoldTwice};
use super::record::{self, Record};

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Violation {
    #[error("{command} was acknowledged and has no outcome")]
    NoOutcome { command: MessageId },
    #[error("{command} was not decided, but parked as {letter}")]
    Parked { command: MessageId, letter: String },
    #[error("{command} was lost: it was acknowledged and is not in the stream")]
    Lost { command: MessageId },
    #[error("{command} had one outcome and then another: {first:?}, {second:?}")]
    OutcomeChanged {
        command: MessageId,
        first: Box<Decision>,
        second: Box<Decision>,
    },
    #[error("{command} is done, and its event is not where the outcome says: {event:?}")]
    EventMissing {
        command: MessageId,
        event: EventPointer,
    },
    #[error("{command} was refused ({}), and there are {events} events of it", refusal.code)]
    RefusedAndDone {
        command: MessageId,
        refusal: Box<Refusal>,
        events: usize,
    },
    #[error("{command} was done twice: {event_type} at {sequences:?} of {stream}")]
    DoneTwice {
        command: MessageId,
        stream: &'static str,
        event_type: String,
        sequences: Vec<u64>,
    },
    #[error("nobody asked for the event {sequence} of {stream} (causationid {command:?})")]
    NobodyAsked {
        stream: &'static str,
        sequence: u64,
        command: Option<MessageId>,
    },
    #[error("a stranger used the id {command} and was told {decision:?}")]
    StrangerTold {
        command: MessageId,
        decision: Box<Decision>,
    },
    #[error("a stranger used the id {command} and was told nothing")]
    StrangerNotTold { command: MessageId },
    #[error("the event {sequence} was not worked on by {by}")]
    NotHandled { by: &'static str, sequence: u64 },
    #[error("{by} worked on the event {sequence} after {before}")]
    Overtaken {
        by: &'static str,
        sequence: u64,
        before: u64,
    },
    #[error("the event {sequence} has led to {commands} commands of one reaction")]
    ReactedTwice { sequence: u64, commands: usize },
    #[error("{letter} was left to an operator: {attempts}")]
    LeftToAnOperator { letter: String, attempts: String },
    #[error("a night was sold twice: {0:?}")]
    SoldTwice(SoldTwice),
    #[error("{bucket} {key} is {served:?}; rebuilt from nothing it is {rebuilt:?}")]
    ViewDiffers {
        bucket: &'static str,
        key: String,
        rebuilt: Option<Value>,
        served: Option<Value>,
    },
    #[error("{bucket} {key} went back at revision {revision}, from event {from} to {to}")]
    ViewWentBack {
        bucket: &'static str,
        key: String,
        revision: u64,
        from: u64,
        to: u64,
    },
}

/// An event's place, with what it says.
struct Placed {
    stream: &'static str,
    sequence: u64,
    event_type: String,
}

/// What is wrong with commands, outcomes and events.
pub fn check(history: &History, record: &Record) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut by_command: BTreeMap<MessageId, Vec<Placed>> = BTreeMap::new();
    let accepted: BTreeSet<&str> = record.commands.iter().map(String::as_str).collect();
    let is_asked =
        |command: &MessageId| history.contains_key(command) || accepted.contains(command.as_str());
    let mut nights = Nights::default();
    for (&stream, messages) in &record.events {
        for message in messages {
            let event: Value = serde_json::from_slice(&message.payload).expect("an event");
            let sequence = message.sequence;
            if stream == Stream::RoomBooking.name() {
                let twice = nights.apply(sequence, &event);
                violations.extend(twice.map(Violation::SoldTwice));
            }
            let command = record::cause_of(&event);
            match command {
                Some(command) if is_asked(&command) => {
                    let placed = Placed {
                        stream,
                        sequence,
                        event_type: event["type"].as_str().unwrap_or_default().to_owned(),
                    };
                    by_command.entry(command).or_default().push(placed);
                }
                command => violations.push(Violation::NobodyAsked {
                    stream,
                    sequence,
                    command,
                }),
            }
        }
    }
    violations.extend(done_twice(&by_command));

    violations.extend(strangers(history, record));

    let outcomes = outcomes(history, record, &mut violations);
    for (command, entry) in history {
        if entry.acknowledged.is_some() && !accepted.contains(command.as_str()) {
            violations.push(Violation::Lost {
                command: command.clone(),
            });
        }
    }
    // Those of reactions and deadlines are among them, of which no client knows.
    for command in accepted {
        let command: MessageId = command.parse().expect("a token");
        if !outcomes.contains_key(&command) {
            violations.push(Violation::NoOutcome { command });
        }
    }
    for (command, decision) in outcomes {
        let events = by_command.get(&command).map_or(&[][..], Vec::as_slice);
        match decision {
            Decision::Done { event, .. } => {
                let there = events.iter().any(|placed| {
                    placed.stream == event.stream && placed.sequence == event.sequence
                });
                if !there {
                    violations.push(Violation::EventMissing { command, event });
                }
            }
            Decision::Refused { refusal } if !events.is_empty() => {
                violations.push(Violation::RefusedAndDone {
                    command,
                    refusal: refusal.into(),
                    events: events.len(),
                });
            }
            Decision::Refused { .. } => {}
            // No failure of a process is one that a person has to see to.
            Decision::Parked { letter } => {
                violations.push(Violation::Parked { command, letter });
            }
        }
    }
    violations
}

/// The outcome of each command: what its sender was told, and what the bucket has or had.
fn outcomes(
    history: &History,
    record: &Record,
    violations: &mut Vec<Violation>,
) -> BTreeMap<MessageId, Decision> {
    let told = history.values().flat_map(|entry| &entry.told);
    let told = told.map(|(_, outcome)| outcome);
    let mut decisions: BTreeMap<MessageId, Decision> = BTreeMap::new();
    for outcome in told.chain(&record.outcomes) {
        let command = &outcome.command;
        let decision = without_view(&outcome.decision);
        let first = decisions
            .entry(command.clone())
            .or_insert_with(|| decision.clone());
        if *first != decision {
            violations.push(Violation::OutcomeChanged {
                command: command.clone(),
                first: first.clone().into(),
                second: decision.into(),
            });
        }
    }
    decisions
}

/// The decision itself. Whoever decides is told what the view shows; a command that was done before may be told less.
fn without_view(decision: &Decision) -> Decision {
    let mut decision = decision.clone();
    if let Decision::Done { view, .. } = &mut decision {
        *view = None;
    }
    decision
}

/// Who uses the id of somebody else's command is told that, and nothing else. That nothing was done for it, the events say: they
/// have the id, and none may be there twice.
fn strangers(history: &History, record: &Record) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (command, _) in history.iter().filter(|(_, entry)| entry.by_stranger) {
        let told = record.to_stranger.iter();
        let mut told = told
            .filter(|outcome| outcome.command == *command)
            .peekable();
        if told.peek().is_none() {
            violations.push(Violation::StrangerNotTold {
                command: command.clone(),
            });
        }
        let wrong = told.filter(|outcome| {
            !matches!(&outcome.decision, Decision::Refused { refusal } if refusal.is(Code::CommandIdTaken))
        });
        violations.extend(wrong.map(|outcome| Violation::StrangerTold {
            command: command.clone(),
            decision: outcome.decision.clone().into(),
        }));
    }
    violations
}

/// A decision never has two events of one type about one thing, so two are two decisions on one command.
fn done_twice(by_command: &BTreeMap<MessageId, Vec<Placed>>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (command, events) in by_command {
        let mut sequences: BTreeMap<(&'static str, &str), Vec<u64>> = BTreeMap::new();
        for event in events {
            let kind = (event.stream, event.event_type.as_str());
            sequences.entry(kind).or_default().push(event.sequence);
        }
        let twice = sequences.into_iter().filter(|(_, places)| places.len() > 1);
        violations.extend(
            twice.map(|((stream, event_type), sequences)| Violation::DoneTwice {
                command: command.clone(),
                stream,
                event_type: event_type.to_owned(),
                sequences,
            }),
        );
    }
    violations
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::Bytes;
    use jetstream_es::StoredMessage;
    use serde_json::json;
    use shared::outcome::Outcome;

    use super::super::history::Entry;
    use super::*;

    fn id(text: &str) -> MessageId {
        text.parse().unwrap()
    }

    fn done(sequence: u64) -> Decision {
        let stream = Stream::RoomBooking.name().into();
        Decision::Done {
            event: EventPointer { stream, sequence },
            view: None,
        }
    }

    fn refused() -> Decision {
        Decision::Refused {
            refusal: Refusal::new(Code::RoomTaken, "room.id", "no"),
        }
    }

    /// A history of acknowledged commands with what each was told.
    fn history(told: &[(&str, &[Decision])]) -> History {
        let now = Instant::now();
        let entry = |&(command, decisions): &(&str, &[Decision])| {
            let command = id(command);
            let told = decisions.iter().map(|decision| {
                let outcome = Outcome {
                    command: command.clone(),
                    decision: decision.clone(),
                    next: Vec::new(),
                };
                (now, outcome)
            });
            let entry = Entry {
                command: "book-room",
                acknowledged: Some((now, 1)),
                tries: 1,
                by_stranger: false,
                told: told.collect(),
            };
            (command, entry)
        };
        told.iter().map(entry).collect()
    }

    /// A stream of bookings, each with the command that led to it and its day of arrival.
    fn record(commands: &[&str], booked: &[(&str, &str)]) -> Record {
        let message = |(sequence, (command, arrival)): (u64, &(&str, &str))| {
            let event = json!({
                "type": "vacancy.booking.room-booked.v1", "causationid": command, "data": {
                    "room": {"id": 1}, "client": {"id": 1}, "arrival": arrival, "nights": 1,
                },
            });
            StoredMessage {
                subject: format!("booking.1.{arrival}.1_{arrival}"),
                sequence,
                headers: async_nats::HeaderMap::new(),
                payload: Bytes::from(event.to_string()),
                time: None,
            }
        };
        let messages = (1..).zip(booked).map(message).collect();
        Record {
            events: [(Stream::RoomBooking.name(), messages)].into(),
            commands: commands.iter().map(|&command| command.to_owned()).collect(),
            of_the_clumsy: Vec::new(),
            outcomes: Vec::new(),
            to_stranger: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_wrong_with_what_is_right() {
        let told = history(&[("a", &[done(1), done(1)]), ("b", &[refused()])]);
        let record = record(&["a", "b", "a"], &[("a", "2031-03-01")]);
        assert_eq!(check(&told, &record), []);
    }

    #[test]
    fn a_lost_command_and_one_without_an_outcome_are_found() {
        let violations = check(
            &history(&[("a", &[]), ("b", &[refused()])]),
            &record(&["a"], &[]),
        );
        let expected = [
            Violation::Lost { command: id("b") },
            Violation::NoOutcome { command: id("a") },
        ];
        assert_eq!(violations, expected);
    }

    #[test]
    fn an_outcome_that_changes_is_found() {
        let told = history(&[("a", &[refused(), done(1)])]);
        let found = check(&told, &record(&["a"], &[("a", "2031-03-01")]));
        assert!(
            matches!(
                &found[..],
                [
                    Violation::OutcomeChanged { .. },
                    Violation::RefusedAndDone { events: 1, .. },
                ]
            ),
            "{found:?}"
        );
    }

    #[test]
    fn a_stranger_who_is_told_of_the_first_one_is_found() {
        let mut told = history(&[("a", &[done(1)]), ("b", &[refused()]), ("c", &[refused()])]);
        told.values_mut().for_each(|entry| entry.by_stranger = true);
        let mut record = record(&["a", "b", "c"], &[("a", "2031-03-01")]);
        let taken = Refusal::new(Code::CommandIdTaken, "id", "no");
        let answers = [("a", done(1)), ("b", Decision::Refused { refusal: taken })];
        record.to_stranger = answers
            .map(|(command, decision)| Outcome {
                command: id(command),
                decision,
                next: Vec::new(),
            })
            .into();
        let expected = [
            Violation::StrangerTold {
                command: id("a"),
                decision: done(1).into(),
            },
            Violation::StrangerNotTold { command: id("c") },
        ];
        assert_eq!(check(&told, &record), expected);
    }

    #[test]
    fn an_event_too_many_or_too_few_is_found() {
        let told = history(&[("a", &[done(1)]), ("b", &[done(3)])]);
        let events = [
            ("a", "2031-03-01"),
            ("a", "2031-03-02"),
            ("x", "2031-03-03"),
        ];
        let found = check(&told, &record(&["a", "b"], &events));
        assert!(
            matches!(
                &found[..],
                [
                    Violation::NobodyAsked { sequence: 3, .. },
                    Violation::DoneTwice { .. },
                    Violation::EventMissing { .. },
                ]
            ),
            "{found:?}"
        );
    }
}
