// A program in another language that joins by asyncapi.json alone: it books a room and reads the stay. Its types are those
// that models.js makes; tsc checks that this program keeps to them.

import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect, headers } from "@nats-io/transport-node";
import type { BookRoomCommand, Outcome, StayView } from "./models.js";

const [servers, user, pass] = process.argv.slice(2);
const connection = await connect({ servers, user, pass });
const js = jetstream(connection);

const id = crypto.randomUUID();
const command: BookRoomCommand = {
  specversion: "1.0",
  type: "vacancy.booking.book-room.v1",
  source: "/front-desk.ts",
  id,
  data: { room: { id: 1 }, client: { id: 7, name: "Ada Lovelace" }, date: "2026-12-01", nights: 2 },
};

// Before the command is sent, so that the outcome is not missed.
const outcomes = connection.subscribe(`outcome.hotel.typescript.${id}`, { max: 1, timeout: 20_000 });
const header = headers();
header.set("Nats-Msg-Id", id);
const accepted = await js.publish("cmd.hotel.typescript.book-room", JSON.stringify(command), { headers: header });
let outcome: Outcome | undefined;
for await (const message of outcomes) {
  outcome = message.json<Outcome>();
}
if (outcome?.decision !== "done") {
  throw new Error(`not done: ${JSON.stringify(outcome)}`);
}

// The view follows the event.
const stays = await new Kvm(js).open("stays");
let stay: StayView | undefined;
for await (const entry of await stays.watch({ key: "1.7_2026-12-01" })) {
  const value = entry.json<StayView>();
  if (value.sequence >= outcome.event.sequence) {
    stay = value;
    break;
  }
}
console.log(JSON.stringify({ accepted: accepted.seq, outcome, stay }));
await connection.close();
