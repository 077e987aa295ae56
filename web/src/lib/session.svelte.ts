// SESSION: who signed in on this page, for all of it, in memory alone: gone when it is closed.
//
// Takes   a key as it was pasted, or the operator's password; how the place that took it proves it.
// Gives   requests in the name of who is in; who that is, as state.
// Keeps   one session: signed in or out in one place is so in all. A key cannot tell its secret; the
//         password lies in a pass that only goes with requests to this server.

import { pastedProblem, signerOf, type Signer } from "../trading/signing.ts";
import { ApiFault, ask, clock, type Asked } from "./api.ts";
import { passOf, typedProblem, type Pass } from "./operator.ts";
import { Seat, type Hear, type Who } from "./seat.ts";
import { authorization } from "./signed.ts";

/** What is told of an account to its owner: the part that is shown here. */
export interface Account {
  readonly member: { readonly name: string };
  readonly free_usd: string;
}

/** Proves a key to the server; raises an Error that says why it is not taken. */
export type Prove = (signer: Signer) => Promise<void>;

const NOT_TAKEN = "The server no longer takes this password.";

class Session {
  #who: Who | null = $state.raw(null);
  reason = $state(""); // Why the last one ended, where nobody asked for it.
  account = $state.raw<Account | null>(null);
  #seat = new Seat();

  constructor() {
    this.#seat.follow((who, reason) => {
      [this.#who, this.reason, this.account] = [who, reason, null];
    });
  }

  /** The key that is in, or null. */
  get signer(): Signer | null {
    return this.#who?.by === "key" ? this.#who.signer : null;
  }
  get hasKey(): boolean {
    return this.signer !== null;
  }
  get isOperator(): boolean {
    return this.#who?.by === "password";
  }
  /** Who is in, in a word or two; "" for nobody. */
  get name(): string {
    if (this.isOperator) return "the operator";
    return this.account?.member.name ?? (this.signer ? `key ${this.signer.id}` : "");
  }

  /** Be told of who is in, now and with each change. */
  follow(hear: Hear): () => void {
    return this.#seat.follow(hear);
  }

  /** Take a key as it was pasted; gives "", or why it was not taken. */
  async signIn(id: string, secret: string, prove?: Prove): Promise<string> {
    const problem = pastedProblem(id, secret);
    if (problem) return problem;
    try {
      const signer = await signerOf(id, secret);
      const account = prove ? null : await signedBy<Account>(signer, "/api/account");
      await prove?.(signer);
      this.#seat.take({ by: "key", signer });
      this.account = account;
      return "";
    } catch (fault) {
      return wordsOf(fault);
    }
  }

  /** Take the operator's password; gives "", or why it was not taken. */
  async signInAsOperator(name: string, password: string): Promise<string> {
    const problem = typedProblem(name, password);
    if (problem) return problem;
    try {
      const pass = passOf(name, password);
      await withPass(pass, "/api/members?limit=1");
      this.#seat.take({ by: "password", pass });
      return "";
    } catch (fault) {
      return wordsOf(fault);
    }
  }

  /** Forget who is in, everywhere. */
  signOut(reason = ""): void {
    this.#seat.leave(reason);
  }

  /** Ask in the name of the key. Raises ApiFault, also where no key is in. */
  async ask<T>(path: string, asked: Asked = {}): Promise<T> {
    if (!this.signer) throw new ApiFault(401, "expected a key, found none: sign in first");
    return signedBy<T>(this.signer, path, asked);
  }

  /** Ask as the operator. Raises ApiFault; a password that is no longer taken ends the session. */
  async askAsOperator<T>(path: string, asked: Asked = {}): Promise<T> {
    const who = this.#who;
    if (who?.by !== "password") throw new ApiFault(401, "expected the operator, found another");
    try {
      return await withPass<T>(who.pass, path, asked);
    } catch (fault) {
      if (fault instanceof ApiFault && fault.status === 401 && this.#who === who) this.signOut(NOT_TAKEN);
      throw fault;
    }
  }

  /** Read anew what the account has. */
  async look(): Promise<void> {
    const signer = this.signer;
    const account = await this.ask<Account>("/api/account");
    if (this.signer === signer) this.account = account;
  }
}

async function signedBy<T>(signer: Signer, path: string, asked: Asked = {}): Promise<T> {
  const method = asked.method ?? "GET";
  const body = asked.body === undefined ? "" : JSON.stringify(asked.body);
  const now = Date.now() + clock.ahead;
  const header = await authorization(signer, method, path, body, now);
  return ask<T>(path, { ...asked, headers: { ...asked.headers, authorization: header } });
}

function withPass<T>(pass: Pass, path: string, asked: Asked = {}): Promise<T> {
  const headers = { ...asked.headers, ...pass.headers() };
  return ask<T>(path, { ...asked, headers, credentials: "omit" });
}

/** A fault in words, whatever was thrown. */
export function wordsOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

export const session = new Session();
