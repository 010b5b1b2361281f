//! The same rebuild of events in which the names of guests are sealed, each with a key of its own: in every event, which is the
//! worst there can be, and in one of three, as in a hotel, where a check-in and a check-out follow a booking.

use futures_util::{StreamExt, stream};
use jetstream_es::{
    Boundary, Connection, GroupCommit, Keys, Personal, Recorded, Repository, declare,
};
use serde_json::json;
use vacancy_load::{Book, Dice, Event, Refusal, Room, Zipf};

use super::ours::{Ours, Rooms, cause};
use super::{ROOMS, rebuild, report};

/// The bucket of the keys.
const KEYS: &str = "bench-keys";
/// How many guests there are at most.
const GUESTS: usize = 20_000;
/// How many events are stored at most: each of them is decided, as its name is sealed on the way.
const EVENTS: usize = 100_000;
/// How many are decided at the same time.
const ABREAST: usize = 512;

/// [`Rooms`] that know whose name it is in one of so many events.
struct Sealed<const ONE_OF: u64>;

impl<const ONE_OF: u64> Boundary for Sealed<ONE_OF> {
    type Id = u32;
    type Event = Event;
    type State = Room;

    const STREAM: &'static str = Rooms::STREAM;
    const SOURCE: &'static str = Rooms::SOURCE;

    fn filter(room: &u32) -> String {
        Rooms::filter(room)
    }

    fn subject(event: &Event) -> String {
        Rooms::subject(event)
    }

    fn about(event: &Event) -> String {
        Rooms::about(event)
    }

    fn evolve(room: Room, event: &Recorded<Event>) -> Room {
        Rooms::evolve(room, event)
    }

    fn personal(Event::RoomBooked { client, .. }: &Event) -> Option<Personal> {
        client.is_multiple_of(ONE_OF).then(|| Personal {
            of: client.to_string(),
            fields: &["/guest"],
        })
    }
}

/// Stores sealed events, rebuilds the bucket from them, and prints how fast that was beside events in which nothing is sealed
/// (`plain`, events a second).
pub(super) async fn measure(ours: &Ours, events: usize, plain: f64) {
    let events = events.min(EVENTS);
    rebuild_one_of::<1>(ours, events, plain, "commands.rebuild.all-sealed").await;
    rebuild_one_of::<3>(ours, events, plain, "commands.rebuild.a-third-sealed").await;
}

async fn rebuild_one_of<const ONE_OF: u64>(ours: &Ours, events: usize, plain: f64, name: &str) {
    eprintln!("storing {events} sealed events …");
    ours.empty_stream().await;
    let jetstream = ours.connection().jetstream();
    let declared = declare::bucket(&jetstream, &Keys::bucket(KEYS)).await;
    declared.expect("a bucket for the keys");
    let connection = ours.connection().clone().with_keys(KEYS);
    fill::<ONE_OF>(&connection, events).await;

    let (rebuilt, seconds) = rebuild::timed(&connection).await;
    assert_eq!(rebuilt.events, events as u64, "{rebuilt:?}");
    // Without its name an event of the bench is not read, so all that were sealed were opened.
    assert_eq!(rebuilt.unreadable, 0, "{rebuilt:?}");
    let rate = events as f64 / seconds;
    let details = json!({
        "events": events,
        "guests": GUESTS,
        "plain": report::round(plain),
        "of-plain": report::round(rate / plain),
    });
    let rate = report::round(rate);
    report::row(name, rate, "events/s", details);
}

async fn fill<const ONE_OF: u64>(connection: &Connection, events: usize) {
    let rooms = Repository::<Sealed<ONE_OF>>::new(connection, ROOMS);
    let rooms = &rooms.committing_in_groups(GroupCommit::default());
    let (zipf, mut dice) = (Zipf::new(ROOMS), Dice::new(events as u64));
    let wishes = (0..events).map(|number| {
        let book = Book {
            room: zipf.draw(&mut dice) as u32,
            client: dice.below(GUESTS) as u64,
            guest: "Ada Augusta King, Countess of Lovelace".into(),
            nights: 1 + dice.below(14) as u16,
        };
        async move {
            let decide = |room: &Room| -> Result<_, Refusal> { Ok(vec![book.decide(room)?]) };
            let cause = cause(&format!("sealed-{number}"));
            let stored = rooms.execute(&book.room, &cause, decide).await;
            stored.expect("an event that is stored");
        }
    });
    let mut stored = stream::iter(wishes).buffer_unordered(ABREAST);
    while stored.next().await.is_some() {}
}
