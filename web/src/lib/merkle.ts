// MERKLE: the hash tree of the transparency log, as a reader computes it.
//
// Takes   leaves as bytes; hashes of 32 bytes; the sizes of the log at two times.
// Gives   the root that a path leads to; whether a path shows that a log only grew.
// Keeps   a leaf apart from a node: a zero byte before the one, a one byte before the other.
//         A path of any other length than the sizes demand is refused with a ProofFault.
// Source  RFC 6962 section 2.1; RFC 9162 section 2.1. The server's own is `index/merkle.py`.

import { joined, same, sha256, type Bytes } from "./bytes.ts";

export const HASH_BYTES = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** A path that cannot be one, or a question outside of the log. */
export class ProofFault extends Error {}

/** The hash over the leaves from `position << height` on, `1 << height` of them. */
export type NodeOf = (height: number, position: bigint) => Promise<Bytes>;

/** Hash the bytes of a leaf. */
export function leafHash(leaf: Uint8Array): Promise<Bytes> {
  return sha256(joined(LEAF, leaf));
}

/** Hash two neighbours into the node above them. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(joined(NODE, left, right));
}

/** The root that a leaf and its path make; whoever asks compares it with a signed one. */
export async function rootFromInclusion(
  index: bigint,
  size: bigint,
  hash: Bytes,
  path: readonly Bytes[],
): Promise<Bytes> {
  if (index < 0n || index >= size) {
    throw new ProofFault(`expected a leaf from 0 to ${size - 1n}, found ${index}`);
  }
  const inner = bitLength(index ^ (size - 1n)); // Below: either side; above: the left.
  checkPath(path, inner + bitCount(index >> BigInt(inner)));
  let root = hash;
  for (const [height, other] of path.entries()) {
    const isLeft = height < inner && ((index >> BigInt(height)) & 1n) === 0n;
    root = isLeft ? await nodeHash(root, other) : await nodeHash(other, root);
  }
  return root;
}

/** Whether a path shows that the log of the new root begins with that of the old root. */
export async function isConsistent(
  old: { readonly size: bigint; readonly root: Bytes },
  now: { readonly size: bigint; readonly root: Bytes },
  path: readonly Bytes[],
): Promise<boolean> {
  if (old.size <= 0n || old.size > now.size) return false;
  if (old.size === now.size) return path.length === 0 && same(old.root, now.root);
  const low = bitLength(old.size & -old.size) - 1; // The last whole subtree of the old log.
  const [position, last] = [(old.size - 1n) >> BigInt(low), (now.size - 1n) >> BigInt(low)];
  const inner = bitLength(position ^ last);
  const isWhole = old.size === 1n << BigInt(low);
  checkPath(path, (isWhole ? 0 : 1) + inner + bitCount(position >> BigInt(inner)));
  const [first, ...others] = isWhole ? [old.root, ...path] : path;
  let [before, after] = [first ?? old.root, first ?? old.root];
  for (const [height, other] of others.entries()) {
    if (height < inner && ((position >> BigInt(height)) & 1n) === 0n) {
      after = await nodeHash(after, other);
    } else {
      [before, after] = [await nodeHash(other, before), await nodeHash(other, after)];
    }
  }
  return same(before, old.root) && same(after, now.root);
}

/** The hashes that show that a log of `size` begins with its first `oldSize` leaves. */
export async function consistencyPath(oldSize: bigint, size: bigint, node: NodeOf): Promise<Bytes[]> {
  if (oldSize <= 0n || oldSize > size) {
    throw new ProofFault(`expected an old size from 1 to ${size}, found ${oldSize}`);
  }
  const path: Bytes[] = [];
  let [start, end] = [0n, size];
  while (oldSize !== end) {
    const middle = start + half(end - start);
    if (oldSize <= middle) {
      path.push(await rangeRoot(middle, end, node));
      end = middle;
    } else {
      path.push(await rangeRoot(start, middle, node));
      start = middle;
    }
  }
  // Where the old log is one whole subtree its root is known already.
  if (start > 0n) path.push(await rangeRoot(start, end, node));
  return path.reverse();
}

/** The root over the leaves from start to end, as the tree cuts its ranges. */
export async function rangeRoot(start: bigint, end: bigint, node: NodeOf): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for (let at = start; at < end; ) {
    const height = bitLength(end - at) - 1;
    pieces.push(await node(height, at >> BigInt(height)));
    at += 1n << BigInt(height);
  }
  let root = pieces.pop();
  if (!root) throw new ProofFault("expected at least one leaf, found none");
  for (const piece of pieces.reverse()) root = await nodeHash(piece, root);
  return root;
}

function checkPath(path: readonly Bytes[], expected: number): void {
  if (path.length !== expected) {
    throw new ProofFault(`expected a path of ${expected} hashes, found ${path.length}`);
  }
  const wrong = path.find((each) => each.length !== HASH_BYTES);
  if (wrong) throw new ProofFault(`expected hashes of ${HASH_BYTES} bytes, found ${wrong.length}`);
}

function half(count: bigint): bigint {
  return 1n << BigInt(bitLength(count - 1n) - 1); // The largest power of two below it.
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function bitCount(value: bigint): number {
  return value.toString(2).replaceAll("0", "").length;
}
