//! Clients that carry out the plan and note what they are told.

use std::time::{Duration, Instant};

use async_nats::{HeaderMap, Subscriber, jetstream};
use futures_util::StreamExt;
use jetstream_es::Connection;
use serde_json::json;
use shared::cloud_event::MessageId;
use shared::identity::{Account, Actor};
use shared::outcome::Outcome;
use shared::subjects::{CommandSubject, OUTCOMES, OutcomeKey};
use tokio::sync::watch;
use vacancy_backend::commands::catalogue;

use super::history::{Entry, History};
use super::house;
use super::plan::{Repeated, STRANGER, Step};
use crate::{hotel, wait};

/// How long a client listens before it looks into the bucket of outcomes: what was said while it was not connected, it did
/// not hear.
const LISTENS: Duration = Duration::from_millis(300);
/// How long a client waits before it sends again what was not acknowledged.
const SENDS_AGAIN_AFTER: Duration = Duration::from_millis(30);

/// Somebody at a desk: does one thing after the other, and does not rest before each is acknowledged and answered.
pub(super) struct Client {
    actor: Actor,
    context: jetstream::Context,
    connection: Connection,
    outcomes: Subscriber,
    /// How many commands the server has acknowledged, to all clients.
    acknowledged: watch::Sender<usize>,
    history: History,
}

impl Client {
    pub(super) async fn connect(
        number: usize,
        url: &str,
        acknowledged: watch::Sender<usize>,
    ) -> Self {
        let actor = Actor {
            account: Account::Hotel,
            user: format!("desk-{number}").parse().expect("a token"),
        };
        let connection = house::connect(url).await;
        let of_us = format!("outcome.{}.{}.>", actor.account, actor.user);
        let outcomes = connection.client().subscribe(of_us).await;
        Self {
            context: house::jetstream(&connection),
            outcomes: outcomes.expect("a subscription"),
            connection,
            actor,
            acknowledged,
            history: History::new(),
        }
    }

    /// Carries out the steps, each when the outcome of the one before is known, and returns what there is to tell of them.
    pub(super) async fn carry_out(mut self, steps: &[Step]) -> History {
        for step in steps {
            self.send(step).await;
            self.hear_of(step).await;
            self.send_late(step).await;
        }
        self.history
    }

    /// Sends everything at once, and then listens.
    pub(super) async fn carry_out_in_a_hurry(mut self, steps: &[Step]) -> History {
        for step in steps {
            self.send(step).await;
        }
        for step in steps {
            self.hear_of(step).await;
            self.send_late(step).await;
        }
        self.history
    }

    /// Publishes until it is acknowledged, each time with the same id.
    async fn send(&mut self, step: &Step) {
        let (subject, payload) = self.message(step);
        self.history.insert(
            step.id.clone(),
            Entry {
                command: step.command,
                acknowledged: None,
                tries: 0,
                by_stranger: false,
                told: Vec::new(),
            },
        );
        let start = Instant::now();
        loop {
            if step.repeated == Repeated::AtOnce {
                self.send_again(step).await;
            }
            self.entry(&step.id).tries += 1;
            match hotel::publish(&self.context, &subject, &step.id, payload.clone()).await {
                Ok(ack) => {
                    self.entry(&step.id).acknowledged = Some((Instant::now(), ack.sequence));
                    self.acknowledged.send_modify(|count| *count += 1);
                    return;
                }
                Err(error) => assert!(
                    start.elapsed() < wait::DEADLINE,
                    "the command {} was not acknowledged: {error}",
                    step.id
                ),
            }
            tokio::time::sleep(SENDS_AGAIN_AFTER).await;
        }
    }

    async fn send_late(&mut self, step: &Step) {
        match step.repeated {
            Repeated::Late => self.send_again(step).await,
            // Who comes before the owner is the owner.
            Repeated::ByStranger if !self.entry(&step.id).told.is_empty() => {
                self.send_as_stranger(step).await;
            }
            Repeated::Never | Repeated::AtOnce | Repeated::ByStranger => {}
        }
    }

    /// Publishes it for somebody else until that is acknowledged.
    async fn send_as_stranger(&mut self, step: &Step) {
        let stranger = Actor {
            account: self.actor.account,
            user: STRANGER.parse().expect("a token"),
        };
        let (subject, payload) = message(stranger, step);
        wait::until("what a stranger sends to be acknowledged", async || {
            // By a message id the stream would take it for the first one.
            let (subject, payload) = (subject.clone(), payload.clone().into());
            self.context
                .publish(subject, payload)
                .await
                .ok()?
                .await
                .ok()
        })
        .await;
        self.entry(&step.id).by_stranger = true;
    }

    /// Publishes it once more, without the id that the stream would know it by. Nobody waits for that: it may be lost.
    async fn send_again(&self, step: &Step) {
        let (subject, payload) = self.message(step);
        let client = self.connection.client();
        // A client that is about to reconnect cannot send, as one whose message is lost on its way.
        drop(
            client
                .publish_with_headers(subject, HeaderMap::new(), payload.into())
                .await,
        );
    }

    /// Waits for the outcome. Whoever waits for nothing for too long leaves that to the checker.
    async fn hear_of(&mut self, step: &Step) {
        let start = Instant::now();
        while self.entry(&step.id).told.is_empty() && start.elapsed() < wait::DEADLINE {
            match tokio::time::timeout(LISTENS, self.outcomes.next()).await {
                Ok(message) => self.note(&message.expect("a subscription that goes on").payload),
                Err(_) => self.look(&step.id).await,
            }
        }
    }

    fn note(&mut self, payload: &[u8]) {
        let outcome: Outcome = serde_json::from_slice(payload).expect("an outcome");
        // Of steps before this one there may be more to hear as well: they were repeated.
        if let Some(entry) = self.history.get_mut(&outcome.command) {
            entry.told.push((Instant::now(), outcome));
        }
    }

    /// Looks into the bucket of outcomes.
    async fn look(&mut self, id: &MessageId) {
        let key = OutcomeKey {
            actor: self.actor.clone(),
            command: id.clone(),
        };
        // Whoever gets no answer listens on.
        let Ok(bucket) = self.context.get_key_value(OUTCOMES.name()).await else {
            return;
        };
        if let Ok(Some(value)) = bucket.get(key.to_string()).await {
            self.note(&value);
        }
    }

    fn entry(&mut self, id: &MessageId) -> &mut Entry {
        self.history.get_mut(id).expect("a step that has begun")
    }

    fn message(&self, step: &Step) -> (String, Vec<u8>) {
        message(self.actor.clone(), step)
    }
}

fn message(actor: Actor, step: &Step) -> (String, Vec<u8>) {
    let subject = CommandSubject {
        actor,
        command: step.command.parse().expect("a token"),
    };
    (subject.to_string(), payload(step))
}

/// The command of a step as every client writes it.
fn payload(step: &Step) -> Vec<u8> {
    let message_type = catalogue::type_of(step.command);
    let envelope = json!({
        "specversion": "1.0",
        "id": step.id,
        "source": "/faults",
        "type": message_type.unwrap_or_else(|| panic!("there is no command {}", step.command)),
        "correlationid": step.id,
        "data": step.data,
    });
    serde_json::to_vec(&envelope).expect("JSON")
}
