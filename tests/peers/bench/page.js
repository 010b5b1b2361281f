// What `cargo xtask bench client` calls in the page: each peer does the same, in its own way.
//
// A peer is a class with connect(url), and then subscribe(subject) -> { receive(count, size) -> [bytes, milliseconds] },
// publish(subject, count, size, burst), request(subject, count, size) -> milliseconds of each, watch(bucket) ->
// { reach(revision) -> entries }, and close().
import { Bare } from "./bare.js";
import { NatsJs, NatsJsCallback } from "./nats-js.js";
import { WsClient, WsClientOrdered, memory } from "./ws-client.js";

const peers = {
  "bare": Bare,
  "nats.js": NatsJs,
  "nats.js callback": NatsJsCallback,
  "nats-wsclient": WsClient,
  "nats-wsclient ordered": WsClientOrdered,
};
let peer, under_way, watch, opened;

/** Every socket tells when it is open, whoever opened it. */
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener("open", () => opened = now());
  }
};

/** In milliseconds since 1970. */
function now() {
  return performance.timeOrigin + performance.now();
}

/** The methods that the bench calls by name. */
window.bench = {
  async open(name, url) {
    peer = await peers[name].connect(url);
  },

  /** Returns when the server knows of the subscription; `received` tells what came of it. */
  async listen(subject, count, size) {
    const messages = await peer.subscribe(subject);
    under_way = messages.receive(count, size);
  },

  async received() {
    return [...await under_way];
  },

  async publish(subject, count, size, burst) {
    const begin = performance.now();
    await peer.publish(subject, count, size, burst);
    return performance.now() - begin;
  },

  async request(subject, count, size) {
    return [...await peer.request(subject, count, size)];
  },

  /** Milliseconds until a new watch has brought the revision and everything before it. */
  async watch(bucket, revision) {
    const begin = performance.now();
    watch = await peer.watch(bucket);
    const entries = await watch.reach(revision);
    return [performance.now() - begin, entries];
  },

  /** Begins to wait until the watch has brought the revision; `reached` tells when the socket was open and when it had. */
  async expect(revision) {
    under_way = watch.reach(revision).then(() => [opened, now()]);
  },

  async reached() {
    return await under_way;
  },

  async wasmMemory() {
    return memory();
  },

  async close() {
    watch = under_way = undefined;
    await peer.close();
    peer = undefined;
  },
};
window.ready = true;
