// NOTE: the signed checkpoint of a log: what it says, and whether a key signed it.
//
// Takes   a note as text; a key as one line, NAME+ID+BASE64.
// Gives   the checkpoint; who is said to have signed; whether the key's signature is good.
// Keeps   signatures of unknown keys unread. Nothing is read loosely: NoteFault says what is wrong.
// Source  C2SP signed-note, tlog-checkpoint, tlog-cosignature; RFC 8032. The server's own is
//         `index/note.py`.

import { fromBase64, hex, joined, sha256, utf8, type Bytes } from "./bytes.ts";
import { HASH_BYTES } from "./merkle.ts";

const DASH = "\u2014";
export const ED25519 = 1; // Over the note itself: of a log.
export const COSIGNATURE = 4; // Ed25519 too, over a time and the note: of a witness.
const KEY_BYTES = 32;
const ID_BYTES = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
const PRIME = 2n ** 255n - 19n;
const ORDER_EIGHT = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL_ORDER = [0n, 1n, PRIME - 1n, ORDER_EIGHT, PRIME - ORDER_EIGHT]; // Their y; RFC 8032, 5.1.
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
  readonly algorithm: number;
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

/** Read a key, of a log unless told otherwise, and hold its id against its bytes. */
export async function keyOf(line: string, algorithms: readonly number[] = [ED25519]): Promise<Key> {
  const [name = "", id = "", ...rest] = line.trim().split("+");
  const encoded = rest.join("+"); // Base64 may have a plus too.
  if (!name || !id || !encoded) throw new NoteFault("expected a key such as NAME+ID+BASE64");
  const blob = bytesOf(encoded, "the key");
  const [algorithm = 0] = blob;
  if (blob.length !== 1 + KEY_BYTES || !algorithms.includes(algorithm)) {
    throw new NoteFault(`expected an Ed25519 key of 32 bytes (algorithm ${algorithms.join(" or ")})`);
  }
  const found = hex((await sha256(joined(utf8(`${name}\n`), blob))).slice(0, ID_BYTES));
  if (found !== id) throw new NoteFault(`expected the id ${found} in the key, found ${id}`);
  const key = blob.slice(1);
  if (isAnybodys(key)) throw new NoteFault(`expected a key of large order in the key of ${name}`);
  return { name, id, algorithm, key };
}

/** Whether a point is spelled twice or of an order up to 8: anyone can sign for such. */
function isAnybodys(key: Bytes): boolean {
  const y = BigInt(`0x${hex(key.slice().reverse())}`) & (2n ** 255n - 1n);
  return y >= PRIME || SMALL_ORDER.includes(y);
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
  for (const { payload } of mine) {
    if (!(await isSignedBy(key, payload, utf8(note.text)))) {
      throw new NoteFault(`expected a good signature of ${key.name}, found another`);
    }
  }
  if (note.checkpoint.origin !== key.name) {
    throw new NoteFault(`expected the origin ${key.name}, found ${note.checkpoint.origin}`);
  }
}

async function isSignedBy({ key }: Key, signature: Bytes, message: Bytes): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify("Ed25519", known, signature, message);
}

/** The time at which a signature says that it was made, in seconds; null of one without a time. */
export function timeOf({ payload }: Signature): bigint | null {
  if (payload.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const time = BigInt(`0x${hex(payload.slice(0, TIME_BYTES))}`);
  return time >> 63n ? null : time;
}

/** Whether one line below a note is a key's: over the note, or of a witness over its time too. */
export async function isGood(note: Note, line: Signature, key: Key): Promise<boolean> {
  if (line.name !== key.name || line.id !== key.id) return false;
  if (key.algorithm !== COSIGNATURE) return isSignedBy(key, line.payload, utf8(note.text));
  const time = timeOf(line);
  const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
  return time !== null && isSignedBy(key, line.payload.slice(TIME_BYTES), message);
}
