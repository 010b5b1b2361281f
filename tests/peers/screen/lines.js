// The lines of the board from top to bottom, and which of them are near the visible part.
import { isThere } from "./hotel.js";

export const HEIGHTS = { head: 64, group: 36, room: 44 };
const MARGIN = 6;
const STEP = 4;

const natural = new Intl.Collator("en", { numeric: true });

/** All lines, each with its place: the rooms by type and by what is painted on the door. */
export function linesOf(rooms, folded, today) {
  const there = [...rooms].filter((room) => isThere(room, today));
  there.sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : natural.compare(a.name, b.name)));
  const lines = [];
  let top = 0;
  let type;
  for (const room of there) {
    if (room.type !== type) {
      type = room.type;
      lines.push({ type, top, index: lines.length });
      top += HEIGHTS.group;
    }
    if (!folded.has(type)) {
      lines.push({ room: room.id, top, index: lines.length });
      top += HEIGHTS.room;
    }
  }
  return { lines, height: top };
}

/** The lines to draw when these pixels are visible. */
export function near({ lines }, top, height) {
  const first = lowest(lines, top);
  const end = lowest(lines, top + height - 1) + 1;
  const from = Math.floor(Math.max(first - MARGIN, 0) / STEP) * STEP;
  return lines.slice(from, Math.ceil((end + MARGIN) / STEP) * STEP);
}

/** The index of the lowest line that begins at the pixel or above it. */
function lowest(lines, pixel) {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle].top <= pixel) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
