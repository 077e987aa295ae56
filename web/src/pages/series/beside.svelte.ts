// BESIDE: other figures beside a fix, over time: the same strikes under other parameters, and
// companions. The server computes companions strike by strike, so they are asked for one at a
// time, the latest first, and not further back than `STRIKES`.

import { ask } from "../../lib/api.ts";
import type { Fixing } from "../../lib/fixings.ts";
import type { Companion, History } from "../../lib/series.ts";
import type { Beside } from "./HistoryChart.svelte";

export const STRIKES = 30;
const UNIT = "USD per GPU-hour"; // What can be drawn on the scale of the fix.

export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly of: "set" | "companion";
}

export const CHOICES: readonly Choice[] = [
  { id: "plain", name: "No screen", of: "set" },
  { id: "robust", name: "Scaled deviation", of: "set" },
  { id: "SM", name: "Smooth", of: "companion" },
  { id: "CW", name: "Capacity-weighted", of: "companion" },
  { id: "QA", name: "Quality-adjusted", of: "companion" },
  { id: "TX", name: "Transacted", of: "companion" },
];

export class BesideLines {
  busy = $state(false);
  fault = $state("");
  #known = $state.raw<ReadonlyMap<string, ReadonlyMap<string, number | null>>>(new Map());

  /** Follow what is chosen, for the strikes of a history; made while a component is set up. */
  constructor(slug: () => string, chosen: () => readonly string[], history: () => readonly Fixing[]) {
    $effect(() => {
      const [of, names] = [slug(), chosen()];
      const days = history().map(({ date }) => date);
      const stop = new AbortController();
      this.#known = new Map();
      this.fault = "";
      void this.#follow(of, names, days, stop.signal);
      return () => stop.abort();
    });
  }

  /** The lines that are there, in the order of `CHOICES`. */
  lines(chosen: readonly string[]): Beside[] {
    return CHOICES.filter(({ id }) => chosen.includes(id)).map(({ id, name }) => ({
      name,
      values: this.#known.get(id) ?? new Map<string, number | null>(),
    }));
  }

  async #follow(slug: string, names: readonly string[], days: readonly string[], signal: AbortSignal): Promise<void> {
    this.busy = names.length > 0;
    try {
      for (const { id, of } of CHOICES) {
        if (of === "set" && names.includes(id)) await this.#set(slug, id, days.length, signal);
      }
      const wanted = CHOICES.filter(({ id, of }) => of === "companion" && names.includes(id));
      if (wanted.length) await this.#companions(slug, wanted, days.slice(-STRIKES).reverse(), signal);
    } catch (fault) {
      if (!signal.aborted) this.fault = fault instanceof Error ? fault.message : String(fault);
    }
    if (!signal.aborted) this.busy = false;
  }

  async #set(slug: string, id: string, last: number, signal: AbortSignal): Promise<void> {
    const from = `/api/series/${encodeURIComponent(slug)}?set=${id}&last=${Math.max(1, last)}`;
    const { history } = await ask<History>(from, { signal });
    const values = history.map(({ date, fix_usd }) => [date, numberOf(fix_usd)] as const);
    if (!signal.aborted) this.#known = new Map([...this.#known, [id, new Map(values)]]);
  }

  async #companions(slug: string, wanted: readonly Choice[], days: readonly string[], signal: AbortSignal): Promise<void> {
    for (const day of days) {
      const from = `/api/companions/${encodeURIComponent(slug)}/${day}`;
      const { companions } = await ask<{ companions: Companion[] }>(from, { signal });
      if (signal.aborted) return;
      const known = new Map(this.#known);
      for (const { id } of wanted) {
        const found = companions.find(({ variant, unit }) => variant === id && unit === UNIT);
        known.set(id, new Map([...(known.get(id) ?? []), [day, numberOf(found?.value ?? null)]]));
      }
      this.#known = known;
    }
  }
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}
