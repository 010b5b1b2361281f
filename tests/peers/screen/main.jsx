// The board of the front desk once more, in SolidJS and with the NATS client for JavaScript: what `cargo xtask bench screen` measures
// the board beside. It shows the same and follows the same changes; it has no dialogs and sends nothing.
import { wsconnect } from "@nats-io/nats-core";
import { render } from "solid-js/web";
import { Page } from "./page.jsx";
import { State } from "./state.js";

const query = new URLSearchParams(location.search);

const who = await fetch("/hotels/main/session", { cache: "no-store" }).then((answer) => answer.json());
if (who.role !== "front-desk") throw new Error("nobody of the front desk is logged in");
// The accounts of pages may make no consumer, which a watch of this client needs: the bench has a user for it.
const connection = await wsconnect({
  servers: query.get("nats"),
  user: "screen",
  pass: "screen",
  maxReconnectAttempts: -1,
});
const state = new State(Number(query.get("days")) || 30);
render(() => <Page state={state} name={who.name} />, document.body);
await state.watch(connection);
