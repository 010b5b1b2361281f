//! Given these events, when this command comes, then those events happen: rules told by examples (feature `testing`).
//!
//! A scenario is a value. It is played in memory, where it tests the rule alone, or on a real server, where the same
//! example goes through a [`Repository`](crate::Repository), is stored, sent twice and read again.
//!
//! ```no_run
//! # use jetstream_es::{Boundary, Decide, Recorded, StreamSpec};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize)]
//! # #[serde(tag = "type", content = "data")]
//! # enum Counted { #[serde(rename = "up.v1")] Up { counter: String } }
//! # struct Counters;
//! # impl Boundary for Counters {
//! #     type Id = String;
//! #     type Event = Counted;
//! #     type State = u64;
//! #     const STREAM: &'static str = "counters";
//! #     const SOURCE: &'static str = "/example";
//! #     fn filter(name: &String) -> String { format!("counter.{name}") }
//! #     fn subject(Counted::Up { counter }: &Counted) -> String { format!("counter.{counter}") }
//! #     fn about(Counted::Up { counter }: &Counted) -> String { counter.clone() }
//! #     fn evolve(count: u64, _: &Recorded<Counted>) -> u64 { count + 1 }
//! # }
//! # #[derive(Serialize)]
//! # struct CountUp { counter: String }
//! # impl Decide<Counters> for CountUp {
//! #     type Context = ();
//! #     type Refusal = String;
//! #     fn boundary(&self) -> String { self.counter.clone() }
//! #     fn decide(&self, count: &u64, (): &()) -> Result<Vec<Counted>, String> {
//! #         if *count >= 2 { return Err("two is enough".into()) }
//! #         Ok(vec![Counted::Up { counter: self.counter.clone() }])
//! #     }
//! # }
//! # async fn example() {
//! use jetstream_es::scenario::{Stage, given};
//!
//! let up = || Counted::Up { counter: "tea".into() };
//! let count_up = || CountUp { counter: "tea".into() };
//! let scenarios = [
//!     given::<Counters>([]).when(count_up()).then([up()]),
//!     given::<Counters>([up(), up()]).when(count_up()).then_refused("two is enough".into()),
//! ];
//! let stage = Stage::open(StreamSpec::events("counters", ["counter.*"])).await;
//! for scenario in scenarios {
//!     scenario.play();
//!     stage.play(&scenario).await;
//! }
//! # }
//! ```

mod report;
mod stage;

use serde::Serialize;
use serde_json::Value;

use crate::append::Prepared;
use crate::boundary::Boundary;
use crate::cloud_event::Cause;
use crate::decide::Decide;

pub use stage::Stage;

/// The beginning of a scenario: what has happened before.
#[derive(Debug)]
pub struct Given<B: Boundary, K = ()> {
    /// The events of each command before.
    commands: Vec<Vec<B::Event>>,
    context: K,
}

/// A scenario that lacks its end.
#[derive(Debug)]
pub struct When<B: Boundary, C: Decide<B>> {
    given: Vec<Vec<B::Event>>,
    context: C::Context,
    command: C,
}

/// Given these events, when this command comes, then that happens.
#[derive(Debug)]
pub struct Scenario<B: Boundary, C: Decide<B>> {
    given: Vec<Vec<B::Event>>,
    context: C::Context,
    command: C,
    expected: Outcome<B::Event, C::Refusal>,
}

/// What comes of a command.
#[derive(Debug)]
enum Outcome<E, R> {
    Events(Vec<E>),
    Refused(R),
}

/// What has happened before, each of it by a command of its own. Those commands have the ids `given-1`, `given-2`, …
pub fn given<B: Boundary>(events: impl IntoIterator<Item = B::Event>) -> Given<B> {
    Given {
        commands: events.into_iter().map(|event| vec![event]).collect(),
        context: (),
    }
}

impl<B: Boundary, K> Given<B, K> {
    /// What happened after that by one command more, all of it together.
    #[must_use]
    pub fn and_together(mut self, events: impl IntoIterator<Item = B::Event>) -> Self {
        self.commands.push(events.into_iter().collect());
        self
    }

    /// What the command knows beyond the events of its boundary.
    #[must_use]
    pub fn knowing<L>(self, context: L) -> Given<B, L> {
        Given {
            commands: self.commands,
            context,
        }
    }

