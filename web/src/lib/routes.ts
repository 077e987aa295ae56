// ROUTES: which page an address shows. The list is `routes.json`, which the server reads as well.

import routes from "../../routes.json" with { type: "json" };

export interface Route {
  readonly page: string;
  readonly paths: readonly string[];
  readonly title: string;
  readonly description: string;
  readonly plain: boolean; // The server has the same figures at `?plain=1`, without a script.
  readonly market?: boolean; // Only where a market is, not at an index that stands alone.
  readonly link?: string; // Its word in the navigation ...
  readonly foot?: string; // ... or among the links at the foot.
  readonly needs?: string; // The part of /api that must be there for it to be linked.
}

export interface Matched {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export const ROUTES: readonly Route[] = routes;

/** Find the page of a path; null where there is none. */
export function matched(path: string, known: readonly Route[] = ROUTES): Matched | null {
  const words = wordsOf(path);
  for (const route of known) {
    for (const pattern of route.paths) {
      const params = paramsOf(wordsOf(pattern), words);
      if (params) return { route, params };
    }
  }
  return null;
}

function wordsOf(path: string): string[] {
  return path.split("/").filter(Boolean);
}

function paramsOf(pattern: string[], words: string[]): Record<string, string> | null {
  if (pattern.length !== words.length) return null;
  const params: Record<string, string> = {};
  for (const [place, expected] of pattern.entries()) {
    const word = words[place] ?? "";
    if (!expected.startsWith("{")) {
      if (expected !== word) return null;
      continue;
    }
    const plain = unescaped(word);
    if (plain === null) return null;
    params[expected.slice(1, -1)] = plain;
  }
  return params;
}

function unescaped(word: string): string | null {
  try {
    return decodeURIComponent(word);
  } catch {
    return null; // A broken escape is no address of ours.
  }
}
