// NOTE: the signed checkpoint of a log: what it says, and whether a key signed it.
//
// Takes   a note as text; a key as one line, NAME+ID+BASE64.
// Gives   the checkpoint; who is said to have signed; whether the key's signature is good.
// Keeps   signatures of unknown keys unread. Nothing is read loosely: NoteFault says what is wrong.
// Source  C2SP signed-note and tlog-checkpoint; RFC 8032. The server's own is `index/note.py`.

import { fromBase64, hex, joined, sha256, utf8, type Bytes } from "./bytes.ts";
import { HASH_BYTES } from "./merkle.ts";

const DASH = "\u2014";
const ED25519 = 1;
const KEY_BYTES = 32;
const ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const CHARACTERS_MAX = 1 << 17;

/** Not a note, not a key, or not signed by whom it should be. */
export class NoteFault extends Error {}

export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Bytes;
}

export interface Signature {
  readonly name: string;
  readonly id: string; // The first four bytes, in hexadecimal.
  readonly payload: Bytes;
}

export interface Note {
  readonly text: string; // Its last newline included: what is signed.
  readonly checkpoint: Checkpoint;
  readonly signatures: readonly Signature[];
}

export interface Key {
  readonly name: string;
  readonly id: string;
  readonly key: Bytes;
}

/** Read a note; nothing of it is believed yet. */
export function noteOf(content: string): Note {
  const gap = content.lastIndexOf("\n\n");
  if (gap <= 0 || !content.endsWith("\n") || content.length > CHARACTERS_MAX) {
    throw new NoteFault("expected a text, an empty line and lines of signatures");
  }
  const text = content.slice(0, gap + 1);
  const lines = content.slice(gap + 2, -1).split("\n");
  return { text, checkpoint: checkpointOf(text), signatures: lines.map(signatureOf) };
}

function checkpointOf(text: string): Checkpoint {
  const [origin = "", size = "", root = "", end, ...more] = text.split("\n");
  if (!origin || !/^(?:0|[1-9]\d{0,18})$/.test(size) || end !== "" || more.length) {
    throw new NoteFault("expected lines of origin, size and root in the checkpoint");
  }
  const hash = bytesOf(root, "the root of the checkpoint");
  if (hash.length !== HASH_BYTES) {
    throw new NoteFault(`expected a root of ${HASH_BYTES} bytes, found ${hash.length}`);
  }
  return { origin, size: BigInt(size), root: hash };
}

function signatureOf(line: string): Signature {
  const [dash, name = "", encoded = "", ...more] = line.split(" ");
  if (dash !== DASH || !name || more.length) {
    throw new NoteFault(`expected a line "${DASH} NAME BASE64" below the checkpoint`);
  }
  const bytes = bytesOf(encoded, "a signature");
  if (bytes.length <= ID_BYTES) throw new NoteFault("expected a signature, found a few bytes");
  return { name, id: hex(bytes.slice(0, ID_BYTES)), payload: bytes.slice(ID_BYTES) };
}

function bytesOf(text: string, what: string): Bytes {
  try {
    return fromBase64(text);
  } catch {
    throw new NoteFault(`expected ${what} in base64`);
  }
}

/** Read a log's key, and hold its id against its bytes. */
export async function keyOf(line: string): Promise<Key> {
  const [name = "", id = "", ...rest] = line.trim().split("+");
  const encoded = rest.join("+"); // Base64 may have a plus too.
  if (!name || !id || !encoded) throw new NoteFault("expected a key such as NAME+ID+BASE64");
  const blob = bytesOf(encoded, "the key");
  if (blob.length !== 1 + KEY_BYTES || blob[0] !== ED25519) {
    throw new NoteFault("expected an Ed25519 key of 32 bytes");
  }
  const found = hex((await sha256(joined(utf8(`${name}\n`), blob))).slice(0, ID_BYTES));
  if (found !== id) throw new NoteFault(`expected the id ${found} in the key, found ${id}`);
  return { name, id, key: blob.slice(1) };
}

/** Whether this browser can check Ed25519 signatures. */
export async function canVerify(): Promise<boolean> {
  try {
    const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return "publicKey" in pair;
  } catch {
    return false;
  }
}

/** Hold the key's signature against the note; NoteFault unless it is there and good. */
export async function checkSigned(note: Note, key: Key): Promise<void> {
  const mine = note.signatures.filter(({ name, id }) => name === key.name && id === key.id);
  if (!mine.length) throw new NoteFault(`expected a signature of ${key.name} (${key.id}), found none`);
  const known = await crypto.subtle.importKey("raw", key.key, { name: "Ed25519" }, false, ["verify"]);
  for (const { payload } of mine) {
    const is = payload.length === SIGNATURE_BYTES;
    if (!is || !(await crypto.subtle.verify("Ed25519", known, payload, utf8(note.text)))) {
      throw new NoteFault(`expected a good signature of ${key.name}, found another`);
    }
  }
  if (note.checkpoint.origin !== key.name) {
    throw new NoteFault(`expected the origin ${key.name}, found ${note.checkpoint.origin}`);
  }
}
