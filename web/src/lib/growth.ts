// GROWTH: did the log only grow since a head that somebody kept? Step by step, out of its files.
//
// Takes   a head that was kept: a signed checkpoint, or size and root; the checkpoint of now; the
//         key of the log; a reader of the log's files.
// Gives   steps, as `proof.ts` does; the first one refused ends them.
// Keeps   nothing believed of the files: the hashes out of them must make both roots.
// Source  RFC 9162 section 2.1.4; decision 0018. `chiphour log prove --consistency` does the same.

import { base64, fromBase64, hex } from "./bytes.ts";
import { consistencyPath, HASH_BYTES, isConsistent } from "./merkle.ts";
import { canVerify, checkSigned, keyOf, noteOf, type Note } from "./note.ts";
import type { Step } from "./proof.ts";
import { nodesOf, type FileOf } from "./tiles.ts";

/** A head as one keeps it: whose log, how many leaves, the root over them in base64. */
export interface Head {
  readonly origin: string;
  readonly size: string;
  readonly root: string;
}

class Refused extends Error {}

/** The head that a checkpoint states. */
export function headOf(note: Note): Head {
  const { origin, size, root } = note.checkpoint;
  return { origin, size: String(size), root: base64(root) };
}

/** Read a head that a browser kept; null for anything else. */
export function keptHead(text: string | null): Head | null {
  try {
    const { origin, size, root } = JSON.parse(text ?? "") as Head;
    const isOne = typeof origin === "string" && /^\d{1,19}$/.test(size) && fromBase64(root).length === HASH_BYTES;
    return isOne ? { origin, size, root } : null;
  } catch {
    return null;
  }
}

/** Check that the log grew from `old` to the checkpoint `now`, and changed nothing. */
export async function* grown(old: string | Head, now: string, key: string, read: FileOf): AsyncGenerator<Step> {
  let name = "The log's key signed the head of now";
  const holds = (says: string, value?: string): Step => ({ name, outcome: "holds", says, value });
  try {
    const known = await keyOf(key);
    const note = noteOf(now);
    const verifies = await canVerify();
    if (verifies) {
      await checkSigned(note, known);
      yield holds(`${note.checkpoint.size} leaves.`, hex(note.checkpoint.root));
    } else {
      yield { name, outcome: "unable", says: "This browser cannot check Ed25519 signatures." };
    }

    name = "The old head is of the same log";
    const signed = typeof old === "string" ? noteOf(old) : null;
    const head = typeof old === "string" ? headOf(noteOf(old)) : old;
    if (head.origin !== note.checkpoint.origin) {
      throw new Refused(`expected the origin ${note.checkpoint.origin}, found ${head.origin}`);
    }
    if (signed && verifies) await checkSigned(signed, known);
    const [was, is] = [BigInt(head.size), note.checkpoint];
    if (was < 1n || was > is.size) throw new Refused(`expected 1 to ${is.size} leaves, found ${was}`);
    yield holds(`${was} leaves; ${signed ? "it is signed too" : "this browser kept it"}.`, hex(fromBase64(head.root)));

    name = "The log of now begins with that of then";
    const path = await consistencyPath(was, is.size, nodesOf(is.size, read));
    if (!(await isConsistent({ size: was, root: fromBase64(head.root) }, is, path))) {
      throw new Refused("the files of the log make another root: leaves that were there were changed or taken out");
    }
    yield holds(
      was === is.size
        ? "It is the very same head."
        : `${path.length} hashes out of the log's files make both roots: ${is.size - was} leaves came, none changed.`,
    );
  } catch (fault) {
    yield { name, outcome: "refused", says: fault instanceof Error ? fault.message : String(fault) };
  }
}
