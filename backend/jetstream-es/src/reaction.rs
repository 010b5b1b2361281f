//! Reactions, also called process managers: an event comes in, commands go out.
//!
//! A reaction is a pure function from an event to [`Effect`]s. Each has a durable consumer of its own, so one whose events
//! fail holds up no other, and it is no part of a replay or a rebuild: those read the events by other means.
//!
//! What it does twice is done once. The id of a command is made from the name of the reaction, the id of the event and the
//! place of the effect, so a second delivery sends the same command, which is recognised for ever. The command's
//! `causationid` is the id of the event, and its `correlationid` is that of the event.
//!
//! A command may be sent at a time ([`Effect::SendAt`]): it becomes a [deadline](crate::deadlines), which a later event may
//! move or cancel. A [`Forwarder`] sends what is due. The command is decided on then, so one that is no longer wanted is
//! refused, whatever was on its way.

mod forwarder;

use std::fmt;
use std::time::SystemTime;

use async_nats::header::NATS_MESSAGE_ID;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::boundary::{Boundary, NewEvent, Recorded, StoredMessage, kind_and_id};
use crate::cloud_event::{self, Attributes, Metadata};
use crate::deadlines::{Deadlines, Key};
use crate::processor::{Handler, Processor, ProcessorError, ProcessorSpec};
use crate::publish::publish;
use crate::{Breaker, Connection, Failure, Start};

pub use forwarder::Forwarder;

/// The namespace of the ids of commands, of which nobody else makes any.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_0a58_53c7_4d0e_9e63_2f7b_94c1_a7d2);

/// What follows from events, by itself.
pub trait Reaction: Send + Sync + 'static {
    /// The events it reacts to.
    type Events: Boundary;

    /// Its name, part of that of its consumer and of the ids of its commands: never to be changed, and no other's.
    const NAME: &'static str;
    /// The CloudEvents attribute `source` of its commands: a URI reference.
    const SOURCE: &'static str;
    /// Who asks for what it does: the CloudEvents attribute `actor`.
    const ACTOR: Option<&'static str> = None;
    /// The filter of the subjects it reacts to; `None` for all of the stream.
    const FILTER: Option<&'static str> = None;
    /// With which event it begins when it is new to the store. By default with what happens from then on: to react to what
    /// happened long ago is mostly too late, and may do much at once. [`Start::Beginning`] is for what catches up without harm,
    /// such as deadlines of which those that are over lead to nothing. A consumer that has been deleted is new again.
    const FROM: Start = Start::Now;

    /// What the message is about: what is about the same is reacted to in order, and waits if one of it is parked. By
    /// default the first two tokens of the subject, such as `booking.42`: the boundary, if the filters are made so.
    fn key(&self, message: &StoredMessage) -> String {
        kind_and_id(&message.subject)
    }

    /// What follows from the event, in this order. It must follow from the event alone: another delivery has to lead to the
    /// same.
    ///
    /// # Errors
    /// When it is not known what follows. The event is tried again, or parked with those of the same key after it.
    fn react(
        &self,
        event: &Recorded<<Self::Events as Boundary>::Event>,
    ) -> Result<Vec<Effect>, Failure>;
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A command is sent.
    Send(Command),
    /// A command is sent at a time, instead of one that has been set for the same deadline before.
    SendAt {
        /// The deadline. It belongs to this reaction alone.
        deadline: Key,
        /// When.
        at: SystemTime,
        /// What.
        command: Command,
    },
    /// What was to be sent at a time is not, unless it was already.
    Cancel {
        /// The deadline.
        deadline: Key,
    },
}

/// A command, but what comes from its event.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The NATS subject it is sent to. A stream must take it.
    nats_subject: String,
    about: Option<String>,
    content: Content,
}

/// `type` and `data` of a CloudEvent.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Content {
    #[serde(rename = "type")]
    event_type: String,
    data: Value,
}

impl Command {
    /// A command of a CloudEvents type with its data, to be sent to a NATS subject.
    ///
    /// # Errors
    /// When serde does not write the data.
    pub fn new(
        nats_subject: impl Into<String>,
        event_type: impl Into<String>,
        data: &impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            nats_subject: nats_subject.into(),
            about: None,
            content: Content {
                event_type: event_type.into(),
                data: serde_json::to_value(data)?,
            },
        })
    }

    /// What it is about: its CloudEvents attribute `subject`.
    #[must_use]
    pub fn about(self, about: impl Into<String>) -> Self {
        Self {
            about: Some(about.into()),
            ..self
        }
    }

    /// As a message. The same event, reaction and place give the same one.
    fn message<R: Reaction>(
        &self,
        event: &Metadata,
        place: usize,
        time: Option<SystemTime>,
    ) -> Result<NewEvent, serde_json::Error> {
        let id = command_id::<R>(&event.id, place);
        let attributes = Attributes {
            id: Some(&id),
            source: R::SOURCE,
            subject: self.about.as_deref(),
            // Neither is missing unless another program wrote the event.
            time: time.or(event.time).unwrap_or(SystemTime::UNIX_EPOCH),
            correlation: Some(event.correlation.as_deref().unwrap_or(&event.id)),
            causation: Some(&event.id),
            actor: R::ACTOR,
        };
        let (mut headers, payload) = cloud_event::write(&self.content, &attributes)?;
        headers.insert(NATS_MESSAGE_ID, id);
        Ok(NewEvent {
            subject: self.nats_subject.clone(),
            headers,
            payload,
            personal: None,
        })
    }
}

