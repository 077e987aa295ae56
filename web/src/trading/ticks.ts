// TICKS: prices as whole numbers of a contract's price increment, and back.
//
// Takes   decimal text; the increment of a contract, as decimal text.
// Gives   safe integers; decimal text with the places of the increment.
// Keeps   every step exact: what is off the grid is null, never the nearest.

import { decimal, textOf } from "../lib/decimal.ts";

export interface Grid {
  readonly units: bigint; // Of the increment, in ten to the power of minus `places`.
  readonly places: number;
}

/** Read an increment such as "0.0001"; raises RangeError where it is none. */
export function gridOf(increment: string): Grid {
  const { units, places } = decimal(increment);
  if (units <= 0n) throw new RangeError(`expected an increment above 0, found ${increment}`);
  return { units, places };
}

/** Give a price in ticks; null where it is no decimal, or not on the grid. */
export function ticksOf(price: string, grid: Grid): number | null {
  let found;
  try {
    found = decimal(price.trim().replace("\u2212", "-"));
  } catch {
    return null;
  }
  const apart = grid.places - found.places;
  let units = found.units;
  if (apart >= 0) units *= 10n ** BigInt(apart);
  else {
    const scale = 10n ** BigInt(-apart);
    if (units % scale !== 0n) return null;
    units /= scale;
  }
  if (units % grid.units !== 0n) return null;
  const ticks = Number(units / grid.units);
  return Number.isSafeInteger(ticks) ? ticks : null;
}

/** Write ticks as a price, with all places of the increment. */
export function priceOf(ticks: number, grid: Grid): string {
  return textOf({ units: BigInt(ticks) * grid.units, places: grid.places });
}

/** Give the price as a number, for what is drawn and not read. */
export function drawnPrice(ticks: number, grid: Grid): number {
  return (ticks * Number(grid.units)) / 10 ** grid.places;
}

/** Read whole lots above nought; null where the text is something else. */
export function lotsOf(text: string): number | null {
  const clean = text.trim().replaceAll(",", "");
  return /^[1-9]\d{0,11}$/.test(clean) ? Number(clean) : null;
}
