// OPERATOR: what the operator's requests carry: a name and a password, as Basic has them.
//
// Takes   a name and a password, once.
// Gives   a pass, whose headers go with each request; what is wrong with a name or a password.
// Keeps   the password in the pass alone: no field shows it, nothing writes it. Each request is
//         sent without what the browser itself may hold, so that it neither asks nor remembers.
// Source  RFC 7617; the Fetch standard, "HTTP-network-or-cache fetch", on status 401.

import { utf8 } from "./bytes.ts";

/** What lets the operator in; its header can be sent, and is in no property of it. */
export interface Pass {
  readonly headers: () => Readonly<Record<string, string>>;
}

/** What is wrong with a name and a password as they were typed; "" for nothing. */
export function typedProblem(name: string, password: string): string {
  if (!name.trim()) return "Expected the operator's name, found nothing.";
  if (name.includes(":")) return "Expected a name without a colon.";
  if (!password) return "Expected the operator's password, found nothing.";
  return "";
}

/** Give the pass of a name and a password. */
export function passOf(name: string, password: string): Pass {
  const bytes = utf8(`${name.trim()}:${password}`);
  const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  return { headers: () => ({ authorization }) };
}
