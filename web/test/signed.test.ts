import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { authorization, signedText } from "../src/lib/signed.ts";
import { signerOf } from "../src/trading/signing.ts";

test("a request is signed over its method, path, query and body, as the market reads it", async () => {
  const signer = await signerOf("key-1", "a secret".replace(" ", "-"));
  const body = '{"run":7,"bid":{"id":"é"}}';
  const header = await authorization(signer, "POST", "/api/x?y=1", body, 1_784_593_800_000.4, "n1");
  const text = `1784593800000\nn1\nPOST\n/api/x?y=1\n${body}\n`;
  assert.equal(signedText(1_784_593_800_000, "n1", "POST", "/api/x?y=1", body), text);
  const sig = createHmac("sha256", "a-secret").update(text).digest("hex");
  assert.equal(header, `deri-hmac-sha256 id=key-1,ts=1784593800000,sig=${sig},nonce=n1`);
});

test("no two requests carry the same nonce", async () => {
  const signer = await signerOf("k", "s");
  const one = await authorization(signer, "GET", "/", "", 1);
  const other = await authorization(signer, "GET", "/", "", 1);
  assert.notEqual(one, other);
});
