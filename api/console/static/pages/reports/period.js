// Days of the calendar, as `2026-05-21`: what comes before and after a period.

const DAY_MS = 86400e3;
const moved = (day, by) => new Date(Date.parse(`${day}T00:00:00Z`) + by * DAY_MS).toISOString().slice(0, 10);

/** A day that lies in the period before; in the one after; in it. */
export const before = ({ first }) => moved(first, -1);
export const after = ({ last }) => moved(last, 1);
export const named = ({ first }) => first;
