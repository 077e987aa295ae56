// CURVES: the merit order and the demand of one product in one interval, as steps to be drawn. Pure.
//
// Takes   a disclosed run and its result.
// Gives   steps of supply, the cheapest first, and of demand, the most valued first.
// Keeps   what was not served apart. A bid that may wait has no place in an hour until it is served:
//         it stands in the hours where it was, at what it declared for a chip-hour of its award.

import { chipsAt, gotNothing } from "./awards.ts";
import type { Award, Bid, Mode, PriceCell, ResultFile, RunFile, RunRow } from "./shapes.ts";

/** So many chips at a price or value in dollars for a chip-hour. For drawing: floats. */
export interface Step {
  readonly bid: string;
  readonly chips: number;
  readonly usd: number;
  readonly served: boolean;
}

/** Give the supply of a product in an interval: blocks of every offer, the cheapest first. */
export function supply(run: RunFile, product: string, interval: number): Step[] {
  const found: Step[] = [];
  for (const bid of run.bids) {
    if ((bid.kind !== "sell" && bid.kind !== "leaseback") || bid.product !== product) continue;
    const inventory = Number(bid.inventory?.[interval] ?? 0);
    for (const block of bid.blocks ?? []) {
      const chips = inventory * Number(block.share);
      if (chips > 0) found.push({ bid: bid.id, chips, usd: Number(block.price), served: true });
    }
  }
  return found.sort((a, b) => a.usd - b.usd || (a.bid < b.bid ? -1 : 1));
}

/** Give the demand: what was served in the interval first by value, then what was not at all. */
export function demand(
  run: RunFile,
  result: ResultFile,
  product: string,
  interval: number,
): Step[] {
  const awards = new Map(result.awards.map((award) => [award.id, award]));
  const hours = run.delivery.step_minutes / 60;
  const [served, left]: [Step[], Step[]] = [[], []];
  for (const bid of run.bids) {
    if (bid.kind !== "buy") continue;
    const award = awards.get(bid.id);
    const chips = award ? chipsAt(award, product, interval) : 0;
    if (award && chips > 0) {
      served.push({ bid: bid.id, chips, usd: declared(bid, award, hours), served: true });
    } else if (gotNothing(award)) {
      const wish = wanted(bid, product, hours);
      if (wish) left.push({ bid: bid.id, ...wish, served: false });
    }
  }
  const ranked = (a: Step, b: Step): number => b.usd - a.usd || (a.bid < b.bid ? -1 : 1);
  return [...served.sort(ranked), ...left.sort(ranked)];
}

/** What a bid declared its award to be worth, for a chip-hour of it; 0 where it cannot be told. */
export function declared(bid: Bid, award: Award, hours: number): number {
  const modes = new Map((bid.modes ?? []).map((mode) => [mode.id, mode]));
  let [chipHours, worth] = [0, 0];
  const units = new Map<string, number>();
  for (const line of award.lines) {
    const spent = Number(line.quantity) * hours;
    chipHours += spent;
    const mode = modes.get(line.mode ?? "");
    if (!mode) continue;
    const done = spent * rate(mode, line.product);
    units.set(mode.id, (units.get(mode.id) ?? 0) + done);
  }
  for (const [id, done] of units) worth += area(modes.get(id)?.curve ?? [], done);
  for (const gang of award.gangs) {
    chipHours += gang.chips * gang.intervals * hours;
    const of = modes.get(gang.mode)?.products?.find((each) => each.product === gang.product);
    worth += Number(of?.value_usd ?? 0);
  }
  return chipHours > 0 ? worth / chipHours : 0;
}

function rate(mode: Mode, product: string): number {
  const found = mode.perf?.find((each) => each.product === product);
  return Number(found?.units_per_chip_hour ?? 0);
}

/** The value of so many units on a curve of steps [units, dollars a unit]. */
export function area(curve: readonly (readonly [string, string])[], units: number): number {
  let [left, worth] = [units, 0];
  for (const [size, usd] of curve) {
    const taken = Math.min(left, Number(size));
    worth += taken * Number(usd);
    left -= taken;
    if (left <= 0) break;
  }
  return worth;
}

/** What a bid that got nothing would have taken of a product, at its first value; null: not it. */
function wanted(bid: Bid, product: string, hours: number): { chips: number; usd: number } | null {
  let best: { chips: number; usd: number } | null = null;
  for (const mode of bid.modes ?? []) {
    const found = wish(mode, product, hours);
    if (found && (!best || found.usd > best.usd)) best = found;
  }
  return best;
}

function wish(mode: Mode, product: string, hours: number): { chips: number; usd: number } | null {
  if (mode.type === "gang") {
    const of = mode.products?.find((each) => each.product === product);
    const chips = mode.chips ?? 0;
    const chipHours = chips * (mode.intervals ?? 0) * hours;
    return of && chipHours > 0 ? { chips, usd: Number(of.value_usd) / chipHours } : null;
  }
  const speed = rate(mode, product);
  const first = mode.curve?.[0];
  if (!speed || !first) return null;
  return { chips: Number(mode.chips_max ?? 0), usd: Number(first[1]) * speed };
}

/** What is looked at first: where a chip-hour was dearest, and of those where most was bought. */
export function dearest(
  prices: readonly PriceCell[],
  result: ResultFile | null,
  row: Pick<RunRow, "delivery_from" | "step_minutes">,
): PriceCell | undefined {
  const bought = (cell: PriceCell): number => {
    const at = intervalOf(row, cell.from);
    const buys = (result?.awards ?? []).filter((award) => award.side === "buy");
    return buys.reduce((sum, award) => sum + chipsAt(award, cell.product, at), 0);
  };
  const top = prices.reduce((most, { price_usd }) => Math.max(most, Number(price_usd)), -Infinity);
  const among = prices.filter(({ price_usd }) => Number(price_usd) === top);
  return among.toSorted((a, b) => bought(b) - bought(a))[0];
}

/** The number of the interval that begins at a time. */
export function intervalOf(
  row: Pick<RunRow, "delivery_from" | "step_minutes">,
  from: string,
): number {
  return Math.round((Date.parse(from) - Date.parse(row.delivery_from)) / (row.step_minutes * 60_000));
}

/** The price of a product in an interval: that of its firmest tier, null where none was told. */
export function priceOf(result: ResultFile, product: string, interval: number): number | null {
  const found = result.prices.find(
    (each) => each.product === product && each.interval === interval && each.price !== null,
  );
  return found ? Number(found.price) : null;
}
