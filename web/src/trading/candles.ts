// CANDLES: candles as they are drawn, and how long they are.

import type { Candle } from "./told.ts";

export const RESOLUTIONS = [
  ["1", "1 min"],
  ["5", "5 min"],
  ["15", "15 min"],
  ["60", "1 h"],
  ["180", "3 h"],
  ["720", "12 h"],
  ["1D", "1 day"],
] as const;
const CANDLES = 600; // Asked for at once.

export interface Drawn {
  readonly time: number; // Seconds since 1970.
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Seconds of a candle. */
export function secondsOf(resolution: string): number {
  return resolution === "1D" ? 86_400 : Number(resolution) * 60;
}

/** Milliseconds that a chart looks back. */
export function chartSpan(resolution: string): number {
  return secondsOf(resolution) * CANDLES * 1_000;
}

/** The start of the candle that a time falls into, in seconds. */
export function startOf(seconds: number, resolution: string): number {
  const length = secondsOf(resolution);
  return Math.floor(seconds / length) * length;
}

/** Make candles what a chart draws: numbers, in order. What is out of order is left out. */
export function drawnCandles(candles: readonly Candle[]): Drawn[] {
  const found: Drawn[] = [];
  for (const { tick, open, high, low, close, volume } of candles) {
    const time = Math.floor(Number(tick) / 1_000);
    if (time <= (found.at(-1)?.time ?? -Infinity)) continue;
    const [o, h, l, c] = [open, high, low, close].map(Number) as [number, number, number, number];
    found.push({ time, open: o, high: h, low: l, close: c, volume: Number(volume) });
  }
  return found;
}
