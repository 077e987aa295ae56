// SHAPES: what /api/signals, /api/signals/{chip} and /api/viability answer; words for them.

import type { Point } from "../../components/Chart.svelte";

export interface Lack {
  readonly what: string;
  readonly found: number;
  readonly needed: number;
}

export interface Verdict {
  readonly signal: string;
  readonly rule: string;
  readonly verdict: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly unit: string;
  readonly green_above: number;
  readonly red_below: number | null;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly lacking: Lack | null;
  readonly reason: string;
}

export interface Judged {
  readonly chip: string;
  readonly name: string;
  readonly verdicts: readonly Verdict[];
}

export interface Signals {
  readonly time: string;
  readonly chips: readonly Judged[];
}

export interface Price {
  readonly tenor: string;
  readonly venue: string;
  readonly observed: string;
  readonly floor_usd: string;
  readonly mean_usd: string;
  readonly ceiling_usd: string;
  readonly spread_usd: string;
  readonly offers: number;
  readonly hosts: number | null;
}

export interface Delta {
  readonly tenor: string;
  readonly cheap_venue: string;
  readonly dear_venue: string;
  readonly cheap_usd: string;
  readonly dear_usd: string;
  readonly delta_usd: string;
  readonly delta_ratio: number;
  readonly fee_usd: string;
  readonly after_fees_usd: string;
}

export interface Hour {
  readonly hour_utc: number;
  readonly mean_usd: string;
  readonly samples: number;
}

export interface Signal extends Judged {
  readonly time: string;
  readonly prices: readonly Price[];
  readonly deltas: readonly Delta[];
  readonly tod: { readonly hours: readonly Hour[]; readonly lacking: readonly Lack[] } | null;
  readonly floors: {
    readonly points: readonly { readonly observed: string; readonly floor_usd: string }[];
    readonly trend_per_day: number | null;
    readonly lacking: readonly Lack[];
  } | null;
}

export interface Viable {
  readonly chip: string;
  readonly name: string;
  readonly answer: string;
  readonly days: number;
  readonly venues: number;
  readonly samples: number;
  readonly share_above_fees: number | null;
  readonly reasons: readonly string[];
  readonly cannot_say: readonly string[];
}

export interface Viability {
  readonly chips: readonly Viable[];
}

export const SIGNALS: readonly (readonly [id: string, head: string])[] = [
  ["spread", "Between venues"],
  ["variation", "Moves"],
  ["tod_swing", "Hour of the day"],
  ["supply", "Free now"],
];
export const TONES: Readonly<Record<string, "good" | "warn" | "bad" | "plain">> = {
  green: "good",
  amber: "warn",
  red: "bad",
  yes: "good",
  "not yet": "warn",
  no: "bad",
};

/** A verdict's value for people: "$0.42", "12.5 %", "40 GPUs"; a dash where there is none. */
export function valueText(value: number | null, unit: string): string {
  if (value === null) return "\u2013";
  const sign = value < 0 ? "\u2212" : "";
  const size = Math.abs(value);
  if (unit === "usd_per_hour") return `${sign}$${size.toFixed(2)}`;
  if (unit === "ratio") return `${sign}${(100 * size).toFixed(1)} %`;
  return `${sign}${size.toLocaleString("en", { maximumFractionDigits: 0 })} ${unit}`;
}

/** The word of a verdict. */
export function verdictText(verdict: string): string {
  return verdict === "not_enough_data" ? "not enough data" : verdict;
}

/** The points of a floor series for a chart, with a gap where hours are missing. */
export function floorPoints(
  points: readonly { readonly observed: string; readonly floor_usd: string }[],
): Point[] {
  const HOUR_S = 3600;
  const found: Point[] = [];
  for (const { observed, floor_usd } of points) {
    const time = Math.floor(Date.parse(observed) / 1000);
    const last = found.at(-1);
    if (last && time <= last.time) continue; // A chart takes each time once.
    if (last && time - last.time > 26 * HOUR_S) found.push({ time: last.time + HOUR_S, value: null });
    found.push({ time, value: Number(floor_usd) });
  }
  return found;
}
