// The scroll area. Only the lines near its visible part are in the page.
import { For, Show, createMemo, createSignal, onCleanup, onMount } from "solid-js";
import { dayOfMonth, isWeekend, months, textOf, weekday, words } from "./days.js";
import { HEIGHTS, near } from "./lines.js";
import { GroupRow, RoomRow } from "./rows.jsx";

export function Board(props) {
  const { state } = props;
  let area;
  const [visible, setVisible] = createSignal([0, innerHeight]);
  const look = () => setVisible([area.scrollTop, area.clientHeight]);
  onMount(() => {
    look();
    addEventListener("resize", look);
  });
  onCleanup(() => removeEventListener("resize", look));
  const drawn = createMemo(() => near(state.lines(), ...visible()));
  const saturday = () => state.days().findIndex((day) => weekday(day) === "Sat");
  const today = () => state.today - state.window().first;
  const isTodayShown = () => today() >= 0 && today() < state.window().days;
  return (
    <div
      ref={area}
      class="board"
      role="grid"
      tabindex="0"
      aria-label="Rooms and dates."
      aria-rowcount={state.lines().lines.length + 1}
      data-board
      data-first={textOf(state.window().first)}
      data-days={state.window().days}
      style={{
        "--days": state.window().days,
        "--head": `${HEIGHTS.head}px`,
        "--group": `${HEIGHTS.group}px`,
        "--row": `${HEIGHTS.room}px`,
        "--saturday": saturday(),
      }}
      onScroll={look}
    >
      <Dates state={state} />
      <div class="canvas" role="rowgroup" style={{ height: `${state.lines().height}px` }}>
        <Show when={isTodayShown()}>
          <div class="today" style={{ "--column": today() }} />
        </Show>
        <For each={drawn()}>
          {(line) => line.type
            ? <GroupRow state={state} line={line} />
            : <RoomRow state={state} line={line} />}
        </For>
      </div>
      <Show when={state.lines().lines.length === 0}>
        <div class="skeleton" aria-hidden="true" />
      </Show>
    </div>
  );
}

function Dates(props) {
  const { state } = props;
  return (
    <div class="dates" role="row" aria-rowindex="1">
      <div class="corner" role="columnheader">Room</div>
      <div class="months" aria-hidden="true">
        <For each={months(state.days())}>
          {({ title, days }) => (
            <div class="month" style={{ "--span": days }}>
              <span>{title}</span>
            </div>
          )}
        </For>
      </div>
      <div class="days" role="presentation">
        <For each={state.days()}>
          {(day) => (
            <div
              class="day"
              classList={{ weekend: isWeekend(day), now: day === state.today }}
              role="columnheader"
              aria-current={day === state.today ? "date" : undefined}
              aria-label={words(day)}
            >
              <span>{weekday(day)}</span>
              <b>{dayOfMonth(day)}</b>
            </div>
          )}
        </For>
      </div>
    </div>
  );
}
