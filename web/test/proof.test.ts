import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { canVerify, keyOf, noteOf } from "../src/lib/note.ts";
import { checkedFix, type Shown, type Step } from "../src/lib/proof.ts";

// Served by a market over the shipped recordings; its key was made for it and signs nothing else.
const TEXT = readFileSync(new URL("data/signed_fix.json", import.meta.url), "utf8");
const KEY = readFileSync(new URL("data/log_key.txt", import.meta.url), "utf8");
const RECORD = JSON.parse(TEXT) as { fix: Shown; leaf: string; path: string[]; checkpoint: string };

async function steps(text = TEXT, key = KEY, shown: Shown = RECORD.fix): Promise<Step[]> {
  const found: Step[] = [];
  for await (const step of checkedFix(text, key, shown)) found.push(step);
  return found;
}

async function refusal(text: string, key = KEY, shown: Shown = RECORD.fix): Promise<string> {
  const found = await steps(text, key, shown);
  assert.deepEqual(found.filter(({ outcome }) => outcome === "refused").length, 1, "one refusal");
  assert.equal(found.at(-1)?.outcome, "refused", "nothing is said after it");
  return found.at(-1)?.name ?? "";
}

test("a fix of a real log is proved, step by step", async () => {
  assert.ok(await canVerify(), "this runtime checks Ed25519");
  const found = await steps();
  assert.deepEqual(found.map(({ outcome }) => outcome), Array(5).fill("holds"));
});

test("one wrong byte anywhere is refused where it is", async () => {
  const document = TEXT.replace('"panel":7', '"panel":8');
  assert.match(await refusal(document), /hash that stands in the leaf/);
  const leaf = TEXT.replace('\\"vintage\\":\\"provisional\\"', '\\"vintage\\":\\"provisionaL\\"');
  assert.match(await refusal(leaf), /hash that stands in the leaf/);
  const time = TEXT.replace('\\"time\\":\\"2026-08-13T00:35:00Z', '\\"time\\":\\"2026-08-13T00:35:01Z');
  assert.match(await refusal(time), /in the tree/);
  const node = RECORD.path[3] ?? "";
  const other = (node.startsWith("A") ? "B" : "A") + node.slice(1);
  assert.match(await refusal(TEXT.replace(node, other)), /in the tree/);
  const root = RECORD.checkpoint.split("\n")[2] ?? "";
  const forged = (root.startsWith("A") ? "B" : "A") + root.slice(1);
  assert.match(await refusal(TEXT.replace(root, forged)), /in the tree/);
});

test("a root that another key signed is refused", async () => {
  const signature = RECORD.checkpoint.trim().split(" ").at(-1) ?? "";
  const place = 20;
  const letter = signature[place] === "A" ? "B" : "A";
  const forged = signature.slice(0, place) + letter + signature.slice(place + 1);
  assert.match(await refusal(TEXT.replace(signature, forged)), /signed that root/);
  const origin = TEXT.replaceAll("chiphour-log/", "another-log/");
  assert.match(await refusal(origin), /signed that root/);
});

test("a page that shows another figure than the signed one is refused", async () => {
  for (const wrong of [{ fix_usd: "3.2251" }, { fix_usd: null }, { grade: "B" }, { strike: "2026-08-12T00:30:00Z" }]) {
    assert.match(await refusal(TEXT, KEY, { ...RECORD.fix, ...wrong }), /what this page shows/);
  }
});

test("what is no signed fix, or no key, is refused in words", async () => {
  assert.equal(await refusal("{}"), "The record");
  assert.equal(await refusal("<html>"), "The record");
  assert.match(await refusal(TEXT, "nothing"), /signed that root/);
  const [name, , blob] = KEY.trim().split("+");
  await assert.rejects(keyOf(`${name}+00000000+${blob}`), /expected the id/);
});

test("a checkpoint is read strictly", () => {
  assert.equal(noteOf(RECORD.checkpoint).checkpoint.size, 58_110n);
  const bad = ["", "a\n1\nAA==\n\n", RECORD.checkpoint.replace("58110", "058110"), RECORD.checkpoint.replace("\u2014", "-")];
  for (const text of bad) assert.throws(() => noteOf(text));
});
