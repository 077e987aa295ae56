// SHAPES: what is asked of /api/hedge and what it answers; and months, as the form needs them.

export interface Month {
  readonly month: string;
  readonly hours: number;
}

export interface Asked {
  readonly series: string;
  readonly months: readonly Month[];
  readonly venues: readonly string[];
  readonly spike_usd: string | null;
  readonly annual_volatility: string | null; // null: drawn from recorded days, where they are enough.
}

export interface Spread {
  readonly mean_usd: string;
  readonly sd_usd: string;
  readonly p5_usd: string;
  readonly p50_usd: string;
  readonly p95_usd: string;
}

export interface Leg {
  readonly month: string;
  readonly hours: number;
  readonly cost_usd: string;
  readonly contract: string | null;
  readonly match: string;
  readonly lots: number;
  readonly price_usd: string | null;
  readonly price_source: string;
  readonly lots_offered: number | null;
  readonly slippage_usd: string | null;
  readonly reason: string;
}

export interface Scenario {
  readonly name: string;
  readonly price_usd: string;
  readonly unhedged_usd: string;
  readonly futures_usd: string;
  readonly hedged_usd: string;
  readonly variation_usd: string;
  readonly cash_usd: string;
}

export interface Answer {
  readonly series: string;
  readonly as_of: string;
  readonly venues: readonly string[];
  readonly price_usd: string;
  readonly hours: number;
  readonly cost_usd: string;
  readonly ratio: {
    readonly value: string;
    readonly low: string | null;
    readonly high: string | null;
    readonly source: string;
    readonly days: number;
    readonly reason: string;
  };
  readonly legs: readonly Leg[];
  readonly locked: {
    readonly lots: number;
    readonly unhedged_hours: number;
    readonly cost_usd: string;
    readonly usd_per_hour: string;
    readonly fees_usd: string;
    readonly slippage_usd: string;
  };
  readonly margin: {
    readonly initial_usd: string | null;
    readonly maintenance_usd: string | null;
    readonly reason: string;
  };
  readonly scenarios: readonly Scenario[];
  readonly distribution: {
    readonly paths: number;
    readonly days: number;
    readonly source: string;
    readonly without: Spread;
    readonly hedged: Spread;
  } | null;
  readonly distribution_reason: string;
  readonly risks: readonly { readonly name: string; readonly words: string }[];
  readonly orders: readonly { readonly method: string; readonly params: Record<string, unknown> }[];
}

/** Give the months after that of a time, in milliseconds since 1970: "2026-09", "2026-10", ... */
export function monthsAfter(nowMs: number, count: number): string[] {
  const now = new Date(nowMs);
  return Array.from({ length: count }, (_, ahead) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1 + ahead, 1));
    return month.toISOString().slice(0, 7);
  });
}

/** Share hours among months, the first ones taking what is left over: their sum is exact. */
export function shared(hours: number, months: readonly string[]): Month[] {
  const each = Math.floor(hours / months.length);
  const over = hours - each * months.length;
  return months.map((month, place) => ({ month, hours: each + (place < over ? 1 : 0) }));
}

/** "September 2026" of 2026-09. */
export function monthText(month: string): string {
  const time = Date.parse(`${month}-01T00:00:00Z`);
  if (Number.isNaN(time)) return month;
  return new Intl.DateTimeFormat("en-GB", {
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  }).format(time);
}
