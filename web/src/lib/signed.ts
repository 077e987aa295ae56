// SIGNED: requests in a member's name: each is signed by a key that this page cannot tell again.
//
// Takes   a signer (trading/signing.ts), a request, the server's time.
// Gives   the header `Authorization` of the scheme deri-hmac-sha256.
// Keeps   the signature over the very bytes that are sent; a nonce that is used once.

import type { Signer } from "../trading/signing.ts";
import { hex, utf8 } from "./bytes.ts";

/** What is signed of a request: its method, its path with the query, its body, each on a line. */
export function signedText(
  timestamp: number,
  nonce: string,
  method: string,
  path: string,
  body: string,
): string {
  return [timestamp, nonce, method, path, body, ""].join("\n");
}

/** Sign a request at a moment of the server's time. `body` is the text that will be sent, or "". */
export async function authorization(
  signer: Signer,
  method: string,
  path: string,
  body: string,
  serverNowMs: number,
  nonce: string = nonceOf(),
): Promise<string> {
  const timestamp = Math.round(serverNowMs);
  const text = utf8(signedText(timestamp, nonce, method, path, body));
  const signature = hex(new Uint8Array(await crypto.subtle.sign("HMAC", signer.key, text)));
  return `deri-hmac-sha256 id=${signer.id},ts=${timestamp},sig=${signature},nonce=${nonce}`;
}

function nonceOf(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}
