// OFFERS: what venues ask now: chosen, put in order, and added up for a job. Pure.
//
// Takes   offers as /api/offers tells them; a job.
// Gives   the offers that fit, the cheapest mixes for the job, exactly.
// Keeps   "not said" apart from "none": an unknown memory or stock is never guessed.

import { compare, plus, times } from "../../lib/decimal.ts";

export interface Offer {
  readonly venue: string;
  readonly source: string;
  readonly kind: string;
  readonly chip: string | null;
  readonly chip_name: string;
  readonly form: string;
  readonly memory_gb: number | null;
  readonly tenor: string;
  readonly price_usd: string | null;
  readonly gpus: number;
  readonly region: string | null;
  readonly country: string | null;
  readonly interconnect: string | null;
  readonly observed: string;
  readonly age_seconds: number;
  readonly flags: readonly string[];
  readonly link: string;
}

export interface Page {
  readonly time: string;
  readonly offers: readonly Offer[];
  readonly after: number | null;
}

/** What is asked for; "" is any. `stock` is "yes" where only what is known to be free counts. */
export interface Wanted {
  readonly venue: string;
  readonly chip: string;
  readonly memory: string; // GB at least.
  readonly form: string;
  readonly interconnect: string;
  readonly country: string;
  readonly tenor: string;
  readonly gpus: string; // GPUs of one offer at least.
  readonly stock: string;
}

export const ANY: Wanted = {
  venue: "",
  chip: "",
  memory: "",
  form: "",
  interconnect: "",
  country: "",
  tenor: "",
  gpus: "",
  stock: "",
};
export const NAMES = Object.keys(ANY) as (keyof Wanted)[];
export const TENORS: Readonly<Record<string, string>> = {
  SPOT: "marketplace, hourly",
  OD: "on demand",
  INT: "can be taken back",
  R1M: "1 month",
  R3M: "3 months",
  R6M: "6 months",
  R1Y: "1 year",
  R3Y: "3 years",
  OTHER: "other terms",
};
const HARMLESS_HOURS = 36;

/** How many GPUs an offer is known to have free; null where nobody says. */
export function freeOf(offer: Offer): number | null {
  return offer.kind === "ask" || offer.kind === "stock" ? offer.gpus : null;
}

/** Whether an offer is old enough to be doubted. */
export function isOld(offer: Offer): boolean {
  return offer.age_seconds > HARMLESS_HOURS * 3600;
}

/** Give the offers that fit. What an offer does not say does not fit a filter that asks for it. */
export function chosen(offers: readonly Offer[], wanted: Wanted): Offer[] {
  const memory = numberOf(wanted.memory);
  const gpus = numberOf(wanted.gpus);
  return offers.filter(
    (offer) =>
      offer.price_usd !== null &&
      is(wanted.venue, offer.venue) &&
      is(wanted.chip, offer.chip ?? "unknown") &&
      is(wanted.form, offer.form) &&
      is(wanted.interconnect, offer.interconnect ?? "") &&
      is(wanted.country, offer.country ?? "") &&
      is(wanted.tenor, offer.tenor) &&
      (memory === null || (offer.memory_gb ?? -1) >= memory) &&
      (gpus === null || (freeOf(offer) ?? -1) >= gpus) &&
      (wanted.stock !== "yes" || (freeOf(offer) ?? 0) > 0),
  );
}

function is(wanted: string, found: string): boolean {
  return wanted === "" || wanted === found;
}

function numberOf(text: string): number | null {
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}

/** Put offers in order by a column; "-price" falls. What is not said comes last either way. */
export function sorted(offers: readonly Offer[], by: string): Offer[] {
  const falls = by.startsWith("-");
  const key = falls ? by.slice(1) : by;
  const way = falls ? -1 : 1;
  return [...offers].sort((a, b) => {
    const [x, y] = [keyOf(a, key), keyOf(b, key)];
    if (x === null || y === null) return x === y ? tie(a, b) : x === null ? 1 : -1;
    const found = key === "price" ? compare(String(x), String(y)) : x < y ? -1 : x > y ? 1 : 0;
    return found ? way * found : tie(a, b);
  });
}

