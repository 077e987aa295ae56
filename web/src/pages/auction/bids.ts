// BIDS: a bid as a person fills it in, and as the auction reads it. Pure.
//
// Takes   the settings of a run, the texts of a form.
// Gives   the body that is sent; the form of a body that came from here. Faults: faults.ts.
// Keeps   every amount text: the auction reads it exactly, or says which field it could not read.

export const KINDS = [
  ["divisible", "Work that can stop and go on"],
  ["gang", "A run that needs all its chips at once"],
  ["pool", "Chips for sale"],
] as const;
export type Kind = (typeof KINDS)[number][0];

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

/** A form. All kinds share it, so that changing the kind loses nothing. */
export interface Draft {
  kind: Kind;
  id: string;
  workClass: string;
  unit: string;
  tier: string;
  speeds: Pair[]; // Product, units per chip-hour.
  curve: Pair[]; // Units, dollars a unit.
  values: Pair[]; // Product, dollars for the whole run.
  chips: string;
  hours: string;
  first: string; // Number of the first interval ...
  last: string; // ... and of the last, both included.
  migratable: boolean;
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

/** A form with nothing in it but what the run itself says. */
export function emptyDraft(market: Market, kind: Kind = "divisible"): Draft {
  const products = market.products.map((left) => ({ left, right: "" }));
  return {
    kind,
    id: "",
    workClass: "batch",
    unit: "chip-hour",
    tier: market.tiers[0] ?? "",
    speeds: products.map((pair) => ({ ...pair })),
    curve: [{ left: "", right: "" }],
    values: products.map((pair) => ({ ...pair })),
    chips: "",
    hours: "",
    first: "0",
    last: String(market.intervals - 1),
    migratable: true,
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
  const [first, last] = [Number(draft.first), Number(draft.last)];
  const mode =
    draft.kind === "gang"
      ? {
          type: "gang",
          id: "run",
          chips: Number(draft.chips),
          intervals: Number(draft.hours),
          start: {
            from: timeOf(market, first),
            to: timeOf(market, Math.max(first, last + 1 - Number(draft.hours))),
          },
          migratable: draft.migratable,
          products: filled(draft.values).map(({ left, right }) => ({
            product: left,
            value_usd: right.trim(),
          })),
        }
      : {
          type: "divisible",
          id: "any",
          perf: filled(draft.speeds).map(({ left, right }) => ({
            product: left,
            units_per_chip_hour: right.trim(),
          })),
          tiers: [{ tier: draft.tier }],
          curve: filled(draft.curve).map(({ left, right }) => [left.trim(), right.trim()]),
          chips_max: draft.chips.trim(),
          window: { from: timeOf(market, first), to: timeOf(market, last + 1) },
        };
  return {
    kind: "buy",
    id: draft.id.trim(),
    workload: { class: draft.workClass.trim(), unit: draft.unit.trim() },
    modes: [mode],
    ...(draft.spend.trim() ? { limits: { spend_usd: draft.spend.trim() } } : {}),
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
  const [mode] = body.modes;
  const draft = emptyDraft(market, mode.type === "gang" ? "gang" : "divisible");
  draft.id = body.id;
  draft.workClass = body.workload.class;
  draft.unit = body.workload.unit;
  draft.spend = body.limits?.spend_usd ?? "";
  const at = (time: string): number =>
    (Date.parse(time) - Date.parse(market.from)) / (market.stepMinutes * 60_000);
  if (draft.kind === "gang") {
    draft.chips = String(mode.chips);
    draft.hours = String(mode.intervals);
    draft.first = String(at(mode.start.from));
    draft.last = String(at(mode.start.to) + mode.intervals - 1);
    draft.migratable = mode.migratable;
    put(draft.values, mode.products, "value_usd");
  } else {
    draft.chips = mode.chips_max;
    draft.first = String(at(mode.window.from));
    draft.last = String(at(mode.window.to) - 1);
    draft.tier = mode.tiers[0].tier;
    put(draft.speeds, mode.perf, "units_per_chip_hour");
    draft.curve = mode.curve.map(([left, right]: [string, string]) => ({ left, right }));
  }
  return draft;
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
