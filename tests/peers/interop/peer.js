// The NATS client for JavaScript as the other end of a test: a line of JSON on standard input is something to do, a line
// on standard output is what came of it.
//
//   node peer.js HOST:PORT
//   {"do":"publish","subject":"a","payload":"1"}   ->   {"ok":null}

import { createInterface } from "node:readline";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { headers } from "@nats-io/nats-core";
import { Svcm } from "@nats-io/services";
import { connect } from "@nats-io/transport-node";

const connection = await connect({ servers: process.argv[2] });
const kvm = new Kvm(connection);
const subscriptions = new Map();

/** Headers are a list of names and values, so that their order and repetitions count. */
function toHeaders(list) {
  if (!list?.length) return undefined;
  const map = headers();
  for (const [name, value] of list) map.append(name, value);
  return map;
}

function fromMessage(message) {
  const list = [];
  for (const [name, values] of message.headers ?? []) {
    for (const value of values) list.push([name, value]);
  }
  return { subject: message.subject, payload: message.string(), headers: list };
}

function fromEntry(entry) {
  if (!entry) return null;
  const { key, revision, operation } = entry;
  return { key, revision, operation, value: entry.string() };
}

async function collect(iterator, count, read) {
  const found = [];
  if (count === 0) return found;
  for await (const item of iterator) {
    found.push(read(item));
    if (found.length === count) break;
  }
  return found;
}

const deeds = {
  async publish({ subject, payload, headers }) {
    connection.publish(subject, payload, { headers: toHeaders(headers) });
    await connection.flush();
  },

  async subscribe({ subject }) {
    subscriptions.set(subject, connection.subscribe(subject)[Symbol.asyncIterator]());
    await connection.flush();
  },

  async next({ subject }) {
    const { value } = await subscriptions.get(subject).next();
    return fromMessage(value);
  },

  /** Answers each request with as many messages as it asks for in its payload, and an empty one. */
  async answer({ subject }) {
    connection.subscribe(subject, {
      callback: (_, request) => {
        const count = Number(request.string());
        for (let number = 0; number < count; number++) {
          request.respond(`${number}`, { headers: request.headers });
        }
        request.respond("");
      },
    });
    await connection.flush();
  },

  async request({ subject, payload, headers }) {
    const options = { timeout: 5_000, headers: toHeaders(headers) };
    return fromMessage(await connection.request(subject, payload, options));
  },

  async requestMany({ subject, payload, strategy, count }) {
    const options = { strategy, maxMessages: count, maxWait: 5_000 };
    return collect(await connection.requestMany(subject, payload, options), -1, fromMessage);
  },

  async kvCreate({ bucket, ...options }) {
    await kvm.create(bucket, options);
  },

  async kvDo({ bucket, verb, args }) {
    const store = await kvm.open(bucket);
    const result = await store[verb](...args);
    return verb === "get" ? fromEntry(result) : (result ?? null);
  },

  async kvHistory({ bucket, key, count }) {
    const store = await kvm.open(bucket);
    return collect(await store.history({ key }), count, fromEntry);
  },

  async kvWatch({ bucket, count }) {
    const store = await kvm.open(bucket);
    return collect(await store.watch(), count, fromEntry);
  },

  async store({ subject, payload, headers }) {
    const { seq } = await jetstream(connection).publish(subject, payload, {
      headers: toHeaders(headers),
    });
    return seq;
  },

  async batch({ messages }) {
    const [first, ...others] = messages;
    const last = others.pop();
    const batch = await jetstream(connection).startBatch(first.subject, first.payload);
    for (const { subject, payload } of others) await batch.add(subject, payload);
    const { count, seq } = await batch.commit(last.subject, last.payload);
    return { count, seq };
  },

  async createStream(config) {
    await (await jetstreamManager(connection)).streams.add(config);
  },

  /** Reads a stream through nats.js' ordered consumer. */
  async ordered({ stream, count }) {
    const consumer = await jetstream(connection).consumers.get(stream);
    return collect(await consumer.consume(), count, (message) => ({
      ...fromMessage(message),
      sequence: message.seq,
    }));
  },

  async serve({ name, version, description, metadata, subject }) {
    const service = await new Svcm(connection).add({ name, version, description, metadata });
    service.addEndpoint("echo", {
      subject,
      metadata: { kind: "echo" },
      handler: (error, request) => request.respond(request.data),
    });
    await connection.flush();
    return service.info().id;
  },

  async discover({ verb, name }) {
    const client = new Svcm(connection).client({ strategy: "stall", maxWait: 2_000 });
    return collect(await client[verb](name), -1, (found) => found);
  },
};

process.stdin.on("end", () => process.exit(0));
for await (const line of createInterface({ input: process.stdin })) {
  const { do: deed, ...what } = JSON.parse(line);
  let said;
  try {
    said = { ok: (await deeds[deed](what)) ?? null };
  } catch (error) {
    said = { error: `${error.name}: ${error.message}`, code: error.code };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
