//! A million events into a bucket, and the memory that takes.

use std::process;
use std::time::Instant;

use async_nats::jetstream;
use jetstream_es::publish::publish;
use jetstream_es::rebuild::{self, Progress, Rebuilt, rebuild};
use jetstream_es::{
    Boundary, BucketSpec, CodecError, Connection, DeadLetters, NewEvent, Position, Projection,
    StoredMessage, declare,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;
use vacancy_load::{Book, Dice, Event, Room, Zipf};

use super::ours::{Ours, Rooms, STREAM, cause};
use super::{ROOMS, report};
use crate::bench::memory;

const BUCKET: &str = "bench-rooms";

/// How many messages are stored at a time to begin with: as many as the server takes in one batch.
const BATCH: usize = 1_000;

/// What is seen of a room.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct View {
    #[serde(flatten)]
    room: Room,
    /// The sequence of its last event.
    sequence: u64,
}

struct Views;

impl Projection for Views {
    type Event = Event;
    type Key = u32;
    type Value = View;

    const BUCKET: &'static str = BUCKET;
    const STREAMS: &'static [&'static str] = &[STREAM];

    fn read(_: &'static str, message: &StoredMessage) -> Result<Event, CodecError> {
        Ok(Rooms::decode(message)?.event)
    }

    fn keys(Event::RoomBooked { room, .. }: &Event) -> Vec<u32> {
        vec![*room]
    }

    fn position(view: &View, _: &'static str) -> u64 {
        view.sequence
    }

    fn apply(_: &u32, view: Option<View>, event: &Event, at: Position) -> Option<View> {
        let room = view.map(|view| view.room).unwrap_or_default();
        Some(View {
            room: room.evolve(event),
            sequence: at.sequence,
        })
    }
}

/// Stores the events, rebuilds the bucket from them, and prints how fast that was and what it took. Returns the events a second.
pub(super) async fn measure(ours: &Ours, events: usize) -> f64 {
    eprintln!("storing {events} events …");
    ours.empty_stream().await;
    let rooms = fill(ours, events).await;

    let jetstream = ours.connection().jetstream();
    let declared = declare::bucket(&jetstream, &BucketSpec::new(BUCKET)).await;
    declared.expect("a bucket");
    let letters = declare::stream(&jetstream, &DeadLetters::stream()).await;
    letters.expect("a stream of letters");
    let before = report::round(memory::resident(process::id()) / 1_024.0);
    memory::forget_peak();
    let (rebuilt, seconds) = timed(ours.connection()).await;
    let peak = report::round(memory::peak(process::id()) / 1_024.0);
    assert_eq!(rebuilt.events, events as u64, "{rebuilt:?}");
    check(&jetstream, &rooms).await;

    let details = json!({ "events": events, "keys": ROOMS, "seconds": report::round(seconds) });
    let rate = events as f64 / seconds;
    report::row("commands.rebuild", report::round(rate), "events/s", details);
    let details = json!({ "before": before });
    report::row("commands.rebuild.peak-memory", peak, "MiB", details);
    rate
}

/// Rebuilds the bucket, and says in how many seconds.
pub(super) async fn timed(connection: &Connection) -> (Rebuilt, f64) {
    let (progress, _) = watch::channel(Progress::default());
    let start = Instant::now();
    let rebuilt = rebuild(connection, &Views, rebuild::Options::default(), &progress).await;
    let seconds = start.elapsed().as_secs_f64();
    (rebuilt.expect("a rebuild"), seconds)
}

/// Compares the values in the bucket with what the rooms have come to.
async fn check(jetstream: &jetstream::Context, rooms: &[Room]) {
    let bucket = jetstream.get_key_value(BUCKET).await.expect("the bucket");
    for (room, expected) in rooms.iter().enumerate() {
        let value = bucket.get(room.to_string()).await.expect("the bucket");
        let view: Option<View> =
            value.map(|value| serde_json::from_slice(&value).expect("a value of the bucket"));
        let found = view.map(|view| view.room).unwrap_or_default();
        assert_eq!(found, *expected, "room {room}");
    }
}

/// Stores events of stays in batches; returns what the rooms come to by that.
async fn fill(ours: &Ours, events: usize) -> Vec<Room> {
    let zipf = Zipf::new(ROOMS);
    let mut dice = Dice::new(events as u64);
    let mut rooms = vec![Room::default(); ROOMS];
    let client = ours.connection().client();
    for start in (0..events).step_by(BATCH) {
        let count = BATCH.min(events - start);
        for number in 1..=count {
            let room = zipf.draw(&mut dice);
            let book = Book {
                room: room as u32,
                client: dice.roll() >> 11,
                guest: "Ada Augusta King, Countess of Lovelace".into(),
                nights: 1 + dice.below(14) as u16,
            };
            let event = book.decide(&rooms[room]).expect("a stay of some nights");
            let id = format!("fill-{start}-{number}");
            let encoded = Rooms::encode(&event, &cause(&id)).expect("JSON");
            let NewEvent {
                subject,
                mut headers,
                payload,
                ..
            } = encoded;
            headers.insert("Nats-Batch-Id", format!("fill-{start}"));
            headers.insert("Nats-Batch-Sequence", number.to_string());
            if number < count {
                let sent = client.publish_with_headers(subject, headers, payload).await;
                sent.expect("a connection");
            } else {
                headers.insert("Nats-Batch-Commit", "1");
                let stored = publish(ours.connection(), subject, headers, payload).await;
                stored.expect("a batch that is stored");
            }
            rooms[room] = std::mem::take(&mut rooms[room]).evolve(&event);
        }
    }
    rooms
}
