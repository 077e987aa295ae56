// LEAVES: what the last leaves of the log say, for a table.
//
// Takes   a leaf as its text: canonical JSON of a batch, a fix or an event.
// Gives   what it is in words, when, the hash that it holds, where it is shown.
// Keeps   a leaf that is none of these as its text: nothing is left out of a log.

export interface LeafWords {
  readonly what: string;
  readonly time: string;
  readonly hash: string;
  readonly address: string; // "" where no page shows it.
}

/** Say what a leaf holds. */
export function leafWords(leaf: string): LeafWords {
  let said: Record<string, unknown> = {};
  try {
    said = JSON.parse(leaf) as Record<string, unknown>;
  } catch {
    return { what: leaf.slice(0, 80), time: "", hash: "", address: "" };
  }
  const word = (name: string): string => (said[name] === undefined ? "" : String(said[name]));
  const day = word("strike").slice(0, 10);
  const time = word("time");
  if (said.type === "batch") {
    return { what: `batch of ${day}: ${word("rows")} rows`, time, hash: word("root"), address: `/release/${day}` };
  }
  if (said.type === "fix") {
    const set = word("parameter_set");
    const slug = word("series").replace(/^CHR\./, "").replaceAll(".", "-").toLowerCase();
    const query = new URLSearchParams({ as_of: time, ...(set === "v2026_1" ? {} : { set }) });
    const what = `fix of ${word("series")}, ${day}: ${set}, ${word("vintage")}`;
    return { what, time, hash: word("sha256"), address: `/series/${slug}/${day}?${query}` };
  }
  if (said.type === "event") {
    const kind = (said.event as { kind?: unknown } | undefined)?.kind;
    return { what: `event: ${String(kind)}`, time, hash: "", address: "/news" };
  }
  return { what: leaf.slice(0, 80), time, hash: "", address: "" };
}
