// AWARDS: what an award is of: chips by product and interval, bought singly or as a gang. Pure.

import type { Award } from "./shapes.ts";

/** The chips of a product that an award holds in an interval. */
export function chipsAt(award: Award, product: string, interval: number): number {
  const single = award.lines
    .filter((line) => line.product === product && line.interval === interval)
    .reduce((sum, line) => sum + Number(line.quantity), 0);
  return award.gangs
    .filter((gang) => gang.product === product)
    .filter((gang) => gang.first <= interval && interval < gang.first + gang.intervals)
    .reduce((sum, gang) => sum + gang.chips, single);
}

/** Whether a bid got nothing; a pool may have sold to gangs alone. */
export function gotNothing(award: Award | undefined): boolean {
  if (!award) return true;
  return !award.lines.length && !award.gangs.length && !award.pool?.gangs?.some(Number);
}

/** The chip-hours of an award, for people. */
export function chipHours(award: Award, stepMinutes: number): string {
  const single = award.lines.reduce((sum, line) => sum + Number(line.quantity), 0);
  const gangs = award.gangs.reduce((sum, gang) => sum + gang.chips * gang.intervals, single);
  const all = (award.pool?.gangs ?? []).reduce((sum, chips) => sum + Number(chips), gangs);
  return ((all * stepMinutes) / 60).toLocaleString("en", { maximumFractionDigits: 2 });
}
