// BYTES: bytes as text and back, and their SHA-256.
//
// Takes   bytes; hexadecimal or base64 text.
// Gives   the other form; RangeError for text that is none, or not in its one spelling.
// Keeps   nothing. The hash is the browser's own (WebCrypto), which it has on secure pages only.

export type Bytes = Uint8Array<ArrayBuffer>;

const HEX = /^(?:[0-9a-f]{2})*$/;

/** UTF-8. */
export function utf8(text: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** Write bytes in hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Read hexadecimal in lower case. */
export function fromHex(text: string): Bytes {
  if (!HEX.test(text)) throw new RangeError(`expected hexadecimal, found ${short(text)}`);
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Write bytes in base64. */
export function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Read base64 in its one spelling: what would be written otherwise is refused. */
export function fromBase64(text: string): Bytes {
  let letters = "";
  try {
    letters = atob(text);
  } catch {
    throw new RangeError(`expected base64, found ${short(text)}`);
  }
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  if (base64(bytes) !== text) throw new RangeError(`expected base64, found ${short(text)}`);
  return bytes;
}

/** Bytes one behind another. */
export function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two are the same. Nothing secret is compared here. */
export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** SHA-256; TypeError where the browser has no WebCrypto: see `canHash`. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Whether this page may use WebCrypto: over https, or on this machine. */
export function canHash(): boolean {
  return typeof crypto !== "undefined" && crypto.subtle !== undefined;
}

function short(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}\u2026` : text);
}
