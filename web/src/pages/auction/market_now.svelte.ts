// MARKET NOW: the market's time as it passes: a replayed market is not at the time of the wall.

import { clock } from "../../lib/api.ts";
import { now } from "../../lib/now.svelte.ts";
import { passed } from "./when.ts";

/** The market's time now, from what an answer told and when that came. For a page being drawn. */
export function marketNow(told: string, cameMs: number): number {
  return passed(told, cameMs + clock.ahead, now.ms);
}
