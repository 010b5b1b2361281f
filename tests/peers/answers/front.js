// The usual way to answer a command, first half: a request becomes a message in JetStream, and whoever asked is told of the
// outcome by Server-Sent Events, or by the response itself when it may wait. `worker.js` is the other half.
//
//   node front.js PORT NATS_URL POSTGRES_FOLDER POSTGRES_USER

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import pg from "pg";
import { OUTCOMES, STREAM, SUBJECTS } from "./names.js";

const [port, server, host, user] = process.argv.slice(2);

const MAX_BODY = 16 * 1024;
const MAX_WAIT = 30;
const HEARTBEAT = 15_000;

const nats = await connect({ servers: server });
await (await jetstreamManager(nats)).streams.add({ name: STREAM, subjects: [`${SUBJECTS}.>`] });
const stream = jetstream(nats);
const postgres = new pg.Pool({ host, user, database: "postgres", max: 4 });

/** The open event streams of each client. */
const streams = new Map();
/** Who waits for the outcome of which command. */
const waiting = new Map();

nats.subscribe(`${OUTCOMES}.>`, {
  callback: (error, message) => {
    if (error) throw error;
    const [, client, id] = message.subject.split(".");
    const outcome = message.string();
    waiting.get(id)?.(outcome);
    const event = Buffer.from(`event: outcome\nid: ${id}\ndata: ${outcome}\n\n`);
    for (const response of streams.get(client) ?? []) response.write(event);
  },
});
await nats.flush();

/** `POST /bookings`: 202 at once, or the outcome when that is there in time and was asked for. */
async function book(request, response, client) {
  const body = await read(request);
  const wish = parse(body);
  if (!wish) return answer(response, 400, { title: "not a booking" });
  const id = request.headers["idempotency-key"] ?? randomUUID();
  const seconds = /(?:^|[ ,])wait=(\d+)/.exec(request.headers.prefer ?? "")?.[1];
  // Before the command is sent, so that the outcome is not missed.
  const outcome = seconds && outcomeOf(id, Math.min(Number(seconds), MAX_WAIT) * 1_000);
  await stream.publish(`${SUBJECTS}.${client}`, JSON.stringify({ id, ...wish }), { msgID: id });
  const known = await outcome;
  if (known) return send(response, 200, known);
  const [status, events] = [`/commands/${id}`, `/events?client=${client}`];
  answer(response, 202, { command: id, status, events }, { location: status });
}

/** The outcome of a command, or nothing when it takes too long. */
function outcomeOf(id, milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(undefined), milliseconds);
    const done = (outcome) => {
      clearTimeout(timer);
      waiting.delete(id);
      resolve(outcome);
    };
    waiting.set(id, done);
  });
}

/** `GET /events`: the outcomes of a client's commands, as they come. */
function listen(request, response, client) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write("retry: 1000\n\n");
  const heartbeat = setInterval(() => response.write(":\n\n"), HEARTBEAT);
  if (!streams.has(client)) streams.set(client, new Set());
  streams.get(client).add(response);
  request.on("close", () => {
    clearInterval(heartbeat);
    streams.get(client).delete(response);
  });
}

/** `GET /commands/ID`: the outcome of a command, whenever it is asked for. */
async function look(response, id) {
  const text = "SELECT outcome::text FROM commands WHERE id = $1";
  const { rows } = await postgres.query({ name: "look", text, values: [id] });
  if (rows.length === 0) return answer(response, 404, { title: "no such command, or not decided yet" });
  send(response, 200, rows[0].outcome);
}

async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY) throw new Error("a body that is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** What is asked for, or nothing when it is not understood. */
function parse(body) {
  let wish;
  try {
    wish = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { room, client, date, nights = 1 } = wish?.data ?? {};
  const valid = Number.isSafeInteger(room?.id) && Number.isSafeInteger(client?.id)
    && Number.isSafeInteger(nights) && nights > 0 && /^\d{4}-\d{2}-\d{2}$/.test(date);
  return valid ? { data: { room, client, date, nights } } : undefined;
}

function answer(response, status, body, headers) {
  send(response, status, JSON.stringify(body), headers);
}

function send(response, status, text, headers) {
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

const page = readFileSync(new URL("page.html", import.meta.url));

async function route(request, response) {
  const url = new URL(request.url, "http://localhost");
  const client = url.searchParams.get("client") ?? "nobody";
  const [, first, second] = url.pathname.split("/");
  switch (`${request.method} /${first}`) {
    case "POST /bookings":
      return book(request, response, client);
    case "GET /events":
      return listen(request, response, client);
    case "GET /commands":
      return look(response, second);
    case "GET /":
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      return response.end(page);
    default:
      return answer(response, 404, { title: "there is nothing here" });
  }
}

const http = createServer((request, response) => {
  route(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) answer(response, 503, { title: error.message });
    else response.destroy();
  });
});
// Longer than any pause of the load, so that no connection is closed under a request that is on its way.
http.keepAliveTimeout = 120_000;
http.listen(Number(port), "127.0.0.1", 4_096);