    /// The command that comes, with the id `when`.
    #[must_use]
    pub fn when<C: Decide<B, Context = K> + Serialize>(self, command: C) -> When<B, C> {
        When {
            given: self.commands,
            context: self.context,
            command,
        }
    }
}

impl<B: Boundary, C: Decide<B>> When<B, C> {
    /// What happens by it.
    #[must_use]
    pub fn then(self, events: impl IntoIterator<Item = B::Event>) -> Scenario<B, C> {
        self.expecting(Outcome::Events(events.into_iter().collect()))
    }

    /// There is nothing to do.
    #[must_use]
    pub fn then_nothing(self) -> Scenario<B, C> {
        self.then([])
    }

    /// Why it is refused.
    #[must_use]
    pub fn then_refused(self, refusal: C::Refusal) -> Scenario<B, C> {
        self.expecting(Outcome::Refused(refusal))
    }

    fn expecting(self, expected: Outcome<B::Event, C::Refusal>) -> Scenario<B, C> {
        Scenario {
            given: self.given,
            context: self.context,
            command: self.command,
            expected,
        }
    }
}

impl<B: Boundary, C: Decide<B> + Serialize> Scenario<B, C> {
    /// Plays it in memory.
    ///
    /// # Panics
    /// When something else happens than is expected, with both told side by side.
    #[track_caller]
    pub fn play(&self) {
        let mut state = B::State::default();
        for (number, events) in (1..).zip(&self.given) {
            state = self.fold(state, events, &given_id(number));
        }
        let outcome = match self.command.decide(&state, &self.context) {
            Ok(events) => {
                // What was decided must be storable, and the fold must take it.
                self.fold(state, &events, WHEN);
                Outcome::Events(events)
            }
            Err(refusal) => Outcome::Refused(refusal),
        };
        self.expect(&outcome, "in memory");
    }

    #[track_caller]
    fn fold(&self, state: B::State, events: &[B::Event], command: &str) -> B::State {
        let (cause, filter) = (Cause::new(command), B::filter(&self.command.boundary()));
        events.iter().fold(state, |state, event| {
            let subject = B::subject(event);
            assert!(
                is_matched(&filter, &subject),
                "the command is about {filter}, and this event about something else: {subject}\n{}",
                report::text(&json(event))
            );
            match Prepared::new::<B>(event, &cause) {
                Ok(event) => B::evolve(state, &event.recorded),
                Err(error) => panic!("{error}\n{}", report::text(&json(event))),
            }
        })
    }

    #[track_caller]
    fn expect(&self, outcome: &Outcome<B::Event, C::Refusal>, place: &str) {
        let (expected, found) = (self.expected.json(), outcome.json());
        if expected != found {
            let given: Vec<Value> = self.given.iter().flatten().map(json).collect();
            let command = (report::name_of::<C>(), json(&self.command));
            panic!(
                "{}",
                report::difference(place, &given, &command, &expected, &found)
            );
        }
    }
}

impl<E: Serialize, R: Serialize> Outcome<E, R> {
    fn json(&self) -> Vec<Value> {
        match self {
            Self::Events(events) => events.iter().map(json).collect(),
            Self::Refused(refusal) => vec![serde_json::json!({"refused": json(refusal)})],
        }
    }
}

/// The id of the command that the scenario is about.
const WHEN: &str = "when";

/// The id of a command before it.
fn given_id(number: usize) -> String {
    format!("given-{number}")
}

#[track_caller]
fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| panic!("not written as JSON: {error}"))
}

/// Whether the filter matches the subject, as the server sees it.
fn is_matched(filter: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    for expected in filter.split('.') {
        match (expected, tokens.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (expected, Some(token)) if expected == token => {}
            _ => return false,
        }
    }
    tokens.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is_matched;

    #[test]
    fn a_filter_matches_as_the_server_does_it() {
        for (filter, subject, expected) in [
            ("a.b", "a.b", true),
            ("a.*", "a.b", true),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
            ("a.*", "a.b.c", false),
            ("a.b.c", "a.b", false),
            ("a.b", "a.c", false),
        ] {
            assert_eq!(is_matched(filter, subject), expected, "{filter} {subject}");
        }
    }
}
