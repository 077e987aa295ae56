// SHAPES: what is asked of /api/rent-or-buy and what it answers.

export interface Asked {
  readonly chip: string;
  readonly form: string;
  readonly region: string;
  readonly hours_per_month: number;
  readonly assumptions: Readonly<Record<string, string>>;
}

export interface Rent {
  readonly tenor: string;
  readonly words: string;
  readonly price_usd: string | null;
  readonly source: string;
  readonly mean_usd: string | null;
  readonly usd_per_month: string | null;
  readonly usd_per_hour: string | null;
  readonly cheaper: "rent" | "own" | null;
  readonly breakeven_hours: number | null;
  readonly breakeven_utilisation: string | null;
  readonly reason: string;
}

export interface Stated {
  readonly name: string;
  readonly value: string;
  readonly low: string;
  readonly high: string;
  readonly unit: string;
  readonly source: string;
  readonly date: string;
  readonly overridden: boolean;
}

export interface Moved {
  readonly name: string;
  readonly low: string;
  readonly high: string;
  readonly at_low_usd_per_hour: string;
  readonly at_high_usd_per_hour: string;
  readonly breakeven_at_low: number | null;
  readonly breakeven_at_high: number | null;
}

export interface Answer {
  readonly chip: string;
  readonly form: string;
  readonly region: string;
  readonly as_of: string;
  readonly hours_per_month: number;
  readonly own: {
    readonly usd_per_month: string;
    readonly usd_per_hour: string;
    readonly hours_most: number;
    readonly server_gpus: number;
    readonly lines: readonly {
      readonly name: string;
      readonly usd_per_month: string;
      readonly usd_per_hour: string;
    }[];
  };
  readonly rent: readonly Rent[];
  readonly rule: {
    readonly hours: number;
    readonly holds: boolean | null;
    readonly breakeven_low: number | null;
    readonly breakeven_high: number | null;
    readonly words: string;
  };
  readonly sensitivity: readonly Moved[];
  readonly assumptions: readonly Stated[];
}

/** "power usd per mwh" of power_usd_per_mwh: names as the command line has them. */
export function words(name: string): string {
  return name.replaceAll("_", " ").replace(/\busd\b/g, "$");
}
