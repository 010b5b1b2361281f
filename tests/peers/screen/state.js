// What the parts of the page share, as signals, and the watches that change it.
import { Kvm } from "@nats-io/kv";
import { batch, createMemo, createRoot, createSignal } from "solid-js";
import { today } from "./days.js";
import { Hotel } from "./hotel.js";
import { linesOf } from "./lines.js";

const DAYS_BEFORE_TODAY = 2;

export class State {
  constructor(days) {
    this.today = today();
    this.hotel = new Hotel(this.today);
    [this.window, this.setWindow] = createSignal({ first: this.today - DAYS_BEFORE_TODAY, days });
    [this.folded, this.setFolded] = createSignal(new Set());
    [this.connection, this.setConnection] = createSignal("syncing");
    // Told of changes; what has changed is in the hotel.
    [this.all, this.tellAll] = createSignal(undefined, { equals: false });
    [this.rooms, this.tellRooms] = createSignal(undefined, { equals: false });
    /** A signal for each room that is drawn. */
    this.rows = new Map();
    this.queue = [];
    createRoot(() => {
      this.days = createMemo(() => {
        const { first, days } = this.window();
        return Array.from({ length: days }, (_, day) => first + day);
      });
      this.lines = createMemo(() => {
        this.rooms();
        return linesOf(this.hotel.rooms.values(), this.folded(), this.today);
      });
    });
  }

  fold(type) {
    const folded = new Set(this.folded());
    if (!folded.delete(type)) folded.add(type);
    this.setFolded(folded);
  }

  /** Follows both buckets, and says "live" as soon as everything that is there has been read. */
  async watch(connection) {
    const buckets = new Kvm(connection);
    const follow = async (name) => {
      const entries = await (await buckets.open(name)).watch();
      return new Promise((caughtUp) => this.#read(name, entries, caughtUp));
    };
    await Promise.all(["rooms", "stays"].map(follow));
    this.#flush();
    this.hotel.count();
    batch(() => {
      this.tellAll();
      this.setConnection("live");
    });
  }

  async #read(name, entries, caughtUp) {
    for await (const entry of entries) {
      // Once a frame is often enough.
      if (this.queue.length === 0) requestAnimationFrame(() => this.#flush());
      this.queue.push([name, entry.key, entry.operation === "PUT" ? entry.json() : null]);
      if (entry.delta === 0) caughtUp();
    }
  }

  #flush() {
    const queue = this.queue;
    this.queue = [];
    const changed = new Set();
    let areRooms = false;
    for (const [name, key, view] of queue) {
      if (name === "rooms") {
        this.hotel.applyRoom(key, view);
        changed.add(Number(key));
        areRooms = true;
      } else {
        changed.add(this.hotel.applyStay(key, view));
      }
    }
    batch(() => {
      for (const room of changed) this.rows.get(room)?.tell();
      if (areRooms) this.tellRooms();
      if (changed.size > 0) this.tellAll();
    });
  }
}
