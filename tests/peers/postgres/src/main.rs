//! cqrs-es with postgres-es, under the load of `cargo xtask bench commands`. Prints one JSON object: what came of it.
//!
//! It is set up as well as its documentation allows: a pool with a connection for each client, over a Unix socket, with
//! the tables of postgres-es' own `init.sql`. What it lacks is recognising a command that comes again, so a trigger
//! writes each event's command id into a table where it is unique, in the transaction that inserts the event.

use std::collections::HashMap;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, AggregateError, DomainEvent};
use postgres_es::{PostgresCqrs, postgres_aggregate_cqrs, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgPool, PgPoolOptions};
use vacancy_load::{
    Answer, Book, Event, Load, Measured, Refusal, Room, Store, Wish, run, sold_once,
};

/// The tables of postgres-es, and that of the commands.
const TABLES: &str = "
    DROP TABLE IF EXISTS events, snapshots, commands;
    CREATE TABLE events (
        aggregate_type text                         NOT NULL,
        aggregate_id   text                         NOT NULL,
        sequence       bigint CHECK (sequence >= 0) NOT NULL,
        event_type     text                         NOT NULL,
        event_version  text                         NOT NULL,
        payload        json                         NOT NULL,
        metadata       json                         NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    );
    CREATE TABLE snapshots (
        aggregate_type   text                                 NOT NULL,
        aggregate_id     text                                 NOT NULL,
        last_sequence    bigint CHECK (last_sequence >= 0)    NOT NULL,
        current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL,
        payload          json                                 NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, last_sequence)
    );
    CREATE TABLE commands (id text PRIMARY KEY);
    CREATE OR REPLACE FUNCTION note_command() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO commands (id) VALUES (NEW.metadata->>'causationid');
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_command AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION note_command();
";

/// Sends commands to PostgreSQL and prints what came of it.
#[derive(Debug, Parser)]
struct Arguments {
    /// Such as `postgres:///postgres?host=/folder/of/the/socket`.
    #[arg(long)]
    url: String,
    /// Where an aggregate's state comes from.
    #[arg(long, value_enum)]
    state: State,
    #[arg(long)]
    clients: usize,
    #[arg(long)]
    rooms: usize,
    #[arg(long)]
    seconds: f64,
    #[arg(long)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    /// All events of the aggregate are read for each command, which is what cqrs-es does unless told otherwise.
    Events,
    /// The state is kept beside the events, and written in the same transaction.
    Aggregate,
}

/// The room as cqrs-es wants it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Aggregated(Room);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Happened(Event);

impl DomainEvent for Happened {
    fn event_type(&self) -> String {
        "bench.room-booked".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Aggregated {
    const TYPE: &'static str = "room";

    type Command = Book;
    type Event = Happened;
    type Error = Refusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Book,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refusal> {
        let event = command.decide(&self.0)?;
        // On a copy: cqrs-es 0.5.0 applies the events once more when it writes the state beside them.
        sink.write(Happened(event), &mut self.clone()).await;
        Ok(())
    }

    fn apply(&mut self, event: Happened) {
        self.0 = std::mem::take(&mut self.0).evolve(&event.0);
    }
}

/// The peer's side.
struct Peer {
    cqrs: PostgresCqrs<Aggregated>,
    pool: PgPool,
}

impl Store for Peer {
    async fn execute(&self, wish: &Wish) -> Answer {
        let mut conflicts = 0;
        loop {
            let metadata = HashMap::from([
                ("causationid".to_owned(), wish.id.clone()),
                ("correlationid".to_owned(), wish.id.clone()),
                ("actor".to_owned(), "frontdesk.bench".to_owned()),
                ("time".to_owned(), "2026-11-21T12:00:00.000Z".to_owned()),
            ]);
            let room = wish.book.room.to_string();
            let done = self
                .cqrs
                .execute_with_metadata(&room, wish.book.clone(), metadata)
                .await;
            match done {
                Ok(()) => {
                    return Answer {
                        before: false,
                        conflicts,
                    };
                }
                // A sequence that is taken, or a command that was done.
                Err(AggregateError::AggregateConflict) => {
                    if self.knows(&wish.id).await {
                        return Answer {
                            before: true,
                            conflicts,
                        };
                    }
                    conflicts += 1;
                }
                Err(error) => panic!("{}: {error}", wish.id),
            }
        }
    }
}

impl Peer {
    async fn knows(&self, id: &str) -> bool {
        let found = sqlx::query("SELECT 1 FROM commands WHERE id = $1").bind(id);
        let found = found.fetch_optional(&self.pool).await;
        found.expect("the table of commands").is_some()
    }

    /// Looks for every accepted command, and at every room.
    async fn check(&self, measured: &Measured) {
        let missing: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM unnest($1) AS wanted (id)
             LEFT JOIN events ON events.metadata->>'causationid' = wanted.id WHERE events.sequence IS NULL",
        )
        .bind(&measured.accepted)
        .fetch_one(&self.pool)
        .await
        .expect("the tables");
        assert_eq!(missing, 0, "accepted commands without an event");
        let rows: Vec<(String, serde_json::Value)> = sqlx::query_as(
            "SELECT aggregate_id, payload FROM events ORDER BY aggregate_id, sequence",
        )
        .fetch_all(&self.pool)
        .await
        .expect("the table of events");
        assert_eq!(
            rows.len(),
            measured.accepted.len(),
            "events for {} commands",
            measured.accepted.len()
        );
        let mut rooms: HashMap<String, Vec<Event>> = HashMap::new();
        for (room, payload) in rows {
            let event = serde_json::from_value(payload).expect("an event");
            rooms.entry(room).or_default().push(event);
        }
        for (room, events) in rooms {
            assert!(sold_once(&events), "a night of room {room} was sold twice");
        }
    }
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let pool = PgPoolOptions::new()
        .min_connections(arguments.clients as u32)
        .max_connections(arguments.clients as u32)
        .connect(&arguments.url)
        .await
        .expect("PostgreSQL to answer");
    sqlx::raw_sql(TABLES)
        .execute(&pool)
        .await
        .expect("the tables");
    let cqrs = match arguments.state {
        State::Events => postgres_cqrs(pool.clone(), Vec::new(), ()),
        State::Aggregate => postgres_aggregate_cqrs(pool.clone(), Vec::new(), ()),
    };
    let peer = Arc::new(Peer { cqrs, pool });
    let load = Load {
        clients: arguments.clients,
        rooms: arguments.rooms,
        seconds: arguments.seconds,
        seed: arguments.seed,
    };
    let measured = run(&peer, load).await;
    peer.check(&measured).await;
    println!("{}", serde_json::to_string(&measured).expect("JSON"));
}
