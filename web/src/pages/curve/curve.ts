// CURVE: what an hour costs at a later day, by source, as it is drawn and told. Pure.
//
// Takes   points as /api/curve tells them; contracts as /api/contracts does.
// Gives   lines by source; axes with round numbers; reasons in words.
// Keeps   a price that is not known unknown: no line is drawn through it.

export interface Point {
  readonly date: string;
  readonly source: string;
  readonly name: string;
  readonly price_usd: string | null;
  readonly low_usd: string | null;
  readonly high_usd: string | null;
  readonly reason: string;
}

export interface Contract {
  readonly contract: string;
  readonly mark_usd: string;
}

export const MARK = "mark";
export const SOURCES: Readonly<Record<string, { text: string; colour: string; about: string }>> = {
  fix: { text: "Spot: last fix", colour: "series-1", about: "The published reference price." },
  future: {
    text: "Futures",
    colour: "series-2",
    about: "Between real bid and ask, or real trades of the last day; demonstration members make none.",
  },
  "ahead auction": {
    text: "Ahead auctions",
    colour: "series-3",
    about: "What capacity for a later time cleared at.",
  },
  model: { text: "Model", colour: "series-4", about: "From capital cost, utilisation and depreciation." },
  mark: {
    text: "Exchange marks",
    colour: "line-strong",
    about: "The mark of each future, in which demonstration members count too.",
  },
};

const REASONS: Readonly<Record<string, string>> = {
  NO_TRADES: "no bid with an ask, and no trade of the last day",
  ONLY_DEMONSTRATION: "demonstration members alone quote it",
};

/** Say why a point has no price. */
export function reasonWords(reason: string): string {
  return REASONS[reason] ?? reason.toLowerCase().replaceAll("_", " ");
}

/** Add the exchange's marks of the futures on the curve, as a source of their own. */
export function withMarks(points: readonly Point[], contracts: readonly Contract[]): Point[] {
  const marks = new Map(contracts.map(({ contract, mark_usd }) => [contract, mark_usd]));
  const found = points.flatMap((point): Point[] => {
    const price = point.source === "future" ? marks.get(point.name) : undefined;
    if (price === undefined) return [point];
    const mark = { source: MARK, price_usd: price, low_usd: null, high_usd: null, reason: "" };
    return [point, { ...point, ...mark }];
  });
  const rank = Object.keys(SOURCES);
  return found.sort(
    (a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : rank.indexOf(a.source) - rank.indexOf(b.source)),
  );
}

/** Whole days from one day to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

export interface Drawn {
  readonly source: string;
  readonly points: readonly { day: number; price: number; low: number; high: number; point: Point }[];
}

/** Give the priced points of each source, from the first day of all on. */
export function linesOf(points: readonly Point[]): Drawn[] {
  const first = points[0]?.date ?? "";
  return Object.keys(SOURCES).flatMap((source): Drawn[] => {
    const own = points.filter((point) => point.source === source && point.price_usd !== null);
    const drawn = own.map((point) => ({
      day: daysBetween(first, point.date),
      price: Number(point.price_usd),
      low: Number(point.low_usd ?? point.price_usd),
      high: Number(point.high_usd ?? point.price_usd),
      point,
    }));
    return drawn.length ? [{ source, points: drawn }] : [];
  });
}

/** Round numbers from `low` to `high`, about `count` of them. */
export function ticksBetween(low: number, high: number, count: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / Math.max(1, count);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * size >= rough) ?? 10) * size;
  const found: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at += 1) {
    found.push(Number((at * step).toPrecision(12)));
  }
  return found;
}

/** The first of each month, every `every` months, from one day to another: [days away, text]. */
export function monthsBetween(first: string, days: number, most: number): [number, string][] {
  const [year = 0, month = 1] = first.split("-").map(Number);
  const every = [1, 2, 3, 6, 12, 24].find((each) => days / 30 / each <= most) ?? 48;
  const found: [number, string][] = [];
  for (let at = year * 12 + month; at < (year + 100) * 12; at += 1) {
    const [years, months] = [Math.floor(at / 12), at % 12];
    if (at % every) continue;
    const day = `${years}-${String(months + 1).padStart(2, "0")}`;
    const away = daysBetween(first, `${day}-01`);
    if (away > days) break;
    found.push([away, day]);
  }
  return found;
}
