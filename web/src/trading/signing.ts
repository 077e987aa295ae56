// SIGNING: a key as this page holds it: able to sign, unable to tell its secret.
//
// Takes   the id and the secret of a key, once.
// Gives   params of `public/auth`, signed; the scopes that the exchange told.
// Keeps   the secret in the browser's key store of this page alone: not to be read again, gone
//         when the page is closed. The time that is signed is the server's, not this machine's.

const ID = /^[A-Za-z0-9_-]{1,32}$/;

export interface Signer {
  readonly id: string;
  readonly key: CryptoKey;
}

/** What is wrong with an id and a secret as they were pasted; "" for nothing. */
export function pastedProblem(id: string, secret: string): string {
  if (!ID.test(id.trim())) return "Expected the id of a key: 1 to 32 letters, digits, _ or -.";
  if (!secret.trim()) return "Expected the secret that was shown with the key, found nothing.";
  if (/\s/.test(secret.trim())) return "Expected a secret without spaces: was more pasted than that?";
  return "";
}

/** Take a key; raises where this browser signs only over https or on this machine. */
export async function signerOf(id: string, secret: string): Promise<Signer> {
  if (!globalThis.crypto?.subtle) {
    throw new Error("This browser signs only over https, or on localhost. Open the page there.");
  }
  const bytes = new TextEncoder().encode(secret.trim());
  const how = { name: "HMAC", hash: "SHA-256" };
  return { id: id.trim(), key: await crypto.subtle.importKey("raw", bytes, how, false, ["sign"]) };
}

/** Give the params of `public/auth`, signed for a moment of the server's time. */
export async function authParams(signer: Signer, serverNowMs: number): Promise<object> {
  const timestamp = Math.round(serverNowMs);
  const nonce = hex(crypto.getRandomValues(new Uint8Array(16)));
  const text = new TextEncoder().encode(`${timestamp}\n${nonce}\n`);
  const signature = hex(new Uint8Array(await crypto.subtle.sign("HMAC", signer.key, text)));
  const grant_type = "client_signature";
  return { grant_type, client_id: signer.id, timestamp, nonce, data: "", signature };
}

/** Whether the scopes that the exchange told let one trade. */
export function mayTrade(scope: string): boolean {
  return scope.split(" ").includes("trade:read_write");
}

/** The scopes in our words. */
export function scopeWords(scope: string): string[] {
  const told = new Set(scope.split(" "));
  const words: [string, string][] = [
    ["trade:read", "read"],
    ["trade:read_write", "trade"],
    ["wallet:read_write", "withdraw"],
  ];
  return words.filter(([theirs]) => told.has(theirs)).map(([, ours]) => ours);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
