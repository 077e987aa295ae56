// SESSION: the key that this page asks with, in memory alone: gone when the page is closed.

import { pastedProblem, signerOf, type Signer } from "../trading/signing.ts";
import { ApiFault, ask, clock, type Asked } from "./api.ts";
import { authorization } from "./signed.ts";

/** What is told of an account to its owner: the part that is shown here. */
export interface Account {
  readonly member: { readonly name: string };
  readonly free_usd: string;
}

class Session {
  signer = $state.raw<Signer | null>(null);
  account = $state.raw<Account | null>(null);

  get isIn(): boolean {
    return this.signer !== null;
  }

  /** Take a key as it was pasted; gives "", or why it was not taken. */
  async signIn(id: string, secret: string): Promise<string> {
    const problem = pastedProblem(id, secret);
    if (problem) return problem;
    try {
      const signer = await signerOf(id, secret);
      this.account = await signedBy<Account>(signer, "/api/account");
      this.signer = signer;
      return "";
    } catch (fault) {
      return wordsOf(fault);
    }
  }

  /** Forget the key. */
  signOut(): void {
    this.signer = this.account = null;
  }

  /** Ask in the name of the key. Raises ApiFault, also where nobody signed in. */
  async ask<T>(path: string, asked: Asked = {}): Promise<T> {
    if (!this.signer) throw new ApiFault(401, "expected a key, found none: sign in first");
    return signedBy<T>(this.signer, path, asked);
  }

  /** Read anew what the account has. */
  async look(): Promise<void> {
    this.account = await this.ask<Account>("/api/account");
  }
}

async function signedBy<T>(signer: Signer, path: string, asked: Asked = {}): Promise<T> {
  const method = asked.method ?? "GET";
  const body = asked.body === undefined ? "" : JSON.stringify(asked.body);
  const now = Date.now() + clock.ahead;
  const header = await authorization(signer, method, path, body, now);
  return ask<T>(path, { ...asked, headers: { ...asked.headers, authorization: header } });
}

/** A fault in words, whatever was thrown. */
export function wordsOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

export const session = new Session();
