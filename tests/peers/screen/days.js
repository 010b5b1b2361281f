// Days as numbers since 1970, and how people read them.

const DAY = 86_400_000;
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** The number of a day in the form `2026-11-22`. */
export function dayOf(text) {
  return Date.parse(text) / DAY;
}

export function textOf(day) {
  return dateOf(day).toISOString().slice(0, 10);
}

/** The browser's day. */
export function today() {
  const now = new Date();
  return Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) / DAY;
}

export function weekday(day) {
  return WEEKDAYS[dateOf(day).getUTCDay()];
}

export function isWeekend(day) {
  return [0, 6].includes(dateOf(day).getUTCDay());
}

export function dayOfMonth(day) {
  return dateOf(day).getUTCDate();
}

/** `Sat 21 Nov`. */
export function words(day) {
  const date = dateOf(day);
  return `${weekday(day)} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()].slice(0, 3)}`;
}

/** `Sat 21 Nov 2026`. */
export function wordsWithYear(day) {
  return `${words(day)} ${dateOf(day).getUTCFullYear()}`;
}

/** The months of consecutive days, each with how many of the days are in it. */
export function months(days) {
  const months = [];
  for (const day of days) {
    const date = dateOf(day);
    const title = `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
    const last = months.at(-1);
    if (last?.title === title) last.days += 1;
    else months.push({ title, days: 1 });
  }
  return months;
}

function dateOf(day) {
  return new Date(day * DAY);
}
