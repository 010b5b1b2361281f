//! A client of the hotel that sends many commands at the same time and hears of the outcome of each.

use std::time::Duration;

use async_nats::{Client, jetstream};
use futures_util::StreamExt;
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::rooms::AddRoom;
use shared::subjects::{CommandSubject, Stream};
use tokio::task::JoinSet;

use super::ledger::{Expected, Ledger};
use crate::hotel::{actor, new_id, now, publish, room_id};

/// How many rooms are added at the same time.
const SIDE_BY_SIDE: usize = 32;

/// How long an acknowledgement may take when more is sent than the server can store.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection of the user `backend`, with one subscription for the outcomes of everybody in the account.
#[derive(Debug)]
pub(super) struct Desk {
    jetstream: jetstream::Context,
    ledger: Ledger,
    _outcomes: JoinSet<()>,
}

/// A command that the stream has.
#[derive(Debug)]
pub(super) struct Sent {
    /// Whether the stream had it before.
    pub(super) again: bool,
    pub(super) outcome: Expected,
}

impl Desk {
    pub(super) async fn open(client: Client) -> Self {
        let ledger = Ledger::default();
        let subject = format!("outcome.{}.>", actor().account);
        let told = client.subscribe(subject).await.expect("a connection");
        client.flush().await.expect("a connection");
        let mut outcomes = JoinSet::new();
        outcomes.spawn(told.for_each({
            let ledger = ledger.clone();
            move |message| {
                ledger.tell(message.payload);
                std::future::ready(())
            }
        }));
        let mut jetstream = jetstream::new(client);
        jetstream.set_timeout(PATIENCE);
        Self {
            jetstream,
            ledger,
            _outcomes: outcomes,
        }
    }

    /// Who waits for the outcome of a command of the account, whoever has sent it.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// JetStream over the connection.
    pub(super) fn jetstream(&self) -> &jetstream::Context {
        &self.jetstream
    }

    /// Sends a command and returns once it is safe.
    pub(super) async fn send<C: Command>(&self, id: MessageId, command: C) -> Sent {
        let outcome = self.ledger.expect(id.as_str());
        let event = CloudEvent::command(id.clone(), "/bench", now(), command);
        let subject = CommandSubject::text::<C>(&actor());
        let payload = serde_json::to_vec(&event).expect("JSON");
        let ack = publish(&self.jetstream, &subject, &id, payload).await;
        Sent {
            again: ack.expect("the stream takes the command").duplicate,
            outcome,
        }
    }

    /// Adds the rooms 1 to `count`.
    pub(super) async fn add_rooms(&self, count: usize) {
        eprintln!("adding {count} rooms …");
        let rooms = futures_util::stream::iter(1..=count as u32);
        rooms
            .for_each_concurrent(SIDE_BY_SIDE, |room| self.add_room(room))
            .await;
    }

    async fn add_room(&self, room: u32) {
        let command = AddRoom {
            room: room_id(room).into(),
            name: room.to_string().parse().expect("a name"),
            room_type: "standard".parse().expect("a type"),
            floor: 1,
        };
        self.send(new_id(), command).await.outcome.done().await;
    }

    /// How many events of stays there are.
    pub(super) async fn events(&self) -> u64 {
        let stream = self.jetstream.get_stream(Stream::RoomBooking.name()).await;
        stream.expect("a stream").cached_info().state.last_sequence
    }
}
