// KEYS: what a key does in the terminal.
//
// Takes   a key as it was pressed, and where.
// Gives   a deed, or nothing: letters typed into a field stay letters.

export const KEYS = [
  ["b", "Buy: to the lots of the ticket"],
  ["s", "Sell: to the lots of the ticket"],
  ["c", "Cancel all orders"],
  ["/ or ?", "This help"],
  ["Esc", "Leave a field; close a dialog"],
] as const;

export type Deed = "buy" | "sell" | "cancel" | "help" | "leave";

export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly target: unknown;
}

const DEEDS: Readonly<Record<string, Deed>> = { b: "buy", s: "sell", c: "cancel", "/": "help", "?": "help" };
const WRITTEN = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const TICKED = new Set(["checkbox", "radio"]);

/** What a key asks for; null for nothing of ours. */
export function deedOf(pressed: Pressed, isAsked: boolean): Deed | null {
  if (isAsked || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const place = pressed.target as { tagName?: string; type?: string } | null;
  const isWritten = WRITTEN.has(place?.tagName ?? "") && !TICKED.has(place?.type ?? "");
  if (pressed.key === "Escape") return isWritten ? "leave" : null;
  return isWritten ? null : (DEEDS[pressed.key.toLowerCase()] ?? null);
}
