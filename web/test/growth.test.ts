import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { base64, hex, joined, sha256, utf8, type Bytes } from "../src/lib/bytes.ts";
import { grown, headOf, keptHead } from "../src/lib/growth.ts";
import { leafHash, nodeHash } from "../src/lib/merkle.ts";
import { noteOf } from "../src/lib/note.ts";
import type { Step } from "../src/lib/proof.ts";
import { leafWords } from "../src/pages/log/leaves.ts";

const ORIGIN = "example-log/1";
const pair = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
const blob = joined(Uint8Array.of(1), new Uint8Array(await webcrypto.subtle.exportKey("raw", pair.publicKey)));
const id = (await sha256(joined(utf8(`${ORIGIN}\n`), blob))).slice(0, 4);
const KEY = `${ORIGIN}+${hex(id)}+${base64(blob)}`;

async function rootOf(leaves: readonly Bytes[]): Promise<Bytes> {
  if (leaves.length === 1) return leaves[0] as Bytes;
  let cut = 1;
  while (cut * 2 < leaves.length) cut *= 2;
  return nodeHash(await rootOf(leaves.slice(0, cut)), await rootOf(leaves.slice(cut)));
}

async function checkpoint(leaves: readonly Bytes[]): Promise<string> {
  const text = `${ORIGIN}\n${leaves.length}\n${base64(await rootOf(leaves))}\n`;
  const signature = new Uint8Array(await webcrypto.subtle.sign("Ed25519", pair.privateKey, utf8(text)));
  return `${text}\n\u2014 ${ORIGIN} ${base64(joined(id, signature))}\n`;
}

async function outcome(old: Parameters<typeof grown>[0], now: string, leaves: readonly Bytes[]): Promise<Step[]> {
  const found: Step[] = [];
  const read = async (path: string): Promise<Bytes> => {
    assert.equal(path, `tile/0/000.p/${leaves.length}`);
    return joined(...leaves);
  };
  for await (const step of grown(old, now, KEY, read)) found.push(step);
  return found;
}

const LEAVES = await Promise.all(Array.from({ length: 11 }, (_, place) => leafHash(utf8(String(place)))));

test("a log that grew is proved from a signed head and from a kept one", async () => {
  const [old, now] = [await checkpoint(LEAVES.slice(0, 6)), await checkpoint(LEAVES)];
  for (const head of [old, headOf(noteOf(old)), now]) {
    assert.deepEqual((await outcome(head, now, LEAVES)).map((step) => step.outcome), ["holds", "holds", "holds"]);
  }
});

test("a log that was rewritten is refused, with its own good signature", async () => {
  const old = await checkpoint(LEAVES.slice(0, 6));
  const other = [...LEAVES];
  other[2] = await leafHash(utf8("rewritten"));
  const found = await outcome(old, await checkpoint(other), other);
  assert.equal(found.at(-1)?.outcome, "refused");
  assert.match(found.at(-1)?.says ?? "", /changed or taken out/);
});

test("a log that became shorter, and a head of another log, are refused", async () => {
  const [short, long] = [await checkpoint(LEAVES.slice(0, 6)), await checkpoint(LEAVES)];
  assert.match((await outcome(long, short, LEAVES.slice(0, 6))).at(-1)?.says ?? "", /expected 1 to 6 leaves, found 11/);
  const foreign = { ...headOf(noteOf(short)), origin: "another/1" };
  assert.match((await outcome(foreign, long, LEAVES)).at(-1)?.says ?? "", /expected the origin/);
});

test("what a browser kept is read strictly", async () => {
  const head = headOf(noteOf(await checkpoint(LEAVES)));
  assert.deepEqual(keptHead(JSON.stringify(head)), head);
  for (const text of [null, "", "{}", "[]", JSON.stringify({ ...head, size: "-1" }), JSON.stringify({ ...head, root: "AA==" })]) {
    assert.equal(keptHead(text), null);
  }
});

test("leaves are told in words, whatever they hold", () => {
  const fix = '{"parameter_set":"plain","series":"CHR.H100.SXM.OD","sha256":"ab","strike":"2026-08-13T00:30:00Z","time":"2026-08-13T00:35:00Z","type":"fix","vintage":"final"}';
  assert.equal(leafWords(fix).address, "/series/h100-sxm-od/2026-08-13?as_of=2026-08-13T00%3A35%3A00Z&set=plain");
  assert.equal(leafWords('{"event":{"kind":"revision"},"type":"event","time":"x"}').what, "event: revision");
  assert.equal(leafWords("<b>").what, "<b>");
});
