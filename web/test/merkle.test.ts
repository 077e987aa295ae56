import assert from "node:assert/strict";
import { test } from "node:test";
import { hex, same, utf8, type Bytes } from "../src/lib/bytes.ts";
import * as m from "../src/lib/merkle.ts";
import { nodesOf, tilePath, tileWidth } from "../src/lib/tiles.ts";

/** Leaves "0", "1", ... as the log would hash them. */
async function hashes(count: number): Promise<Bytes[]> {
  return Promise.all(Array.from({ length: count }, (_, place) => m.leafHash(utf8(String(place)))));
}

/** The tree, plainly: halves at the largest power of two below the count (RFC 6962, 2.1). */
async function plainRoot(leaves: readonly Bytes[]): Promise<Bytes> {
  if (leaves.length === 1) return leaves[0] as Bytes;
  let cut = 1;
  while (cut * 2 < leaves.length) cut *= 2;
  return m.nodeHash(await plainRoot(leaves.slice(0, cut)), await plainRoot(leaves.slice(cut)));
}

async function plainPath(index: number, leaves: readonly Bytes[]): Promise<Bytes[]> {
  if (leaves.length === 1) return [];
  let cut = 1;
  while (cut * 2 < leaves.length) cut *= 2;
  const [left, right] = [leaves.slice(0, cut), leaves.slice(cut)];
  return index < cut
    ? [...(await plainPath(index, left)), await plainRoot(right)]
    : [...(await plainPath(index - cut, right)), await plainRoot(left)];
}

/** The files of a log of these leaves. */
async function filesOf(leaves: readonly Bytes[]): Promise<Map<string, Bytes>> {
  const files = new Map<string, Bytes>();
  for (let level = 0, row = [...leaves]; row.length; level += 1) {
    for (let first = 0; first < row.length; first += 256) {
      const some = row.slice(first, first + 256);
      files.set(tilePath(level, BigInt(first / 256), some.length), Uint8Array.from(some.flatMap((each) => [...each])));
    }
    const full = Math.floor(row.length / 256);
    row = await Promise.all(Array.from({ length: full }, (_, at) => plainRoot(row.slice(at * 256, at * 256 + 256))));
  }
  return files;
}

test("every leaf of every small log is proved, and no other", async () => {
  for (const size of [1, 2, 3, 5, 7, 8, 13]) {
    const leaves = await hashes(size);
    const root = await plainRoot(leaves);
    for (const [index, leaf] of leaves.entries()) {
      const path = await plainPath(index, leaves);
      const found = await m.rootFromInclusion(BigInt(index), BigInt(size), leaf, path);
      assert.ok(same(found, root), `${index} of ${size}`);
      const wrong = await m.leafHash(utf8("another"));
      assert.ok(!same(await m.rootFromInclusion(BigInt(index), BigInt(size), wrong, path), root));
      const longer = [...path, leaf];
      await assert.rejects(m.rootFromInclusion(BigInt(index), BigInt(size), leaf, longer), m.ProofFault);
    }
    await assert.rejects(m.rootFromInclusion(BigInt(size), BigInt(size), root, []), m.ProofFault);
  }
});

test("a log of tiles proves that it only grew, from every size", async () => {
  const leaves = await hashes(300);
  const files = await filesOf(leaves);
  const read = async (path: string): Promise<Bytes> => files.get(path) ?? assert.fail(path);
  const node = nodesOf(300n, read);
  const now = { size: 300n, root: await plainRoot(leaves) };
  assert.ok(same(await m.rangeRoot(0n, 300n, node), now.root));
  for (const size of [1, 2, 3, 128, 255, 256, 257, 299, 300]) {
    const old = { size: BigInt(size), root: await plainRoot(leaves.slice(0, size)) };
    const path = await m.consistencyPath(old.size, now.size, node);
    assert.ok(await m.isConsistent(old, now, path), `from ${size}`);
    const other = { ...old, root: await m.leafHash(utf8("rewritten")) };
    assert.ok(!(await m.isConsistent(other, now, path)), `another root at ${size}`);
  }
});

test("a log that changed an old leaf is found out", async () => {
  const leaves = await hashes(40);
  const old = { size: 20n, root: await plainRoot(leaves.slice(0, 20)) };
  leaves[4] = await m.leafHash(utf8("rewritten"));
  const files = await filesOf(leaves);
  const node = nodesOf(40n, async (path) => files.get(path) ?? assert.fail(path));
  const path = await m.consistencyPath(20n, 40n, node);
  assert.ok(!(await m.isConsistent(old, { size: 40n, root: await plainRoot(leaves) }, path)));
});

test("tiles are named as the specification names them", () => {
  assert.equal(tilePath(0, 1_234_067n, 256), "tile/0/x001/x234/067");
  assert.equal(tilePath(1, 0n, 9), "tile/1/000.p/9");
  assert.equal(tileWidth(58_110n, 0, 226n), 254);
  assert.equal(tileWidth(58_110n, 1, 0n), 226);
  assert.equal(tileWidth(58_110n, 0, 0n), 256);
});

test("a tile that is too short is refused", async () => {
  const node = nodesOf(4n, async () => new Uint8Array(64));
  await assert.rejects(node(2, 0n), m.ProofFault);
});

test("the hash of a leaf and of nothing are those of the RFC", async () => {
  const leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
  assert.equal(hex(await m.leafHash(utf8(""))), leaf);
});
