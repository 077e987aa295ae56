// FAULTS: what is wrong with a bid, at the field where it is. Pure.
//
// Takes   a form; a refusal of the auction, which names a place in the body.
// Gives   texts by field: "chips", or "curve.1.right" for a line; of a further mode, the first of
//         them, "others.0.chips".
// Keeps   the auction's own word: what is not looked at here it says itself.

import { filled, type Draft, type Market, type Mode, type Pair } from "./bids.ts";

export type Problems = Readonly<Record<string, string>>;

const AMOUNT = /^\d{1,12}(\.\d{1,12})?$/;
const WHOLE = /^[1-9]\d{0,6}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,47}$/;

/** What is wrong, by field, in the words of this page; what is left the auction itself says. */
export function problemsOf(draft: Draft, market: Market): Problems {
  const found: Record<string, string> = {};
  const note = (field: string, text: string): void => void (found[field] ??= text);
  if (!NAME.test(draft.id.trim())) {
    note("id", "Expected a name of letters, digits and . _ : -, 48 at most.");
  }
  if (!market.products.length) note("product", "This run has no product.");
  if (draft.kind === "pool") {
    hours(note, draft);
    amount(note, "chips", draft.chips, "chips");
    pairs(note, "blocks", draft.blocks, "per cent", "dollars a chip-hour");
    return found;
  }
  if (!NAME.test(draft.workClass.trim())) note("workClass", "Expected a word such as batch.");
  if (!NAME.test(draft.unit.trim())) note("unit", "Expected a word such as chip-hour.");
  if (draft.spend.trim()) amount(note, "spend", draft.spend, "dollars");
  modeProblems(note, draft);
  draft.others.forEach((mode, at) => {
    modeProblems((field, text) => note(`${placeOf(at + 1)}${field}`, text), mode);
  });
  return found;
}

/** What the fields of a mode begin with: those of the first are the form's own. */
export function placeOf(mode: number): string {
  return mode ? `others.${mode - 1}.` : "";
}

/** The problems of one mode, by its own fields. */
export function problemsAt(problems: Problems, mode: number): Problems {
  const place = placeOf(mode);
  const own = Object.entries(problems).filter(([field]) => field.startsWith(place));
  return Object.fromEntries(own.map(([field, text]) => [field.slice(place.length), text]));
}

function modeProblems(note: Note, mode: Mode): void {
  hours(note, mode);
  if (mode.kind === "gang") {
    whole(note, "chips", mode.chips, "chips");
    whole(note, "hours", mode.hours, "intervals");
    const span = Number(mode.last) - Number(mode.first) + 1;
    if (Number(mode.hours) > span) note("hours", "Expected no more than the hours chosen.");
    pairs(note, "values", mode.values, "", "dollars for the whole run");
  } else {
    amount(note, "chips", mode.chips, "chips");
    pairs(note, "speeds", mode.speeds, "", "units in a chip-hour");
    pairs(note, "curve", mode.curve, "units", "dollars a unit");
  }
}

function hours(note: Note, { first, last }: Mode): void {
  if (Number(first) > Number(last)) note("last", "Expected an end after the beginning.");
}

type Note = (field: string, text: string) => void;

function amount(note: Note, field: string, text: string, unit: string): void {
  if (AMOUNT.test(text.trim())) return;
  note(field, `Expected ${unit} as a number such as 12.5, found ${shown(text)}.`);
}

function whole(note: Note, field: string, text: string, unit: string): void {
  if (WHOLE.test(text.trim())) return;
  note(field, `Expected whole ${unit} such as 16, found ${shown(text)}.`);
}

function pairs(note: Note, field: string, of: readonly Pair[], left: string, right: string): void {
  if (!filled(of).length) note(`${field}.0.right`, `Expected ${right}, found nothing.`);
  of.forEach((pair, place) => {
    if (!pair.right.trim() && (!left || !pair.left.trim())) return;
    if (left) amount(note, `${field}.${place}.left`, pair.left, left);
    amount(note, `${field}.${place}.right`, pair.right, right);
  });
}

function shown(text: string): string {
  return text.trim() ? `“${text.trim().slice(0, 24)}”` : "nothing";
}

const LISTS: Readonly<Record<string, string>> = {
  curve: "curve",
  perf: "speeds",
  products: "values",
  blocks: "blocks",
};

/** The field of the form that a refusal of the auction is about, or "": it is about the whole. */
export function fieldOf(refusal: string, draft: Draft): string {
  const path = /\bbid(?: '[^']*')?((?:\.[a-z_0-9]+|\[\d+\])*):?/.exec(refusal)?.[1] ?? "";
  const number = Number(/^\.modes\[(\d+)\]/.exec(path)?.[1] ?? 0);
  const mode = number ? draft.others[number - 1] : draft;
  if (!mode) return "";
  const field = fieldIn(path.replace(/^\.modes\[\d+\]/, ""), { ...draft, ...mode });
  return field && placeOf(number) + field;
}

/** The field of a place in a bid, or in one of its modes. */
function fieldIn(inner: string, draft: Draft): string {
  const listed = /^\.(curve|perf|products|blocks)\[(\d+)\](.*)$/.exec(inner);
  if (listed) {
    const [, name = "", place = "0", rest = ""] = listed;
    const field = LISTS[name] ?? "";
    const side = /\.0$|\.share$/.test(rest) ? "left" : "right";
    return `${field}.${rowOf(draft, field, Number(place))}.${side}`;
  }
  const whole = /^\.(curve|perf|products|blocks)$/.exec(inner)?.[1];
  if (whole) {
    const field = LISTS[whole] ?? "";
    return `${field}.${rowOf(draft, field, -1)}.right`; // Of all its lines: told at the last.
  }
  const plain: Readonly<Record<string, string>> = {
    ".id": "id",
    ".workload.class": "workClass",
    ".workload.unit": "unit",
    ".limits.spend_usd": "spend",
    ".chips": "chips",
    ".chips_max": "chips",
    ".intervals": "hours",
    ".window": "last",
    ".window.from": "first",
    ".window.to": "last",
    ".start": "last",
    ".start.from": "first",
    ".start.to": "last",
    ".product": "product",
    ".tiers": "tier",
  };
  return plain[inner] ?? (/^\.inventory/.test(inner) ? "chips" : "");
}

/** The line of a form that became a place of a list: lines left empty were left out. */
function rowOf(draft: Draft, field: string, place: number): number {
  const lines = draft[field as "curve" | "speeds" | "values" | "blocks"];
  const kept = lines.flatMap((pair, at) => (pair.right.trim() ? [at] : []));
  return kept.at(place) ?? Math.max(0, place);
}
