//! A real server to play scenarios on.

use std::marker::PhantomData;

use serde::Serialize;

use super::{Outcome, Scenario, WHEN, given_id, json};
use crate::boundary::Boundary;
use crate::cloud_event::Cause;
use crate::decide::Decide;
use crate::declare::{self, BucketSpec, StreamSpec};
use crate::execute::{Decided, ExecuteError};
use crate::testing::Server;
use crate::{Connection, Repository, history};

const DECISIONS: &str = "decisions";

/// A server with the stream of a boundary, which is made anew for each scenario.
#[derive(Debug)]
pub struct Stage<B> {
    // Before the server it is a connection to.
    connection: Connection,
    _server: Server,
    stream: StreamSpec,
    boundary: PhantomData<fn() -> B>,
}

impl<B: Boundary> Stage<B> {
    /// Starts a server.
    ///
    /// # Panics
    /// When it does not start; see [`Server::start`].
    pub async fn open(stream: StreamSpec) -> Self {
        assert_eq!(stream.name, B::STREAM, "the stream is not the boundary's");
        let server = Server::start().await;
        Self {
            connection: server.connect().await,
            _server: server,
            stream,
            boundary: PhantomData,
        }
    }

    /// Plays a scenario: what is given is appended to an empty stream, the command goes through a repository, and then
    /// once more through another one, which must answer the same and append nothing.
    ///
    /// # Panics
    /// When something else happens than is expected, or the server fails.
    pub async fn play<C: Decide<B> + Serialize>(&self, scenario: &Scenario<B, C>)
    where
        C::Refusal: std::fmt::Debug,
    {
        self.empty().await;
        let id = scenario.command.boundary();
        let repository = self.repository();
        for (number, events) in (1..).zip(&scenario.given) {
            let cause = Cause::new(given_id(number));
            let decide = |_: &B::State| Ok::<_, String>(events.iter().map(copy).collect());
            let stored = repository.execute(&id, &cause, decide).await;
            stored.unwrap_or_else(|error| panic!("what is given is not stored: {error}"));
        }
        let before = self.events(&id).await.len();
        let cause = Cause::new(WHEN);
        let (command, context) = (&scenario.command, &scenario.context);
        let first = repository.handle(command, context, &cause).await;
        let again = self.repository().handle(command, context, &cause).await;
        match (&first, &again) {
            (Ok(Decided::Now(first)), Ok(Decided::Before(again))) if first == again => {}
            (Ok(Decided::Nothing(first)), Ok(Decided::Nothing(again))) if first == again => {}
            (Err(ExecuteError::Refused(first)), Err(ExecuteError::Refused(again)))
                if json(first) == json(again) => {}
            _ => panic!(
                "the command that came again was answered otherwise: {first:?}, then {again:?}"
            ),
        }
        let events = self.events(&id).await.split_off(before);
        let outcome = match first {
            Err(ExecuteError::Refused(refusal)) => {
                assert!(events.is_empty(), "refused, and something was stored");
                Outcome::Refused(refusal)
            }
            _ => Outcome::Events(events),
        };
        scenario.expect(&outcome, "on the server");
    }

    fn repository(&self) -> Repository<B> {
        Repository::new(&self.connection, 1).deciding_once(DECISIONS)
    }

    /// Makes the stream and the bucket of decisions anew.
    async fn empty(&self) {
        let jetstream = self.connection.jetstream();
        let decisions = declare::stream_of_bucket(DECISIONS);
        for stream in [B::STREAM, decisions.as_str()] {
            // There is none before the first scenario; that there is none now is what the declaration below sees.
            drop(jetstream.delete_stream(stream).await);
        }
        let declared = declare::stream(&jetstream, &self.stream).await;
        declared.unwrap_or_else(|error| panic!("{error}"));
        let declared = declare::bucket(&jetstream, &BucketSpec::new(DECISIONS)).await;
        declared.unwrap_or_else(|error| panic!("{error}"));
    }

    async fn events(&self, id: &B::Id) -> Vec<B::Event> {
        let events = history::events::<B>(&self.connection, id).await;
        let events = events.unwrap_or_else(|error| panic!("{error}"));
        events.into_iter().map(|(_, event)| event.event).collect()
    }
}

/// Events need not be `Clone`; that they are written and read is what they are for.
fn copy<E: Serialize + serde::de::DeserializeOwned>(event: &E) -> E {
    let copy = serde_json::from_value(json(event));
    copy.unwrap_or_else(|error| panic!("an event is not read as it was written: {error}"))
}
