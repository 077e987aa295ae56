// SEAT: who signed in on a page: one key, or the operator, or nobody; and all who must know of it.
//
// Takes   whoever was proved; who listens.
// Gives   who is in; each change to all who listen, also to those who begin to later.
// Keeps   one at a time. Nothing is written anywhere: what a seat holds goes with the page.

import type { Pass } from "./operator.ts";
import type { Signer } from "../trading/signing.ts";

/** Who signed in: a member by a key that signs, or the operator by what its requests carry. */
export type Who =
  | { readonly by: "key"; readonly signer: Signer }
  | { readonly by: "password"; readonly pass: Pass };

/** Told of who is in now, and where one was signed out unasked, why. */
export type Hear = (who: Who | null, reason: string) => void;

export class Seat {
  #who: Who | null = null;
  #reason = "";
  #all = new Set<Hear>();
  #turn = 0;

  get who(): Who | null {
    return this.#who;
  }

  /** Tell now, and with each change until the function that is given back is called. */
  follow(hear: Hear): () => void {
    this.#all.add(hear);
    hear(this.#who, this.#reason);
    return () => this.#all.delete(hear);
  }

  /** Let somebody in; whoever was in before is out. */
  take(who: Who): void {
    this.#tell(who, "");
  }

  /** Forget who was in. */
  leave(reason = ""): void {
    if (this.#who || reason !== this.#reason) this.#tell(null, reason);
  }

  #tell(who: Who | null, reason: string): void {
    [this.#who, this.#reason] = [who, reason];
    const turn = (this.#turn += 1);
    for (const hear of [...this.#all]) {
      if (turn === this.#turn) hear(who, reason); // One that listens may have changed it again.
    }
  }
}
