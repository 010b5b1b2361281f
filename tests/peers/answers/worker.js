// The usual way to answer a command, second half: takes commands from JetStream, books in PostgreSQL, tells the outcome
// over core NATS, and acknowledges. A command that comes again gets the outcome that it got.
//
//   node worker.js NATS_URL POSTGRES_FOLDER POSTGRES_USER ROOMS

import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import pg from "pg";
import { OUTCOMES, STREAM } from "./names.js";

const [server, host, user, rooms] = process.argv.slice(2);

/** How many commands are decided side by side, each on a connection of its own, so that PostgreSQL commits in groups. */
const SIDE_BY_SIDE = 16;

const TABLES = `
  CREATE TABLE rooms (id integer PRIMARY KEY, name text NOT NULL);
  CREATE TABLE commands (id text PRIMARY KEY, outcome json NOT NULL);
  CREATE TABLE bookings (
    id        bigserial PRIMARY KEY,
    room      integer   NOT NULL REFERENCES rooms,
    client    bigint    NOT NULL,
    guest     text,
    arrival   date      NOT NULL,
    departure date      NOT NULL
  );
  CREATE INDEX bookings_of_room ON bookings (room, departure);
  INSERT INTO rooms SELECT id, id::text FROM generate_series(1, ${Number(rooms)}) AS id;
`;

/** Whoever books a room holds its row, so that nobody else does at the same time. */
const HOLD_ROOM = { name: "hold", text: "SELECT name FROM rooms WHERE id = $1 FOR UPDATE" };
const BOOK = {
  name: "book",
  text: `
    INSERT INTO bookings (room, client, guest, arrival, departure)
    SELECT $1, $2, $3, $4::date, $4::date + $5::integer
    WHERE NOT EXISTS (
      SELECT FROM bookings WHERE room = $1 AND arrival < $4::date + $5::integer AND departure > $4::date
    )
    RETURNING id, departure::text`,
};
const REMEMBER = {
  name: "remember",
  text: "INSERT INTO commands (id, outcome) VALUES ($1, $2) ON CONFLICT DO NOTHING",
};
const RECALL = { name: "recall", text: "SELECT outcome::text FROM commands WHERE id = $1" };

const pool = new pg.Pool({ host, user, database: "postgres", max: SIDE_BY_SIDE, min: SIDE_BY_SIDE });
await pool.query(TABLES);
const nats = await connect({ servers: server });
await (await jetstreamManager(nats)).consumers.add(STREAM, {
  durable_name: "worker",
  ack_policy: AckPolicy.Explicit,
  max_ack_pending: 1_024,
});

/** Decides on a command, once, and returns its outcome. */
async function decide({ id, data }) {
  const connection = await pool.connect();
  const ask = (query, ...values) => connection.query({ ...query, values });
  try {
    await connection.query("BEGIN");
    const outcome = await book(ask, id, data);
    const { rowCount } = await ask(REMEMBER, id, outcome);
    if (rowCount === 1) {
      await connection.query("COMMIT");
      return outcome;
    }
    await connection.query("ROLLBACK");
    return (await ask(RECALL, id)).rows[0].outcome;
  } catch (error) {
    await connection.query("ROLLBACK");
    throw error;
  } finally {
    connection.release();
  }
}

async function book(ask, command, { room, client, date, nights }) {
  const refused = (code, field, message) =>
    JSON.stringify({ command, decision: "refused", refusal: { code, field, message } });
  const { rows: [held] } = await ask(HOLD_ROOM, room.id);
  if (!held) return refused("unknown-room", "room.id", `There is no room ${room.id}.`);
  const { rows: [booked] } = await ask(BOOK, room.id, client.id, client.name, date, nights);
  if (!booked) return refused("room-taken", "room.id", `Room ${held.name} is taken.`);
  const key = `${room.id}.${client.id}_${date}`;
  return JSON.stringify({
    command,
    decision: "done",
    event: { stream: "bookings", sequence: Number(booked.id) },
    view: {
      view: "stays",
      key,
      value: { room: room.id, client, arrival: date, departure: booked.departure, nights, status: "booked" },
    },
    next: [
      { do: "message", text: `Room ${held.name} is booked from ${date} to ${booked.departure}.` },
      { do: "open", view: "stays", key },
    ],
  });
}

async function work(message) {
  const command = message.json();
  const outcome = await decide(command);
  const [, client] = message.subject.split(".");
  nats.publish(`${OUTCOMES}.${client}.${command.id}`, outcome);
  message.ack();
}

/** Waits until fewer than [`SIDE_BY_SIDE`] are in work. */
let inWork = 0;
let oneIsDone = () => {};
async function place() {
  while (inWork >= SIDE_BY_SIDE) await new Promise((resolve) => (oneIsDone = resolve));
}

const consumer = await jetstream(nats).consumers.get(STREAM, "worker");
for await (const message of await consumer.consume({ max_messages: 256 })) {
  await place();
  inWork += 1;
  work(message)
    .catch((error) => {
      console.error(error);
      // It is delivered again.
      message.nak();
    })
    .finally(() => {
      inWork -= 1;
      oneIsDone();
    });
}
