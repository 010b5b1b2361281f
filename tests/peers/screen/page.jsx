// The page: top bar, toolbar, board.
import { For, createMemo } from "solid-js";
import { Board } from "./board.jsx";
import { textOf, dayOf, words, wordsWithYear } from "./days.js";

const RANGES = [7, 14, 30, 60, 90];
const LEGEND = [
  ["arrival", "Arriving"],
  ["late-arrival", "Late"],
  ["in-house", "In house"],
  ["departure", "Leaving"],
  ["confirmation", "Held"],
  ["pending", "Not confirmed yet"],
];

export function Page(props) {
  return (
    <>
      <TopBar state={props.state} name={props.name} />
      <main class="front-desk" data-page="front-desk">
        <Toolbar state={props.state} />
        <Board state={props.state} />
      </main>
    </>
  );
}

/** Tabs, search and way out are there to look at. */
function TopBar(props) {
  const isLive = () => props.state.connection() === "live";
  return (
    <header class="top-bar">
      <p class="brand">
        <span class="logo" aria-hidden="true" />
        <span class="brand-name">Vacancy</span>
        <span class="role-name">Front desk</span>
      </p>
      <nav class="joined pages" aria-label="Pages">
        <button aria-current="page">Board</button>
        <button>Today</button>
      </nav>
      <search class="search">
        <input type="search" placeholder="Guest, room, booking" aria-label="Search" />
      </search>
      <Figures state={props.state} />
      <p class="badge" role="status" data-connection={props.state.connection()}>
        <span class="badge-mark" aria-hidden="true" />
        {isLive() ? "Live" : "Loading…"}
      </p>
      <span class="user-name">{props.name}</span>
      <button class="plain">Sign out</button>
    </header>
  );
}

function Figures(props) {
  const dirty = createMemo(() => {
    props.state.rooms();
    return props.state.hotel.dirty();
  });
  const figures = createMemo(() => {
    props.state.all();
    const { arrivals, departures, inHouse } = props.state.hotel.figures();
    return [arrivals, departures, inHouse, dirty()];
  });
  return (
    <dl class="figures" aria-label="Today">
      <For each={["Arriving", "Leaving", "In house", "To clean"]}>
        {(name, index) => (
          <div class="figure">
            <dt>{name}</dt>
            <dd>{figures()[index()]}</dd>
          </div>
        )}
      </For>
    </dl>
  );
}

function Toolbar(props) {
  const { state } = props;
  const show = (first) => state.setWindow({ ...state.window(), first });
  const turn = (by) => {
    const { first, days } = state.window();
    show(first + by * (days - Math.floor(days / 10)));
  };
  const title = () => {
    const { first, days } = state.window();
    return `${words(first)} – ${wordsWithYear(first + days - 1)}`;
  };
  return (
    <div class="toolbar" role="toolbar" aria-label="Dates">
      <div class="joined">
        <button aria-label="Earlier" onClick={() => turn(-1)}>‹</button>
        <button onClick={() => show(state.today - 2)}>Today</button>
        <button aria-label="Later" onClick={() => turn(1)}>›</button>
      </div>
      <input
        class="jump"
        type="date"
        name="jump"
        aria-label="Show from"
        value={textOf(state.window().first)}
        onChange={(event) => event.target.value && show(dayOf(event.target.value))}
      />
      <h1 class="shown-dates">{title()}</h1>
      <ul class="legend" aria-label="Legend">
        <For each={LEGEND}>{([due, text]) => <li data-due={due}>{text}</li>}</For>
      </ul>
      <fieldset class="joined ranges">
        <legend class="unseen">Days</legend>
        <For each={RANGES}>
          {(days) => (
            <label>
              <input
                type="radio"
                name="days"
                value={days}
                checked={state.window().days === days}
                onChange={() => state.setWindow({ ...state.window(), days })}
              />
              <span>{days}<span class="range-unit"> days</span></span>
            </label>
          )}
        </For>
      </fieldset>
      <button class="primary">Book…</button>
    </div>
  );
}
