// DESK: what the terminal shares: the wire, the account, how the line stands.
//
// Keeps   one connection for all of the page, kept while one walks between contracts; the account
//         that of the page's session, wherever it was signed in or out.

import { session } from "../lib/session.svelte.ts";
import { Account } from "./account.svelte.ts";
import { faultWords } from "./placing.ts";
import type { Signer } from "./signing.ts";
import { Wire, type Line, type Socket } from "./wire.ts";

const LINE_MS = 5_000; // How long a sign-in waits for a line that is being opened.
const LOOK_MS = 50;

function address(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/api/v2`;
}

export class Desk {
  readonly wire: Wire;
  readonly account: Account;
  line = $state<Line>("connecting");
  retryAt = $state(0);
  lostCount = $state(0);
  confirms = $state(true); // Asked before an order is sent; of this session.

  constructor() {
    this.wire = new Wire(() => new WebSocket(address()) as unknown as Socket);
    this.account = new Account(this.wire);
    this.wire.onchange = () => {
      this.line = this.wire.line;
      this.retryAt = this.wire.retryAt;
      this.lostCount = this.wire.lostCount;
    };
    addEventListener("online", () => this.wire.retry());
    this.account.onrefused = (reason) => session.signOut(reason);
    session.follow((who) => this.account.follow(who?.by === "key" ? who.signer : null));
  }

  /** Prove a key to the exchange; raises an Error in its words. */
  async prove(signer: Signer): Promise<void> {
    try {
      await this.#opened();
      await this.account.signIn(signer);
    } catch (fault) {
      throw new Error(faultWords(fault));
    }
  }

  /** Wait for the line, which a sign-out before this may have cut. */
  async #opened(): Promise<void> {
    const until = performance.now() + LINE_MS;
    while (this.line !== "live" && performance.now() < until) {
      await new Promise((go) => setTimeout(go, LOOK_MS));
    }
  }
}

let made: Desk | undefined;

/** The desk of this page; it is made with the first terminal that is opened. */
export function desk(): Desk {
  made ??= new Desk();
  return made;
}
