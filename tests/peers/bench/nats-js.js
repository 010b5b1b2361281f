// The NATS client for JavaScript, as its documentation uses it: a subscription is an iterator.
import { wsconnect } from "@nats-io/nats-core";
import { Kvm } from "@nats-io/kv";

export class NatsJs {
  static async connect(url) {
    const client = new this();
    client.connection = await wsconnect({ servers: url, maxReconnectAttempts: -1 });
    return client;
  }

  async subscribe(subject) {
    const subscription = this.connection.subscribe(subject);
    await this.connection.flush();
    return {
      async receive(count) {
        let bytes = 0, received = 0, begin;
        for await (const message of subscription) {
          bytes += message.data.length;
          begin ??= performance.now();
          if (++received === count) break;
        }
        return [bytes, performance.now() - begin];
      },
    };
  }

  async publish(subject, count, size, burst) {
    const payload = new Uint8Array(size).fill(120);
    for (let left = count; left > 0; left -= burst) {
      for (let index = Math.min(left, burst); index > 0; index--) {
        this.connection.publish(subject, payload);
      }
      await this.connection.flush();
    }
  }

  async request(subject, count, size) {
    const payload = new Uint8Array(size).fill(120);
    const took = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      const begin = performance.now();
      const answer = await this.connection.request(subject, payload);
      took[index] = performance.now() - begin;
      if (answer.data.length !== size) throw new Error("an answer of another length");
    }
    return took;
  }

  async watch(name) {
    const bucket = await new Kvm(this.connection).open(name);
    // By hand: leaving a `for await` loop would end the watch.
    const entries = (await bucket.watch())[Symbol.asyncIterator]();
    let count = 0;
    return {
      async reach(revision) {
        for (;;) {
          const { value, done } = await entries.next();
          if (done) throw new Error("the watch has ended");
          count += 1;
          if (value.revision >= revision) return count;
        }
      },
    };
  }

  async close() {
    await this.connection.close();
  }
}

/** The same with a callback for each message, which is its quicker way to receive. */
export class NatsJsCallback extends NatsJs {
  async subscribe(subject) {
    let count = Infinity, bytes = 0, received = 0, begin, done;
    const all = new Promise((resolve) => done = resolve);
    this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) throw error;
        bytes += message.data.length;
        begin ??= performance.now();
        if (++received === count) done([bytes, performance.now() - begin]);
      },
    });
    await this.connection.flush();
    return {
      receive(wanted) {
        count = wanted;
        return all;
      },
    };
  }
}
