// DESK: what the terminal shares: the wire, the account, how the line stands.
//
// Keeps   one connection for all of the page, kept while one walks between contracts.

import { Account } from "./account.svelte.ts";
import { Wire, type Line, type Socket } from "./wire.ts";

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
  }
}

let made: Desk | undefined;

/** The desk of this page; it is made with the first terminal that is opened. */
export function desk(): Desk {
  made ??= new Desk();
  return made;
}
