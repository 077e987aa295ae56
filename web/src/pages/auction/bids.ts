// BIDS: a bid as a person fills it in, and as the auction reads it. Pure.
//
// Takes   the settings of a run, the texts of a form; work may have several modes, of which one is
//         served.
// Gives   the body that is sent; the form of a body that came from here. Faults: faults.ts.
// Keeps   every amount text: the auction reads it exactly, or says which field it could not read.

export const KINDS = [
  ["divisible", "Work that can stop and go on"],
  ["gang", "A run that needs all its chips at once"],
  ["pool", "Chips for sale"],
] as const;
export type Kind = (typeof KINDS)[number][0];

export const MODES_MOST = 8; // As many as a person still overlooks; the auction takes more.

/** What a form needs to know of a run. */
export interface Market {
  readonly products: readonly string[];
  readonly tiers: readonly string[];
  readonly from: string; // ISO time of the first interval.
  readonly stepMinutes: number;
  readonly intervals: number;
}

/** One line of a form: a product and a figure, or a size and a price. */
export interface Pair {
  left: string;
  right: string;
}

/** One way to serve the work. Both kinds share it, so that changing the kind loses nothing. */
export interface Mode {
  kind: Kind;
  tier: string;
  speeds: Pair[]; // Product, units per chip-hour.
  curve: Pair[]; // Units, dollars a unit.
  values: Pair[]; // Product, dollars for the whole run.
  chips: string;
  hours: string;
  first: string; // Number of the first interval ...
  last: string; // ... and of the last, both included.
  migratable: boolean;
}

/** A form. Its own fields are the first mode of the work, or the chips for sale. */
export interface Draft extends Mode {
  id: string;
  workClass: string;
  unit: string;
  others: Mode[]; // Further modes: one of all is served, or none.
  spend: string;
  product: string;
  blocks: Pair[]; // Share in per cent, dollars a chip-hour.
  reserve: boolean;
}

/** Read what a form needs out of a run's settings. */
export function marketOf(settings: Readonly<Record<string, unknown>>): Market {
  const { products, tiers, delivery } = settings as {
    products: { chip: string; domain: string; region: string }[];
    tiers: { tier: string }[];
    delivery: { from: string; step_minutes: number; intervals: number };
  };
  return {
    products: products.map(({ chip, domain, region }) => `${chip}/${domain}/${region}`),
    tiers: tiers.map(({ tier }) => tier),
    from: delivery.from,
    stepMinutes: delivery.step_minutes,
    intervals: delivery.intervals,
  };
}

/** A mode with nothing in it but what the run itself says. */
export function emptyMode(market: Market, kind: Kind): Mode {
  const products = market.products.map((left) => ({ left, right: "" }));
  return {
    kind,
    tier: market.tiers[0] ?? "",
    speeds: products.map((pair) => ({ ...pair })),
    curve: [{ left: "", right: "" }],
    values: products.map((pair) => ({ ...pair })),
    chips: "",
    hours: "",
    first: "0",
    last: String(market.intervals - 1),
    migratable: true,
  };
}

/** A form with nothing in it but what the run itself says. */
export function emptyDraft(market: Market, kind: Kind = "divisible"): Draft {
  return {
    ...emptyMode(market, kind),
    id: "",
    workClass: "batch",
    unit: "chip-hour",
    others: [],
    spend: "",
    product: market.products[0] ?? "",
    blocks: [{ left: "100", right: "" }],
    reserve: false,
  };
}

