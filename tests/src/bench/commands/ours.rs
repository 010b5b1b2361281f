//! The commands through a [`Repository`], and what the server could take at most.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jetstream_es::publish::publish;
use jetstream_es::testing::Server;
use jetstream_es::{
    Boundary, Cause, Connection, Decided, ExecuteError, GroupCommit, NewEvent, Recorded,
    Repository, StreamSpec, declare,
};
use vacancy_load::{Answer, Event, Load, Measured, Refusal, Room, Store, Wish, run, sold_once};

use crate::stored::messages;

/// The stream of the events.
pub(super) const STREAM: &str = "bench-rooms";

/// How many rooms' states are kept at hand: all of them, as in a hotel.
const AT_HAND: usize = super::ROOMS;

/// The rooms: `room.<room>.booked`.
#[derive(Debug)]
pub(super) struct Rooms;

impl Boundary for Rooms {
    type Id = u32;
    type Event = Event;
    type State = Room;

    const STREAM: &'static str = STREAM;
    const SOURCE: &'static str = "/bench";

    fn filter(room: &u32) -> String {
        format!("room.{room}.>")
    }

    fn subject(Event::RoomBooked { room, .. }: &Event) -> String {
        format!("room.{room}.booked")
    }

    fn about(Event::RoomBooked { room, .. }: &Event) -> String {
        room.to_string()
    }

    fn evolve(room: Room, event: &Recorded<Event>) -> Room {
        room.evolve(&event.event)
    }
}

/// What led to an event, with all that a hotel would say of it.
pub(super) fn cause(command: &str) -> Cause {
    Cause {
        actor: Some("frontdesk.bench".into()),
        ..Cause::new(command)
    }
}

/// How a backend stores its decisions.
#[derive(Debug, Clone, Copy)]
pub(super) enum Commits {
    InGroups,
    OneByOne,
}

/// A nats-server that syncs each write, and a connection to it.
#[derive(Debug)]
pub(super) struct Ours {
    _server: Server,
    connection: Connection,
}

impl Ours {
    pub(super) async fn start() -> Self {
        let server = Server::start().await;
        let connection = server.connect().await;
        Self {
            _server: server,
            connection,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Clients that send commands to one backend.
    pub(super) async fn decide(&self, load: Load, commits: Commits) -> Measured {
        self.empty_stream().await;
        let rooms = Repository::new(&self.connection, AT_HAND);
        let rooms = match commits {
            Commits::InGroups => rooms.committing_in_groups(GroupCommit::default()),
            Commits::OneByOne => rooms,
        };
        let store = Arc::new(Backend { rooms });
        let measured = run(&store, load).await;
        self.check(&measured).await;
        measured
    }

    /// Clients that publish one message after the other, each waiting for its acknowledgement.
    pub(super) async fn publish(&self, load: Load) -> Measured {
        self.empty_stream().await;
        let store = Arc::new(Bare {
            connection: self.connection.clone(),
            stay: AtomicU64::new(0),
        });
        let mut measured = run(&store, load).await;
        // Nothing is recognised here, and nothing has to be.
        measured.done_twice = 0;
        measured
    }

    /// The stream, new and empty.
    pub(super) async fn empty_stream(&self) {
        let jetstream = self.connection.jetstream();
        // It is not there the first time.
        drop(jetstream.delete_stream(STREAM).await);
        let spec = StreamSpec::events(STREAM, ["room.>"]);
        let declared = declare::stream(&jetstream, &spec).await;
        declared.expect("a stream for the events");
    }

    /// Looks for every accepted command, and at every room.
    async fn check(&self, measured: &Measured) {
        let mut commands = HashSet::new();
        let mut rooms: HashMap<String, Vec<Event>> = HashMap::new();
        let mut events = 0;
        for message in messages(&self.connection.jetstream(), STREAM).await {
            let recorded = Rooms::decode(&message).expect("an event");
            events += 1;
            commands.insert(recorded.command().expect("a command").to_owned());
            let room = message.subject.split('.').nth(1).unwrap_or_default();
            rooms
                .entry(room.to_owned())
                .or_default()
                .push(recorded.event);
        }
        let accepted = &measured.accepted;
        let missing = accepted.iter().filter(|id| !commands.contains(*id));
        assert_eq!(missing.count(), 0, "accepted commands without an event");
        assert_eq!(events, accepted.len(), "events for the commands");
        for (room, events) in rooms {
            assert!(sold_once(&events), "a night of room {room} was sold twice");
        }
    }
}

/// A backend: one repository that all clients' commands go through.
struct Backend {
    rooms: Repository<Rooms>,
}

impl Store for Backend {
    async fn execute(&self, wish: &Wish) -> Answer {
        let cause = cause(&wish.id);
        let mut decisions: u64 = 0;
        loop {
            let decide = |room: &Room| {
                decisions += 1;
                Ok::<_, Refusal>(vec![wish.book.decide(room)?])
            };
            match self.rooms.execute(&wish.book.room, &cause, decide).await {
                Ok(decided) => {
                    return Answer {
                        before: matches!(decided, Decided::Before(_)),
                        conflicts: decisions.saturating_sub(1),
                    };
                }
                // The most wanted room is asked for by several at any time, and somebody loses each time.
                Err(ExecuteError::Contended { .. }) => {}
                Err(error) => panic!("{}: {error}", wish.id),
            }
        }
    }
}

/// The server alone.
struct Bare {
    connection: Connection,
    stay: AtomicU64,
}

impl Store for Bare {
    async fn execute(&self, wish: &Wish) -> Answer {
        let stay = self.stay.fetch_add(1, Ordering::Relaxed);
        let room = Room {
            free_from: stay as u32,
            stays: 0,
        };
        let event = wish.book.decide(&room).expect("a stay of some nights");
        let NewEvent {
            subject,
            headers,
            payload,
            ..
        } = Rooms::encode(&event, &cause(&wish.id)).expect("JSON");
        let stored = publish(&self.connection, subject, headers, payload).await;
        stored.expect("an acknowledgement");
        Answer {
            before: false,
            conflicts: 0,
        }
    }
}
