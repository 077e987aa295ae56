// TIME: instants as text. All in UTC, and it is said so.
//
// Takes   ISO 8601 text or milliseconds since 1970.
// Gives   text for people: exact, and relative to a now that is handed in.

const UNITS: [number, Intl.RelativeTimeFormatUnit][] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});

/** Milliseconds since 1970; NaN where the text is no time. */
export function millisecondsOf(time: string | number): number {
  return typeof time === "number" ? time : Date.parse(time);
}

/** "2026-07-20 00:30 UTC", with seconds where asked. */
export function utcText(time: string | number, seconds = false): string {
  const value = millisecondsOf(time);
  if (Number.isNaN(value)) return "unknown time";
  const text = new Date(value).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, seconds ? 19 : 16)} UTC`;
}

/** "20 July 2026" of a day such as 2026-07-20. */
export function dayText(day: string): string {
  const value = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(value) ? "unknown day" : DAY.format(value);
}

/** "3 hours ago", "in 2 days". */
export function relativeText(time: string | number, now: number): string {
  const away = millisecondsOf(time) - now;
  if (Number.isNaN(away)) return "unknown time";
  for (const [size, unit] of UNITS) {
    if (Math.abs(away) >= size) return RELATIVE.format(Math.trunc(away / size), unit);
  }
  return "now";
}
