// SHAPES: what the API tells of runs of the auction, and what their disclosed files hold.

export interface RunRow {
  readonly run: number;
  readonly kind: string;
  readonly pricing: string;
  readonly state: string;
  readonly opens: string;
  readonly closes: string;
  readonly discloses: string;
  readonly delivers: boolean;
  readonly delivery_from: string;
  readonly step_minutes: number;
  readonly intervals: number;
  readonly products: readonly string[];
  readonly commitment: string | null;
}

export interface RunList {
  readonly runs: readonly RunRow[];
  readonly before: number | null;
  readonly time: string; // Of the market.
}

export interface PriceCell {
  readonly product: string;
  readonly tier: string;
  readonly from: string;
  readonly price_usd: string;
}

export interface Binding {
  readonly kind: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly price_usd: string;
  readonly text: string;
}

/** Chips kept in reserve in a region, and what a chip-hour more of it was worth. */
export interface Scarcity {
  readonly region: string;
  readonly from: string;
  readonly to: string;
  readonly reserve_chips: string;
  readonly price_usd: string;
}

export interface WorkPrice {
  readonly work_class: string;
  readonly unit?: string;
  readonly bidders: number | null;
  readonly price_usd: string | null;
}

export interface Summary {
  readonly run: number;
  readonly root: string;
  readonly pricing: string;
  readonly status: string;
  readonly welfare_usd: string;
  readonly bids: number;
  readonly left_out: number;
  readonly prices: readonly PriceCell[];
  readonly work: readonly WorkPrice[];
  readonly binding: readonly Binding[];
  readonly scarcity?: readonly Scarcity[];
  readonly certificate: {
    readonly valid: boolean;
    readonly certified_gap: string;
    readonly claimed_gap: string | null;
  };
}

export interface OwnBid {
  readonly bid: string;
  readonly id_in_run: string;
  readonly time: string;
  readonly reserved_usd: string;
  readonly left_out: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RunView {
  readonly row: RunRow;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly summary: Summary | null;
  readonly time: string; // Of the market.
  readonly own: {
    readonly account: number;
    readonly collateral_usd: string;
    readonly bids: readonly OwnBid[];
    readonly awards: readonly Award[];
  } | null;
}

type Step = readonly [quantity: string, price: string];

export interface Mode {
  readonly type: string;
  readonly id: string;
  readonly perf?: readonly { readonly product: string; readonly units_per_chip_hour: string }[];
  readonly curve?: readonly Step[];
  readonly chips_max?: string;
  readonly chips?: number;
  readonly intervals?: number;
  readonly products?: readonly { readonly product: string; readonly value_usd: string }[];
}

export interface Bid {
  readonly kind: string;
  readonly id: string;
  readonly product?: string;
  readonly inventory?: readonly string[];
  readonly blocks?: readonly { readonly share: string; readonly price: string }[];
  readonly modes?: readonly Mode[];
  readonly region?: string;
  readonly steps?: readonly Step[];
}

export interface RunFile {
  readonly delivery: {
    readonly from: string;
    readonly step_minutes: number;
    readonly intervals: number;
  };
  readonly bids: readonly Bid[];
}

export interface AwardLine {
  readonly product: string;
  readonly interval: number;
  readonly tier: string;
  readonly mode?: string;
  readonly quantity: string;
}

export interface GangAward {
  readonly mode: string;
  readonly product: string;
  readonly first: number;
  readonly intervals: number;
  readonly chips: number;
}

export interface Award {
  readonly id: string;
  readonly side: string;
  readonly payment: string;
  readonly make_whole: string;
  readonly charge: string;
  readonly lines: readonly AwardLine[];
  readonly gangs: readonly GangAward[];
  readonly pool?: { readonly gangs?: readonly string[]; readonly reserve?: readonly string[] };
}

export interface ResultFile {
  readonly awards: readonly Award[];
  readonly prices: readonly {
    readonly product: string;
    readonly tier: string;
    readonly interval: number;
    readonly price: string | null;
  }[];
}

export const STATES: Readonly<Record<string, string>> = {
  open: "open for bids",
  closed: "closed",
  cleared: "cleared",
  settled: "settled",
  cancelled: "called off",
};
