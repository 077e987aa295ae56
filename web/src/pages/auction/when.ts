// WHEN: the market's time between two answers. Pure.

/** Market time in milliseconds: what was told, and the wall's time that passed since; never back. */
export function passed(told: string, toldMs: number, nowMs: number): number {
  return Date.parse(told) + Math.max(0, nowMs - toldMs);
}
