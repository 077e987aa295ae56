// FIXINGS: what the API tells of fixes: the shapes that the pages read, and how they are ordered.
//
// Takes   rows of /api/release, /api/series.
// Gives   the rows of a tier, sorted; changes in per cent, exactly.
// Keeps   a row without a figure last in every order.

import { compare, times } from "./decimal.ts";

/** One fixing, as every answer has it. Amounts are decimal text in US dollars per GPU-hour. */
export interface Fixing {
  readonly series: string;
  readonly slug: string;
  readonly date: string;
  readonly strike: string;
  readonly state: "fixed" | "suppressed";
  readonly reason: string;
  readonly fix_usd: string | null;
  readonly grade: string;
  readonly venues: number;
  readonly kept: number;
  readonly rejected: number;
  readonly interval_low_usd: string | null;
  readonly interval_high_usd: string | null;
  readonly interval_level: string | null;
  readonly fit: boolean;
  readonly previous_strike: string | null;
  readonly change_usd: string | null;
  readonly matched_usd: string | null;
  readonly screen_usd: string | null;
  readonly composition_usd: string | null;
  readonly vintage: string;
  readonly known: string;
  readonly methodology: string;
  readonly parameter_set: string;
  readonly parameters_sha256: string;
  readonly register_sha256: string;
  readonly inputs_root: string;
  readonly revision: string;
}

/** A row of the release of a day. */
export interface ReleaseRow extends Fixing {
  readonly reason_text: string;
  readonly name: string;
  readonly chip: string;
  readonly chip_name: string;
  readonly tenor_name: string;
  readonly tier: "training" | "inference";
  readonly base: string;
  readonly filter: string;
  readonly measures: string;
  readonly change_1d: string | null;
  readonly change_7d: string | null;
  readonly change_30d: string | null;
  readonly moved: string;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly screened: readonly string[];
  readonly last_fix_usd: string | null;
  readonly last_fix_date: string | null;
  readonly sparkline: readonly Strike[];
}

export interface Strike {
  readonly date: string;
  readonly fix_usd: string | null;
}

export interface News {
  readonly id: string;
  readonly kind: string;
  readonly time: string;
  readonly series: string;
  readonly title: string;
  readonly text: string;
  readonly address: string;
}

export interface Release {
  readonly date: string;
  readonly strike: string;
  readonly earlier: string | null;
  readonly later: string | null;
  readonly vintages: readonly string[];
  readonly methodologies: readonly string[];
  readonly rows_sha256: string;
  readonly fixed: number;
  readonly suppressed: number;
  readonly series: readonly ReleaseRow[];
  readonly news: readonly News[];
}

export const TIERS: readonly (readonly [ReleaseRow["tier"], string, string])[] = [
  ["training", "Training", "Chips that are rented by the cluster: models are trained on them."],
  ["inference", "Inference", "Chips that are rented one by one: models answer on them."],
];
export const GRADES: Readonly<Record<string, string>> = {
  A: "seven owners or more",
  B: "five or six owners",
  C: "three or four owners",
};
const HEADLINES = ["h100-sxm-od", "h200-sxm-od", "b200-sxm-od", "a100-sxm-od"];

type Figure = (row: ReleaseRow) => string | null;
const FIGURES: Readonly<Record<string, Figure>> = {
  fix: (row) => row.fix_usd,
  d1: (row) => row.change_1d,
  d7: (row) => row.change_7d,
  d30: (row) => row.change_30d,
  owners: (row) => String(row.venues),
};

/** A share such as "-0.009375" in per cent, exactly: "-0.937500". */
export function percent(share: string | null): string | null {
  return share === null ? null : times(share, "100");
}

/** The series that stand at the head: those of the list that have a fix, else the first that do. */
export function headlines(rows: readonly ReleaseRow[]): readonly ReleaseRow[] {
  const fixed = rows.filter((row) => row.fix_usd !== null);
  const chosen = HEADLINES.map((slug) => fixed.find((row) => row.slug === slug));
  const found = chosen.filter((row): row is ReleaseRow => row !== undefined);
  return found.length ? found : fixed.filter((row) => !row.base).slice(0, HEADLINES.length);
}

/** Sort by a column, "-" in front for the highest first; any other word leaves the order. */
export function ranked(rows: readonly ReleaseRow[], sort: string): readonly ReleaseRow[] {
  const figure = FIGURES[sort.replace(/^-/, "")];
  if (!figure) return rows;
  const sign = sort.startsWith("-") ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [figure(one), figure(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * compare(a, b);
  });
}

/** Rows by a word of theirs, in the order in which the words come. */
export function grouped<Row>(rows: readonly Row[], word: (row: Row) => string): [string, Row[]][] {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const of = found.get(word(row));
    if (of) of.push(row);
    else found.set(word(row), [row]);
  }
  return [...found];
}

/** Those that moved, or whose panel changed: a reader should know why. */
export function moved(rows: readonly ReleaseRow[]): readonly ReleaseRow[] {
  return rows.filter(
    (row) =>
      row.fix_usd !== null &&
      ((row.change_usd !== null && compare(row.change_usd, "0") !== 0) ||
        row.joined.length + row.left.length > 0),
  );
}
