//! A hotel whose buckets can be written to: for thousands of changes at once, and for more rooms than can be filled by commands
//! in a minute.

use std::fmt::Display;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::bookings::{ClientId, StayStatus, StayView};
use shared::rooms::{RoomId, RoomView};
use shared::subjects::{Bucket, ROOMS, STAYS};

use super::side::Shown;
use crate::hotel::{Hotel, new_id, today};
use crate::nats::Options;

/// How many rooms are filled by commands at most, and over how many nights.
const BY_COMMANDS: u32 = 1_000;
const NIGHTS: u32 = 60;

/// By how many days a stay is copied into the time after those nights: no stay of them is still there then.
const LATER: i32 = 72;

/// As many messages as the server takes in an atomic batch.
const BATCH: usize = 1_000;

/// The peer's client needs a consumer for each watch. The accounts of pages may make none, so it has a user in the account of the
/// backend, and as many consumers as pages are loaded.
const EDITS: [(&str, &str); 3] = [
    (
        r#"{ user: backend, password: $BACKEND_PASSWORD, allowed_connection_types: ["STANDARD"] }"#,
        r#"{ user: backend, password: $BACKEND_PASSWORD, allowed_connection_types: ["STANDARD"] }
           { user: screen, password: "screen", allowed_connection_types: ["WEBSOCKET"] }"#,
    ),
    (
        "auth_users: [backend, sys,",
        "auth_users: [backend, screen, sys,",
    ),
    ("max_consumers: 100", "max_consumers: 10000"),
];

/// The hotel, and what its buckets hold.
#[derive(Debug)]
pub(super) struct House {
    pub(super) hotel: Hotel,
    rooms: Vec<RoomView>,
    stays: Vec<StayView>,
    /// How many changes there have been.
    changes: usize,
}

/// A value that is ready to be written.
#[derive(Debug)]
pub(super) struct Message {
    subject: String,
    payload: Bytes,
}

/// What the server says of a batch.
#[derive(Debug, Deserialize)]
struct Ack {
    #[serde(default)]
    error: Option<serde_json::Value>,
}

impl House {
    /// A hotel of so many rooms, as far as commands fill it.
    pub(super) async fn start(rooms: u32) -> Self {
        let options = Options {
            edits: &EDITS,
            ..Options::default()
        };
        let hotel = Hotel::start_with(options).await;
        let rooms = rooms.min(BY_COMMANDS);
        eprintln!("seeding {rooms} rooms × {NIGHTS} nights …");
        hotel.backend.seed(rooms, NIGHTS).await;
        hotel.staff().await;
        let (rooms, stays) = (read(&hotel, &ROOMS).await, read(&hotel, &STAYS).await);
        Self {
            hotel,
            rooms,
            stays,
            changes: 0,
        }
    }

    /// Whether it has no more than so many rooms, as many as possible by commands.
    pub(super) fn can_grow_to(&self, rooms: u32) -> bool {
        let there = self.rooms.len();
        there == rooms as usize || there == BY_COMMANDS as usize && rooms > BY_COMMANDS
    }

    /// How many stays there are.
    pub(super) fn stays(&self) -> usize {
        self.stays.len()
    }

    /// Writes to the buckets what is missing of so many rooms: copies of those that there are, and of their stays, which in a
    /// larger hotel begin again when those are over.
    pub(super) async fn grow_to(&mut self, rooms: u32) {
        let there = u32::try_from(self.rooms.len()).expect("rooms");
        if there == rooms {
            return;
        }
        eprintln!("writing {rooms} rooms …");
        for stay in self.stays.clone() {
            if stay.arrival < today().plus_days(20) {
                let mut later = copy(&stay, 0, 500);
                later.arrival = stay.arrival.plus_days(LATER);
                later.status = StayStatus::Booked;
                self.stays.push(later);
            }
        }
        let (first_rooms, first_stays) = (self.rooms.clone(), self.stays.clone());
        for number in 1..rooms / there {
            let further = |room: &RoomView| {
                let door: u32 = room.name.as_str().parse().expect("a number");
                RoomView {
                    id: further_room(room.id, number * there),
                    name: (door + 2_000 * number).to_string().parse().expect("a name"),
                    ..room.clone()
                }
            };
            self.rooms.extend(first_rooms.iter().map(further));
            let further = |stay: &StayView| copy(stay, number * there, 0);
            self.stays.extend(first_stays.iter().map(further));
        }
        let rooms = self
            .rooms
            .iter()
            .map(|room| message(&ROOMS, &room.id, room));
        self.write(&rooms.collect::<Vec<_>>()).await;
        let stays = self
            .stays
            .iter()
            .map(|stay| message(&STAYS, &stay.key(), stay));
        self.write(&stays.collect::<Vec<_>>()).await;
    }

