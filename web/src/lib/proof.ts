// PROOF: is the fix on the page the one that the log's key signed for? Step by step.
//
// Takes   the text of a signed fix (`/api/signed/...`), the key of the log, what the page shows.
// Gives   steps, each with what was found; the first one refused ends them.
// Keeps   nothing believed that is not proved: the value is read from the document, the document's
//         hash from the leaf, the leaf from the root, the root from the signature.
// Source  Decision 0020; RFC 6962; C2SP tlog-checkpoint. Python's is `docs/integrate/checked_fix.py`.

import { fromBase64, hex, same, sha256, utf8, type Bytes } from "./bytes.ts";
import { canonicalText, exactJson, type Exact, type ExactObject } from "./canonical.ts";
import { leafHash, rootFromInclusion } from "./merkle.ts";
import { canVerify, checkSigned, keyOf, noteOf } from "./note.ts";

const FORMAT = "chiphour-fix/1";
const PATH_MAX = 63;
const TICK_PLACES = 4;

export type Outcome = "holds" | "refused" | "unable";

export interface Step {
  readonly name: string;
  readonly outcome: Outcome;
  readonly says: string;
  readonly value?: string; // A hash or another long word.
}

/** What the page shows of a fix; each must stand in the signed document. */
export interface Shown {
  readonly series: string;
  readonly strike: string;
  readonly state: string;
  readonly fix_usd: string | null;
  readonly grade: string;
  readonly vintage: string;
  readonly parameter_set: string;
}

class Refused extends Error {}

/** Check a signed fix. Never raises for what it was given: a fault is a step that is refused. */
export async function* checkedFix(text: string, key: string, shown: Shown): AsyncGenerator<Step> {
  let name = "The record";
  const holds = (says: string, value?: string): Step => ({ name, outcome: "holds", says, value });
  try {
    const record = recordOf(text);
    const leaf = objectOf(exactJson(record.leaf), "the leaf");

    name = "The document is what this page shows";
    yield holds(agreed(record.document, shown));

    name = "The document has the hash that stands in the leaf";
    const digest = hex(await sha256(utf8(canonicalText(record.document))));
    expectSame("the hash of the document", wordOf(leaf, "sha256"), digest);
    agreedLeaf(record.document, leaf);
    yield holds("SHA-256 of its canonical JSON, computed here.", digest);

    name = `Leaf ${record.index} is in the tree`;
    const note = noteOf(record.checkpoint);
    const hash = await leafHash(utf8(record.leaf));
    yield { ...holds("SHA-256 of a zero byte and the leaf.", hex(hash)), name: "The leaf is hashed" };
    const root = await rootFromInclusion(record.index, note.checkpoint.size, hash, record.path);
    if (!same(root, note.checkpoint.root)) {
      throw new Refused(`expected the root ${hex(note.checkpoint.root)}, reached ${hex(root)}`);
    }
    const steps = `${record.path.length} hashes lead from it to the root over ${note.checkpoint.size} leaves.`;
    yield holds(steps, hex(root));

    name = `The log ${note.checkpoint.origin} signed that root`;
    const known = await keyOf(key);
    if (!(await canVerify())) {
      const says = "This browser cannot check Ed25519 signatures. The command above can.";
      yield { name, outcome: "unable", says };
      return;
    }
    await checkSigned(note, known);
    yield holds("Its Ed25519 signature is that of the key below.", key.trim());
  } catch (fault) {
    yield { name, outcome: "refused", says: fault instanceof Error ? fault.message : String(fault) };
  }
}

interface SignedRecord {
  readonly document: ExactObject;
  readonly index: bigint;
  readonly leaf: string;
  readonly path: readonly Bytes[];
  readonly checkpoint: string;
}

function recordOf(text: string): SignedRecord {
  const record = objectOf(exactJson(text), "a signed fix");
  if (record.get("format") !== FORMAT) throw new Refused(`expected the format ${FORMAT}`);
  const index = record.get("index");
  if (typeof index !== "bigint") throw new Refused("index: expected a whole number");
  const path = record.get("path");
  if (!Array.isArray(path) || path.length > PATH_MAX) {
    throw new Refused(`path: expected at most ${PATH_MAX} hashes`);
  }
  return {
    document: objectOf(record.get("document"), "the document"),
    index,
    leaf: wordOf(record, "leaf"),
    path: path.map((each) => fromBase64(String(each))),
    checkpoint: wordOf(record, "checkpoint"),
  };
}

function objectOf(value: Exact | undefined, what: string): ExactObject {
  if (!(value instanceof Map)) throw new Refused(`expected an object as ${what}`);
  return value;
}

function wordOf(record: ExactObject, name: string): string {
  const value = record.get(name);
  if (typeof value !== "string") throw new Refused(`${name}: expected text`);
  return value;
}

function expectSame(what: string, expected: string, found: string): void {
  if (expected !== found) throw new Refused(`expected ${what} to be ${expected}, found ${found}`);
}

/** Hold what the page shows against the document; say what was held. */
function agreed(document: ExactObject, shown: Shown): string {
  for (const name of ["series", "state", "grade", "vintage", "parameter_set"] as const) {
    expectSame(name, shown[name], wordOf(document, name));
  }
  expectSame("the strike", shown.strike, strikeOf(document));
  expectSame("the fix", shown.fix_usd ?? "none", usdOf(document.get("fix_ticks")));
  const value = shown.fix_usd === null ? "no fix" : `$${shown.fix_usd}`;
  return `${shown.series}, ${shown.strike}: ${value}, ${shown.vintage}.`;
}

function agreedLeaf(document: ExactObject, leaf: ExactObject): void {
  expectSame("the type of the leaf", "fix", wordOf(leaf, "type"));
  for (const name of ["series", "parameter_set", "vintage", "revision"]) {
    expectSame(`the leaf's ${name}`, wordOf(document, name), wordOf(leaf, name));
  }
  expectSame("the leaf's strike", strikeOf(document), wordOf(leaf, "strike"));
}

function strikeOf(document: ExactObject): string {
  const strike = document.get("strike_ns");
  if (typeof strike !== "bigint" || strike % 1_000_000_000n !== 0n) {
    throw new Refused("strike_ns: expected whole seconds in nanoseconds");
  }
  const date = new Date(Number(strike / 1_000_000n));
  if (Number.isNaN(date.getTime())) throw new Refused("strike_ns: expected a time");
  return date.toISOString().replace(".000Z", "Z");
}

/** Ticks of $0.0001 as decimal text. */
function usdOf(ticks: Exact | undefined): string {
  if (ticks === null) return "none";
  if (typeof ticks !== "bigint") throw new Refused("fix_ticks: expected a whole number or null");
  const size = (ticks < 0n ? -ticks : ticks).toString().padStart(TICK_PLACES + 1, "0");
  const text = `${size.slice(0, -TICK_PLACES)}.${size.slice(-TICK_PLACES)}`;
  return ticks < 0n ? `-${text}` : text;
}
