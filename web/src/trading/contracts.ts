// CONTRACTS: the list of what trades, in an order and with a word to find.

import { compare } from "../lib/decimal.ts";
import type { Instrument, Summary } from "./told.ts";

export interface Row {
  readonly instrument: Instrument;
  readonly summary: Summary | undefined;
}

/** Put instruments and their summaries together. */
export function listed(instruments: readonly Instrument[], summaries: readonly Summary[]): Row[] {
  const found = new Map(summaries.map((each) => [each.instrument_name, each]));
  return instruments.map((instrument) => ({
    instrument,
    summary: found.get(instrument.instrument_name),
  }));
}

const VALUES: Readonly<Record<string, (row: Row) => string | null | undefined>> = {
  last: ({ summary }) => summary?.last,
  change: ({ summary }) => summary?.price_change,
  mark: ({ summary }) => summary?.mark_price,
  index: ({ summary }) => summary?.estimated_delivery_price,
  volume: ({ summary }) => summary?.volume,
  interest: ({ summary }) => summary?.open_interest,
};

/** Give the rows whose name has `wanted`, in the order of a column; "-" in front turns it. */
export function sorted(rows: readonly Row[], sort: string, wanted = ""): Row[] {
  const word = wanted.trim().toUpperCase();
  const kept = rows.filter(({ instrument }) => instrument.instrument_name.toUpperCase().includes(word));
  const [by, turn] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
  const value = VALUES[by];
  return kept.sort((a, b) => {
    if (value) return turn * amounts(value(a), value(b), turn) || byName(a, b);
    if (by === "name") return turn * byName(a, b);
    return turn * byExpiry(a, b);
  });
}

function amounts(a: string | null | undefined, b: string | null | undefined, turn: number): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : turn;
  if (b === null || b === undefined) return -turn; // What is not known comes last, either way.
  return compare(a, b);
}

function byName(a: Row, b: Row): number {
  return a.instrument.instrument_name < b.instrument.instrument_name ? -1 : 1;
}

/** Perpetuals first, then the nearest end; of a series together. */
function byExpiry(a: Row, b: Row): number {
  const key = ({ instrument: one }: Row): number =>
    one.settlement_period === "perpetual" ? 0 : Number(one.expiration_timestamp);
  return key(a) - key(b) || byName(a, b);
}
