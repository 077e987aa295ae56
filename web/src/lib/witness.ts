// WITNESS: which signatures below a checkpoint are good, by keys that somebody knows.
//
// Takes   a signed checkpoint; keys, each with who names it.
// Gives   for each signature whether it is good, is not, or could not be checked, and why.
// Keeps   nothing called good that was not checked here. A key proves as much as whoever named it:
//         one of the server that shows the checkpoint, less than one that the reader noted.
// Source  C2SP tlog-cosignature; decisions 0018 and 0051.

import { canHash } from "./bytes.ts";
import { canVerify, COSIGNATURE, ED25519, isGood, keyOf, noteOf, timeOf, type Key } from "./note.ts";

export const SERVER = "this server names";
export const READER = "you gave";
const NO_HTTPS = "this browser checks no signatures on a page without https";
const NO_ED25519 = "this browser cannot check Ed25519 signatures";
const KEYS_MOST = 64;

/** A key, and who names it. */
export interface Known {
  readonly key: Key;
  readonly by: string;
}

export type Verdict = "good" | "bad" | "unchecked";

export interface Checked {
  readonly name: string;
  readonly id: string;
  readonly role: "log" | "witness";
  readonly seen: bigint | null; // When a witness says it saw it, in seconds since 1970.
  readonly verdict: Verdict;
  readonly says: string;
}

/** Read keys, one a line; gives those that are keys, and what is wrong with each other line. */
export async function keysFrom(text: string, by: string): Promise<{ keys: Known[]; faults: string[] }> {
  const keys: Known[] = [];
  const faults: string[] = [];
  const lines = text.split("\n").map((line) => line.trim());
  const told = lines.map((line, at) => [line, at + 1] as const).filter(([line]) => line);
  for (const [line, at] of told.slice(0, KEYS_MOST)) {
    try {
      keys.push({ key: await keyOf(line, [ED25519, COSIGNATURE]), by });
    } catch (fault) {
      faults.push(`Line ${at}: ${fault instanceof Error ? fault.message : String(fault)}.`);
    }
  }
  if (told.length > KEYS_MOST) faults.push(`Only the first ${KEYS_MOST} keys are looked at.`);
  return { keys, faults };
}

/** Why this browser can check no signature; "" where it can. */
export async function unable(): Promise<string> {
  if (!canHash()) return NO_HTTPS;
  return (await canVerify()) ? "" : NO_ED25519;
}

/** Check each signature below a checkpoint. Raises NoteFault for what is none. */
export async function checked(checkpoint: string, known: readonly Known[], why = ""): Promise<Checked[]> {
  const note = noteOf(checkpoint);
  const found: Checked[] = [];
  for (const line of note.signatures) {
    const { name, id } = line;
    const isLog = name === note.checkpoint.origin;
    const role = isLog ? "log" : "witness";
    const seen = isLog ? null : timeOf(line);
    const algorithm = isLog ? ED25519 : COSIGNATURE;
    const mine = known.filter(({ key }) => key.name === name && key.id === id && key.algorithm === algorithm);
    const told = (verdict: Verdict, says: string): number => found.push({ name, id, role, seen, verdict, says });
    if (why) told("unchecked", why);
    else if (!mine.length) told("unchecked", "no key of this name and id is known here");
    else if (await isGood(note, line, (mine[0] as Known).key)) told("good", `by a key that ${namers(mine)}`);
    else told("bad", "the signature is not that key's over this head");
  }
  return found;
}

function namers(known: readonly Known[]): string {
  return [...new Set(known.map(({ by }) => by))].join(" and ");
}

/** How many witnesses' signatures are good, each key once, whatever its names. */
export function goodWitnesses(found: readonly Checked[], known: readonly Known[]): number {
  const good = found.filter(({ role, verdict }) => role === "witness" && verdict === "good");
  const keys = good.map(({ name, id }) => known.find(({ key }) => key.name === name && key.id === id));
  return new Set(keys.map((each) => String(each?.key.key))).size;
}
