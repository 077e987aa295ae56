// LADDER: a side of a book in steps, the best first, with what stands up to each step.
//
// Takes   a side; how many steps; how many ticks a step has.
// Gives   rows. Bids are counted to the step below, asks to the step above, as the exchange does.

import type { Side } from "./book.ts";

export interface Step {
  readonly ticks: number;
  readonly lots: number;
  readonly total: number; // Of this step and all better ones.
}

/** Give the best steps of a side. */
export function stepsOf(side: Side, count: number, group = 1): Step[] {
  const steps: { ticks: number; lots: number; total: number }[] = [];
  let total = 0;
  for (let place = 0; place < side.size; place += 1) {
    const [exact, lots] = side.at(place) as [number, number];
    const ticks = stepOf(exact, side.sign, group);
    const last = steps.at(-1);
    if (last?.ticks === ticks) {
      last.lots += lots;
      last.total = total += lots;
      continue;
    }
    if (steps.length === count) break;
    total += lots;
    steps.push({ ticks, lots, total });
  }
  return steps;
}

/** The step that a price is counted to. */
export function stepOf(ticks: number, sign: 1 | -1, group: number): number {
  return sign * Math.ceil((sign * ticks) / group) * group + 0; // Never minus zero.
}

/** Give points of the depth of a side, for a drawing: price and total, from the best outwards. */
export function depthOf(side: Side, most: number): [ticks: number, total: number][] {
  const points: [number, number][] = [];
  let total = 0;
  for (let place = 0; place < Math.min(most, side.size); place += 1) {
    const [ticks, lots] = side.at(place) as [number, number];
    total += lots;
    points.push([ticks, total]);
  }
  return points;
}
