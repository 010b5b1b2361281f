// What the board knows of the hotel: rooms and stays as the buckets tell them, and what is counted of them as they change.
import { dayOf, words } from "./days.js";

const TAKES_NIGHTS = new Set(["tentative", "booked", "in-house", "checked-out", "no-show"]);
const DUE_WORDS = {
  "confirmation": "to be confirmed",
  "arrival": "arrives today",
  "late-arrival": "has not arrived",
  "departure": "leaves today",
  "late-departure": "should have left",
};
const STATUS_WORDS = {
  "tentative": "held",
  "booked": "booked",
  "in-house": "in house",
  "checked-out": "checked out",
  "no-show": "did not come",
};

export class Hotel {
  rooms = new Map();
  stays = new Map();
  #staysOf = new Map();
  /** Nights taken, by type and then by day. */
  #taken = new Map();
  #figures = { arrivals: 0, departures: 0, inHouse: 0 };
  #isCounted = false;

  constructor(today) {
    this.today = today;
  }

  /** Takes over a room, or that it is gone (null). */
  applyRoom(key, view) {
    const id = Number(key);
    const before = this.rooms.get(id);
    if (view === null) this.rooms.delete(id);
    else this.rooms.set(id, view);
    // The stays of a room count for its type.
    if (this.#isCounted && before?.type !== view?.type) this.count();
  }

  /** Takes over a stay, or that it is gone (null), and returns its room. */
  applyStay(key, view) {
    const room = Number(key.slice(0, key.indexOf(".")));
    const before = this.stays.get(key);
    const after = view && TAKES_NIGHTS.has(view.status) ? stayOf(key, view) : undefined;
    let ofRoom = this.#staysOf.get(room);
    if (!ofRoom) this.#staysOf.set(room, ofRoom = new Map());
    if (after) {
      this.stays.set(key, after);
      ofRoom.set(key, after);
    } else {
      this.stays.delete(key);
      ofRoom.delete(key);
    }
    if (this.#isCounted) {
      if (before) this.#add(before, -1);
      if (after) this.#add(after, 1);
    }
    return room;
  }

  /** Counts everything, once both buckets are read; from then on each change is counted as it comes. */
  count() {
    this.#isCounted = true;
    this.#taken.clear();
    this.#figures = { arrivals: 0, departures: 0, inHouse: 0 };
    for (const stay of this.stays.values()) this.#add(stay, 1);
  }

  #add(stay, by) {
    const type = this.rooms.get(stay.room)?.type;
    let taken = this.#taken.get(type);
    if (!taken) this.#taken.set(type, taken = new Map());
    for (let day = stay.arrival; day < stay.departure; day++) taken.set(day, (taken.get(day) ?? 0) + by);
    const { status, arrival, departure } = stay;
    if (status === "in-house") {
      if (departure === this.today) this.#figures.departures += by;
      else if (arrival <= this.today && this.today < departure) this.#figures.inHouse += by;
    } else if ((status === "tentative" || status === "booked") && arrival === this.today) {
      this.#figures.arrivals += by;
    }
  }

  /** Today's arrivals, departures and guests in the house. */
  figures() {
    return this.#figures;
  }

  /** How many rooms are to be cleaned. */
  dirty() {
    let dirty = 0;
    for (const room of this.rooms.values()) {
      if (isThere(room, this.today) && needsCleaning(housekeeping(room, this.today))) dirty += 1;
    }
    return dirty;
  }

  /** How many rooms of the type there are to sell, for each of the days. */
  inventory(type, days) {
    const rooms = [...this.rooms.values()].filter((room) => room.type === type);
    return days.map((day) => rooms.filter((room) => isThere(room, day) && !isOutOfOrder(room, day)).length);
  }

  /** How many of them are free. */
  nights(type, days, inventory) {
    const taken = this.#taken.get(type);
    return days.map((day, index) => {
      const there = inventory[index];
      const free = Math.max(there - (taken?.get(day) ?? 0), 0);
      return { free, occupancy: there === 0 ? 100 : Math.floor(((there - free) * 100) / there) };
    });
  }

  /** The bars of a room's stays in a window, from left to right. */
  bars(room, first, days) {
    const bars = [];
    for (const stay of this.#staysOf.get(room)?.values() ?? []) {
      const span = spanOf(stay.arrival, stay.departure, first, days);
      if (!span) continue;
      const due = dueOf(stay, this.today);
      const { booking, guest, status, until } = stay;
      const label = [
        guest, `${words(stay.arrival)} to ${words(stay.departure)}`, STATUS_WORDS[status], DUE_WORDS[due],
      ].filter(Boolean).join(", ");
      bars.push({ booking, guest, status, due, until: until ?? null, label, ...span });
    }
    return bars.sort((a, b) => a.start - b.start);
  }

  /** When the room cannot be used, in a window. */
  closed(room, first, days) {
    const blocks = this.rooms.get(room)?.blocks ?? [];
    return blocks.flatMap(({ kind, from, nights, reason }) => {
      const until = dayOf(from) + nights;
      const span = spanOf(dayOf(from), until, first, days);
      const what = kind === "out-of-order" ? "Out of order" : "Out of service";
      return span ? [{ kind, label: `${what} until ${words(until)}: ${reason}`, ...span }] : [];
    });
  }
}

function stayOf(key, view) {
  const arrival = dayOf(view.arrival);
  return {
    booking: key.slice(key.indexOf(".") + 1),
    room: view.room,
    guest: view.client.name ?? `Guest ${view.client.id}`,
    status: view.status,
    until: view.until,
    arrival,
    departure: arrival + view.nights,
  };
}

/** Where something lies in a window, in half columns. */
function spanOf(arrival, departure, first, days) {
  const [from, to] = [2 * (arrival - first) + 1, 2 * (departure - first) + 1];
  const [start, end] = [Math.max(from, 0), Math.min(to, 2 * days)];
  return start < end && { start, width: end - start, cutLeft: from < 0, cutRight: to > 2 * days };
}

function dueOf({ status, arrival, departure }, today) {
  if (status === "tentative") return "confirmation";
  if (status === "booked") return today < arrival ? "not-today" : today === arrival ? "arrival" : "late-arrival";
  if (status === "in-house") return today < departure ? "in-house" : today === departure ? "departure" : "late-departure";
  return "over";
}

export function isThere(room, day) {
  return !room.retired || day < dayOf(room.retired);
}

function isOutOfOrder(room, day) {
  const blocks = room.blocks ?? [];
  return blocks.some(({ kind, from, nights }) => {
    const begin = dayOf(from);
    return kind === "out-of-order" && begin <= day && day < begin + nights;
  });
}

export function housekeeping({ asked, failed, occupied, cleaned, inspected }, today) {
  if (asked && dayOf(asked) <= today) return "asked";
  if (failed && dayOf(failed.date) <= today) return "failed";
  if (occupied) {
    const arrival = dayOf(occupied.arrival);
    const until = Math.min(today, arrival + occupied.nights);
    if (until > arrival && (!cleaned || dayOf(cleaned) < until)) return "dirty";
  }
  return inspected ? "inspected" : "clean";
}

export function needsCleaning(mark) {
  return !["clean", "inspected"].includes(mark);
}