    /// Changes of the guest's name of `count` stays, spread over the whole house: that of `shown` is the last one, and becomes
    /// `name`.
    pub(super) fn changes(&mut self, count: usize, shown: &Shown, name: &str) -> Vec<Message> {
        // A prime, so that all have their turn.
        const STRIDE: usize = 7_919;
        let mut messages = Vec::with_capacity(count);
        for _ in 1..count {
            self.changes += 1;
            let index = self.changes * STRIDE % self.stays.len();
            let name = format!("Change {}", self.changes);
            messages.push(rename(&mut self.stays[index], &name));
        }
        let (room, booking) = shown;
        let mut stays = self.stays.iter_mut();
        let shown = stays.find(|stay| stay.room == *room && stay.booking() == *booking);
        messages.push(rename(shown.expect("the stay that is shown"), name));
        messages
    }

    /// Writes values to a bucket, in atomic batches.
    pub(super) async fn write(&self, messages: &[Message]) {
        for batch in messages.chunks(BATCH) {
            let id = new_id();
            for (index, message) in batch.iter().enumerate() {
                let mut headers = HeaderMap::new();
                headers.insert("Nats-Batch-Id", id.as_str());
                headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
                let (subject, payload) = (message.subject.clone(), message.payload.clone());
                let client = self.hotel.client();
                if index + 1 < batch.len() {
                    let sent = client.publish_with_headers(subject, headers, payload).await;
                    sent.expect("a connection");
                    continue;
                }
                headers.insert("Nats-Batch-Commit", "1");
                let ack = client.request_with_headers(subject, headers, payload).await;
                let ack: Ack =
                    serde_json::from_slice(&ack.expect("an answer").payload).expect("JSON");
                assert!(ack.error.is_none(), "the batch is refused: {ack:?}");
            }
        }
    }
}

fn message<K: Display, V: Serialize>(bucket: &Bucket<K, V>, key: &K, value: &V) -> Message {
    Message {
        subject: bucket.subject(key),
        payload: serde_json::to_vec(value).expect("JSON").into(),
    }
}

fn rename(stay: &mut StayView, name: &str) -> Message {
    stay.client.name = Some(name.parse().expect("a name"));
    stay.sequence += 1;
    message(&STAYS, &stay.key(), stay)
}

async fn read<K, V: DeserializeOwned>(hotel: &Hotel, bucket: &Bucket<K, V>) -> Vec<V> {
    let values = hotel.entries(bucket.name()).await.into_values();
    let value = |json: Bytes| serde_json::from_slice(&json).expect("a value");
    values.map(value).collect()
}

/// The stay of another guest, in a room that is `rooms` further on.
fn copy(stay: &StayView, rooms: u32, guests: i64) -> StayView {
    let mut copy = stay.clone();
    let client = i64::try_from(stay.client.id.get()).expect("a small number");
    let client = client + i64::from(rooms) * 1_000 + guests;
    copy.client.id = ClientId::try_from(client).expect("a client's id");
    copy.room = further_room(stay.room, rooms);
    copy
}

fn further_room(room: RoomId, rooms: u32) -> RoomId {
    RoomId::try_from(i64::from(room.get() + rooms)).expect("a room's id")
}
