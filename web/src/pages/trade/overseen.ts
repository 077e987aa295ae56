// OVERSEEN: what the operator is told of members and of one member's trading, as records.
//
// Takes   answers of /api/members; a text to look for.
// Gives   members that fit it, the best first; what a position brings, exactly.
// Keeps   amounts the text that the server wrote.

import { minus, times } from "../../lib/decimal.ts";

export interface MemberRow {
  readonly name: string;
  readonly account: number;
  readonly label: string; // "member" or "demonstration".
  readonly sub_of: string | null;
}

export interface MemberPage {
  readonly members: readonly MemberRow[];
  readonly after: number | null;
}

export interface HeldPosition {
  readonly contract: string;
  readonly lots: number;
  readonly open_buy_lots: number;
  readonly open_sell_lots: number;
  readonly entry_usd: string;
  readonly mark_usd: string;
  readonly initial_margin_usd: string;
}

export interface StandingOrder {
  readonly order: number;
  readonly contract: string;
  readonly side: string;
  readonly type: string;
  readonly time_in_force: string;
  readonly lots: number;
  readonly filled_lots: number;
  readonly price_usd: string | null;
  readonly trigger_usd: string | null;
  readonly reduce_only: boolean;
  readonly created: string;
}

export interface OwnFill {
  readonly trade: number;
  readonly order: number;
  readonly contract: string;
  readonly side: string;
  readonly price_usd: string;
  readonly lots: number;
  readonly fee_usd: string;
  readonly role: string;
  readonly cause: string;
  readonly time: string;
}

export interface Dealings {
  readonly account: {
    readonly member: MemberRow;
    readonly time: string;
    readonly cash_usd: string;
    readonly equity_usd: string;
    readonly initial_margin_usd: string;
    readonly maintenance_margin_usd: string;
    readonly free_usd: string;
    readonly mode: string;
    readonly in_liquidation: boolean;
    readonly positions: readonly HeldPosition[];
    readonly accounts: readonly MemberRow[];
  };
  readonly standing: number;
  readonly orders: readonly StandingOrder[];
  readonly fills: readonly OwnFill[];
}

/** The members whose name or number has a text in it; those whose name begins with it first. */
export function fitting(members: readonly MemberRow[], text: string): readonly MemberRow[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return members;
  const has = members.filter(
    ({ name, account }) => name.toLowerCase().includes(wanted) || String(account) === wanted,
  );
  const begins = (row: MemberRow): boolean => row.name.toLowerCase().startsWith(wanted);
  return [...has.filter(begins), ...has.filter((row) => !begins(row))];
}

/** What a position brings: lots times mark less entry. */
export function profit({ lots, mark_usd, entry_usd }: HeldPosition): string {
  return times(String(lots), minus(mark_usd, entry_usd));
}

/** The positions that hold lots; orders alone make rows without. */
export function held(positions: readonly HeldPosition[]): readonly HeldPosition[] {
  return positions.filter(({ lots }) => lots !== 0);
}

/** Read all members, page by page, up to a bound; `more` tells of those beyond it. */
export async function allMembers(
  ask: (path: string) => Promise<MemberPage>,
  most: number,
): Promise<{ readonly members: readonly MemberRow[]; readonly more: boolean }> {
  let members: MemberRow[] = [];
  let after: number | null = 0;
  while (after !== null && members.length < most) {
    const page: MemberPage = await ask(`/api/members?limit=${Math.min(most, 1_000)}&after=${after}`);
    members = [...members, ...page.members];
    after = page.after;
  }
  return { members: members.slice(0, most), more: after !== null || members.length > most };
}
