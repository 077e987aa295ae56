// VENUES: what the API tells of sources, chosen and ordered for a table.
//
// Takes   rows of /api/venues; the role and the column that the address asks for.
// Gives   the rows to show; how many have each role; the state of collection in words.
// Keeps   a source that was never seen last in the order by age, both ways.

export interface Venue {
  readonly venue: string;
  readonly owner: string;
  readonly role: string;
  readonly marketplace: boolean;
  readonly feed: string;
  readonly evidence: string;
  readonly tier: number;
  readonly tier_citation: string;
  readonly terms: string;
  readonly site: string;
  readonly live: boolean;
  readonly poll_seconds: number;
  readonly age_seconds: number | null;
  readonly state: string;
  readonly failures: number;
  readonly last_error: string | null;
}

export interface Venues {
  readonly register: { readonly version: string; readonly sha256: string };
  readonly venues: readonly Venue[];
}

export const ROLES: Readonly<Record<string, string>> = {
  eligible: "Its prices enter fixes.",
  "cross-check": "Its prices are held against those of others, and enter no fix.",
  candidate: "Its prices are kept and looked at; it has not been admitted to any panel.",
  reference: "Its prices are shown beside a fix and never enter it.",
  aggregator: "It shows prices of other venues: those count where they come from, never here.",
  publisher: "It publishes prices of other venues, or an index of its own.",
};

type Tone = "plain" | "good" | "warn" | "bad";
const STATES: Readonly<Record<string, readonly [words: string, tone: Tone]>> = {
  closed: ["answers", "good"],
  "half-open": ["tried again", "warn"],
  open: ["left alone", "bad"],
  failed: ["failed", "bad"],
  "not collected": ["not collected", "plain"],
};

/** How collection of a source stands, in words. */
export function stateOf({ state, failures }: Venue): { words: string; tone: Tone } {
  const [words, tone] = STATES[state] ?? [state, "warn"];
  return { words: failures > 0 ? `${words}, ${failures} failures` : words, tone };
}

/** Each role with how many have it, in the order of `ROLES`. */
export function counts(rows: readonly Venue[]): (readonly [string, number])[] {
  const roles = [...new Set([...Object.keys(ROLES), ...rows.map(({ role }) => role)])];
  const found = roles.map((role) => [role, rows.filter((row) => row.role === role).length] as const);
  return found.filter(([, count]) => count > 0);
}

/** The rows of a role, in an order; "-" in front turns it round. */
export function listed(rows: readonly Venue[], role: string, sort: string): readonly Venue[] {
  const some = role ? rows.filter((row) => row.role === role) : [...rows];
  const sign = sort.startsWith("-") ? -1 : 1;
  const key = sort.replace(/^-/, "");
  if (key === "age") return some.sort((a, b) => lastly(a.age_seconds, b.age_seconds, sign));
  if (key === "tier") return some.sort((a, b) => lastly(a.tier || null, b.tier || null, sign));
  return some.sort((a, b) => sign * a.venue.localeCompare(b.venue, "en"));
}

function lastly(a: number | null, b: number | null, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return sign * (a - b);
}
