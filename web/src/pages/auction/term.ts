// TERM: what each run said of each hour of a product, as lines to be drawn and rows to be read. Pure.

import { textOf, decimal } from "../../lib/decimal.ts";

export interface TermFile {
  readonly paths: readonly {
    readonly product: string;
    readonly tier: string;
    readonly hour: string;
    readonly prices: readonly {
      readonly run: number;
      readonly kind: string;
      readonly published: string;
      readonly price: string;
      readonly quantity: string;
    }[];
  }[];
}

/** What one run said of one tier: its hours and prices in order. */
export interface RunLine {
  readonly run: number;
  readonly kind: string;
  readonly tier: string;
  readonly points: readonly { readonly hour: string; readonly price: string }[];
}

/** The lines of a product, the first published first. A gang's price is its chips': left out. */
export function linesOf(file: TermFile): RunLine[] {
  const found = new Map<string, { run: number; kind: string; tier: string; points: RunLine["points"][number][] }>();
  for (const path of file.paths) {
    if (path.tier === "gang") continue;
    for (const each of path.prices) {
      const name = `${each.run} ${path.tier}`;
      const line = found.get(name) ?? { run: each.run, kind: each.kind, tier: path.tier, points: [] };
      line.points.push({ hour: path.hour, price: each.price });
      found.set(name, line);
    }
  }
  const lines = [...found.values()].sort((a, b) => a.run - b.run || (a.tier < b.tier ? -1 : 1));
  for (const line of lines) line.points.sort((a, b) => (a.hour < b.hour ? -1 : 1));
  return lines;
}

/** The mean of a line's prices, exact to four places, halves up. */
export function meanOf(line: RunLine): string {
  const places = 4;
  const units = line.points.map(({ price }) => scaled(price, places));
  const count = BigInt(units.length);
  const sum = units.reduce((all, each) => all + each, 0n);
  const twice = 2n * sum + count;
  const mean = twice / (2n * count) - (twice < 0n && twice % (2n * count) ? 1n : 0n);
  return textOf({ units: mean, places });
}

function scaled(text: string, places: number): bigint {
  const { units, places: had } = decimal(text);
  if (had > places) throw new RangeError(`expected at most ${places} places, found ${text}`);
  return units * 10n ** BigInt(places - had);
}