/** When an interval begins, as the auction wants it. */
export function timeOf(market: Market, interval: number): string {
  const at = Date.parse(market.from) + interval * market.stepMinutes * 60_000;
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/** The body that is sent. Products without a figure, and empty lines, are left out. */
export function bodyOf(draft: Draft, market: Market): Record<string, unknown> {
  if (draft.kind === "pool") return poolBody(draft, market);
  const all = [draft, ...draft.others];
  const names = all.map((mode, at) => nameOf(mode, at, all.length));
  return {
    kind: "buy",
    id: draft.id.trim(),
    workload: { class: draft.workClass.trim(), unit: draft.unit.trim() },
    modes: all.map((mode, at) => modeBody(mode, names[at] ?? "", market)),
    ...(all.length > 1 ? { logic: { xor: [names], requires: [] } } : {}),
    ...(draft.spend.trim() ? { limits: { spend_usd: draft.spend.trim() } } : {}),
  };
}

function nameOf({ kind }: Mode, at: number, count: number): string {
  if (count > 1) return `mode${at + 1}`;
  return kind === "gang" ? "run" : "any";
}

function modeBody(mode: Mode, id: string, market: Market): Record<string, unknown> {
  const [first, last] = [Number(mode.first), Number(mode.last)];
  if (mode.kind === "gang") {
    return {
      type: "gang",
      id,
      chips: Number(mode.chips),
      intervals: Number(mode.hours),
      start: {
        from: timeOf(market, first),
        to: timeOf(market, Math.max(first, last + 1 - Number(mode.hours))),
      },
      migratable: mode.migratable,
      products: filled(mode.values).map(({ left, right }) => ({
        product: left,
        value_usd: right.trim(),
      })),
    };
  }
  return {
    type: "divisible",
    id,
    perf: filled(mode.speeds).map(({ left, right }) => ({
      product: left,
      units_per_chip_hour: right.trim(),
    })),
    tiers: [{ tier: mode.tier }],
    curve: filled(mode.curve).map(({ left, right }) => [left.trim(), right.trim()]),
    chips_max: mode.chips.trim(),
    window: { from: timeOf(market, first), to: timeOf(market, last + 1) },
  };
}

function poolBody(draft: Draft, market: Market): Record<string, unknown> {
  const [first, last] = [Number(draft.first), Number(draft.last)];
  const chips = draft.chips.trim();
  const inventory = Array.from({ length: market.intervals }, (_, at) =>
    at >= first && at <= last ? chips : "0",
  );
  return {
    kind: "sell",
    id: draft.id.trim(),
    product: draft.product,
    inventory,
    blocks: filled(draft.blocks).map(({ left, right }) => ({
      share: shareOf(left.trim()),
      price: right.trim(),
    })),
    tiers: [{ tier: draft.tier }],
    reserve: draft.reserve,
  };
}

/** The lines that have a figure. */
export function filled(pairs: readonly Pair[]): Pair[] {
  return pairs.filter(({ right }) => right.trim());
}

/** Per cent as a share, exactly: the point moves two places. Other text stays as it is. */
export function shareOf(percent: string): string {
  const found = /^(\d{1,3})(?:\.(\d{1,4}))?$/.exec(percent);
  if (!found) return percent;
  const [whole, rest] = [(found[1] ?? "").padStart(3, "0"), found[2] ?? ""];
  const text = `${whole.slice(0, -2)}.${whole.slice(-2)}${rest}`;
  return text.replace(/\.?0+$/, "") || "0";
}

/** A share as per cent: the same, back. */
export function percentOf(share: string): string {
  const [whole = "", rest = ""] = share.split(".");
  const digits = rest.padEnd(2, "0");
  const text = `${whole}${digits.slice(0, 2)}`.replace(/^0+(?=\d)/, "");
  const more = digits.slice(2).replace(/0+$/, "");
  return more ? `${text}.${more}` : text;
}

/** The form of a bid that was made with one; null where it says more than a form can hold. */
export function draftOf(body: Readonly<Record<string, unknown>>, market: Market): Draft | null {
  try {
    const draft = body.kind === "sell" ? poolDraft(body, market) : buyDraft(body, market);
    return same(bodyOf(draft, market), body) ? draft : null;
  } catch {
    return null; // Another shape: it is shown as JSON.
  }
}

function buyDraft(body: Readonly<Record<string, any>>, market: Market): Draft {
  const [first, ...others] = body.modes.map((mode: Readonly<Record<string, any>>) => modeOf(mode, market));
  const draft = { ...emptyDraft(market), ...first, others };
  draft.id = body.id;
  draft.workClass = body.workload.class;
  draft.unit = body.workload.unit;
  draft.spend = body.limits?.spend_usd ?? "";
  return draft;
}

function modeOf(body: Readonly<Record<string, any>>, market: Market): Mode {
  const mode = emptyMode(market, body.type === "gang" ? "gang" : "divisible");
  const at = (time: string): number =>
    (Date.parse(time) - Date.parse(market.from)) / (market.stepMinutes * 60_000);
  if (mode.kind === "gang") {
    mode.chips = String(body.chips);
    mode.hours = String(body.intervals);
    mode.first = String(at(body.start.from));
    mode.last = String(at(body.start.to) + body.intervals - 1);
    mode.migratable = body.migratable;
    put(mode.values, body.products, "value_usd");
  } else {
    mode.chips = body.chips_max;
    mode.first = String(at(body.window.from));
    mode.last = String(at(body.window.to) - 1);
    mode.tier = body.tiers[0].tier;
    put(mode.speeds, body.perf, "units_per_chip_hour");
    mode.curve = body.curve.map(([left, right]: [string, string]) => ({ left, right }));
  }
  return mode;
}

function put(pairs: Pair[], found: Readonly<Record<string, string>>[], name: string): void {
  for (const pair of pairs) {
    pair.right = found.find((each) => each.product === pair.left)?.[name] ?? "";
  }
}

function poolDraft(body: Readonly<Record<string, any>>, market: Market): Draft {
  const draft = emptyDraft(market, "pool");
  const inventory: string[] = body.inventory;
  const held = inventory.flatMap((chips, at) => (chips === "0" ? [] : [at]));
  draft.id = body.id;
  draft.product = body.product;
  draft.chips = inventory[held[0] ?? 0] ?? "0";
  draft.first = String(held[0] ?? 0);
  draft.last = String(held.at(-1) ?? market.intervals - 1);
  draft.tier = body.tiers[0].tier;
  draft.reserve = body.reserve;
  draft.blocks = body.blocks.map(({ share, price }: { share: string; price: string }) => ({
    left: percentOf(share),
    right: price,
  }));
  return draft;
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return a === b;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => same(left[name], right[name]));
}