function keyOf(offer: Offer, key: string): string | number | null {
  switch (key) {
    case "price":
      return offer.price_usd;
    case "memory":
      return offer.memory_gb;
    case "gpus":
      return freeOf(offer);
    case "age":
      return offer.age_seconds;
    case "chip":
      return offer.chip ?? offer.chip_name;
    case "country":
      return offer.country ?? offer.region;
    case "tenor":
      return offer.tenor;
    default:
      return offer.venue;
  }
}

function tie(a: Offer, b: Offer): number {
  const [x, y] = [`${a.venue} ${a.chip_name} ${a.tenor}`, `${b.venue} ${b.chip_name} ${b.tenor}`];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The values that one field takes, each once, in order. */
export function valuesOf(offers: readonly Offer[], field: keyof Offer): string[] {
  const found = new Set(offers.map((offer) => offer[field]).filter((value) => value));
  return [...found].map(String).sort();
}

export interface Taken {
  readonly offer: Offer;
  readonly gpus: number;
  readonly cost_usd: string;
}

export interface Mix {
  readonly name: string;
  readonly taken: readonly Taken[];
  readonly missing: number; // GPUs that no offer here is known to have.
  readonly cost_usd: string;
}

/** A job of some GPUs for some hours, on one chip. */
export interface Job {
  readonly gpus: number;
  readonly hours: number;
}

/**
 * Give the cheapest mix of each way to rent and of all together, the cheapest first.
 *
 * A list price without a stock counts as enough for the job: that is what a list says. An ask counts
 * for its own GPUs. A job is of one chip, so offers are taken chip by chip and the cheapest chip wins.
 */
export function mixes(offers: readonly Offer[], job: Job): Mix[] {
  const ways: [string, (offer: Offer) => boolean][] = [
    ["cheapest of all", () => true],
    ["not taken back", (offer) => offer.tenor !== "INT"],
    ["on demand", (offer) => offer.tenor === "OD"],
    ["marketplace, hourly", (offer) => offer.tenor === "SPOT"],
  ];
  const found: Mix[] = [];
  for (const [name, fits] of ways) {
    const mix = cheapest(name, offers.filter(fits), job);
    if (mix && !found.some((other) => sameTaken(other, mix))) found.push(mix);
  }
  return found;
}

function cheapest(name: string, offers: readonly Offer[], job: Job): Mix | null {
  const chips = new Set(offers.map((offer) => offer.chip));
  let best: Mix | null = null;
  for (const chip of chips) {
    if (chip === null) continue;
    const mix = filled(
      name,
      offers.filter((offer) => offer.chip === chip),
      job,
    );
    if (!best || isBetter(mix, best)) best = mix;
  }
  return best;
}

function isBetter(a: Mix, b: Mix): boolean {
  return a.missing !== b.missing ? a.missing < b.missing : compare(a.cost_usd, b.cost_usd) < 0;
}

function filled(name: string, offers: readonly Offer[], job: Job): Mix {
  const taken: Taken[] = [];
  let [left, cost] = [job.gpus, "0"];
  for (const offer of sorted(offers, "price")) {
    if (left === 0) break;
    if (offer.price_usd === null) continue;
    const gpus = Math.min(left, freeOf(offer) ?? left);
    if (gpus === 0) continue;
    const part = times(offer.price_usd, String(gpus * job.hours));
    taken.push({ offer, gpus, cost_usd: part });
    cost = plus(cost, part);
    left -= gpus;
  }
  return { name, taken, missing: left, cost_usd: cost };
}

function sameTaken(a: Mix, b: Mix): boolean {
  return (
    a.taken.length === b.taken.length &&
    a.taken.every((one, place) => one.offer === b.taken[place]?.offer)
  );
}
