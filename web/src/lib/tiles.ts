// TILES: any node of the log's tree, out of the static files that the log is served as.
//
// Takes   the size of the log, a reader of files below /log/.
// Gives   a NodeOf for `merkle.ts`.
// Keeps   each tile asked for once. What is read is not believed: a proof made of it is checked.
// Source  C2SP tlog-tiles. The server's own is `index/tiles.py`.

import { joined, type Bytes } from "./bytes.ts";
import { HASH_BYTES, nodeHash, ProofFault, type NodeOf } from "./merkle.ts";

const LEVELS = 8; // Of the tree, between two levels of tiles.
const WIDTH = 256;

export type FileOf = (path: string) => Promise<Bytes>;

/** The path of a tile: level, number in groups of three digits, its width where it is not full. */
export function tilePath(level: number, number: bigint, width: number): string {
  const groups = [(number % 1000n).toString().padStart(3, "0")];
  for (let rest = number / 1000n; rest > 0n; rest /= 1000n) {
    groups.unshift(`x${(rest % 1000n).toString().padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** How many hashes a tile has in a log of this size. */
export function tileWidth(size: bigint, level: number, number: bigint): number {
  const left = (size >> BigInt(LEVELS * level)) - number * BigInt(WIDTH);
  return Number(left > WIDTH ? WIDTH : left < 0 ? 0 : left);
}

/** Find nodes in the tiles of a log of this size. */
export function nodesOf(size: bigint, read: FileOf): NodeOf {
  const known = new Map<string, Promise<Bytes>>();
  return async (height, position) => {
    const level = Math.floor(height / LEVELS);
    const inner = height % LEVELS; // So many levels above the hashes of the tile.
    const first = position << BigInt(inner);
    const number = first / BigInt(WIDTH);
    const path = tilePath(level, number, tileWidth(size, level, number));
    const found = known.get(path) ?? read(path);
    known.set(path, found);
    return nodeIn(await found, Number(first % BigInt(WIDTH)), 1 << inner, path);
  };
}

async function nodeIn(tile: Bytes, first: number, count: number, path: string): Promise<Bytes> {
  if (tile.length < (first + count) * HASH_BYTES || tile.length % HASH_BYTES) {
    throw new ProofFault(`expected ${first + count} hashes in ${path}, found ${tile.length} bytes`);
  }
  let row = Array.from({ length: count }, (_, place) =>
    joined(tile.subarray((first + place) * HASH_BYTES, (first + place + 1) * HASH_BYTES)),
  );
  while (row.length > 1) {
    const pairs = Array.from({ length: row.length / 2 }, (_, place) => row.slice(2 * place, 2 * place + 2));
    row = await Promise.all(pairs.map(([left, right]) => nodeHash(left as Bytes, right as Bytes)));
  }
  return row[0] as Bytes;
}
