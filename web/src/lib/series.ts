// SERIES: what the API tells of one series and of one fix, and what a page makes of it.
//
// Takes   answers of /api/series/{slug} and /api/series/{slug}/{day}; the query of the address.
// Gives   their shapes; the addresses that keep the chosen day, vintage and parameter set.
// Keeps   every chosen thing in the address, and nothing that was not chosen.

import type { Fixing } from "./fixings.ts";

export interface Member {
  readonly name: string;
  readonly venues: readonly string[];
  readonly rate_usd: string;
  readonly kept: boolean;
  readonly rows: number;
}

export interface Rejection {
  readonly what: string;
  readonly rule: string;
  readonly statistic: string;
  readonly threshold: string;
  readonly rule_text: string;
}

export interface Note {
  readonly what: string;
  readonly rule: string;
  readonly statistic: string;
  readonly threshold: string;
  readonly note_text: string;
}

export interface Companion {
  readonly ticker: string;
  readonly variant: string;
  readonly state: string;
  readonly reason: string;
  readonly reason_text: string;
  readonly value: string | null;
  readonly unit: string;
  readonly measures: string;
}

export interface Shift {
  readonly shift: string | null;
  readonly unbounded: boolean;
  readonly by: readonly string[];
}

export interface Rent {
  readonly cost_usd: string;
  readonly machines: number;
  readonly gpus: number;
  readonly venues: readonly string[];
  readonly shift: string;
}

export interface Move {
  readonly reason: string;
  readonly reason_text: string;
  readonly hour_at_least_usd: string | null;
  readonly hour: Rent | null;
  readonly carried: Rent | null;
  readonly listings: { readonly venue: string; readonly listings: number; readonly hosts: number | null } | null;
}

export interface Attack {
  readonly members: number;
  readonly move: string;
  readonly breakdown: number | null;
  readonly most_heard: string;
  readonly most_heard_share: string | null;
  readonly up: Move;
  readonly down: Move;
  readonly captured: readonly {
    readonly members: number;
    readonly up: Shift | null;
    readonly down: Shift | null;
    readonly silence: {
      readonly grade: string;
      readonly suppressed: number;
      readonly up: Shift | null;
      readonly down: Shift | null;
    };
  }[];
  readonly notional: Readonly<Record<"hour_one_usd" | "hour_average_usd" | "carried_one_usd" | "carried_average_usd", string | null>>;
}

export interface Logged {
  readonly index: number;
  readonly leaf: string;
  readonly leaf_hash: string;
  readonly root: string;
}

/** One fix with everything that is known of it. */
export interface Dated extends Fixing {
  readonly reason_text: string;
  readonly fixing_sha256: string;
  readonly members: readonly Member[];
  readonly rejections: readonly Rejection[];
  readonly notes: readonly Note[];
  readonly vintages: readonly Fixing[];
  readonly sets: readonly Fixing[];
  readonly companions: readonly Companion[];
  readonly attack: Attack | null;
  readonly logged: Logged | null;
}

/** One series with its history, the earliest strike first. */
export interface History {
  readonly series: string;
  readonly slug: string;
  readonly name: string;
  readonly chip: string;
  readonly form: string;
  readonly tenor: string;
  readonly measures: string;
  readonly base: string;
  readonly latest: Fixing | null;
  readonly history: readonly Fixing[];
}

export const SETS: readonly (readonly [name: string, words: string])[] = [
  ["v2026_1", "in force"],
  ["robust", "scaled deviation"],
  ["plain", "no screen"],
];

/** The last strikes of a history; 0 for all since a week before the first fix. */
export function within(history: readonly Fixing[], last: number): readonly Fixing[] {
  if (last > 0) return history.slice(-last);
  const first = history.findIndex(({ fix_usd }) => fix_usd !== null);
  return first < 0 ? history : history.slice(Math.max(0, first - 7));
}

/** The address of a fix, keeping what else the query chose. */
export function fixAddress(slug: string, day: string, query: Readonly<Record<string, string>>): string {
  const kept = new URLSearchParams(query);
  kept.delete("as_of"); // It belongs to the day that was left.
  const text = kept.toString();
  return `/series/${encodeURIComponent(slug)}/${encodeURIComponent(day)}${text ? `?${text}` : ""}`;
}

/** The query of an API address: only what is given. */
export function asking(values: Readonly<Record<string, string | number>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== 0);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : "";
}

/** Read a list of words out of the query, each once, at most `most` of them. */
export function wordsOf(text: string, most = 6): string[] {
  return [...new Set(text.split(",").filter((word) => /^[A-Za-z0-9._-]{1,40}$/.test(word)))].slice(0, most);
}

/** A time as people write it, "2026-08-13 00:35", as the API takes it; "" for anything else. */
export function asOfText(field: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?(?:Z| UTC)?$/.exec(field.trim());
  const text = parts ? `${parts[1]}T${parts[2]}${parts[3] ?? ":00"}Z` : "";
  return Number.isNaN(Date.parse(text)) ? "" : text;
}
