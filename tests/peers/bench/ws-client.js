// nats-wsclient: this is only the way into the WebAssembly of tests/pages/client.
import init, { Peer } from "./client.js";

const wasm = await init();

export class WsClient {
  static async connect(url) {
    const client = new this();
    client.peer = await Peer.connect(url);
    return client;
  }

  subscribe(subject) {
    return this.peer.subscribe(subject);
  }

  publish(subject, count, size, burst) {
    return this.peer.publish(subject, count, size, burst);
  }

  request(subject, count, size) {
    return this.peer.request(subject, count, size);
  }

  watch(bucket) {
    return this.peer.watch_live(bucket);
  }

  async close() {
    await this.peer.close();
    this.peer.free();
  }
}

/** The same with its other watch, which needs no bucket that republishes its writes. */
export class WsClientOrdered extends WsClient {
  watch(bucket) {
    return this.peer.watch_ordered(bucket);
  }
}

/** The bytes that WebAssembly has taken from the browser. */
export function memory() {
  return wasm.memory.buffer.byteLength;
}
