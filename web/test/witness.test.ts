// Cosignatures of witnesses, checked by keys that somebody knows; the note is one of the server's.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { base64, fromBase64, hex, joined, sha256, utf8 } from "../src/lib/bytes.ts";
import { checked, goodWitnesses, keysFrom, READER, SERVER, unable, type Checked } from "../src/lib/witness.ts";

// Written by the server's own signer (adapters/signing.py) with keys that sign nothing else.
const read = (name: string): string => readFileSync(new URL(`data/${name}`, import.meta.url), "utf8");
const NOTE = read("cosigned.txt");
const KEYS = read("cosigned_keys.txt");
const [LOG_KEY = "", WITNESS_KEY = ""] = KEYS.split("\n");

async function verdicts(note: string, keys: string, why = ""): Promise<Checked[]> {
  return checked(note, (await keysFrom(keys, SERVER)).keys, why);
}
async function keyLine(name: string, algorithm: number, key: Uint8Array): Promise<string> {
  const blob = joined(Uint8Array.of(algorithm), key);
  return `${name}+${hex((await sha256(joined(utf8(`${name}\n`), blob))).slice(0, 4))}+${base64(blob)}`;
}

test("the log's signature and a witness's, as the server writes them, are good", async () => {
  assert.equal(await unable(), "");
  const [log, witness] = await verdicts(NOTE, KEYS);
  assert.deepEqual([log?.role, log?.verdict, log?.seen], ["log", "good", null]);
  assert.deepEqual([witness?.role, witness?.verdict, witness?.seen], ["witness", "good", 1784507700n]);
  assert.equal(witness?.says, "by a key that this server names");
});

test("a signature without a known key, or in a browser that cannot, is not called good", async () => {
  const [log, witness] = await verdicts(NOTE, LOG_KEY);
  assert.deepEqual([log?.verdict, witness?.verdict], ["good", "unchecked"]);
  assert.match(witness?.says ?? "", /no key of this name and id/);
  for (const each of await verdicts(NOTE, KEYS, "this browser cannot")) {
    assert.deepEqual([each.verdict, each.says], ["unchecked", "this browser cannot"]);
  }
});

test("a wrong byte of the head, of the time or of the signature is found", async () => {
  const lines = NOTE.split("\n");
  const head = NOTE.replace("20852163", "20852164");
  assert.deepEqual((await verdicts(head, KEYS)).map(({ verdict }) => verdict), ["bad", "bad"]);
  const [dash, name, blob = ""] = (lines[5] ?? "").split(" ");
  for (const place of [7, 11, 40, 75]) {
    const bytes = fromBase64(blob);
    bytes[place] = (bytes[place] ?? 0) ^ 1; // Of the time (4 to 11), or of the signature.
    const changed = [...lines.slice(0, 5), [dash, name, base64(bytes)].join(" "), ""].join("\n");
    const [log, witness] = await verdicts(changed, KEYS);
    assert.deepEqual([log?.verdict, witness?.verdict], ["good", "bad"], String(place));
  }
  const short = [...lines.slice(0, 5), [dash, name, base64(fromBase64(blob).slice(0, 60))].join(" "), ""];
  assert.equal((await verdicts(short.join("\n"), KEYS))[1]?.verdict, "bad");
});

test("a witness's key for a log's use, or of another who took its name, proves nothing", async () => {
  const pair = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = new Uint8Array(await webcrypto.subtle.exportKey("raw", pair.publicKey));
  const other = await keyLine("witness.example/w1", 4, raw);
  assert.equal((await verdicts(NOTE, other))[1]?.verdict, "unchecked");
  const own = fromBase64(WITNESS_KEY.split("+").slice(2).join("+")).slice(1);
  assert.equal((await verdicts(NOTE, await keyLine("witness.example/w1", 1, own)))[1]?.verdict, "unchecked");
});

test("keys that are none are told by their line, and others are still read", async () => {
  const small = await keyLine("anybody", 4, new Uint8Array(32)); // Of order 4: anyone signs for it.
  const told = await keysFrom(`not a key\n\n${WITNESS_KEY}\n${small}\n${WITNESS_KEY.replace("4067", "4068")}`, READER);
  assert.deepEqual(told.keys.map(({ key, by }) => [key.name, by]), [["witness.example/w1", READER]]);
  assert.deepEqual(told.faults.map((fault) => fault.slice(0, 7)), ["Line 1:", "Line 4:", "Line 5:"]);
  assert.match(told.faults[1] ?? "", /large order/);
});

test("a witness under two names counts once, and both who name a key are told", async () => {
  const known = [...(await keysFrom(KEYS, SERVER)).keys, ...(await keysFrom(WITNESS_KEY, READER)).keys];
  const found = await checked(NOTE, known);
  assert.match(found[1]?.says ?? "", /this server names and you gave/);
  assert.equal(goodWitnesses(found, known), 1);
  const again = await checked(`${NOTE}${NOTE.split("\n")[5]}\n`, known);
  assert.equal(again.length, 3);
  assert.equal(goodWitnesses(again, known), 1);
});
