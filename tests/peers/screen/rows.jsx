// The lines of the board: a room type with what is free of it, a room with its stays.
import { For, Index, Show, createMemo, createRenderEffect, createSignal, onCleanup } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { housekeeping, needsCleaning } from "./hotel.js";

const MARKS = { clean: "Clean", inspected: "Inspected", dirty: "Dirty", asked: "To clean", failed: "Not done" };

export function GroupRow(props) {
  const { state, line } = props;
  const inventory = createMemo(() => {
    state.rooms();
    return state.hotel.inventory(line.type, state.days());
  });
  const nights = createMemo(() => {
    state.all();
    return state.hotel.nights(line.type, state.days(), inventory());
  });
  const title = line.type.charAt(0).toUpperCase() + line.type.slice(1).replaceAll(/[-_]/g, " ");
  return (
    <div
      class="group-row"
      role="row"
      aria-rowindex={line.index + 2}
      data-group={line.type}
      style={{ top: `${line.top}px` }}
    >
      <div class="group-head" role="rowheader">
        <button aria-expanded={!state.folded().has(line.type)} onClick={() => state.fold(line.type)}>
          <strong>{title}</strong>
        </button>
        <small>free</small>
      </div>
      <div class="nights" role="presentation" title="Free rooms per night">
        <Index each={nights()}>
          {(night) => (
            <span
              class="night"
              classList={{ none: night().free === 0 }}
              role="gridcell"
              aria-label={`${night().free} free, ${night().occupancy} % taken`}
              style={{ "--taken": `${night().occupancy}%` }}
            >
              {night().free}
            </span>
          )}
        </Index>
      </div>
    </div>
  );
}

export function RoomRow(props) {
  const { state, line } = props;
  const [changed, tell] = createSignal(undefined, { equals: false });
  const row = { tell };
  state.rows.set(line.room, row);
  onCleanup(() => {
    // A row that moved has been replaced by a newer one of the same room.
    if (state.rows.get(line.room) === row) state.rows.delete(line.room);
  });
  const closed = () => {
    changed();
    const { first, days } = state.window();
    return state.hotel.closed(line.room, first, days);
  };
  // What of a bar is as it was stays as it is.
  const [bars, setBars] = createStore([]);
  createRenderEffect(() => {
    changed();
    const { first, days } = state.window();
    setBars(reconcile(state.hotel.bars(line.room, first, days), { key: "booking" }));
  });
  return (
    <div
      class="room-row"
      role="row"
      aria-rowindex={line.index + 2}
      data-room={line.room}
      style={{ top: `${line.top}px` }}
    >
      <Head state={state} room={line.room} changed={changed} />
      <div class="track" role="gridcell" data-track>
        <For each={closed()}>{(block) => <Closed block={block} />}</For>
        <For each={bars}>{(bar) => <Bar bar={bar} />}</For>
      </div>
    </div>
  );
}

function Head(props) {
  const room = () => {
    props.changed();
    return props.state.hotel.rooms.get(props.room);
  };
  const mark = createMemo(() => housekeeping(room(), props.state.today));
  const label = () => needsCleaning(mark())
    ? `Room ${room().name} is dirty: mark it clean`
    : `Room ${room().name} is clean`;
  return (
    <div class="room-head" role="rowheader">
      <strong title={room().name}>{room().name}</strong>
      <button
        class="mark"
        data-housekeeping={mark()}
        aria-disabled={!needsCleaning(mark())}
        aria-label={label()}
        tabindex="-1"
      >
        <span>{MARKS[mark()]}</span>
      </button>
    </div>
  );
}

function Bar(props) {
  return (
    <button
      class="stay"
      classList={{ "cut-left": props.bar.cutLeft, "cut-right": props.bar.cutRight }}
      data-stay={props.bar.booking}
      data-status={props.bar.status}
      data-due={props.bar.due}
      tabindex="-1"
      aria-label={props.bar.label}
      style={{ "--start": props.bar.start, "--width": props.bar.width }}
    >
      <span title={props.bar.guest}>{props.bar.guest}</span>
      <Show when={props.bar.until}>{(until) => <Countdown until={until()} />}</Show>
    </button>
  );
}

/** How much longer a hold lasts. */
function Countdown(props) {
  const left = () => {
    const seconds = Math.ceil(Math.max(Date.parse(props.until) - Date.now(), 0) / 1_000);
    const [hours, minutes, second] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
    const two = (number) => String(number).padStart(2, "0");
    return hours > 0 ? `${hours}:${two(minutes)}:${two(second)}` : `${minutes}:${two(second)}`;
  };
  const [shown, show] = createSignal(left());
  const tick = setInterval(() => show(left()), 1_000);
  onCleanup(() => clearInterval(tick));
  return <time data-countdown aria-hidden="true">{shown()}</time>;
}

function Closed(props) {
  return (
    <span
      class="closed"
      classList={{ "cut-left": props.block.cutLeft, "cut-right": props.block.cutRight }}
      data-closed={props.block.kind}
      role="img"
      aria-label={props.block.label}
      title={props.block.label}
      style={{ "--start": props.block.start, "--width": props.block.width }}
    />
  );
}