fn command_id<R: Reaction>(event: &str, place: usize) -> String {
    let name = format!("{} {event} {place}", R::NAME);
    Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
}

/// A reaction that is carried out while [`run`](Reactor::run) is polled.
pub struct Reactor<R: Reaction>(Processor<Reacting<R>>);

impl<R: Reaction> Reactor<R> {
    /// Opens its consumer, `react-<name>`. The streams of [letters](crate::dead_letters) and, if it sets any, of
    /// [deadlines](crate::deadlines) must have been declared.
    ///
    /// # Errors
    /// When the consumer does not open.
    pub async fn open(connection: &Connection, reaction: R) -> Result<Self, ProcessorError> {
        Self::open_guarded(connection, reaction, None).await
    }

    /// The same with a breaker of the destination: of the stream that takes the commands, and so one and the same for all
    /// reactions that send to it, and for the [`Forwarder`]. While that stream does not take any, events wait.
    ///
    /// # Errors
    /// When the consumer does not open.
    pub async fn open_guarded(
        connection: &Connection,
        reaction: R,
        breaker: impl Into<Option<Breaker>>,
    ) -> Result<Self, ProcessorError> {
        let spec = ProcessorSpec {
            breaker: breaker.into(),
            ..Self::spec()
        };
        let handler = Reacting {
            connection: connection.clone(),
            deadlines: Deadlines::new(connection),
            reaction,
        };
        let processor = Processor::open(connection, spec, handler).await?;
        Ok(Self(processor))
    }

    fn spec() -> ProcessorSpec {
        ProcessorSpec {
            description: format!("the reaction {}", R::NAME),
            filter: R::FILTER.map(str::to_owned),
            start: R::FROM,
            ..ProcessorSpec::new(R::Events::STREAM, format!("react-{}", R::NAME))
        }
    }

    /// Its durable consumers, each by its stream and its name.
    pub fn consumers() -> [(&'static str, String); 2] {
        Self::spec().consumers()
    }

    /// For each of its consumers, whether it is read here or ready to be.
    pub fn flows(&self) -> Vec<watch::Receiver<bool>> {
        self.0.flows()
    }

    /// Reacts until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        self.0.run(stop).await;
    }
}

struct Reacting<R> {
    connection: Connection,
    deadlines: Deadlines,
    reaction: R,
}

impl<R: Reaction> Handler for Reacting<R> {
    fn key(&self, message: &StoredMessage) -> String {
        self.reaction.key(message)
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        let event = R::Events::decode(message).map_err(Failure::permanent)?;
        let effects = self.reaction.react(&event)?;
        for (place, effect) in effects.into_iter().enumerate() {
            self.carry_out(effect, &event.metadata, place, message.sequence)
                .await?;
        }
        Ok(())
    }
}

impl<R: Reaction> Reacting<R> {
    async fn carry_out(
        &self,
        effect: Effect,
        event: &Metadata,
        place: usize,
        sequence: u64,
    ) -> Result<(), Failure> {
        let message = |command: &Command, time| {
            let message = command.message::<R>(event, place, time);
            message.map_err(Failure::permanent)
        };
        match effect {
            Effect::Send(command) => {
                let NewEvent {
                    subject,
                    headers,
                    payload,
                    ..
                } = message(&command, None)?;
                publish(&self.connection, subject, headers, payload).await?;
            }
            Effect::SendAt {
                deadline,
                at,
                command,
            } => {
                let (key, message) = forwarder::due(&deadline, message(&command, Some(at))?);
                let set = self.deadlines.set_in_order(&key, sequence, at, message);
                set.await?;
            }
            Effect::Cancel { deadline } => {
                let key = forwarder::key(&deadline);
                self.deadlines.cancel_in_order(&key, sequence).await?;
            }
        }
        Ok(())
    }
}

impl<R: Reaction> fmt::Debug for Reactor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reactor").field(&R::NAME).finish()
    }
}
